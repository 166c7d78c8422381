local fake_core = require "lua.fake_core"

local FILE <const> = "scripts/queue_wait.lua"
local ONLY_TASK <const> = " works only inside a task, such as the run of a gw.job or the on_raise of a gw.rule"

local job <const>, mistake_of <const> = fake_core.job, fake_core.mistake_of

local function logged(body)
  local host = job("gw.log.info(" .. body .. ")")
  host:run "it"
  return host.logs[1].text
end

describe("a job", function()
  it("is registered", function()
    local host = fake_core.load 'require "gateway".job "digest" { every = "1h30m", run = function() end }'
    local made = host.jobs.digest
    assert.same({ "digest", 5400000, "Runs every 1h30m." }, { made.name, made.every_ms, made.about })
  end)

  local bad = {
    { "every = 60, run = print", [[every: 60 is not a duration; write "1m"]] },
    { 'every = "10ms", run = print', [[every: '10ms' is too short; the least is "1s"]] },
    { "run = print", 'when it runs is missing: one of every = "1m", at = "18:05" or cron = "0 9 * * 1-5"' },
    { 'at = "9:30", run = print', [[at: '9:30' is no time of a day; write "09:30"]] },
    { 'at = "25:00", run = print', [[at: '25:00' is no time of a day; write "18:05"]] },
    { 'cron = "0 9", run = print', "cron: '0 9': has 2 of five fields: minute hour day month weekday" },
    { 'every = "1m", at = "18:05", run = print',
      "every and at stand together: a job has one of every, at and cron" },
    { 'every = "1m", zone = "UTC", run = print',
      "zone: an interval is the same in every zone; zone belongs to at and cron" },
    { 'at = "18:05", zone = "Europe/Istambul", run = print',
      "zone: 'Europe/Istambul' is no time zone of this machine (did you mean 'Europe/Istanbul'?)" },
    { 'at = "18:05", zone = "Mars/" .. "Base", run = print', "zone: 'Mars/Base' is no time zone of this "
      .. [[machine; write one such as "Europe/Istanbul", as a text of its own in the script]] },
    { 'at = "18:05", missed = "onse", run = print',
      "missed: 'onse' is none of skip, once, all (did you mean 'once'?)" },
    { 'at = "18:05", during = "offise", run = print',
      "during: no calendar 'offise' in gateway.conf (did you mean 'office'?)" },
    { 'at = "18:05", during = 5, run = print', 'during: a calendar is needed, such as "office" of '
      .. "gateway.conf or gw.calendar { … }, not 5" },
    { 'every = "1m"', "'run' is missing: a function such as function(now) … end" },
    { 'every = "1m", run = 5', "run: a function such as function(now) … end is needed, not 5" },
    { 'every = "1m", run = print, evry = 1', "unknown key 'evry' (did you mean 'every'?)" },
  }
  for _, case in ipairs(bad) do
    it("is refused: " .. case[1], function()
      local host = fake_core.load('local gw = require "gateway"\ngw.job "a" {\n' .. case[1] .. " }")
      assert.equal("job 'a': " .. case[2], host.problems[1].text)
      assert.equal(1, #host.problems)
      assert.same({}, host.jobs)
    end)
  end
end)

describe("a job that runs at times", function()
  local function made(keys, options)
    local host = fake_core.load('require "gateway".job "a" { ' .. keys .. ", run = print }", options)
    assert.same({}, fake_core.lines(host))
    return host.jobs.a
  end

  it("says when it runs next", function()
    local next_job = made('at = "18:05"', { next_run = 1763737500 })
    assert.same({ "5 18 * * *", "Europe/Istanbul", "skip" }, { next_job.cron, next_job.zone, next_job.missed })
    assert.equal("Runs at 18:05 (Europe/Istanbul), next 2025-11-21 18:05.", next_job.about)
    next_job = made('cron = "0 9 * * 1-5", zone = "America/New_York", missed = "all"', { next_run = 1763737500 })
    assert.equal("Runs at '0 9 * * 1-5' (America/New_York), next 2025-11-21 10:05. Missed runs are made up "
      .. "for, one after the other.", next_job.about)
    next_job = made('every = "1m", during = "office", missed = "once"', { next_run = 1763737500 })
    assert.same({ text = "days=mon-fri\nhours=09:00-18:00\n", zone = "Europe/Istanbul" }, next_job.during)
    assert.equal("Runs every 1m during office: mon-fri 09:00-18:00 (Europe/Istanbul), next 2025-11-21 18:05."
      .. " After missed runs it runs once.", next_job.about)
  end)

  it("is refused when it never runs", function()
    local source = 'require "gateway".job "a" {\nat = "20:05",\nduring = "office", run = print }'
    assert.same({ "3: job 'a': during: it would never run: at 20:05 (Europe/Istanbul) is never within office: "
      .. "mon-fri 09:00-18:00 (Europe/Istanbul)" }, fake_core.lines(fake_core.load(source, { never = true })))
    source = 'require "gateway".job "a" {\ncron = "0 0 30 2 *", run = print }'
    assert.same({ "2: job 'a': cron: '0 0 30 2 *' never comes" },
      fake_core.lines(fake_core.load(source, { next_run = false })))
  end)
end)

describe("gw.date and gw.day", function()
  it("are on the gateway's clock, or that of a zone", function()
    local host = job [[
      gw.log.info(gw.date("%Y-%m-%d %H:%M:%S %z %Z %s", 1763737500))
      gw.log.info(gw.date("%F %R %z", 1763737500.9, "America/New_York"))
      gw.log.info(gw.date("*t", 0).hour .. " " .. gw.date("%R") .. " " .. os.date("%R %z %Z"))
      gw.log.info(gw.day(1763758800) .. " " .. gw.day(1763758799) .. " " .. gw.day())]]
    host:run "it"
    local lines = {}
    for index, line in ipairs(host.logs) do
      lines[index] = line.text
    end
    assert.same({ "2025-11-21 18:05:00 +0300 Europe/Istanbul 1763737500", "2025-11-21 10:05 -0500",
      "3 21:05 18:05 +0000 UTC", "2025-11-22 2025-11-21 2025-11-20" }, lines)
  end)

  local bad = {
    { 'gw.day "today"', "3: gw.day: a time in seconds is needed, not 'today'" },
    { "gw.date(5)", [[3: gw.date: a format such as "%Y-%m-%d %H:%M" is needed, not 5]] },
    { 'gw.date("%R", 0, "Europe/Istambul")',
      "3: gw.date: 'Europe/Istambul' is no time zone of this machine (did you mean 'Europe/Istanbul'?)" },
    { 'gw.date "%Q"', "3: gw.date: bad argument #1 to 'date' (invalid conversion specifier '%Q')" },
  }
  for _, case in ipairs(bad) do
    it("refuses " .. case[1], function()
      assert.equal(FILE .. ":" .. case[2], mistake_of(case[1]))
    end)
  end
end)

describe("gw.sleep", function()
  it("waits for a duration or a number of seconds", function()
    assert.same({ 1500, 90000, 250, 0 }, job [[
      gw.sleep "1s500ms" gw.sleep(90) gw.sleep(0.25) gw.sleep "0s"]]:run "it")
  end)

  local bad = {
    { 'gw.sleep "2 min"', [[3: gw.sleep: '2 min' is not a duration; write "2m"]] },
    { "gw.sleep(-1)", [[3: gw.sleep: -1 is not a duration; write "15s", "2m" or "1h30m"]] },
    { "gw.sleep(1/0)", [[3: gw.sleep: inf is not a duration; write "15s", "2m" or "1h30m"]] },
    { "gw.sleep()", [[3: gw.sleep: nothing is not a duration; write "15s", "2m" or "1h30m"]] },
  }
  for _, case in ipairs(bad) do
    it("refuses " .. case[1], function()
      assert.equal(FILE .. ":" .. case[2], mistake_of(case[1]))
    end)
  end

  it("belongs into a task", function()
    local host = fake_core.load 'local gw = require "gateway"\ngw.sleep "1s"'
    assert.same({ "2: gw.sleep" .. ONLY_TASK }, fake_core.lines(host))
  end)
end)

describe("query:fetch", function()
  it("gives the rows of its queues, at most so old", function()
    local host = job [[
      local rows = gw.queues { tag = "voice" }:fetch { max_age = "5s" }
      print(#rows, rows[1].calls_waiting)]]
    host.answer = { { id = 1, calls_waiting = 3 } }
    host:run "it"
    assert.same({ center = 0, query = "queues", ids = { 1, 2 }, max_age_ms = 5000 }, host.fetched)
    assert.equal("1\t3", host.logs[1].text)
  end)

  it("asks anew when nothing is said about age", function()
    local host = job "gw.queues():fetch()"
    host.answer = {}
    host:run "it"
    assert.equal(0, host.fetched.max_age_ms)
  end)

  it("gives nil and an error that prints well", function()
    local host = job [[
      local rows, err = gw.queues():fetch()
      gw.log.warn(err, { kind = err.kind, code = err.code, rows = rows == nil })
      print("lost: " .. err)]]
    host.failure = { kind = "http", code = "503", message = "the server is busy" }
    host:run "it"
    assert.equal('http 503: the server is busy code=503 kind=http rows=true', host.logs[1].text)
    assert.equal("lost: http 503: the server is busy", host.logs[2].text)
  end)

  local bad = {
    { "gw.queues():fetch { max_agee = 1 }", "query:fetch: unknown key 'max_agee' (did you mean 'max_age'?)" },
    { "gw.queues():fetch { max_age = 5 }", [[query:fetch: max_age: 5 is not a duration; write "5s"]] },
    { 'gw.queues():fetch "5s"', "query:fetch: a table { … } is needed, not '5s'" },
    { "gw.queues().fetch()", 'fetch is called with a colon: query:fetch { max_age = "5s" }' },
    { "gw.queues():fech()", "query has no 'fech' (did you mean 'fetch'?)" },
    { "gw.queues().ids = {}", "query is read-only: 'ids' cannot be set" },
  }
  for _, case in ipairs(bad) do
    it("refuses " .. case[1], function()
      assert.equal(FILE .. ":3: " .. case[2], mistake_of(case[1]))
    end)
  end

  it("belongs into a task", function()
    local host = fake_core.load 'local gw = require "gateway"\ngw.queues():fetch()'
    assert.same({ "2: query:fetch" .. ONLY_TASK }, fake_core.lines(host))
  end)
end)

describe("destination:send", function()
  it("queues texts and tables", function()
    local host = job([[
      local text = chat:send("hello")
      local kept = chat:send({ title = "Waits", fields = { { "sales", 7 } } }, { key = "digest-1" })
      print(text, kept)]], 'local chat = gw.destination "floor-chat"')
    host:run "it"
    assert.same({
      { to = "floor-chat", message = '"hello"' },
      { to = "floor-chat", key = "digest-1", message = '{"fields":[["sales",7]],"title":"Waits"}' },
    }, host.sends)
    assert.equal("message msg_1 to floor-chat\tmessage msg_2 to floor-chat", host.logs[1].text)
  end)

  it("says when there are too many", function()
    local host = job [[ print(gw.destination "book":send "x") ]]
    host.limited = true
    host:run "it"
    assert.equal("nil\tlimit: more than 100 messages a minute", host.logs[1].text)
  end)

  local bad = {
    { ':send(5)', "destination:send: a message is a text or a table, not 5" },
    { ':send()', "destination:send: a message is a text or a table, not nothing" },
    { ':send(gw.queues())', "destination:send: a message is a text or a table, not a query" },
    { ':send { f = print }', "destination:send: a function cannot be JSON" },
    { ':send { 1/0 }', "destination:send: JSON has no inf" },
    { ':send("x", { kee = 1 })', "destination:send: unknown key 'kee' (did you mean 'key'?)" },
    { ':send("x", { key = "" })', "destination:send: key: 1 to 255 bytes without control characters are needed" },
    { ':send("x", { key = "a\\n" })',
      "destination:send: key: 1 to 255 bytes without control characters are needed" },
    { ':send("x", { key = 5 })', "destination:send: key: a text that makes the message unique is needed, not 5" },
    { '.send("x")', 'destination:send: send is called with a colon: gw.destination "floor-chat":send(message)' },
  }
  for _, case in ipairs(bad) do
    it("refuses " .. case[1], function()
      assert.equal(FILE .. ":3: " .. case[2], mistake_of('gw.destination "book"' .. case[1]))
    end)
  end

  it("needs a destination that exists", function()
    assert.equal(FILE .. ":3: gw.destination: no destination 'bok' in gateway.conf (did you mean 'book'?)",
      mistake_of 'gw.destination "bok"')
    local host = fake_core.load 'local gw = require "gateway"\n\nlocal chat = gw.destination "flor-chat"'
    assert.same({ "3: gw.destination: no destination 'flor-chat' in gateway.conf (did you mean 'floor-chat'?)" },
      fake_core.lines(host))
  end)

  it("belongs into a task", function()
    local host = fake_core.load 'local gw = require "gateway"\ngw.destination "book":send "x"'
    assert.same({ "2: destination:send" .. ONLY_TASK },
      fake_core.lines(host))
  end)
end)

describe("receipt:wait", function()
  it("asks what became of the message", function()
    local host = job [[
      local sent = gw.destination "book":send "x"
      local answer = sent:wait "5s"
      print(sent.id, answer.status, answer.headers["content-type"], answer.json[2], answer.body)
      gw.destination "book":send "x":wait()]]
    host.answer = { status = 200, headers = { ["content-type"] = "application/json" }, body = "[1,2]" }
    host:run "it"
    assert.equal("msg_1\t200\tapplication/json\t2\t[1,2]", host.logs[1].text)
    assert.same({ word = "receipt", question = { id = "msg_2", ms = 60000 } }, host.asked)
  end)

  it("gives no json where there is none, and what went wrong", function()
    local host = job [[ local answer = gw.destination "book":send "x":wait "5s" print(answer.json) ]]
    host.answer = { headers = {}, body = "not [JSON" }
    host:run "it"
    assert.equal("nil", host.logs[1].text)
    host = job [[ print(gw.destination "book":send "x":wait "5s") ]]
    host.failure = { kind = "http", code = "404", message = "no such room" }
    host:run "it"
    assert.equal("nil\thttp 404: no such room", host.logs[1].text)
  end)

  local bad = {
    { ':wait "5"', [[receipt:wait: '5' is not a duration; write "5s"]] },
    { '.wait "5s"', 'wait is called with a colon: receipt:wait "30s"' },
    { ".idd", "receipt has no 'idd' (did you mean 'id'?)" },
  }
  for _, case in ipairs(bad) do
    it("refuses " .. case[1], function()
      assert.equal(FILE .. ":3: " .. case[2],
        mistake_of('local sent = gw.destination "book":send "x" local _ = sent' .. case[1]))
    end)
  end
end)

describe("gw.log", function()
  it("writes fields in order, quoted where a blank would mislead", function()
    assert.equal([[late b="x \"y\"" rows=3 to=""]], logged [["late", { rows = 3, b = 'x "y"', to = "" }]])
    assert.equal("table", logged "{}")
  end)

  it("has levels, and no others", function()
    local host = job [[ gw.log.debug "a" gw.log.info "b" gw.log.warn "c" gw.log.error "d" print(1, nil, {}) ]]
    host:run "it"
    local lines = {}
    for index, line in ipairs(host.logs) do
      lines[index] = line.level .. " " .. line.text
    end
    assert.same({ "debug a", "info b", "warn c", "error d", "info 1\tnil\ttable" }, lines)
    assert.equal(FILE .. ":3: gw.log has no 'warning'; known: debug, error, info and warn",
      mistake_of 'gw.log.warning "x"')
  end)
end)

describe("gw.now", function()
  it("is in whole seconds", function()
    assert.equal("1763661900", logged "gw.now()")
  end)
end)

describe("gw.duration", function()
  it("is in seconds", function()
    assert.equal("5400", logged 'gw.duration "1h30m"')
    assert.equal("0.5", logged 'gw.duration "500ms"')
    assert.equal(FILE .. [[:3: gw.duration: '90' is not a duration; write "1m30s"]], mistake_of 'gw.duration "90"')
  end)
end)

describe("gw.copy", function()
  it("gives a plain table", function()
    local host = job ""
    local plain = require "gateway".copy(host:row { id = 7, calls_waiting = 2 })
    plain.calls_waiting = 3
    assert.same({ id = 7, name = "chat", calls_waiting = 3 }, plain)
  end)
end)

describe("gw", function()
  it("is strict, read-only and can be walked", function()
    local host = fake_core.load 'local gw = require "gateway"\n\nreturn gw.abov'
    assert.same({ "3: gateway has no 'abov' (did you mean 'above'?)" }, fake_core.lines(host))
    assert.equal(FILE .. ":3: gateway is read-only: 'rule' cannot be set", mistake_of "gw.rule = nil")
    assert.equal(FILE .. ":3: gateway has no 5", mistake_of "return gw[5]")
    host = job [[local names = {} for name in pairs(gw) do names[#names + 1] = name end
      print(table.concat(names, " "))]]
    host:run "it"
    assert.equal("above ack agent agent_calls agent_operations agents alerts all any array at_least at_most "
      .. "average below by_hour calendar center changed copy counter date day destination duration "
      .. "equal gauge http in_state job json log map maximum minimum none now null one_of outside "
      .. "parallel queues raises rate ratio rule secret silence sleep store template times top total "
      .. "with within", host.logs[1].text)
  end)
end)
