local cjson = require "cjson"
local fake_core = require "lua.fake_core"

local ROW <const> = {
  name = "Sales", calls_waiting = 7, longest_wait_5m = 135, service_level_5m = 0.875,
  mean = 12.5, at = 1763661900, open = true, list = {}, short = 0.25,
}

describe("gw.template", function()
  local gw

  setup(function()
    fake_core.host ""
    gw = require "gateway"
  end)

  local good = {
    { "", "" },
    { "no fields", "no fields" },
    { "{name}: {calls_waiting} waiting", "Sales: 7 waiting" },
    { "longest {longest_wait_5m:duration}", "longest 2m15s" },
    { "{mean:duration} {short:duration}", "13s 250ms" },
    { "{service_level_5m:percent}", "87.5%" },
    { "{calls_waiting:percent}", "700%" },
    { "{at:time}", "2025-11-20 21:05:00" },
    { "{mean:.1f} {calls_waiting:.2f}", "12.5 7.00" },
    { "{mean} {service_level_5m} {open}", "12.5 0.875 true" },
    { "{missing} {missing:duration}", "– –" },
    { "{{name}} {{{name}", "{name}} {Sales" },
    { "100%d } %s", "100%d } %s" },
  }
  for _, case in ipairs(good) do
    it("renders '" .. case[1] .. "'", function()
      assert.equal(case[2], gw.template(case[1], ROW))
    end)
  end

  local bad = {
    { "{name", "'{name' has no closing brace; a brace itself is written {{" },
    { "{}", "'{}' does not name a field; a brace itself is written {{" },
    { "{a b}", "'{a b}' does not name a field; a brace itself is written {{" },
    { "{name:}", "'{name:}': unknown format ''; known: duration, percent, time and .1f" },
    { "{name:percnt}", "'{name:percnt}': unknown format 'percnt' (did you mean 'percent'?)" },
    { "{mean:.99f}", "'{mean:.99f}': unknown format '.99f'" },
    { "{name:duration}", "'Sales' cannot be shown as a duration" },
    { "{name:.1f}", "'Sales' cannot be shown as a number" },
    { "{list}", "a table cannot be shown in a text" },
  }
  for _, case in ipairs(bad) do
    it("refuses '" .. case[1] .. "'", function()
      local ok, mistake = pcall(gw.template, case[1], ROW)
      assert.is_false(ok)
      assert.equal("gw.template: " .. case[2], string.sub(mistake, 1, #case[2] + 13))
    end)
  end

  it("needs a text and a row", function()
    assert.has_error(function() gw.template(5, ROW) end, "gw.template: a text is needed, not 5")
    assert.has_error(function() gw.template "x" end, "gw.template: a row or a table is needed, not nothing")
  end)
end)

describe("a time in a text", function()
  local function summary(zones, from)
    local setup = {}
    for key, given in pairs(fake_core.SETUP) do
      setup[key] = given
    end
    setup.centers = { setmetatable({ zone = zones }, { __index = fake_core.SETUP.centers[1] }) }
    local host = fake_core.load('local gw = require "gateway"\ngw.rule "x" { from = gw.agents { queues = "all" }, '
      .. from .. 'when = gw.equal("state", "rest"), summary = "{signed_in_at:time}" }', { setup = setup })
    assert.same({}, fake_core.lines(host))
    host:sample({ { id = 1099, state = "rest", signed_in_at = 1763661900 } }, 0, "agents")
    return cjson.decode(host.alerts[1].event).summary
  end

  it("is on the clock of the rule's calendar, else of its centre", function()
    assert.equal("2025-11-20 13:05:00", summary("America/New_York", ""))
    assert.equal("2025-11-20 21:05:00", summary("America/New_York", 'during = "office", '))
  end)
end)
