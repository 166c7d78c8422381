--- The five queries as core.query and core.range tell them to the library, less some
--- fields and words; written from bind.h and model.md, not from the descriptors.
local fake_model = {}

local function field(name, wire, unit, kind)
  return {
    name = name, wire = wire, unit = unit or "count", kind = kind or "integer",
    window = string.find(name, "_5m$") ~= nil, doc = "",
  }
end

local function several(kind, names)
  local fields = {}
  for name, wire in string.gmatch(names, "([%w_]+)=([%w_]*)") do
    fields[#fields + 1] = field(name, wire ~= "" and wire or nil, "", kind)
  end
  return table.unpack(fields)
end

local function word(name, codes)
  local described = field(name, nil, "", "word")
  described.words, described.codes = {}, {}
  for code, text in string.gmatch(codes, "(%-?%d+)=([%w_]+)") do
    table.insert(described.words, text)
    table.insert(described.codes, math.tointeger(code))
  end
  return described
end

local STATE <const> = "0=unknown 2=error 3=busy 4=idle 5=wrap_up 7=talking 8=rest -1=signed_out"
local GATEWAY_STATE <const> =
  "0=unknown 2=signed_out 3=busy 4=idle 5=wrap_up 7=talking 8=rest 9=pre_rest"
local CTI_STATE <const> = "0=signed_out 1=idle 5=talking 7=busy 8=rest"

local QUEUE_FIELDS <const> = {
  field("id", "skillId", ""),
  field("name", nil, "", "name"),
  field("agents_signed_in", "agentLoginNums"),
  field("agents_talking", "agentTalkingNums"),
  field("agents_idle", "agentIdleNums"),
  field("agents_available", "agentAvailableNums"),
  field("agents_busy", "agentSetBusyNums"),
  field("agents_resting", "agentRestNums"),
  field("agents_after_call", "agentWorkNums"),
  field("agents_studying", "agentStudyNums"),
  field("agents_occupied", "agentOccupyNums"),
  field("agents_preoccupied", "agentPreOccupyNums"),
  field("longest_idle_5m", "agentMaxIdleTimeIn5", "seconds"),
  field("calls_total", "totalCallNums"),
  field("calls_in_progress", "processingCallNums"),
  field("calls_waiting", "callWaitNums"),
  field("longest_wait_5m", "maxCallWaitTimesIn5", "seconds"),
  field("mean_call_5m", "evenCallTimeIn5", "seconds"),
  field("mean_wait_5m", "evenWaitTimeIn5", "seconds"),
  field("calls_offered_5m", "allCallCount"),
  field("answered_20s_5m", "cnnedIn20sCallCount"),
  field("service_level_5m", nil, "ratio", "ratio"),
}

local AGENT_FIELDS <const> = {
  several("integer", "id=workNo"), field("name", "name", "", "text"), word("state", STATE),
  field("state_code", "status", ""), word("cti_state", CTI_STATE),
  field("cti_state_code", "ctiStatus", ""), field("group_id", "groupId", ""),
  field("media_type", "mediaType", ""), field("media", nil, "", "absent"),
  field("vdn", "vdnId", ""), field("phone", "phoneNumber", "", "text"),
  field("state_age", "currentStateTime", "seconds"),
  field("signed_in_at", "loginDate", "", "time"),
  several("absent", "skills= in_conference= state_reason="),
}

local AGENT_GATEWAY_FIELDS <const> = {
  several("integer", "id=workno"), field("name", "name", "", "text"), word("state", GATEWAY_STATE),
  field("state_code", "status", ""), word("cti_state", CTI_STATE),
  field("cti_state_code", "ctiStatus", ""), field("group_id", "groupid", ""),
  field("media_type", nil, "", "absent"), field("media", "mediatype", "", "media"),
  field("vdn", "vdnid", ""), field("phone", "phonenumber", "", "text"),
  field("state_age", "currentstatetime", "seconds"),
  field("signed_in_at", "logindate", "", "time"), field("skills", "skilllist", "", "skills"),
  field("in_conference", "inMultimediaConf", "", "boolean"),
  field("state_reason", "currentStateReason", ""),
}

local CALL_FIELDS <const> = { field("id", nil, "", "text"), field("agent", nil, "") }

local OPERATION_FIELDS <const> = {
  field("id", "id", "", "text"), field("call_id", "callId", "", "text"),
  field("phone", "phoneNo", "", "text"), field("agent", "currentAgentId", ""),
  field("queue", "currentSkillId", ""), field("began_at", "beginTime", "", "time"),
  field("ended_at", "endTime", "", "time"), field("duration", nil, "seconds", "duration"),
  word("operation", "0=sign_out 1=sign_in 2=idle 3=busy 26=rest 27=wrap_up 60=conversation"),
  field("operation_code", "operateType", ""), field("cause", "operateCause", ""),
  field("cause_text", nil, "", "text"), field("interim", nil, "", "boolean"),
}

fake_model.QUERIES = {
  queues = { row = "Queue", argument = "queue", named = true, fields = QUEUE_FIELDS },
  agents = { row = "Agent", argument = "queue", named = true, list = true, fields = AGENT_FIELDS },
  agent_calls = { row = "Call", argument = "agent", list = true, fields = CALL_FIELDS },
  agent_operations = {
    row = "Operation", argument = "agent", list = true, span = true, fields = OPERATION_FIELDS,
  },
  agent = { row = "Agent", argument = "agent", fields = AGENT_GATEWAY_FIELDS },
}
for name, query in pairs(fake_model.QUERIES) do
  query.name, query.key, query.source = name, "id", "a page"
end

-- What core.derive makes of a kind, where that changes.
local MADE <const> = { ratio = "number", duration = "number", name = "text" }

--- A query of a rule's own: `base` with fields { name, unit }.
function fake_model.derive(name, base, fields, keyed)
  local query = { name = name, row = "Row", argument = "row", list = true, key = "id", source = "" }
  query.fields = {}
  if base then
    local from = fake_model.QUERIES[base]
    query.base, query.row, query.argument = base, from.row, from.argument
    for index, known in ipairs(from.fields) do
      local copy = {}
      for key, value in pairs(known) do
        copy[key] = value
      end
      copy.kind = MADE[known.kind] or known.kind == "integer" and known.unit ~= "" and "number"
        or known.kind
      query.fields[index] = copy
    end
  else
    query.fields[1] = field("id", nil, "", "text")
  end
  for _, one in ipairs(fields) do
    local is_number = one[2] ~= "text" and one[2] ~= "boolean"
    table.insert(query.fields, field(one[1], nil, is_number and one[2] or "",
      is_number and "number" or one[2]))
  end
  if keyed then
    query.key = "key"
    table.insert(query.fields, field("key", nil, "", "text"))
  end
  return query
end

local QUEUE_RANGES <const> = { [2023] = { { 1, 2000 } }, [2025] = { { 1, 10000 } } }

fake_model.RANGES = {
  queues = QUEUE_RANGES,
  agents = QUEUE_RANGES,
  agent_calls = { [2023] = { { 101, 59999 } }, [2025] = { { 101, 59999 }, { 70000, 999999 } } },
  agent_operations = { [2023] = { { 0, 99999 } }, [2025] = { { 0, 999999 } } },
  agent = { [2023] = { { 101, 59999 } }, [2025] = { { 101, 999999 } } },
}

return fake_model
