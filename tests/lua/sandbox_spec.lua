local fake_core = require "lua.fake_core"

-- All that a script finds, by hand: what is added to the environment is added here, too.
local ALLOWED <const> = [[
_G _VERSION assert error getmetatable ipairs next pairs pcall print rawequal rawget rawlen
rawset require select setmetatable tonumber tostring type xpcall
coroutine coroutine.close coroutine.create coroutine.isyieldable coroutine.resume
coroutine.running coroutine.status coroutine.wrap coroutine.yield
math math.abs math.acos math.asin math.atan math.ceil math.cos math.deg math.exp math.floor
math.fmod math.huge math.log math.max math.maxinteger math.min math.mininteger math.modf
math.pi math.rad math.random math.randomseed math.sin math.sqrt math.tan math.tointeger
math.type math.ult
os os.date os.difftime os.time
string string.byte string.char string.find string.format string.gmatch string.gsub
string.len string.lower string.match string.pack string.packsize string.rep string.reverse
string.sub string.unpack string.upper
table table.concat table.insert table.move table.pack table.remove table.sort table.unpack
utf8 utf8.char utf8.charpattern utf8.codepoint utf8.codes utf8.len utf8.offset]]

-- What the expressions of a script come to, as print shows them.
local function printed(code)
  local host = fake_core.load('local gw = require "gateway"\n' .. code)
  assert.same({}, fake_core.lines(host))
  return host.logs[1] and host.logs[1].text
end

local function mistake_of(code)
  return fake_core.lines(fake_core.load('local gw = require "gateway"\n' .. code))[1]
end

describe("the environment of a script", function()
  it("is the allow-list and nothing else", function()
    local wanted, found = {}, {}
    for name in string.gmatch(ALLOWED, "%S+") do
      wanted[#wanted + 1] = name
    end
    local environment = fake_core.load("").environment
    for name, value in pairs(environment) do
      found[#found + 1] = name
      for member in pairs(type(value) == "table" and value ~= environment and value or {}) do
        found[#found + 1] = name .. "." .. member
      end
    end
    table.sort(wanted)
    table.sort(found)
    assert.same(wanted, found)
  end)

  it("has no way to the functions that are left out", function()
    assert.equal("nil\tnil\tfalse\tnil",
      printed [[print(("").dump, string.dump, getmetatable "", rawget(_G, "load"))]])
  end)

  it("keeps its changes away from the texts of the library", function()
    assert.equal("XX", printed [[string.rep, string.upper = nil, nil print(("x"):rep(2):upper())]])
  end)

  it("requires gateway and cjson alone, where there are no modules", function()
    assert.equal('{"a":1}\ttrue', printed [[print(require "cjson".encode { a = 1 }, require "gateway" == gw)]])
    for _, name in ipairs { "gateway.core", "gateway.rule", "os", "socket" } do
      assert.equal(string.format("2: require knows only \"gateway\" and \"cjson\" here, not '%s'", name),
        mistake_of(string.format("require %q", name)))
    end
    assert.equal('2: require knows only "gateway" and "cjson" here, not a table', mistake_of "require {}")
  end)

  it("has a cjson of its own", function()
    printed [[local cjson = require "cjson" cjson.encode = nil cjson.null = 1]]
    local cjson = require "cjson"
    assert.is_function(cjson.encode)
    assert.equal('[null]\tnil', printed [[
      local cjson = require "cjson"
      print(cjson.new().encode { cjson.null }, cjson.new().decode_max_depth)]])
  end)

  it("writes and reads integers as they are with cjson, too", function()
    assert.equal("[100000000000000000,9007199254740993,-1,0.1]\tinteger\t9007199254740993", printed [[
      local cjson = require "cjson"
      local read = cjson.decode "[100000000000000000,9007199254740993,-1,0.1]"
      print(cjson.encode(read), math.type(read[1]), read[2])]])
  end)

  it("protects what the library hands out", function()
    assert.equal("false\tfalse\tfalse", printed
      [[print(getmetatable(gw), getmetatable(gw.queues()), getmetatable(gw.above("calls_waiting", 1)))]])
    assert.equal("gateway\tqueues 1 (sales), 2 (support) and 7 (chat)\tcondition above\tdestination book",
      printed [[print(gw, gw.queues(), gw.above("calls_waiting", 1), gw.destination "book")]])
  end)
end)

describe("addresses", function()
  local cases = {
    { "{}", "table" },
    { "print", "function" },
    { "coroutine.create(print)", "thread" },
    { "setmetatable({}, { __name = 'Shift' })", "Shift" },
    { "setmetatable({}, { __tostring = function() return 'mine' end })", "mine" },
    { "setmetatable({}, { __metatable = false, __name = 5 })", "table" },
  }
  for _, case in ipairs(cases) do
    it("are hidden in " .. case[1], function()
      assert.equal(string.format("%s\t%s\t%s", case[2], case[2], case[2]),
        printed(string.format("local x = %s print(x, tostring(x), ('%%s'):format(x))", case[1])))
    end)
  end

  it("cannot be formatted", function()
    for _, format in ipairs { "%p", "x %-20p", "%%%p" } do
      assert.equal("2: string.format has no '%p' here", mistake_of(string.format("string.format(%q, {})", format)))
    end
    assert.equal("%p 5 1.5", printed [[print(("%%p %d %.1f"):format(5, 1.5))]])
  end)
end)

describe("os", function()
  it("reads the time of the activation in UTC", function()
    assert.equal("1763661900\t2025-11-20 18:05:00\tThu Nov 20 18:05:00 2025",
      printed [[print(os.time(), os.date "!%Y-%m-%d %H:%M:%S", os.date())]])
    assert.equal("60.0", printed [[print(os.difftime(os.time(), os.time() - 60))]])
  end)

  it("agrees with the machine's calendar", function()
    fake_core.host ""
    local clock = require "gateway.clock"
    local formats = "%a %A %b %B %C %d %D %e %F %g %G %h %H %I %j %m %M %n %p %r %R %S %t %T %u %U %V %w %W %y %Y %%"
    for seconds = -5000000000, 9000000000, 86400 * 37 + 12345 do
      assert.equal(os.date("!" .. formats, seconds), clock.date(formats, seconds))
      assert.same(os.date("!*t", seconds), clock.fields(seconds))
      assert.equal(seconds, clock.time(os.date("!*t", seconds)))
    end
  end)

  it("puts dates right that are out of range", function()
    local code = [[local t = { year = 2024, month = 14, day = -1, hour = 25 }
      local s = os.time(t) print(os.date("%F %T", s), t.month, t.day, t.yday)]]
    assert.equal("2025-01-31 01:00:00\t1\t31\t31", printed(code))
  end)

  it("names what is wrong", function()
    assert.equal("field 'day' missing in date table",
      fake_core.load [[os.time { year = 2024, month = 1 }]].problems[1].text)
    assert.equal("field 'day' is not an integer",
      fake_core.load [[os.time { year = 2024, month = 1, day = "x" }]].problems[1].text)
    assert.equal("bad argument #1 to 'date' (invalid conversion specifier '%Q')",
      fake_core.load [[os.date "%Q"]].problems[1].text)
  end)
end)
