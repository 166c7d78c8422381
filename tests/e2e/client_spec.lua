--- Commands that ask a running gateway: what is raised, silenced, waiting, loaded.
local cjson = require "cjson"
local harness = require "e2e.harness"

local FINE <const>, PROBLEM <const>, USAGE <const> = 0, 1, 2

local RULE <const> = [[
local gw = require "gateway"

gw.rule "waiting" {
  from    = gw.queues { 1, 2 },
  every   = "1s",
  when    = gw.above("calls_waiting", 8),
  summary = "{name}: {calls_waiting} waiting",
  send    = "floor-chat",
}

gw.job "digest" {
  every = "1h",
  run   = function() gw.destination "floor-chat":send "the digest" end,
}
]]

local world

local has = harness.has

local function ask(...) return world:command { ... } end

local function fine(...)
  local code, out, err = ask(...)
  assert.equal("", err)
  assert.equal(FINE, code)
  return out
end

local function json(...)
  local words = { ... }
  words[#words + 1] = "-o"
  words[#words + 1] = "json"
  return cjson.decode(fine(table.unpack(words)))
end

local function refused(sentence, ...)
  local code, out, err = ask(...)
  assert.equal("", out)
  has(err, sentence)
  assert.equal(PROBLEM, code)
end

local function run()
  world:run()
  world.gateway:wait_log "live: rule waiting, job digest"
end

local function raise(queue)
  world:queue(queue, { callWaitNums = 9 })
  return harness.wait(function ()
    for _, alert in ipairs(json "alerts") do
      if alert.key == tostring(queue) then return alert end
    end
  end, 10, "the alert of queue " .. queue)
end

before_each(function ()
  world = harness.world()
  world:simulate()
  world:sink()
  world:script("waiting", RULE)
  world:queue(1, { callWaitNums = 0 })
  world:queue(2, { callWaitNums = 0 })
  world:conf()
end)
after_each(function () world:close() end)

describe("without a gateway", function ()
  it("each client says so and how one is started", function ()
    for _, words in ipairs {
      { "status" }, { "rules" }, { "alerts" }, { "alerts", "ack", "x" }, { "silence", "list" },
      { "outbox", "list" }, { "reload" }, { "job", "digest" },
    } do
      refused("no gateway answers: ", table.unpack(words))
      refused("` starts one; one that was started with --state DIR is found when [gateway] says state = DIR\n",
        table.unpack(words))
    end
  end)

  it("a test message is sent all the same", function ()
    local out = fine("send", "floor-chat", "hello there")
    has(out, "floor-chat: delivered, HTTP 200")
    world:wait_received(1, 5, harness.is_message "hello there")
    world.receiver:stop()
    world:sink { "--status", "410" }
    world:conf()
    refused("floor-chat: not delivered, HTTP 410", "send", "floor-chat")
    local code, _, err = ask("send", "flor-chat")
    assert.equal(USAGE, code)
    has(err, "no [destination flor-chat] in ")
    has(err, "(did you mean 'floor-chat'?)")
  end)
end)

describe("ccgate alerts", function ()
  it("lists what is raised, and who takes care", function ()
    run()
    assert.equal("nothing is raised\n", fine "alerts")
    assert.same({}, json "alerts")
    local alert = raise(1)
    assert.equal("waiting", alert.rule)
    assert.equal("main", alert.center)
    assert.equal("sales: 9 waiting", alert.summary)
    assert.equal("floor-chat", alert.told[1].to)
    assert.equal(cjson.null, alert.acked)
    assert.equal("sales", alert.labels.queue)
    local text = fine "alerts"
    has(text, "AGE  SEVERITY  RULE     KEY  CENTER  HELD  TOLD        ACKED  ID ")
    has(text, "warning   waiting  1    main    -     floor-chat  -      " .. alert.id .. "  sales: 9 waiting\n")
    assert.equal("ayşe takes care of waiting/1 of main (" .. alert.id .. ")\n",
      fine("alerts", "ack", alert.id, "--by", "ayşe", "--note", "on it & more"))
    assert.same({ "ayşe", "on it & more" }, { json("alerts")[1].acked.by, json("alerts")[1].acked.note })
    assert.equal(1, #world:select "SELECT 1 FROM alert WHERE state LIKE '%ayşe%'")
    refused("no raised alert '123-9'; `ccgate alerts` shows them", "alerts", "ack", "123-9")
  end)

  it("takes names, the beginning of ids, and several at once", function()
    run()
    local first, second = raise(1), raise(2)
    has(fine("alerts", "ack", "waiting/1"), "takes care of waiting/1 of main (" .. first.id .. ")")
    has(fine("alerts", "ack", second.id:sub(1, 8), "--by", "ali"), "ali takes care of waiting/2 of main")
    assert.same({ "ali", true }, { json("alerts")[1].acked.by, json("alerts")[2].acked.by ~= "ali" })
    local code, out, err = ask("alerts", "ack", "waiting/1", "waiting/9", "waiting/2", "--by", "eva")
    has(out, "eva takes care of waiting/1 of main (" .. first.id .. ")\n")
    has(out, "eva takes care of waiting/2 of main (" .. second.id .. ")\n")
    assert.equal("no raised alert 'waiting/9'; `ccgate alerts` shows them\n", err)
    assert.equal(PROBLEM, code)
  end)
end)

describe("ccgate alerts clear", function ()
  it("ends what a script that is gone has left", function()
    run()
    raise(1)
    raise(2)
    world:wait_received(2, 10, harness.is_alert("raise", "waiting"))
    assert.equal(cjson.null, json("alerts")[1].held)
    os.remove(world:path "scripts/waiting.lua")
    ask "reload"
    assert.equal("its script is gone", json("alerts")[1].held)
    has(fine "alerts",
      "\nHELD: nobody watches it now; it waits for its script, or for `ccgate alerts clear RULE/KEY`\n")
    local out = fine("alerts", "clear", "waiting/*", "--by", "ali", "--note", "moved to the new gateway")
    has(out, "ali ended waiting/")
    has(out, "), waiting/")
    local clears = world:wait_received(2, 10, harness.is_alert("clear", "waiting"))
    assert.same({ "operator", "ended by ali: moved to the new gateway", "cleared" },
      { clears[1].event.data.reason, clears[1].event.data.why, clears[1].event.data.status })
    assert.equal("nothing is raised\n", fine "alerts")
  end)

  it("lets a rule that runs raise anew once it has been clear", function()
    run()
    local first = raise(1)
    fine("alerts", "clear", "waiting/1")
    world:wait_received(1, 10, harness.is_alert("clear", "waiting"))
    assert.equal("nothing is raised\n", fine "alerts")
    local seen = world:count().requests
    harness.wait(function () return world:count().requests > seen + 1 end, 10, "two more samples")
    assert.equal("nothing is raised\n", fine "alerts")
    world:queue(1, { callWaitNums = 0 })
    seen = world:count().requests
    harness.wait(function () return world:count().requests > seen + 1 end, 10, "two more samples")
    assert.not_equal(first.id, raise(1).id)
    world:wait_received(2, 10, harness.is_alert("raise", "waiting"))
  end)
end)

describe("ccgate silence", function ()
  it("holds messages back until it ends", function ()
    run()
    assert.equal("no silences\n", fine("silence", "list"))
    local id = fine("silence", "add", "--rule", "waiting", "--label", "queue=sales", "--lasts", "2h", "--by", "mehmet",
      "--note", "works on the lines"):match "^silence (s%-%x+), until %d+%-%d+%-%d+T"
    local silence = json("silence", "list")[1]
    assert.same({ id, true, "mehmet", "works on the lines" }, { silence.id, silence.active, silence.by, silence.note })
    assert.same({ rule = "waiting", labels = { queue = "sales" } }, silence.matcher)
    assert.equal(silence.created_at + 7200, silence["until"])
    raise(1)
    raise(2)
    world:wait_received(1, 10, harness.is_alert("raise", "waiting"))
    assert.equal("support: 9 waiting", world:received()[1].event.data.summary)
    local other = fine("silence", "add", "--rule", "waiting", "--key", "9", "--lasts", "1h"):match "s%-%x+"
    refused("'s-' may be " .. id .. " (mehmet) or " .. other .. " (", "silence", "expire", "s-")
    local begins = 1
    while id:sub(1, begins) == other:sub(1, begins) do begins = begins + 1 end
    assert.equal("silence " .. id .. " is over\n", fine("silence", "expire", id:sub(1, begins)))
    world:wait_received(2, 10, harness.is_alert("raise", "waiting"))
    has(fine("silence", "list"), "over")
    assert.is_nil(fine("silence", "add", "--rule", "waiting", "--lasts", "1s"):find("no rule", 1, true))
    assert.is_nil(fine("silence", "add", "--rule", "ccgate-store", "--lasts", "1s"):find("no rule", 1, true))
    has(fine("silence", "add", "--rule", "waitng", "--lasts", "1s"),
      "; no rule 'waitng' is loaded now (did you mean 'waiting'?)\n")
    refused("no silence 's-x'; `ccgate silence list` shows them", "silence", "expire", "s-x")
  end)

  it("wants to know what and for how long", function ()
    run()
    refused("for how long? --lasts says it", "silence", "add", "--rule", "waiting")
    refused("'2 h' is not a duration", "silence", "add", "--rule", "waiting", "--lasts", "2 h")
    refused("--rule, --key or --label says it", "silence", "add", "--lasts", "2h")
    refused("--label takes NAME=VALUE", "silence", "add", "--lasts", "2h", "--label", "queue")
    for _, words in ipairs {
      { "what to do? There is: add, list, expire", "silence" },
      { "no action 'lst' (did you mean 'list'?)", "silence", "lst" },
      { "which one? ID is missing", "silence", "expire" },
      { "which one? ID is missing", "alerts", "clear" },
      { "unexpected 'y'", "outbox", "show", "x", "y" },
      { "--lasts is not for this", "silence", "list", "--lasts", "2h" },
      { "unexpected 'more'", "alerts", "list", "more" },
      { "-o is not for this", "alerts", "ack", "x", "-o", "json" },
      { "no option '--nte' (did you mean '--note'?)", "alerts", "ack", "x", "--nte", "y" },
    } do
      local code, _, err = ask(table.unpack(words, 2))
      assert.equal(USAGE, code)
      has(err, words[1])
    end
  end)
end)

describe("ccgate rules, job, status", function ()
  it("tell what is loaded and run a job", function ()
    run()
    raise(1)
    local rules = json "rules"
    assert.same({ "rule", "waiting", "waiting", "on", 1 },
      { rules[1].kind, rules[1].name, rules[1].script, rules[1].state, rules[1].raised })
    assert.same({ "job", "digest", "on" }, { rules[2].kind, rules[2].name, rules[2].state })
    has(fine "rules", "rule  waiting  waiting  on     1 ")
    local said = fine("job", "digest")
    assert.truthy(said:find "^job digest ended well after %w+\nsent: 1 message for floor%-chat\n$", said)
    world:wait_received(1, 10, harness.is_message "the digest")
    refused("no job 'digst' (did you mean 'digest'?)", "job", "digst")
    harness.wait(function () return json("status").destinations[1].done == 2 end, 10, "two deliveries")
    local status = json "status"
    assert.same({ 1, "fine", "main", "live" },
      { status.raised, status.store, status.centers[1].name, status.scripts[1].state })
    local text = fine "status"
    has(text, "; 1 alert raised\n")
    has(text, "circuit closed")
    has(text, "floor-chat   webhook  0        -       2 ")
  end)
end)

describe("what goes wrong in scripts", function ()
  local ILL <const> = [[
local gw = require "gateway"

gw.rule "faulty" {
  from  = gw.queues { 1 },
  every = "1s",
  when  = function(row) return row.calls_waiting > row.nothing end,
  clear = gw.below("calls_waiting", 1),
}

gw.job "broken" {
  every = "1h",
  run   = function()
    gw.log.info "about to fail"
    gw.destination "floor-chat":send "dropped with the error"
    local none
    return none.field
  end,
}

gw.job "slow" { every = "1h", run = function() gw.log.warn "sleeps" gw.sleep "1h" end }
]]

  before_each(function () world:script("ill", ILL) end)

  local function entry(name)
    for _, one in ipairs(json "rules") do
      if one.name == name or one.name == cjson.null and one.script == name then return one end
    end
  end

  it("a job says how it ended, and rules when", function()
    run()
    assert.same({ cjson.null, 0 }, { entry("broken").ran_at, entry("broken").errors })
    local code, out, err = ask("job", "broken")
    assert.equal(PROBLEM, code)
    assert.equal("", out)
    assert.truthy(err:find("^job broken failed after %w+: %S+/scripts/ill.lua:16: attempt to index a nil value "
      .. "%(local 'none'%)\ninfo: about to fail\n$"), err)
    code, out, err = ask("job", "ill/broken", "-o", "json")
    assert.equal(PROBLEM, code)
    assert.equal("", out)
    local told = cjson.decode(err)
    assert.same({ "ill/broken", {}, "info", "about to fail" },
      { told.job, told.sent, told.log[1].level, told.log[1].text })
    has(told.trouble, "scripts/ill.lua:16: ")
    local broken = entry "broken"
    assert.same({ "on", 2, false, told.trouble }, { broken.state, broken.errors, broken.ran_well, broken.trouble })
    assert(math.abs(broken.ran_at - os.time()) < 60)
    has(fine "rules", "(0s ago)")
    fine("job", "digest")
    assert.same({ true, cjson.null }, { entry("digest").ran_well, entry("digest").trouble })
    ask("job", "broken")
    assert.equal("failing", entry("broken").state)
  end)

  it("a run whose host dies, or that nobody waits for, has an end", function()
    run()
    local waiting = world:start_job "slow"
    world.gateway:wait_log "job slow: sleeps"
    refused("its last run has not ended", "job", "slow")
    assert.same({ cjson.null, cjson.null }, { entry("slow").took_ms, entry("slow").ran_well })
    local host = world:wait_host "ill"
    harness.execute("kill", { "-KILL", tostring(host) })
    assert.equal(PROBLEM, waiting:join())
    has(waiting:errors(), ": its host ended before the run did; the log says why\nwarn: sleeps\n")
    world:wait_host("ill", host)
    harness.wait(function () return entry("slow") and entry("slow").state == "on" end, 10, "the job again")
    waiting = world:start_job "slow"
    harness.wait(function () return world.gateway:count_log "job slow: sleeps" == 2 end, 10, "the second run")
    waiting:stop "sigint"
    assert.equal(cjson.null, entry("slow").ran_well)
  end)

  it("a rule that fails, a file that does not load", function()
    run()
    harness.wait(function () return entry("faulty").state == "failing" end, 15, "the rule failing")
    has(entry("faulty").trouble, "scripts/ill.lua:6: ")
    local status = json "status"
    assert.same({ "faulty", "ill", "failing" },
      { status.troubled[1].name, status.troubled[1].script, status.troubled[1].state })
    has(fine "status", "RULE OR JOB  SCRIPT  STATE    ERRORS  TROUBLE")
    world:script("ill", ILL .. "gw.rule 'x' { evry = '1s' }\n")
    ask "reload"
    local script = entry "ill"
    assert.same({ "script", "live" }, { script.kind, script.state })
    has(script.trouble, "scripts/ill.lua:21: ")
    has(fine "rules", "What ran before goes on.")
  end)
end)

describe("ccgate reload", function ()
  it("tells what came of it", function ()
    run()
    assert.equal("reloaded\n", fine "reload")
    world:script("bad", "local gw = require 'gateway'\ngw.rule 'x' { evry = '1s' }\n")
    local code, _, err = ask "reload"
    assert.equal(PROBLEM, code)
    has(err, "bad.lua:2: ")
    has(err, "reloaded, but what is wrong above stays as it was\n")
    has(fine "status", "not loaded")
    os.remove(world:path "scripts/bad.lua")
    world:conf "[destination]"
    code, _, err = ask "reload"
    assert.equal(PROBLEM, code)
    has(err, "gateway.conf:")
  end)

  it("names the script whose rule has the name of another's", function ()
    run()
    world:script("zz", "local gw = require 'gateway'\n"
      .. "gw.rule 'waiting' { from = gw.queues(), when = gw.above('calls_waiting', 9) }\n")
    local code, _, err = ask "reload"
    assert.equal(PROBLEM, code)
    has(err, "zz.lua: not loaded: ")
    has(err, "has a rule 'waiting', too")
  end)

  it("says that the running one goes on when the configuration is wrong by then", function ()
    run()
    local good = world:path "good.conf"
    os.execute(("cp '%s' '%s'"):format(world:path "gateway.conf", good))
    world:write("gateway.conf", "[gateway]\nnonsense = 1\n")
    local code, _, err = harness.execute(harness.ccgate, { "reload", "-c", good })
    assert.equal(PROBLEM, code)
    has(err, "unknown key 'nonsense'")
    has(err, "refused; nothing was changed\n")
  end)
end)

describe("ccgate outbox", function ()
  it("lists, shows, retries and drops", function ()
    world.receiver:stop()
    world:sink { "--status", "410" }
    world:conf()
    run()
    assert.equal("no messages\n", fine("outbox", "list"))
    raise(1)
    local dead = harness.wait(function () return json("outbox", "list", "--state", "dead")[1] end, 10, "a dead letter")
    assert.same({ "floor-chat", "raise", 1 }, { dead.destination, dead.kind, dead.attempts })
    assert.same({}, json("outbox", "list", "--destination", "pager"))
    local shown = json("outbox", "show", dead.id)
    assert.equal(410, shown.attempt_list[1].status)
    assert.equal("waiting", shown.message.data.rule)
    has(fine("outbox", "show", dead.id), "ATTEMPT  AT")
    assert.equal(dead.id, json("outbox", "show", dead.id:sub(1, 9)).id)
    assert.equal(dead.id .. " is tried now\n", fine("outbox", "retry", dead.id:sub(1, 9)))
    world:wait_received(2)
    harness.wait(function () return json("outbox", "list", "--state", "dead")[1] end, 10, "it dead again")
    assert.equal("1 dead message is tried now\n", fine("outbox", "retry", "--all-dead"))
    world:wait_received(3)
    harness.wait(function () return json("outbox", "list", "--state", "dead")[1] end, 10, "it dead once more")
    assert.equal(dead.id .. " is not sent any more\n", fine("outbox", "drop", dead.id))
    assert.same({}, json("outbox", "list", "--state", "dead"))
    refused("is not to be sent any more", "outbox", "retry", dead.id)
    refused("no message 'msg_0'; `ccgate outbox list` shows them", "outbox", "show", "msg_0")
    refused("'sent' is none of ready, in_flight, done, dead, superseded", "outbox", "list", "--state", "sent")
    refused("which one? Its ID, or --all-dead", "outbox", "retry", "--destination", "x")
  end)
end)

describe("ccgate send", function ()
  it("goes through the running gateway", function ()
    run()
    has(fine("send", "floor-chat", "through"), "floor-chat: delivered, HTTP 200")
    world:wait_received(1, 5, harness.is_message "through")
    assert.equal(1, #json("outbox", "list"))
  end)
end)
