--- Jira Cloud: a raise opens an issue, reminders and levels are comments, the clear moves
--- it to a status of the category "done".

local card = require("gateway.card")
local cut = require("gateway.cut")
local grid = require("gateway.grid")
local json = require("gateway.json")
local markup = require("gateway.markup")
local networked = require("gateway.networked")
local ticket = require("gateway.ticket")

-- 2026-11: https://developer.atlassian.com/cloud/jira/platform/rest/v3/ (summary, and a
-- description of 32,767 characters, here in bytes with all around it to be sure).
local LIMITS <const> = {
  summary = 255, body = 32000,
  -- Our own: what is more is no ticket any more.
  text = 20000, fields = 50, field = 2000, rows = 100,
}

local ISSUES <const> = "/rest/api/3/issue"
local ISSUE_TYPE <const> = "Task"

-- Where the issues of a rehearsal are.
local PLAYED_SITE <const> = "https://example.atlassian.net"

-- ---- the Atlassian document format: https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/

local function node(kind, content, more)
  local made = more or {}
  made.type, made.content = kind, content
  return made
end

local function text_node(text, mark)
  return { type = "text", text = text, marks = mark and { mark } or nil }
end

-- A text node is never empty; a line's end is a node of its own.
local function lines_of(text)
  local nodes = json.array {}
  for line, stop in text:gmatch "([^\n]*)(\n?)" do
    nodes[#nodes + 1] = line ~= "" and text_node(line) or nil
    nodes[#nodes + 1] = stop ~= "" and { type = "hardBreak" } or nil
  end
  return nodes
end

local function paragraph(text)
  return node("paragraph", lines_of(text))
end

local function fitted(text, most)
  return cut.text(text, math.max(most // 1 | 0, 1), cut.characters, markup.plain)
end

local function field_of(field, share)
  local nodes = lines_of(fitted(field[2], LIMITS.field * share))
  table.insert(nodes, 1, text_node(fitted(field[1], LIMITS.field * share) .. ": ", { type = "strong" }))
  return node("paragraph", nodes)
end

local function table_of(shown, share)
  local lines = grid.lines(shown.columns, shown.rows, LIMITS.rows * share // 1 | 0)
  return node("codeBlock", { text_node(fitted(table.concat(lines, "\n"), LIMITS.text * share)) })
end

local function mention_of(name, people)
  local id = people[name]
  if not id then
    return text_node("@" .. fitted(card.show(name), LIMITS.field))
  end
  return { type = "mention", attrs = { id = id, text = "@" .. name } }
end

local function mentions(shown, people)
  local nodes = {}
  for _, name in ipairs(shown.mention) do
    nodes[#nodes + 1] = #nodes > 0 and text_node " " or nil
    nodes[#nodes + 1] = mention_of(name, people)
  end
  return node("paragraph", nodes)
end

local function last_of(shown)
  local words = {}
  words[1] = shown.state
  words[#words + 1] = shown.severity
  words[#words + 1] = shown.origin
  return fitted(table.concat(words, " · "), LIMITS.field)
end

-- `first` is said above everything else: a comment has no summary.
local function document_of(shown, options, share, first)
  local blocks = json.array {}
  local function add(is_there, block, ...)
    if is_there then
      blocks[#blocks + 1] = block(...)
    end
  end
  local link = markup.link(shown.link)
  local last = last_of(shown)
  add(first, paragraph, first and fitted(first, LIMITS.text * share))
  add(shown.text, paragraph, shown.text and fitted(shown.text, LIMITS.text * share))
  add(#shown.mention > 0, mentions, shown, options.people)
  for i = 1, math.min(#shown.fields, LIMITS.fields * share // 1 | 0) do
    add(true, field_of, shown.fields[i], share)
  end
  add(#shown.columns > 0, table_of, shown, share)
  add(link, function()
    return node("paragraph", { text_node(link, { type = "link", attrs = { href = link } }) })
  end)
  add(last ~= "", paragraph, last)
  return node("doc", blocks, { version = 1 })
end

-- ---- requests ----

local function post(path, build)
  return { method = "POST", path = path, body = cut.fit(LIMITS.body, function(share)
    return json.encode(build(share))
  end) }
end

-- An issue is called by its key in an address, which this service made: letters and digits.
local function issue_path(memo, rest)
  return ("%s/%s%s"):format(ISSUES, (memo.id:gsub("[^%w-]", "")), rest)
end

local function quoted(text)
  return '"' .. text:gsub('["\\]', "\\%0") .. '"'
end

-- "https://example.atlassian.net/browse/OPS-7" of the address that the API gives.
local function remember(issue)
  local site = card.show(issue.self):match "^(https?://[^/]+)/rest/api/"
  return { id = issue.key, link = site and ("%s/browse/%s"):format(site, issue.key) or nil }
end

local function is_issue(value)
  return type(value) == "table" and type(value.key) == "string" and value.key ~= ""
end

local steps = {}

steps.search = {
  ask = function(event, options)
    return post("/rest/api/3/search/jql", function()
      return {
        jql = ("project = %s AND labels = %s"):format(quoted(options.project),
          quoted(ticket.mark(event, options))),
        fields = { "status" },
        maxResults = 1,
      }
    end)
  end,
  read = function(answer)
    local issues = type(answer.issues) == "table" and answer.issues
    if not issues then
      return "retry"
    end
    return ticket.found(is_issue(issues[1]) and remember(issues[1]) or nil)
  end,
  played = function()
    return 200, { issues = json.array {} }
  end,
}

steps.create = {
  ask = function(event, options)
    local shown = card.of(event)
    local title = card.line(shown):gsub("%s+", " ")
    return post(ISSUES, function(share)
      -- What the summary has no room for.
      local first = cut.characters(title) > LIMITS.summary and title or nil
      local fields = {
        project = { key = options.project },
        issuetype = { name = options.issue_type or ISSUE_TYPE },
        labels = { "ccgate", ticket.mark(event, options) },
        summary = fitted(title, LIMITS.summary),
        description = document_of(shown, options, share, first),
      }
      return { fields = card.put_raw(fields, shown.raw, "labels") }
    end)
  end,
  read = function(answer)
    if not is_issue(answer) then
      return "retry"
    end
    return "done", remember(answer)
  end,
  played = function(request)
    local id = tostring(10000 + request.number)
    return 201, {
      id = id, key = ("%s-%d"):format(json.decode(request.body).fields.project.key, request.number),
      self = PLAYED_SITE .. ISSUES .. "/" .. id,
    }
  end,
}

local function comment_of(event, options, share)
  local shown = card.of(event)
  return document_of(shown, options, share, card.line(shown))
end

steps.comment = {
  ask = function(event, options, memo)
    return post(issue_path(memo, "/comment"), function(share)
      return { body = comment_of(event, options, share) }
    end)
  end,
  read = function(_, memo)
    return "done", memo
  end,
  played = function(request)
    return 201, { id = tostring(10000 + request.number) }
  end,
}

local function is_done(status)
  local category = type(status) == "table" and status.statusCategory
  return type(category) == "table" and category.key == "done"
end

local function list_of(value)
  return type(value) == "table" and value or {}
end

-- Which move leads to the end differs from project to project; people may have made it.
steps.look = {
  ask = function(_, _, memo)
    return { method = "GET", path = issue_path(memo, "?fields=status&expand=transitions") }
  end,
  read = function(answer, memo)
    if is_done(list_of(answer.fields).status) then
      return "done", memo
    end
    for _, transition in ipairs(list_of(answer.transitions)) do
      if type(transition) == "table" and is_done(transition.to) then
        return "again", { id = memo.id, link = memo.link, seen = card.show(transition.id) }
      end
    end
    return "dead"
  end,
  played = function()
    local open, done = { statusCategory = { key = "new" } }, { statusCategory = { key = "done" } }
    return 200, { fields = { status = open }, transitions = json.array { { id = "31", to = done } } }
  end,
}

steps.close = {
  ask = function(event, options, memo)
    return post(issue_path(memo, "/transitions"), function(share)
      return {
        transition = { id = memo.seen },
        update = { comment = { { add = { body = comment_of(event, options, share) } } } },
      }
    end)
  end,
  read = function(_, memo)
    return "done", { id = memo.id, link = memo.link }
  end,
  played = function()
    return 204
  end,
}

local render, classify, played = ticket.kind(steps)

return {
  doc = "Opens an issue of Jira Cloud for each alert, comments on it, and closes it with the clear.",

  options = networked {
    url = "required",
    user = "optional",
    password = "required",
    project = "required",
    issue_type = "optional",
  },

  -- 2026-11: limits are by quota and burst, an issue takes few writes at a time, by
  -- https://developer.atlassian.com/cloud/jira/platform/rate-limiting/; ours is far below.
  rate = 5,
  remembers = true,
  render = render,
  classify = classify,
  played = played,
}
