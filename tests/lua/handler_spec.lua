local fake_core = require "lua.fake_core"

local ALERT <const> = [[{"id":"f-1","fingerprint":"f","status":"raised","severity":"warning","was":null,
"key":"7","rule":"wait","labels":{"rule":"wait"},"summary":"busy","link":null,"age":5,
"row":{"id":7,"name":"chat","calls_waiting":9,"longest_wait_5m":null}}]]

local function rule(handlers)
  return fake_core.load(string.format([[
local gw = require "gateway"
gw.rule "wait" {
  from = gw.queues { 7 }, when = gw.above("calls_waiting", 5),
  %s
}]], handlers))
end

local function logged(body, host)
  host = host or rule("on_raise = function(row, alert) row = row " .. body .. " end")
  assert.same({}, fake_core.lines(host))
  host:handle("wait", "raise", ALERT, 2)
  local lines = {}
  for index, line in ipairs(host.logs) do
    lines[index] = line.text
  end
  return lines, host
end

describe("handlers", function()
  it("are told to the core with each transition", function()
    local host = rule "on_clear = print, on_raise = print"
    host:sample { { id = 7, calls_waiting = 9 } }
    assert.match('"handlers":["raise","clear"]', host.alerts[1].event, 1, true)
    host = rule ""
    host:sample { { id = 7, calls_waiting = 9 } }
    assert.is_nil(host.alerts[1].event:find '"handlers"')
    assert.is_nil(host.handlers.wait)
  end)

  it("stand in what the rule was understood to be", function()
    assert.match(" Runs on_raise and on_clear.", rule("on_clear = print, on_raise = print").rules.wait.about, 1, true)
    assert.is_nil(rule("").rules.wait.about:find "Runs")
  end)

  it("get the row and the alert", function()
    assert.same({ "7\tchat\t9\tnil", "f-1\traised\twarning\t7\tbusy\tnil\t5\t2", "wait" }, (logged [[
      print(row.id, row.name, row.calls_waiting, row.longest_wait_5m)
      print(alert.id, alert.status, alert.severity, alert.key, alert.summary, alert.link, alert.age, alert.attempt)
      print(alert.labels.rule)]]))
  end)

  it("know what destinations called the alert", function()
    local one = rule "on_clear = function(row, alert) print(alert.refs.jira and alert.refs.jira.id) end"
    one:handle("wait", "clear", ALERT)
    one.refs = '{"jira":{"id":"OPS-7","link":null}}'
    one:handle("wait", "clear", ALERT)
    assert.same({ "nil", "OPS-7" }, { one.logs[1].text, one.logs[2].text })
  end)

  it("have a note that is saved with the alert", function()
    local _, host = logged [[ alert.note.ticket = 5 alert.note.of = { "a" } ]]
    local later = rule "on_raise = function(row, alert) print(alert.note.ticket, alert.note.of[1]) end"
    later.note = host.note
    assert.same({ "5\ta" }, (logged("", later)))
  end)

  it("do nothing when the rule lost theirs", function()
    local host = rule "on_clear = print"
    host:handle("wait", "raise", ALERT)
    assert.same({}, host.logs)
  end)

  it("are tasks", function()
    local _, host = logged [[ gw.sleep "1s" gw.destination "book":send(alert.summary) ]]
    assert.equal('"busy"', host.sends[1].message)
  end)

  local hostile = {
    { "alert.summry = 1", "alert is read-only: 'summry' cannot be set; alert.note is yours" },
    { "print(alert.summry)", "alert has no 'summry' (did you mean 'summary'?)" },
    { "alert.note = {}", "alert is read-only: 'note' cannot be set; alert.note is yours" },
    { "alert.note.x = print", "alert.note: a function cannot be kept" },
    { "local t = {} t.t = t alert.note.x = t", "alert.note: a table nested deeper than 64" },
    { "alert.note.x = ('x'):rep(20000)", "alert.note: more than 16384 bytes" },
    { "alert.note.x = { 1 } alert.note.x[1] = 2", "what is kept is read-only inside" },
    { "alert.note[{}] = 1", "alert.note: a table with the key a table cannot be kept" },
  }
  for _, case in ipairs(hostile) do
    it("refuse " .. case[1], function()
      local ok, mistake = pcall(logged, case[1])
      assert.is_false(ok)
      assert.match(case[2], tostring(mistake), 1, true)
    end)
  end

  it("are functions", function()
    assert.same({ "4: rule 'wait': on_raise: a function such as function(row, alert) … end is needed, not 'x'" },
      fake_core.lines(rule "on_raise = 'x'"))
  end)
end)
