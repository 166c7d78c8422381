local events = require "lua.events"
local json = require "gateway.json"
local teams = require "gateway.destinations.teams"

local function content(event, options)
  local body = events.body(teams, event, options)
  return body.attachments[1].content, body
end

describe("teams", function()
  it("shows a raise", function()
    local body = events.body(teams, events.raise { link = "https://example.com/x" })
    assert.same({ type = "message", attachments = { {
      contentType = "application/vnd.microsoft.card.adaptive",
      contentUrl = json.null,
      content = {
        ["$schema"] = "http://adaptivecards.io/schemas/adaptive-card.json",
        type = "AdaptiveCard", version = "1.4", msteams = { width = "Full" },
        actions = { { type = "Action.OpenUrl", title = "Open", url = "https://example.com/x" } },
        body = {
          { type = "TextBlock", text = "sales: 9 waiting", wrap = true, weight = "Bolder", size = "Medium",
            color = "Attention" },
          { type = "FactSet", facts = { { title = "Why", value = "calls\\_waiting is 9 (above 5)" } } },
          { type = "TextBlock", text = "critical · queue-wait/7 · main", wrap = true, isSubtle = true },
        },
      },
    } } }, body)
    assert.is_true(teams.render(events.raise(), { people = {} }).fresh)
  end)

  it("says when it is over, in green", function()
    local card = content(events.clear())
    assert.equal("Good", card.body[1].color)
    assert.equal("Cleared after 2m15s (recovered) · critical · queue-wait/7 · main", card.body[2].text)
  end)

  it("colours severities, and leaves one of one's own", function()
    for severity, color in pairs { warning = "Warning", info = "Accent", disaster = "Default" } do
      assert.equal(color, content(events.raise { severity = severity }).body[1].color)
    end
  end)

  it("shows what a text says and does not obey it", function()
    local card = content(events.raise { summary = "[a](b) *c* <at>d</at>\nnext" })
    assert.equal("\\[a\\](b) \\*c\\* \\<at\\>d\\</at\\>\n\nnext", card.body[1].text)
  end)

  it("has columns for a table", function()
    local card = content(events.message {
      text = "x", table = { columns = { "queue", "calls" }, rows = { { "sales", 12 }, { "billing", 3 } } },
    })
    local set = card.body[2]
    assert.equal("ColumnSet", set.type)
    local cells = {}
    for i, column in ipairs(set.columns) do
      cells[i] = {}
      for j, item in ipairs(column.items) do
        cells[i][j] = item.text
        assert.is_false(item.wrap)
      end
    end
    assert.same({ { "queue", "sales", "billing" }, { "calls", "12", "3" } }, cells)
  end)

  it("mentions people it knows, and never all", function()
    local card = content(events.message { text = "x", mention = { "ayse", "bob", "all" } },
      { people = { ayse = "ayse@example.com" } })
    assert.equal("<at>ayse</at> bob all", card.body[2].text)
    assert.same({ {
      type = "mention", text = "<at>ayse</at>", mentioned = { id = "ayse@example.com", name = "ayse" },
    } }, card.msteams.entities)
  end)

  it("takes texts, other JSON and raw", function()
    assert.equal("hello", content(events.message "hello").body[1].text)
    assert.equal('{"a":1}', content(events.message { a = 1 }).body[1].text)
    assert.equal("(a message without text)", content(events.message "").body[1].text)
    local body = events.body(teams, events.message { text = "x", raw = { attachments = { { own = true } } } })
    assert.same({ type = "message", attachments = { { own = true } } }, body)
  end)

  it("stays within 28 kB and keeps the last line", function()
    local long = ("*客服"):rep(1000)
    local rows, fields = {}, {}
    for i = 1, 60 do
      rows[i] = { long, long, i }
    end
    for i = 1, 40 do
      fields[i] = { long, long }
    end
    local _, text = events.body(teams, events.message {
      title = long, text = long, fields = fields, table = { columns = { "a", "b", "c" }, rows = rows },
    })
    assert(#text <= 28000, #text)
    local card, _ = content(events.clear { summary = long, details = long })
    assert.truthy(card.body[#card.body].text:find("^Cleared after 2m15s"))
    assert.falsy(card.body[1].text:find("\\…", 1, true))
  end)

  local ANSWERS <const> = {
    { 202, "", "done" }, { 200, "1", "done" }, { 400, "", "retry" }, { 401, "", "slow" }, { 404, "", "retry" },
    { 410, "", "dead" }, { 429, "", "retry" }, { 502, "", "retry" }, { 200, "<html>", "retry" },
    { 200, "failed with error: Microsoft Teams endpoint returned HTTP error 429 with", "retry" },
    { 200, "failed with error: Microsoft Teams endpoint returned HTTP error 403 with", "slow" },
  }
  for _, case in ipairs(ANSWERS) do
    local status, body, verdict = table.unpack(case)
    it(("calls %d %q %s"):format(status, body, verdict), function()
      assert.equal(verdict, teams.classify { status = status, body = body, refusals = 1 })
    end)
  end
end)
