--- Queues by hand, against a simulated centre.
local cjson = require "cjson"
local harness = require "e2e.harness"

local has, has_not = harness.has, harness.has_not
local FINE <const>, PROBLEM <const> = 0, 1

-- Lua's name, the wire's name, the value that is pinned.
local FIELDS <const> = {
  { "agents_signed_in", "agentLoginNums", 21 },
  { "agents_talking", "agentTalkingNums", 22 },
  { "agents_idle", "agentIdleNums", 23 },
  { "agents_available", "agentAvailableNums", 24 },
  { "agents_busy", "agentSetBusyNums", 25 },
  { "agents_resting", "agentRestNums", 26 },
  { "agents_after_call", "agentWorkNums", 27 },
  { "agents_studying", "agentStudyNums", 28 },
  { "agents_occupied", "agentOccupyNums", 29 },
  { "agents_preoccupied", "agentPreOccupyNums", 30 },
  { "longest_idle_5m", "agentMaxIdleTimeIn5", 31, "seconds" },
  { "calls_total", "totalCallNums", 32 },
  { "calls_in_progress", "processingCallNums", 33 },
  { "calls_waiting", "callWaitNums", 34 },
  { "longest_wait_5m", "maxCallWaitTimesIn5", 35, "seconds" },
  { "mean_call_5m", "evenCallTimeIn5", 36, "seconds" },
  { "mean_wait_5m", "evenWaitTimeIn5", 37, "seconds" },
  { "calls_offered_5m", "allCallCount", 40 },
  { "answered_20s_5m", "cnnedIn20sCallCount", 30 },
}

local world

local function ccgate(...) return world:ccgate(...) end

before_each(function () world = harness.world() end)
after_each(function () world:close() end)

describe("ccgate query", function ()
  before_each(function ()
    world:simulate { "--skills", "30" }
    world:conf()
    local pinned = {}
    for _, field in ipairs(FIELDS) do pinned[field[2]] = field[3] end
    world:queue(1, pinned)
    world:queue(2, { allCallCount = 0 })
  end)

  it("gives every field as JSON", function ()
    local code, out, err = ccgate("query", "queues", "1", "-o", "json")
    local expected = { id = 1, name = "sales", service_level_5m = 0.75 }
    for _, field in ipairs(FIELDS) do expected[field[1]] = field[3] end
    assert.same({ expected }, cjson.decode(out))
    assert.equal("", err)
    assert.equal(FINE, code)
  end)

  it("gives every field as a table, queue by queue, with units", function ()
    local code, out = ccgate("query", "queues", "sales", "2")
    local lines = {}
    for line in out:gmatch("[^\n]+") do
      local name, first, _, unit = line:match("^(%S+)%s+(%S+)%s+(%S+)%s*(%S*)$")
      assert.truthy(name, line)
      lines[name] = { first, unit }
    end
    assert.same({ "1", "" }, lines.id)
    assert.same({ "sales", "" }, lines.name)
    for _, field in ipairs(FIELDS) do
      assert.same({ tostring(field[3]), field[4] or "" }, lines[field[1]], field[1])
    end
    assert.same({ "0.75", "ratio" }, lines.service_level_5m)
    assert.truthy(out:find("\nservice_level_5m +0%.75 +–  ratio\n"))
    assert.equal(FINE, code)
  end)

  it("keeps a table of many queues within a hundred columns", function ()
    local ids = {}
    for id = 1, 30 do ids[id] = tostring(id) end
    local code, out = ccgate("query", "queues", table.unpack(ids))
    local shown = {}
    for line in out:gmatch("[^\n]+") do
      assert(utf8.len(line) <= 100, line)
      for id in (line:match("^id%s(.*)$") or ""):gmatch("%d+") do shown[#shown + 1] = id end
    end
    assert.same(ids, shown)
    assert.equal(FINE, code)
  end)

  it("gives the answer as it came", function ()
    local code, out = ccgate("query", "queues", "1", "-o", "raw")
    local answer = cjson.decode(out)
    assert.equal("0100000", answer.resultCode)
    assert.equal(34, answer.resultDesc[1].callWaitNums)
    assert.equal(FINE, code)
  end)

  it("asks for every queue with a name when none is said", function ()
    local _, out = ccgate("query", "queues", "-o", "json")
    local rows = cjson.decode(out)
    assert.same({ "sales", "support" }, { rows[1].name, rows[2].name })
    assert.equal(2, #rows)
  end)

  it("names a queue that the centre does not know", function ()
    local code, out, err = ccgate("query", "queues", "1", "31", "-o", "json")
    assert.equal("the centre knows no queue 31\n", err)
    assert.equal(1, #cjson.decode(out))
    assert.equal(PROBLEM, code)
  end)

  it("shows what is signed, and signs that", function ()
    local code, out, err = ccgate("query", "queues", "1", "--show-signature", "-o", "json")
    has(err, "canonical request:\nPOST\n/rest/cmsapp/v1/openapi/skill/stateinfo\n")
    has(err, "%22skillIds%22%3A%5B1%5D")
    local form, signature = err:match("Authorization: (auth%-v2/key/%d+%-%d+%-%d+T[%d:]+Z/[%a;-]+/)(%x+)\n")
    assert.truthy(form)
    assert.equal(64, #signature)
    assert.equal(1, #cjson.decode(out))
    assert.equal(FINE, code)
  end)

  it("says auth for a wrong key, and where it stands", function ()
    world:conf(nil, { secret_key = "wrong" })
    local code, out, err = ccgate("query", "queues", "1")
    assert.equal("", out)
    has(err, "auth: 401: ")
    has(err, "are the keys right in [center main], gateway.conf:4?")
    has_not(err, "wrong")
    assert.equal(PROBLEM, code)
  end)

  it("says where to look when nobody answers, or nobody known", function ()
    local center = world.center_url
    world.center_url = nil
    world:conf()
    local code, _, err = ccgate("query", "queues", "1")
    has(err, "network: ")
    has(err, "does it listen at the url of [center main], gateway.conf:4?")
    assert.equal(PROBLEM, code)
    world.center_url = center
    world:conf()
    os.remove(world:path "ca.pem")
    local refused, _, said = ccgate("query", "queues", "1")
    has(said, "tls: ")
    has(said, "does ca_file name the authority of its certificate in [center main], gateway.conf:4?")
    assert.equal(PROBLEM, refused)
  end)

  it("passes on what the centre itself says", function ()
    world:fault "api=0100002"
    local code, _, err = ccgate("query", "queues", "1")
    has(err, "api: 0100002: ")
    assert.equal(PROBLEM, code)
  end)
end)
