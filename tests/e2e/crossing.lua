--- A gateway whose rule crosses its threshold all the time, with a handler, a store,
--- reminders and an escalation, and what must hold of it whatever happened to it: what
--- was committed arrived, in order, repeats with equal ids.
local harness = require "e2e.harness"

local crossing = {}

-- What the handler does after its sleep is one activation with its end: kept, sent and
-- done, or nothing of it.
local RULE <const> = [[
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
]]

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
crossing.waves = { "--period", "5300ms" }

--- A world in which it can run, with a centre of so many queues.
function crossing.world(queues, arguments)
  local world, all = harness.world(), { "--skills", tostring(queues), "--quiet" }
  world:simulate(table.move(arguments or {}, 1, #(arguments or {}), #all + 1, all))
  world:sink { "--delay", "3ms" }
  world:conf(CONF:format(world.sink_url, world.sink_url))
  world:script("crossing", RULE:format(queues))
  world.queue_count = queues
  return world
end

-- luassert takes milliseconds a call: too slow for thousands of messages.
local function check(condition, ...)
  if not condition then
    local said = table.pack(...)
    for index = 1, said.n do said[index] = tostring(said[index]) end
    error(table.concat(said, " "), 0)
  end
end

local function count(world, sql) return tonumber(world:select("SELECT count(*) FROM " .. sql)[1]) end

--- Whether nothing is on its way: no handler is due, no message waits.
function crossing.is_quiet(world)
  return count(world, "handler") == 0 and count(world, "outbox WHERE state IN ('ready', 'in_flight')") == 0
end

--- Every queue is calm, and all has been said of it. Ends the gateway that runs.
local function settle(world)
  local calm = {}
  for id = 1, world.queue_count do calm[id] = { callWaitNums = 0 } end
  world:queues(calm)
  harness.wait(function () return count(world, "alert WHERE raised") == 0 and crossing.is_quiet(world) end, 60,
    "no alert, no handler that is due and an empty outbox")
  check(world.gateway:stop() == 0, "it ended with", world.gateway.code)
end

-- ---- what arrived ----

--- What the store says was committed, by id.
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

--- Every committed message arrived, unless it is a reminder that a later message made
--- void; nothing else did; repeats are equal; order is kept.
local function check_arrivals(world)
  local messages, bodies, last, arrived = committed(world), {}, {}, 0
  for _, request in ipairs(world:received()) do
    local id = request.headers["webhook-id"]
    local message = messages[id]
    check(message, "a message that was never committed:", id)
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

-- ---- what it tells ----

-- What may follow what, of one alert at one destination.
local FOLLOWS <const> = {
  raise = { [""] = true, clear = true },
  remind = { raise = true, remind = true },
  clear = { raise = true, remind = true },
}

-- As long as this, whoever hears of an alert after 1s has heard of it.
local LONG_S <const> = 2

-- The next message of an alert at a destination, which nobody had yet.
local function check_step(before, data, path)
  local opening = tonumber(data.id:match("%-(%d+)$"))
  check(FOLLOWS[data.kind][before.kind], data.id, data.kind, "after", before.kind)
  if data.kind == "raise" then
    check(opening > before.opening, data.id, "raised after opening", before.opening)
    check(path ~= "/" or opening == before.opening + 1, data.id, "raised after", before.opening)
  else
    check(opening == before.opening, data.id, data.kind, "of opening", opening)
    check(data.kind ~= before.kind or data.n > before.n, data.id, data.kind, data.n, "after", before.n)
  end
  return { kind = data.kind, opening = opening, n = data.n }
end

--- Per alert and destination: a raise, reminders, a clear; openings count up, and none is
--- without its clear. `second` is told of some of them only: of those that lasted.
local function check_story(world)
  local story, seen, second, long = {}, {}, {}, {}
  for _, request in ipairs(world:received()) do
    local data, id = request.event.data, request.headers["webhook-id"]
    if data.fingerprint and not seen[id] then
      local line = request.path .. data.fingerprint
      story[line] = check_step(story[line] or { kind = "", opening = 0 }, data, request.path)
      if request.path == "/second" then
        second[data.id] = true
      elseif data.kind == "clear" and data.duration >= LONG_S then
        long[data.id] = true
      end
    end
    seen[id] = true
  end
  for id in pairs(long) do check(second[id], id, "lasted, and second never heard of it") end
  for line, last in pairs(story) do check(last.kind == "clear", line, "ends with", last.kind) end
  for _, row in ipairs(world:select "SELECT fingerprint, opening FROM alert WHERE rule = 'crossing'") do
    local fingerprint, opening = row:match "^([^|]+)|(%d+)$"
    local last = story["/" .. fingerprint]
    check(last and last.opening == tonumber(opening), "nobody heard of", row)
  end
end

-- ---- what handlers did ----

--- The table of the script: its only value is the count, an integer of eight bytes.
local function kept_count(world)
  local value = world:select("SELECT hex(value) FROM kept WHERE key = 'scount'")[1]
  local bytes = value and value:gsub("%x%x", function (digits) return string.char(tonumber(digits, 16)) end)
  return bytes and string.unpack("<i8", bytes, 2) or 0
end

-- Whose handlers never ended; one may be told of twice, when that was not kept.
local function given_up(world)
  local ids, total = {}, 0
  for _, process in ipairs(world.processes) do
    for id in process:errors():gmatch "never ended: given up %((%S+)%)" do
      total = total + (ids[id] and 0 or 1)
      ids[id] = true
    end
  end
  return total
end

--- Handlers ran, three times at most; what each kept and sent is one thing: the counts
--- that were sent are 1 to the one that is kept, each once.
local function check_handled(world)
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
  local lost = given_up(world)
  check(total > 0 and total + lost == openings, openings, "alerts,", total, "handled,", lost, "given up")
end

--- Lets all queues become calm, what is committed go out, ends the gateway and looks whether
--- all that was promised came; returns how many messages there were.
function crossing.finish(world)
  settle(world)
  local arrived = check_arrivals(world)
  check_story(world)
  check_handled(world)
  return arrived
end

return crossing
