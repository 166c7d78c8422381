--- What a test that is written wrong is told, at its own line.
local bench = require "sim.bench"
local sim = require "gateway.sim"

local RULE <const> = [[
gw.rule "wait" { from = gw.queues { 1 }, when = gw.above("calls_waiting", 5), send = "chat" }]]

-- { what is written, what is said }
local CASES <const> = {
  { 's:queues { { id = 1, call_waiting = 3 } }',
    "s:queues: unknown field 'call_waiting' (did you mean 'calls_waiting'?)" },
  { 's:queues { { id = 1, callWaitNums = 3 } }', "s:queues: 'callWaitNums' is 'calls_waiting' here" },
  { 's:queues { id = 1 }', "s:queues: a list of rows is needed: two braces { { id = …, … } }" },
  { 's:queues(7)', "s:queues: a list of rows { { id = …, … } } is needed, not 7" },
  { 's:queues { 7 }', "s:queues: a list of rows { { id = …, … } } is needed, not 7 in it" },
  { 's:queues { { calls_waiting = 3 } }', "s:queues: a row needs its id: { id = …, … }" },
  { 's:queues { { id = "sale" } }', "s:queues: gateway.conf has no queue 'sale' (did you mean 'sales'?)" },
  { 's:queues { { id = 1, longest_wait_5m = "2 min" } }',
    "s:queues: queues[1].longest_wait_5m: '2 min' is not a duration; write \"2m15s\"" },
  { 's:queues { { id = 1, service_level_5m = 0.5 } }', "s:queues: queues[1].service_level_5m: "
    .. "it is made of answered_20s_5m and calls_offered_5m; give these" },
  { 's:agents { { id = 1099, state = "rst" } }',
    "s:agents: agents[1].state: there is no 'rst' (did you mean 'rest'?)" },
  { 's:queue {}', "a rehearsal has no 'queue' (did you mean 'queues'?)" },
  { 's.queues {}', "s:queues: call it with a colon, s:queues(…)" },
  { 's:advance(20)', 's:advance: 20 is not a duration; write "20s"' },
  { 's:advance "20 s"', "s:advance: '20 s' is not a duration; write \"20s\"" },
  { 's:at(18)', 's:at: a time such as "18:30" is needed, not 18' },
  { 's:ack "1"', 's:ack: whoever takes care is needed: s:ack("7", "ayse")' },
  { 's:silence { rul = "wait" }', "s:silence: unknown key 'rul' (did you mean 'rule'?)" },
  { 's:silence { rule = "wait" }', "s:silence: 'lasts' is missing: a duration such as \"2h\"" },
  { 's:answer("chatt", 503)', "s:answer: no destination 'chatt' (did you mean 'chat'?)" },
  { 's:answer("chat", "timout")', "s:answer: no failure 'timout' (did you mean 'timeout'?)" },
  { 's:answer("chat", 5)', 's:answer: a status such as 503, or a failure such as "timeout", is needed, not 5' },
  { 's:answer("chat", 200, 7)', "s:answer: a body is a text, not 7" },
  { 's:answer("chat", {})',
    's:answer: a list of answers is needed, one for each request: { 503, { 200, "ok" }, "timeout" }' },
  { 's:answer("chat", { 503, { 200, "ok", 3 } })', 's:answer: an answer is 503 or { 503, "body" }' },
  { 's:answer("chat", { { status = 503 } })', "s:answer: an answer is 503 or { 503, \"body\" }, not 'status'" },
  { 's:answer("chat", { 503, nil, 200 })',
    's:answer: a list of answers is needed, one for each request: { 503, { 200, "ok" }, "timeout" }' },
  { 's:answer("chat", { 503, "timout" })', "s:answer: no failure 'timout' (did you mean 'timeout'?)" },
  { 's:answer(503)',
    's:answer: the name of a destination, or a server such as "https://crm.example.com", is needed, not 503' },
  { 's:answer("https://crm.example.com/calls", 200)',
    "s:answer: 'https://crm.example.com/calls' is no origin of a server; write \"https://crm.example.com\"" },
  { 's:answer("https://a@crm.example.com", 200)',
    "s:answer: 'https://a@crm.example.com' is no origin of a server; write \"https://crm.example.com\"" },
  { 's:fail("queue", "timeout")', "s:fail: no query 'queue' (did you mean 'queues'?)" },
  { 's:fail("queues", "timout")', "s:fail: no failure 'timout' (did you mean 'timeout'?)" },
  { 's:center "mein"', "s:center: no center 'mein' (did you mean 'main'?)" },
  { 's:center "main":advance "1s"', "a center has no 'advance'; known: agent, agent_calls, agent_operations, "
    .. "agents, fail and queues" },
  { 's:kill_script "other"', "s:kill_script: no script 'other' runs" },
  { 'sim.load {}', 'sim.load: the path of a script is needed, such as "scripts/queue_wait.lua"' },
  { 'sim.load(7)', 'sim.load: the path of a script is needed, such as "scripts/queue_wait.lua", not 7' },
  { 'sim.load("a.lua", { att = "2026-03-03" })', "sim.load: unknown key 'att' (did you mean 'at'?)" },
}

