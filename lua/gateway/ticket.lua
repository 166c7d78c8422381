--- What the kinds that keep tickets have in common: one ticket for each alert. A raise
--- opens it, levels and reminders are comments, the clear closes it.
--
-- A ticket is searched for before it is made: an answer may have been lost, and then the
-- ticket is there. What is remembered (the memo): { id = what people call it, link = text |
-- nil, … what the kind needs beside } of a ticket that is there; { missing = true } within
-- an attempt that found none. So a clear of an alert without a ticket makes none.
--
-- The steps of a kind: search, create, comment and close, and look when it must see the
-- ticket before it closes it. Each is { ask = function(event, options, memo) → request,
-- read = function(answer, memo) → verdict, memo } with what the service answered, decoded,
-- and played = function(request) → status, answer | nil: what it answers when all is well.

local classify = require("gateway.classify")
local json = require("gateway.json")

local ticket = {}

local FOLLOWS <const> = { level = "comment", remind = "comment", clear = "close" }

local function next_step(steps, kind, memo)
  if memo.id then
    local step = FOLLOWS[kind]
    return step == "close" and steps.look and not memo.seen and "look" or step
  elseif not memo.missing then
    return "search"
  end
  return kind ~= "clear" and "create" or nil
end

-- A ticket that people have deleted is over for them.
local OF_A_TICKET <const> = { comment = true, look = true, close = true }

local function read_body(text)
  if not text:find("%S") then
    return {} -- 204: that was all
  end
  local is_json, body = pcall(json.decode, text)
  return is_json and type(body) == "table" and body or nil
end

--- The id that marks the ticket of an event: of its alert, or of the script's message.
function ticket.mark(event, options)
  local id = event.data.id
  return "ccgate-" .. (type(id) == "string" and id or options.id)
end

--- The render, the classify and the played of a kind with these steps.
function ticket.kind(steps)
  local function render(event, options, memo)
    local step = next_step(steps, event.data.kind, memo)
    if not step then
      return nil
    end
    local request = steps[step].ask(event, options, memo)
    request.step = step
    -- No receiver of these knows the ids of messages: nothing may be sent twice unseen.
    request.fresh = true
    request.sign = options.user and "basic" or "bearer"
    request.headers = { accept = "application/json", ["content-type"] = "application/json" }
    return request
  end

  local function judge(answer, memo)
    if not answer.error and answer.status == 404 and OF_A_TICKET[answer.step] then
      return "done"
    end
    local verdict = classify.of_service(answer)
    if verdict ~= "done" then
      return verdict
    end
    local body = read_body(answer.body)
    if not body then
      return "retry"
    end
    return steps[answer.step].read(body, memo)
  end

  local function played(request)
    local status, answer = steps[request.step].played(request)
    return status, answer and json.encode(answer) or ""
  end
  return render, judge, played
end

--- What a search found: again, with the ticket, or with the knowledge that there is none.
function ticket.found(memo)
  return "again", memo or { missing = true }
end

return ticket
