--- What the functions of a rule are given as `alert` while an alert is being told: what
--- the rule itself knows of it. Numbers of the gateway (id, fingerprint) come later.
local problem = require "gateway.problem"
local wording = require "gateway.wording"

local notice = {}

--- What an alert has there; what does not apply is nil.
notice.MEMBERS = {
  "kind", "status", "severity", "level", "was", "rule", "script", "center", "query", "key",
  "labels", "row", "summary", "why", "started_at", "age",
}

local KNOWN <const> = {}
for _, name in ipairs(notice.MEMBERS) do
  KNOWN[name] = true
end

--- A read-only, strict view of `members`, which may grow meanwhile.
function notice.new(members)
  return setmetatable({}, {
    __name = "alert",
    __metatable = false,
    __index = function(_, name)
      if not KNOWN[name] then
        problem.raise(string.format("an alert has no %s here%s", wording.show(name),
          type(name) == "string" and wording.guess_or_list(name, notice.MEMBERS) or ""))
      end
      return members[name]
    end,
    __newindex = function(_, name)
      problem.raise(string.format("an alert is read-only: %s cannot be set", wording.show(name)))
    end,
    __pairs = function()
      local index = 0
      return function()
        repeat
          index = index + 1
        until index > #notice.MEMBERS or members[notice.MEMBERS[index]] ~= nil
        return notice.MEMBERS[index], members[notice.MEMBERS[index]]
      end
    end,
  })
end

return notice
