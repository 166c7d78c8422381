--- What a contact centre can do wrong: alerts are held, never cleared, nobody is stormed, and all
--- comes back by itself.
local harness = require "e2e.harness"
local cjson = require "cjson"

local INTERVAL_S <const> = 1
local HELD_S <const> = 4
local RSS_MAX_KB <const> = 96 * 1024
-- Every answer that comes at all comes within this time.
local TIMEOUT <const> = harness.is_sanitized and "8s" or "2s"

-- ---- the table ----
-- Each line of what a contact centre can do wrong: its name, the fault of the simulator, what the
-- gateway's log says. All happen at once, each to a centre of its own, in one gateway.
--   start    options with which the simulator starts instead of a fault
--   is_down  it does not run
--   probed   asked again only when the operator says so, by SIGHUP
--   harmless answers are as good as ever, nothing is said
--   gone     a good answer without the queue, which is gone (model.md: null means no rows)
local LINES <const> = {
  { "never-answers", "slow=1h", "timeout: " },
  { "body-drips", "drip", "timeout: " },
  { "header-drips", "header-drip", "timeout: " },
  { "resets", "reset", "network: " },
  { "closes-mid-body", "truncate", "network: " },
  { "wrong-length", "wrong-length", "decode" },
  { "endless", "endless", "limit: " },
  { "five-gigabytes", "long=5GB", "limit: " },
  { "gzip-bomb", "gzip=1GB", "limit: " },
  { "small-gzip-bomb", "gzip=256MB", "decode" },
  { "html", "html", "decode" },
  { "depth", "deep", "decode" },
  { "duplicate-keys", "duplicate-keys", "decode" },
  { "nan", "nan", "decode" },
  { "large-exponent", "overflow", "decode" },
  { "hex-numbers", "hex", "decode" },
  { "result-is-text", "result-string", "decode" },
  { "unknown-result", "api=0199999", "api 0199999" },
  { "null-list", "null-list", gone = true },
  { "bad-utf8", "bad-utf8", harmless = true },
  { "gbk", "gbk", harmless = true },
  { "numbers-are-strings", "strings", harmless = true },
  { "strings-are-numbers", "numbers", harmless = true },
  { "sentinels", "sentinels", harmless = true },
  { "unknown-codes", "unknown-codes", harmless = true },
  { "http-401", "status=401", "auth: HTTP 401", probed = true },
  { "locked-out", "status=403", "auth: HTTP 403", probed = true },
  { "clock-ahead", "skew=20m", "its clock is 20m ahead of this machine's", probed = true },
  { "clock-behind", "skew=-20m", "its clock is 20m behind this machine's", probed = true },
  { "teapot", "status=418:retry-after=-5", "http: HTTP 418" },
  { "too-many", "status=429:retry-after=99999999999", "next try in 1m", probed = true },
  { "bad-gateway", "status=502:retry-after=never", "http: HTTP 502" },
  { "unavailable", "status=503:retry-after=18446744073709551616", "next try in 1m", probed = true },
  { "redirect", "redirect", "http: HTTP 302" },
  { "expired", start = { "--certificate", "expired" }, says = "tls: " },
  { "wrong-host", start = { "--certificate", "wrong-host" }, says = "tls: " },
  { "unknown-ca", start = { "--certificate", "unknown-ca" }, says = "tls: " },
  { "tls-1-0", start = { "--tls", "1.0" }, says = "tls: " },
  { "down", is_down = true, says = "network: " },
}

local RULE <const> = [[
local gw = require "gateway"
gw.rule "NAME" {
  from = gw.center "NAME".queues { 1 }, every = "1s", send = "floor-chat",
  when = gw.above("calls_waiting", 4), clear = gw.below("calls_waiting", 2),
}
]]

local CENTER <const> = [[
[center NAME]
url = URL
cc_id = 1
vdn = 1
access_key = key
secret_key = secret
ca_file = NAME.pem
rate = 10/s
timeout = TIMEOUT
queue.1 = sales
]]

local world, centres

local function fill(text, centre)
  return (text:gsub("NAME", centre.name):gsub("URL", centre.url or ""):gsub("TIMEOUT", TIMEOUT))
end

