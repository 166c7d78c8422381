--- A mail server of the test's own, on the loop of luv: real bytes over loopback.
---
---   local server = mail_server.serve { says = { RCPT = "451 later" } }
---   server.url                               -- smtp://127.0.0.1:PORT
---   server.letters                           -- { { from, to = { … }, text, user, tls }, … }
---   server:close()
---
--- `says` has by the command what is answered instead, a text or function(line) → text |
--- nil; "" is silence. `tls` is "implicit" (smtps) or "starttls", with a certificate from
--- mail_server.certify(). server.clear is all that came without TLS.
local harness = require "e2e.harness"
local uv = require "luv"

local mail_server = {}

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

function Server:say_instead(line)
  local own = self.says[line:match "^%a+"]
  if type(own) == "function" then return own(line) end
  return own
end

function Server:reply(line, letter)
  local own = self:say_instead(line)
  for _, row in ipairs(REPLIES) do
    local found = line:match(row[1])
    if found then
      if row[3] and not own then row[3](letter, found) end
      return own or row[2]
    end
  end
  return own or "500 what?"
end

-- ---- streams: { write = function(bytes), on_bytes = function(bytes) | nil } ----

local function plain_stream(server, client)
  local stream = {}
  function stream.write(bytes) client:write(bytes) end
  client:read_start(function(_, bytes)
    if not bytes then
      if not client:is_closing() then client:close() end
    elseif stream.on_cipher then
      stream.on_cipher(bytes)
    else
      server.clear = server.clear .. bytes
      stream.on_bytes(bytes)
    end
  end)
  return stream
end

local function connect_when_there(server, path, on_connected)
  local timer, pipe = uv.new_timer(), nil
  server:own(timer)
  timer:start(0, 5, function()
    if not uv.fs_stat(path) or pipe then return end
    pipe = uv.new_pipe(false)
    pipe:connect(path, function(err)
      if err then -- it is bound and does not listen yet
        pipe:close()
        pipe = nil
      elseif not timer:is_closing() then
        timer:close()
        server:own(pipe)
        on_connected(pipe)
      end
    end)
  end)
end

-- From now on what comes is TLS. It is spoken by a process for each client, with the
-- plain bytes at its standard input and output, and the others through a socket file.
local function begin_tls(server, stream, on_bytes)
  local certificate, waiting, cipher = server.certificate, {}, nil
  local stdin, stdout = uv.new_pipe(false), uv.new_pipe(false)
  server.count = server.count + 1
  local folder, name = certificate:match "^(.*)/(.-)$"
  local socket = ("%s.%d"):format(name, server.count)
  local process = assert(uv.spawn("openssl", {
    args = { "s_server", "-quiet", "-naccept", "1", "-unix", socket, "-cert", name, "-key", name .. ".key" },
    cwd = folder, -- of a socket's path openssl takes 31 characters
    stdio = { stdin, stdout },
  }, function() end))
  table.insert(server.processes, process)
  server:own(stdin)
  server:own(stdout)
  local write_plain = stream.write
  function stream.on_cipher(bytes)
    if cipher then cipher:write(bytes) else table.insert(waiting, bytes) end
  end
  connect_when_there(server, folder .. "/" .. socket, function(pipe)
    cipher = pipe
    pipe:read_start(function(_, bytes)
      if bytes then write_plain(bytes) end
    end)
    for _, bytes in ipairs(waiting) do pipe:write(bytes) end
  end)
  stdout:read_start(function(_, bytes)
    if bytes then on_bytes(bytes) end
  end)
  function stream.write(bytes) stdin:write(bytes) end
end

-- ---- talking ----

function Server:take_letter(letter, text)
  letter.is_open, letter.text = false, text
  if not self.says.END then table.insert(self.letters, letter) end
  return self.says.END or "250 taken"
end

-- "250 8BITMIME" gets STARTTLS before it.
function Server:answer(text, letter)
  local reply = self:reply(text, letter)
  if self.tls == "starttls" and not letter.tls and text:find "^EHLO" and not self.says.EHLO then
    return (reply:gsub("250%-AUTH", "250-STARTTLS\r\n%0"))
  elseif text == "STARTTLS" and self.tls == "starttls" and not self.says.STARTTLS then
    return "220 go ahead", true
  end
  return reply
end

function Server:talk(client)
  local stream = plain_stream(self, client)
  local letter, rest = { to = {}, tls = self.tls == "implicit" }, ""
  local function say(text) stream.write(text .. "\r\n") end

  function stream.on_bytes(bytes)
    rest = rest .. bytes
    while true do
      local text, after = rest:match(letter.is_open and "^(.-\r\n)%.\r\n()" or "^(.-)\r\n()")
      if not text then return end
      rest = rest:sub(after)
      if letter.is_open then
        say(self:take_letter(letter, text))
        letter = { to = {}, tls = letter.tls }
      else
        local reply, is_tls = self:answer(text, letter)
        if reply ~= "" then say(reply) end
        if is_tls then
          letter, rest = { to = {}, tls = true }, ""
          begin_tls(self, stream, stream.on_bytes)
        end
      end
    end
  end
  if letter.tls then begin_tls(self, stream, stream.on_bytes) end
  say "220 example"
end

-- ---- life ----

function Server:own(handle)
  table.insert(self.handles, handle)
end

--- Makes a certificate at `path` for this address, which is its own authority (the file
--- is a ca_file), and its key beside it.
function mail_server.certify(path, address)
  local code, _, said = harness.execute("openssl", { "req", "-x509", "-newkey", "ec", "-pkeyopt",
    "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", path .. ".key", "-out", path, "-days", "2", "-subj",
    "/CN=mail", "-addext", "subjectAltName=IP:" .. address })
  assert(code == 0, said)
end

function mail_server.serve(options)
  local server = setmetatable({
    letters = {}, clients = {}, handles = {}, processes = {}, count = 0, clear = "",
    says = options.says or {}, tls = options.tls, certificate = options.certificate,
  }, Server)
  server.socket = uv.new_tcp()
  assert(server.socket:bind("127.0.0.1", 0))
  server.socket:listen(8, function()
    local client = uv.new_tcp()
    server.socket:accept(client)
    table.insert(server.clients, client)
    server:own(client)
    server:talk(client)
  end)
  server.url = ("%s://127.0.0.1:%d"):format(options.tls == "implicit" and "smtps" or "smtp",
    server.socket:getsockname().port)
  return server
end

function Server:close()
  for _, process in ipairs(self.processes) do
    process:kill "sigkill"
    process:close()
  end
  for _, handle in ipairs(self.handles) do
    if not handle:is_closing() then handle:close() end
  end
  self.socket:close()
end

return mail_server
