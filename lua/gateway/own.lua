--- What a script's own functions say of an alert. Protected: what fails is logged and
--- replaced by what is known for sure, so that no alert is lost to it.
local core = require "gateway.core"
local template = require "gateway.template"
local wording = require "gateway.wording"

local own = {}

local function failed(what, mistake)
  core.log("warn", what .. " failed: " .. mistake)
  return nil, mistake
end

--- What fn(…) gives as `read` reads it, which gives nil and a sentence for what cannot be
--- used; nil and that sentence, which has been logged, when there is nothing to use.
function own.call(what, read, fn, ...)
  local ok, given = pcall(fn, ...)
  if not ok then
    return failed(what, type(given) == "string" and given or "it raised " .. wording.show(given))
  end
  local result, mistake = read(given)
  if result == nil then
    return failed(what, mistake)
  end
  return result
end

local function read_text(given)
  if type(given) == "string" and given ~= "" then
    return given
  end
  return nil, "it gave " .. (given == "" and "an empty text" or wording.show(given))
end

--- A text of a rule: { parts } of a template, or { fn }; `read` as of call(), nil for any
--- text that is not empty. nil and a sentence when it fails.
function own.text(what, text, row, alert, read)
  read = read or read_text
  if text.parts then
    return own.call(what, read, template.render, text.parts, row)
  end
  return own.call(what, read, text.fn, row, alert)
end

return own
