local json = require "gateway.json"

describe("json.encode", function()
  local CASES <const> = {
    { "an integer", 7, "7" },
    { "the largest integer", math.maxinteger, "9223372036854775807" },
    { "an integer lua-cjson would print as 1e+17", 100000000000000001, "100000000000000001" },
    { "a float, shortest", 0.1, "0.1" },
    { "a float that needs 17 digits", 0.1 + 0.2, "0.30000000000000004" },
    { "a whole float", 5.0, "5" },
    { "a large float", 1e300, "1e+300" },
    { "booleans", { true, false }, "[true,false]" },
    { "nil", nil, "null" },
    { "null", json.null, "null" },
    { "null in a table", { a = json.null }, '{"a":null}' },
    { "text", 'a"b\\c/d\n\1', '"a\\"b\\\\c/d\\n\\u0001"' },
    { "a delete", "a\127b", '"a\\u007fb"' },
    { "zero bytes, also in keys", { ["a\0"] = "\0b" }, '{"a\\u0000":"\\u0000b"}' },
    { "a negative zero", -0.0, "-0" },
    { "the smallest integer", math.mininteger, "-9223372036854775808" },
    { "UTF-8", "Grüße €", '"Grüße €"' },
    { "bytes that are not UTF-8", "a\xffb\xc3", '"a\u{FFFD}b\u{FFFD}"' },
    { "a surrogate", "\xed\xa0\x80", '"\u{FFFD}\u{FFFD}\u{FFFD}"' },
    { "an empty table", {}, "{}" },
    { "an empty array", json.array {}, "[]" },
    { "a list", { 1, "a", { 2 } }, '[1,"a",[2]]' },
    { "keys sorted by their bytes", { ["é"] = 1, Z = 2, a = 3, ab = 4, [""] = 5, ["a\0"] = 6 },
      '{"":5,"Z":2,"a":3,"a\\u0000":6,"ab":4,"é":1}' },
    { "sorted keys", { b = 1, a = 2, c = { z = 1, y = 2 } }, '{"a":2,"b":1,"c":{"y":2,"z":1}}' },
    { "ordered keys", json.object { { "b", 1 }, { "a" }, { "c", "x" } }, '{"b":1,"a":null,"c":"x"}' },
    { "an empty object", json.object {}, "{}" },
    { "raw text", { a = json.raw '{"z":[],"a":12345678901234567890}' },
      '{"a":{"z":[],"a":12345678901234567890}}' },
  }
  for _, case in ipairs(CASES) do
    it("writes " .. case[1], function()
      assert.equal(case[3], json.encode(case[2]))
    end)
  end

  it("writes each object's own keys, whatever the one before it had", function()
    local inherits = setmetatable({ x = 1 }, { __index = { b = 2 } })
    local long = ("k"):rep(40)
    assert.equal('[{"a":3},{"b":2},{"x":1},{"' .. long .. '":4},{"b":5}]',
      json.encode { { a = 3 }, { b = 2 }, inherits, { [long] = 4 }, { b = 5 } })
    assert.equal('[{"a":1,"b":2},{"a":3,"c":4},{"a":5,"b":6}]',
      json.encode { { b = 2, a = 1 }, { c = 4, a = 3 }, { b = 6, a = 5 } })
    json.encode { a = 1, b = 2 }
    assert.has_error(function()
      json.encode { a = 1, [true] = 2 }
    end, "a JSON object has text keys, not true")
  end)

  local circle = {}
  circle.circle = circle
  local MISTAKES <const> = {
    { "NaN", 0 / 0, "JSON has no" },
    { "infinity", { math.huge }, "JSON has no inf" },
    { "a function", { print }, "a function cannot be JSON" },
    { "mixed keys", { 1, 2, x = 3 }, "text keys, not 1" },
    { "a sparse list", { [1] = 1, [2 ^ 40] = 2 }, "text keys" },
    { "boolean keys", { [true] = 1 }, "text keys, not true" },
    { "a key that is no text in an ordered object", json.object { { 1, 2 } }, "text keys, not 1" },
    { "a circle", circle, "in a circle" },
  }
  for _, case in ipairs(MISTAKES) do
    it("raises for " .. case[1], function()
      assert.error_matches(function()
        json.encode(case[2])
      end, case[3])
    end)
  end

  it("writes more keys than it remembers, and long ones", function()
    for i = 1, 600 do
      local key = ("k%d%s"):format(i, ("x"):rep(i % 40))
      local expected = ('{"%s":%d}'):format(key, i)
      assert.equal(expected, json.encode { [key] = i })
      assert.equal(expected, json.encode { [key] = i })
    end
  end)

  it("raises for raw text that is not JSON", function()
    assert.has_error(function()
      json.raw "{]"
    end)
    assert.has_error(function()
      json.raw "NaN"
    end)
  end)
end)

