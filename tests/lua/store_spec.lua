local fake_core = require "lua.fake_core"

-- A host with a job "it" of this body, from line 3 on, and what was kept before.
local function job(body, options, kept)
  local host = fake_core.load(string.format('local gw = require "gateway" local day = gw.store()\n'
    .. 'gw.job "it" { every = "1m", run = function()\n%s\nend }', body), options)
  assert.same({}, fake_core.lines(host))
  for _, one in ipairs(kept or {}) do
    require "gateway.boot".restore(one.key, one.value, one.at or 1763661900)
  end
  return host
end

local function logged(host)
  local lines = {}
  for index, line in ipairs(host.logs) do
    lines[index] = line.text
  end
  return lines
end

local function run(body, options, kept)
  local host = job(body, options, kept)
  host:run "it"
  return logged(host), host
end

local function mistake_of(body, options)
  local ok, mistake = pcall(run, body, options)
  assert.is_false(ok)
  return tostring(mistake)
end

-- What one activation kept, given to the next host.
local function again(body, host)
  local last, kept = {}, {}
  for _, one in ipairs(host.kept) do
    last[one.key] = one.value
  end
  for key, value in pairs(last) do
    kept[#kept + 1] = { key = key, value = value }
  end
  return (run(body, nil, kept))
end

describe("gw.store", function()
  it("keeps numbers, texts, booleans and trees over a restart, exactly", function()
    local _, host = run [[
      day[1] = "one" day["1"] = "text" day.no = false day.big = math.maxinteger
      day.float = 2.0 day.tiny = 5e-324 day.bytes = "a\0\255%"
      day.tree = { list = { 1, 2, 3 }, empty = {}, [7] = true, ["7"] = "seven" } ]]
    assert.same({ "one\ttext\tfalse", "9223372036854775807\t2.0\t4.9406564584125e-324", "true",
      "3\t2\t0\ttrue\tseven", "6" }, again([[
      print(day[1], day["1"], day.no) print(day.big, day.float, day.tiny)
      print(day.bytes == "a\0\255%")
      print(#day.tree.list, day.tree.list[2], #day.tree.empty, day.tree[7], day.tree["7"])
      local sum = 0 for _, n in ipairs(day.tree.list) do sum = sum + n end print(sum)]], host))
  end)

  it("walks integers, then texts, in order, and may be emptied on the way", function()
    assert.same({ "-1=a 2=b 10=c a=d b=e", "nil", "0" }, run [[
      day.b = "e" day[10] = "c" day.a = "d" day[-1] = "a" day[2] = "b"
      local parts = {}
      for key, value in pairs(day) do parts[#parts + 1] = key .. "=" .. value day[key] = nil end
      print(table.concat(parts, " ")) print(day.a) print(#day)]])
  end)

  it("copies in what it is given", function()
    assert.same({ "1" }, run "local t = { n = 1 } day.t = t t.n = 2 print(day.t.n)")
  end)

  it("gives copies that can be changed", function()
    assert.same({ "1\t5" }, run [[
      day.t = { list = { 1 } } local t = gw.copy(day.t) t.list[1] = 5
      print(day.t.list[1], t.list[1])]])
    assert.same({ "1" }, run "day.t = { list = { 1 } } print(gw.copy(day).t.list[1])")
  end)

  it("takes over a table of its own, and sends one", function()
    local _, host = run [[ day.a = { x = { 1 } } day.b = day.a gw.destination "book":send(day.b) ]]
    assert.equal('{"x":[1]}', host.sends[1].message)
  end)

  it("says nothing to the core when nothing changes", function()
    local _, host = run [[ day.n = 5 day.n = 5 day.t = { b = 1, a = 2 } day.t = { a = 2, b = 1 } day.gone = nil ]]
    assert.equal(2, #host.kept)
  end)

  it("keeps from inside a sort and a coroutine", function()
    assert.same({ "true\t1" }, run [[
      table.sort({ 3, 1, 2 }, function(a, b) day.calls = (day.calls or 0) + 1 return a < b end)
      coroutine.wrap(function() day.co = 1 end)() print(day.calls > 1, day.co)]])
  end)

  it("takes back only what was dropped with its activation", function()
    local host = job [[ print(day.a) day.a = (day.a or 0) + 1 day.b = { day.a } day.a = day.a * 10 ]]
    host:run "it"
    host.committed = host.keeps
    host.dropped_from = host.keeps + 1 -- the second activation raises behind its first change
    host:run "it"
    host:run "it"
    assert.same({ "nil", "10", "110" }, logged(host))
  end)

  it("takes back a first change, a removal and a replacement", function()
    local host = job [[ print(day.old, day.new, day.gone) day.old = 2 day.new = 1 day.gone = nil ]]
    require "gateway.boot".restore("sold", "i\1\0\0\0\0\0\0\0", 1763661900)
    require "gateway.boot".restore("sgone", "t", 1763661900)
    host:run "it"
    host.dropped_from = 0
    host:run "it"
    assert.same({ "1\tnil\ttrue", "1\tnil\ttrue" }, logged(host))
  end)

  it("forgets what is old", function()
    local host = fake_core.load [[local gw = require "gateway" local day = gw.store { keep = "1h" }
      gw.job "it" { every = "1m", run = function() print(day.a, day.b) day.b = 1 end }]]
    require "gateway.boot".restore("sa", "t", host.now // 1000)
    host:run "it"
    host.now = host.now + 1800000
    host:run "it"
    host.now = host.now + 1800000
    host:run "it"
    host.now = host.now + 3600000
    host:run "it"
    assert.same({ "true\tnil", "true\t1", "nil\t1", "nil\tnil" }, logged(host))
    assert.same({ "sb", "sb", "sa", "sb", "sb", "sb" }, (function()
      local keys = {}
      for index, one in ipairs(host.kept) do keys[index] = one.key end
      return keys
    end)())
  end)

  local hostile = {
    { "day.x = 0/0", "cannot be kept: it is no number that can be compared or shown" },
    { "day.x = 1/0", "inf cannot be kept: it is no number that can be compared or shown" },
    { "day.x = print", "gw.store: a function cannot be kept: booleans, numbers, texts and plain tables are" },
    { "day.x = gw.queues()", "gw.store: a query cannot be kept: plain tables are" },
    { "day.x = setmetatable({}, {})", "cannot be kept: plain tables are" },
    { "day.x = day", "cannot be kept: plain tables are" },
    { "local t = {} t.t = t day.x = t", "a table nested deeper than 64, or in a circle, cannot be kept" },
    { "day.x = { [1.5] = 1 }", "a table with the key 1.5 cannot be kept: keys are texts and integers" },
    { "day.x = { [{}] = 1 }", "cannot be kept: keys are texts and integers" },
    { "day[1.5] = 1", "gw.store: a key is a text or an integer, not 1.5" },
    { "day[0/0] = 1", "gw.store: a key is a text or an integer, not" },
    { "day[{}] = 1", "gw.store: a key is a text or an integer, not" },
    { "day[('x'):rep(300)] = 1", "gw.store: a key has at most 250 bytes (three for each that is not ASCII)" },
    { "day.t = { 1 } day.t[1] = 2", "what is kept is read-only inside: take gw.copy(…) of it" },
    { "day.t = { 1 } table.insert(day.t, 2)", "what is kept is read-only inside" },
    { "day.t = { 2, 1 } table.sort(day.t)", "what is kept is read-only inside" },
    { "day.x = ('x'):rep(2000000)", "limit: gw.store: one value has more than the 1048576 bytes of all" },
    { "local t = {} for i = 1, 60 do t = { t, t } end day.x = t", "limit: gw.store: one value has more than" },
    { "local t = {} for i = 1, 300000 do t[i] = i end day.x = t", "limit: gw.store: one value has more than" },
    { "for i = 1, 1000000 do day[i] = i end", "limit: gw.store: full, with 10485" },
    { "gw.store { kep = '1h' }", "gw.store: unknown key 'kep' (did you mean 'keep'?)" },
    { "gw.store { keep = '1h' } gw.store { keep = '2h' }", "keep is said twice with different times" },
    { "gw.json = 1", "gateway is read-only" },
  }
  for _, case in ipairs(hostile) do
    it("refuses " .. case[1], function()
      assert.match(case[2], mistake_of(case[1]), 1, true)
    end)
  end

  it("goes on after it was full", function()
    assert.same({ "limit", "1", "2" }, run([[
      local ok, err = pcall(function() for i = 1, 100 do day[i] = i end end)
      print(err.kind) print(day[1]) for key in pairs(day) do day[key] = nil end
      day.a = 2 print(day.a)]], { store_max = 200 }))
  end)

  it("shrinks when it is over a limit that was lowered", function()
    assert.same({ "2" }, run([[ day.a = "b" day.a = nil day.c = nil day.b = 2 print(day.b) ]], { store_max = 60 },
      { { key = "sa", value = "s\100\0\0\0" .. ("x"):rep(100) }, { key = "sc", value = "t" } }))
  end)

  it("is not there while the script loads", function()
    for _, body in ipairs { "day.a = 1", "print(day.a)", "for _ in pairs(day) do end" } do
      local host = fake_core.load('local gw = require "gateway"\nlocal day = gw.store()\n' .. body)
      assert.same({ "3: gw.store: it is read and written in functions: while the script loads nothing is there" },
        fake_core.lines(host))
    end
  end)
end)
