--- The commands as people type them: what they print, where, and how they exit.
local uv = require "luv"
local cjson = require "cjson"
local harness = require "e2e.harness"

local FINE <const>, PROBLEM <const>, USAGE <const> = 0, 1, 2

local GOOD <const> = [[
local gw = require "gateway"

gw.rule "queue-wait" {
  from    = gw.queues { 1, "support" },
  every   = "15s",
  when    = gw.above("calls_waiting", 4),
  clear   = gw.below("calls_waiting", 2),
  send    = "floor-chat",
}
gw.job "look" { every = "1m", run = function () end }
]]

local GOOD_TEXT <const> = "Asks for queues 1 (sales) and 2 (support) every 15s. Raises when calls_waiting "
  .. "above 4; clears when calls_waiting below 2. Tells floor-chat. Costs 4 requests a minute."

local BAD <const> = [[
local gw = require "gateway"

gw.rule "queue-wait" {
  from    = gw.queues { 1 },
  evry    = "15s",
  when    = gw.above("call_waiting", 4),
  clear   = gw.below("longest_wait_5m", "2 min"),
  send    = "flor-chat",
}
]]

local BAD_LINES <const> = [[
scripts/bad.lua:5: rule 'queue-wait': unknown key 'evry' (did you mean 'every'?)
scripts/bad.lua:6: rule 'queue-wait': Queue has no field 'call_waiting' (did you mean 'calls_waiting'?)
scripts/bad.lua:7: rule 'queue-wait': below("longest_wait_5m", "2 min"): 'longest_wait_5m' ]]
  .. [[is in seconds and is compared with a duration; write "2m"
scripts/bad.lua:8: rule 'queue-wait': send: no destination 'flor-chat' in gateway.conf (did you mean 'floor-chat'?)
4 mistakes
]]

local world

