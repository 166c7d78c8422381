--- Silences: who is not told for a while.

local alert_state = require("gateway.alert_state")
local json = require("gateway.json")

local silence = {}

local silences = {}

local MATCHED <const> = { "center", "rule", "key" }

local function is_silenced_by(matcher, facts, labels)
  for _, name in ipairs(MATCHED) do
    if matcher[name] and matcher[name] ~= facts[name] then
      return false
    end
  end
  for name, value in pairs(matcher.labels or {}) do
    if labels[name] ~= value then
      return false
    end
  end
  return true
end

--- Until when the alert of these facts { center, rule, key } and labels is silenced, in
--- seconds; 0 when it is not.
function silence.until_of(facts, labels)
  local quiet_until = 0
  for _, one in ipairs(silences) do
    if one.until_at > quiet_until and is_silenced_by(one.matcher, facts, labels) then
      quiet_until = one.until_at
    end
  end
  return quiet_until
end

--- What is silenced from now on: { { matcher = JSON { center, rule, key, labels }, until_at
--- = seconds }, … }. A matcher names what all must be equal; what it leaves out is any.
function silence.set(list)
  silences = {}
  for index, one in ipairs(list) do
    silences[index] = {
      matcher = alert_state.without_null(json.decode(one.matcher)), until_at = one.until_at,
    }
  end
end

return silence
