--- A gateway whose rule crosses its threshold all the time, with a handler, a store,
--- reminders and an escalation, and what must hold of it whatever happened to it: what
--- was committed arrived, in order, repeats with equal ids.
local assert = require "luassert"
local harness = require "e2e.harness"

local crossing = {}

local QUEUES <const> = 40

-- What the handler does after its sleep is one activation with its end: kept, sent and
-- done, or nothing of it.
local RULE <const> = ([[
local gw = require "gateway"
local book, kept = gw.destination "book", gw.store()
local ids = {}
for id = 1, %d do ids[id] = id end
gw.rule "crossing" {
  from = gw.queues(ids), every = "1s", remind = "1s",
  send = { "floor-chat", { to = "second", after = "1s" } },
  when = gw.above("calls_waiting", 4), clear = gw.below("calls_waiting", 4),
  summary = "{name}: {calls_waiting}",
  on_raise = function (_, alert)
    gw.sleep "20ms"
    kept.count = (kept.count or 0) + 1
    book:send { count = kept.count, alert = alert.id, attempt = alert.attempt }
  end,
}
]]):format(QUEUES)

local CONF <const> = [[
[destination second]
kind = webhook
url = %s/second
allow_private = yes
[destination book]
kind = webhook
url = %s/book
allow_private = yes
[script crossing]
sends = 100000/min
]]

--- The queues cross their threshold several times a minute, each at another moment.
local WAVES <const> = { "--skills", tostring(QUEUES), "--period", "3700ms", "--quiet" }

--- What the store says was committed: id → { position, fingerprint and destination, state }.
local function committed(world)
  local messages = {}
  local rows = world:select("SELECT position, id, destination, order_key, state, kind FROM outbox")
  for _, row in ipairs(rows) do
    local position, id, destination, order_key, state, kind =
      row:match("^(%d+)|([^|]+)|([^|]+)|([^|]*)|([^|]+)|([^|]+)$")
    messages[id] = { position = tonumber(position), state = state, kind = kind,
      line = order_key ~= "" and destination .. "/" .. order_key or nil }
  end
  return messages
end

-- Raised alerts of which "second" has not been told yet.
local UNTOLD <const> = [[
SELECT count(*) FROM alert WHERE raised AND NOT EXISTS (SELECT 1 FROM outbox WHERE order_key = fingerprint
  AND destination = 'second' AND instr(message, '"' || fingerprint || '-' || opening || '"'))]]

--- Nothing new but reminders: the centre is gone, what waits in the outbox goes out.
local function drain(world)
  world.center:stop()
  harness.wait(function () return world:select(UNTOLD)[1] == "0" end, 60, "no escalation that is due")
  harness.wait(function ()
    return world:select("SELECT count(*) FROM handler")[1] == "0"
  end, 60, "no handler that is due")
  harness.wait(function ()
    return world:select("SELECT count(*) FROM outbox WHERE state IN ('ready', 'in_flight')")[1] == "0"
  end, 60, "an empty outbox")
end

--- luassert takes milliseconds a call: too slow for thousands of messages.
local function check(condition, ...)
  if not condition then error(table.concat({ ... }, " "), 0) end
end

--- Every committed message arrived, unless it is a reminder that a later message made
--- void; nothing else did; repeats are equal; order is kept.
local function assert_promise(world)
  local messages, bodies, last, arrived = committed(world), {}, {}, 0
  for _, request in ipairs(world:received()) do
    local id = request.headers["webhook-id"]
    local message = messages[id]
    check(message, "a message that was never committed:", tostring(id))
    check(not bodies[id] or bodies[id] == request.body, "two bodies of", id)
    if not bodies[id] then arrived = arrived + 1 end
    bodies[id] = request.body
    if message.line then
      check(message.position >= (last[message.line] or 0), "out of order:", message.line)
      last[message.line] = message.position
    end
  end
  for id, message in pairs(messages) do
    local is_void = message.state == "superseded" and message.kind == "remind"
    check(message.state == "done" or is_void, message.kind, id, "is", message.state)
    check(bodies[id] or is_void, "never arrived:", message.kind, id)
  end
  return arrived
end

-- What may follow what, of one alert at one destination.
local FOLLOWS <const> = {
  raise = { [""] = true, clear = true },
  remind = { raise = true, remind = true },
  clear = { raise = true, remind = true },
}

--- Per alert and destination: a raise, reminders, a clear; openings count up. `second` is
--- told of some of them only.
local function assert_story(world)
  local story, seen = {}, {}
  for _, request in ipairs(world:received()) do
    local data, id = request.event.data, request.headers["webhook-id"]
    if data.fingerprint and not seen[request.path .. id] then
      local line = request.path .. data.fingerprint
      local before = story[line] or { kind = "", opening = 0 }
      local opening = tonumber(data.id:match("%-(%d+)$"))
      check(FOLLOWS[data.kind][before.kind], data.id, data.kind, "after", before.kind)
      if data.kind == "raise" then
        check(opening > before.opening, data.id, "raised after opening", before.opening)
        check(request.path ~= "/" or opening == before.opening + 1, data.id, "raised after", before.opening)
      else
        check(opening == before.opening, data.id, data.kind, "of opening", opening)
      end
      story[line] = { kind = data.kind, opening = opening }
    end
    seen[request.path .. id] = true
  end
end

--- The table of the script: its only value is the count, an integer of eight bytes.
local function kept_count(world)
  local value = world:select("SELECT hex(value) FROM kept WHERE key = 'scount'")[1]
  local bytes = value and value:gsub("%x%x", function (digits) return string.char(tonumber(digits, 16)) end)
  return bytes and string.unpack("<i8", bytes, 2) or 0
end

--- Handlers ran, three times at most; what each kept and sent is one thing: the counts
--- that were sent are 1 to the one that is kept, each once.
local function assert_handled(world, given_up)
  local counts, alerts, total = {}, {}, 0
  for _, request in ipairs(world:received(function (one) return one.path == "/book" end)) do
    local said = request.event.data.message
    check(not counts[said.count] or counts[said.count] == said.alert, "count", said.count, "of two alerts")
    check(said.attempt >= 1 and said.attempt <= 3, said.alert, "attempt", said.attempt)
    check(not alerts[said.alert] or alerts[said.alert] == said.count, said.alert, "was handled twice")
    if not counts[said.count] then total = total + 1 end
    counts[said.count], alerts[said.alert] = said.alert, said.count
  end
  check(total == kept_count(world) and #counts == total, "kept", kept_count(world), "sent", total)
  local openings = tonumber(world:select("SELECT sum(opening) FROM alert WHERE rule = 'crossing'")[1])
  check(total > 0 and total + given_up == openings, openings, "alerts,", total, "handled,", given_up, "given up")
end

--- A world in which it can run.
function crossing.world()
  local world = harness.world()
  world:simulate(WAVES)
  world:sink { "--delay", "3ms" }
  world:conf(CONF:format(world.sink_url, world.sink_url))
  world:script("crossing", RULE)
  return world
end

-- Handlers that their gateway ended three times are not run again.
local function given_up(world)
  local count = 0
  for _, process in ipairs(world.processes) do count = count + process:count_log "never ended: given up" end
  return count
end

--- Lets what is committed go out, ends the gateway and looks whether all that was promised
--- came; returns how many messages there were.
function crossing.finish(world)
  drain(world)
  assert.equal(0, world.gateway:stop())
  local count = assert_promise(world)
  assert_story(world)
  assert_handled(world, given_up(world))
  return count
end

return crossing
