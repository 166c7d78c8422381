local fake_core = require "lua.fake_core"

local FILE <const> = "scripts/queue_wait.lua"

local mistake_of <const> = fake_core.mistake_of

local function answering(body)
  local host = fake_core.job(body)
  host.answer = { status = 200, headers = {}, body = "[1]" }
  return host
end

local function asked(body)
  local host = answering(body)
  host:run "it"
  assert.equal("http", host.asked.word)
  return host.asked.question
end

describe("gw.http", function()
  it("asks the core for one request", function()
    assert.same({ method = "GET", url = "https://a.example/x?y=1", headers = {}, ms = 10000 },
      asked 'gw.http { url = "https://a.example/x?y=1" }')
    assert.same({
      method = "PUT", url = "https://a.example/", headers = { ["X-A"] = "5", Accept = "text/csv" }, body = "ä",
      ms = 2500,
    }, asked [[gw.http { method = "PUT", url = "https://a.example/", headers = { ["X-A"] = 5, Accept = "text/csv" },
      body = "ä", timeout = "2s500ms" }]])
    assert.same({
      method = "POST", url = "https://a.example/", headers = { ["content-type"] = "application/json" },
      json = '{"a":[1,2]}', ms = 10000,
    }, asked 'gw.http { url = "https://a.example/", json = { a = { 1, 2 } } }')
  end)

  it("gives what came, of any status", function()
    local host = answering [[
      local answer = gw.http { url = "https://a.example/" }
      print(answer.status, answer.json[1])]]
    host.answer.status = 404
    host:run "it"
    assert.equal("404\t1", host.logs[1].text)
  end)

  it("gives nil and what went wrong, also over the rate", function()
    local host = answering 'print(gw.http { url = "https://a.example/" })'
    host.answer, host.failure = nil, { kind = "timeout", code = "28", message = "no answer in 10s" }
    host:run "it"
    assert.equal("nil\ttimeout 28: no answer in 10s", host.logs[1].text)
    host.limited = true
    host:run "it"
    assert.equal("nil\tlimit: more sends than the script may make", host.logs[2].text)
  end)

  local bad = {
    { "gw.http()", 'gw.http: a table such as { url = "https://crm.example.com/calls" } is needed, not nothing' },
    { "gw.http {}", 'gw.http: \'url\' is missing: an address such as url = "https://crm.example.com/calls"' },
    { 'gw.http { url = "ftp://a" }',
      'gw.http: url: an address such as "https://crm.example.com/calls" is needed, not \'ftp://a\'' },
    { 'gw.http { ulr = "https://a/" }', "gw.http: unknown key 'ulr' (did you mean 'url'?)" },
    { 'gw.http { url = "https://a/", method = "get" }',
      'gw.http: method: a method such as "GET" is needed, not \'get\'' },
    { 'gw.http { url = "https://a/", headers = { Host = "b" } }', "gw.http: headers: Host is the gateway's own" },
    { 'gw.http { url = "https://a/", headers = { ["a b"] = "b" } }', "gw.http: headers: 'a b' is no name of a header" },
    { 'gw.http { url = "https://a/", headers = { A = "b\\r\\nC: d" } }',
      "gw.http: headers: A: a text without line ends is needed, not 'b\r\nC: d'" },
    { 'gw.http { url = "https://a/", json = 1, body = "x" }',
      "gw.http: json and body stand together: a request has one of them" },
    { 'gw.http { url = "https://a/", json = print }', "gw.http: json: a function cannot be JSON" },
    { 'gw.http { url = "https://a/", body = "\\255" }', "gw.http: body: a text in UTF-8 is needed, not '\255'" },
    { 'gw.http { url = "https://a/", timeout = "6m" }', "gw.http: timeout: '6m' is not \"1ms\" to \"5m\"" },
  }
  for _, case in ipairs(bad) do
    it("refuses " .. case[1], function()
      assert.equal(FILE .. ":3: " .. case[2], mistake_of(case[1]))
    end)
  end
end)

describe("gw.secret", function()
  it("is a mark wherever a text may be", function()
    local mark = "<secret:f00d:crm>"
    assert.same({
      method = "POST", url = "https://a.example/?key=" .. mark,
      headers = { Authorization = "Bearer " .. mark, ["X-Key"] = mark, ["content-type"] = "application/json" },
      json = '{"key":"' .. mark .. '"}', ms = 10000,
    }, asked [[
      local key = gw.secret "crm"
      gw.http { url = "https://a.example/?key=" .. key, json = { key = key },
        headers = { Authorization = "Bearer " .. key, ["X-Key"] = key } }]])
    assert.equal(mark, asked('gw.http { url = "https://a.example/", body = gw.secret "crm" }').body)
  end)

  local bad = {
    { 'gw.secret "crn"', "gw.secret: no secret 'crn' in gateway.conf (did you mean 'crm'?)" },
    { "gw.secret(5)", 'gw.secret: a name such as "crm" is needed, not 5' },
    { 'return gw.secret "crm".value', "a secret has no 'value': its value stays with the gateway" },
    { 'gw.destination "book":send { text = "the key is " .. gw.secret "crm" }', "destination:send: a secret is for "
      .. "gw.http; what a destination needs is in its section of gateway.conf" },
  }
  for _, case in ipairs(bad) do
    it("refuses " .. case[1], function()
      assert.equal(FILE .. ":3: " .. case[2], mistake_of(case[1]))
    end)
  end

  it("is known while the script loads", function()
    local host = fake_core.load 'local gw = require "gateway"\n\nlocal key = gw.secret "crn"'
    assert.same({ "3: gw.secret: no secret 'crn' in gateway.conf (did you mean 'crm'?)" }, fake_core.lines(host))
  end)
end)
