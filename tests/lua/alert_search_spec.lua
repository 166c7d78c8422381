local alert_search = require "gateway.alert_search"
local alert_state = require "gateway.alert_state"
local json = require "gateway.json"

local NOW <const> = 1763661900
local DAY <const> = 86400

-- How alerts that were raised at these times are counted; the state of the last of them.
local function raised(times)
  local text
  for _, at in ipairs(times) do
    text = json.encode { raises = alert_state.raises(text, at) }
  end
  return #json.decode(text).raises, text
end

local function record(changes)
  local state = {
    started_at = NOW - 60, severity = "warning", labels = { queue = "sales", agent = 1099 }, summary = "busy",
    told = json.array {}, raises = { NOW - DAY, NOW - 60 },
  }
  for name, value in pairs(changes or {}) do
    state[name] = value
  end
  return {
    fingerprint = "f00", opening = 2, center = "main", rule = "wait", key = "7", script = "a",
    raised = not state.ended_at,
    state = json.encode(state), refs = changes and changes.refs or "{}",
  }
end

local function search(word, question, records)
  local found = alert_search.new(word, json.encode(question), NOW)
  for _, one in ipairs(records) do
    if found.wants(one.rule, one.key, one.center, one.raised) then
      found.add(one)
    end
  end
  return json.decode(found.finish())
end

describe("the times of raises", function()
  it("are those of 35 days, the newest 200 of them", function()
    assert.equal(1, (raised { NOW }))
    assert.equal(2, (raised { NOW - 34 * DAY, NOW }))
    assert.equal(1, (raised { NOW - 36 * DAY, NOW }))
    local many = {}
    for i = 1, 500 do
      many[i] = NOW + i
    end
    local count, text = raised(many)
    assert.equal(200, count)
    assert.equal(NOW + 301, json.decode(text).raises[1])
  end)
end)

describe("a search of alerts", function()
  it("finds what fits", function()
    for _, question in ipairs {
      {}, { rule = "wait" }, { key = "7" }, { center = "main" }, { severity = "warning" }, { queue = "sales" },
      { agent = "1099" }, { acked = false }, { status = "raised" }, { since = NOW - 60 },
    } do
      assert.equal(1, #search("alerts", question, { record() }), json.encode(question))
    end
    for _, question in ipairs {
      { rule = "x" }, { key = "8" }, { center = "x" }, { severity = "info" }, { queue = "x" }, { agent = "1" },
      { acked = true }, { status = "cleared" }, { since = NOW - 59 }, { ref = "OPS-7" },
    } do
      assert.equal(0, #search("alerts", question, { record() }), json.encode(question))
    end
    assert.equal(1, #search("alerts", { ref = "OPS-7" }, { record { refs = '{"jira":{"id":"OPS-7"}}' } }))
    assert.equal(1, #search("alerts", { acked = true }, { record { acked = { by = "a", at = NOW } } }))
  end)

  it("tells how long a cleared one was raised", function()
    local over = search("alerts", { status = "cleared" }, { record { ended_at = NOW - 20 } })[1]
    assert.same({ "cleared", 40, NOW - 20, "f00-2" }, { over.status, over.age, over.ended_at, over.id })
  end)

  it("counts raises of all that fit", function()
    local both = { record(), record { ended_at = NOW - 20 } }
    assert.equal(4, search("raises", {}, both))
    assert.equal(2, search("raises", { since = NOW - 60 }, both))
    assert.equal(2, search("raises", { status = "cleared" }, both))
    -- The form before raises were counted.
    assert.equal(1, search("raises", {}, { record { raises = json.null } }))
  end)

  it("has its limit", function()
    local many = {}
    for i = 1, 1001 do
      many[i] = record()
    end
    assert.has_error(function()
      search("alerts", {}, many)
    end, "more than 1000 alerts: ask for fewer, by rule, key, queue or since")
  end)
end)
