--- Runs the real programs for end-to-end tests: each world has a folder of its own, ports
--- that the system picked, and ends every process that it started.
local uv = require "luv"
local cjson = require "cjson"

local harness = {}

local BUILD <const> = os.getenv("CCGATE_BUILD") or "build"
local CCGATE <const> = BUILD .. "/ccgate"
local SLOW <const> = BUILD:find("sanitize", 1, true) ~= nil

harness.ccgate = CCGATE
harness.is_sanitized = SLOW
harness.secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

--- Lets the world go on until `condition` holds and returns its value; fails after `seconds`.
function harness.wait(condition, seconds, what)
  seconds = (seconds or 10) * (SLOW and 4 or 1)
  local give_up = uv.hrtime() + seconds * 1e9
  while true do
    uv.run("nowait")
    local value = condition()
    if value then return value end
    if uv.hrtime() > give_up then
      error("waited " .. seconds .. " s in vain for " .. (type(what) == "function" and what() or what or "it"), 2)
    end
    uv.sleep(2)
  end
end

--- Lets the world go on for some milliseconds.
function harness.pass(milliseconds)
  local until_ns = uv.hrtime() + milliseconds * 1e6
  repeat
    uv.run("nowait")
    uv.sleep(1)
  until uv.hrtime() >= until_ns
end

-- ---- processes ----

local Process = {}
Process.__index = Process

