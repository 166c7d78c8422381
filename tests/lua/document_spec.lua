local fake_core = require "lua.fake_core"

local FILE <const> = "scripts/queue_wait.lua"

-- What a job of this body logs; `kept` is the store of an earlier host.
local function run(body, kept)
  local host = fake_core.load(string.format(
    'local gw = require "gateway"\ngw.job "it" { every = "1m", run = function()\n%s\nend }', body))
  assert.same({}, fake_core.lines(host))
  for _, one in ipairs(kept or {}) do
    require "gateway.boot".restore(one.key, one.value, 1763661900)
  end
  host:run "it"
  local lines = {}
  for index, line in ipairs(host.logs) do
    lines[index] = line.text
  end
  return lines, host
end

local function mistake_of(body)
  local ok, mistake = pcall(run, body)
  assert.is_false(ok)
  return mistake
end

describe("gw.json", function()
  local SAME <const> = {
    "7", "-1", '"a"', "null", "true", "[]", "{}", "[[],{},[[]]]", '{"a":[],"b":{"c":[]}}',
    "9007199254740991", "9007199254740992", "9007199254740993", "[9223372036854775807,-9223372036854775808]",
    '{"1234567890123456789":1234567890123456789}', '["1234567890123456789","[]","\\"[]","\\\\",[]]',
    "[1,null,[],0.5]", '[1.2345678901234567,[],1e+300]', '["nan",["nan","12"],[]]',
    string.rep("[", 64) .. string.rep("]", 64),
    string.rep("[", 64) .. "1234567890123456789" .. string.rep("]", 64),
    '{"a":[1234567890123456789,[]],"b":"\\u0001[]"}',
  }
  for _, text in ipairs(SAME) do
    it("reads and writes " .. string.sub(text, 1, 40), function()
      assert.same({ text }, (run(string.format("print(gw.json.encode(gw.json.decode(%q)))", text))))
    end)
  end

  it("gives integers, floats and gw.null", function()
    assert.same({ "integer\tfloat\tinteger\tfloat\ttrue\t3", "float" }, (run [[
      local t = gw.json.decode '[1234567890123456789, 0.5, 5.0, 1e30, null, 3]'
      print(math.type(t[1]), math.type(t[2]), math.type(t[3]), math.type(t[4]), t[5] == gw.null, t[6])
      print(math.type(gw.json.decode "123456789012345678901234567890"))]]))
  end)

  it("shows null as what it is, and as nothing in a text", function()
    assert.same({ "null\tfalse\ta –" }, (run [[
      local t = gw.json.decode '{"a":null}'
      print(t.a, getmetatable(t.a), gw.template("a {a}", t))]]))
  end)

  it("finds empty lists with blanks in them", function()
    assert.same({ '{"a":[],"b":[[]]}' }, (run [==[
      print(gw.json.encode(gw.json.decode '{ "a" : [ \n\t ] , "b" : [ [ ] ] }'))]==]))
  end)

  it("gives plain tables, which can be filled, kept and copied", function()
    local lines, host = run [[
      local list = gw.json.decode '{"a":[]}'.a
      print(getmetatable(list), #list)
      local kept = gw.store()
      kept.list, kept.none = { list, gw.array {}, {} }, {}
      print(gw.json.encode(kept.list), gw.json.encode(gw.copy(kept.list)), gw.json.encode(gw.copy(list)))
      list[1] = "x"
      print(gw.json.encode(list))
      list[1], list.y = nil, 2
      print(gw.json.encode(list))]]
    assert.same({ "nil\t0", "[[],[],{}]\t[[],[],{}]\t[]", '["x"]', '{"y":2}' }, lines)
    assert.same({ "[[],[],{}]\t{}" },
      (run("print(gw.json.encode(gw.store().list), gw.json.encode(gw.store().none))", host.kept)))
  end)

  it("sends what it made", function()
    local _, host = run [[ gw.destination "book":send { tags = gw.array {}, by = gw.null, map = {} } ]]
    assert.equal('{"by":null,"map":{},"tags":[]}', host.sends[1].message)
  end)

  local NO_JSON <const> = {
    { '""', "expected value but found the end at character 1" },
    { '"{]"', "expected object key string but found ']' at character 2" },
    { '"[1,]"', "expected value but found ']' at character 4" },
    { '"[1 2]"', "expected comma or array end but found a number at character 4" },
    { '"[] []"', "expected the end but found '[' at character 4" },
    { '"[nan]"', "expected value but found invalid token at character 2" },
    { [['[nan,"12"]']], "expected value but found invalid token at character 2" },
    { '"[-nan,[]]"', "expected value but found invalid number at character 2" },
    { '"[Infinity]"', "expected value but found invalid token at character 2" },
    { [['["a']], "expected value but found unexpected end of string at character 4" },
    { '("["):rep(65)', "found too many nested data structures (65) at character 65" },
  }
  for _, case in ipairs(NO_JSON) do
    it("refuses to read " .. case[1], function()
      assert.equal(FILE .. ":3: gw.json.decode: no JSON: " .. case[2],
        mistake_of("gw.json.decode(" .. case[1] .. ")"))
    end)
  end

  local MISUSED <const> = {
    { "gw.json.decode()", "gw.json.decode: a text is needed, not nothing" },
    { "gw.json.decode {}", "gw.json.decode: a text is needed, not a table" },
    { "gw.json.encode(print)", "gw.json.encode: a function cannot be JSON" },
    { "gw.json.encode { 1/0 }", "gw.json.encode: JSON has no inf" },
    { "gw.json.encode { 1, x = 2 }", "gw.json.encode: a JSON object has text keys, not 1" },
    { "local t = {} t[1] = t gw.json.encode(t)", "gw.json.encode: nested deeper than 64, or in a circle" },
    { "gw.json.encode(gw.queues())", "gw.json.encode: a value of the gateway's own cannot be JSON: "
      .. "take gw.copy(…) of it" },
    { 'gw.json.read "1"', "gw.json has no 'read'; known: decode and encode" },
    { "gw.json.null = 1", "gw.json is read-only: 'null' cannot be set" },
    { "gw.array()", "gw.array: a plain table such as {} is needed, not nothing" },
    { "gw.array(gw.null)", "gw.array: a plain table such as {} is needed, not a null" },
    { "gw.array(setmetatable({}, {}))", "gw.array: a plain table such as {} is needed, not a table" },
    { "gw.array { 1, x = 2 }", "gw.array: a list has the keys 1, 2, 3 …, not 'x'" },
    { "gw.array { [0] = 1 }", "gw.array: a list has the keys 1, 2, 3 …, not 0" },
    { "gw.array { [1.5] = 1 }", "gw.array: a list has the keys 1, 2, 3 …, not 1.5" },
  }
  for _, case in ipairs(MISUSED) do
    it("refuses " .. case[1], function()
      assert.equal(FILE .. ":3: " .. case[2], mistake_of(case[1]))
    end)
  end

  it("reads a large text in a time that grows with it", function()
    local lines = run [==[
      local text = "[" .. ('"\\"[]",[ ],1234567890123456789,[[[['):rep(12) .. ("]"):rep(49)
      local many = "[" .. ("[ ],"):rep(200000) .. "1]"
      print(#gw.json.decode(many), gw.json.encode(gw.json.decode(text)) == text:gsub(" ", ""))]==]
    assert.same({ "200001\ttrue" }, lines)
  end)
end)

describe("gw.with", function()
  it("copies a row or a table and changes the copy", function()
    local host = fake_core.load ""
    local with = require "gateway".with
    assert.same({ id = 7, name = "chat", calls_waiting = 2, load = 1.5 },
      with(host:row { id = 7, calls_waiting = 2 }, { load = 1.5 }))
    local given = { a = 1, b = 2 }
    assert.same({ a = 1, b = 3 }, with(given, { b = 3 }))
    assert.same({ a = 1, b = 2 }, given)
    assert.same({ "2\t1" }, (run [[ local s = gw.store() s.t = { n = 1 }
      print(gw.with(s.t, { n = 2 }).n, s.t.n) ]]))
  end)

  local bad = {
    { "5, {}", "gw.with: a row or a table is needed, not 5" },
    { "{}", "gw.with: a table of changes such as { load = 1.2 } is needed, not nothing" },
    { "{}, gw.queues()", "gw.with: a table of changes such as { load = 1.2 } is needed, not a query" },
  }
  for _, case in ipairs(bad) do
    it("refuses " .. case[1], function()
      assert.equal(FILE .. ":3: " .. case[2], mistake_of("gw.with(" .. case[1] .. ")"))
    end)
  end
end)

describe("gw.top", function()
  local function ids(rows, count, field)
    return (run(string.format([[
      local rows, ids = %s, {}
      local before = gw.json.encode(rows)
      for _, row in ipairs(gw.top(rows, %s, %q)) do ids[#ids + 1] = tostring(row.id) end
      print(table.concat(ids, " "), gw.json.encode(rows) == before)]], rows, count, field)))[1]
  end

  it("gives the largest first, unknown last, equal ones by id", function()
    local rows = [[{ { id = 9, n = 2 }, { id = 3 }, { id = 10, n = 2.5 }, { id = 1, n = gw.null },
      { id = 2, n = 2 }, { id = "b", n = 2 }, { id = "a", n = 2 }, { id = 4, n = -1 } }]]
    assert.equal("10 2 9 a b 4 1 3\ttrue", ids(rows, 20, "n"))
    assert.equal("10 2 9\ttrue", ids(rows, 3, "n"))
    assert.equal("10\ttrue", ids(rows, 1.0, "n"))
    assert.equal("\ttrue", ids("{}", 3, "n"))
  end)

  it("leaves equal ones without an id as they stand", function()
    assert.same({ "c a b" }, (run [[
      local rows = gw.top({ { x = "a", n = 1 }, { x = "b", n = 1 }, { x = "c", n = 2, id = {} } }, 9, "n")
      print(rows[1].x .. " " .. rows[2].x .. " " .. rows[3].x)]]))
    assert.same({ "b a" }, (run [[
      local rows = gw.top({ { x = "a", n = 0/0 }, { x = "b", n = -math.huge } }, 9, "n")
      print(rows[1].x .. " " .. rows[2].x)]]))
  end)

  it("takes rows", function()
    local host = fake_core.load ""
    local top = require "gateway".top
    local rows = { host:row { id = 1, calls_waiting = 2 }, host:row { id = 7, calls_waiting = 5 } }
    assert.equal(7, top(rows, 1, "calls_waiting")[1].id)
    assert.same({ false, "gw.top: Queue has no field 'calls_wating'" }, { pcall(top, rows, 1, "calls_wating") })
  end)

  local bad = {
    { '5, 1, "n"', "gw.top: a list of rows is needed, not 5" },
    { 'gw.queues(), 1, "n"', "gw.top: a list of rows is needed, not a query" },
    { 'nil, 1, "n"', "gw.top: a list of rows is needed, not nothing" },
    { '{}, 0, "n"', "gw.top: the number of rows to give is a whole one from 1 on, not 0" },
    { '{}, 1.5, "n"', "gw.top: the number of rows to give is a whole one from 1 on, not 1.5" },
    { '{}, "1", "n"', "gw.top: the number of rows to give is a whole one from 1 on, not '1'" },
    { "{}, 1", "gw.top: the name of a field is needed, not nothing" },
    { '{ { n = 1 }, 5 }, 1, "n"', "gw.top: entry 2 of the list is 5, not a row" },
    { '{ gw.null }, 1, "n"', "gw.top: entry 1 of the list is a null, not a row" },
    { '{ { n = "x" } }, 1, "n"', "gw.top: 'n' of entry 1 is 'x', not a number" },
  }
  for _, case in ipairs(bad) do
    it("refuses " .. case[1], function()
      assert.equal(FILE .. ":3: " .. case[2], mistake_of("gw.top(" .. case[1] .. ")"))
    end)
  end
end)
