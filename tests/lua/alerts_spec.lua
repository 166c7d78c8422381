local fake_core = require "lua.fake_core"

local FILE <const> = "scripts/queue_wait.lua"

describe("gw.alerts, gw.ack and gw.silence", function()
  local bad = {
    { 'gw.alerts { status = "rised" }', "gw.alerts: status: 'rised' is not known (did you mean 'raised'?)" },
    { "gw.ack {}", 'gw.ack: id = alert.id or ref = "OPS-7" says which alert' },
    { 'gw.silence { lasts = "1h" }',
      "gw.silence: rule, key or labels say what; there is no silence for all" },
    { 'gw.silence { labels = {}, lasts = "1h" }',
      "gw.silence: rule, key or labels say what; there is no silence for all" },
    { 'gw.silence { rule = "a", lasts = "1ms" }', "gw.silence: lasts: 1s to 366d are possible, not '1ms'" },
    { 'gw.silence { labels = { "x" }, lasts = "1h" }',
      "gw.silence: labels: 'x' stands without a name; write name = \"…\"" },
    { 'gw.silence { labels = { queue = {} }, lasts = "1h" }',
      "gw.silence: labels: a text is needed, not a table" },
  }
  for _, case in ipairs(bad) do
    it("refuse " .. case[1], function()
      assert.equal(FILE .. ":3: " .. case[2], fake_core.mistake_of(case[1]))
    end)
  end
end)
