--- kill -9 at random moments: what was committed arrives, in order, repeats with equal ids.
--- CCGATE_KILLS=500 for a long run; CCGATE_SEED=N repeats one.
local harness = require "e2e.harness"

local KILLS <const> = tonumber(os.getenv("CCGATE_KILLS") or 50)
local SEED <const> = tonumber(os.getenv("CCGATE_SEED") or os.time())
local QUEUES <const> = 40

local RULE <const> = ([[
local gw = require "gateway"
local ids = {}
for id = 1, %d do ids[id] = id end
gw.rule "crossing" {
  from = gw.queues(ids), every = "1s", send = { "floor-chat", "second" },
  when = gw.above("calls_waiting", 4), clear = gw.below("calls_waiting", 4),
  summary = "{name}: {calls_waiting}",
}
]]):format(QUEUES)

--- The queues cross their threshold several times a minute, each at another moment.
local WAVES <const> = { "--skills", tostring(QUEUES), "--period", "3700ms", "--quiet" }

--- What the store says was committed: id → { position, fingerprint and destination, state }.
local function committed(world)
  local messages = {}
  local rows = world:select("SELECT position, id, destination, order_key, state FROM outbox")
  for _, row in ipairs(rows) do
    local position, id, destination, order_key, state = row:match("^(%d+)|([^|]+)|([^|]+)|([^|]+)|([^|]+)$")
    messages[id] = { position = tonumber(position), line = destination .. "/" .. order_key, state = state }
  end
  return messages
end

--- Nothing new: the centre is gone, what waits in the outbox goes out.
local function drain(world)
  world.center:stop()
  harness.wait(function ()
    return world:select("SELECT count(*) FROM outbox WHERE state IN ('ready', 'in_flight')")[1] == "0"
  end, 60, "an empty outbox")
end

--- luassert takes milliseconds a call: too slow for thousands of messages.
local function check(condition, ...)
  if not condition then error(table.concat({ ... }, " "), 0) end
end

--- Every committed message arrived; nothing else did; repeats are equal; order is kept.
local function assert_promise(world)
  local messages, bodies, last, arrived = committed(world), {}, {}, 0
  for _, request in ipairs(world:received()) do
    local id = request.headers["webhook-id"]
    local message = messages[id]
    check(message, "a message that was never committed:", tostring(id))
    check(not bodies[id] or bodies[id] == request.body, "two bodies of", id)
    if not bodies[id] then arrived = arrived + 1 end
    bodies[id] = request.body
    check(message.position >= (last[message.line] or 0), "out of order:", message.line)
    last[message.line] = message.position
  end
  local count = 0
  for id, message in pairs(messages) do
    count = count + 1
    check(message.state == "done", id, "is", message.state)
    check(bodies[id], "never arrived:", id)
  end
  assert.equal(count, arrived)
  return count
end

--- Per alert, raises and clears take turns and openings count up.
local function assert_story(world)
  local story = {}
  for _, request in ipairs(world:received()) do
    local data = request.event.data
    local line = request.path .. data.fingerprint
    local before = story[line]
    local opening = tonumber(data.id:match("%-(%d+)$"))
    if before and not (before.kind == data.kind and before.opening == opening) then
      local expected = before.kind == "raise" and { "clear", before.opening } or { "raise", before.opening + 1 }
      check(expected[1] == data.kind and expected[2] == opening, data.id, data.kind, "after", before.kind)
    end
    story[line] = { kind = data.kind, opening = opening }
  end
end

describe("kill -9 (seed " .. SEED .. ")", function ()
  local world

  before_each(function ()
    math.randomseed(SEED)
    world = harness.world()
    world:simulate(WAVES)
    world:sink { "--delay", "3ms" }
    world:conf(("[destination second]\nkind = webhook\nurl = %s/second\nallow_private = yes\n"):format(world.sink_url))
    world:script("crossing", RULE)
  end)
  after_each(function () world:close() end)

  it(("of the core, %d times: every committed alert arrives, in order, once or with its id"):format(KILLS), function ()
    for _ = 1, KILLS do
      local gateway = world:run()
      harness.pass(math.random(30, 400))
      gateway:kill("sigkill")
      gateway:join()
    end
    world:run()
    world.gateway:wait_log("live: rule crossing")
    drain(world)
    assert.equal(0, world.gateway:stop())
    local count = assert_promise(world)
    assert.truthy(count > KILLS, "only " .. count .. " messages: nothing crossed")
    assert_story(world)
  end)

  it("of a script host: the same promise, and alerts on time", function ()
    world:run()
    world.gateway:wait_log("live: rule crossing")
    for _ = 1, 20 do
      harness.pass(math.random(50, 400))
      for _, pid in ipairs(world:hosts()) do os.execute("kill -9 " .. pid .. " 2>/dev/null") end
    end
    world:queue(1, { callWaitNums = 0 })
    -- A host that starts again is given the newest sample: that must be one of the calm queue.
    local before = world:count().requests
    harness.wait(function () return world:count().requests >= before + 2 end, 10, "two more polls")
    harness.wait(function ()
      return world:select("SELECT raised FROM alert WHERE key = '1'")[1] ~= "1"
    end, 10, "a clear of queue 1")
    world:queue(1, { callWaitNums = 99 })
    world:wait_received(1, 10, function (request)
      return request.event and request.event.data.key == "1" and request.event.data.row.calls_waiting == 99
    end)
    drain(world)
    assert.equal(0, world.gateway:stop())
    assert.truthy(assert_promise(world) > 20, "nothing crossed")
    assert_story(world)
  end)
end)
