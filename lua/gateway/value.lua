--- What the library hands to scripts: read-only, strict about its members, with an
--- inside that only the library reaches.
local problem = require "gateway.problem"
local wording = require "gateway.wording"

local value = {}

local insides = setmetatable({}, { __mode = "k" })
local kinds = setmetatable({}, { __mode = "k" })

local function strict(name, members)
  return {
    __name = name,
    __metatable = false,
    __index = function(_, key)
      local member = members[key]
      if member == nil then
        local guess = type(key) == "string"
          and wording.guess_or_list(key, wording.keys(members)) or ""
        problem.raise(string.format("%s has no %s%s", name, wording.show(key), guess))
      end
      return member
    end,
    __newindex = function(_, key)
      problem.raise(string.format("%s is read-only: %s cannot be set", name, wording.show(key)))
    end,
    __call = function()
      problem.raise(string.format("%s is not called itself; it has %s", name,
        wording.list(wording.keys(members))))
    end,
    __pairs = function()
      local known, index = wording.keys(members), 0
      return function()
        index = index + 1
        return known[index], members[known[index]]
      end
    end,
  }
end

--- A fixed set of members under a name: gw, gw.log.
function value.module(name, members)
  local object = setmetatable({}, strict(name, members))
  kinds[object] = "module"
  return object
end

--- A kind of values. Returns the function that makes one around its inside;
--- `describe(inside)` is what tostring gives; `shown` names members of the inside that are
--- members, too: { "id" }.
function value.kind(name, methods, describe, shown)
  local of_inside = {}
  for _, key in ipairs(shown or {}) do
    methods[key], of_inside[key] = true, true
  end
  local meta = strict(name, methods)
  local strictly <const> = meta.__index
  function meta.__index(object, key)
    return of_inside[key] and insides[object][key] or strictly(object, key)
  end
  function meta.__tostring(object)
    return describe(insides[object])
  end
  return function(inside)
    local object = setmetatable({}, meta)
    insides[object], kinds[object] = inside, name
    return object
  end
end

--- The inside of a value of this kind; nil for anything else.
function value.inside(object, kind)
  return kinds[object] == kind and insides[object] or nil
end

--- "query", "condition", …, "module"; the word of Lua for what is not ours.
function value.kind_of(object)
  return kinds[object] or type(object)
end

return value
