--- Letters, by a mail server of the test's own: real bytes over loopback.
local harness = require "e2e.harness"
local mail_server = require "e2e.mail_server"

local RULE <const> = [[
local gw = require "gateway"
gw.rule "queue-wait" {
  from    = gw.queues { 1 },
  every   = "1s",
  when    = gw.above("calls_waiting", 4),
  summary = "{name}: {calls_waiting} Anrufe wartén",
  mention = "ayse",
  send    = "post",
}
]]

local POST <const> = [[
[destination post]
kind = email
url = %s
from = ccgate@example.com
to = ops@example.com, lead@example.com
allow_private = 127.0.0.1
%s
[people]
ayse = email:ayse@example.com
]]

-- ---- reading them ----

local function head_of(letter, name)
  local unfolded = letter.text:match("^(.-\r\n)\r\n"):gsub("\r\n ", " ")
  return ("\r\n" .. unfolded):match("\r\n" .. name:gsub("%-", "%%-") .. ": ([^\r]*)")
end

local world, server

local function decode(text)
  world:write("encoded", text)
  local _, bytes = harness.execute("base64", { "-d", world:path "encoded" })
  return bytes
end

local function start(more, says)
  server = mail_server.serve { says = says }
  world:simulate()
  world:conf(POST:format(server.url, more))
  world:script("queue_wait", RULE)
  world:queue(1, { callWaitNums = 7 })
  world:run()
end

local function wait_letters(count)
  harness.wait(function() return #server.letters >= count end, 15, function() return world.gateway:errors() end)
  return server.letters
end

before_each(function() world = harness.world() end)
after_each(function()
  server:close()
  world:close()
end)

describe("a destination of kind email", function()
  it("writes letters, which are one thread", function()
    start "starttls = off\nuser = ccgate\npassword = s3cret-word"
    local raise = wait_letters(1)[1]
    assert.equal("ccgate@example.com", raise.from)
    assert.same({ "ops@example.com", "lead@example.com", "ayse@example.com" }, raise.to)
    assert.equal("\0ccgate\0s3cret-word", decode(raise.user))
    assert.equal("ops@example.com, lead@example.com, ayse@example.com", head_of(raise, "To"))
    assert.equal("[warning] sales: 7 Anrufe wartén", decode(head_of(raise, "Subject"):match "=%?UTF%-8%?B%?(.*)%?="))
    assert.match("^%a%a%a, %d%d %a%a%a %d%d%d%d %d%d:%d%d:%d%d %+0000$", head_of(raise, "Date"))
    assert.equal("auto-generated", head_of(raise, "Auto-Submitted"))
    local id = world:select("SELECT id FROM outbox WHERE destination = 'post'")[1]
    assert.equal(("<%s@example.com>"):format(id), head_of(raise, "Message-ID"))
    assert.match("^sales: 7 Anrufe wartén\r\nWhy: calls_waiting is 7", decode(raise.text:match("\r\n\r\n(.*)$")))

    world:queue(1, { callWaitNums = 0 })
    local clear = wait_letters(2)[2]
    assert.equal(head_of(raise, "References"), head_of(clear, "References"))
    assert.equal(head_of(clear, "References"), head_of(clear, "In-Reply-To"))
    assert.not_equal(head_of(raise, "Message-ID"), head_of(clear, "Message-ID"))
    assert.match("^%[over%] sales: 7", decode(head_of(clear, "Subject"):match "=%?UTF%-8%?B%?([^?]*)%?="))
    assert.is_nil(world.gateway:errors():find("s3cret", 1, true))
  end)

  it("sends nothing to a server that offers no TLS", function()
    start "user = ccgate\npassword = s3cret-word"
    world.gateway:wait_log "post: raise of queue-wait/1 failed: 127.0.0.1:"
    assert.same({}, server.letters)
    assert.same({ "ready|0" }, world:select "SELECT state, 0 FROM outbox WHERE destination = 'post'")
  end)

  it("waits for no server that does not take leave", function()
    start("starttls = off", { QUIT = "" })
    wait_letters(1)
    world.gateway:wait_log "sent    raise of queue-wait/1 to post"
    server.says = { QUIT = "", RCPT = "550 nobody of that name" }
    world:queue(1, { callWaitNums = 0 })
    world.gateway:wait_log "clear of queue-wait/1 given up after 1 attempt: HTTP 550"
    assert.equal(2, #server.clients) -- nor for the next letter
    world.gateway:kill "sigterm"
    assert.equal(0, world.gateway:join(10))
  end)

  it("reaches those whom the server takes, and tells of the others", function()
    start("starttls = off", { RCPT = function(line)
      return line:find "lead@" and "550 nobody of that name" or line:find "ayse@" and "451 later" or nil
    end })
    assert.same({ "ops@example.com" }, wait_letters(1)[1].to)
    local refused <const> = "lead@example.com: 550 nobody of that name; ayse@example.com: 451 later"
    world.gateway:wait_log("post: raise of queue-wait/1 went to some alone; refused: " .. refused)
    local id = world:select("SELECT id FROM outbox WHERE destination = 'post'")[1]
    assert.same({ "250|250 taken; refused: " .. refused },
      world:select(("SELECT status, answer FROM attempt WHERE message_id = '%s'"):format(id)))
    server.says = { RCPT = function(line) return line:find "ops@" and "451 later" or "550 nobody of that name" end }
    world:queue(1, { callWaitNums = 0 }) -- nobody gets it, but somebody may
    world.gateway:wait_log "clear of queue-wait/1 failed: HTTP 451"
    assert.equal(1, #server.letters)
  end)

  it("keeps trying what the server puts off, and gives up what it refuses", function()
    start("starttls = off", { RCPT = "451 later" })
    world.gateway:wait_log "raise of queue-wait/1 failed: HTTP 451"
    server.says = { END = "554 no such thing here" }
    local id = world:select("SELECT id FROM outbox WHERE destination = 'post'")[1]
    world:command { "outbox", "retry", id }
    world.gateway:wait_log "raise of queue-wait/1 given up after 2 attempts: HTTP 554"
    local function shown() return select(2, world:command { "outbox", "show", id }) end
    harness.wait(function () return shown():find("554 no such thing here", 1, true) end, 10, shown)
    assert.same({}, server.letters)
  end)
end)
