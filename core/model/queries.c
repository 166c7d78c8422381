/* The queries, one line per field: the only place that states them. */
#include "model/schema.h"

#define COUNT(lua, on_wire, sentence)                                                  \
    {                                                                                  \
        .name = lua, .wire = on_wire, .unit = UNIT_COUNT, .doc = sentence              \
    }
#define COUNT_5M(lua, on_wire, sentence)                                               \
    {                                                                                  \
        .name = lua, .wire = on_wire, .unit = UNIT_COUNT, .window_5m = true,           \
        .doc = sentence                                                                \
    }
/* The pages give no unit for these four; that they are seconds is our reading. */
#define SECONDS_5M(lua, on_wire, sentence)                                             \
    {                                                                                  \
        .name = lua, .wire = on_wire, .unit = UNIT_SECONDS, .window_5m = true,         \
        .doc = sentence                                                                \
    }
#define MEAN_5M(lua, on_wire, sentence)                                                \
    {                                                                                  \
        .name = lua, .wire = on_wire, .unit = UNIT_SECONDS, .window_5m = true,         \
        .is_mean = true, .doc = sentence                                               \
    }

/* Where the two fields stand from which the service level is derived. */
enum { CALLS_OFFERED_5M = 19, ANSWERED_20S_5M = 20 };

/* Only the id is required. The pages do not say which counts a server may leave out
 * (older platforms know fewer), and one that is missing is better unknown, which raises
 * and clears nothing, than the reason to lose every other value of every queue. */
static const struct field queue_fields[] = {
    {.name = "id",
     .wire = "skillId",
     .required = true,
     .doc = "The number of the queue."},
    {.name = "name",
     .kind = FIELD_NAME,
     .doc = "The queue's name in gateway.conf, or else \"skill\" and its number."},
    COUNT("agents_signed_in", "agentLoginNums", "Agents who are signed in."),
    COUNT("agents_talking", "agentTalkingNums", "Agents in a call."),
    COUNT("agents_idle", "agentIdleNums", "Agents who wait for a call."),
    COUNT("agents_available", "agentAvailableNums",
          "Agents who can take one more; not the idle ones where an agent serves many "
          "chats at a time."),
    COUNT("agents_busy", "agentSetBusyNums", "Agents who set themselves busy."),
    COUNT("agents_resting", "agentRestNums", "Agents who take a rest."),
    COUNT("agents_after_call", "agentWorkNums",
          "Agents who work after a call, wrap-up included."),
    COUNT("agents_studying", "agentStudyNums", "Agents in training."),
    COUNT("agents_occupied", "agentOccupyNums", "Agents whom a call has taken."),
    COUNT("agents_preoccupied", "agentPreOccupyNums",
          "Agents whom a call has reserved."),
    SECONDS_5M("longest_idle_5m", "agentMaxIdleTimeIn5",
               "The longest time an agent was idle."),
    COUNT("calls_total", "totalCallNums", "All calls, those in progress included."),
    COUNT("calls_in_progress", "processingCallNums", "Calls in progress."),
    COUNT("calls_waiting", "callWaitNums", "Calls that wait for an agent now."),
    SECONDS_5M("longest_wait_5m", "maxCallWaitTimesIn5",
               "The longest wait the server has seen; an answered call keeps it up "
               "until the window ends."),
    MEAN_5M("mean_call_5m", "evenCallTimeIn5", "The mean length of calls."),
    MEAN_5M("mean_wait_5m", "evenWaitTimeIn5", "The mean wait of calls."),
    [CALLS_OFFERED_5M] =
        COUNT_5M("calls_offered_5m", "allCallCount", "Calls that came in."),
    [ANSWERED_20S_5M] = COUNT_5M("answered_20s_5m", "cnnedIn20sCallCount",
                                 "Calls that were answered within 20 seconds."),
    {.name = "service_level_5m",
     .kind = FIELD_RATIO,
     .unit = UNIT_RATIO,
     .window_5m = true,
     .over = ANSWERED_20S_5M,
     .under = CALLS_OFFERED_5M,
     .doc = "answered_20s_5m over calls_offered_5m, at most 1; unknown when no call "
            "was offered."},
};

