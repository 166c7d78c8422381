--- Queries of agents by hand, against a simulated centre.
local cjson = require "cjson"
local harness = require "e2e.harness"

local FINE <const>, PROBLEM <const>, USAGE <const> = 0, 1, 2

local world

-- Runs `ccgate query …` for gateway.conf of the world: code, output, errors.
local function query(...)
  return world:command { "query", ... }
end

-- JSON null is no value here.
local function rows_of(text)
  local rows = cjson.decode(text)
  for _, row in ipairs(rows) do
    for name, value in pairs(row) do
      if value == cjson.null then row[name] = nil end
    end
  end
  return rows
end

local function answer_of(text) return cjson.decode(text).resultDesc end

local has = harness.has

before_each(function ()
  world = harness.world()
  world:simulate { "--skills", "4", "--agents", "12" }
  world:conf()
end)

after_each(function () world:close() end)

local STATES <const> = { [0] = "unknown", [2] = "error", [3] = "busy", [4] = "idle", [5] = "wrap_up",
  [7] = "talking", [8] = "rest" }
local CTI_STATES <const> = { [0] = "signed_out", "idle", "preoccupied", "occupied", "answering", "talking",
  "working", "busy", "rest", "study", "adjusting" }

-- What the row of an agent must be for an object of the answer; ages differ between two polls.
local function agent_of(sent)
  return {
    id = sent.workNo, name = sent.name, group_id = sent.groupId, media_type = sent.mediaType, vdn = sent.vdnId,
    state = STATES[sent.status], state_code = sent.status,
    cti_state = CTI_STATES[sent.ctiStatus], cti_state_code = sent.ctiStatus,
    phone = sent.phoneNumber, signed_in_at = sent.loginDate // 1000,
  }
end

local function without_age(rows)
  for _, row in ipairs(rows) do
    assert.equal("number", type(row.state_age))
    row.state_age = nil
  end
  return rows
end

