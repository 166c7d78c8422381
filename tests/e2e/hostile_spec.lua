--- Scripts that do what scripts must not: each is named, stopped and switched off, and a
--- good one beside them notices nothing.
local harness = require "e2e.harness"
local hostile = require "e2e.hostile"
local uv = require "luv"

local expect_good, wait_off = hostile.expect_good, hostile.wait_off
local is_off, strikes_of = hostile.is_off, hostile.strikes_of

-- ---- the four of the first promise ----

local function rule_that(name, body)
  return ([[
local gw = require "gateway"
gw.rule "%s" {
  from = gw.queues { 1 }, every = "1s", send = "floor-chat",
  when = function ()
    %s
  end,
}
]]):format(name, body)
end

describe("four hostile scripts beside a good one", function ()
  local FOUR <const> = {
    loop = rule_that("loop", 'while true do pcall(function () while true do end end) end'),
    pattern = rule_that("pattern", 'return (("a"):rep(30000)):find((".-"):rep(20) .. "b") ~= nil'),
    eater = rule_that("eater", [[local held = {}
    while true do pcall(function () while true do held[#held + 1] = ("x"):rep(1000) .. #held end end) end]]),
    finalizer = rule_that("finalizer", [[setmetatable({}, { __gc = function () while true do end end })
    for i = 1, 1e6 do local _ = { i } end]]),
  }
  local world

  -- Who eats has the time to come to the end of its memory.
  before_each(function () world = hostile.world(FOUR, "[script eater]\ncpu = 300ms\n") end)
  after_each(function () world:close() end)

  it("are named, killed and switched off; the good one's alerts are on time", function ()
    local most = 0
    world:run()
    expect_good(world)
    harness.wait(function ()
      for _, pid in ipairs(world:hosts "eater") do
        most = math.max(most, harness.status(pid, "VmHWM") or 0)
      end
      for script in pairs(FOUR) do
        if not is_off(world, script, ("rule '%s'"):format(script)) then return false end
      end
      return true
    end, 30, function () return world.gateway:errors() end)
    expect_good(world)
    for script in pairs(FOUR) do
      assert.equal(3, strikes_of(world, script, ("rule '%s'"):format(script)), script)
      assert.equal(0, #world:received(harness.is_alert("raise", script)))
    end
    assert.truthy(world.gateway:errors():find "script pattern rule 'pattern' stopped: cpu limit: killed after")
    assert.truthy(world.gateway:errors():find "script finalizer rule 'finalizer' stopped: cpu limit: killed after")
    if not harness.is_sanitized then
      assert.is_true(most > 24 * 1024, "the eater had " .. most .. " KB")
      assert.is_true(most < (32 + 16) * 1024, "the eater had " .. most .. " KB")
    end
    assert.equal(0, world.gateway:stop())
  end)
end)

-- ---- what else they may try ----

-- How the log says that an entry ended the first time. A host that crashes ends otherwise
-- where a sanitizer catches it.
local INSIDE <const> = "cpu limit (strike 1 of 3)"
local KILLED <const> = "cpu limit: killed after"
local EITHER <const> = "cpu limit"
local MEMORY <const> = "memory limit (strike 1 of 3)"
local ANYHOW <const> = ""
local CRASHED <const> = harness.is_sanitized and "ended with status" or "killed by signal 11"

-- Lua 5.4.4 closes coroutines without looking at its stack.
local CRASH <const> = [[
local outer
for _ = 1, 14000 do
  local inner = outer
  outer = coroutine.create(function ()
    local _ <close> = setmetatable({}, {
      __close = function () if inner then coroutine.close(inner) end end,
    })
    coroutine.yield()
  end)
  coroutine.resume(outer)
end
coroutine.close(outer)
]]

-- Each is a job that sends and then does this; the log says how it ends.
local ATTACKS <const> = {
  { "empty_rep", KILLED, '(""):rep(1e15)' },
  { "table_move", KILLED, "table.move({}, 1, 2^53, 2)" },
  { "huge_insert", KILLED, "table.insert(setmetatable({}, { __len = function () return 2^53 end }), 1, 1)" },
  { "huge_remove", KILLED, "table.remove(setmetatable({}, { __len = function () return 2^53 end }), 1)" },
  {
    "huge_sort", INSIDE,
    "table.sort(setmetatable({}, { __len = function () return 2^31 - 2 end }), function () return false end)",
  },
  { "equal_sort", KILLED, 'local s, t = ("a"):rep(1 << 20), {} for i = 1, 50000 do t[i] = s end table.sort(t)' },
  { "short_pattern", KILLED, '(("a"):rep(100)):find((".-"):rep(8) .. "b")' },
  { "optional_pattern", KILLED, '(("a"):rep(30)):find(("a?"):rep(30) .. ("a"):rep(30) .. "b")' },
  { "gmatch_flood", KILLED, 'for _ in (("a"):rep(1 << 20)):gmatch ".-b" do end' },
  { "plain_find", KILLED, '(("a"):rep(1 << 23)):find(("a"):rep(1 << 22) .. "b", 1, true)' },
  {
    "five_finds", KILLED,
    'for _ = 1, 5 do (("a"):rep(1 << 23)):find(("a"):rep(1 << 22) .. "b", 1, true) end',
  },
  { "xpcall_loop", EITHER, "local function loop() while true do end end xpcall(loop, loop)" },
  { "coroutine_loop", INSIDE, "while true do pcall(coroutine.wrap(function () while true do end end)) end" },
  { "close_loop", INSIDE, "local _ <close> = setmetatable({}, { __close = function () while true do end end })" },
  { "index_loop", INSIDE, "return setmetatable({}, { __index = function () while true do end end }).x" },
  { "error_loop", INSIDE, "error(setmetatable({}, { __tostring = function () while true do end end }))" },
  { "recursion", EITHER, "local function f() return 1 + f() end while true do pcall(f) end" },
  { "amplification", ANYHOW, 'local t = {} for _ = 1, 40 do t = { t, t } end require("cjson").encode(t)' },
  { "close_chain", CRASHED, CRASH },
  { "huge_rep", MEMORY, '("x"):rep(1e9)' },
  { "doubling", MEMORY, 'local s = "x" while true do s = s .. s end' },
  { "endless_table", MEMORY, "local t = {} for i = 1, 1e9 do t[i] = i end" },
  { "endless_threads", MEMORY, "local t = {} while true do t[#t + 1] = coroutine.create(print) end" },
}

local function job_that(name, body)
  return ([[
local gw = require "gateway"
gw.job "bad" {
  every = "1s",
  run = function ()
    gw.destination "floor-chat":send("half of %s");
    %s
  end,
}
]]):format(name, body)
end

describe("a script that tries", function ()
  local world

  setup(function ()
    local scripts, more = { loading = CRASH }, ""
    for _, attack in ipairs(ATTACKS) do
      local name, how, body = table.unpack(attack)
      scripts[name] = job_that(name, body)
      -- Whoever eats memory is to meet that limit, and a crash takes its time.
      local cpu = (how == MEMORY or how == CRASHED) and "2s" or "50ms"
      more = more .. ("[script %s]\ncpu = %s\n"):format(name, cpu)
    end
    world = hostile.world(scripts, more)
    world:run()
    expect_good(world)
  end)
  teardown(function () world:close() end)

  for _, attack in ipairs(ATTACKS) do
    local name, how = table.unpack(attack)
    it(name .. " is named, stopped and switched off", function ()
      wait_off(world, name, "job 'bad'")
      assert.equal(3, strikes_of(world, name, "job 'bad'"))
      local first = world.gateway:errors():match(("script %s job 'bad' stopped: ([^\n]*)"):format(name))
      assert.equal(how, first:sub(1, #how))
      assert.equal(0, #world:received(harness.is_message("half of " .. name)))
      local host = world:wait_host(name)
      if how == MEMORY and not harness.is_sanitized then
        assert.is_true(harness.status(host, "VmHWM") < (32 + 16) * 1024)
      end
    end)
  end

  it("to die while it loads is quarantined after three times", function ()
    world.gateway:wait_log("script loading quarantined: it died 3 times", 30)
    assert.equal(3, world.gateway:count_log
      ("script loading its host ended while the script was loading: " .. CRASHED))
    assert.same({}, world:hosts "loading")
  end)

  it("harms no other", function ()
    expect_good(world)
    assert.equal(0, world.gateway:stop())
  end)
end)

describe("a rule that is switched off", function ()
  local SCRIPT <const> = [[
local gw = require "gateway"
local function rule(name, when)
  gw.rule(name) {
    from = gw.queues { 1 }, every = "1s", send = "floor-chat",
    when = when, clear = gw.below("calls_waiting", 2),
  }
end
rule("bad", function (row)
  while row.calls_waiting > 100 do end
  return row.calls_waiting > 4
end)
rule("fine", gw.above("calls_waiting", 4))
gw.job "alive" { every = "1s", run = function () print "alive" end }
]]
  local world

  before_each(function () world = hostile.world { both = SCRIPT } end)
  after_each(function () world:close() end)

  it("leaves the others of its script alone, and its alerts are held until a reload", function ()
    local cleared = harness.is_alert("clear", "bad")
    world:queue(1, { callWaitNums = 9 })
    world:run()
    world:wait_received(1, hostile.ON_TIME, harness.is_alert("raise", "bad"))
    world:wait_received(1, hostile.ON_TIME, harness.is_alert("raise", "fine"))

    world:queue(1, { callWaitNums = 200 })
    wait_off(world, "both", "rule 'bad'")
    world:queue(1, { callWaitNums = 0 })
    world:wait_received(1, hostile.ON_TIME, harness.is_alert("clear", "fine"))
    local alive = world.gateway:count_log "job alive: alive"
    harness.wait(function () return world.gateway:count_log "job alive: alive" > alive + 1 end)
    world:queue(1, { callWaitNums = 9 })
    world:wait_received(2, hostile.ON_TIME, harness.is_alert("raise", "fine"))
    world:queue(1, { callWaitNums = 0 })
    world:wait_received(2, hostile.ON_TIME, harness.is_alert("clear", "fine"))
    assert.equal(0, #world:received(cleared))
    assert.same({ "1" }, world:select "SELECT raised FROM alert WHERE rule = 'bad'")

    world:reload "gateway  reloaded"
    world:wait_received(1, hostile.ON_TIME, cleared)
    assert.equal(1, #world:received(harness.is_alert("raise", "bad")))
  end)
end)

-- ---- what is not loaded ----

describe("a file that is no script", function ()
  local world

  before_each(function ()
    local bytecode = string.dump(function () return 1 end)
    world = hostile.world({
      bytecode = bytecode,
      corrupt = bytecode:sub(1, 20) .. ("\xff"):rep(200),
      headless = bytecode:sub(2),
      ors = "local a; return " .. ("a or "):rep(200000) .. "a",
      large = "-- " .. ("x"):rep(2000),
      endless = "while true do pcall(function () while true do end end) end",
      eating = 'local held = {} while true do held[#held + 1] = ("x"):rep(1000) .. #held end',
    }, "[script large]\nsource = 1KB\n")
    world:run()
  end)
  after_each(function () world:close() end)

  it("is refused with the reason, and the good one runs", function ()
    for script, reason in pairs {
      bytecode = "bytecode.lua: attempt to load a binary chunk",
      corrupt = "corrupt.lua: attempt to load a binary chunk",
      headless = "headless.lua:1: ",
      ors = "ors.lua: has 1000017 bytes, and a script has at most 262144",
      large = "has 2003 bytes, and a script has at most 1024 (source in [script large])",
      endless = "endless.lua:1: cpu limit",
      eating = "not enough memory",
    } do
      world.gateway:wait_log(reason)
      harness.wait(function () return #world:hosts(script) == 0 end, 5, "the end of " .. script)
    end
    expect_good(world)
  end)
end)

describe("a script whose rules need more memory than it may have", function ()
  local FAT <const> = [[
local gw = require "gateway"
local ids = {}
for i = 1, 8200 do ids[i] = i end
local all = gw.queues(ids)
for i = 1, 60 do gw.rule("rule-" .. i) { from = all, when = gw.above("calls_waiting", i) } end
]]

  it("is told the key that allows more", function ()
    local world = harness.world()
    world:simulate()
    world:script("fat", FAT)
    world:conf("[script fat]\nmemory = 24MB\n", { queues = "edition = 2025" })
    local code, _, err = world:command { "check" }
    if not harness.is_sanitized then -- there the kernel sets no limit
      assert.equal(1, code)
      assert.truthy(err:find("fat.lua: memory limit: it may use 24 MB: memory = 48MB in [script fat] allows more\n",
        1, true), err)
    end
    world:close()
  end)
end)

-- ---- floods ----

describe("a flood", function ()
  local LOGS <const> = [[
local gw = require "gateway"
local runs = 0
gw.job "flood" {
  every = "1s",
  run = function ()
    runs = runs + 1
    for i = 1, runs == 1 and 2e5 or 0 do gw.log.info("line " .. i) end
  end,
}
]]
  local SENDS <const> = [[
local gw = require "gateway"
local runs = 0
gw.job "flood" {
  every = "1s",
  run = function ()
    runs = runs + 1
    local sent, err = 0
    local text, most = "half", 3
    if runs > 1 then text, most = "whole", runs == 2 and 1e4 or 0 end
    for _ = 1, most do
      local ok, problem = gw.destination "floor-chat":send(text)
      sent, err = ok and sent + 1 or sent, problem or err
    end
    gw.log.info(("run %d sent %d, %s"):format(runs, sent, err and err.kind))
    if runs == 1 then error "after three" end
  end,
}
]]
  -- With a sanitizer they take five times as long, and no run may take ten seconds.
  local NAMES <const> = harness.is_sanitized and 20000 or 100000
  local METRICS <const> = [[
local gw = require "gateway"
gw.job "flood" {
  every = "1h",
  run = function ()
    local counted, kind = 0
    for i = 1, %d do
      local ok, err = gw.counter("name_" .. i, "One of many."):add(1)
      if ok then counted = counted + 1 else kind = err.kind end
    end
    gw.log.info("counted " .. counted .. ", " .. kind)
  end,
}
]]
  local world

  before_each(function ()
    world = hostile.world({ logs = LOGS, sends = SENDS, metrics = METRICS:format(NAMES) },
      "[script logs]\ncpu = 10s\n[script sends]\ncpu = 10s\nsends = 10/min\n[script metrics]\ncpu = 10s\n")
    world:run()
  end)
  after_each(function () world:close() end)

  it("of log lines is cut and counted", function ()
    world.gateway:wait_log("log lines were dropped (log = 200/min)", 15)
    local lines = world.gateway:count_log "job flood: line "
    assert.equal(200, lines)
    assert.equal(1, world.gateway:count_log(("%d log lines were dropped"):format(2e5 - lines)))
    expect_good(world)
  end)

  it("of metrics is cut, and the script is told", function ()
    world.gateway:wait_log "script metrics live"
    assert.equal(0, (world:command { "job", "metrics/flood" }))
    world.gateway:wait_log("job flood: counted 1000, limit", 20)
    expect_good(world)
  end)

  it("of messages meets its quota, and what was accepted arrives: all of it or none", function ()
    world.gateway:wait_log "job flood: run 1 sent 3, nil"
    world.gateway:wait_log("job flood: run 2 sent ", 15)
    local sent, kind = world.gateway:errors():match "job flood: run 2 sent (%d+), (%w+)"
    assert.equal("limit", kind)
    assert.is_true(tonumber(sent) >= 7 and tonumber(sent) <= 8, sent)
    world:wait_received(tonumber(sent), 15, harness.is_message "whole")
    world.gateway:wait_log "job flood: run 3 sent 0, nil"
    assert.equal(tonumber(sent), #world:received(harness.is_message "whole"))
    assert.equal(0, #world:received(harness.is_message "half"))
  end)
end)

-- ---- what Lua itself may not survive ----

describe("what Lua may not survive", function ()
  -- The host may die of each of them, or not: nothing else may.
  local DEADLY <const> = {
    weak = [[local held = {}
    while true do
      local weak = setmetatable({}, { __mode = "v" })
      weak[1] = setmetatable({}, { __newindex = setmetatable({}, { __newindex = function () end }) })
      held[#held + 1] = ("x"):rep(1000) .. #held
      pcall(function () for i = 1, 50 do weak[1][i] = {} end end)
    end]],
    chain = [[local node = {}
    for _ = 1, 120000 do node = setmetatable({}, { __index = node }) end
    return node.x.y]],
    fields = "local a = {} return a" .. (".a"):rep(120000),
    kept = "kept = setmetatable({}, { __gc = function () while true do end end }) error 'for the end'",
  }
  local world

  before_each(function ()
    local scripts, more = {}, ""
    for name, body in pairs(DEADLY) do
      scripts[name] = job_that(name, body)
      more = more .. ("[script %s]\ncpu = 500ms\nsource = 1MB\n"):format(name)
    end
    world = hostile.world(scripts, more)
    world:run()
  end)
  after_each(function () world:close() end)

  it("harms nobody, and nobody waits for its end", function ()
    for name in pairs(DEADLY) do
      harness.wait(function ()
        return world.gateway:errors():find(("error script %s job bad: "):format(name), 1, true)
          or strikes_of(world, name, "job 'bad'") > 0 or world.gateway:errors():find(name .. ".lua:", 1, true)
      end, 30, function () return "an end of " .. name .. ":\n" .. world.gateway:errors() end)
    end
    expect_good(world)
    -- "kept" is closed with what loops in it: by a reload, and with the gateway.
    world:reload "gateway  reloaded"
    expect_good(world)
    assert.equal(0, world.gateway:stop())
    for name in pairs(DEADLY) do assert.equal(0, #world:received(harness.is_message("half of " .. name))) end
  end)
end)

-- ---- what there is to see ----

describe("what a script can reach", function ()
  -- By hand: what is added to the environment is added here, too.
  local ALLOWED <const> = [[
_G _VERSION assert coroutine coroutine.close coroutine.create coroutine.isyieldable
coroutine.resume coroutine.running coroutine.status coroutine.wrap coroutine.yield error
getmetatable ipairs math math.abs math.acos math.asin math.atan math.ceil math.cos math.deg
math.exp math.floor math.fmod math.huge math.log math.max math.maxinteger math.min
math.mininteger math.modf math.pi math.rad math.random math.randomseed math.sin math.sqrt
math.tan math.tointeger math.type math.ult next os os.date os.difftime os.time pairs pcall
print rawequal rawget rawlen rawset require select setmetatable string string.byte
string.char string.find string.format string.gmatch string.gsub string.len string.lower
string.match string.pack string.packsize string.rep string.reverse string.sub string.unpack
string.upper table table.concat table.insert table.move table.pack table.remove table.sort
table.unpack tonumber tostring type utf8 utf8.char utf8.charpattern utf8.codepoint
utf8.codes utf8.len utf8.offset xpcall]]
  local LOOK <const> = [[
local gw = require "gateway"
local names = {}
for name, value in pairs(_G) do
  names[#names + 1] = name
  for member in pairs(type(value) == "table" and value ~= _G and value or {}) do
    names[#names + 1] = name .. "." .. member
  end
end
table.sort(names)
local function message(f, ...) return tostring(select(2, pcall(f, ...))) end
gw.job "look" {
  every = "1s",
  run = function ()
    print("names " .. table.concat(names, " "))
    print("shown", {}, print, coroutine.create(print), ("%s"):format({}), gw, gw.queues, io,
      message(error, {}), message(string.format, "%p", {}), message(string.rep, {}, {}))
    print("required", message(require, "io"), message(require, "gateway.core"))
    error({})
  end,
}
]]
  local world, log

  setup(function ()
    world = hostile.world { look = LOOK }
    world:write("key", "secret")
    world:conf("[center other]\nurl = https://127.0.0.1:1\ncc_id = 1\nvdn = 1\naccess_key = key\n"
      .. "secret_key = ${env:CCGATE_TEST_SECRET}\n")
    world:write("gateway.conf", (io.open(world:path "gateway.conf"):read "a"):gsub("(%[center main%]\n)",
      "%1default = yes\n"))
    world:run(nil, { env = { "CCGATE_TEST_SECRET=hunter2", "PATH=" .. os.getenv "PATH" } })
    world.gateway:wait_log "job look: the error is a table"
    log = world.gateway:errors()
  end)
  teardown(function () world:close() end)

  it("is the allow-list", function ()
    assert.equal((ALLOWED:gsub("\n", " ")), log:match "job look: names ([^\n]*)")
  end)

  it("has no address in it", function ()
    local shown = log:match "job look: shown\\t([^\n]*)"
    assert.equal("table\\tfunction\\tthread\\ttable\\tgateway\\tfunction\\tnil\\ttable\\t",
      shown:sub(1, (select(2, shown:find "nil\\ttable\\t"))))
    assert.is_nil(log:find "0x%x")
  end)

  it("is required by name, and nothing else is", function ()
    for _, name in ipairs { "io", "gateway.core" } do
      assert.truthy(log:find(("require knows only \"gateway\" and \"cjson\" here, not '%s'"):format(name), 1, true))
    end
  end)

  it("is one socket behind the kernel's fence, without the environment of the core", function ()
    local host = world:wait_host "look"
    local descriptors = {}
    for name in uv.fs_scandir_next, (uv.fs_scandir("/proc/" .. host .. "/fd")) do
      descriptors[#descriptors + 1] = name
    end
    table.sort(descriptors)
    assert.same({ "0", "1", "2", "3" }, descriptors)
    assert.equal(1, harness.status(host, "NoNewPrivs"))
    local environment = io.open("/proc/" .. host .. "/environ"):read "a"
    assert.is_nil(environment:find("hunter2", 1, true))
    if not harness.is_sanitized then assert.equal(2, harness.status(host, "Seccomp")) end
  end)
end)
