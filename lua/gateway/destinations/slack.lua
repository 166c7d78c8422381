--- Slack: an incoming webhook. Its URL is the secret, and all there is to configure.

local card = require("gateway.card")
local classify = require("gateway.classify")
local cut = require("gateway.cut")
local grid = require("gateway.grid")
local json = require("gateway.json")
local markup = require("gateway.markup")
local networked = require("gateway.networked")

-- 2026-11: https://docs.slack.dev/reference/block-kit/blocks (header, section), in
-- characters; about 13,000 of them in a message by
-- https://github.com/slackapi/bolt-js/issues/2509, here in bytes to be sure.
local LIMITS <const> = {
  header = 150, section = 3000, fields = 10, field = 2000, message = 13000,
  -- Our own: what is more is no message any more.
  fallback = 400, line = 500, rows = 40,
}

-- Of the text that a section is made of, for the letters and mentions around it.
local ROOM <const> = 20

local MARKS <const> = { critical = "🔴", error = "🔴", warning = "🟠", info = "🔵" }
local OTHER <const>, CLEARED <const> = "⚪", "🟢"

local function mark_of(shown)
  if shown.is_cleared then
    return CLEARED .. " "
  end
  return shown.severity and (MARKS[shown.band] or OTHER) .. " " or ""
end

local function fitted(text, most, escape)
  return cut.text(text, most // 1 | 0, cut.characters, escape or markup.slack)
end

local function mrkdwn(text)
  return { type = "mrkdwn", text = text }
end

local function section(text)
  return { type = "section", text = mrkdwn(text) }
end

-- ---- blocks ----

local function header(shown)
  local text = mark_of(shown) .. shown.title
  return { type = "header", text = {
    type = "plain_text", emoji = true, text = fitted(text, LIMITS.header, markup.plain),
  } }
end

-- An id of Slack: U… and W… are people, S… groups of them.
local function mention_of(name, people)
  if name == "all" then
    return "<!channel>"
  end
  local id = people[name]
  if not id then
    return "@" .. fitted(card.show(name), LIMITS.line)
  end
  return (id:find("^S") and "<!subteam^%s>" or "<@%s>"):format(markup.slack(id))
end

local function mentions(shown, people)
  local words = {}
  for i, name in ipairs(shown.mention) do
    words[i] = mention_of(name, people)
  end
  return fitted(table.concat(words, " "), LIMITS.section, markup.plain)
end

local function fields_of(shown, share)
  local fields = {}
  for i = 1, math.min(#shown.fields, LIMITS.fields) do
    local name, value = table.unpack(shown.fields[i])
    local most = LIMITS.field * share
    fields[i] = mrkdwn(("*%s*\n%s"):format(fitted(name, most / 4), fitted(value, most / 2)))
  end
  return { type = "section", fields = fields }
end

local function table_of(shown, share)
  local lines = grid.lines(shown.columns, shown.rows, LIMITS.rows * share // 1 | 0)
  local most = LIMITS.section * share - ROOM
  return section("```\n" .. fitted(table.concat(lines, "\n"), most, markup.slack_code) .. "\n```")
end

local function last_of(shown)
  local words = {}
  words[1] = shown.state
  words[#words + 1] = shown.severity
  words[#words + 1] = shown.origin
  return fitted(table.concat(words, " · "), LIMITS.line)
end

local function blocks_of(shown, options, share)
  local blocks = json.array {}
  local function add(is_there, block, ...)
    if is_there then
      blocks[#blocks + 1] = block(...)
    end
  end
  local link = markup.link(shown.link)
  local last = last_of(shown)
  add(shown.title, header, shown)
  -- What the header had no room for.
  add(shown.title and cut.characters(mark_of(shown) .. shown.title) > LIMITS.header, function()
    return section(fitted(shown.title, LIMITS.section * share))
  end)
  add(shown.text, function()
    return section(fitted(shown.text, LIMITS.section * share))
  end)
  add(#shown.mention > 0, function()
    return section(mentions(shown, options.people))
  end)
  add(#shown.fields > 0, fields_of, shown, share)
  add(#shown.columns > 0, table_of, shown, share)
  add(link and #link < LIMITS.section - ROOM, function()
    return section(("<%s|Open>"):format(link))
  end)
  add(last ~= "", function()
    return { type = "context", elements = { mrkdwn(last) } }
  end)
  return blocks
end

-- What a notification shows, and a client that knows no blocks.
local function fallback_of(shown)
  local text = mark_of(shown) .. card.line(shown)
  if shown.state then
    return fitted(text, LIMITS.fallback) .. " — " .. fitted(shown.state, LIMITS.line)
  end
  return fitted(text, LIMITS.fallback)
end

-- ---- what its errors mean ----

-- https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks: plain words.
-- A message that is wrong stays wrong; an address that is wrong waits for people.
local ERRORS <const> = {
  invalid_payload = "dead", invalid_blocks = "dead", no_text = "dead",
  too_many_attachments = "dead", user_not_found = "dead", channel_is_archived = "dead",
  no_service = "slow", no_service_id = "slow", no_active_hooks = "slow", no_team = "slow",
  team_disabled = "slow", invalid_token = "slow", action_prohibited = "slow",
  channel_not_found = "slow", posting_to_general_channel_denied = "slow",
  rollup_error = "retry",
}

return {
  doc = "Posts to a channel of Slack by an incoming webhook.",

  options = networked { url = "required" },

  -- 2026-11: "about 1/s with short bursts" of https://api.slack.com/docs/rate-limits
  rate = 1,
  merges = true,

  render = function(event, options)
    local shown = card.of(event, options.severities)
    return {
      method = "POST",
      headers = { ["content-type"] = "application/json" },
      fresh = true,
      body = cut.fit(LIMITS.message, function(share)
        local body = { text = fallback_of(shown), blocks = blocks_of(shown, options, share) }
        if #body.blocks == 0 then
          body.blocks = nil
        end
        return json.encode(card.put_raw(body, shown.raw))
      end),
    }
  end,

  classify = function(answer)
    local word = answer.body:match("^%s*([%l_]+)%s*$")
    if not answer.error and ERRORS[word] then
      return ERRORS[word]
    end
    return classify.of_service(answer)
  end,
}
