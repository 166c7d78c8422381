--- What people ask by hand while a gateway runs goes through it: its rate, circuit and session.
local cjson = require "cjson"
local harness = require "e2e.harness"

local FINE <const>, PROBLEM <const>, USAGE <const> = 0, 1, 2
local THROUGH <const> = "(through the running gateway)\n"

-- Asks all the time, and has somebody to tell.
local RULE <const> = [[
local gw = require "gateway"

gw.rule "waiting" {
  from    = gw.queues { 1 },
  every   = "1s",
  when    = gw.above("calls_waiting", 8),
  summary = "{name}: {calls_waiting} waiting",
  send    = "floor-chat",
}
]]

local world

local has = harness.has

local function query(...) return world:command { "query", ... } end
local function center(...) return world:command { "center", ... } end
local function socket() return world:path "var/control.sock" end

local function run()
  world:run()
  world.gateway:wait_log " runs; state in "
end

local function permissions(path)
  local code, out = harness.execute("stat", { "-c", "%F %a", path })
  return code == 0 and out:gsub("\n", "") or nil
end

before_each(function ()
  world = harness.world()
  world:simulate { "--skills", "4", "--agents", "12", "--password", "pw" }
  world:conf()
end)

after_each(function () world:close() end)

describe("the control socket", function ()
  it("is its owner's alone, and gone with the gateway", function ()
    run()
    assert.equal("socket 600", permissions(socket()))
    assert.equal(0, world.gateway:stop())
    assert.is_nil(permissions(socket()))
  end)

  it("is replaced when a gateway was killed", function ()
    run()
    world.gateway:stop "sigkill"
    assert.equal("socket 600", permissions(socket()))
    local code, out, err = query("queues", "1", "-o", "json")
    assert.equal("", err)
    assert.equal(1, #cjson.decode(out))
    assert.equal(FINE, code)
    run()
    local _, _, through = query("queues", "1")
    assert.equal(THROUGH, through)
  end)

  it("stays with the first of two gateways", function ()
    run()
    local first = world.gateway
    world:run()
    assert.equal(PROBLEM, world.gateway:join())
    assert.is_nil(world.gateway:errors():find("control.sock", 1, true))
    assert.is_true(first:is_alive())
    local _, _, through = query("queues", "1")
    assert.equal(THROUGH, through)
  end)

  it("needs a path that fits", function ()
    world:run { "--state", world:path(("x"):rep(120)) }
    assert.equal(PROBLEM, world.gateway:join())
    has(world.gateway:errors(), "control.sock': the path of a socket has 1 to 107 bytes, this one has ")
  end)
end)

describe("ccgate query through the gateway", function ()
  local QUESTIONS <const> = {
    { "queues", "1", "2" }, { "agents", "sales" }, { "agent-operations", "101", "--last", "6h" },
  }

  it("says the same as alone", function ()
    run()
    world:queue(1, { callWaitNums = 3 })
    for _, question in ipairs(QUESTIONS) do
      for _, output in ipairs { "table", "json", "raw" } do
        local words = { table.unpack(question) }
        words[#words + 1] = "-o"
        words[#words + 1] = output
        -- Floors change from second to second: until both see the same one.
        harness.wait(function ()
          local code, out, err = query(table.unpack(words))
          assert.equal(THROUGH, err)
          assert.equal(FINE, code)
          local alone, same, nothing = query("--alone", table.unpack(words))
          assert.equal("", nothing)
          assert.equal(FINE, alone)
          return out == same
        end, 10, table.concat(words, " ") .. " alike")
      end
    end
  end)

  it("shows what the gateway signs", function ()
    run()
    local _, _, err = query("queues", "1", "--show-signature")
    has(err, "POST\n/rest/cmsapp/v1/openapi/skill/stateinfo\n")
    has(err, "\n(through the running gateway, which signs the same at its own time)\n")
  end)

  it("keeps to the gateway's rate", function ()
    world:conf(nil, { queues = "queue.1 = sales" })
    local conf = assert(io.open(world:path "gateway.conf")):read "a"
    world:write("gateway.conf", (conf:gsub("rate = 1000/s", "rate = 2/s")))
    run()
    local before = os.time()
    local first = harness.spawn(harness.ccgate, { "query", "agents", "1", "2", "-c", world:path "gateway.conf" })
    local second = harness.spawn(harness.ccgate, { "query", "agents", "3", "4", "-c", world:path "gateway.conf" })
    assert.equal(FINE, first:join())
    assert.equal(FINE, second:join())
    assert.equal(4, world:count().requests)
    -- One at once and three more, half a second apart.
    assert(os.time() - before >= 1)
  end)

  it("reads an answer in another character set", function ()
    run()
    world:fault "gbk"
    local code, out, err = query("agents", "1", "-o", "json")
    assert.equal(THROUGH, err)
    assert.equal(FINE, code)
    local _, alone = query("--alone", "agents", "1", "-o", "json")
    assert.equal(cjson.decode(alone)[1].name, cjson.decode(out)[1].name)
  end)

  it("says what the centre refuses", function ()
    run()
    world:fault "api=0100002:count=1"
    local code, out, err = query("agents", "1", "2", "-o", "json")
    has(err, THROUGH .. "queue 1: api: 0100002: invalid parameter")
    assert(#cjson.decode(out) > 0)
    assert.equal(PROBLEM, code)
  end)

  it("finds the circuit open, and asks nothing", function ()
    world:conf(nil, { secret_key = "wrong" })
    run()
    for _ = 1, 3 do
      local code, out, err = query("queues", "1")
      local time = err:match("^%(through the running gateway%)\nauth: 401: circuit open until (%d%d:%d%d) UTC: "
        .. "HTTP 401: [^\n]*; `ccgate center retry main` probes now\n  are the keys right in %[center main%]")
      assert(time, err)
      assert.equal("", out)
      assert.equal(PROBLEM, code)
    end
    assert.equal(1, world:count().requests)
    query("queues", "1", "--alone")
    assert.equal(2, world:count().requests)
  end)

  it("hears that the gateway stops, or reads another configuration", function ()
    run()
    world:fault "slow=10s"
    for count, ending in ipairs {
      { signal = "sighup", says = "the configuration changed" },
      { signal = "sigterm", says = "the gateway is stopping" },
    } do
      local asking = world:spawn(harness.ccgate, { "query", "agents", "1", "-c", world:path "gateway.conf" })
      harness.wait(function () return world:count().requests == count end, 10, "the question at the centre")
      world.gateway:kill(ending.signal)
      assert.equal(PROBLEM, asking:join())
      assert.equal(THROUGH .. "queue 1: cancelled: " .. ending.says .. "\n", asking:errors())
    end
    assert.equal(FINE, world.gateway:join())
  end)

  it("says when the gateway does not know the centre", function ()
    run()
    world:conf(table.concat({ "[center south]", "url = " .. world.center_url, "cc_id = 1", "vdn = 1",
      "access_key = key", "secret_key = secret", "ca_file = ca.pem" }, "\n"))
    local code, _, err = query("queues", "1", "--center", "south")
    has(err, "limit: the running gateway says: no POST /api/v1/centers/south/ask here")
    assert.equal(PROBLEM, code)
  end)
end)

describe("ccgate query agent", function ()
  before_each(function ()
    world:conf(nil, { queues = table.concat({ "agent_gateway = " .. world.center_url, "operator = 1099",
      "password = pw" }, "\n") })
  end)

  it("signs in and out alone", function ()
    local code, out, err = query("agent", "102", "103", "-o", "json")
    assert.equal("", err)
    assert.equal(FINE, code)
    local rows = cjson.decode(out)
    assert.equal(102, rows[1].id)
    assert.equal(103, rows[2].id)
    local calls = world:count().calls
    assert.equal(1, calls["sign-in"])
    assert.equal(1, calls["sign-out"])
    assert.equal(2, calls.agent)
  end)

  it("uses the gateway's session", function ()
    run()
    for _ = 1, 3 do
      local code, out, err = query("agent", "102", "-o", "raw")
      assert.equal(THROUGH, err)
      assert.equal("102", cjson.decode(out).result.workno)
      assert.equal(FINE, code)
    end
    assert.equal(1, world:count().calls["sign-in"])
    assert.is_nil(world:count().calls["sign-out"])
    world.gateway:stop()
    assert.equal(1, world:count().calls["sign-out"])
  end)

  it("says who is not there", function ()
    local code, out, err = query("agent", "999", "102", "-o", "json")
    has(err, "agent 999: api: 300-002: ")
    assert.equal(1, #cjson.decode(out))
    assert.equal(PROBLEM, code)
    local misused, _, said = query("agent", "102", "--show-signature")
    has(said, "--show-signature: agent is not signed, it carries the Guid of a session")
    assert.equal(USAGE, misused)
  end)
end)

describe("ccgate center", function ()
  it("needs a running gateway", function ()
    for _, action in ipairs { "list", "status", "retry" } do
      local code, out, err = center(action)
      assert.equal(("no gateway answers: %s: No such file or directory; `ccgate run -c %s` starts one; " ..
        "one that was started with --state DIR is found when [gateway] says state = DIR\n")
        :format(socket(), world:path "gateway.conf"), err)
      assert.equal("", out)
      assert.equal(PROBLEM, code)
    end
  end)

  it("lists centres and circuits", function ()
    run()
    local code, out, err = center "list"
    assert.equal("", err)
    assert.equal("main  " .. world.center_url .. "  circuit closed\n", out)
    assert.equal(FINE, code)
    local _, text = center("status", "-o", "json")
    local listed = cjson.decode(text)
    assert.equal("main", listed[1].name)
    assert.equal("closed", listed[1].doors[1].circuit)
  end)

  it("probes at once", function ()
    world:script("waiting", RULE)
    world:conf(nil, { secret_key = "wrong" })
    run()
    world.gateway:wait_log "circuit open"
    assert.equal(1, world:count().requests)
    local code, out, err = center("retry", "main")
    assert.equal("", err)
    assert.truthy(out:find "^main: probes now; was: circuit open until %d%d:%d%d UTC, auth: 401: HTTP 401: ")
    assert.equal(FINE, code)
    harness.wait(function () return world:count().requests == 2 end, 10, "the probe")
    local _, listed = center("status", "-o", "json")
    local door = cjson.decode(listed)[1].doors[1]
    assert.equal("open", door.circuit)
    assert.equal("401", door.error.code)
    assert(door["until"] > os.time() + 19 * 60) -- twice as long as before
    assert.equal(2, world:count().requests)
  end)

  local MISTAKES <const> = {
    { "", "what to do? There is: list, status, retry" },
    { "retyr", "no action 'retyr' (did you mean 'retry'?); there is: list, status, retry" },
    { "list main", "unexpected 'main'" },
    { "retry mian", "no [center mian] in " },
    { "retry main -o json", "-o json is for list and status" },
    { "list -o yaml", "-o: 'yaml' is none of text, json" },
  }

  it("says what is wrong before it calls", function ()
    for _, mistake in ipairs(MISTAKES) do
      local words = {}
      for word in mistake[1]:gmatch "%S+" do words[#words + 1] = word end
      local code, out, err = center(table.unpack(words))
      has(err, "ccgate center: " .. mistake[2])
      assert.equal("", out)
      assert.equal(USAGE, code, mistake[1])
    end
  end)
end)
