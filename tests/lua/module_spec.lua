--- require() of a script: its own modules, and what is said of those that are not there.
local fake_core = require "lua.fake_core"

local HEAD <const> = 'local gw = require "gateway"\n'

-- A script and its modules, { name = source }; all are known by name.
local function load(code, sources)
  local names, modules = {}, {}
  for name in pairs(sources or {}) do
    names[#names + 1] = name
  end
  table.sort(names)
  for number, name in ipairs(names) do
    modules[number] = {
      name = name, file = "scripts/" .. name:gsub("%.", "/") .. ".lua", source = sources[name],
    }
  end
  return fake_core.load(HEAD .. code, { modules = modules, module_names = table.concat(names, "\n") })
end

local function printed(code, sources)
  local host = load(code, sources)
  assert.same({}, fake_core.lines(host))
  return host.logs[1] and host.logs[1].text
end

-- The problems as "2: text", those of modules as "1/2: text".
local function mistakes(code, sources)
  local lines = fake_core.lines(load(code, sources))
  for index, line in ipairs(lines) do
    local spot, text = line:match "^(%d+)(.*)$"
    local number = spot // (1 << 24)
    lines[index] = (number > 0 and number .. "/" or "") .. math.tointeger(spot % (1 << 24)) .. text
  end
  return lines
end

describe("a module of a script", function()
  it("is run once and gives what it returns", function()
    assert.equal("1\ttrue\ttrue\tlib.a",
      printed([[local a = require "lib.a"
        print(a.runs, a == require "lib.a", require "lib.b", a.name)]],
        { ["lib.a"] = 'runs = (runs or 0) + 1 return { runs = runs, name = ... }', ["lib.b"] = "" }))
  end)

  it("may return false", function()
    assert.equal("false\tfalse\t1", printed('print(require "lib.a", require "lib.a", runs)',
      { ["lib.a"] = "runs = (runs or 0) + 1 return false" }))
  end)

  it("finds what the script finds, and nothing else", function()
    assert.equal("true\tnil\t3", printed(
      'three = 3 local a = require "lib.a" print(a.gw == gw, a.load, a.three)',
      { ["lib.a"] = 'return { gw = require "gateway", load = rawget(_G, "load"), three = three }' }))
  end)

  it("may require another", function()
    assert.equal("2", printed('print(require "lib.a")',
      { ["lib.a"] = 'return require "lib.b" + 1', ["lib.b"] = "return 1" }))
  end)

  it("registers rules, whose mistakes are told at their own lines", function()
    local rule <const> = 'local gw = require "gateway"\ngw.rule "%s" {\n'
      .. '  from = gw.queues { 1 },\n  when = gw.above("calls_waiting", 5),\n  %s = "book",\n}'
    local host = load('require "lib.a"', { ["lib.a"] = rule:format("a", "send") })
    assert.same({}, fake_core.lines(host))
    assert.truthy(host.rules.a)
    assert.same({
      "1/5: rule 'a': unknown key 'sned' (did you mean 'send'?)",
      "2/2: rule 'a': this name is used twice; the other rule is in scripts/lib/a.lua:2",
    }, mistakes('require "lib.a" require "lib.b"',
      { ["lib.a"] = rule:format("a", "sned"), ["lib.b"] = rule:format("a", "send") }))
  end)

  it("joins conditions wrongly at its own line", function()
    local lines = mistakes('require "lib.a"', { ["lib.a"] = 'local gw = require "gateway"\n'
      .. 'return gw.above("calls_waiting", 5)\nand gw.below("calls_waiting", 9)' })
    assert.truthy(lines[1]:find("1/3: gw.above: 'and' does not join conditions", 1, true))
  end)

  it("runs while the script loads", function()
    local host = load('gw.job "it" { every = "1m", run = function() print(require "lib.a") end }',
      { ["lib.a"] = "return 1" })
    local ok, mistake = pcall(host.run, host, "it")
    assert.is_false(ok)
    assert.truthy(tostring(mistake):find('2: require of a module that is not loaded yet, "lib.a", works only '
      .. "while the script loads", 1, true))
    host = load('require "lib.a" gw.job "it" { every = "1m", run = function() print(require "lib.a") end }',
      { ["lib.a"] = "return 7" })
    host:run "it"
    assert.equal("7", host.logs[1].text)
  end)

  it("is run again when it was caught", function()
    assert.equal("false\tfalse\t2", printed('print(pcall(require, "lib.a"), pcall(require, "lib.a"), runs)',
      { ["lib.a"] = "runs = (runs or 0) + 1 error({}, 0)" }):gsub("\ttable", ""))
  end)
end)

-- { what is required, what is said }, with the modules lib.shifts and lib.loop.
local CASES <const> = {
  { '"lib.shfits"', "there is no module 'lib.shfits', which would be scripts/lib/shfits.lua "
    .. "(did you mean 'lib.shifts'?)" },
  { '"lib.deep.other"', "there is no module 'lib.deep.other', which would be scripts/lib/deep/other.lua; "
    .. "known: lib.loop, lib.pool, lib.shifts and lib.tail" },
  { '"lib/shifts"', "'lib/shifts' is no name of a module; write require \"lib.shifts\"" },
  { '"./lib/shifts.lua"', "'./lib/shifts.lua' is no name of a module; write require \"lib.shifts\"" },
  { '"lib.my shifts"', "require knows only \"gateway\" and \"cjson\" here, not 'lib.my shifts'; names of modules have "
    .. "letters, digits, '_' and '-', with a dot behind each folder" },
  { '"gateway.rule"', "require knows only \"gateway\" and \"cjson\" here, not 'gateway.rule'" },
  { "7", 'require knows only "gateway" and "cjson" here, not a number' },
  { '"lib.tail"', "there is no module 'lib.nothing', which would be scripts/lib/nothing.lua; known: lib.loop, "
    .. "lib.pool, lib.shifts and lib.tail (required by module 'lib.tail')" },
}

describe("what cannot be required", function()
  local sources <const> = {
    ["lib.shifts"] = "return {}", ["lib.tail"] = 'return require "lib.nothing"',
    ["lib.loop"] = '\nlocal pool = require "lib.pool"', ["lib.pool"] = '\n\nlocal loop = require "lib.loop"',
  }
  for _, case in ipairs(CASES) do
    local given, said = table.unpack(case)
    it("is told: " .. given, function()
      assert.same({ "2: " .. said }, mistakes("local it = require(" .. given .. ")", sources))
    end)
  end

  it("is told: a cycle, where it closes", function()
    assert.same({ "2/3: module 'lib.loop' requires itself: lib.loop -> lib.pool -> lib.loop" },
      mistakes('local loop = require "lib.loop"', sources))
  end)

  it("is told: a name that stands in no quotes", function()
    local host = fake_core.load(HEAD .. "require [[lib.a]]", { module_names = "lib.a" })
    assert.same({ "2: module 'lib.a' was not handed over: its name has to stand between quotes in the script, "
      .. "or in a module of it, and a script has at most 255 modules" }, fake_core.lines(host))
  end)

  it("is told: a file that cannot be had", function()
    local host = fake_core.load(HEAD .. 'require "lib.a"', { modules = {
      { name = "lib.a", file = "scripts/lib/a.lua", trouble = "cannot be read: Permission denied" },
    } })
    assert.same({ "2: module 'lib.a': scripts/lib/a.lua cannot be read: Permission denied" }, fake_core.lines(host))
  end)

  it("is told: what is not Lua, with advice", function()
    assert.same({ "1/2: '}' expected (to close '{' at line 1) near 'b'; is a comma missing before it?" },
      mistakes('require "lib.a"', { ["lib.a"] = "return { a = 1\nb = 2 }" }))
  end)
end)