local function collect(pipe, into)
  pipe:read_start(function (_, data)
    if data then into[#into + 1] = data end
  end)
end

--- Starts a program; its output gathers in `process:output()`.
function harness.spawn(program, arguments, options)
  local self = setmetatable({ out = {}, err = {} }, Process)
  local stdout, stderr = uv.new_pipe(false), uv.new_pipe(false)
  local handle, pid = uv.spawn(program, {
    args = arguments,
    stdio = { nil, stdout, stderr },
    env = options and options.env,
    cwd = options and options.cwd,
  }, function (code, signal)
    self.code, self.signal = code, signal
    self.handle:close()
  end)
  assert(handle, "cannot start " .. program .. ": " .. tostring(pid))
  self.handle, self.pid = handle, pid
  collect(stdout, self.out)
  collect(stderr, self.err)
  self.pipes = { stdout, stderr }
  return self
end

-- What gathered in a list, as one text; kept as that, because whoever waits asks often.
local function joined(list)
  if #list ~= 1 then
    list[1] = table.concat(list)
    for index = #list, 2, -1 do list[index] = nil end
  end
  return list[1]
end

function Process:output() return joined(self.out) end
function Process:errors() return joined(self.err) end
function Process:said() return self:output() .. self:errors() end
function Process:is_alive() return self.code == nil end

function Process:kill(signal)
  if self.code == nil then self.handle:kill(signal or "sigkill") end
end

--- Waits for the end and returns the exit code.
function Process:join(seconds)
  harness.wait(function () return self.code end, seconds or 25,
    function () return "the end of process " .. self.pid .. ":\n" .. self:errors() end)
  harness.pass(5)
  return self.code
end

function Process:stop(signal)
  self:kill(signal or "sigterm")
  return self:join()
end

--- Waits for a line in the log (plain text).
function Process:wait_log(text, seconds)
  return harness.wait(function () return self:errors():find(text, 1, true) end, seconds,
    function () return ("%q in the log:\n%s"):format(text, self:errors()) end)
end

--- How often a text stands in the log.
function Process:count_log(text)
  local count, from = 0, 1
  local log = self:errors()
  while true do
    local first, last = log:find(text, from, true)
    if not first then return count end
    count, from = count + 1, last + 1
  end
end

--- The environment of a program that a library of tests/shim is preloaded into.
function harness.preload(shim, ...)
  return { "LD_PRELOAD=" .. BUILD .. "/tests/" .. shim .. ".so", "PATH=" .. os.getenv "PATH",
    "ASAN_OPTIONS=verify_asan_link_order=0:" .. (os.getenv "ASAN_OPTIONS" or ""), ... }
end

--- Runs a program to its end: code, output, errors.
function harness.execute(program, arguments, options)
  local process = harness.spawn(program, arguments, options)
  local code = process:join(60)
  for _, pipe in ipairs(process.pipes) do if not pipe:is_closing() then pipe:close() end end
  return code, process:output(), process:errors()
end

--- The processes that this one has started and that it has not waited for.
function harness.children(pid)
  local file = assert(io.open(("/proc/%d/task/%d/children"):format(pid, pid)))
  local pids = {}
  for child in file:read("a"):gmatch "%d+" do pids[#pids + 1] = math.tointeger(child) end
  file:close()
  return pids
end

--- A line of /proc/PID/status as a number ("VmHWM" is in KB); nil when the process is gone.
function harness.status(pid, name)
  local file = io.open("/proc/" .. pid .. "/status")
  local text = file and file:read "a" or ""
  if file then file:close() end
  return tonumber(text:match("\n" .. name .. ":%s*(%d+)"))
end

--- Whether the text stands anywhere in the memory that the process may write; not in the
--- terabytes that a sanitizer sets aside for its own.
function harness.memory_has(pid, text)
  local memory <close> = assert(io.open("/proc/" .. pid .. "/mem", "rb"))
  for line in io.lines("/proc/" .. pid .. "/maps") do
    local first, last = line:match "^(%x+)-(%x+) rw"
    local size = first and tonumber(last, 16) - tonumber(first, 16) or 0
    if size > 0 and size <= 1 << 27 and memory:seek("set", tonumber(first, 16)) then
      local bytes = memory:read(size)
      if bytes and bytes:find(text, 1, true) then return true end
    end
  end
  return false
end

-- ---- what is said ----

function harness.has(text, part)
  assert(text:find(part, 1, true), ("%q is not in:\n%s"):format(part, text))
end

function harness.has_not(text, part)
  assert(not text:find(part, 1, true), ("%q is in:\n%s"):format(part, text))
end

-- ---- worlds ----

local World = {}
World.__index = World

function harness.world()
  local folder = assert(uv.fs_mkdtemp("/tmp/ccgate-test-XXXXXX"))
  assert(uv.fs_mkdir(folder .. "/scripts", tonumber("700", 8)))
  return setmetatable({ folder = folder, processes = {} }, World)
end

function World:path(name) return self.folder .. "/" .. name end

function World:write(name, text)
  uv.fs_mkdir(self:path(name):match "^(.*)/", tonumber("700", 8))
  local file = assert(io.open(self:path(name), "w"))
  file:write(text)
  file:close()
end

function World:script(name, text) self:write("scripts/" .. name .. ".lua", text) end

function World:spawn(program, arguments, options)
  local process = harness.spawn(program, arguments, options)
  self.processes[#self.processes + 1] = process
  return process
end

local function wait_listening(process)
  return harness.wait(function () return process:said():match("listening on (%S+)\n") end, 10,
    function () return "listening: " .. process:said() end)
end

--- A simulated centre; further arguments as of `ccgate simulate`.
function World:simulate(arguments)
  local all = { "simulate", "--listen", self.center_address or "127.0.0.1:0", "--ca", self:path("ca.pem"),
    "--access-key", "key", "--secret-key", "secret" }
  for _, argument in ipairs(arguments or {}) do all[#all + 1] = argument end
  self.center = self:spawn(CCGATE, all)
  self.center_url = wait_listening(self.center)
  self.center_address = self.center_url:match("//(.*)$")
  return self.center
end

--- A receiver; what it received is in world:received().
function World:sink(arguments)
  local all = { "sink", "--listen", self.sink_address or "127.0.0.1:0", "-o", "json" }
  for _, argument in ipairs(arguments or {}) do all[#all + 1] = argument end
  self.receiver = self:spawn(CCGATE, all)
  self.receiver.is_sink = true
  self.sink_url = wait_listening(self.receiver)
  self.sink_address = self.sink_url:match("//([^/]*)")
  return self.receiver
end

-- Reads the requests that a sink has printed since the last time.
local function read_requests(sink)
  local requests, text, from = sink.requests or {}, sink:output(), sink.read_to or 1
  sink.requests = requests
  for line, after in text:gmatch("([^\n]*)\n()", from) do
    sink.read_to = after
    local request = cjson.decode(line)
    local fine, event = pcall(cjson.decode, request.body)
    request.event = fine and event or nil
    requests[#requests + 1] = request
  end
  return requests
end

--- Every request that any sink of this world received, in order; those that `filter` wants.
function World:received(filter)
  uv.run("nowait")
  local chosen = {}
  for _, process in ipairs(self.processes) do
    for _, request in ipairs(process.is_sink and read_requests(process) or {}) do
      if not filter or filter(request) then chosen[#chosen + 1] = request end
    end
  end
  return chosen
end

--- Waits until the sink received `count` requests (that pass `filter`), returns them.
function World:wait_received(count, seconds, filter)
  local chosen
  harness.wait(function ()
    chosen = self:received(filter)
    return #chosen >= count
  end, seconds or 15, function ()
    return ("%d messages, %d came:\n%s"):format(count, #chosen, self.gateway and self.gateway:errors() or "")
  end)
  return chosen
end

--- A filter of requests: the raises or clears of a rule.
function harness.is_alert(kind, rule)
  return function (request)
    local data = request.event and request.event.data
    return data and data.kind == kind and data.rule == rule
  end
end

--- A filter of requests: what a script sent with this text.
function harness.is_message(text)
  return function (request)
    local data = request.event and request.event.data
    return data and data.kind == "message" and data.message == text
  end
end

--- Speaks to the simulated centre's own paths.
function World:control(method, ...)
  local arguments = { "-sS", "--max-time", "5", "--cacert", self:path("ca.pem"), "-X", method }
  for _, path in ipairs { ... } do arguments[#arguments + 1] = self.center_url .. path end
  local code, out, err = harness.execute("curl", arguments)
  assert(code == 0, err)
  return out
end

--- Pins values of a queue: world:queue(7, { callWaitNums = 9 }); nil lets it go again.
function World:queue(id, values)
  if not values then return self:control("DELETE", "/-/queue/" .. id) end
  return self:queues({ [id] = values })
end

--- The same of several queues at once: world:queues { [7] = { callWaitNums = 9 } }.
function World:queues(all)
  local paths = {}
  for id, values in pairs(all) do
    local list = {}
    for name, value in pairs(values) do list[#list + 1] = name .. "=" .. value end
    paths[#paths + 1] = "/-/queue/" .. id .. "?" .. table.concat(list, "&")
  end
  return self:control("PUT", table.unpack(paths))
end

function World:fault(spec)
  if not spec then return self:control("DELETE", "/-/fault") end
  return self:control("PUT", "/-/fault?spec=" .. spec)
end

--- What the centre counted: { requests, refused, connections }.
function World:count() return cjson.decode(self:control("GET", "/-/count")) end

--- Writes gateway.conf: a centre and a destination that exist in this world; `more` is added.
function World:conf(more, options)
  options = options or {}
  self:write("gateway.conf", table.concat({
    "[gateway]", "scripts = scripts", "state = var" .. (options.gateway and "\n" .. options.gateway or ""),
    "[center main]", "url = " .. (self.center_url or "https://127.0.0.1:1"), "cc_id = 1", "vdn = 1",
    "access_key = key", "secret_key = " .. (options.secret_key or "secret"),
    "ca_file = ca.pem", "rate = 1000/s", "concurrency = 8", "timeout = " .. (options.timeout or "2s"),
    options.queues or "queue.1 = sales, voice\nqueue.2 = support",
    "[destination floor-chat]", "kind = webhook",
    "url = " .. (self.sink_url or "http://127.0.0.1:1") .. (options.path or "/"),
    "allow_private = yes", "secret = " .. harness.secret,
    more or "",
  }, "\n") .. "\n")
end

--- Starts the gateway.
function World:run(arguments, options)
  local all = { "run", "-c", self:path("gateway.conf") }
  for _, argument in ipairs(arguments or {}) do all[#all + 1] = argument end
  self.gateway = self:spawn(CCGATE, all, options)
  return self.gateway
end

--- Lets the gateway read everything anew and waits until it says `outcome`.
function World:reload(outcome)
  local before = self.gateway:count_log(outcome)
  self.gateway:kill("sighup")
  harness.wait(function () return self.gateway:count_log(outcome) > before end, 10,
    function () return ("%q after a reload:\n%s"):format(outcome, self.gateway:errors()) end)
end

--- A job of the running gateway, whose end is not waited for.
function World:start_job(name)
  return self:spawn(harness.ccgate, { "job", name, "-c", self:path "gateway.conf" })
end

--- `ccgate COMMAND … -c gateway.conf` to its end.
function World:command(arguments, options)
  local all = {}
  for _, argument in ipairs(arguments) do all[#all + 1] = argument end
  all[#all + 1] = "-c"
  all[#all + 1] = self:path("gateway.conf")
  return harness.execute(CCGATE, all, options)
end

--- Runs `ccgate …` as somebody who stands in the folder of the world, with nothing in the
--- environment but a token: code, output, errors.
function World:ccgate(...)
  local environment = { "PATH=" .. os.getenv "PATH", "CCGATE_TOKEN=quiet please" }
  for _, name in ipairs { "ASAN_OPTIONS", "UBSAN_OPTIONS" } do
    environment[#environment + 1] = os.getenv(name) and name .. "=" .. os.getenv(name)
  end
  return harness.execute(assert(uv.fs_realpath(harness.ccgate)), { ... },
    { cwd = self.folder, env = environment })
end

--- The child processes of the gateway that host a script.
function World:hosts(script)
  local found = {}
  local pipe = assert(io.popen("ps -o pid=,args= --ppid " .. self.gateway.pid))
  for line in pipe:lines() do
    local pid, name = line:match("^%s*(%d+)%s+%S*ccgate%-script%s+(%S+)")
    if pid and (not script or name == script) then found[#found + 1] = tonumber(pid) end
  end
  pipe:close()
  return found
end

--- Waits for the only host of a script, other than `former`, and returns its process id.
function World:wait_host(script, former)
  return harness.wait(function ()
    local hosts = self:hosts(script)
    return #hosts == 1 and hosts[1] ~= former and hosts[1]
  end, 10, "a host of " .. script)
end

--- Rows of a SELECT on the store, columns separated by '|'.
function World:select(sql)
  local code, out, err = harness.execute("sqlite3", { "-readonly", self:path("var/state.db"), sql })
  assert(code == 0, err)
  local rows = {}
  for line in out:gmatch("[^\n]+") do rows[#rows + 1] = line end
  return rows
end

function World:close()
  for _, process in ipairs(self.processes) do process:kill("sigkill") end
  for _, process in ipairs(self.processes) do process:join() end
  for _, process in ipairs(self.processes) do
    for _, pipe in ipairs(process.pipes) do if not pipe:is_closing() then pipe:close() end end
  end
  uv.run("nowait")
  os.execute("rm -rf '" .. self.folder .. "'")
end

return harness
