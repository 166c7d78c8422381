--- Receivers that do what receivers must not: each delays nobody else, and has the message,
--- the same one, when it has come to its senses.
local uv = require "luv"
local harness = require "e2e.harness"

local RULE <const> = [[
local gw = require "gateway"
gw.rule "waiting" {
  from = gw.queues { 1 }, every = "1s", send = { %s },
  when = gw.above("calls_waiting", 8), clear = gw.below("calls_waiting", 2),
}
]]

local DESTINATION <const> = [[
[destination %s]
kind = webhook
url = http://127.0.0.1:%d/
allow_private = yes
timeout = 1s
]]

local FINE <const> = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

local function close(handle)
  if not handle:is_closing() then handle:close() end
end

-- Until the other side has gone.
local function send_on(client, text, every_ms)
  local timer = uv.new_timer()
  timer:start(every_ms, every_ms, function ()
    if client:is_closing() then close(timer) else client:write(text) end
  end)
end

-- What each does when it has read a whole request, and what the log says of it.
local RECEIVERS <const> = {
  { "silent", "timed out", function () end },
  { "drips", "timed out", function (client)
    client:write "HTTP/1.1 200 OK\r\nX-Slow: "
    send_on(client, "a", 100)
  end },
  { "drips-a-body", "timed out", function (client)
    client:write "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    send_on(client, "a", 100)
  end },
  { "resets", "127.0.0.1", function (client) client:close_reset() end },
  { "closes-mid-body", "127.0.0.1", function (client)
    client:write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nok", function () close(client) end)
  end },
  { "endless", "answer of more than", function (client)
    client:write "HTTP/1.1 200 OK\r\n\r\n"
    client:write(("x"):rep(5 << 20))
  end },
  { "headers", "headers of more than", function (client)
    client:write("HTTP/1.1 200 OK\r\n" .. ("X-Many: " .. ("x"):rep(1000) .. "\r\n"):rep(100))
  end },
  { "garbage", "127.0.0.1", function (client)
    client:write("200 fine\r\n\r\n", function () close(client) end)
  end },
  { "redirects", "HTTP 302", function (client)
    client:write "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
  end },
}

-- Ends with what was asked for: { id, body } of each request, in order.
local function listen(behave)
  local receiver = { requests = {}, clients = {}, behave = behave, server = uv.new_tcp() }
  receiver.server:bind("127.0.0.1", 0)
  receiver.port = receiver.server:getsockname().port
  receiver.server:listen(16, function ()
    local client, text = uv.new_tcp(), ""
    receiver.server:accept(client)
    receiver.clients[#receiver.clients + 1] = client
    client:read_start(function (err, data)
      if err or not data then
        return close(client)
      end
      text = text .. data
      local head, body = text:match "^(.-\r\n)\r\n(.*)$"
      if head and #body == tonumber(head:lower():match "content%-length: (%d+)") then
        receiver.requests[#receiver.requests + 1] = { id = head:match "[Ww]ebhook%-[Ii]d: (%S+)", body = body }
        text = ""
        receiver.behave(client)
      end
    end)
  end)
  return receiver
end

describe("a receiver that", function ()
  local world
  local receivers = {}

  -- What the log says of the attempts at one.
  local function failures(name)
    local lines = {}
    for line in world.gateway:errors():gmatch "[^\n]+" do
      if line:find(" " .. name .. ": ", 1, true) and line:find(" failed: ", 1, true) then lines[#lines + 1] = line end
    end
    return lines
  end

  setup(function ()
    local sections, names = {}, { '"floor-chat"' }
    for _, known in ipairs(RECEIVERS) do
      local name, _, behave = table.unpack(known)
      receivers[name] = listen(behave)
      sections[#sections + 1] = DESTINATION:format(name, receivers[name].port)
      names[#names + 1] = ("%q"):format(name)
    end
    world = harness.world()
    world:simulate()
    world:sink()
    world:conf(table.concat(sections))
    world:script("waiting", RULE:format(table.concat(names, ", ")))
    world:queue(1, { callWaitNums = 9 })
    world:run()
  end)
  teardown(function ()
    world:close()
    for _, receiver in pairs(receivers) do
      receiver.server:close()
      for _, client in ipairs(receiver.clients) do close(client) end
    end
    harness.pass(200) -- their timers end
  end)

  it("does what it must not delays no other", function ()
    world.gateway:wait_log "to floor-chat (200"
    local before = world.gateway:errors():match "^(.-)to floor%-chat %(200"
    assert.is_nil(before:find("timed out", 1, true))
  end)

  for _, known in ipairs(RECEIVERS) do
    local name, reason = table.unpack(known)
    it(name .. " is named, and gets the same message again", function ()
      local receiver = receivers[name]
      harness.wait(function () return #failures(name) > 0 end, 10,
        function () return "a failure:\n" .. world.gateway:errors() end)
      assert.truthy(failures(name)[1]:find(reason, 1, true), failures(name)[1])
      receiver.behave = function (client) client:write(FINE) end
      -- Most would come in five seconds, on a slow machine before this.
      world:command { "outbox", "retry", receiver.requests[1].id }
      harness.wait(function () return world.gateway:count_log("to " .. name .. " (200") == 1 end, 10,
        function () return "a delivery:\n" .. world.gateway:errors() end)
      assert.equal(#failures(name) + 1, #receiver.requests)
      for _, request in ipairs(receiver.requests) do assert.same(receiver.requests[1], request) end
    end)
  end

  it("sends us elsewhere leads nobody there", function ()
    assert.equal(0, world.gateway:count_log "169.254.169.254")
    assert.equal(0, world.gateway:stop())
  end)
end)
