local digest = require "gateway.digest"
local json = require "gateway.json"
local slack = require "gateway.destinations.slack"
local teams = require "gateway.destinations.teams"

local function message(kind, key, more)
  local data = {
    kind = kind, rule = "queue-wait", key = key, severity = "warning",
    status = kind == "clear" and "cleared" or "raised",
    summary = ("Queue %s: 7 waiting"):format(key),
    cleared = kind == "clear" and ("Queue %s: 7 waiting — over after 2m"):format(key) or json.null,
    mention = json.array {},
  }
  for name, value in pairs(more or {}) do
    data[name] = value
  end
  return json.encode { type = "alert." .. kind, timestamp = "2026-11-20T18:05:00Z", data = data }
end

describe("a digest", function()
  it("says how many, and each in words while they are few", function()
    local event = digest.of {
      message("raise", "7"), message("level", "8", { severity = "critical" }),
      message("remind", "9"), message("clear", "7"),
    }
    assert.equal("alert.digest", event.type)
    assert.equal("digest", event.data.kind)
    assert.equal("raised", event.data.status)
    assert.equal("critical", event.data.severity)
    assert.equal(4, event.data.n)
    assert.equal("4 messages of alerts: 1 raised, 1 changed, 1 still raised, 1 cleared", event.data.summary)
    assert.equal(table.concat({
      "raised (warning): Queue 7: 7 waiting",
      "changed (critical): Queue 8: 7 waiting",
      "still raised (warning): Queue 9: 7 waiting",
      "cleared: Queue 7: 7 waiting — over after 2m",
    }, "\n"), event.data.details)
  end)

  it("names all the others, with what became of them", function()
    local messages = {}
    for number = 1, 12 do
      messages[number] = message(number % 2 == 1 and "raise" or "clear", tostring(number))
    end
    local details = digest.of(messages).data.details
    assert.truthy(details:find("\nand 2 more: queue-wait/11 raised, queue-wait/12 cleared", 1, true))
    assert.falsy(details:find("queue-wait/10", 1, true))
  end)

  it("is over when all is", function()
    local event = digest.of { message("clear", "7"), message("clear", "8", { severity = "critical" }) }
    assert.equal("cleared", event.data.status)
    assert.is_nil(event.data.severity)
  end)

  it("mentions everybody once", function()
    local event = digest.of {
      message("raise", "7", { mention = json.array { "ayse", "all" } }),
      message("raise", "8", { mention = json.array { "ayse" } }),
    }
    assert.same({ "ayse", "all" }, event.data.mention)
  end)

  it("keeps a line a line, and characters whole", function()
    local event = digest.of {
      message("raise", "7", { summary = "first\nsecond" }),
      message("raise", "8", { summary = ("ü"):rep(400) }),
    }
    local lines = {}
    for line in event.data.details:gmatch("[^\n]+") do
      lines[#lines + 1] = line
    end
    assert.equal(2, #lines)
    assert.equal("raised (warning): first second", lines[1])
    assert.truthy(utf8.len(lines[2]))
    assert.truthy(lines[2]:find("ü…$"))
  end)

  it("can be shown wherever messages are merged", function()
    local event = digest.of { message("raise", "7"), message("clear", "8") }
    for _, kind in ipairs { slack, teams } do
      assert.is_true(kind.merges)
      local body = kind.render(event, { people = {} }).body
      assert.truthy(body:find("2 messages of alerts: 1 raised, 1 cleared", 1, true))
      assert.truthy(body:find("cleared: Queue 8: 7 waiting", 1, true))
    end
  end)
end)
