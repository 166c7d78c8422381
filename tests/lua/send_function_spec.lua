--- send as a function: whom it names is told, and nobody is forgotten when it fails.
local cjson = require "cjson"
local fake_core = require "lua.fake_core"

local HEAD <const> = 'local gw = require "gateway"\n'

local function load(send)
  local host = fake_core.load(string.format([[%sgw.rule "x" {
  from = gw.queues(),
  when = gw.above("calls_waiting", 4),
  severity = "critical",
  labels = { team = "voice" },
  send = %s,
}]], HEAD, send))
  assert.same({}, fake_core.lines(host))
  return host
end

local function send_of(host)
  host:sample { { id = 7, calls_waiting = 5 } }
  local event = cjson.decode(host.alerts[1].event)
  return event.send, host.logs
end

describe("send as a function", function()
  it("is asked when the alert is raised, and knows it", function()
    local host = load [[function(event)
    assert(event.kind == "raise" and event.severity == "critical" and event.labels.team == "voice")
    assert(event.row.calls_waiting == 5 and event.key == "7" and event.summary ~= nil)
    return { "floor-chat", { to = "book", after = "10m", unless = "acked" } }
  end]]
    local entries, logs = send_of(host)
    assert.same({ { to = "floor-chat" }, { to = "book", after = 600, unless = "acked" } }, entries)
    assert.same({}, logs)
    host.alerts = {}
    host:sample { { id = 7, calls_waiting = 0 } }
    assert.same({}, cjson.decode(host.alerts[1].event).send) -- the plan is that of the raise
  end)

  it("gives what send takes", function()
    assert.same({ { to = "floor-chat" } }, (send_of(load 'function() return "floor-chat" end')))
    assert.same({ { to = "book", clears = false } },
      (send_of(load 'function() return { to = "book", clears = false } end')))
    assert.same({}, (send_of(load "function() return {} end")))
  end)

  it("that fails tells those of notify, and says what is wrong", function()
    for given, message in pairs {
      ["error 'no'"] = "send failed: scripts/queue_wait.lua:7: no",
      ["return nil"] = "send failed: a destination is a name such as \"floor-chat\", not nothing",
      ["return { 'floor-chat', 'flor-chat' }"] = "send failed: entry 2: no destination 'flor-chat' in "
        .. "gateway.conf (did you mean 'floor-chat'?)",
      ["return { { to = 'book', aftr = '1m' } }"] = "send failed: entry 1: unknown key 'aftr' (did you mean 'after'?)",
      ["return { { to = 'book', after = 5 } }"] = "send failed: entry 1: after: 5 is not a duration; write \"5s\"",
    } do
      local entries, logs = send_of(load("function() " .. given .. " end"))
      assert.same({ { to = "book" } }, entries)
      assert.same({ { level = "warn", text = message } }, logs)
    end
  end)

  it("is not asked where nothing of the script may run", function()
    local host = load 'function() error "never" end'
    host.rules.x.on_transition("raise", nil, nil, "source", 0, "nothing came", false, { level = 1 })
    assert.same({ { to = "book" } }, cjson.decode(host.alerts[1].event).send)
    assert.same({}, host.logs)
  end)

  it("is told by check", function()
    assert.matches("Tells whom its function names.", load("function() return {} end").rules.x.about, 1, true)
  end)
end)
