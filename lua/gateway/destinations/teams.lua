--- Microsoft Teams: a workflow that posts an adaptive card. Its URL is the secret.

local card = require("gateway.card")
local classify = require("gateway.classify")
local cut = require("gateway.cut")
local json = require("gateway.json")
local markup = require("gateway.markup")
local networked = require("gateway.networked")

-- 2026-11: "about 28 KB" of
-- https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook
local LIMITS <const> = {
  message = 28000,
  -- Our own, in characters: what is more is no card any more.
  title = 500, text = 4000, fact = 1000, facts = 20, line = 500, rows = 30, cell = 80, columns = 8,
}

local COLORS <const> = {
  critical = "Attention", error = "Attention", warning = "Warning", info = "Accent",
}

local function color_of(shown)
  return shown.is_cleared and "Good" or COLORS[shown.band] or "Default"
end

local function fitted(text, most)
  return cut.text(text, math.max(most // 1 | 0, 1), cut.characters, markup.card)
end

local function text_block(text, more)
  local block = more or {}
  block.type, block.text, block.wrap = "TextBlock", text, true
  return block
end

-- ---- blocks ----

local function facts_of(shown, share)
  local facts = {}
  for i = 1, math.min(#shown.fields, LIMITS.facts) do
    local name, value = table.unpack(shown.fields[i])
    facts[i] = { title = fitted(name, LIMITS.fact * share), value = fitted(value, LIMITS.fact * share) }
  end
  return { type = "FactSet", facts = facts }
end

-- Version 1.4 has no tables: columns beside each other, whose cells do not wrap, so that
-- the rows stay level.
local function column_of(shown, number, count, share)
  local function cell(text, more)
    local block = text_block(fitted(text, LIMITS.cell * share), more)
    block.wrap = false
    return block
  end
  local items = { cell(shown.columns[number], { weight = "Bolder" }) }
  for i = 1, count do
    items[i + 1] = cell(shown.rows[i][number], { spacing = "None" })
  end
  return { type = "Column", width = number == 1 and "stretch" or "auto", items = items }
end

local function add_table(body, shown, share)
  local count = math.min(#shown.rows, LIMITS.rows * share // 1 | 0)
  local columns = {}
  for number = 1, math.min(#shown.columns, LIMITS.columns) do
    columns[number] = column_of(shown, number, count, share)
  end
  body[#body + 1] = { type = "ColumnSet", columns = columns }
  if count < #shown.rows then
    body[#body + 1] = text_block(("… and %d more"):format(#shown.rows - count), { isSubtle = true })
  end
end

-- The text that names the people, and what makes names of it. Nobody can be reached by
-- a name that is not in [people]; a whole channel never.
local function mentions_of(shown, people)
  local words, entities = {}, json.array {}
  for i, name in ipairs(shown.mention) do
    local id = people[name]
    if id then
      words[i] = ("<at>%s</at>"):format(markup.card(name))
      entities[#entities + 1] = {
        type = "mention", text = words[i], mentioned = { id = id, name = name },
      }
    else
      words[i] = fitted(card.show(name), LIMITS.line)
    end
  end
  return table.concat(words, " "), entities
end

local function last_of(shown)
  local words = {}
  words[1] = shown.state
  words[#words + 1] = shown.severity
  words[#words + 1] = shown.origin
  return fitted(table.concat(words, " · "), LIMITS.line)
end

local function body_of(shown, mentions, share)
  local body = {}
  local function add(is_there, make, ...)
    if is_there then
      body[#body + 1] = make(...)
    end
  end
  add(shown.title, function()
    return text_block(fitted(shown.title, LIMITS.title),
      { weight = "Bolder", size = "Medium", color = color_of(shown) })
  end)
  add(shown.text, function()
    return text_block(fitted(shown.text, LIMITS.text * share))
  end)
  add(mentions ~= "", text_block, mentions)
  add(#shown.fields > 0, facts_of, shown, share)
  if #shown.columns > 0 then
    add_table(body, shown, share)
  end
  local last = last_of(shown)
  add(last ~= "", text_block, last, { isSubtle = true })
  -- A card without anything in it would be refused.
  add(#body == 0, text_block, card.line(shown))
  return body
end

local function card_of(shown, options, share)
  local mentions, entities = mentions_of(shown, options.people)
  local link = markup.link(shown.link)
  return {
    ["$schema"] = "http://adaptivecards.io/schemas/adaptive-card.json",
    type = "AdaptiveCard",
    version = "1.4",
    body = body_of(shown, mentions, share),
    actions = link and { { type = "Action.OpenUrl", title = "Open", url = link } } or nil,
    msteams = { width = "Full", entities = #entities > 0 and entities or nil },
  }
end

-- An answer of 200 may tell of one that Teams gave to the workflow.
local INNER <const> = "HTTP error (%d%d%d)"

return {
  doc = "Posts an adaptive card to a channel of Microsoft Teams by a workflow.",

  options = networked { url = "required" },

  -- 2026-11: "more than four requests per second" are throttled, by the page above; half
  -- of it, since others may post to the same workflow.
  rate = 2,
  merges = true,

  render = function(event, options)
    local shown = card.of(event, options.severities)
    return {
      method = "POST",
      headers = { ["content-type"] = "application/json" },
      fresh = true,
      body = cut.fit(LIMITS.message, function(share)
        local body = { type = "message", attachments = { {
          contentType = "application/vnd.microsoft.card.adaptive",
          contentUrl = json.null,
          content = card_of(shown, options, share),
        } } }
        return json.encode(card.put_raw(body, shown.raw))
      end),
    }
  end,

  -- 202 is all that a workflow ever says: taken, not shown yet.
  classify = function(answer)
    local inner = tonumber(answer.body:match(INNER))
    if answer.status == 200 and inner then
      return classify { status = inner, refusals = answer.refusals }
    end
    return classify.of_service(answer)
  end,
}
