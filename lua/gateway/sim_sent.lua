--- The messages that a test looks at: how they print, in the failure of an assertion and
--- by print() and tostring(); and what is said where there is none, or no such field.
local wording = require "gateway.wording"

local sim_sent = {}

local FIELDS <const> = { "to", "kind", "rule", "key", "severity", "summary", "body", "requests", "id",
  "at" }

local is_field = {}
for _, name in ipairs(FIELDS) do
  is_field[name] = true
end

local Message = { __name = "message" }
local List = { __name = "messages" }

-- How Lua calls what has a number for its name, by the number and by a variable.
local NO_MESSAGE <const> = "attempt to index a nil value %(field '[%?i]"

-- { list, index } of the last message that a test looked at and that there was not.
local missed

-- Some messages have no key, for instance; none has a sumary.
function Message.__index(_, name)
  if not is_field[name] then
    error(string.format("a message has no %s%s", wording.show(name),
      type(name) == "string" and wording.guess_or_list(name, FIELDS) or ""), 2)
  end
end

function List.__index(list, index)
  missed = math.type(index) and { list, index }
end

local clocks = setmetatable({}, { __mode = "k" })

--- 2026-03-03 10:00:45 raise queue-wait/7 critical → floor-chat: "Sales: 7 waiting"
function Message.__tostring(message)
  local alert = message.rule and string.format(" %s/%s %s", message.rule, message.key, message.severity) or ""
  return string.format("%s %s%s → %s: %q", clocks[message], message.kind, alert,
    message.to, message.summary or "")
end

function List.__tostring(list)
  local lines = { "nothing was sent" }
  for index, message in ipairs(list) do
    lines[index] = string.format("[%d] %s", index, message)
  end
  return table.concat(lines, "\n")
end

-- What busted's assertions ask how to show a value.
local function format(value)
  local meta = type(value) == "table" and getmetatable(value)
  if meta == Message or meta == List then
    return tostring(value)
  end
end

--- What a test says that failed: where it looked into a message that there is not, with
--- those that there are.
function sim_sent.explain(text)
  if not missed or not text:find(NO_MESSAGE) then
    return text
  end
  local list, index = table.unpack(missed)
  return string.format("%s\ns.sent[%s]: %d sent\n%s", text, index, #list, list)
end

--- Another test begins.
function sim_sent.forget()
  missed = nil
end

--- An empty list. Once there is luassert, its failures show messages on a line each.
function sim_sent.list()
  local assertions = package.loaded.luassert
  if assertions then
    assertions:remove_formatter(format)
    assertions:add_formatter(format)
  end
  return setmetatable({}, List)
end

--- Adds a message; `clock` is its time as it is shown.
function sim_sent.add(list, message, clock)
  clocks[message] = clock
  list[#list + 1] = setmetatable(message, Message)
end

return sim_sent
