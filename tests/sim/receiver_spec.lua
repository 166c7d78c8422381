--- Receivers, played: as they are when all is well, or as a test says.
local bench = require "sim.bench"
local cjson = require "cjson"
local sim = require "gateway.sim"

local MORE <const> = [[
[destination desk]
kind = jira
url = https://acme.atlassian.net
user = ops@example.com
password = secret-token
project = OPS
[destination post]
kind = email
url = smtp://mail.example.com
from = ccgate@example.com
to = ops@example.com
starttls = off
[secret crm]
value = crm-key
to = https://crm.example.com
]]

local RULE <const> = [[
gw.rule "wait" {
  from = gw.queues { 1, 2 }, every = "10s", when = gw.above("calls_waiting", 5), remind = "10m", send = "desk",
  on_remind = function (_, alert) gw.log.info("is " .. alert.refs.desk.id .. " " .. alert.refs.desk.link) end,
  on_clear = function (_, alert) gw.log.info("was " .. alert.refs.desk.id) end,
}]]

local ISSUES <const> = "/rest/api/3/issue"

local function load_script(text)
  return bench.load(text, nil, nil, MORE)
end

local function busy(...)
  local rows = {}
  for index, calls in ipairs { ... } do rows[index] = { id = index, calls_waiting = calls } end
  return rows
end

-- "POST /path", …: the requests of a message.
local function chain(message)
  local list = {}
  for index, request in ipairs(message.requests) do list[index] = request.method .. " " .. request.path end
  return list
end

