--- The stubs for editors: they are Lua, and they declare what there is.
local fake_core = require "lua.fake_core"

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read "a"
end

local API <const> = read "lua/types/gateway.lua"

-- The names that a script finds in `expression`, in order.
local function members(expression)
  local host = fake_core.load(string.format([[
local gw = require "gateway"
for name in pairs(%s) do gw.log.info(name) end
]], expression))
  assert.same({}, fake_core.lines(host))
  local names = {}
  for index, line in ipairs(host.logs) do
    names[index] = line.text
  end
  table.sort(names)
  return names
end

-- The names that `pattern` captures in the stubs, in order.
local function declared(...)
  local names = {}
  for _, pattern in ipairs { ... } do
    for name in string.gmatch(API, pattern) do
      names[#names + 1] = name
    end
  end
  table.sort(names)
  return names
end

describe("the stubs", function()
  for _, path in ipairs { "lua/types/gateway.lua", "lua/types/rows.lua", "lua/types/sim.lua" } do
    it("are Lua: " .. path, function()
      assert(load(read(path), "@" .. path, "t"))
    end)
  end

  it("declare what gw has, and no more", function()
    assert.same(members "gw", declared("\nfunction gateway%.([%w_]+)%(", "\ngateway%.([%w_]+) ="))
  end)

  it("declare what a centre has, and no more", function()
    assert.same(members 'gw.center "main"', declared "\nfunction questions%.([%w_]+)%(")
  end)

  it("declare what gw.log has, and no more", function()
    local log = string.match(API, "%-%-%-@class gateway%.Log\n(.-)\n\n")
    local names = {}
    for name in string.gmatch(log, "@field ([%w_]+)") do
      names[#names + 1] = name
    end
    table.sort(names)
    assert.same(members "gw.log", names)
  end)

  it("use only types that are declared", function()
    local both = API .. read "lua/types/rows.lua" .. read "lua/types/sim.lua"
    for name in string.gmatch(both, "%f[%w]gateway%.%u%w+") do
      assert(string.find(both, "@class " .. name, 1, true)
        or string.find(both, "@alias " .. name, 1, true), name)
    end
  end)
end)