static const struct id_range queue_ranges[] = {
    {2023, 1, 2000},
    {2025, 1, 10000},
    {0},
};

const struct query query_queues = {
    .name = "queues",
    .row_name = "Queue",
    .path = "/rest/cmsapp/v1/openapi/skill/stateinfo",
    .argument = "queue",
    .is_named = true,
    .body = "{\"queryParam\":{\"ccId\":$c,\"vdn\":$v,\"skillIds\":[$i]}}",
    .source = "seed page: skill/stateinfo",
    .fields = queue_fields,
    .field_count = sizeof queue_fields / sizeof *queue_fields,
    .key = 0,
    .row_max = 10000,
    .ranges = queue_ranges,
    .batch_bytes = 1000,
};

/* ---- agents ---- */

#define INTEGER(lua, on_wire, sentence)                                                \
    {                                                                                  \
        .name = lua, .wire = on_wire, .doc = sentence                                  \
    }
#define TEXT(lua, on_wire, sentence)                                                   \
    {                                                                                  \
        .name = lua, .wire = on_wire, .kind = FIELD_TEXT, .doc = sentence              \
    }
#define WORD(lua, of, table, sentence)                                                 \
    {                                                                                  \
        .name = lua, .kind = FIELD_WORD, .over = of, .codes = table, .doc = sentence   \
    }

/* Where the codes stand that are words, too. Both queries of agents have the same
 * fields in the same order. */
enum { STATE_CODE = 3, CTI_STATE_CODE = 5 };

#define ABSENT(lua, sentence)                                                          \
    {                                                                                  \
        .name = lua, .kind = FIELD_ABSENT, .doc = sentence                             \
    }

static const struct field agent_fields[] = {
    {.name = "id",
     .wire = "workNo",
     .required = true,
     .doc = "The number of the agent."},
    TEXT("name", "name", "The agent's name."),
    WORD("state", STATE_CODE, codes_agent_state, "What the agent does."),
    [STATE_CODE] = INTEGER("state_code", "status", "The state as it is sent."),
    WORD("cti_state", CTI_STATE_CODE, codes_cti_state,
         "What the platform says the agent does, in finer words."),
    [CTI_STATE_CODE] =
        INTEGER("cti_state_code", "ctiStatus", "The platform's state as it is sent."),
    INTEGER("group_id", "groupId", "The agent's group."),
    INTEGER("media_type", "mediaType", "The kind of media that the agent serves."),
    ABSENT("media", "What the agent is signed in to; gw.agent alone knows."),
    INTEGER("vdn", "vdnId", "The VDN of the agent."),
    TEXT("phone", "phoneNumber", "The agent's phone number."),
    {.name = "state_age",
     .wire = "currentStateTime",
     .unit = UNIT_SECONDS,
     .nothing = NOTHING_32,
     .doc = "How long the agent has been in this state."},
    {.name = "signed_in_at",
     .wire = "loginDate",
     .kind = FIELD_TIME_MS,
     .nothing = NOTHING_32,
     .doc = "When the agent signed in."},
    ABSENT("skills", "The agent's queues; gw.agent alone knows."),
    ABSENT("in_conference",
           "Whether the agent is in a conference; gw.agent alone knows."),
    ABSENT("state_reason", "Why the agent is in this state; gw.agent alone knows."),
};

const struct query query_agents = {
    .name = "agents",
    .row_name = "Agent",
    .path = "/rest/cmsapp/v1/openapi/skill/agentbyconfigedskill",
    .argument = "queue",
    .is_named = true,
    .body = "{\"queryParam\":{\"ccId\":$c,\"vdn\":$v,\"skillId\":$i}}",
    .source = "seed page: skill/agentbyconfigedskill",
    .fields = agent_fields,
    .field_count = sizeof agent_fields / sizeof *agent_fields,
    .key = 0,
    .is_list = true,
    .row_max = 100000,
    .ranges = queue_ranges,
};

