--- What a script author is told about mistakes that Lua alone words badly or not at all.
local fake_core = require "lua.fake_core"

describe("advice about what is not Lua", function()
  local advice = require "gateway.advice"

  local function told(source)
    local chunk, mistake = load(source, "=x")
    assert.is_nil(chunk)
    return advice.syntax(mistake)
  end

  local CASES <const> = {
    { "a missing comma", "f {\n a = 1\n b = 2,\n}",
      "x:3: '}' expected (to close '{' at line 1) near 'b'; is a comma missing before it?" },
    { "a missing comma in a call", 'f("calls_waiting" 5)',
      "x:1: ')' expected near '5'; is a comma missing before it?" },
    { "a table that never ends", "f {\n a = 1,\n",
      "x:3: unexpected symbol near <eof>; something that opens above is not closed" },
    { "a missing end", "g {\n run = function ()\n}",
      "x:3: unexpected symbol near '}'; is an 'end' or a value missing before it, or is it one too many?" },
    { "a loop that never ends", "for i = 1, 2 do\n f()\n",
      "x:3: 'end' expected (to close 'for' at line 1) near <eof>; what line 1 opens needs an 'end'" },
    { "a word of Lua as a key", 'f { a = 1, for = "30s" }',
      "x:1: unexpected symbol near 'for'; 'for' is a word of Lua: it cannot be a key or a name" },
    { "a missing quote", 'f { a = "sales }', "x:1: unfinished string near <eof>; is the closing quote missing?" },
    { "a duration without quotes", "f { every = 15s }",
      "x:1: malformed number near '15s'; a duration is a text: \"15s\"" },
    { "another language's not", "if !a then end",
      "x:1: unexpected symbol near '!'; not is written 'not', not equal '~='" },
    { "a typographer's quotes", "f { a = “sales” }",
      "x:1: unexpected symbol near '<\\226>'; quotes are written \" or '" },
    { "a typographer's quotes around a name", "gw.rule “sales” {}",
      "x:1: syntax error near '<\\226>'; quotes are written \" or '" },
    { "nothing known", "x = = 2", "x:1: unexpected symbol near '='" },
  }
  for _, case in ipairs(CASES) do
    it("knows " .. case[1], function()
      assert.equal(case[3], told(case[2]))
    end)
  end
end)

describe("advice about what Lua takes", function()
  local function mistakes(when, setup)
    return fake_core.lines(fake_core.load(([[
local gw = require "gateway"
gw.rule "busy" {
  from = gw.queues { 1 },
  when = %s,
}
]]):format(when), { setup = setup }))
  end

  local AND <const> = "'and' does not join conditions, it keeps the last one alone; write gw.all { …, … }"
  local OR <const> = "'or' does not join conditions, it keeps the first one alone; write gw.any { …, … }"

  local CASES <const> = {
    { 'gw.above("calls_waiting", 5) and gw.equal("agents_idle", 0)', { "4: gw.above: " .. AND } },
    { 'gw.above("calls_waiting", 5) or gw.equal("agents_idle", 0)', { "4: gw.above: " .. OR } },
    { 'gw.all { gw.above("calls_waiting", 5), gw.below("agents_idle", 2) }\n or gw.above("calls_waiting", 9)',
      { "5: gw.all: " .. OR } },
    { 'gw.all { gw.above("calls_waiting", 5) and gw.below("agents_idle", 2) }', { "4: gw.above: " .. AND } },
    { 'os.time() > 0 and gw.above("calls_waiting", 5) or gw.above("calls_waiting", 9)', {} },
    { "function(row) return (row.calls_waiting > 5) and row.agents_idle == 0 end", {} },
    { 'gw.above("calls_waiting", 5)', {} },
  }
  for _, case in ipairs(CASES) do
    it((#case[2] == 0 and "is silent about " or "is given for ") .. case[1], function()
      assert.same(case[2], mistakes(case[1]))
    end)
  end

  it("is given for a missing require, at its line", function()
    assert.same({ [[2: there is no gw yet; begin with: local gw = require "gateway"]] },
      fake_core.lines(fake_core.load '-- first\ngw.rule "busy" {}'))
    assert.same({}, fake_core.lines(fake_core.load "assert(anything == nil and _G.io == nil)"))
  end)

  it("says when gateway.conf has no destination at all", function()
    local setup = {}
    for key, value in pairs(fake_core.SETUP) do
      setup[key] = value
    end
    setup.destinations = {}
    assert.same({ "4: rule 'busy': send: no destination 'floor-chat' in gateway.conf; "
      .. "there is none at all: add a section [destination NAME]" },
      mistakes('gw.above("calls_waiting", 5), send = "floor-chat"', setup))
  end)

  it("lists the fields when none is near", function()
    local told = mistakes 'gw.above("zzz", 5)'
    assert.equal(1, #told)
    assert.truthy(told[1]:find("4: rule 'busy': Queue has no field 'zzz'; known: id, name, ", 1, true))
  end)
end)
