--- The demo: what a newcomer sees in the first half minute.
local uv = require "luv"
local harness = require "e2e.harness"

local FINE <const>, USAGE <const> = 0, 2

-- Four stories; each is lines in this order, as patterns.
local STORIES <const> = {
  ["a queue backs up and recovers"] = {
    "queue%-wait +RAISED +support: %d+ waiting, longest 2m%d+s %(critical%)\n",
    "floor%-chat +Slack +🔴 support: %d+ waiting, longest 2m%d+s  %(delivered within %d+ ms%)\n",
    "queue%-wait +CLEARED +support: [^\n]* — over after %d+m[^\n]-%(recovered%)\n",
    "floor%-chat +Slack +🟢 support: [^\n]* — over after %d+m",
  },
  ["an agent rests too long"] = {
    "long%-rest +RAISED +%a+ has been resting for 1%dm",
    "helpdesk +Jira +%a+ has been resting for 1%dm",
    "long%-rest +CLEARED +%a+ has been resting for 1%dm[^\n]- — over after [^\n]-%(recovered%)\n",
    "helpdesk +Jira +%a+ has been resting for 1%dm[^\n]- — over after ",
  },
  ["nobody is free, until the office closes"] = {
    "nobody%-free +RAISED +sales: %d+ waiting and nobody available %(warning%)\n",
    "nobody%-free +now also +pager, 3m after the raise: sales: %d+ waiting",
    "17:5%d:%d%d  pager +PagerDuty +sales: %d+ waiting and nobody available",
    "18:00:%d%d  nobody%-free +CLEARED +[^\n]- %(outside its hours%)\n",
    "18:00:%d%d  pager +PagerDuty +resolve",
  },
  ["the day is summed up in the evening"] = {
    "18:05:%d%d  floor%-chat +Slack +Longest waits today",
    "\n +billing: [^\n]* / sales: [^\n]* / support: ",
  },
}

-- The lines of it that the README shows, as patterns: numbers are any.
local function readme_lines()
  local file = assert(io.open "README.md")
  local block = file:read("a"):match "\n## What `make run` shows\n.-\n```text\n(.-)```"
  file:close()
  local patterns = {}
  for line in block:gmatch "[^\n]+" do
    -- Durations are of any length, and times of day of any minute.
    local pattern = line:gsub("%p", "%%%0"):gsub("%f[%w]%d+m?%d*s?%f[%W]", "%%w+")
    patterns[#patterns + 1] = "\n" .. pattern .. "\n"
  end
  assert(#patterns > 5)
  return patterns
end

local world

local has, has_not = harness.has, harness.has_not

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "a"
  file:close()
  return text
end

-- The configuration and one script of the repository, in the world's folder.
local function copy()
  world:write("gateway.conf", read "gateway.conf")
  world:script("queue_wait", read "scripts/queue_wait.lua")
end

local function start()
  -- A group of its own, which gets signals as a terminal would send them.
  local demo = world:spawn("setsid", { harness.ccgate, "demo", "-c", world:path "gateway.conf" })
  harness.wait(function () return demo:output():find("queue_wait +loaded +rule queue%-wait\n") end, 20,
    function () return "the script:\n" .. demo:said() end)
  return demo
end

before_each(function () world = harness.world() end)
after_each(function () world:close() end)

describe("ccgate demo", function ()
  it("tells four stories that need no explanation", function ()
    local code, out, err = harness.execute(harness.ccgate, { "demo", "--for", harness.is_sanitized and "26s" or "22s" })
    assert.equal("", err)
    for name, lines in pairs(STORIES) do
      local from = 1
      for _, line in ipairs(lines) do
        local first, last = out:find(line, from)
        assert(first, ("%s: %s is not in:\n%s"):format(name, line, out))
        from = last
      end
    end
    for _, line in ipairs(readme_lines()) do assert(out:find(line), line .. " is not in:\n" .. out) end
    -- Before anything happens: where everything is, and what to look for.
    for _, line in ipairs { "\n  centre    https://127.0.0.1:", "\n  services  http://127.0.0.1:",
      "\n    queue_wait   Tell the floor channel when a queue backs up, and when it recovers.\n",
      "\nCtrl-C ends it." } do
      has(out:match "^.-RAISED", line)
    end
    -- Ten seconds of the reader are five minutes there.
    assert(out:match "\n(%d+:%d+:%d+)  %S+ +RAISED" < "17:59:30", out)
    has(out, "(signature verified)")
    has_not(out, "TROUBLE")
    has_not(out, "\27")
    local polls = out:match "\n  polls +(%d+) requests, 0 refused\n"
    local raised, cleared = out:match "\n  alerts +(%d+) raised, (%d+) cleared\n"
    local delivered = out:match "\n  messages +(%d+) delivered, half of them within %d+ ms"
    assert(polls and tonumber(polls) > 20, out)
    assert(tonumber(raised) >= tonumber(cleared) and tonumber(delivered) >= tonumber(raised), out)
    assert.equal(FINE, code)
  end)

  it("finds free ports, loads a script that is changed, and leaves nothing behind", function ()
    copy()
    -- Whoever has it: this test, or somebody else on this machine.
    local taken = world:spawn(harness.ccgate, { "sink", "--listen", "127.0.0.1:28080" })
    harness.wait(function () return taken:said():find "listening on" or taken.code end, 10)
    local demo = start()
    has(demo:output(), "(127.0.0.1:28080 is taken)\n")
    world:script("queue_wait", (read("scripts/queue_wait.lua"):gsub("2m", "1m")))
    harness.wait(function () return demo:output():find("queue_wait +loaded.*queue_wait +loaded") end, 10, "the reload")
    local state = demo:output():match "state in (%S+)\n"
    assert(io.open(state .. "/state.db")):close()
    uv.kill(-demo.pid, "sigint")
    assert.equal(FINE, demo:join())
    has(demo:output(), "\nNext: ")
    has_not(demo:output(), "TROUBLE")
    assert.is_nil(io.open(state))
    assert.is_nil(io.open(world:path "var"))
  end)

  it("leaves nobody behind who plays for it, even when it is killed", function ()
    copy()
    local demo = start()
    local state = demo:output():match "state in (%S+)\n"
    local players = harness.children(demo.pid)
    assert.equal(3, #players)
    uv.kill(demo.pid, "sigkill")
    demo:join()
    for _, pid in ipairs(players) do
      harness.wait(function() return not harness.status(pid, "VmSize") end, 10, "process " .. pid .. " plays on")
    end
    harness.execute("rm", { "-r", state })
  end)

  it("does not play somebody else's centre", function ()
    world.center_url = "https://centre.example.com:28080"
    world:conf()
    local code, _, err = world:command { "demo", "--for", "5s" }
    has(err, "gateway.conf: to be played here, the contact centre needs a [center]")
    assert.equal(USAGE, code)
  end)
end)