/* ---- calls ---- */

static const struct field call_fields[] = {
    {.name = "id",
     .kind = FIELD_TEXT,
     .required = true,
     .nothing = NOTHING_CALL,
     .doc = "The id of the call."},
    {.name = "agent", .kind = FIELD_ARGUMENT, .doc = "The agent who has the call."},
};

static const struct id_range call_ranges[] = {
    {2023, 101, 59999},
    {2025, 101, 59999},
    {2025, 70000, 999999},
    {0},
};

const struct query query_agent_calls = {
    .name = "agent_calls",
    .row_name = "Call",
    .path = "/rest/cmsapp/v1/openapi/agent/queryagentcalls",
    .argument = "agent",
    .body = "{\"ccId\":$c,\"vdn\":$v,\"agentId\":$i}",
    .source = "seed page: agent/queryagentcalls",
    .fields = call_fields,
    .field_count = sizeof call_fields / sizeof *call_fields,
    .key = 0,
    .is_bare = true,
    .is_list = true,
    .row_max = 10000,
    .ranges = call_ranges,
};

/* ---- operations ---- */

enum {
    OPERATION_BEGAN_AT = 7,
    OPERATION_ENDED_AT = 8,
    OPERATION_VDN = 10,
    OPERATION_CODE = 14,
    OPERATION_CAUSE = 16,
};

static const struct field operation_fields[] = {
    {.name = "id",
     .wire = "id",
     .kind = FIELD_TEXT,
     .required = true,
     .doc = "The id of the record."},
    {.name = "call_id",
     .wire = "callId",
     .kind = FIELD_TEXT,
     .nothing = NOTHING_CALL,
     .doc = "The id of the call, if there was one."},
    {.name = "phone",
     .wire = "phoneNo",
     .kind = FIELD_TEXT,
     .is_quoted = true,
     .doc = "The agent's phone number, or the id of a conference."},
    INTEGER("sub_cc", "subCcNo", "The subsystem."),
    INTEGER("agent", "currentAgentId", "The agent."),
    {.name = "queue",
     .wire = "currentSkillId",
     .nothing = NOTHING_16,
     .doc = "The queue that the call belongs to."},
    {.name = "media_type",
     .wire = "mediaType",
     .nothing = NOTHING_16,
     .doc = "The kind of media."},
    [OPERATION_BEGAN_AT] = {.name = "began_at",
                            .wire = "beginTime",
                            .kind = FIELD_TIME_UTC,
                            .doc = "When it began."},
    [OPERATION_ENDED_AT] = {.name = "ended_at",
                            .wire = "endTime",
                            .kind = FIELD_TIME_UTC,
                            .doc = "When it ended."},
    {.name = "duration",
     .kind = FIELD_DURATION,
     .unit = UNIT_SECONDS,
     .over = OPERATION_ENDED_AT,
     .under = OPERATION_BEGAN_AT,
     .doc = "How long it took."},
    [OPERATION_VDN] = INTEGER("vdn", "vdn", "The VDN that has the call."),
    INTEGER("call_type", "callType", "The type of the call."),
    INTEGER("service", "serviceNo", "The type of business."),
    WORD("operation", OPERATION_CODE, codes_operation, "What was done."),
    [OPERATION_CODE] =
        INTEGER("operation_code", "operateType", "The operation as it is sent."),
    {.name = "object",
     .wire = "operateObject",
     .nothing = NOTHING_16,
     .doc = "Whom it was done to; in most cases an agent."},
    [OPERATION_CAUSE] = {.name = "cause",
                         .wire = "operateCause",
                         .nothing = NOTHING_16,
                         .doc = "Why it was done, as it is sent."},
    {.name = "cause_text",
     .kind = FIELD_CAUSE,
     .over = OPERATION_CODE,
     .under = OPERATION_CAUSE,
     .doc = "Why it was done, where the pages say what the number means."},
    {.name = "interim",
     .kind = FIELD_INTERIM,
     .over = OPERATION_CODE,
     .under = OPERATION_CAUSE,
     .doc = "True for the record that a conversation leaves every five minutes while "
            "it goes on."},
    INTEGER("agent_type", "agentType", "The type of the agent."),
    {.name = "location",
     .wire = "locationId",
     .nothing = NOTHING_16,
     .doc = "The node of a distributed centre."},
    TEXT("logon_sn", "logonSn", "The number of the sign-in."),
    TEXT("skill_info_sn", "skillInfoSn",
         "The number of the agent's list of skills; unknown where there is none."),
};

