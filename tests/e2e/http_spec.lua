--- What others may ask a gateway: health, readiness, metrics, the API; and what they may not.
local cjson = require "cjson"
local uv = require "luv"
local harness = require "e2e.harness"

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

-- Writing to a connection that was cut must not end the tests.
local broken_pipe = uv.new_signal()
broken_pipe:start("sigpipe")
broken_pipe:unref()

local world, address

local has = harness.has

-- ---- clients ----

-- Sends bytes as they are and returns all that comes until the other side closes.
local function raw(bytes, seconds)
  local host, port = address:match "^(.*):(%d+)$"
  local client, answer, is_over = uv.new_tcp(), {}, false
  client:connect(host, tonumber(port), function (err)
    assert(not err, err)
    client:write(bytes)
    client:read_start(function (_, data)
      if data then answer[#answer + 1] = data else is_over = true end
    end)
  end)
  harness.wait(function () return is_over end, seconds or 5,
    function () return "the end of a connection: " .. bytes:sub(1, 200) .. "\n" .. table.concat(answer) end)
  client:close()
  return table.concat(answer)
end

local function request(method, path, headers, body)
  local lines = { ("%s %s HTTP/1.1"):format(method, path) }
  local all = { Host = address }
  for name, value in pairs(headers or {}) do all[name] = value or nil end
  for name, value in pairs(all) do lines[#lines + 1] = name .. ": " .. value end
  local text = raw(table.concat(lines, "\r\n") .. "\r\n\r\n" .. (body or ""))
  return tonumber(text:match "^HTTP/1.1 (%d+)"), text:match "\r\n\r\n(.*)$", text
end

local function get(path, headers) return request("GET", path, headers) end

-- ---- metrics, read as strictly as the format is written ----

local function read_labels(text, line)
  local labels, rest = {}, text
  while rest ~= "" do
    local name, value, more = rest:match '^([%a_][%w_]*)="(.-)"(.*)$'
    assert(name, "no label: " .. line)
    while value:match "\\+$" and #value:match "\\+$" % 2 == 1 do
      local further, after = more:match '^(.-)"(.*)$'
      value, more = value .. '"' .. further, after
    end
    assert(not labels[name], "a label twice: " .. line)
    assert(not value:gsub('\\[\\n"]', ""):find("\\", 1, true), "an escape: " .. line)
    labels[name] = value
    assert(more == "" or more:match "^,.", "what follows a label: " .. line)
    rest = more:gsub("^,", "")
  end
  return labels
end

-- Which samples a family of this type has: suffixes in the two formats.
local SUFFIX <const> = {
  gauge = { text = { [""] = true }, open = { [""] = true } },
  counter = { text = { [""] = true }, open = { _total = true } },
  summary = { text = { _sum = true, _count = true }, open = { _sum = true, _count = true } },
}

-- Who else judges them, where there is one: PROMTOOL, or what is on the PATH.
local PROMTOOL <const> = os.getenv "PROMTOOL"
  or os.execute "command -v promtool >/dev/null" and "promtool" or nil
local JUDGED <const> = PROMTOOL and " (judged by promtool, too)" or ""

local function judge(text)
  if not PROMTOOL then return end
  world:write("metrics", text)
  local _, said = harness.execute("sh", { "-c",
    ('"$0" check metrics < "%s" 2>&1'):format(world:path "metrics"), PROMTOOL })
  assert(said == "", "promtool says: " .. said)
end

local function read_metrics(text, format)
  local families, samples, family = {}, {}, nil
  assert(text:sub(-1) == "\n", "the last line ends")
  if format == "open" then
    assert(text:sub(-6) == "# EOF\n", "no end")
    text = text:sub(1, -7)
  end
  for line in text:gmatch "([^\n]*)\n" do
    local help = line:match "^# HELP ([%a_:][%w_:]*) %S.*%.$"
    local typed, kind = line:match "^# TYPE ([%a_:][%w_:]*) (%a+)$"
    if help then
      assert(not families[help], "a family twice: " .. help)
      family = { name = help }
      families[help] = family
    elseif typed then
      assert(family and family.name == typed and not family.kind, line)
      assert(SUFFIX[kind], line)
      assert(format == "open" or kind ~= "counter" or typed:match "_total$", line)
      family.kind = kind
    else
      local name, labels, value = line:match "^([%a_:][%w_:]*)(%b{}) (%S+)$"
      if not name then name, value = line:match "^([%a_:][%w_:]*) (%S+)$" end
      assert(name and tonumber(value), "no sample: " .. line)
      assert(name:sub(1, #family.name) == family.name, "outside of its family: " .. line)
      assert(SUFFIX[family.kind][format][name:sub(#family.name + 1)], "a suffix: " .. line)
      local key = name .. (labels or "")
      assert(not samples[key], "a sample twice: " .. line)
      samples[key] = tonumber(value)
      read_labels(labels and labels:sub(2, -2) or "", line)
    end
  end
  return samples, families
end

-- ---- the gateway ----

-- The configuration knows no port 0.
local function free_port()
  local socket = uv.new_tcp()
  socket:bind("127.0.0.1", 0)
  local port = socket:getsockname().port
  socket:close()
  uv.run "nowait"
  return port
end

local function start(more)
  world:conf()
  local file = assert(io.open(world:path "gateway.conf"))
  local text = file:read "a"
  file:close()
  world:write("gateway.conf", (text:gsub("%[gateway%]",
    "[gateway]\nlisten = 127.0.0.1:" .. free_port() .. "\n" .. (more or ""), 1)))
  world:run()
  address = harness.wait(function ()
    return world.gateway:errors():match "API and metrics on http://(%S+)\n"
  end, 10, function () return "the address: " .. world.gateway:errors() end)
end

before_each(function ()
  world = harness.world()
  world:simulate()
  world:sink()
  world:script("waiting", RULE)
  world:queue(1, { callWaitNums = 0 })
end)
after_each(function () world:close() end)

describe("the HTTP surface", function ()
  it("tells health, readiness and the API", function ()
    start()
    local status, body = get "/-/healthy"
    assert.same({ 200, "fine\n" }, { status, body })
    harness.wait(function () return get "/-/ready" == 200 end, 10, "it ready")
    world:queue(1, { callWaitNums = 9 })
    world:wait_received(1)
    local alerts
    status, alerts = get "/api/v1/alerts"
    assert.equal(200, status)
    assert.equal("sales: 9 waiting", cjson.decode(alerts)[1].summary)
    for _, path in ipairs { "status", "rules", "outbox", "silences" } do
      status, body = get("/api/v1/" .. path)
      assert.equal(200, status)
      assert.equal("table", type(cjson.decode(body)))
    end
    status, body = request("POST", "/-/reload", { Accept = "text/plain" })
    assert.same({ 200, "reloaded\n" }, { status, body })
  end)

  it("is not ready before the centres have answered", function ()
    world:fault "slow=1s"
    start()
    local status, body = get "/-/ready"
    assert.equal(503, status)
    assert.truthy(body:find("scripts are being loaded", 1, true) or
      body:find("center main has not answered yet", 1, true), body)
    world:fault()
    harness.wait(function () return get "/-/ready" == 200 end, 10, "it ready")
  end)

  it("has metrics in both formats" .. JUDGED, function ()
    start()
    world:queue(1, { callWaitNums = 9 })
    world:wait_received(1)
    local function text_of(accept)
      local _, body, all = get("/metrics", accept and { Accept = accept })
      return body, all
    end
    harness.wait(function ()
      return text_of():find('ccgate_deliveries_total{destination="floor-chat",result="done"} 1\n', 1, true)
    end, 10, "the delivery counted")
    local body, all = text_of()
    has(all, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n")
    local samples = read_metrics(body, "text")
    assert.equal(1, samples['ccgate_alerts{rule="waiting",severity="warning"}'])
    assert.equal(0, samples['ccgate_outbox_depth{destination="floor-chat"}'])
    assert.equal(0, samples['ccgate_outbox_oldest_seconds{destination="floor-chat"}'])
    assert.equal(0, samples['ccgate_script_restarts_total{script="waiting"}'])
    assert.equal(0, samples['ccgate_rule_errors_total{script="waiting",rule="waiting"}'])
    assert.equal(0, samples['ccgate_poll_failures_total{center="main",query="queues",kind="http"}'])
    assert.truthy(samples['ccgate_poll_duration_seconds_count{center="main",query="queues"}'] > 0)
    assert.truthy(samples["ccgate_loop_lag_seconds"] < 1)
    local good = samples['ccgate_poll_last_success_timestamp_seconds{center="main",query="queues"}']
    assert.truthy(math.abs(good - os.time()) < 30)
    body, all = text_of "application/openmetrics-text; version=1.0.0"
    has(all, "Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n")
    local _, families = read_metrics(body, "open")
    assert.equal("counter", families.ccgate_deliveries.kind)
    judge((text_of()))
  end)

  -- The core keeps the numbers: a host that dies takes none along.
  it("has what scripts count" .. JUDGED, function ()
    world:script("own", [[
local gw = require "gateway"
local lost = gw.counter("calls_lost", 'Calls "lost" \\ dropped.')
local bare = gw.counter "bare"
gw.job "own" { every = "1h", run = function ()
  for _ = 1, 3 do lost:add(1, { queue = 'the "big\\one"' }) end
  lost:add(1e300, { queue = 'Grüße {}=,"', job = "own" }) lost:add(0.1) bare:add()
  gw.gauge("load", "How busy."):set(-0.5)
end }]])
    start()
    world.gateway:wait_log "live: job own"
    local labels = [[{script="own",queue="the \"big\\one\""}]]
    local function wait_for(count)
      world:command { "job", "own" }
      return harness.wait(function ()
        local _, body = get "/metrics"
        local samples = read_metrics(body, "text")
        return samples["calls_lost_total" .. labels] == count and samples
      end, 10, count .. " calls")
    end
    assert.equal(-0.5, wait_for(3)['load{script="own"}'])
    local host = world:wait_host "own"
    os.execute("kill -9 " .. host)
    world:wait_host("own", host)
    wait_for(6)
    local _, body = get("/metrics", { Accept = "application/openmetrics-text; version=1.0.0" })
    local _, families = read_metrics(body, "open")
    assert.same({ "counter", "gauge" }, { families.calls_lost.kind, families.load.kind })
    _, body = get "/metrics"
    has(body, "# HELP bare_total Told by script own.\n")
    judge(body)
  end)

  it("counts what fails" .. JUDGED, function ()
    world:fault "status=503"
    start()
    harness.wait(function ()
      local _, body = get "/metrics"
      local metrics = read_metrics(body, "text")
      judge(body)
      return (metrics['ccgate_poll_failures_total{center="main",query="queues",kind="http"}'] or 0) > 0
    end, 10, "a failure counted")
    assert.equal(200, (get "/-/ready"))
  end)

  it("refuses what it must", function ()
    start "token = quiet\n"
    local bearer <const> = { Authorization = "Bearer quiet" }
    local function with(more)
      local all = { Authorization = bearer.Authorization }
      for name, value in pairs(more) do all[name] = value end
      return all
    end
    local cases <const> = {
      { 200, "GET", "/-/healthy" },
      { 200, "GET", "/api/v1/rules", bearer },
      { 200, "GET", "/api/v1/rules", with { Host = "localhost" } },
      { 200, "GET", "/api/v1/rules", with { Host = "[::1]:8090" } },
      { 401, "GET", "/metrics" },
      { 401, "GET", "/api/v1/rules", { Authorization = "Bearer quie" } },
      { 401, "GET", "/api/v1/rules", { Authorization = "Bearer quiet1" } },
      { 401, "GET", "/api/v1/rules", { Authorization = "Basic quiet" } },
      { 401, "POST", "/-/reload" },
      { 403, "GET", "/-/healthy", { Host = "evil.example.com" } },
      { 403, "GET", "/api/v1/rules", with { Host = "evil.example.com:8090" } },
      { 403, "GET", "/api/v1/rules", with { Host = "127.0.0.1.evil.example.com" } },
      { 403, "POST", "/-/reload", with { Origin = "https://evil.example.com" } },
      { 403, "POST", "/-/reload", with { Origin = "null" } },
      { 405, "POST", "/metrics", bearer },
      { 405, "DELETE", "/api/v1/rules", bearer },
      { 405, "GET", "/-/reload", bearer },
      { 404, "GET", "/", bearer },
      { 404, "GET", "/../../etc/passwd", bearer },
      { 404, "GET", "/api/v1/outbox/..%2f..%2fetc%2fpasswd", bearer },
      { 404, "GET", "/api/v1/centers", bearer },
      { 404, "POST", "/api/v1/jobs/x/run", bearer },
      { 404, "POST", "/api/v1/destinations/floor-chat/send", bearer },
      { 405, "POST", "/api/v1/silences", bearer },
      { 400, "GET", "/api/v1/rules?x=1", bearer },
    }
    for _, case in ipairs(cases) do
      local status, body = request(case[2], case[3], case[4])
      assert.equal(case[1], status, case[2] .. " " .. case[3] .. " " .. tostring(body))
      assert.truthy(#body > 0)
    end
    local _, body = request("POST", "/-/reload", with { Origin = "http://" .. address, Accept = "text/plain" })
    assert.equal("reloaded\n", body)
  end)

  it("survives what is no request", function ()
    start()
    local head <const> = "GET /-/healthy HTTP/1.1\r\nHost: " .. address .. "\r\n"
    local cases <const> = {
      { "two hosts", head .. "Host: other\r\n\r\n", "400" },
      { "two lengths", head .. "Content-Length: 0\r\nContent-Length: 0\r\n\r\n", "400" },
      { "a length and chunks", head .. "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400" },
      { "a negative length", "POST /-/reload HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "4" },
      { "a long body", "POST /-/reload HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n", "4" },
      { "megabytes of headers", head .. ("X-A: " .. ("a"):rep(1000) .. "\r\n"):rep(5000) .. "\r\n", "" },
      { "a header on two lines", head .. "X-A: a\r\n b\r\n\r\n", "400" },
      { "a NUL in the path", "GET /-/hea\0lthy HTTP/1.1\r\nHost: x\r\n\r\n", "400" },
      { "a NUL in a header", "GET /-/healthy HTTP/1.1\r\nHost: localhost\0.evil.example.com\r\n\r\n", "400" },
      { "a blank before a colon", head .. "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", "400" },
      { "a length that is none", "POST /-/reload HTTP/1.1\r\nHost: x\r\nContent-Length: 5,5\r\n\r\nabcde", "4" },
      { "no host", "GET /-/healthy HTTP/1.0\r\n\r\n", "403" },
      { "no HTTP", "hello\r\n\r\n", "" },
      { "two requests at once", (head .. "\r\n"):rep(2), "200" },
    }
    for _, case in ipairs(cases) do
      local answer = raw(case[2])
      local status = answer:match "^HTTP/1.%d (%d+)" or ""
      assert.equal(case[3], status:sub(1, #case[3]), case[1] .. ": " .. answer)
      local _, count = answer:gsub("HTTP/1%.1 %d", "")
      assert.truthy(count <= 1, case[1])
    end
    assert.is_true(world.gateway:is_alive())
    assert.equal(200, (get "/-/healthy"))
  end)

  it("is not kept from its work by idle connections", function ()
    start()
    harness.wait(function () return get "/-/ready" == 200 end, 10, "it ready")
    local host, port = address:match "^(.*):(%d+)$"
    local idle, closed = {}, 0
    for index = 1, 3000 do
      idle[index] = uv.new_tcp()
      idle[index]:connect(host, tonumber(port), function (err)
        if not err then
          idle[index]:read_start(function (_, data) if not data then closed = closed + 1 end end)
        end
      end)
    end
    local before = world:count().requests
    world:queue(1, { callWaitNums = 9 })
    world:wait_received(1, 10, harness.is_alert("raise", "waiting"))
    assert.truthy(world:count().requests > before)
    local descriptors = 0
    for _ in io.popen("ls /proc/" .. world.gateway.pid .. "/fd"):lines() do descriptors = descriptors + 1 end
    assert.truthy(descriptors < 200, descriptors)
    harness.wait(function () return closed >= 100 end, 15, "the first of them shut")
    for _, client in ipairs(idle) do client:close() end
    harness.wait(function () return get "/-/healthy" == 200 end, 20, "room again")
  end)

  -- More of them than there is room for, each with a byte now and then.
  it("is not kept from its work by slow ones", function ()
    start()
    local host, port = address:match "^(.*):(%d+)$"
    local slow, cut = {}, 0
    local drip = uv.new_timer()
    for index = 1, 120 do
      local client = uv.new_tcp()
      slow[index] = client
      client:connect(host, tonumber(port), function (err)
        assert(not err, err)
        client:write "GET /-/healthy HTTP/1.1\r\nX-Slow: "
        client:read_start(function (_, data)
          if data or client:is_closing() then return end
          client:close()
          cut = cut + 1
        end)
      end)
    end
    drip:start(100, 100, function ()
      for _, client in ipairs(slow) do
        if not client:is_closing() then client:write "a" end
      end
    end)
    world:queue(1, { callWaitNums = 9 })
    world:wait_received(1, 10, harness.is_alert("raise", "waiting"))
    harness.wait(function () return cut >= 100 end, 15, function () return cut .. " are cut" end)
    assert.equal(200, (get "/-/healthy"))
    drip:close()
    for _, client in ipairs(slow) do
      if not client:is_closing() then client:close() end
    end
  end)

  it("says when it cannot listen", function ()
    local taken = uv.new_tcp()
    taken:bind("127.0.0.1", 0)
    taken:listen(1, function () end)
    world:conf()
    local file = assert(io.open(world:path "gateway.conf"))
    local text = file:read "a"
    file:close()
    local where = "127.0.0.1:" .. taken:getsockname().port
    world:write("gateway.conf", (text:gsub("%[gateway%]", "[gateway]\nlisten = " .. where, 1)))
    world:run()
    assert.equal(1, world.gateway:join())
    has(world.gateway:errors(),
      "cannot listen on " .. where .. ": Address already in use; listen in [gateway] says where\n")
    taken:close()
  end)
end)
