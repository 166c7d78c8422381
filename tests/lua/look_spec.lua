--- Rules whose rows a function finds: from = function(now).
local cjson = require "cjson"
local fake_core = require "lua.fake_core"

local function load(lines)
  return fake_core.load('local gw = require "gateway"\ngw.rule "x" {\n' .. lines .. "\n}")
end

local function good(lines)
  local host = load(lines)
  assert.same({}, fake_core.lines(host))
  return host
end

local function told(host)
  local list = {}
  for index, alert in ipairs(host.alerts) do
    list[index] = string.format("%s %s: %s", alert.kind, alert.key, cjson.decode(alert.event).summary)
  end
  host.alerts = {}
  return list
end

local REST <const> = '  fields = { load = "ratio", name = "text" }, when = gw.above("load", "50%"), '
  .. 'summary = "{id} {name}: {load:percent}", every = "10s",'

describe("from as a function", function()
  it("finds rows as a task, and has alerts of its own", function()
    local host = good('  from = function(now) gw.sleep "1s" return { { id = 7, name = "seven", load = 0.75, '
      .. 'more = now }, { id = "b", load = 0.25 } } end,' .. REST)
    assert.equal(10000, host.rules.x.every_ms)
    assert.same({}, host.rules.x.wants)
    assert.is_true(host:look "x")
    local event = cjson.decode(host.alerts[1].event)
    assert.same({ "function", "main", "7" }, { event.labels.query, event.labels.center, event.row.id })
    assert.is_nil(event.row.more)
    assert.same({ "raise 7: 7 seven: 75%" }, told(host))
  end)

  it("takes rows of fetch, and what they know", function()
    local host = good([[  from = function()
      local rows, err = gw.queues():fetch()
      if not rows then return nil, err end
      for index, row in ipairs(rows) do
        rows[index] = gw.with(row, { load = row.calls_waiting / 4 })
      end
      return rows
    end,]] .. REST)
    host.answer = { { id = 1, name = "sales", calls_waiting = 3, calls_total = 9 } }
    host:look "x"
    assert.same({ "raise 1: 1 sales: 75%" }, told(host))
    host.answer, host.failure = nil, { kind = "timeout", code = "", message = "no answer in 10s" }
    assert.is_false(host:look "x")
    assert.is_false(host:look "x")
    assert.same({}, told(host)) -- held
    assert.equal(1, #host.logs)
    assert.matches("from: no sample: .*no answer in 10s", host.logs[1].text)
    host.answer = {}
    host:look "x"
    assert.equal("gone", cjson.decode(host.alerts[1].event).reason)
    host.answer = nil
    host:look "x"
    assert.equal(2, #host.logs) -- it had found rows in between
  end)

  it("may have a map and a key", function()
    local host = good([[  from = function() return { { id = 1, load = 1 } } end,
      map = function(rows) return { { id = rows[1].id .. "!", load = rows[1].load } } end,
      key = function(row) return "k" .. row.id end,]] .. REST)
    host:look "x"
    assert.same({ "raise k1!: 1! –: 100%" }, told(host))
  end)

  it("that gives no rows is told where it stands", function()
    local function fails(given, message)
      local host = good("  from = function() return " .. given .. " end,\n" .. REST)
      local ok, mistake = pcall(host.look, host, "x")
      assert.is_false(ok)
      assert.equal("scripts/queue_wait.lua:3: from: " .. message, mistake)
    end
    fails("5", "it gave 5; a list of rows is needed")
    fails("{ 5 }", "row 1: is 5; a row or a table is needed")
    fails("{ { load = 1 } }", "row 1: it has no id")
    fails("{ { id = {}, load = 1 } }", "row 1: 'id' is a text, not a table")
    fails("{ { id = 1 }, { id = '1' } }", "rows 1 and 2 both have the id '1'")
    fails("{ { id = 1, load = 'x' } }", "row 1: 'load' is a number, not 'x'")
  end)

  it("knows the fields that it declares, and no others", function()
    assert.same({ "4: rule 'x': Row has no field 'calls_waiting'; it comes from gw.queues" },
      fake_core.lines(load('  from = function() end,\n  when = gw.above("calls_waiting", 4),')))
  end)

  it("is not one of the questions", function()
    assert.same({ "3: rule 'x': from: gw.queues stands here without what it asks for; write gw.queues { … }" },
      fake_core.lines(load('  from = gw.queues,\n  when = gw.above("calls_waiting", 4),')))
  end)

  it("is told by check", function()
    assert.matches("Judges the rows that its function finds every 10s. With the fields load (ratio) and name (text).",
      good("  from = function() end," .. REST).rules.x.about, 1, true)
  end)
end)