static const struct id_range operation_ranges[] = {
    {2023, 0, 99999},
    {2025, 0, 999999},
    {0},
};

const struct query query_agent_operations = {
    .name = "agent_operations",
    .row_name = "Operation",
    .path = "/rest/cmsapp/v1/openapi/agent/agentoprinfo",
    .argument = "agent",
    .body = "{\"ccId\":$c,$t\"currentAgentId\":$i,\"beginTime\":\"$b\","
            "\"endTime\":\"$e\"}",
    .has_span = true,
    .source = "seed page: agent/agentoprinfo",
    .fields = operation_fields,
    .field_count = sizeof operation_fields / sizeof *operation_fields,
    .key = 0,
    .is_list = true,
    .row_max = 100000,
    .vdn = OPERATION_VDN,
    .ranges = operation_ranges,
};

/* ---- one agent ---- */

static const struct field agent_gateway_fields[] = {
    {.name = "id",
     .wire = "workno",
     .required = true,
     .doc = "The number of the agent."},
    TEXT("name", "name", "The agent's name."),
    WORD("state", STATE_CODE, codes_agent_gateway_state, "What the agent does."),
    [STATE_CODE] = INTEGER("state_code", "status", "The state as it is sent."),
    WORD("cti_state", CTI_STATE_CODE, codes_cti_state,
         "What the platform says the agent does, in finer words."),
    [CTI_STATE_CODE] =
        INTEGER("cti_state_code", "ctiStatus", "The platform's state as it is sent."),
    INTEGER("group_id", "groupid", "The agent's group."),
    ABSENT("media_type", "The kind of media; gw.agents alone knows."),
    {.name = "media",
     .wire = "mediatype",
     .kind = FIELD_MEDIA,
     .doc =
         "What the agent is signed in to: { cti = true, web = true, mail = false }."},
    INTEGER("vdn", "vdnid", "The VDN of the agent."),
    TEXT("phone", "phonenumber", "The agent's phone number."),
    {.name = "state_age",
     .wire = "currentstatetime",
     .unit = UNIT_SECONDS,
     .nothing = NOTHING_32,
     .doc = "How long the agent has been in this state."},
    {.name = "signed_in_at",
     .wire = "logindate",
     .kind = FIELD_TIME_MS,
     .nothing = NOTHING_32,
     .doc = "When the agent signed in."},
    {.name = "skills",
     .wire = "skilllist",
     .kind = FIELD_SKILLS,
     .doc = "The agent's queues: a list of { id, name, media_type }."},
    {.name = "in_conference",
     .wire = "inMultimediaConf",
     .kind = FIELD_BOOLEAN,
     .doc = "Whether the agent is in a multimedia conference."},
    INTEGER("state_reason", "currentStateReason", "Why the agent is in this state."),
};

static const struct id_range agent_ranges[] = {
    {2023, 101, 59999},
    {2025, 101, 999999},
    {0},
};

const struct query query_agent = {
    .name = "agent",
    .row_name = "Agent",
    .door = DOOR_AGENT_GATEWAY,
    .path = "/agentgateway/resource/agentgroup/$o/agentbyworkno/$i",
    .argument = "agent",
    .source = "seed page: agentgateway agentbyworkno",
    .fields = agent_gateway_fields,
    .field_count = sizeof agent_gateway_fields / sizeof *agent_gateway_fields,
    .key = 0,
    .row_max = 1,
    .ranges = agent_ranges,
};

const struct query *const queries[] = {
    &query_queues,           &query_agents, &query_agent_calls,
    &query_agent_operations, &query_agent,  NULL,
};
