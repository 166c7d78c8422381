--- The five queries in both editions of the interface, by hand, over TLS, against the strict
--- simulator: every field of every row is compared with what came over the wire. What a field
--- is called there stands here once more, so that a wrong name cannot pass on both sides.
local cjson = require "cjson"
local harness = require "e2e.harness"

local function plain(value)
  if value ~= cjson.null then return value end
end

-- A value that the platform sends for "none".
local function used(value) return value ~= 65535 and value ~= -1 and plain(value) or nil end

local function number(value) return math.tointeger(tonumber(value)) end

local function word(list) return function (code) return list[number(code)] or "code " .. code end end

local function utc(text)
  local year, month, day, hour, min, sec = text:match "^(%d+)%-(%d+)%-(%d+) (%d+):(%d+):(%d+)$"
  local days = (os.time { year = year, month = month, day = day, hour = 12 }
    - os.time { year = 1970, month = 1, day = 1, hour = 12 }) // 86400
  return days * 86400 + hour * 3600 + min * 60 + sec
end

local STATES <const> = { [0] = "unknown", [2] = "error", [3] = "busy", [4] = "idle", [5] = "wrap_up",
  [7] = "talking", [8] = "rest" }
local GATEWAY_STATES <const> = { [0] = "unknown", [2] = "signed_out", [3] = "busy", [4] = "idle", [5] = "wrap_up",
  [7] = "talking", [8] = "rest", [9] = "pre_rest" }
local CTI_STATES <const> = { [0] = "signed_out", "idle", "preoccupied", "occupied", "answering", "talking",
  "working", "busy", "rest", "study", "adjusting" }

local function seconds_of_ms(ms) return ms ~= 4294967295000 and ms // 1000 or nil end

local function skills_of(list)
  local skills = {}
  for index, skill in ipairs(list) do
    skills[index] = { id = skill.id, name = skill.name, media_type = skill.mediatype }
  end
  return skills
end

local function media_of(letters)
  return { cti = letters:sub(1, 1) == "T", web = letters:sub(2, 2) == "T", mail = letters:sub(3, 3) == "T" }
end

local function phone_of(text) return plain((text:gsub("^'(.*)'$", "%1"))) end

-- Our name → wire name, or → { wire name, conversion }; the ages of states grow between polls.
local QUEUE <const> = {
  id = "skillId", agents_signed_in = "agentLoginNums", agents_talking = "agentTalkingNums",
  agents_idle = "agentIdleNums", agents_available = "agentAvailableNums", agents_busy = "agentSetBusyNums",
  agents_resting = "agentRestNums", agents_after_call = "agentWorkNums", agents_studying = "agentStudyNums",
  agents_occupied = "agentOccupyNums", agents_preoccupied = "agentPreOccupyNums",
  longest_idle_5m = "agentMaxIdleTimeIn5", calls_total = "totalCallNums", calls_in_progress = "processingCallNums",
  calls_waiting = "callWaitNums", longest_wait_5m = "maxCallWaitTimesIn5", mean_call_5m = "evenCallTimeIn5",
  mean_wait_5m = "evenWaitTimeIn5", calls_offered_5m = "allCallCount", answered_20s_5m = "cnnedIn20sCallCount",
}
local AGENT <const> = {
  id = "workNo", name = "name", state = { "status", word(STATES) }, state_code = "status",
  cti_state = { "ctiStatus", word(CTI_STATES) }, cti_state_code = "ctiStatus", group_id = "groupId",
  media_type = "mediaType", vdn = "vdnId", phone = "phoneNumber", signed_in_at = { "loginDate", seconds_of_ms },
}
local GATEWAY_AGENT <const> = {
  id = { "workno", number }, name = "name", state = { "status", word(GATEWAY_STATES) },
  state_code = { "status", number }, cti_state = { "ctiStatus", word(CTI_STATES) },
  cti_state_code = { "ctiStatus", number }, group_id = "groupid", media = { "mediatype", media_of }, vdn = "vdnid",
  phone = "phonenumber", signed_in_at = { "logindate", seconds_of_ms }, skills = { "skilllist", skills_of },
  in_conference = { "inMultimediaConf", function (flag) return flag == 1 end }, state_reason = "currentStateReason",
}
local OPERATION <const> = {
  id = "id", call_id = { "callId", function (id) return id ~= "4294967295-4294967295" and id or nil end },
  phone = { "phoneNo", phone_of }, sub_cc = "subCcNo", agent = "currentAgentId", queue = { "currentSkillId", used },
  media_type = { "mediaType", used }, began_at = { "beginTime", utc }, ended_at = { "endTime", utc }, vdn = "vdn",
  call_type = "callType", service = "serviceNo", operation_code = "operateType", object = { "operateObject", used },
  cause = { "operateCause", used }, agent_type = "agentType", location = { "locationId", used },
  logon_sn = "logonSn", skill_info_sn = { "skillInfoSn", function (text) return text ~= "" and text or nil end },
}

