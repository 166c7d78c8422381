--- Rows that a rule makes: map, fields and key.
local cjson = require "cjson"
local fake_core = require "lua.fake_core"

local HEAD <const> = 'local gw = require "gateway"\n'

local function load(lines, from)
  return fake_core.load(string.format('%sgw.rule "x" {\n  from = gw.%s,\n%s\n}', HEAD,
    from or "queues { 1, 2, 7 }", lines))
end

local function good(lines, from)
  local host = load(lines, from)
  assert.same({}, fake_core.lines(host))
  return host
end

local function sorted(lines)
  table.sort(lines)
  return lines
end

local function told(host)
  local list = {}
  for index, alert in ipairs(host.alerts) do
    local event = cjson.decode(alert.event)
    list[index] = string.format("%s %s: %s", alert.kind, alert.key, event.summary)
  end
  host.alerts = {}
  return list
end

local LOAD <const> = [[
  fields = { load = "ratio" },
  map = function(rows)
    local list = {}
    for _, row in ipairs(rows) do
      if row.agents_signed_in > 0 then
        list[#list + 1] = gw.with(row, { load = row.calls_waiting / row.agents_signed_in })
      end
    end
    return list
  end,
  when = gw.above("load", "50%"),
  summary = "{name}: {load:percent} of {agents_signed_in}",
]]

describe("map", function()
  it("adds a field, and drops rows, which are gone then", function()
    local host = good(LOAD)
    host:sample {
      { id = 1, calls_waiting = 3, agents_signed_in = 4 }, { id = 2, calls_waiting = 0, agents_signed_in = 4 },
      { id = 7, calls_waiting = 9, agents_signed_in = 0 },
    }
    assert.same({ "raise 1: sales: 75% of 4" }, told(host))
    host:sample { { id = 1, calls_waiting = 3, agents_signed_in = 0 } }
    assert.equal("clear", host.alerts[1].kind)
    assert.equal("gone", cjson.decode(host.alerts[1].event).reason)
  end)

  it("sums up", function()
    local host = good [[
  map = function(rows)
    local sum = { id = 0, name = "all", calls_waiting = 0 }
    for _, row in ipairs(rows) do
      sum.calls_waiting = sum.calls_waiting + row.calls_waiting
    end
    return { sum }
  end,
  when = gw.above("calls_waiting", 4),
  summary = "{name}: {calls_waiting}", ]]
    host:sample { { id = 1, calls_waiting = 3 }, { id = 2, calls_waiting = 2 } }
    assert.equal("all", cjson.decode(host.alerts[1].event).labels.queue)
    assert.equal("queues", cjson.decode(host.alerts[1].event).labels.query)
    assert.same({ "raise 0: all: 5" }, told(host))
  end)

  it("gives every kind of value", function()
    local host = good([[
  map = function(rows) return { gw.with(rows[1], { state_age = 90.5, name = "Ada" }) } end,
  when = gw.in_state("rest", "1m"),
  summary = "{name} {state} {state_age:duration}", ]], "agents { queues = \"all\" }")
    host:sample({ { id = 1099, name = "A", state = "rest", state_code = 8, state_age = 12 } }, 0, "agents")
    assert.same({ "raise 1099: Ada rest 1m31s" }, told(host))
  end)

  local function fails(body, message)
    local host = good("  fields = { load = \"ratio\" },\n  map = function(rows) " .. body
      .. " end,\n  when = gw.above(\"load\", \"50%\"),")
    local ok, mistake = pcall(host.sample, host, { { id = 1, calls_waiting = 3 } })
    assert.is_false(ok)
    assert.equal(message, mistake)
  end

  it("that gives no list is told where it stands", function()
    local at = "scripts/queue_wait.lua:5: map: "
    fails("return nil", at .. "it gave nothing; a list of rows is needed")
    fails("return 5", at .. "it gave 5; a list of rows is needed")
    fails("return gw", at .. "it gave a gateway; a list of rows is needed")
    fails("return { sales = rows[1] }", at
      .. "it gave a table with the key 'sales'; a list of rows is needed: { { id = …, … } }")
    fails("return { 5 }", at .. "row 1: is 5; a row or a table is needed")
    fails("return { nil, rows[1] }", at .. "row 1: is nothing; a row or a table is needed")
    fails("return { gw.with(rows[1], { lod = 1 }) }", at
      .. "row 1: there is no field 'lod'; fields declares what is new (did you mean 'load'?)")
    fails("return { gw.with(rows[1], { load = 'x' }) }", at .. "row 1: 'load' is a number, not 'x'")
    fails("return { gw.with(rows[1], { load = 0/0 }) }", at .. "row 1: 'load' is a number, not "
      .. string.format("%.14g", 0 / 0))
    fails("return { { load = 1 } }", at .. "row 1: it has no id")
    fails("return { { id = 1.5 } }", at .. "row 1: 'id' is a whole number, not 1.5")
    fails("return { rows[1], rows[1] }", at .. "rows 1 and 2 both have the id 1")
  end)
end)

describe("fields", function()
  it("are checked", function()
    local host = load [[
  map = function(rows) return rows end,
  fields = {
    load = "ration",
    ["a b"] = "count",
    name = "text",
    key = "text",
    wait = 5,
    "text",
  },
  when = gw.above("calls_waiting", 5),]]
    assert.same({
      "6: rule 'x': fields: no unit 'ration' (did you mean 'ratio'?)",
      "7: rule 'x': fields: 'a b' is no name; it has letters, digits and _",
      "8: rule 'x': fields: 'name' is a field of Queue already; map may change it",
      "9: rule 'x': fields: 'key' is always there",
      "10: rule 'x': fields: a unit is one of count, seconds, ratio, text and boolean, not 5",
      "11: rule 'x': fields: 'text' stands without a name; write load = \"ratio\"",
    }, fake_core.lines(host))
  end)

  it("have a unit in conditions and texts", function()
    local host = load [[
  map = function(rows) return rows end,
  fields = { load = "ratio", wait = "seconds", team = "text", open = "boolean" },
  when = gw.all { gw.above("load", 5), gw.above("wait", 5), gw.above("team", 5), gw.equal("open", 1),
    gw.above("loat", 5) },
  summary = "{load:duration}",]]
    assert.same({
      "6: rule 'x': 'team' is text and has no order; gw.equal and gw.one_of compare it",
      [[6: rule 'x': above("load", 5): 'load' is a ratio and is compared with a percentage up to 100; write "5%"]],
      [[6: rule 'x': above("wait", 5): 'wait' is in seconds and is compared with a duration; write "5s"]],
      "6: rule 'x': equal(\"open\", 1): 'open' is true or false; write true",
      "7: rule 'x': Queue has no field 'loat' (did you mean 'load'?)",
      "8: rule 'x': summary: '{load:duration}': 'load' cannot be shown so; write {load:percent}",
    }, sorted(fake_core.lines(host)))
  end)

  it("are added by somebody", function()
    assert.same({ "4: rule 'x': fields: nothing adds them; map = function(rows, now) does" },
      fake_core.lines(load [[
  fields = { load = "ratio" },
  when = gw.above("load", "50%"),]]))
  end)
end)

describe("key", function()
  local KEY <const> = [[
  key = function(row) return row.name end,
  when = gw.above("calls_waiting", 4),]]

  it("is the identity of the alert, and a field of the row", function()
    local host = good(KEY .. 'summary = "{key}: {calls_waiting}",')
    host:sample { { id = 1, calls_waiting = 5 } }
    assert.equal(1, cjson.decode(host.alerts[1].event).row.id)
    assert.same({ "raise sales: sales: 5" }, told(host))
    host:sample {}
    assert.same("clear", host.alerts[1].kind)
  end)

  it("is a printable text", function()
    local function fails(given, message)
      local host = good("  key = function() return " .. given .. " end, when = gw.above(\"calls_waiting\", 4),")
      local ok, mistake = pcall(host.sample, host, { { id = 1, calls_waiting = 5 } })
      assert.is_false(ok)
      assert.equal("scripts/queue_wait.lua:4: key: row 1: it " .. message, mistake)
    end
    fails("nil", "gave nothing; a text is needed")
    fails("{}", "gave a table; a text is needed")
    fails("''", "gave ''; a key is a printable text of up to 255 bytes")
    fails("'a\\n'", "gave 'a\n'; a key is a printable text of up to 255 bytes")
    fails("string.rep('x', 256)", "gave '" .. string.rep("x", 60)
      .. "…'; a key is a printable text of up to 255 bytes")
  end)

  it("is not that of two rows", function()
    local host = good '  key = function() return "all" end, when = gw.above("calls_waiting", 4),'
    local ok, mistake = pcall(host.sample, host, { { id = 1, calls_waiting = 5 }, { id = 2, calls_waiting = 5 } })
    assert.is_false(ok)
    assert.equal("scripts/queue_wait.lua:4: key: rows 1 and 2 both have the key 'all'", mistake)
  end)
end)

it("is told by check", function()
  local host = good(LOAD .. "key = function(row) return row.name end,")
  assert.matches("Judges the rows that its map makes of the whole answer, with the field load (ratio), "
    .. "told apart by its key.", host.rules.x.about, 1, true)
end)