-- Runs `ccgate …` in the folder of the world, as somebody who stands there.
local function ccgate(...)
  local arguments = { ... }
  local environment = { "PATH=" .. os.getenv "PATH", "CCGATE_TOKEN=quiet please" }
  for _, name in ipairs { "ASAN_OPTIONS", "UBSAN_OPTIONS" } do
    environment[#environment + 1] = os.getenv(name) and name .. "=" .. os.getenv(name)
  end
  return harness.execute(world.ccgate, arguments, { cwd = world.folder, env = environment })
end

local function has(text, part)
  assert(text:find(part, 1, true), ("%q is not in:\n%s"):format(part, text))
end

local function has_not(text, part)
  assert(not text:find(part, 1, true), ("%q is in:\n%s"):format(part, text))
end

-- A path that works from any folder.
local function absolute(path)
  local pipe = assert(io.popen("realpath " .. path))
  local result = pipe:read "l"
  pipe:close()
  return result
end

before_each(function ()
  world = harness.world()
  world.ccgate = absolute(harness.ccgate)
end)
after_each(function () world:close() end)

describe("ccgate check", function ()
  before_each(function () world:conf() end)

  it("tells all four mistakes with the key's own line and a guess", function ()
    world:script("bad", BAD)
    local code, out, err = ccgate("check")
    assert.equal(BAD_LINES, err)
    assert.equal("", out)
    assert.equal(PROBLEM, code)
  end)

  it("says what it understood", function ()
    world:script("good", GOOD)
    local code, out, err = ccgate("check")
    assert.equal(("scripts/good.lua: rule 'queue-wait'\n    %s\nscripts/good.lua: job 'look'\n    Runs every 1m.\n"
      .. "fine: 1 script, 1 rule, 1 job\n"):format(GOOD_TEXT), out)
    assert.equal("", err)
    assert.equal(FINE, code)
  end)

  it("says the same as JSON", function ()
    world:script("bad", BAD)
    world:script("good", (GOOD:gsub("queue%-wait", "waiting")))
    local code, out, err = ccgate("check", "-o", "json")
    local items = cjson.decode(out)
    assert.equal(PROBLEM, code)
    assert.equal("", err)
    assert.equal(6, #items)
    assert.same({ kind = "mistake", file = "scripts/bad.lua", line = 5,
      text = "rule 'queue-wait': unknown key 'evry' (did you mean 'every'?)" }, items[1])
    assert.same({ kind = "rule", file = "scripts/good.lua", name = "waiting", text = GOOD_TEXT }, items[5])
    assert.same({ kind = "job", file = "scripts/good.lua", name = "look", text = "Runs every 1m." }, items[6])
  end)

  it("takes scripts and folders", function ()
    world:script("bad", BAD)
    world:script("good", GOOD)
    local code, out = ccgate("check", "scripts/good.lua")
    has(out, "fine: 1 script,")
    assert.equal(FINE, code)
    local both, _, err = ccgate("check", "scripts/good.lua", "scripts/bad.lua")
    assert.equal(PROBLEM, both)
    has(err, "4 mistakes")
    assert.equal(PROBLEM, (ccgate("check", "scripts")))
    local missing, _, said = ccgate("check", "scripts/none.lua", "scripts/good.lua")
    assert.equal("scripts/none.lua: cannot be read: No such file or directory\n1 mistake\n", said)
    assert.equal(PROBLEM, missing)
  end)

  it("leaves out tests and what is no script", function ()
    world:script("good", GOOD)
    world:script("good_spec", "this is not for the gateway")
    world:write("scripts/notes.txt", "nor this")
    local code, out = ccgate("check")
    has(out, "fine: 1 script,")
    assert.equal(FINE, code)
  end)

  it("says what to look for where it is not Lua", function ()
    world:script("comma", (GOOD:gsub('"15s",', '"15s"')))
    world:script("word", (GOOD:gsub("every   =", "for =")))
    local code, _, err = ccgate("check")
    assert.equal(
      "scripts/comma.lua:6: '}' expected (to close '{' at line 3) near 'when'; is a comma missing before it?\n"
      .. "scripts/word.lua:5: unexpected symbol near 'for'; 'for' is a word of Lua: it cannot be a key or a name\n"
      .. "2 mistakes\n", err)
    assert.equal(PROBLEM, code)
  end)

  it("finds a name that two scripts use", function ()
    world:script("first", GOOD)
    world:script("second", GOOD)
    local code, _, err = ccgate("check")
    assert.equal("scripts/second.lua: rule 'queue-wait': this name is used twice; the other rule is in "
      .. "scripts/first.lua\n1 mistake\n", err)
    assert.equal(PROBLEM, code)
  end)

  it("tells what a rule costs, and with whom it shares that", function ()
    world:script("first", GOOD)
    world:script("second", (GOOD:gsub("queue%-wait", "also"):gsub("look", "see")))
    world:script("third", (GOOD:gsub("queue%-wait", "slow"):gsub("15s", "30s"):gsub('1, "support"', "9")))
    local code, out = ccgate("check")
    has(out, "rule 'queue-wait'\n    " .. GOOD_TEXT:gsub("minute%.$", "minute, shared with also."))
    has(out, "Costs 4 requests a minute, shared with queue-wait.")
    assert.equal(FINE, code)
  end)

  it("tells costs with as many digits as say something", function ()
    world:conf("", { queues = "queue.1 = sales\nqueue.2 = support" })
    local calls = 'gw.agent_calls { agent = { 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, '
      .. '115, 116, 117, 118, 119, 120, 121 } }'
    local rule = 'local gw = require "gateway"\ngw.rule "%s" { from = %s, every = "%s", when = function() end }\n'
    world:script("calls", rule:format("calls", calls, "1s"))
    world:script("slow", rule:format("slow", "gw.agents { queue = 1 }", "7m"))
    local _, out = ccgate("check")
    has(out, "Costs 1260 requests a minute.")
    has(out, "Costs 0.143 requests a minute.")
    _, out = ccgate("plan")
    has(out, ": 1260 requests per minute, rate allows ")
    has(out, "        1       0.143  slow\n")
  end)

  it("warns when the rate stretches all intervals", function ()
    world:conf("[center far]\nurl = https://127.0.0.1:1\ncc_id = 1\nvdn = 1\naccess_key = key\n" ..
      "secret_key = secret\nrate = 30/min\n", { queues = "default = yes\nqueue.1 = sales\nqueue.2 = support" })
    world:script("far", (GOOD:gsub("gw%.queues { 1, \"support\" }", 'gw.center("far").queues { 1 }'):gsub("15s", "1s")))
    local code, _, err = ccgate("check")
    assert.equal("gateway.conf: warning: center far: 60 requests a minute, rate allows 30: all intervals, and "
      .. "stale_after with them, become 2.00 times as long (rate = 1/s would do)\n", err)
    assert.equal(FINE, code)
  end)

  it("warns of a key that has no effect yet", function ()
    world:conf(nil, { gateway = "record = 7d" })
    world:script("good", GOOD)
    local code, _, err = ccgate("check")
    has(err, "gateway.conf:4: warning: record has no effect yet\n")
    assert.equal(FINE, code)
  end)

  it("warns of what does nothing", function ()
    world:script("nothing", "local gw = require 'gateway'\n")
    local code, _, err = ccgate("check")
    assert.equal("scripts/nothing.lua: warning: does nothing: there is no gw.rule and no gw.job in it\n", err)
    assert.equal(FINE, code)
    os.remove(world:path "scripts/nothing.lua")
    local empty, _, said = ccgate("check")
    has(said, "scripts: warning: no scripts in it")
    assert.equal(FINE, empty)
  end)

  it("says where the folder of scripts is named when it is missing", function ()
    world:conf()
    os.remove(world:path "scripts")
    local code, _, err = ccgate("check")
    has(err, "gateway.conf: " .. world.folder .. "/scripts: cannot be read: No such file or directory")
    assert.equal(PROBLEM, code)
  end)

  it("tells all mistakes of gateway.conf at once", function ()
    world:write("secret", "x\n")
    os.execute("chmod 644 " .. world:path "secret")
    world:write("gateway.conf", [[
[gatway]
[gateway]
scirpts = scripts
[center main]
url = 127.0.0.1:28080
cc_id = 70000
vdn = one
access_key = ${env:CCGATE_NOT_THERE}
secret_key = ${file:secret}
rate = 5
timeout = 10
queue.seven = sales
[destination a]
kind = webhok
url = http://127.0.0.1:1/
[destination b]
kind = webhook
[destination c]
kind = webhook
url = ftp://example.com/
secret = mine
[destination a]
kind = log
]])
    local code, out, err = ccgate("check")
    assert.equal(([[
gateway.conf:1: unknown section [gatway] (did you mean 'gateway'?)
gateway.conf:3: [gateway]: unknown key 'scirpts' (did you mean 'scripts'?)
gateway.conf:5: [center main]: url: '127.0.0.1:28080' does not begin with https:// or http://; ]]
      .. [[write "https://host:port" and nothing behind it
gateway.conf:6: [center main]: cc_id: '70000' is out of range: 1 to 65535 (the id of the call centre (ccId))
gateway.conf:7: [center main]: vdn: 'one' is not a whole number; write digits only ]]
      .. [[(the id of the virtual call centre (vdn))
gateway.conf:8: [center main]: access_key: ${env:CCGATE_NOT_THERE}: ]]
      .. [[the environment has no such variable, or an empty one
gateway.conf:9: [center main]: secret_key: ${file:secret}: others may read it; run: chmod 600 FOLDER/secret
gateway.conf:10: [center main]: rate: '5' is not a rate; write "5/s" or "300/min" ]]
      .. [[(requests to this center, at most)
gateway.conf:11: [center main]: timeout: '10' is not a duration; write "500ms", "10s" or "1m30s" ]]
      .. [[(how long a request may take)
gateway.conf:12: [center main]: queue.seven: 'seven' is not the id of a queue; write queue.7 = sales
gateway.conf:20: [destination c]: url: '***' does not begin with https:// or http://; write "https://host/path"
gateway.conf:21: [destination c]: secret: is not a webhook secret: "whsec_" and 24 to 64 bytes in base64; ]]
      .. [[make one with echo whsec_$(openssl rand -base64 32)
gateway.conf:22: this section stands in line 13 already
gateway.conf:14: [destination a]: kind: 'webhok' is not known (did you mean 'webhook'?)
gateway.conf:16: [destination b]: url is missing: where messages go
]]):gsub("FOLDER", world.folder), err)
    assert.equal("", out)
    assert.equal(PROBLEM, code)
  end)
end)

-- Lua's name, the wire's name, the value that is pinned.
local FIELDS <const> = {
  { "agents_signed_in", "agentLoginNums", 21 },
  { "agents_talking", "agentTalkingNums", 22 },
  { "agents_idle", "agentIdleNums", 23 },
  { "agents_available", "agentAvailableNums", 24 },
  { "agents_busy", "agentSetBusyNums", 25 },
  { "agents_resting", "agentRestNums", 26 },
  { "agents_after_call", "agentWorkNums", 27 },
  { "agents_studying", "agentStudyNums", 28 },
  { "agents_occupied", "agentOccupyNums", 29 },
  { "agents_preoccupied", "agentPreOccupyNums", 30 },
  { "longest_idle_5m", "agentMaxIdleTimeIn5", 31, "seconds" },
  { "calls_total", "totalCallNums", 32 },
  { "calls_in_progress", "processingCallNums", 33 },
  { "calls_waiting", "callWaitNums", 34 },
  { "longest_wait_5m", "maxCallWaitTimesIn5", 35, "seconds" },
  { "mean_call_5m", "evenCallTimeIn5", 36, "seconds" },
  { "mean_wait_5m", "evenWaitTimeIn5", 37, "seconds" },
  { "calls_offered_5m", "allCallCount", 40 },
  { "answered_20s_5m", "cnnedIn20sCallCount", 30 },
}

describe("ccgate query", function ()
  before_each(function ()
    world:simulate { "--skills", "30" }
    world:conf()
    local pinned = {}
    for _, field in ipairs(FIELDS) do pinned[field[2]] = field[3] end
    world:queue(1, pinned)
    world:queue(2, { allCallCount = 0 })
  end)

  it("gives every field as JSON", function ()
    local code, out, err = ccgate("query", "queues", "1", "-o", "json")
    local expected = { id = 1, name = "sales", service_level_5m = 0.75 }
    for _, field in ipairs(FIELDS) do expected[field[1]] = field[3] end
    assert.same({ expected }, cjson.decode(out))
    assert.equal("", err)
    assert.equal(FINE, code)
  end)

  it("gives every field as a table, queue by queue, with units", function ()
    local code, out = ccgate("query", "queues", "sales", "2")
    local lines = {}
    for line in out:gmatch("[^\n]+") do
      local name, first, _, unit = line:match("^(%S+)%s+(%S+)%s+(%S+)%s*(%S*)$")
      assert.truthy(name, line)
      lines[name] = { first, unit }
    end
    assert.same({ "1", "" }, lines.id)
    assert.same({ "sales", "" }, lines.name)
    for _, field in ipairs(FIELDS) do
      assert.same({ tostring(field[3]), field[4] or "" }, lines[field[1]], field[1])
    end
    assert.same({ "0.75", "ratio" }, lines.service_level_5m)
    assert.truthy(out:find("\nservice_level_5m +0%.75 +–  ratio\n"))
    assert.equal(FINE, code)
  end)

  it("keeps a table of many queues within a hundred columns", function ()
    local ids = {}
    for id = 1, 30 do ids[id] = tostring(id) end
    local code, out = ccgate("query", "queues", table.unpack(ids))
    local shown = {}
    for line in out:gmatch("[^\n]+") do
      assert(utf8.len(line) <= 100, line)
      for id in (line:match("^id%s(.*)$") or ""):gmatch("%d+") do shown[#shown + 1] = id end
    end
    assert.same(ids, shown)
    assert.equal(FINE, code)
  end)

  it("gives the answer as it came", function ()
    local code, out = ccgate("query", "queues", "1", "-o", "raw")
    local answer = cjson.decode(out)
    assert.equal("0100000", answer.resultCode)
    assert.equal(34, answer.resultDesc[1].callWaitNums)
    assert.equal(FINE, code)
  end)

  it("asks for every queue with a name when none is said", function ()
    local _, out = ccgate("query", "queues", "-o", "json")
    local rows = cjson.decode(out)
    assert.same({ "sales", "support" }, { rows[1].name, rows[2].name })
    assert.equal(2, #rows)
  end)

  it("names a queue that the centre does not know", function ()
    local code, out, err = ccgate("query", "queues", "1", "31", "-o", "json")
    assert.equal("the centre knows no queue 31\n", err)
    assert.equal(1, #cjson.decode(out))
    assert.equal(PROBLEM, code)
  end)

  it("shows what is signed, and signs that", function ()
    local code, out, err = ccgate("query", "queues", "1", "--show-signature", "-o", "json")
    has(err, "canonical request:\nPOST\n/rest/cmsapp/v1/openapi/skill/stateinfo\n")
    has(err, "%22skillIds%22%3A%5B1%5D")
    local form, signature = err:match("Authorization: (auth%-v2/key/%d+%-%d+%-%d+T[%d:]+Z/[%a;-]+/)(%x+)\n")
    assert.truthy(form)
    assert.equal(64, #signature)
    assert.equal(1, #cjson.decode(out))
    assert.equal(FINE, code)
  end)

  it("says auth for a wrong key, and where it stands", function ()
    world:conf(nil, { secret_key = "wrong" })
    local code, out, err = ccgate("query", "queues", "1")
    assert.equal("", out)
    has(err, "auth: 401: ")
    has(err, "are the keys right in [center main], gateway.conf:4?")
    has_not(err, "wrong")
    assert.equal(PROBLEM, code)
  end)

  it("says where to look when nobody answers, or nobody known", function ()
    local center = world.center_url
    world.center_url = nil
    world:conf()
    local code, _, err = ccgate("query", "queues", "1")
    has(err, "network: ")
    has(err, "does it listen at the url of [center main], gateway.conf:4?")
    assert.equal(PROBLEM, code)
    world.center_url = center
    world:conf()
    os.remove(world:path "ca.pem")
    local refused, _, said = ccgate("query", "queues", "1")
    has(said, "tls: ")
    has(said, "does ca_file name the authority of its certificate in [center main], gateway.conf:4?")
    assert.equal(PROBLEM, refused)
  end)

  it("passes on what the centre itself says", function ()
    world:fault "api=0100002"
    local code, _, err = ccgate("query", "queues", "1")
    has(err, "api: 0100002: ")
    assert.equal(PROBLEM, code)
  end)
end)

describe("ccgate config", function ()
  it("masks secrets and marks defaults", function ()
    world:conf("header.authorization = ${env:CCGATE_TOKEN}")
    local code, out = ccgate("config")
    has(out, "secret_key = ***\n")
    has(out, "secret = ***\n")
    has(out, "header.authorization = ***\n")
    has(out, "timeout = 2s\n")
    has(out, "edition = 2023 ; default\n")
    has(out, "; memory = 32MB ; default\n")
    has_not(out, harness.secret)
    has_not(out, "quiet please")
    assert.equal(FINE, code)
  end)

  it("is what it prints", function ()
    world:conf()
    local _, first = ccgate("config")
    has(first, "queue.1 = sales, voice\n")
    world:write("again.conf", (first:gsub("%*%*%*", "http://127.0.0.1:1/"):gsub("secret = http%S+\n", "")))
    local code, second, err = ccgate("config", "-c", "again.conf")
    assert.equal("", err)
    assert.equal(FINE, code)
    has(second, "queue.1 = sales, voice\n")
  end)

  it("gives JSON", function ()
    world:conf()
    local code, out = ccgate("config", "-o", "json")
    local conf = cjson.decode(out)
    assert.same({ value = "***", default = false }, conf.center.main.secret_key)
    assert.same({ value = "2023", default = true }, conf.center.main.edition)
    assert.same({ value = "32MB", default = true }, conf.script["*"].memory)
    assert.equal(FINE, code)
  end)

  it("says nothing that means nothing to a destination", function ()
    world:conf "[destination book]\nkind = log"
    local code, out, err = ccgate("config")
    has(out, "[destination book]\nkind = log\n\n")
    assert.equal("", err)
    assert.equal(FINE, code)
  end)

  it("prints what a kind of destination takes", function ()
    local code, out, err = ccgate("config", "--kind", "webhook")
    assert.equal("", err)
    assert.equal(FINE, code)
    assert.equal([[
webhook: POSTs the event as JSON; signed when the destination has a secret.

  kind           text                              required  what receives: webhook, log, …
  url            address                           required  where messages go
  method         POST, PUT, PATCH, DELETE or GET   POST      the HTTP method
  header.*       text                              -         a header that is sent along
  secret         secret                            -         the key that signs messages (Standard Webhooks)
  shape          event or alertmanager             event     what the body looks like
  ca_file        path                              -         ]]
      .. [[the authorities (PEM) that are trusted, instead of the system's
  timeout        duration                          10s       how long an attempt may take
  rate           rate                              -         messages to it, at most; without it what the kind can take
  allow_private  yes, no or ranges (10.0.0.0/8)    no        it may have an address that is not public
]], out)
    local _, pager = ccgate("config", "--kind", "pagerduty")
    has(pager, "pagerduty: Pages a service of PagerDuty: a raise triggers, its clear resolves.\n")
    has(pager, "\n  routing_key    text                              required  the integration key of the service")
    local _, log = ccgate("config", "--kind", "log", "-o", "json")
    assert.same({ kind = "log", sentence = "Writes a line to the gateway's log.", keys = { {
      key = "kind", type = "text", required = true, default = cjson.null, sentence = "what receives: webhook, log, …",
    } } }, cjson.decode(log))
  end)

  it("names a file that is not there", function ()
    for _, command in ipairs { "config", "check", "plan", "run", "demo" } do
      local code, _, err = ccgate(command, "-c", "none.conf")
      assert.equal("none.conf: cannot be read: No such file or directory; "
        .. "go to the folder that has it, or name it with -c FILE\n", err)
      assert.equal(PROBLEM, code)
    end
  end)
end)

describe("ccgate", function ()
  local COMMANDS <const> = { "run", "check", "plan", "query", "center", "demo", "simulate", "sink",
    "config", "version" }

  it("prints its version", function ()
    local code, out = ccgate("version")
    assert.truthy(out:match("^ccgate %d+%.%d+%.%d+\n$"))
    assert.equal(FINE, code)
    assert.same({ FINE, out }, { (ccgate("--version")), (select(2, ccgate("--version"))) })
  end)

  it("helps", function ()
    local code, out, err = ccgate("--help")
    assert.equal(FINE, code)
    assert.equal("", err)
    for _, command in ipairs(COMMANDS) do
      has(out, "\n  " .. command .. " ")
      local helped, text = ccgate(command, "--help")
      has(text, "usage: ccgate " .. command)
      assert.equal(FINE, helped)
      for line in text:gmatch("[^\n]+") do assert(utf8.len(line) <= 90, line) end
    end
    assert.equal(USAGE, (ccgate()))
  end)

  local MISTAKES <const> = {
    { "chek", "ccgate: no command 'chek' (did you mean 'check'?)" },
    { "fly", "ccgate: no command 'fly'; `ccgate --help` lists them" },
    { "run --stat=x --nope", "ccgate run: no option '--nope'" },
    { "run -x", "ccgate run: no option '-x'" },
    { "run -c", "ccgate run: --conf needs a value" },
    { "run --log loud", "ccgate run: --log: 'loud' is none of debug, info, warn, error" },
    { "run twice", "ccgate run: unexpected 'twice'" },
    { "check --otput json", "ccgate check: no option '--otput' (did you mean '--output'?)" },
    { "check -o xml", "ccgate check: -o: 'xml' is none of text, json" },
    { "query", "ccgate query: which query? There is: queues, agents, agent-calls, agent-operations" },
    { "query skills", "ccgate query: no query 'skills'; there is: queues, agents, agent-calls, agent-operations" },
    { "query queues -o csv", "ccgate query: -o: 'csv' is none of table, json, raw" },
    { "query queues slaes",
      "ccgate query: 'slaes' is neither a number nor the name of a queue (did you mean 'sales'?)" },
    { "query queues 2001", "ccgate query: queue 2001 is outside 1…2000 (edition = 2023)" },
    { "query queues 1 --center other", "ccgate query: no [center other] in gateway.conf" },
    { "simulate --listn 127.0.0.1:0", "ccgate simulate: no option '--listn' (did you mean '--listen'?)" },
    { "simulate --quiet=yes", "ccgate simulate: --quiet takes no value" },
    { "simulate --skills 0", "ccgate simulate: --skills: '0' is not a number from 1 to 10000" },
    { "simulate --fault stats=503", "ccgate simulate: --fault: no fault 'stats'" },
    { "sink --status 99", "ccgate sink: --status: '99' is not an HTTP status from 200 to 599" },
    { "sink --secret short", "ccgate sink: --secret: needs whsec_ and base64 of 24 to 64 bytes" },
    { "demo --for 6", "ccgate demo: --for: '6' is not a duration; write 45s" },
    { "config more", "ccgate config: unexpected 'more'" },
    { "config --kind webhok", "ccgate config: --kind: 'webhok' is not known (did you mean 'webhook'?)\n" },
    { "config --kind pigeon",
      "ccgate config: --kind: 'pigeon' is not known; there are email jira log pagerduty slack teams webhook\n" },
    { "version more", "ccgate version: unexpected 'more'" },
  }
  for _, mistake in ipairs(MISTAKES) do
    it("refuses ccgate " .. mistake[1], function ()
      world:conf()
      local words = {}
      for word in mistake[1]:gmatch("%S+") do words[#words + 1] = word end
      local code, out, err = ccgate(table.unpack(words))
      assert.equal(mistake[2], err:sub(1, #mistake[2]))
      assert.equal("", out)
      assert.equal(USAGE, code)
    end)
  end
end)

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
    world.center = world:spawn(world.ccgate, { "simulate", "-c", conf })
    harness.wait(function () return world.center:output():find("listening on " .. world.center_url, 1, true) end, 10)
    assert.equal(FINE, (ccgate("query", "queues", "last")))
    local other = world:spawn(world.ccgate, { "simulate", "-c", conf, "--listen", "127.0.0.1:0", "--access-key", "x" })
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
    world.receiver = world:spawn(world.ccgate, { "sink", "-c", world:path "gateway.conf" })
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

describe("ccgate run", function ()
  it("does not start with mistakes in gateway.conf, and tells them all", function ()
    world:conf("colour = red\nkind = log")
    local code, _, err = ccgate("run")
    has(err, "unknown key 'colour'")
    has(err, "kind stands in line")
    assert.equal(PROBLEM, code)
  end)

  it("ends in order at Ctrl-C, its hosts with it", function ()
    world:simulate()
    world:sink()
    world:conf()
    world:script("good", GOOD)
    world.gateway = world:spawn("setsid", { world.ccgate, "run", "-c", world:path "gateway.conf" })
    world.gateway:wait_log "good live"
    local host = world:wait_host "good"
    uv.kill(-world.gateway.pid, "sigint")
    assert.equal(FINE, world.gateway:join())
    has_not(world.gateway:errors(), "killed")
    harness.wait(function () return not harness.status(host, "Pid") end, 5, "the end of the host")
  end)
end)
