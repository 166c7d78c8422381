--- The commands as people type them: what they print, where, and how they exit.
local uv = require "luv"
local cjson = require "cjson"
local harness = require "e2e.harness"

local has, has_not = harness.has, harness.has_not
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

local world

local function ccgate(...) return world:ccgate(...) end

before_each(function () world = harness.world() end)
after_each(function () world:close() end)

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
    world.gateway = world:spawn("setsid", { harness.ccgate, "run", "-c", world:path "gateway.conf" })
    world.gateway:wait_log "good live"
    local host = world:wait_host "good"
    uv.kill(-world.gateway.pid, "sigint")
    assert.equal(FINE, world.gateway:join())
    has_not(world.gateway:errors(), "killed")
    harness.wait(function () return not harness.status(host, "Pid") end, 5, "the end of the host")
  end)
end)
