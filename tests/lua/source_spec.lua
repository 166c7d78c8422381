local fake_core = require "lua.fake_core"

local SCRIPT <const> = [==[
local gw = require "gateway"          -- rule "queue-wait" { every = 1 }
--[[ rule "queue-wait" {
  every = "in a comment",
} ]]
gw.rule "queue-wait" {
  text = [=[
    every = "in a long string",
  ]=],
  ["quoted"] = "a \" { every \z
    = 1", [3] = 'third',
  handler = function(row)
    if row then return { every = 1, from = 2 }, 3 end
    repeat local clear = 1; until true
    for _ in pairs {} do while false do end end
  end,
  from = gw.queues { 1, every = 3 }, -- a nested call is not ours
  same = a == b,
  "one", [f(1, 2)] = 2;
  { every = "nested" }, f { 1, 2 },
  send = {
    "floor-chat", [[book]],
    { to = "x",
      after = "y" },
  },
  every = "15s",
}
gw.job("digest-" .. #arg) { at = 1,
  every = 2 }
gw.rule(
  "wide"
) ({ every = 1,
  when = 2 })
gw.rule "first" {} gw.rule "second" { a = 1,
  b = 2 }
gw.rule "given" (prepared)
gw.rule "cut" { every
]==]

describe("source", function()
  local source

  setup(function()
    fake_core.host(SCRIPT)
    source = require "gateway.source"
  end)

  local cases = {
    { "a key behind comments, strings, functions and nested tables", 5, { "every" }, 25 },
    { "the first key", 5, { "text" }, 6 },
    { "a key in quotes", 5, { "quoted" }, 9 },
    { "a number as a key", 5, { 3 }, 19 },
    { "a key behind a function", 5, { "from" }, 16 },
    { "a comparison is an element only when nothing precedes it", 5, { "same" }, 17 },
    { "an element", 5, { 1 }, 18 },
    { "an element that is a table", 5, { 2 }, 19 },
    { "an element of a list", 5, { "send", 1 }, 21 },
    { "a long string in a list", 5, { "send", 2 }, 21 },
    { "a table in a list", 5, { "send", 3 }, 22 },
    { "a key of a table in a list", 5, { "send", 3, "after" }, 23 },
    { "a key that is not there", 5, { "clear" }, 5 },
    { "a path that ends early", 5, { "every", "deeper" }, 25 },
  }
  for _, case in ipairs(cases) do
    it("finds " .. case[1], function()
      assert.equal(case[4], source.line(case[2], "rule", case[3], "queue-wait"))
    end)
  end

  it("finds the table behind a computed name", function()
    assert.equal(28, source.line(27, "job", { "every" }, "digest-0"))
  end)

  it("finds the table behind parentheses", function()
    assert.equal(32, source.line(29, "rule", { "when" }, "wide"))
  end)

  it("tells two calls on one line apart by name", function()
    assert.equal(34, source.line(33, "rule", { "b" }, "second"))
  end)

  it("finds the list of a call without a name", function()
    assert.equal(16, source.line(16, "queues", { "every" }))
  end)

  it("falls back to the line of the call", function()
    assert.equal(35, source.line(35, "rule", { "every" }, "given"))
    assert.equal(99, source.line(99, "rule", { "every" }, "none"))
    assert.equal(36, source.line(36, "rule", { "when" }, "cut"))
  end)

  for _, text in ipairs { "x {", "x { [", "x { [[", "x { \"", "x { --[[", "x { [1", "x", "x {a=", "x (", "" } do
    it("survives the half-written " .. text, function()
      fake_core.host(text)
      assert.equal(1, require "gateway.source".line(1, "x", { "key" }))
    end)
  end
end)
