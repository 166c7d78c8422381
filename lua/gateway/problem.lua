--- Mistakes in what a person wrote: collected while the script loads, so that all are
--- told at once; raised afterwards.
local core = require "gateway.core"
local source = require "gateway.source"

local problem = {}

local loading = true

function problem.is_loading()
  return loading
end

--- The script is loaded: from now on a mistake raises.
function problem.finish()
  loading = false
end

--- Raises, placed at the script's own line and not at one of the library.
function problem.raise(text)
  local spot = source.caller()
  error(spot and source.place(spot) .. ": " .. text or text, 0)
end

--- What was raised, as text without a place in the library, which tells a script nothing.
function problem.bare(raised)
  return (string.gsub(tostring(raised), "^%S*gateway/[%w_/]+%.lua:%d+: ", ""))
end

--- Reports a mistake at a spot (source.lua), by default the one that is being run.
function problem.report(text, spot)
  if not loading then
    problem.raise(text)
  end
  core.problem(spot or source.caller() or 0, text)
end

--- For what only makes sense while the script loads.
function problem.only_loading(what)
  if not loading then
    problem.raise(what .. " works only while the script loads: it stands outside of functions")
  end
end

--- For what suspends.
function problem.only_task(what)
  if not core.in_task() then
    problem.raise(what .. " works only inside a task, such as the run of a gw.job or the on_raise of a gw.rule")
  end
end

return problem
