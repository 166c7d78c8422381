-- The simulated contact centre over the network: its agent gateway, and faults that only a connection shows.
local harness = require "e2e.harness"
local cjson = require "cjson"
local uv = require "luv"

local ONLINE <const> = "/agentgateway/resource/onlineagent/1099"
local EVENTS <const> = "/agentgateway/resource/agentevent/1099"
local PROBLEM <const>, USAGE <const> = 1, 2

local world

local function arguments(method, path, guid, body)
  return { "-sS", "-i", "--max-time", "10", "--cacert", world:path "ca.pem", "-X", method,
    "-H", "Guid: " .. (guid or ""), "-H", "Content-Type: application/json", "-d", body or "",
    world.center_url .. path }
end

-- Asks the agent gateway; returns the answer and the GUID that came with it.
local function ask(...)
  local code, out, err = harness.execute("curl", arguments(...))
  assert.equal(0, code, err)
  return cjson.decode(out:match "\r\n\r\n(.*)$"), out:match "[Gg][Uu][Ii][Dd]: ([^\r]+)"
end

local function sign_in(suffix)
  local answer, guid = ask("PUT", ONLINE .. (suffix or ""), nil, '{"password":"simulate","status":"3"}')
  assert.equal("0", answer.retcode)
  return guid:gsub("^JSESSIONID=", "")
end

local function take_events(guid, count)
  for _ = 1, count do assert.is_table(ask("GET", EVENTS, guid).event) end
end

describe("the simulated agent gateway", function ()
  before_each(function () world = harness.world() end)
  after_each(function () world:close() end)

  it("answers after ten seconds of its time when there is no event", function ()
    world:simulate { "--speed", "20", "--guid-header", "Guid" }
    local guid = sign_in()
    take_events(guid, 3)
    local start = uv.hrtime()
    assert.same({ message = "", retcode = "0" }, (ask("GET", EVENTS, guid)))
    assert.is_true(uv.hrtime() - start >= 0.4e9)
  end)

  it("wakes who waits when the session is taken away", function ()
    world:simulate()
    local guid = sign_in()
    take_events(guid, 3)
    local before = world:count().requests
    local waiting = world:spawn("curl", arguments("GET", EVENTS, guid))
    harness.wait(function () return world:count().requests > before end, 5, "a request that waits")
    local other = sign_in "/forcelogin"
    harness.wait(function () return waiting:output():find "000%-003" end, 5, "the end of it")
    take_events(other, 2)
    assert.equal("0", ask("DELETE", ONLINE .. "/logout", other).retcode)
    assert.equal("100-006", ask("GET", EVENTS, other).retcode)
  end)
end)

describe("a fault", function ()
  before_each(function () world = harness.world() end)
  after_each(function () world:close() end)

  -- What `ccgate query` makes of each.
  local OUTCOMES <const> = {
    drip = "timeout: ", endless = "limit: ", redirect = "http: 302", ["wrong-length"] = "decode: ",
    ["huge=8MB"] = "limit: ", deep = "decode: ", nan = "decode: ", ["result-string"] = "decode: ",
    ["header-drip"] = "timeout: ", ["long=5GB"] = "limit: ", ["gzip=1GB"] = "limit: ", overflow = "decode: ",
    hex = "decode: ", ["skew=20m"] = "auth: ",
  }
  for fault, outcome in pairs(OUTCOMES) do
    it(fault .. " is answered with an error", function ()
      world:simulate { "--fault", fault }
      world:conf(nil, { timeout = outcome == "timeout: " and "1s" or "10s" })
      local code, _, err = world:command { "query", "queues", "1" }
      assert.equal(outcome, err:sub(1, #outcome))
      assert.equal(PROBLEM, code)
      assert.equal(1, world:count().requests)
    end)
  end

  it("of a bomb unpacks to what it promises", function ()
    world:simulate { "--fault", "gzip=64MB" }
    local command = ("curl -sk --compressed %s | wc -c"):format(world.center_url .. EVENTS)
    local code, out = harness.execute("sh", { "-c", command })
    assert.equal(0, code)
    assert.is_true(tonumber(out) >= 64 << 20, out)
  end)

  for _, option in ipairs {
    "--certificate expired", "--certificate wrong-host", "--certificate unknown-ca", "--tls 1.0",
  } do
    it("of " .. option .. " is refused", function ()
      world:simulate { option:match "%S+", option:match "%S+$" }
      world:conf()
      local code, _, err = world:command { "query", "queues", "1" }
      assert.equal(PROBLEM, code)
      assert.equal("tls: ", err:sub(1, 5))
    end)
  end
end)

describe("a scenario", function ()
  before_each(function () world = harness.world() end)
  after_each(function () world:close() end)

  it("is listed, and named when it is wrong", function ()
    local code, out = harness.execute(harness.ccgate, { "simulate", "--scenario", "list" })
    assert.equal(0, code)
    assert.truthy(out:find "\nrush_hour +queues of about a dozen calls")
    world:write("wrong.lua", "return {\n  talks = { '1m', '2m' },\n}\n")
    local file = world:path "wrong.lua"
    local failed, _, err = harness.execute(harness.ccgate, { "simulate", "--scenario", file })
    assert.equal(PROBLEM, failed)
    assert.equal(file .. ":2: talks: no such key (did you mean 'talk'?)\n", err)
  end)

  it("has no faults that nobody plays", function ()
    world:write("full.lua", "return { faults = { " .. ('"html", '):rep(15) .. "} }")
    local code, _, err = harness.execute(harness.ccgate, { "simulate", "--scenario", world:path "full.lua",
      "--fault", "html", "--fault", "reset" })
    assert.equal(USAGE, code)
    assert.truthy(err:find("--fault: more than 16 faults, with the 15 of the scenario", 1, true), err)
  end)

  it("fails and recovers by its own clock", function ()
    world:write("short.lua", 'return { faults = { "status=503:at=2m:lasts=4m" } }')
    world:simulate { "--speed", "60", "--scenario", world:path "short.lua" }
    world:conf()
    local function outcome()
      local code, _, err = world:command { "query", "queues", "1" }
      return code == 0 and "fine" or err:match "^http: 503"
    end
    assert.equal("fine", outcome())
    harness.wait(function () return outcome() == "http: 503" end, 10, "the failure")
    harness.wait(function () return outcome() == "fine" end, 10, "the recovery")
  end)
end)
