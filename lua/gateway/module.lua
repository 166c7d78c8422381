--- require() of scripts: "gateway", "cjson", and modules of their own.
---
--- A module is a file in a sub-folder of the script's folder, lib/shifts.lua for
--- require "lib.shifts". It runs once, while the script loads, in the script's own
--- environment; what it returns is what require gives, true when it returns nothing. The
--- core hands over those that the script names between quotes (script/modules.h).
local advice = require "gateway.advice"
local core = require "gateway.core"
local problem = require "gateway.problem"
local wording = require "gateway.wording"

local module = {}

local ONLY <const> = 'require knows only "gateway" and "cjson" here, not %s'

local function names()
  local list = {}
  for name in string.gmatch(core.module_names, "[^\n]+") do
    list[#list + 1] = name
  end
  return list
end

local function contains(list, name)
  for _, one in ipairs(list) do
    if one == name then
      return true
    end
  end
  return false
end

-- What is meant by "lib/shifts", "./lib/shifts.lua".
local function dotted(name)
  return (string.gsub(string.gsub(string.gsub(name, "^%./", ""), "%.lua$", ""), "/", "."))
end

-- Where the file of a module would be, nil when it is no module's name.
local function path_of(name)
  if not string.find(name, "^[%w_-]+%.[%w_.-]+$") or string.find(name, "^gateway%.") then
    return nil
  end
  local folder = string.match(core.setup.file, "^.*/") or ""
  return folder .. string.gsub(name, "%.", "/") .. ".lua"
end

-- Why there is no module of this name, and what to do.
local function missing(name)
  local known, path = names(), path_of(name)
  if contains(known, name) then
    return string.format("module '%s' was not handed over: its name has to stand between quotes in the "
      .. "script, or in a module of it, and a script has at most 255 modules", name)
  elseif contains(known, dotted(name)) then
    return string.format('\'%s\' is no name of a module; write require "%s"', name, dotted(name))
  elseif path then
    return string.format("there is no module '%s', which would be %s%s", name, path,
      wording.guess_or_list(name, known))
  end
  local is_word = string.find(name, "^[%w_]+$") or string.find(name, "^gateway%.")
  return string.format(ONLY, "'" .. name .. "'")
    .. (is_word and "" or "; names of modules have letters, digits, '_' and '-', with a dot behind each folder")
end

local function find(name)
  for _, file in ipairs(core.files) do
    if file.name == name then
      return file
    end
  end
end

-- The reason why a module cannot be run, nil when it can.
local function obstacle(name, open)
  local file = find(name)
  if contains(open, name) then
    return string.format("module '%s' requires itself: %s", name,
      table.concat(open, " -> ") .. " -> " .. name)
  end
  -- A module that returns what it requires is not on the stack: it is named.
  local by = open[#open] and string.format(" (required by module '%s')", open[#open]) or ""
  if not file then
    return missing(name) .. by
  elseif file.trouble then
    return string.format("module '%s'%s: %s %s", name, by, file.file, file.trouble)
  end
end

local function compile(file, environment)
  local chunk, mistake = load(file.source, "@" .. file.file, "t", environment)
  if not chunk then
    error(advice.syntax(mistake), 0)
  end
  return chunk
end

--- The require() of a script with this environment; `known` is what it finds beside the
--- modules.
function module.requirer(known, environment)
  local loaded, open = {}, {}

  -- Until it is closed, also by what the module raises.
  local function opened(name)
    open[#open + 1] = name
    return setmetatable({}, { __close = function()
      open[#open] = nil
    end })
  end

  local function run(name)
    local why_not = obstacle(name, open)
    if why_not then
      problem.raise(why_not)
    end
    problem.only_loading(string.format('require of a module that is not loaded yet, "%s",', name))
    local chunk = compile(find(name), environment)
    local _ <close> = opened(name)
    local value = chunk(name)
    loaded[name] = value == nil and true or value
  end

  return function(name)
    if type(name) ~= "string" then
      problem.raise(string.format(ONLY, "a " .. type(name)))
    elseif known[name] ~= nil then
      return known[name]
    elseif loaded[name] == nil then
      run(name)
    end
    return loaded[name]
  end
end

return module