describe("json.decode", function()
  it("gives integers for whole numbers", function()
    local value = json.decode '{"a":[7,-1,9007199254740992],"b":1.5,"c":1e300}'
    assert.equal("integer", math.type(value.a[1]))
    assert.equal("-1", tostring(value.a[2]))
    assert.equal("9007199254740992", tostring(value.a[3]))
    assert.equal(1.5, value.b)
    assert.equal("float", math.type(value.c))
  end)

  it("leaves what a double cannot hold exactly a float", function()
    assert.equal("float", math.type(json.decode "[12345678901234567890]"[1]))
  end)

  it("gives whole numbers of any form as integers, of 64 bits when they are written so", function()
    local value = json.decode "[5.0, 5e2, -0.0, 9007199254740993, -9223372036854775808, 1e17]"
    local read = {}
    for index, number in ipairs(value) do
      read[index] = math.type(number) .. " " .. tostring(number)
    end
    assert.same({ "integer 5", "integer 500", "integer 0", "integer 9007199254740993",
      "integer -9223372036854775808", "float 1e+17" }, read)
  end)

  it("gives texts as they are meant", function()
    assert.same({ "a\"/\n€😀", "\u{FFFD}", "\u{FFFD}x", "\0", "" },
      json.decode '["a\\"\\/\\n\\u20ac\\ud83d\\ude00","\\ud83d","\xffx","\\u0000",""]')
  end)

  it("takes the last of equal keys", function()
    assert.same({ a = 2, ["é"] = true }, json.decode ' { "a" : 1 , "\\u0061" : 2 , "é" : true } ')
  end)

  it("keeps an object as it is written", function()
    local text = '{"row":{"z":[1.50,{"row":{}}],"a":null},"in":{"row":{"b":1}},"rows":[{"row":{}}]}'
    local read = json.decode(text, "row")
    assert.same({ row = { b = 1 } }, read["in"])
    assert.equal('{"z":[1.50,{"row":{}}],"a":null}', json.encode(read.row))
    assert.equal('{"in":{"row":{"b":1}},"row":{"z":[1.50,{"row":{}}],"a":null},"rows":[{"row":{}}]}',
      json.encode(read))
  end)

  it("keeps nothing else, and nothing that is not UTF-8", function()
    for given, written in pairs {
      ["[]"] = "{}", ["7.0"] = "7", ["null"] = "null", ['{"b":"\xff","a":1.50}'] = '{"a":1.5,"b":"\u{FFFD}"}',
    } do
      assert.equal('{"row":' .. written .. "}", json.encode(json.decode('{"row":' .. given .. "}", "row")))
    end
  end)

  it("reads and writes as deep as DEPTH_MAX", function()
    local text = ("["):rep(json.DEPTH_MAX - 1) .. "{}" .. ("]"):rep(json.DEPTH_MAX - 1)
    assert.equal(text, json.encode(json.decode(text)))
  end)

  local MISTAKES <const> = {
    { "", "ends too early at byte 1" },
    { '{"a":}', "expected a value at byte 6" },
    { '{"a" 1}', "expected ':' at byte 6" },
    { "{1:2}", "expected a key at byte 2" },
    { '{"a":1', "ends too early at byte 7" },
    { "[1 2]", "expected ',' or ']' at byte 4" },
    { "[truth]", "expected a value at byte 2" },
    { '["\\x"]', "wrong escape at byte 3" },
    { '["\n"]', "control character in a string at byte 3" },
    { "[01]", "not a number at byte 2" },
    { "7 7", "more text after the value at byte 3" },
    { ("["):rep(65), "nested too deeply at byte 65" },
    { '{"row":{"a":tru}}', "expected a value at byte 13" },
  }
  for _, case in ipairs(MISTAKES) do
    it("says what is wrong with " .. case[1]:sub(1, 17), function()
      assert.has_error(function()
        json.decode(case[1], "row")
      end, "no JSON: " .. case[2])
      assert.has_error(function()
        json.raw(case[1])
      end, "no JSON: " .. case[2])
    end)
  end

  it("refuses a number that no double holds", function()
    assert.has_error(function()
      json.decode "[1e400]"
    end, "no JSON: a number too large at byte 7")
  end)

  it("gives json.null for null", function()
    assert.equal(json.null, json.decode "[null]"[1])
  end)

  for _, text in ipairs { "", "{", "[1,]", "[NaN]", "[0x10]", "[1] 2", ("["):rep(100) .. ("]"):rep(100) } do
    it("raises for " .. text:sub(1, 12), function()
      assert.has_error(function()
        json.decode(text)
      end)
    end)
  end

  it("reads back every float that it writes", function()
    for _, number in ipairs { 0.1, 1 / 3, 1e-7, 123456.789, 2 ^ -1074, 1.7976931348623157e308 } do
      assert.equal(number, json.decode(json.encode { number })[1])
    end
  end)
end)
