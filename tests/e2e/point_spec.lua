--- The gateway is killed at one point after the other of poll → evaluate → commit → send →
--- mark: at each write and each sync of its store, and at each message that it sends.
local crossing = require "e2e.crossing"
local harness = require "e2e.harness"

describe("the gateway, killed", function ()
  local world

  before_each(function () world = crossing.world(2) end)
  after_each(function () world:close() end)

  -- Which of the two queues has an alert, as a number. Read from a copy: whoever opens what
  -- a killed gateway leaves mends it, and that is for the next one to do.
  local LOOK <const> = [[cd "$0" && rm -rf look && cp -r var look && sqlite3 look/state.db "$1"]]
  local SUM <const> = "SELECT total(key) FROM alert WHERE raised AND rule = 'crossing'"
  local function raised()
    local code, out = harness.execute("sh", { "-c", LOOK, world.folder, SUM })
    return code == 0 and tonumber(out) or 0
  end

  -- One life, in which queue `busy` is that and the other becomes calm. True when it
  -- outlives all that is to be done and said.
  local function live(point, busy)
    world:queues { { callWaitNums = busy == 1 and 9 or 0 }, { callWaitNums = busy == 2 and 9 or 0 } }
    local gateway = world:run(nil, { env = harness.preload("kill", "CCGATE_KILL=" .. point) })
    -- Before the script is live there may be no store to look into.
    harness.wait(function ()
      return not gateway:is_alive()
        or gateway:count_log "live: rule crossing" > 0 and raised() == busy and crossing.is_quiet(world)
    end, 20, "the end of " .. point)
    local has_lived = gateway:is_alive()
    gateway:kill "sigkill"
    gateway:join()
    return has_lived
  end

  -- A commit has many writes and one sync: a fifth of them, unless there is time.
  local is_long <const> = (tonumber(os.getenv "CCGATE_KILLS") or 0) >= 500
  for call, step in pairs { fdatasync = 1, pwrite = is_long and 1 or 5, send = 1 } do
    it(("at each %s: what was committed is told, once or with its id"):format(step == 1 and call or "fifth " .. call),
      function ()
        local number, busy = 1, 1
        while not live(call .. ":" .. number, busy) do
          number = number + step
          -- Queues that are as they were would leave nothing to do.
          if raised() == busy then busy = 3 - busy end
        end
        assert.truthy(number > 7, "it outlived the first " .. call)
        world:run()
        world.gateway:wait_log("live: rule crossing")
        crossing.finish(world)
      end)
  end
end)
