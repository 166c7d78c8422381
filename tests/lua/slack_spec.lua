local events = require "lua.events"
local slack = require "gateway.destinations.slack"

local function blocks(event, options)
  local body = events.body(slack, event, options)
  return body.blocks, body
end

local function texts(event, options)
  local found = {}
  for i, block in ipairs(blocks(event, options)) do
    found[i] = block.text and block.text.text or block.elements and block.elements[1].text or ""
  end
  return found
end

describe("slack", function()
  it("shows a raise", function()
    local request = slack.render(events.raise(), { people = {} })
    assert.same({ ["content-type"] = "application/json" }, request.headers)
    assert.equal("POST", request.method)
    assert.is_true(request.fresh)
    assert.is_nil(request.url)
    assert.same({
      text = "🔴 sales: 9 waiting",
      blocks = {
        { type = "header", text = { type = "plain_text", emoji = true, text = "🔴 sales: 9 waiting" } },
        { type = "section", fields = {
          { type = "mrkdwn", text = "*Why*\ncalls_waiting is 9 (above 5)" },
        } },
        { type = "context", elements = { { type = "mrkdwn", text = "critical · queue-wait/7 · main" } } },
      },
    }, (events.body(slack, events.raise())))
  end)

  it("says when it is over", function()
    local found, body = blocks(events.clear())
    assert.equal("🟢 sales: 9 waiting — Cleared after 2m15s (recovered)", body.text)
    assert.equal(2, #found)
    assert.equal("Cleared after 2m15s (recovered) · critical · queue-wait/7 · main",
      found[2].elements[1].text)
  end)

  it("tells a level and a reminder", function()
    local level = texts(events.raise { kind = "level", was = "warning" })
    assert.equal("Now critical, was warning · critical · queue-wait/7 · main", level[3])
    local remind = texts(events.raise { kind = "remind", duration = 900 })
    assert.equal("Still raised after 15m · critical · queue-wait/7 · main", remind[3])
  end)

  it("marks severities, and one of one's own", function()
    for severity, mark in pairs { warning = "🟠", info = "🔵", disaster = "⚪" } do
      assert.equal(mark .. " sales: 9 waiting", (events.body(slack, events.raise { severity = severity })).text)
    end
    assert.equal("hello", (events.body(slack, events.message "hello")).text)
  end)

  it("shows what a text says and does not obey it", function()
    local found, body = blocks(events.raise {
      summary = "<!channel> a & b", details = "<https://evil.example|click> *", why = "x < y",
    })
    assert.equal("🔴 &lt;!channel&gt; a &amp; b", body.text)
    assert.equal("🔴 <!channel> a & b", found[1].text.text) -- plain_text has no markup
    assert.equal("&lt;https://evil.example|click&gt; *", found[2].text.text)
    assert.equal("*Why*\nx &lt; y", found[3].fields[1].text)
  end)

  it("links what is a web address", function()
    assert.equal("<https://example.com/a%7Cb%3E|Open>", texts(events.raise { link = "https://example.com/a|b>" })[3])
    assert.equal(3, #blocks(events.raise { link = "javascript:alert(1)" }))
    assert.equal(3, #blocks(events.raise { link = "https://example.com/a b" }))
  end)

  it("takes a neutral message", function()
    local found, body = blocks(events.message {
      title = "Waits", text = "today", severity = "info",
      fields = { { "Waiting", 7 }, { "Mean", 1.5 } },
      table = {
        columns = { "queue", "calls" }, rows = { { "sales", 12 }, { "`b`", 3 }, { queue = "c", calls = true } },
      },
    })
    assert.equal("🔵 Waits", body.text)
    assert.equal("today", found[2].text.text)
    assert.same({ { type = "mrkdwn", text = "*Waiting*\n7" }, { type = "mrkdwn", text = "*Mean*\n1.5" } },
      found[3].fields)
    assert.equal("```\nqueue  calls\nsales     12\nˋbˋ        3\nc      true\n```", found[4].text.text)
    assert.equal("info", found[5].elements[1].text)
  end)

  it("takes any other JSON as a text", function()
    assert.equal('{"a":1}', texts(events.message { a = 1 })[1])
    assert.equal("[1,2]", texts(events.message { 1, 2 })[1])
    assert.equal("7", texts(events.message(7))[1])
    assert.equal("(a message without text)", (events.body(slack, events.message "")).text)
  end)

  it("mentions people, and all only when asked to", function()
    local people = { ayse = "U024BE7LH", ops = "S0615G0KT" }
    assert.equal("<@U024BE7LH> <!subteam^S0615G0KT> @bob&lt; <!channel>",
      texts(events.message { text = "x", mention = { "ayse", "ops", "bob<", "all" } }, { people = people })[2])
    assert.equal("<@U024BE7LH>", texts(events.message { text = "x", mention = "ayse" }, { people = people })[2])
  end)

  it("puts raw in the place of what it rendered", function()
    local raw = { blocks = { { type = "divider" } }, mrkdwn = false }
    local body = events.body(slack, events.message { text = "x", raw = raw })
    assert.same({ text = "x", blocks = { { type = "divider" } }, mrkdwn = false }, body)
  end)

  it("stays within the limits", function()
    local long = ("<é&"):rep(3000)
    local rows = {}
    for i = 1, 500 do
      rows[i] = { long, i }
    end
    local fields = {}
    for i = 1, 14 do
      fields[i] = { long, long }
    end
    local cases = {
      events.raise { summary = long, details = long, why = long, severity = long, key = long },
      events.clear { summary = long, details = long, reason = long },
      events.message { title = long, text = long, fields = fields, table = { columns = { long, "n" }, rows = rows } },
      events.message(long),
    }
    for _, event in ipairs(cases) do
      local body, text = events.body(slack, event)
      assert(#text <= 13000, #text)
      for _, block in ipairs(body.blocks) do
        local most = block.type == "header" and 150 or 3000
        assert(utf8.len(block.text and block.text.text or "") <= most)
        assert(#(block.fields or {}) <= 10)
        for _, field in ipairs(block.fields or {}) do
          assert(utf8.len(field.text) <= 2000)
        end
      end
      assert.truthy(text:find("…", 1, true))
      assert.falsy(text:find("&[alg][^mt]", 1))
    end
    local last = blocks(cases[2])
    assert.truthy(last[#last].elements[1].text:find("^Cleared after 2m15s"))
    local code = blocks(cases[3])
    assert.truthy(code[#code].text.text:find("^```\n.*\n```$"))
  end)

  local ANSWERS <const> = {
    { 200, "ok", "done" }, { 200, "ok\n", "done" }, { 200, "", "done" }, { 200, "no_service", "slow" },
    { 200, "<html>sign in</html>", "retry" }, { 400, "invalid_payload", "dead" }, { 404, "no_service", "slow" },
    { 404, "channel_not_found", "slow" }, { 410, "channel_is_archived", "dead" }, { 410, "gone", "dead" },
    { 403, "invalid_token", "slow" }, { 403, "", "slow" }, { 500, "rollup_error", "retry" },
    { 429, "", "retry" }, { 400, "something_else", "retry" }, { 302, "", "retry" },
  }
  for _, case in ipairs(ANSWERS) do
    local status, body, verdict = table.unpack(case)
    it(("calls %d %q %s"):format(status, body, verdict), function()
      assert.equal(verdict, slack.classify { status = status, body = body, refusals = 1 })
    end)
  end

  it("tries again when no answer came", function()
    assert.equal("retry", slack.classify { error = "timeout", status = 0, body = "", refusals = 0 })
  end)
end)
