--- ccgate check: what it tells of scripts and of gateway.conf.
local cjson = require "cjson"
local harness = require "e2e.harness"

local has = harness.has
local FINE <const>, PROBLEM <const> = 0, 1

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

local function ccgate(...) return world:ccgate(...) end

before_each(function () world = harness.world() end)
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