describe("ccgate query agents", function ()
  it("gives every field of everybody who is signed in", function ()
    harness.wait(function ()
      local _, raw = query("agents", "1", "-o", "raw")
      local code, out, err = query("agents", "sales", "-o", "json")
      assert.equal("", err)
      assert.equal(FINE, code)
      local expected = {}
      for index, sent in ipairs(answer_of(raw)) do expected[index] = agent_of(sent) end
      assert(#expected > 0)
      -- Somebody's state may change between the two.
      return pcall(assert.same, expected, without_age(rows_of(out)))
    end, 10, "two polls alike")
  end)

  it("asks for each queue by itself, and gives an agent of two queues once", function ()
    local before = world:count().requests
    local _, out = query("agents", "1", "2", "3", "4", "-o", "json")
    assert.equal(before + 4, world:count().requests)
    local seen = {}
    for _, row in ipairs(rows_of(out)) do
      assert.is_nil(seen[row.id], row.id)
      seen[row.id] = true
    end
    assert(next(seen))
  end)

  it("asks for the queues with names when none is said", function ()
    local before = world:count().requests
    local code = query "agents"
    assert.equal(FINE, code)
    assert.equal(before + 2, world:count().requests)
  end)

  it("gives a table with times and units", function ()
    local _, out = query("agents", "1")
    assert.truthy(out:find "\nstate_age +%d+.*  seconds\n")
    assert.truthy(out:find "\nsigned_in_at +%d+%-%d+%-%d+T%d+:%d+:%d+Z")
    for line in out:gmatch "[^\n]+" do assert(utf8.len(line) <= 100, line) end
  end)

  it("says which queue has nobody", function ()
    local code, out, err = query("agents", "99", "-o", "json")
    assert.equal("[]\n", out)
    assert.equal("queue 99: no rows\n", err)
    assert.equal(FINE, code)
  end)

  it("goes on after an answer that is a mistake, but not after a refusal", function ()
    world:fault "api=0100002:count=1"
    local code, out, err = query("agents", "1", "2", "-o", "json")
    has(err, "queue 1: api: 0100002: invalid parameter")
    assert(#rows_of(out) > 0)
    assert.equal(PROBLEM, code)
    world:fault()
    world:conf(nil, { secret_key = "wrong" })
    local before = world:count().requests
    local refused, nothing, said = query("agents", "1", "2", "-o", "json")
    has(said, "queue 1: auth: 401: ")
    assert.equal("", nothing)
    assert.equal(PROBLEM, refused)
    assert.equal(before + 1, world:count().requests)
  end)
end)

describe("ccgate query agent-calls", function ()
  it("gives the calls of each agent, and says who has none", function ()
    local agents = {}
    for id = 101, 112 do agents[#agents + 1] = tostring(id) end
    local code, out, err = query("agent-calls", table.unpack(agents))
    assert.equal(FINE, code)
    local _, idle = err:gsub("agent %d+: no rows\n", "")
    local shown = {}
    for line in out:gmatch "[^\n]+" do
      local name, values = line:match "^(%S+)%s+(.*)$"
      for value in (values or ""):gmatch "%S+" do
        shown[name] = shown[name] or {}
        table.insert(shown[name], value)
      end
    end
    assert.equal(12, idle + #(shown.agent or {}))
    for _, id in ipairs(shown.id or {}) do assert.truthy(id:find "^%d+%-%d+$", id) end
  end)

  it("signs the flat body that it sends", function ()
    local _, _, err = query("agent-calls", "101", "--show-signature")
    has(err, "POST\n/rest/cmsapp/v1/openapi/agent/queryagentcalls\n")
    has(err, "%7B%22ccId%22%3A1%2C%22vdn%22%3A1%2C%22agentId%22%3A101%7D")
  end)
end)

local OPERATION_FIELDS <const> = {
  id = "id", phone = "phoneNo", sub_cc = "subCcNo", agent = "currentAgentId", vdn = "vdn",
  call_type = "callType", service = "serviceNo", operation_code = "operateType", agent_type = "agentType",
  logon_sn = "logonSn",
}
local UNUSED <const> = { queue = "currentSkillId", media_type = "mediaType", object = "operateObject",
  cause = "operateCause", location = "locationId" }

-- "2024-08-02 06:19:44" is UTC.
local function seconds_of(text)
  local year, month, day, hour, min, sec = text:match "^(%d+)%-(%d+)%-(%d+) (%d+):(%d+):(%d+)$"
  local noon = os.time { year = year, month = month, day = day, hour = 12, isdst = false }
  local utc = os.time(os.date("!*t", noon))
  return noon + os.difftime(noon, utc) + ((hour - 12) * 60 + min) * 60 + sec
end

local function check_operation(sent, row)
  for name, wire in pairs(OPERATION_FIELDS) do
    local value = sent[wire]
    if name == "phone" then value = value:match "^'(.*)'$" end
    assert.same(value, row[name], name)
  end
  for name, wire in pairs(UNUSED) do
    local value = sent[wire] ~= 65535 and sent[wire] ~= -1 and sent[wire] or nil
    assert.same(value, row[name], name)
  end
  assert.same(sent.callId ~= "4294967295-4294967295" and sent.callId or nil, row.call_id)
  assert.same(sent.skillInfoSn ~= "" and sent.skillInfoSn or nil, row.skill_info_sn)
  assert.equal(seconds_of(sent.beginTime), row.began_at)
  assert.equal(seconds_of(sent.endTime), row.ended_at)
  assert.equal(row.ended_at - row.began_at, row.duration)
  assert.equal(sent.operateType == 60 and sent.operateCause == 1, row.interim)
  assert.equal("string", type(row.operation))
end

describe("ccgate query agent-operations", function ()
  it("gives every field of what ended in the last hours", function ()
    local _, raw = query("agent-operations", "101", "--last", "6h", "-o", "raw")
    local code, out, err = query("agent-operations", "101", "--last", "6h", "-o", "json")
    assert.equal("", err)
    assert.equal(FINE, code)
    local sent, rows = answer_of(raw), rows_of(out)
    assert.equal(#sent, #rows)
    assert(#rows > 0)
    for index, row in ipairs(rows) do check_operation(sent[index], row) end
  end)

  it("reads numbers in strings and strings as numbers", function ()
    local _, plain = query("agent-operations", "101", "--last", "6h", "-o", "json")
    for _, fault in ipairs { "strings", "numbers" } do
      world:fault(fault)
      local code, out, err = query("agent-operations", "101", "--last", "6h", "-o", "json")
      assert.equal("", err)
      assert.equal(plain, out)
      assert.equal(FINE, code)
      world:fault()
    end
  end)

  it("takes no list for no rows, and names what is no list", function ()
    world:fault "null-list"
    local code, out, err = query("agent-operations", "101", "--last", "6h", "-o", "json")
    assert.equal("[]\n", out)
    assert.equal("agent 101: no rows\n", err)
    assert.equal(FINE, code)
    world:fault()
    world:fault "result-string"
    local failed, _, said = query("agent-operations", "101", "--last", "6h")
    has(said, "agent 101: decode: agent_operations: expected a list, got \"")
    assert.equal(PROBLEM, failed)
  end)

  it("asks for one type, by word or number", function ()
    local _, words = query("agent-operations", "101", "--last", "6h", "--type", "conversation", "-o", "json")
    local _, numbers = query("agent-operations", "101", "--last", "6h", "--type", "60", "-o", "json")
    assert.equal(words, numbers)
    local rows = rows_of(words)
    assert(#rows > 0)
    for _, row in ipairs(rows) do assert.equal("conversation", row.operation) end
  end)

  it("asks for a time in quarters of an hour, UTC", function ()
    local quarter = os.time() // 900 * 900
    local from = os.date("!%Y-%m-%dT%H:%M", quarter - 3600)
    local to = os.date("!%Y-%m-%d %H:%M:%S", quarter)
    local code, _, err = query("agent-operations", "101", "--from", from, "--to", to, "--show-signature")
    has(err, "%22beginTime%22%3A%22" .. from:gsub("T", "%%20"):gsub(":", "%%3A") .. "%3A00%22")
    has(err, "%22endTime%22%3A%22" .. to:gsub(" ", "%%20"):gsub(":", "%%3A") .. "%22%7D")
    assert.equal(FINE, code)
  end)

  it("leaves out what the centre no longer keeps, and says so", function ()
    local quarter = os.time() // 900 * 900
    local from = os.date("!%Y-%m-%dT%H:%M", quarter - 25 * 3600)
    local to = os.date("!%Y-%m-%dT%H:%M", quarter - 22 * 3600)
    local code, _, err = query("agent-operations", "101", "--from", from, "--to", to)
    assert.truthy(err:find "^from %d+%-%d+%-%d+T%d+:%d+:00Z on: the centre keeps 24 hours\n")
    assert.equal(FINE, code)
  end)
end)

describe("ccgate query", function ()
  local MISTAKES <const> = {
    { "agens 1", "no query 'agens' (did you mean 'agents'?)" },
    { "agents slaes", "'slaes' is neither a number nor the name of a queue (did you mean 'sales'?)" },
    { "agents 2001", "queue 2001 is outside 1…2000 (edition = 2023)" },
    { "agents 1 --last 1h", "times and --type are for agent-operations" },
    { "queues 1 --type hold", "times and --type are for agent-operations" },
    { "agent-calls", "which agent? Say the number" },
    { "agent-calls sales", "'sales' is not the number of an agent" },
    { "agent-calls 100", "agent 100 is outside 101…59999 (edition = 2023)" },
    { "agent-operations 100000 --last 1h", "agent 100000 is outside 0…99999 (edition = 2023)" },
    { "agent-operations 101", "say which time: --last 1h, --since today, or --from T --to T" },
    { "agent-operations 101 --last 1h --since today",
      "say which time: --last 1h, --since today, or --from T --to T" },
    { "agent-operations 101 --from 2024-08-02T06:15",
      "say which time: --last 1h, --since today, or --from T --to T" },
    { "agent-operations 101 --last soon", "--last: 'soon' is no duration such as 1h30m" },
    { "agent-operations 101 --last 20m", "--last 20m is not a whole number of quarters of an hour" },
    { "agent-operations 101 --last 500ms", "--last 500ms is not a whole number of quarters of an hour" },
    { "agent-operations 101 --last 24h", "--last 24h is more than 23h45m" },
    { "agent-operations 101 --since monday", "--since: 'monday' is not 'today'" },
    { "agent-operations 101 --from 6:15 --to 2024-08-02T07:00",
      "--from: '6:15' is no time such as 2024-08-02T06:15 (UTC)" },
    { "agent-operations 101 --from 2024-08-02T06:15 --to 2024-08-02T25:00",
      "--to: '2024-08-02T25:00' is no time such as 2024-08-02T06:15 (UTC)" },
    { "agent-operations 101 --from 2024-08-02T06:15 --to 2024-08-02T07:00",
      "--from 2024-08-02T06:15 --to 2024-08-02T07:00 is older than 24 hours" },
    { "agent-operations 101 --last 1h --type hodl", "--type: no operation 'hodl' (did you mean 'hold'?)" },
    { "agent-operations 101 --last 1h --type -4", "--type: no operation '-4'" },
  }

  it("says what is wrong before it asks", function ()
    local before = world:count().requests
    for _, mistake in ipairs(MISTAKES) do
      local words = {}
      for word in mistake[1]:gmatch "%S+" do words[#words + 1] = word end
      local code, out, err = query(table.unpack(words))
      has(err, "ccgate query: " .. mistake[2])
      assert.equal("", out)
      assert.equal(USAGE, code, mistake[1])
    end
    assert.equal(before, world:count().requests)
  end)

  it("knows the wider ranges of the edition of 2025", function ()
    world:conf(nil, { queues = "edition = 2025" })
    local code, _, err = query("agent-calls", "60000")
    has(err, "agent 60000 is outside 101…59999 and 70000…999999 (edition = 2025)")
    assert.equal(USAGE, code)
  end)
end)
