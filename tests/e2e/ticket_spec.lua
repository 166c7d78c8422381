--- One ticket for each alert, whatever is lost on the way.
local cjson = require "cjson"
local harness = require "e2e.harness"

local RULE <const> = [[
local gw = require "gateway"
gw.rule "queue-wait" {
  from     = gw.queues { 1 },
  every    = "1s",
  when     = gw.above("calls_waiting", 4),
  remind   = "%s",
  summary  = "{name}: {calls_waiting} waiting",
  send     = "helpdesk",
  on_clear = function(_, alert) gw.log.info("was " .. alert.refs.helpdesk.id) end,
}
]]

local DESK <const> = [[
[destination helpdesk]
kind = jira
url = %s/
user = ops@example.com
password = ${file:token}
project = OPS
allow_private = yes
]]

local TOKEN <const> = "ATATT3xFfGF0_token"
local ISSUES <const> = "/rest/api/3/issue"

local world

local function start(remind, arguments)
  world:simulate()
  world:sink(arguments)
  world:write("token", TOKEN .. "\n")
  os.execute("chmod 600 " .. world:path "token")
  world:conf(DESK:format(world.sink_url))
  world:script("queue_wait", RULE:format(remind))
  world:queue(1, { callWaitNums = 7 })
  world:run()
end

-- What came to this path of the service, refused by nobody.
local function wait_calls(path, count)
  return world:wait_received(count, 15, function(request)
    assert.is_nil(request.refused, request.body)
    return request.service == "jira" and request.path == path
  end)
end

before_each(function() world = harness.world() end)
after_each(function() world:close() end)

describe("a destination that keeps tickets", function()
  it("gets an issue, comments, and the end", function()
    start("1s")
    local created = wait_calls(ISSUES, 1)[1]
    assert.equal("Basic b3BzQGV4YW1wbGUuY29tOkFUQVRUM3hGZkdGMF90b2tlbg==", created.headers.authorization)
    assert.equal("sales: 7 waiting", cjson.decode(created.body).fields.summary)
    wait_calls(ISSUES .. "/OPS-1/comment", 1)
    local _, listed = world:command { "alerts", "-o", "json" }
    assert.same({ helpdesk = { id = "OPS-1", link = "https://example.atlassian.net/browse/OPS-1" } },
      cjson.decode(listed)[1].refs)

    world:queue(1, { callWaitNums = 0 })
    local moved = wait_calls(ISSUES .. "/OPS-1/transitions", 1)[1]
    assert.equal("31", cjson.decode(moved.body).transition.id)
    world.gateway:wait_log "was OPS-1"

    world:queue(1, { callWaitNums = 7 })
    wait_calls(ISSUES, 2)
    wait_calls(ISSUES .. "/OPS-2/comment", 1)
    assert.equal(0, world.gateway:count_log(TOKEN))
  end)

  it("gets no second issue when the answer to the first is lost", function()
    start("1h", { "--delay", "500ms" })
    wait_calls(ISSUES, 1)
    world.gateway:kill "sigkill"
    world.gateway:join()
    assert.same({ "0" }, world:select "SELECT count(*) FROM memo")
    world:run()
    harness.wait(function()
      return world:select("SELECT alert, text FROM memo")[1]
    end, 15, function() return world.gateway:errors() end)
    world:queue(1, { callWaitNums = 0 })
    wait_calls(ISSUES .. "/OPS-1/transitions", 1)
    assert.equal(1, #wait_calls(ISSUES, 1))
  end)
end)