describe("misuse", function ()
  local s

  setup(function ()
    bench.begin()
    s = bench.load(RULE)
  end)
  teardown(bench.remove)

  for _, case in ipairs(CASES) do
    local written, said = table.unpack(case)
    it(written, function ()
      local good, message = pcall(assert(load("local s, sim = ...\n" .. written, "=test.lua")), s, sim)
      assert.is_false(good)
      assert.equal("test.lua:2: " .. said, message)
    end)
  end
end)

describe("what the engine says of it", function ()
  before_each(bench.begin)
  after_each(bench.remove)

  local function said(fn, ...)
    local good, message = pcall(fn, ...)
    assert.is_false(good)
    return message
  end

  it("is what ccgate check prints", function ()
    local message = said(bench.load, [[gw.rule "wait" { from = gw.queues { 1 }, evry = "5s",
      when = gw.above("call_waiting", 5), send = "chat" }]])
    local file = message:match "^(%S+rule%.lua):2: "
    assert(file, message)
    local pipe = assert(io.popen(("%s/ccgate check -c %s %s 2>&1 >&-"):format(os.getenv "CCGATE_BUILD",
      file:gsub("rule.lua", "gateway.conf"), file)))
    assert.equal(pipe:read "a", message .. "\n2 mistakes\n")
    pipe:close()
  end)

  it("is told when a changed script does not load, and nothing changes", function ()
    local s = bench.load(RULE)
    s:queues { { id = 1, calls_waiting = 9 } }:advance "40s"
    bench.change "gw.rule"
    assert.matches("rule%.lua:2: ", said(s.reload, s))
    s:queues { { id = 1 } }:advance "40s"
    assert.same({ "raise chat", "clear chat" }, bench.told(s))
  end)

  it("names no alert that there is not", function ()
    local s = bench.load(RULE)
    assert.matches("s:ack: .*'9'", said(s.ack, s, "9", "ayse"))
  end)
end)

describe("a message", function ()
  it("prints well", function ()
    bench.begin()
    finally(bench.remove)
    local s = bench.load(RULE, "2026-03-03 10:00")
    assert.equal("nothing was sent", tostring(s.sent))
    s:queues { { id = 1, calls_waiting = 9 } }:advance "40s"
    assert.equal('2026-03-03 10:00:00 raise wait/1 warning → chat: "sales: calls_waiting is 9 (above 5)"',
      tostring(s.sent[1]))
    assert.equal("[1] " .. tostring(s.sent[1]), tostring(s.sent))
    assert.is_nil(s.sent[2])
    local strange, message = pcall(assert(load("local s = ...\nreturn s.sent[1].sumary", "=test.lua")), s)
    assert.is_false(strange)
    assert.equal("test.lua:2: a message has no 'sumary' (did you mean 'summary'?)", message)
    local good, failure = pcall(assert.same, {}, s.sent)
    assert.is_false(good)
    assert.matches(tostring(s.sent), tostring(failure), 1, true)
  end)
end)

describe("what editors are told", function ()
  it("declares the methods that there are, and no more", function ()
    bench.begin()
    finally(bench.remove)
    local s = bench.load(RULE)
    local file <close> = assert(io.open "lua/types/sim.lua")
    local declared, known = {}, {}
    for name in file:read "a":gmatch "\nfunction %u%l+:([%l_]+)" do declared[#declared + 1] = name end
    local _, message = pcall(function () return s.zzzzzzzzzzzzzzz end)
    for name in message:match "known: (.*)":gsub(" and ", ", "):gmatch "[%l_]+" do known[#known + 1] = name end
    table.sort(declared)
    assert.same(known, declared)
  end)
end)