local function said(s)
  return s.log[#s.log].text
end

-- What a job says that asks for this.
local function run(s)
  return said(s:job "ask":advance "1m")
end

local function ask(text)
  return load_script(([[
gw.job "ask" { at = "05:00", run = function ()
  local answer, err = %s
  gw.log.info(answer and (answer.status or "no") .. " " .. answer.body or tostring(err))
end }]]):format(text))
end

before_each(bench.begin)
after_each(bench.remove)

describe("a played ticket system", function ()
  it("takes each request of a ticket's life, and says what it is called", function ()
    local s = load_script(RULE)
    s:queues(busy(7)):advance "15s"
    assert.same({ "POST /rest/api/3/search/jql", "POST " .. ISSUES }, chain(s.sent[1]))
    assert.equal("sales: calls_waiting is 7 (above 5)", cjson.decode(s.sent[1].body).fields.summary)
    assert.equal(s.sent[1].body, s.sent[1].requests[2].body)
    s:advance "10m"
    assert.same({ "POST " .. ISSUES .. "/OPS-1/comment" }, chain(s.sent[2]))
    assert.matches("is OPS%-1 https://example%.atlassian%.net/browse/OPS%-1$", said(s))
    s:queues(busy(0)):advance "15s"
    assert.same({ "GET " .. ISSUES .. "/OPS-1?fields=status&expand=transitions",
      "POST " .. ISSUES .. "/OPS-1/transitions" }, chain(s.sent[3]))
    assert.equal("31", cjson.decode(s.sent[3].body).transition.id)
    assert.matches("was OPS%-1$", said(s))
  end)

  it("has a ticket for each alert, also after a restart of the gateway", function ()
    local s = load_script(RULE)
    s:queues(busy(7)):advance "15s":restart():queues(busy(7, 7)):advance "15s":queues(busy(0, 0)):advance "1m"
    local closed = { chain(s.sent[3])[2], chain(s.sent[4])[2] }
    table.sort(closed)
    assert.same({ "POST " .. ISSUES .. "/OPS-1/transitions", "POST " .. ISSUES .. "/OPS-2/transitions" }, closed)
  end)

  it("answers a chain as it is told, one request each, and then as ever", function ()
    local s = load_script(RULE)
    s:answer("desk", { { 200, '{"issues":[]}' }, "timeout", { 200, '{"issues":[{"key":"OPS-9"}]}' } })
    s:queues(busy(7)):advance "15s"
    assert.same({ "POST /rest/api/3/search/jql", "POST " .. ISSUES }, chain(s.sent[1]))
    s:advance "5m" -- and the ticket is there: the answer alone was lost
    assert.same({ "POST /rest/api/3/search/jql" }, chain(s.sent[1]))
    s:advance "10m"
    assert.same({ "POST " .. ISSUES .. "/OPS-9/comment" }, chain(s.sent[2]))
  end)

  it("is itself again when nothing more is said of it, or but that it is well", function ()
    for _, words in ipairs { {}, { 200 } } do
      local s = load_script(RULE)
      s:answer("desk", 503):queues(busy(7)):advance "15s"
      assert.same({ "POST /rest/api/3/search/jql" }, chain(s.sent[1]))
      s:answer("desk", table.unpack(words)):advance "1m"
      assert.same({ "POST /rest/api/3/search/jql", "POST " .. ISSUES }, chain(s.sent[1]))
      assert.equal(s.sent[1].requests[2].body, s.sent[1].body)
    end
  end)
end)

describe("a receipt", function ()
  it("tells how a played receiver answered", function ()
    local s = ask 'gw.destination "chat":send("hello"):wait "5m"'
    assert.equal("job ask: 200 ", run(s))
    assert.equal("job ask: 202 taken", run(s:answer("chat", 202, "taken")))
    assert.equal("job ask: 201 made", run(s:answer("chat", { 503, { 201, "made" } })))
    assert.equal("job ask: 202 taken", run(s))
  end)

  it("is a mail server's own, where the letter went to one", function ()
    local s = ask 'gw.destination "post":send("hello"):wait()'
    assert.equal("job ask: 250 250 2.0.0 queued", run(s))
    assert.is_nil(s.sent[1].requests[1].method)
    assert.matches("^From: ", s.sent[1].body)
  end)

  it("comes in a rehearsal without gateway.conf", function ()
    local s = sim.load(bench.write("rule.lua", [[
local gw = require "gateway"
gw.job "ask" { at = "05:00", run = function ()
  gw.log.info(tostring(gw.destination "anybody":send("hello"):wait().status))
end }]]))
    assert.equal("job ask: 204", run(s:answer("anybody", 204)))
  end)
end)

describe("gw.http", function ()
  local ASKED <const> = 'gw.http { url = "https://crm.example.com/calls?x=1", headers = { Key = gw.secret "crm" } }'

  it("asks nobody, and says how a server is played", function ()
    assert.equal('job ask: cancelled: no request leaves a rehearsal; a test plays the server: '
      .. 's:answer("https://crm.example.com", 200, body)', run(ask(ASKED)))
  end)

  it("gets what a test has said of the origin", function ()
    local s = ask(ASKED)
    assert.equal('job ask: 200 {"a":1}', run(s:answer("https://crm.example.com", 200, '{"a":1}')))
    assert.equal("job ask: 404 ", run(s:answer("https://CRM.example.com:443/", 404)))
    assert.equal("job ask: timeout: timeout, as the test wants it", run(s:answer("https://crm.example.com", "timeout")))
    s:answer("https://crm.example.com", { 500, { 200, "crm-key" } })
    assert.equal("job ask: 500 ", run(s))
    assert.equal("job ask: 200 *******", run(s)) -- a server that gives the key away
    assert.equal("job ask: timeout: timeout, as the test wants it", run(s))
    assert.matches("cancelled", run(s:answer "https://crm.example.com"))
  end)

  it("takes secrets nowhere else, here neither", function ()
    local s = ask(ASKED:gsub("crm%.example", "other.example"))
    assert.matches("secret", run(s:answer("https://other.example.com", 200)))
  end)

  it("gets no more than it would", function ()
    local s = ask(ASKED)
    assert.matches("^job ask: limit: .*524288 bytes", run(s:answer("https://crm.example.com", 200, ("x"):rep(600000))))
  end)
end)
