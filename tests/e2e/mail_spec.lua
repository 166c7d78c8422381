--- Letters, by a mail server of the test's own: real bytes over loopback.
local harness = require "e2e.harness"
local uv = require "luv"

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

-- ---- a server that takes letters: server.letters = { { from, to, text, user }, … } ----
-- It says instead, by the command, what `says` has; "" is silence.

local Server <const> = {}
Server.__index = Server

-- What a command is answered, and what it means.
local REPLIES <const> = {
  { "^EHLO", "250-example\r\n250-AUTH PLAIN\r\n250 8BITMIME" },
  { "^AUTH PLAIN$", "334 " },
  { "^MAIL FROM:<([^>]*)>", "250 fine", function(letter, found) letter.from = found end },
  { "^RCPT TO:<([^>]*)>", "250 fine", function(letter, found) table.insert(letter.to, found) end },
  { "^DATA", "354 go on", function(letter) letter.is_open = true end },
  { "^QUIT", "221 bye" },
  { "^([%w+/]+=*)$", "235 welcome", function(letter, found) letter.user = found end },
}

function Server:reply(line, letter)
  for _, row in ipairs(REPLIES) do
    local found = line:match(row[1])
    if found then
      local own = self.says[line:match "^%a+"]
      if row[3] and not own then row[3](letter, found) end
      return own or row[2]
    end
  end
  return "500 what?"
end

function Server:talk(client)
  local letter, rest = { to = {} }, ""
  local function say(text) client:write(text .. "\r\n") end
  client:read_start(function(_, bytes)
    if not bytes then return client:close() end
    rest = rest .. bytes
    while true do
      local text, after = rest:match(letter.is_open and "^(.-\r\n)%.\r\n()" or "^(.-)\r\n()")
      if not text then return end
      rest = rest:sub(after)
      if letter.is_open then
        letter.is_open, letter.text = false, text
        if not self.says.END then table.insert(self.letters, letter) end
        say(self.says.END or "250 taken")
        letter = { to = {} }
      else
        local reply = self:reply(text, letter)
        if reply ~= "" then say(reply) end
      end
    end
  end)
  say "220 example"
end

local function serve(says)
  local server = setmetatable({ letters = {}, says = says or {}, clients = {} }, Server)
  server.socket = uv.new_tcp()
  assert(server.socket:bind("127.0.0.1", 0))
  server.socket:listen(8, function()
    local client = uv.new_tcp()
    server.socket:accept(client)
    table.insert(server.clients, client)
    server:talk(client)
  end)
  server.url = "smtp://127.0.0.1:" .. server.socket:getsockname().port
  return server
end

function Server:close()
  for _, client in ipairs(self.clients) do
    if not client:is_closing() then client:close() end
  end
  self.socket:close()
end

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
  server = serve(says)
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