local function simulate(centre, options)
  local arguments = { "simulate", "--listen", centre.address or "127.0.0.1:0", "--quiet",
    "--ca", world:path(centre.name .. ".pem"), "--access-key", "key", "--secret-key", "secret" }
  for _, option in ipairs(options or {}) do arguments[#arguments + 1] = option end
  centre.process = world:spawn(harness.ccgate, arguments)
end

local function wait_listening(centre)
  centre.url = harness.wait(function ()
    return centre.process:said():match "listening on (%S+)\n"
  end, 20, function () return "a centre that listens: " .. centre.process:said() end)
  centre.address = centre.url:match "//(.*)$"
end

-- One order to each of `some`; the answers in the same order.
local function order(method, some, path_of)
  local arguments = { "-sS", "-k", "--max-time", "10", "-X", method }
  for _, centre in ipairs(some) do arguments[#arguments + 1] = centre.url .. path_of(centre) end
  if #some == 0 then return {} end
  local code, out, err = harness.execute("curl", arguments)
  assert(code == 0, err)
  local answers = {}
  for answer in out:gmatch "%b{}" do
    assert.is_nil(answer:match '"error":"[^"]*"')
    answers[#answers + 1] = cjson.decode(answer)
  end
  assert.equal(#some, #answers, out .. err)
  return answers
end

local function calls_waiting(some, count)
  order("PUT", some, function () return "/-/queue/1?callWaitNums=" .. count end)
end

local function those(condition)
  local some = {}
  for _, centre in ipairs(centres) do
    if condition(centre) then some[#some + 1] = centre end
  end
  return some
end

local function has_fault(centre) return centre.fault end
local function has_start(centre) return centre.start end
local function is_down(centre) return centre.is_down end

-- Of those that can be asked how many there were.
local function requests()
  local some, counts = those(has_fault), {}
  for index, count in ipairs(order("GET", some, function () return "/-/count" end)) do
    counts[some[index]] = count.requests
  end
  return counts
end

local function restart(some, options_of)
  for _, centre in ipairs(some) do centre.process:stop "sigkill" end
  for _, centre in ipairs(some) do simulate(centre, options_of(centre)) end
  for _, centre in ipairs(some) do wait_listening(centre) end
end

local function names(some)
  local list = {}
  for index, centre in ipairs(some) do list[index] = centre.name end
  table.sort(list)
  return list
end

-- The centres whose queue was told to have raised, or cleared for a reason.
local function told(kind)
  local list = {}
  for _, request in ipairs(world:received()) do
    local data = request.event.data
    if kind == (data.kind == "raise" and "raise" or data.reason) then list[#list + 1] = data.rule end
  end
  table.sort(list)
  return list
end

local function wait_told(kind, some, seconds)
  harness.wait(function () return #told(kind) >= #some end, seconds,
    function () return kind .. " of each; gateway:\n" .. world.gateway:errors() end)
  assert.same(names(some), told(kind))
end

-- What the gateway's log says about a centre.
local function said(centre)
  local lines = {}
  for line in world.gateway:errors():gmatch "[^\n]+" do
    if line:find("center " .. centre.name .. ":", 1, true) then lines[#lines + 1] = line end
  end
  return table.concat(lines, "\n")
end

local function start_all()
  centres = {}
  local sections, rules = {}, {}
  for index, line in ipairs(LINES) do
    centres[index] = { name = line[1], fault = line[2], says = line[3] or line.says, start = line.start,
      is_probed = line.probed, is_harmless = line.harmless, is_gone = line.gone, is_down = line.is_down }
    simulate(centres[index])
  end
  for index, centre in ipairs(centres) do
    wait_listening(centre)
    sections[index], rules[index] = fill(CENTER, centre), fill(RULE, centre)
  end
  calls_waiting(centres, 7)
  world:sink()
  world:write("gateway.conf", ("[gateway]\nscripts = scripts\nstate = var\n%s\n[destination floor-chat]\n"
    .. "kind = webhook\nurl = %s/\nallow_private = yes\n"):format(table.concat(sections, "\n"), world.sink_url))
  world:script("faults", table.concat(rules, "\n"))
  world:run()
  wait_told("raise", centres, 30)
end

local function break_all()
  restart(those(has_start), function (centre) return centre.start end)
  for _, centre in ipairs(those(is_down)) do centre.process:stop "sigkill" end
  order("PUT", those(has_fault), function (centre) return "/-/fault?spec=" .. centre.fault end)
  calls_waiting(those(function (centre) return centre.fault and centre.says end), 0)
  return those(function (centre) return centre.says end)
end

local function mend_all()
  restart(those(function (centre) return centre.start or centre.is_down end), function () end)
  -- First, so that the queue that was gone does not come back full.
  calls_waiting(centres, 0)
  order("DELETE", those(has_fault), function () return "/-/fault" end)
end

describe("a centre that fails", function ()
  setup(function ()
    world = harness.world()
    start_all()
  end)
  teardown(function () world:close() end)

  local before, since

  it("gets an error of the right kind", function ()
    for _, centre in ipairs(break_all()) do
      harness.wait(function () return said(centre):find(centre.says, 1, true) end, 20,
        function () return ("%s: %q; said: %s"):format(centre.name, centre.says, said(centre)) end)
    end
    before, since = requests(), os.time()
  end)

  it("holds its alerts", function ()
    harness.pass(HELD_S * 1000)
    assert.same({}, told "recovered")
    assert.same({ "null-list" }, told "gone")
    for _, centre in ipairs(centres) do
      if centre.is_harmless then assert.equal("", said(centre)) end
    end
  end)

  it("is not asked more often than agreed", function ()
    local most = (os.time() - since + 1) / INTERVAL_S + 1
    for centre, count in pairs(requests()) do
      local sent = count - before[centre]
      assert.is_true(sent <= (centre.is_probed and 0 or most), centre.name .. ": " .. sent)
      assert.is_true(sent > 0 or not centre.is_harmless, centre.name)
    end
  end)

  it("costs no memory", function ()
    local most_kb = harness.status(world.gateway.pid, "VmHWM")
    assert.is_true(harness.is_sanitized or most_kb < RSS_MAX_KB, most_kb .. " KB")
  end)

  it("comes back by itself, or when the operator says so", function ()
    mend_all()
    wait_told("recovered", those(function (centre) return not centre.is_probed and not centre.is_gone end), 30)
    world.gateway:kill "sighup"
    wait_told("recovered", those(function (centre) return not centre.is_gone end), 30)
    assert.same({ "null-list" }, told "gone")
  end)
end)

describe("a single centre", function ()
  before_each(function ()
    world = harness.world()
    world:simulate { "--skills", "1000" }
    world:sink()
    world:conf()
  end)
  after_each(function () world:close() end)

  it("with a wrong key is asked once: an auth error, an open circuit", function ()
    world:queue(1, { callWaitNums = 7 })
    world:script("queue_wait", [[
      local gw = require "gateway"
      gw.rule "queue-wait" { from = gw.queues { 1, 2 }, every = "1s", send = "floor-chat",
        when = gw.above("calls_waiting", 4), clear = gw.below("calls_waiting", 2) }
    ]])
    world:conf(nil, { secret_key = "wrong" })
    world:run()
    world.gateway:wait_log("circuit open")
    assert.truthy(world.gateway:errors():find("center main: auth: HTTP 401", 1, true))
    harness.pass(3000)
    assert.equal(1, world:count().requests)
    assert.equal(1, world:count().refused)
    assert.equal(1, world.gateway:count_log "circuit open")

    -- The key is mended: SIGHUP probes at once.
    world:conf()
    world.gateway:kill "sighup"
    world:wait_received(1)
    assert.equal(1, world:count().refused)
  end)

  it("whose name is nobody's is an error of the network", function ()
    local name = ("x"):rep(64) -- longer than a label can be: no server is asked
    local main = io.open(world:path "gateway.conf"):read "a"
    world:write("gateway.conf", (main:gsub("url = https://127.0.0.1", "url = https://" .. name, 1)))
    local code, _, err = world:command { "query", "queues", "1" }
    assert.equal(1, code)
    assert.truthy(err:find "^network: ", err)
  end)

  it("may be started anew in the middle of polls for 1,000 queues", function ()
    world:script("staffed", [[
      local gw = require "gateway"
      local all = {}
      for id = 1, 1000 do all[id] = id end
      gw.rule "staffed" { from = gw.queues { 1 }, every = "1s", send = "floor-chat",
        when = gw.above("agents_signed_in", -1), clear = gw.below("agents_signed_in", 0) }
      gw.rule "flooded" { from = gw.queues(all), every = "1s", send = "floor-chat",
        when = gw.above("calls_waiting", 900) }
    ]])
    world:run()
    world:wait_received(1)
    for _ = 1, 3 do
      harness.wait(function () return world:count().requests >= 8 end, 30, "two rounds")
      world.center:stop "sigkill"
      world:simulate { "--skills", "1000" }
    end
    harness.wait(function () return world:count().requests >= 8 end, 60, "two rounds more")
    assert.equal(1, #world:received())
    assert.equal(0, world.gateway:count_log "cleared ")
  end)
end)
