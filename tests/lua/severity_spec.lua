--- Severities of a gateway's own: in rules, and to those who know four words.
local cjson = require "cjson"
local events = require "lua.events"
local fake_core = require "lua.fake_core"

local SCALE <const> = { "hint", "warning", "serious", "critical", "disaster" }

local function load(lines)
  local setup = { severities = SCALE }
  for key, given in pairs(fake_core.SETUP) do
    setup[key] = given
  end
  return fake_core.load('local gw = require "gateway"\ngw.rule "x" {\n  from = gw.queues(),\n' .. lines .. "\n}",
    { setup = setup })
end

describe("severities of one's own", function()
  it("have an order, in levels and in entries", function()
    local host = load [[
  levels = {
    { "hint", when = gw.above("calls_waiting", 1) },
    { "serious", when = gw.above("calls_waiting", 5) },
    { "disaster", when = gw.above("calls_waiting", 9) },
  },
  send = { "book", { to = "floor-chat", from = "serious" } },]]
    assert.same({}, fake_core.lines(host))
    host:sample { { id = 7, calls_waiting = 10 } }
    local event = cjson.decode(host.alerts[1].event)
    assert.equal("disaster", event.severity)
    assert.same({ "serious", "critical", "disaster" }, event.send[2].only)
  end)

  it("are words that are known", function()
    assert.same({
      "4: rule 'x': severity: no severity 'disastr' (did you mean 'disaster'?)",
    }, fake_core.lines(load '  severity = "disastr",\n  when = gw.above("calls_waiting", 1),'))
    assert.same({
      "4: rule 'x': severity: no severity 'info'; known: hint, warning, serious, critical and disaster",
    }, fake_core.lines(load '  severity = "info",\n  when = gw.above("calls_waiting", 1),'))
    assert.same({
      "4: rule 'x': levels: 'hint' stands behind 'serious': levels go from the least to the worst",
    }, fake_core.lines(load [[
  levels = { { "serious", when = gw.above("calls_waiting", 5) }, { "hint", when = gw.above("calls_waiting", 9) } },]]))
  end)
end)

describe("those who know four words", function()
  local band = require "gateway.band"

  it("are told one of them", function()
    local told = {}
    for index, word in ipairs(SCALE) do
      told[index] = band.of(word, SCALE)
    end
    assert.same({ "info", "warning", "error", "critical", "critical" }, told)
    assert.equal("error", band.of "error")
    assert.is_nil(band.of("disaster"))
    assert.is_nil(band.of(nil, SCALE))
  end)

  it("see it in colours and words", function()
    local event = events.raise { severity = "disaster" }
    local options = { people = {}, severities = SCALE, id = "m" }
    assert.matches("🔴", require("gateway.destinations.slack").render(event, options).body, 1, true)
    assert.matches('"Attention"', require("gateway.destinations.teams").render(event, options).body, 1, true)
    assert.matches('"severity":"critical"', require("gateway.destinations.pagerduty").render(event, options).body,
      1, true)
  end)

  it("hear of the worst of many", function()
    local digest, list = require "gateway.digest", {}
    for index, word in ipairs { "critical", "disaster", "hint" } do
      list[index] = cjson.encode(events.raise { severity = word })
    end
    assert.equal("disaster", digest.of(list, SCALE).data.severity)
    assert.equal("critical", digest.of(list).data.severity)
  end)
end)
