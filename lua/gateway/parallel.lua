--- gw.parallel { f, g } and gw.map(list, f, { at_once = 8 }): tasks side by side, of which
--- each waits for itself alone.
---
--- Both give results, errs by position: what each function gave, and what went wrong where
--- it gave nil, err. One that raises ends the others, and the call raises the same. What
--- they send has the same ids whenever the run is repeated, whoever was faster.
local core = require "gateway.core"
local problem = require "gateway.problem"
local shape = require "gateway.shape"
local value = require "gateway.value"
local wording = require "gateway.wording"

local parallel = {}

local MOST <const> = 10000
local AT_ONCE <const> = 8

local function check_list(what, given, needs)
  if value.kind_of(given) ~= "table" then
    problem.raise(string.format("%s: %s is needed, not %s", what, needs, wording.show(given)))
  end
  for key in next, given do
    if math.type(key) ~= "integer" or key < 1 or key > #given then
      problem.raise(string.format("%s: a list has no key %s", what, wording.show(key)))
    end
  end
  if #given > MOST then
    problem.raise(string.format("%s: %d at a time, and %d are the most", what, #given, MOST))
  end
end

--- gw.parallel { f, g }.
function parallel.parallel(functions)
  problem.only_task "gw.parallel"
  check_list("gw.parallel", functions, "a list of functions such as { f, g }")
  for position, given in ipairs(functions) do
    if type(given) ~= "function" then
      problem.raise(string.format("gw.parallel: element %d is no function but %s", position,
        wording.show(given)))
    end
  end
  if #functions == 0 then
    return {}, {}
  end
  return core.crew(table.move(functions, 1, #functions, 1, {}), nil, #functions, "gw.parallel")
end

local OPTIONS <const> = {
  {
    "at_once", default = AT_ONCE,
    check = function(given, fail)
      if math.type(given) ~= "integer" or given < 1 then
        return fail("how many run at a time is needed, such as at_once = 8, not " .. wording.show(given))
      end
      return given
    end,
  },
}

--- gw.map(list, f, { at_once = 8 }): f(element, position) for each.
function parallel.map(list, fn, options)
  problem.only_task "gw.map"
  check_list("gw.map", list, "a list")
  if type(fn) ~= "function" then
    problem.raise("gw.map: a function such as function(element) … end is needed, not " .. wording.show(fn))
  end
  local checked = shape.check(OPTIONS, options == nil and {} or options, function(text)
    problem.raise("gw.map: " .. text)
  end)
  if #list == 0 then
    return {}, {}
  end
  return core.crew(table.move(list, 1, #list, 1, {}), fn, checked.at_once, "gw.map")
end

return parallel
