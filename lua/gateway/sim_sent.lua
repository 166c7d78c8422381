--- How the messages that a test looks at print: in the failure of an assertion, and by
--- print() and tostring().
local sim_sent = {}

local Message = { __name = "message" }
local List = { __name = "messages" }

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
