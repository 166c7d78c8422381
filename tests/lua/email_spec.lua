local email = require "gateway.destinations.email"
local events = require "lua.events"
local letter = require "gateway.letter"

local OPTIONS <const> = {
  id = "msg_1", from = "ccgate@example.com", to = "ops@example.com,lead@example.com",
  people = { ayse = "ayse@example.com", boss = "ops@example.com", evil = "a@b\r\nBcc: x@y" },
}

local function render(event)
  return email.render(event, OPTIONS, {})
end

local function head(request, name)
  local unfolded = request.body:match("^(.-\r\n)\r\n"):gsub("\r\n ", " ")
  return ("\r\n" .. unfolded):match("\r\n" .. name:gsub("%-", "%%-") .. ": ([^\r]*)")
end

local PLACES <const> = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local function decode(text)
  local bits = text:gsub("[^%w+/]", ""):gsub(".", function(character)
    local place, out = PLACES:find(character, 1, true) - 1, ""
    for shift = 5, 0, -1 do
      out = out .. (place >> shift & 1)
    end
    return out
  end)
  return (bits:sub(1, #bits // 8 * 8):gsub("%d%d%d%d%d%d%d%d", function(byte)
    return string.char(tonumber(byte, 2))
  end))
end

local function text(request)
  return decode(request.body:match("\r\n\r\n(.*)$"))
end

local function subject(request)
  return (head(request, "Subject"):gsub("=%?UTF%-8%?B%?(.-)%?= ?", decode))
end

describe("email", function()
  it("writes what everybody can read", function()
    local request = render(events.raise { details = "Look\nat once", link = "https://example.com/x" })
    assert.same({ "ops@example.com", "lead@example.com" }, request.to)
    assert.equal("[critical] sales: 9 waiting", subject(request))
    assert.equal("sales: 9 waiting\r\nLook\r\nat once\r\nWhy: calls_waiting is 9 (above 5)\r\nhttps://example.com/x\r\n"
      .. "\r\nqueue-wait/7 · main\r\n", text(request))
    assert.equal("Thu, 20 Nov 2025 18:05:00 +0000", head(request, "Date"))
    assert.equal("<msg_1@example.com>", head(request, "Message-ID"))
    assert.equal("<f00-1@example.com>", head(request, "References"))
  end)

  it("says that it is over", function()
    assert.equal("[over] sales: over", subject(render(events.clear { cleared = "sales: over" })))
  end)

  it("writes to those who are mentioned, once, and to nothing that is no address", function()
    local request = render(events.raise { mention = { "ayse", "boss", "evil", "nobody" } })
    assert.same({ "ops@example.com", "lead@example.com", "ayse@example.com" }, request.to)
    assert.is_nil(request.body:find "Bcc")
  end)

  it("keeps texts out of the head", function()
    local request = render(events.raise { summary = "x\r\nBcc: a@b\r\n\r\n.\r\nDATA", id = "f00-1" })
    assert.is_nil(request.body:find "Bcc")
    assert.equal("[critical] x Bcc: a@b . DATA", subject(request))
    for line in request.body:gmatch "(.-)\r\n" do
      assert.is_true(#line <= 78, line)
    end
    assert.is_nil(request.body:gsub("\r\n", ""):find "[\r\n]")
  end)

  it("cuts no character in two", function()
    local long = ("客"):rep(300)
    local request = render(events.raise { summary = long })
    assert.equal(200, utf8.len(subject(request)))
    for word in head(request, "Subject"):gmatch "%S+" do
      assert.is_true(#word <= 75)
      assert.truthy(utf8.len(decode(word:match "B%?(.*)%?=")))
    end
  end)

  it("shows tables and fields of a script's message", function()
    local request = render(events.message {
      title = "Today", fields = { { "Calls", 7 } }, table = { columns = { "queue", "n" }, rows = { { "sales", 3 } } },
    })
    assert.equal("Today", subject(request))
    assert.equal("Today\r\nCalls: 7\r\n\r\nqueue  n\r\nsales  3\r\n\r\n", text(request))
    assert.is_nil(head(request, "References"))
  end)

  it("knows what the server means", function()
    local means = {
      [250] = "done", [421] = "retry", [450] = "retry", [451] = "retry", [530] = "slow", [535] = "slow",
      [550] = "dead", [554] = "dead",
    }
    for status, verdict in pairs(means) do
      assert.equal(verdict, email.classify({ status = status, body = "" }, {}))
    end
    assert.equal("retry", email.classify({ status = 0, error = "timeout", body = "" }, {}))
  end)
end)

describe("letter.date", function()
  it("knows the days", function()
    for given, expected in pairs {
      ["1970-01-01T00:00:00Z"] = "Thu, 01 Jan 1970 00:00:00 +0000",
      ["2024-02-29T23:59:59Z"] = "Thu, 29 Feb 2024 23:59:59 +0000",
      ["2025-03-01T00:00:00Z"] = "Sat, 01 Mar 2025 00:00:00 +0000",
      ["2026-12-31T12:00:00Z"] = "Thu, 31 Dec 2026 12:00:00 +0000",
    } do
      assert.equal(expected, letter.date(given))
    end
    assert.is_nil(letter.date "")
  end)
end)
