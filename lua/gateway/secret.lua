--- gw.secret "NAME": a mark in the place of a secret of gateway.conf.
---
--- The script never has the value. The core puts it in as a request leaves, and only into
--- one that goes to the origin that [secret NAME] names. A mark joins texts:
--- "Bearer " .. gw.secret "crm".
local core = require "gateway.core"
local json = require "gateway.json"
local problem = require "gateway.problem"
local wording = require "gateway.wording"

local secret = {}

local OPENING <const> = "<secret:" .. core.token .. ":"

local names <const> = core.setup.secrets

local meta = { __name = "secret", __metatable = false }
local marks = setmetatable({}, { __mode = "k" })

function meta.__tostring(mark)
  return marks[mark]
end

function meta.__concat(left, right)
  return (marks[left] or left) .. (marks[right] or right)
end

function meta.__index(_, key)
  problem.raise("a secret has no " .. wording.show(key) .. ": its value stays with the gateway")
end

function meta.__newindex()
  problem.raise "a secret is read-only"
end

--- gw.secret "NAME".
function secret.named(name)
  for _, known in ipairs(names) do
    if known == name then
      local mark = setmetatable({}, meta)
      marks[mark] = OPENING .. name .. ">"
      json.texts[mark] = marks[mark]
      return mark
    end
  end
  problem.report(type(name) ~= "string" and 'gw.secret: a name such as "crm" is needed, not ' .. wording.show(name)
    or string.format("gw.secret: no secret '%s' in gateway.conf%s", name, #names > 0
      and wording.guess_or_list(name, names) or ": add a section [secret " .. name .. "] with value and to"))
  return setmetatable({}, meta)
end

--- The text of a mark; nil for anything else.
function secret.text(given)
  return marks[given]
end

--- Whether a mark stands in the text.
function secret.is_in(text)
  return string.find(text, OPENING, 1, true) ~= nil
end

return secret
