--- The README is true: its blocks run as they stand, its tables list what there is.
local cjson = require "cjson"
local harness = require "e2e.harness"

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "a"
  file:close()
  return text
end

local README <const> = read "README.md"

-- The blocks of `text` in order: { language, body, lead }, where lead is the text before.
local function blocks(text)
  local found = {}
  for lead, language, body in text:gmatch("(.-)\n```(%w+)\n(.-)\n```") do
    found[#found + 1] = { language = language, body = body .. "\n", lead = lead }
  end
  return found
end

local function section(title)
  local _, first = README:find("\n## " .. title .. "\n", 1, true)
  assert(first, "no section " .. title)
  return README:sub(first, (README:find("\n## ", first, true) or #README + 1))
end

local function of_language(language)
  local chosen = {}
  for _, block in ipairs(blocks(README)) do
    if block.language == language then chosen[#chosen + 1] = block.body end
  end
  assert(#chosen > 0, "no block of " .. language)
  return chosen
end

local has = harness.has

local function absolute(path)
  local pipe = assert(io.popen("realpath " .. path))
  local result = pipe:read "l"
  pipe:close()
  return result
end

local world

-- A port that was free a moment ago.
local function free_port()
  world.sink_address = nil
  world:sink():stop()
  return world.sink_address:match(":(%d+)$")
end

-- A folder that looks like a fresh clone after `make`, with ports of its own.
local function clone()
  local ports = { ["28080"] = free_port(), ["9000"] = free_port() }
  local function with_ports(text)
    return (text:gsub(":(%d+)", function (port) return ports[port] and ":" .. ports[port] end))
  end
  world:write("gateway.conf", with_ports(read "gateway.conf"))
  assert(os.execute(("cp scripts/*.lua '%s/scripts/'"):format(world.folder)))
  assert(os.execute(("ln -s '%s' '%s/build'"):format(absolute(harness.ccgate:match "^(.*)/"), world.folder)))
  return with_ports
end

local function ccgate(...)
  return harness.execute(world:path "build/ccgate", { ... }, { cwd = world.folder })
end

before_each(function () world = harness.world() end)
after_each(function () world:close() end)

-- Does a line of `text` say that? Numbers, times and signs of colour are any.
local function says(text, line)
  local pattern = line:gsub("%p", "%%%0"):gsub("%d+", "%%d+"):gsub(" +", " +")
  return text:find(pattern) ~= nil
end

describe("the first hour with the README", function ()
  local STAYS <const> = { simulate = "listening on ", sink = "listening on ", run = "short_staffed live" }
  local running

  before_each(function () running = {} end)

  local function said(last)
    local texts = { last }
    for _, process in ipairs(running) do texts[#texts + 1] = process:said() end
    return table.concat(texts, "\n")
  end

  local function start(command, sign)
    local process = world:spawn("sh", { "-c", "exec " .. command }, { cwd = world.folder })
    running[#running + 1] = process
    harness.wait(function () return process:said():find(sign, 1, true) end, 20,
      function () return command .. process:said() end)
  end

  -- Runs a line of a block; what goes on until Ctrl-C stays in `running`.
  local function run(command)
    local sign = STAYS[command:match "^build/ccgate (%w+)"]
    if sign then
      start(command, sign)
      return ""
    end
    local code, out, err = harness.execute("sh", { "-c", command }, { cwd = world.folder })
    assert(code == 0, command .. err .. out)
    return out
  end

  -- Does what the section says; returns how many steps that were.
  local function follow(title, with_ports)
    local last, steps = "", 0
    for _, block in ipairs(blocks(section(title))) do
      if block.language == "sh" then
        for line in with_ports(block.body):gmatch "[^\n]+" do last = run(line) end
      elseif block.language == "lua" then
        world:write(block.lead:match("`(scripts/[%w_]+%.lua)`[^`]*$"), block.body)
      else
        for line in block.body:gmatch("[^\n]+") do
          harness.wait(function () return says(said(last), line) end, 15,
            function () return line .. "\nin:\n" .. said(last) end)
        end
      end
      steps = steps + 1
    end
    return steps
  end

  local function stop()
    for _, process in ipairs(running) do assert.equal(0, process:stop("sigint")) end
  end

  it("works word by word: a rule, its check, the demo, a test", function ()
    assert.equal(8, follow("Your first rule", clone()))
  end)

  it("works word by word: at a centre, and by hand", function ()
    local with_ports = clone()
    local script = blocks(section "Your first rule")[1].body
    world:write("scripts/short_staffed.lua", (script:gsub('"15s"', '"1s"')))
    local services = blocks(section "By hand")
    for index = 1, 2 do start(services[index].body:gsub("\n", ""), "listening on ") end
    assert.equal(2, follow("Your real centre", with_ports))
    for _, process in ipairs(running) do process:stop("sigint") end
    running = {}
    assert.equal(9, follow("By hand", with_ports))
    stop()
  end)
end)

local SPEC <const> = 'require "gateway.sim"'

describe("the README", function ()
  it("shows a test that passes", function ()
    clone()
    local last
    local section_of_tests = section "Scripts"
    for _, block in ipairs(blocks(section_of_tests:sub((section_of_tests:find("\n### Tests\n", 1, true))))) do
      if block.language == "lua" and block.body:find(SPEC, 1, true) then
        world:write("scripts/queue_wait_spec.lua", block.body)
      elseif block.language == "sh" then
        local code, out = harness.execute("sh", { "-c", block.body }, { cwd = world.folder })
        assert.equal(0, code, out)
        last = out
      elseif block.language == "text" then
        for line in block.body:gmatch "[^\n]+" do has(last, line) end
        return
      end
    end
  end)

  it("shows scripts that are right", function ()
    clone()
    os.execute(("rm '%s/scripts/'*"):format(world.folder))
    local count = 0
    for index, body in ipairs(of_language "lua") do
      if not body:find(SPEC, 1, true) then
        world:script("example_" .. index, body)
        count = count + 1
      end
    end
    local code, out, err = ccgate("check")
    assert.equal("", err)
    assert.equal(0, code)
    has(out, ("fine: %d scripts, "):format(count))
  end)

  it("shows a configuration that is right", function ()
    for index, body in ipairs(of_language "ini") do
      world:write("readme.conf", body)
      os.execute(("mkdir -p '%s/secrets'"):format(world.folder))
      world:write("secrets/aicc", "key\n")
      world:write("secrets/operator", "quiet\n")
      world:write("secrets/crm", "quiet\n")
      world:write("secrets/token", "quiet\n")
      world:write("secrets/signing", harness.secret .. "\n")
      world:write("secrets/floor-chat", "https://chat.example.com/x\n")
      os.execute(("chmod 600 '%s/secrets/'*"):format(world.folder))
      local code, out, err = harness.execute(harness.ccgate, { "config", "-c", world:path "readme.conf" },
        { env = { "AICC_ACCESS_KEY=a", "CHAT_TOKEN=b" } })
      assert.equal("", err, index)
      assert.equal(0, code)
      has(out, "memory = 64MB\n")
    end
  end)

  it("shows an event as it arrives", function ()
    world:simulate()
    world:sink()
    world:conf()
    world:queue(1, { callWaitNums = 9, agentAvailableNums = 0 })
    world:script("short_staffed", of_language "lua"[1])
    world:run()
    local event = world:wait_received(1, 15, function (request)
      return request.event and request.event.data.key == "1"
    end)[1].event
    local shown = cjson.decode(of_language "json"[1])
    local function keys(of)
      local list = {}
      for key in pairs(of) do list[#list + 1] = key end
      table.sort(list)
      return list
    end
    assert.same(keys(event), keys(shown))
    assert.same(keys(event.data), keys(shown.data))
    for _, key in ipairs { "kind", "status", "severity", "was", "rule", "script", "center", "key", "summary", "why",
      "details", "link", "reason", "n" } do
      assert.equal(event.data[key], shown.data[key], key)
    end
    for _, part in ipairs { "labels", "row" } do
      for key, value in pairs(shown.data[part]) do assert.equal(event.data[part][key], value, key) end
    end
  end)

  it("names targets that the Makefile has", function ()
    local makefile = read "Makefile"
    local count = 0
    for line in table.concat(of_language "sh"):gmatch("[^\n]+") do
      local target = line:match("^make ?(%l*)")
      if target then
        has(makefile, "\n" .. (target == "" and "all" or target) .. ":")
        count = count + 1
      end
    end
    assert.equal(7, count)
  end)

  it("lists the commands, all of them", function ()
    local _, help = harness.execute(harness.ccgate, { "--help" })
    local listed, there = {}, {}
    for name in section "Commands":gmatch("\n| `ccgate (%l+)") do listed[#listed + 1] = name end
    for name in help:gmatch("\n  (%l+) ") do there[#there + 1] = name end
    table.sort(listed)
    table.sort(there)
    assert.same(there, listed)
  end)

  it("lists the keys of a rule and what gw offers", function ()
    world:simulate()
    world:conf()
    world:script("wrong", [[
local gw = require "gateway"
gw.rule "wrong" { zzzzzzzz = 1 }
gw.zzzzzzzz()
]])
    local _, _, err = world:command { "check" }
    local scripts = section "Scripts"
    local function words(text)
      local list = {}
      for word in text:gsub(" and ", ", "):gmatch("[%w_]+") do list[#list + 1] = word end
      return list
    end
    local listed = {}
    for cell in scripts:gmatch("\n| (`[^|]+) |") do
      for key in cell:gmatch("`([%l_]+)`") do listed[#listed + 1] = key end
    end
    assert.same(words(err:match("unknown key 'zzzzzzzz'; known: ([^\n]*)")), listed)
    for _, name in ipairs(words(err:match("gateway has no 'zzzzzzzz'; known: ([^\n]*)"))) do
      has(scripts, "gw." .. name)
    end
  end)

  it("lists the fields of all rows", function ()
    local _, tables = harness.execute(harness.ccgate, { "stubs", "--markdown" })
    has(section "Fields", "<!-- fields -->\n" .. tables .. "\n<!-- /fields -->\n")
    has(tables, "\n### Queue: a row of `gw.queues`\n")
  end)

  it("lists the kinds of destinations, all of them, and their keys", function ()
    local function kind(name) return harness.execute(harness.ccgate, { "config", "--kind", name, "-o", "json" }) end
    local shared = { kind = true, ca_file = true, timeout = true, rate = true, allow_private = true }
    local _, _, err = kind "zzzzzzzz"
    local there, listed = {}, {}
    for name in err:match("there are ([%w -]+)"):gmatch("[%w-]+") do
      local _, out = kind(name)
      there[name] = {}
      for _, key in ipairs(cjson.decode(out).keys) do
        if not shared[key.key] then there[name][key.key] = true end
      end
    end
    for name, keys in section "Configuration":gmatch("\n| `([%w-]+)` |[^|\n]*|([^|\n]*)|") do
      listed[name] = {}
      for key in keys:gmatch("`([%w_.*]+)`") do listed[name][key] = true end
    end
    assert.same(there, listed)
  end)

  it("names folders that are there", function ()
    for folder in section "Working on it":gmatch("`([%l]+/[%l]+)`") do
      assert(os.execute("test -d " .. folder), folder)
    end
  end)
end)
