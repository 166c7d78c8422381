--- Memory is refused once, at any moment: the gateway goes on, or it ends, says so and is
--- started again; what was committed arrives, in order, repeats with equal ids.
--- CCGATE_KILLS=500 for a long run (`make nightly`); CCGATE_SEED=N repeats one.
local crossing = require "e2e.crossing"
local harness = require "e2e.harness"

local TIMES <const> = tonumber(os.getenv("CCGATE_KILLS") or 50) // 2
local SEED <const> = tonumber(os.getenv("CCGATE_SEED") or os.time())
local SHIM <const> = os.getenv("CCGATE_BUILD") .. "/tests/memory.so"
local ABORTED <const> = 6
local MOST <const> = 3000

-- The sanitizer has an allocator of its own.
if harness.is_sanitized then return end

describe("a machine without memory (seed " .. SEED .. ")", function ()
  local world

  local function refuse(number)
    local file = assert(io.open(world:path "memory", "r+b"))
    file:write(string.pack("<i8", number))
    file:close()
  end

  local function is_refused()
    local file = assert(io.open(world:path "memory", "rb"))
    local left = string.unpack("<i8", file:read(8))
    file:close()
    return left <= 0
  end

  local function run()
    return world:run(nil, { env = { "LD_PRELOAD=" .. SHIM, "CCGATE_MEMORY=" .. world:path "memory",
      "PATH=" .. os.getenv "PATH" } })
  end

  -- One that ended said that there was no memory; no other end is allowed.
  local function ended(gateway)
    if gateway:is_alive() then return false end
    gateway:join()
    local said = gateway:errors():lower()
    print(gateway.signal, gateway.code, said:sub(-150))
    assert.truthy(said:find("memory", 1, true), said)
    assert.truthy(gateway.signal == ABORTED or gateway.code == 1, said)
    return true
  end

  before_each(function ()
    math.randomseed(SEED)
    world = crossing.world()
    world:write("memory", string.pack("<i8", 0))
  end)
  after_each(function () world:close() end)

  it("loses nothing, at work and at the start", function ()
    local gateway, ends = nil, 0
    for _ = 1, TIMES do
      if not gateway then
        refuse(math.random(10 * MOST))
        gateway = run()
      else
        refuse(math.random(MOST))
      end
      harness.wait(function () return is_refused() or not gateway:is_alive() end, 20, "the refusal")
      harness.pass(50)
      if ended(gateway) then
        ends = ends + 1
        gateway = nil
      end
    end
    refuse(0)
    if not gateway then run() end
    world.gateway:wait_log("live: rule crossing")
    print("ends", ends)
    assert.truthy(crossing.finish(world) > TIMES, "nothing crossed")
  end)
end)
