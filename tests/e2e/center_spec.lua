--- Several contact centres: the same queue in both, and neither disturbs the other.
local harness = require "e2e.harness"

local RULE <const> = [[
local gw = require "gateway"

gw.rule "waiting" {
  from    = { gw.center "main".queues { 1 }, gw.center "south".queues { 1 } },
  every   = "1s",
  when    = gw.above("calls_waiting", 8),
  clear   = gw.below("calls_waiting", 2),
  summary = "{name}: {calls_waiting} waiting",
  send    = "floor-chat",
}
]]

local world, south

-- Queue 1 is called differently in the two centres, and none of them is the default.
local function conf(secret_key)
  world:conf(table.concat({
    "[center south]", "url = " .. south.center_url, "cc_id = 1", "vdn = 1", "access_key = key",
    "secret_key = " .. (secret_key or "secret"), "ca_file = " .. south:path "ca.pem",
    "rate = 1000/s", "timeout = 2s", "queue.1 = vip",
  }, "\n"))
end

local function wait(centre, value)
  centre:queue(1, { callWaitNums = value })
end

-- What the receiver was told of the rule, as "raise main sales: 9 waiting".
local function told()
  local lines = {}
  for index, request in ipairs(world:received()) do
    local data = request.event.data
    assert.equal("waiting", data.rule)
    assert.equal("1", data.key)
    lines[index] = table.concat({ data.kind, data.center, data.summary }, " ")
  end
  return lines
end

local function wait_told(count)
  world:wait_received(count)
  return told()
end

before_each(function ()
  world, south = harness.world(), harness.world()
  for _, centre in ipairs { world, south } do
    centre:simulate()
    wait(centre, 0)
  end
  world:sink()
  world:script("waiting", RULE)
end)
after_each(function ()
  world:close()
  south:close()
end)

describe("two centres", function ()
  it("have alerts of their own for the same queue", function ()
    conf()
    world:run()
    wait(world, 9)
    assert.same({ "raise main sales: 9 waiting" }, wait_told(1))
    wait(south, 12)
    assert.equal("raise south vip: 12 waiting", wait_told(2)[2])
    wait(world, 1)
    assert.equal("clear main sales: 9 waiting", wait_told(3)[3])
    harness.pass(2500)
    assert.equal(3, #told())
    local prints = {}
    for _, request in ipairs(world:received(harness.is_alert("raise", "waiting"))) do
      prints[request.event.data.fingerprint] = request.event.data.labels.queue
    end
    local names = {}
    for _, name in pairs(prints) do names[#names + 1] = name end
    table.sort(names)
    assert.same({ "sales", "vip" }, names)
  end)

  it("go on without the one whose key is wrong", function ()
    conf "wrong"
    world:run()
    wait(world, 9)
    wait(south, 12)
    assert.same({ "raise main sales: 9 waiting" }, wait_told(1))
    wait(world, 1)
    assert.equal("clear main sales: 9 waiting", wait_told(2)[2])
    assert.truthy(world.gateway:errors():find("center south: ", 1, true))
    assert.equal(0, south:count().requests - south:count().refused)
  end)

  it("keep their alerts when the key of one becomes wrong", function ()
    conf()
    world:run()
    wait(world, 9)
    wait(south, 12)
    wait_told(2)
    conf "wrong"
    world:reload "reloaded"
    wait(south, 0)
    wait(world, 1)
    assert.equal("clear main sales: 9 waiting", wait_told(3)[3])
    harness.pass(1500)
    assert.equal(3, #told())
    conf()
    world:reload "reloaded"
    assert.equal("clear south vip: 12 waiting", wait_told(4)[4])
  end)

  it("are asked by name when none is the default", function ()
    conf()
    world:script("waiting", RULE:gsub("gw.center \"main\"", "gw"))
    local code, _, err = world:command { "check" }
    assert.equal(1, code)
    assert.truthy(err:find("waiting.lua:4: rule 'waiting': from: gateway.conf has several centres and none is the "
      .. 'default; write gw.center "main".queues { … }, or default = yes in [center main]', 1, true), err)
    local misused, _, said = world:command { "query", "queues" }
    assert.equal(2, misused)
    assert.truthy(said:find("name one with --center, such as --center main", 1, true), said)
    local played, _, why = world:command { "simulate" }
    assert.equal(2, played)
    assert.truthy(why:find("to be played here, one of them needs default = yes", 1, true), why)
    local fine, out = world:command { "query", "queues", "--center", "south", "-o", "raw" }
    assert.equal(0, fine)
    assert.truthy(out:find('"skillId":1', 1, true), out)
  end)
end)
