--- The programs that play the others: the contact centre and the receivers.
local harness = require "e2e.harness"

local has = harness.has
local FINE <const>, PROBLEM <const>, USAGE <const> = 0, 1, 2

local world

local function ccgate(...) return world:ccgate(...) end

before_each(function () world = harness.world() end)
after_each(function () world:close() end)

describe("ccgate simulate", function ()
  local PATH <const> = "/rest/cmsapp/v1/openapi/skill/stateinfo"

  -- The HTTP status of a request that curl makes.
  local function status(path, ...)
    local arguments = { "-sS", "--max-time", "5", "--cacert", world:path "ca.pem", "-o", "/dev/null", "-w",
      "%{http_code}", world.center_url .. path, ... }
    local _, out = harness.execute("curl", arguments)
    return out
  end

  it("is strict about who asks, and what", function ()
    world:simulate()
    assert.equal("404", status("/else"))
    assert.equal("401", status(PATH, "-d", "{}"))
    assert.equal("401", status(PATH, "-d", "{}", "-H",
      "Authorization: auth-v2/key/2026-01-01T00:00:00Z/host/" .. ("0"):rep(64)))
    local count = world:count()
    assert.equal(3, count.refused)
    assert.equal(3, count.requests)
  end)

  it("takes only the signature that it is told to take", function ()
    world:simulate { "--signature", "host-only", "--signature", "millis" }
    world:conf()
    assert.equal(PROBLEM, (ccgate("query", "queues", "1")))
    world:conf(nil, { queues = "signed_headers = host\ntimestamp_millis = yes\nqueue.1 = sales" })
    assert.equal(FINE, (ccgate("query", "queues", "1")))
  end)

  it("fails as it is told to, so often, and is well again", function ()
    world:simulate { "--fault", "status=503:count=1", "--fault", "api=0100002:first=2:count=1" }
    world:conf()
    local first, _, unavailable = ccgate("query", "queues", "1")
    local second, _, refused = ccgate("query", "queues", "1")
    assert.same({ PROBLEM, PROBLEM, FINE }, { first, second, (ccgate("query", "queues", "1")) })
    has(unavailable, "http: 503: ")
    has(refused, "api: 0100002: ")
    local kinds = { truncate = "network: ", html = "decode: ", reset = "network: ", ["slow=5s"] = "timeout: " }
    for fault, kind in pairs(kinds) do
      world:fault()
      world:fault(fault)
      local code, _, err = ccgate("query", "queues", "1")
      assert.equal(PROBLEM, code)
      assert.equal(kind, err:sub(1, #kind))
    end
  end)

  it("plays the centre of a configuration", function ()
    world:simulate()
    world:conf(nil, { queues = "queue.25 = last" })
    world.center:stop()
    os.remove(world:path "ca.pem")
    local conf = world:path "gateway.conf"
    world.center = world:spawn(harness.ccgate, { "simulate", "-c", conf })
    harness.wait(function () return world.center:output():find("listening on " .. world.center_url, 1, true) end, 10)
    assert.equal(FINE, (ccgate("query", "queues", "last")))
    local other = world:spawn(harness.ccgate,
      { "simulate", "-c", conf, "--listen", "127.0.0.1:0", "--access-key", "x" })
    world.center_url = harness.wait(function () return other:output():match("listening on (%S+)") end, 10)
    world:conf()
    local code, _, err = ccgate("query", "queues", "1")
    has(err, "auth: 401: ")
    assert.equal(PROBLEM, code)
  end)

  it("counts when it ends, and says that an address is taken", function ()
    world:simulate()
    world:conf()
    ccgate("query", "queues", "1")
    local code, _, err = ccgate("simulate", "--listen", world.center_address)
    has(err, "ccgate simulate: cannot listen on " .. world.center_address .. ": Address already in use; "
      .. "--listen 127.0.0.1:0 picks a free port")
    assert.equal(PROBLEM, code)
    assert.equal(FINE, world.center:stop())
    has(world.center:output(), "1 requests, 0 refused\n")
  end)
end)

describe("ccgate sink", function ()
  local EVENT <const> = '{"type":"alert.raise","timestamp":"2026-11-20T18:05:00Z","data":'
    .. '{"kind":"raise","severity":"critical","summary":"seven wait"}}'

  local function post(body)
    local code, out = harness.execute("curl", { "-sS", "--max-time", "5", "-o", "/dev/null", "-w", "%{http_code}",
      "-d", body, world.sink_url .. "/hook" })
    assert.equal(0, code)
    return out
  end

  it("prints what people would read", function ()
    world:sink { "-o", "text" }
    assert.equal("200", post(EVENT))
    assert.equal("200", post("hello"))
    harness.wait(function () return world.receiver:output():find("hello", 1, true) end, 5, "both")
    local out = world.receiver:output()
    assert.truthy(out:match("\n%d%d:%d%d:%d%d  /hook %(POST%) +seven wait\n +raise · critical\n"), out)
    assert.truthy(out:match("\n%d%d:%d%d:%d%d  /hook %(POST%) +hello\n"), out)
    assert.equal(FINE, world.receiver:stop())
  end)

  it("prints JSON for programs", function ()
    world:sink()
    post(EVENT)
    local request = world:wait_received(1)[1]
    assert.equal("POST", request.method)
    assert.equal("/hook", request.path)
    assert.equal(EVENT, request.body)
    assert.equal("raise", request.event.data.kind)
    assert.equal(math.tointeger(#EVENT), math.tointeger(tonumber(request.headers["content-length"])))
    assert.truthy(request.at > 1.7e12)
  end)

  it("fails first, and answers as it is told to", function ()
    world:sink { "--fail-first", "2", "--status", "204" }
    assert.same({ "503", "503", "204", "204" }, { post "1", post "2", post "3", post "4" })
  end)

  it("plays the destinations of a configuration that are on this machine", function ()
    world:sink()
    world.receiver:stop()
    world:write("gateway.conf", "[destination far]\nkind = webhook\nurl = https://chat.example.com/\n"
      .. "[destination near]\nkind = webhook\nurl = " .. world.sink_url .. "/x\nsecret = " .. harness.secret .. "\n"
      .. "[destination hook]\nkind = webhook\nurl = " .. world.sink_url .. "/hook\n")
    world.receiver = world:spawn(harness.ccgate, { "sink", "-c", world:path "gateway.conf" })
    harness.wait(function () return world.receiver:output():find("listening on " .. world.sink_url, 1, true) end, 10)
    post(EVENT)
    harness.execute("curl", { "-sS", "--max-time", "5", "-d", EVENT, world.sink_url .. "/x/below" })
    harness.wait(function () return world.receiver:output():find("signature does not fit", 1, true) end, 5)
    assert.truthy(world.receiver:output():match("  hook %(webhook%) +seven wait\n.*  near %(webhook%) +seven wait\n"))
    world:write("gateway.conf", "[destination far]\nkind = webhook\nurl = https://chat.example.com/\n")
    local code, _, err = ccgate("sink", "-c", "gateway.conf")
    has(err, "gateway.conf: no [destination] has a url on this machine")
    assert.equal(USAGE, code)
  end)

  it("says whether a message is signed", function ()
    world:sink { "-o", "text", "--secret", harness.secret }
    post(EVENT)
    harness.wait(function () return world.receiver:output():find("seven wait", 1, true) end, 5, "the line")
    has(world.receiver:output(), "signature does not fit")
  end)
end)
