--- on_raise, on_level, on_remind and on_clear of a rule: function(row, alert), run as
--- tasks after the transition is committed; those of one alert one at a time, in order,
--- five minutes at most each. One that ended or raised is done; one that died with its
--- host or the gateway begins again, three times at most (alert.attempt).
---
--- row is a plain table, as the row was at the transition; what was unknown is nil.
--- alert, as of the transition: id fingerprint status severity was key rule script center
--- labels summary details link why reason raised_at ended_at age acked, and attempt; refs:
--- what destinations that keep tickets called it by now, refs["jira"].id; and note: a table
--- of the author's own that is saved with the alert, as each activation commits, and dies
--- with it.
local core = require "gateway.core"
local json = require "gateway.json"
local problem = require "gateway.problem"
local tree = require "gateway.tree"
local wording = require "gateway.wording"

local handler = {}

local NOTE_MAX <const> = 16384
local KINDS <const> = { "raise", "level", "remind", "clear" }

local MEMBERS <const> = {
  "id", "fingerprint", "status", "severity", "was", "key", "rule", "script", "center", "labels",
  "summary", "details", "link", "why", "reason", "raised_at", "ended_at", "age", "acked", "attempt",
  "note", "refs",
}

local function key_of(kind)
  return "on_" .. kind
end

--- The keys of a rule, for its shape.
handler.SHAPE = {}
for index, kind in ipairs(KINDS) do
  handler.SHAPE[index] = {
    key_of(kind), kinds = { "function" }, needs = "a function such as function(row, alert) … end",
  }
end

--- The kinds that a rule has handlers for; nil for none.
function handler.kinds(checked)
  local kinds = {}
  for _, kind in ipairs(KINDS) do
    kinds[#kinds + 1] = checked[key_of(kind)] and kind or nil
  end
  return kinds[1] and kinds
end

-- ---- what a handler gets ----

local function without_null(given)
  for key, inner in next, given do
    if inner == json.null then
      given[key] = nil
    elseif type(inner) == "table" then
      without_null(inner)
    end
  end
  return given
end

-- A table that is written back, whole, with every change.
local function note_of(bytes)
  local kept = bytes ~= "" and tree.decode(bytes) or tree.decode(tree.encode({}, NOTE_MAX))
  return setmetatable({}, {
    __name = "alert.note",
    __metatable = false,
    __index = function(_, key)
      return kept[key]
    end,
    __newindex = function(_, key, given)
      local plain = tree.thaw(kept)
      plain[key] = given
      local ok, result = pcall(tree.encode, plain, NOTE_MAX)
      if result == tree.TOO_LARGE then
        result = string.format("more than %d bytes", NOTE_MAX)
      end
      if not ok then
        problem.raise("alert.note: " .. tostring(result))
      end
      core.note(result)
      kept = tree.decode(result)
    end,
    __pairs = function()
      return pairs(kept)
    end,
  })
end

local known = {}
for _, name in ipairs(MEMBERS) do
  known[name] = true
end

local function alert_of(members)
  return setmetatable({}, {
    __name = "alert",
    __metatable = false,
    __index = function(_, name)
      if not known[name] then
        problem.raise(string.format("alert has no %s%s", wording.show(name),
          type(name) == "string" and wording.guess_or_list(name, MEMBERS) or ""))
      end
      return members[name]
    end,
    __newindex = function(_, name)
      problem.raise(string.format("alert is read-only: %s cannot be set; alert.note is yours",
        wording.show(name)))
    end,
  })
end

--- Registers the handlers of a rule that is registered.
function handler.register(name, checked)
  if not handler.kinds(checked) then
    return
  end
  core.handler(name, function(kind, text, attempt, note, refs)
    local run = checked[key_of(kind)]
    if not run then
      return -- the rule had one when this became due
    end
    local members = without_null(json.decode(text))
    local row = members.row
    members.row, members.attempt, members.note = nil, attempt, note_of(note)
    members.refs = without_null(refs ~= "" and json.decode(refs) or {})
    run(row, alert_of(members))
  end)
end

return handler