local function expected_of(sent, fields)
  local row = {}
  for name, field in pairs(fields) do
    local wire, convert = field, plain
    if type(field) == "table" then wire, convert = field[1], field[2] end
    assert.not_nil(sent[wire], "the simulator sends no " .. wire)
    row[name] = convert(sent[wire])
  end
  return row
end

-- What is derived, and what a sibling query alone gives, has tests of its own.
local function compared(row, fields)
  local kept = {}
  for name, value in pairs(row) do
    if fields[name] then kept[name] = plain(value) end
  end
  return kept
end

-- Ids that both editions allow, and one that only the newer does.
local QUERIES <const> = {
  { "queues", { "1", "3" }, "2001", QUEUE },
  { "agents", { "1" }, "10000", AGENT },
  { "agent-calls", { "101", "102", "103", "104", "105", "106" }, "70000" },
  { "agent-operations", { "101", "--last", "6h" }, "100000", OPERATION },
  { "agent", { "102" }, "60000", GATEWAY_AGENT },
}

for _, edition in ipairs { 2023, 2025 } do
  describe("the edition of " .. edition, function ()
    local world

    setup(function ()
      world = harness.world()
      world:simulate { "--skills", "4", "--agents", "12" }
      world:conf(nil, { queues = table.concat({ "edition = " .. edition, "agent_gateway = " .. world.center_url,
        "operator = 1099", "password = simulate" }, "\n") })
    end)
    teardown(function () world:close() end)

    local function ask(name, arguments, output)
      local words = { "query", name }
      table.move(arguments, 1, #arguments, 3, words)
      words[#words + 1], words[#words + 2] = "-o", output
      return world:command(words)
    end

    -- One answer a line; calls are texts, and one agent is an object.
    local function sent_by(name, arguments)
      local _, out = ask(name, arguments, "raw")
      local all = {}
      for line in out:gmatch "[^\n]+" do
        local answer = cjson.decode(line)
        local list = answer.resultDesc or { answer.result }
        table.move(list, 1, #list, #all + 1, all)
      end
      return all
    end

    for _, query in ipairs(QUERIES) do
      local name, arguments, wide, fields = table.unpack(query)
      it("gives every field of " .. name, function ()
        -- Somebody's state may change between two polls.
        harness.wait(function ()
          local expected = sent_by(name, arguments)
          local code, out = ask(name, arguments, "json")
          assert.equal(0, code)
          local rows = cjson.decode(out)
          for index, sent in ipairs(expected) do
            expected[index] = fields and expected_of(sent, fields) or sent
          end
          for index, row in ipairs(rows) do
            rows[index] = fields and compared(row, fields) or row.id
          end
          return #expected > 0 and pcall(assert.same, expected, rows)
        end, 10, name .. ": two polls alike")
      end)

      it("knows the ids of " .. name, function ()
        local before = world:count().requests
        local words = { wide }
        if name == "agent-operations" then table.move({ "--last", "1h" }, 1, 2, 2, words) end
        local code, _, err = ask(name, words, "json")
        if edition == 2023 then
          assert.truthy(err:find("(edition = 2023)", 1, true), err)
          assert.equal(2, code)
          assert.equal(before, world:count().requests)
        else
          assert.falsy(err:find("edition", 1, true), err)
          assert(world:count().requests > before)
        end
      end)
    end
  end)
end
