--- What to say about a global that is not there, when it is clear what was meant. Lua alone
--- says "attempt to index a nil value", where the nil is used and not where it comes from.
local core = require "gateway.core"
local fields = require "gateway.field"

local missing = {}

local KNOWN <const> = {
  gw = 'there is no gw yet; begin with: local gw = require "gateway"',
  row = "there is no row here; what looks at a row is a function: "
    .. "when = function(row) return row.calls_waiting > 5 end",
}

-- A name of gateway.conf, or what stands before its first hyphen: Lua takes floor-chat for
-- a subtraction.
local function quoted(name, described)
  for _, candidate in ipairs(described) do
    local known = candidate.name
    if known == name or string.sub(known, 1, #name + 1) == name .. "-" then
      return string.format('\'%s\' stands here without quotes; write "%s"', known, known)
    end
  end
end

local function configured(name)
  local text = quoted(name, core.setup.destinations)
  for _, center in ipairs(core.setup.centers) do
    text = text or quoted(name, center.queues)
  end
  return text
end

-- What a field of this kind is compared with; gw.above where nothing is said.
local COMPARED <const> = { text = "equal", word = "equal", boolean = "equal" }

local function described(query_name, name)
  for _, known in ipairs(core.query(query_name).fields) do
    if known.name == name then
      return known
    end
  end
end

-- Names of one word are too common to be sure.
local function field(name)
  for _, query_name in ipairs(string.find(name, "_", 1, true) and fields.QUERIES or {}) do
    local known = described(query_name, name)
    if known then
      return string.format("'%s' is a field of a row; write gw.%s(\"%s\", …), or row.%s in a "
        .. "function of the row", name, COMPARED[known.kind] or "above", name, name)
    end
  end
end

--- A sentence, or nil. `members` are those of gw.
function missing.global(name, members)
  if type(name) ~= "string" then
    return nil
  elseif KNOWN[name] then
    return KNOWN[name]
  elseif members[name] then
    return string.format("'%s' is gw.%s here", name, name)
  end
  return configured(name) or field(name)
end

return missing
