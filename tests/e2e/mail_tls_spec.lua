--- Letters and TLS: taken up where it is offered, demanded where it is not, and never a
--- password in clear.
local harness = require "e2e.harness"
local mail_server = require "e2e.mail_server"

local JOB <const> = [[
local gw = require "gateway"
gw.job "write" { at = "05:00", run = function ()
  gw.destination "post":send { title = "hello" }
end }
]]

local POST <const> = [[
[destination post]
kind = email
url = %s
from = ccgate@example.com
to = ops@example.com
allow_private = 127.0.0.1
]]

local SIGNED_IN <const> = "user = ccgate\npassword = s3cret-word\n"

-- "\0ccgate\0s3cret-word"
local WORD <const> = "AGNjZ2F0ZQBzM2NyZXQtd29yZA=="

local world, server

-- A server that has a certificate for this address, and a gateway that knows it by `more`.
local function start(options, more, address)
  options.certificate = world:path "mail.pem"
  mail_server.certify(options.certificate, address or "127.0.0.1")
  server = mail_server.serve(options)
  world:simulate()
  world:conf(POST:format(server.url) .. more)
  world:script("write", JOB)
  world:run()
  world.gateway:wait_log "script write live"
  assert.equal(0, (world:command { "job", "write" }))
end

local function wait_letter()
  harness.wait(function() return #server.letters > 0 end, 15, function() return world.gateway:errors() end)
  return server.letters[1]
end

-- The letter waits, and the server has got no more than this without TLS.
local function expect_nothing(says, clear)
  world.gateway:wait_log(says)
  assert.same({}, server.letters)
  harness.wait(function() -- the line is written before the state
    return world:select("SELECT state FROM outbox WHERE destination = 'post'")[1] == "ready"
  end, 5, "the letter to wait")
  assert.matches("^" .. clear .. "$", server.clear)
end

local HELLO <const> = "EHLO [^\r\n]+\r\n"

before_each(function() world = harness.world() end)
after_each(function()
  server:close()
  world:close()
end)

describe("a letter", function()
  it("goes by TLS from the first byte to smtps://", function()
    start({ tls = "implicit" }, SIGNED_IN .. "ca_file = mail.pem")
    assert.equal(WORD, wait_letter().user)
    assert.equal("", server.clear)
    world.gateway:wait_log "to post (250,"
  end)

  it("goes by STARTTLS, and the password not before", function()
    start({ tls = "starttls" }, SIGNED_IN .. "ca_file = mail.pem")
    local letter = wait_letter()
    assert.equal(WORD, letter.user)
    assert.is_true(letter.tls)
    assert.matches("^" .. HELLO .. "STARTTLS\r\n$", server.clear)
  end)

  it("goes without where the configuration says so", function()
    start({ tls = "starttls" }, "starttls = off")
    assert.is_false(wait_letter().tls)
  end)

  for _, tls in ipairs { "implicit", "starttls" } do
    it("goes to no server that nobody vouches for, by TLS that is " .. tls, function()
      start({ tls = tls }, SIGNED_IN)
      expect_nothing("; ca_file in [destination post] names an authority of your own",
        tls == "implicit" and "" or HELLO .. "STARTTLS\r\n")
    end)
  end

  it("goes to no server of another name", function()
    start({ tls = "implicit" }, SIGNED_IN .. "ca_file = mail.pem", "127.0.0.2")
    expect_nothing("matches target host name '127.0.0.1'", "")
    assert.equal(0, world.gateway:count_log "names an authority")
  end)

  -- What somebody on the way would do to read the password.
  for what, says in pairs {
    ["is not offered"] = { EHLO = "250-example\r\n250 AUTH PLAIN" },
    ["is refused"] = { STARTTLS = "502 what is that?" },
  } do
    it("waits when STARTTLS " .. what, function()
      start({ tls = "starttls", says = says }, SIGNED_IN .. "ca_file = mail.pem")
      expect_nothing("the mail server takes no STARTTLS; smtps:// is TLS from the first byte, starttls = off goes "
        .. "without", HELLO .. (says.STARTTLS and "STARTTLS\r\n" or "") .. "[QUIT\r\n]*")
    end)
  end
end)
