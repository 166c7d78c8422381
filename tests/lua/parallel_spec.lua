local fake_core = require "lua.fake_core"

local FILE <const> = "scripts/queue_wait.lua"
local ONLY_TASK <const> = " works only inside a task, such as the run of a gw.job or the on_raise of a gw.rule"

local job <const>, mistake_of <const> = fake_core.job, fake_core.mistake_of

describe("gw.parallel", function()
  it("gives results and errors by position", function()
    local host = job [[
      local results, errs = gw.parallel { function() return 1 end, function() return nil, "no" end }
      print(results[1], results[2], errs[1], errs[2])
      results, errs = gw.parallel {}
      print(#results, #errs)]]
    host:run "it"
    assert.equal("1\tnil\tnil\tno", host.logs[1].text)
    assert.equal("0\t0", host.logs[2].text)
    assert.same({ count = 2, at_once = 2, what = "gw.parallel" }, host.crew)
  end)
end)

describe("gw.map", function()
  it("calls the function with each element and its position", function()
    local host = job [[
      local results = gw.map({ "a", "b" }, function(name, position) return name .. position end, { at_once = 1 })
      print(table.concat(results, " "))]]
    host:run "it"
    assert.equal("a1 b2", host.logs[1].text)
    assert.same({ count = 2, at_once = 1, what = "gw.map" }, host.crew)
  end)

  it("runs eight at a time, unless it is told otherwise", function()
    local host = job "gw.map({ 1 }, tostring)"
    host:run "it"
    assert.equal(8, host.crew.at_once)
  end)
end)

describe("side by side", function()
  local bad = {
    { "gw.parallel(print)", "gw.parallel: a list of functions such as { f, g } is needed, not a function" },
    { "gw.parallel { print, 5 }", "gw.parallel: element 2 is no function but 5" },
    { "gw.parallel { f = print }", "gw.parallel: a list has no key 'f'" },
    { "gw.parallel { print, nil, print, [9] = print }", "gw.parallel: a list has no key 9" },
    { "gw.map(5, print)", "gw.map: a list is needed, not 5" },
    { "gw.map { 1 }", "gw.map: a function such as function(element) … end is needed, not nothing" },
    { "gw.map({ 1 }, print, { at_onse = 1 })", "gw.map: unknown key 'at_onse' (did you mean 'at_once'?)" },
    { "gw.map({ 1 }, print, { at_once = 0 })",
      "gw.map: at_once: how many run at a time is needed, such as at_once = 8, not 0" },
    { "local l = {} for i = 1, 10001 do l[i] = i end gw.map(l, print)",
      "gw.map: 10001 at a time, and 10000 are the most" },
  }
  for _, case in ipairs(bad) do
    it("refuses " .. case[1], function()
      assert.equal(FILE .. ":3: " .. case[2], mistake_of(case[1]))
    end)
  end

  it("belongs into a task", function()
    local host = fake_core.load 'local gw = require "gateway"\ngw.parallel { print }\ngw.map({}, print)'
    assert.same({ "2: gw.parallel" .. ONLY_TASK }, fake_core.lines(host))
  end)
end)
