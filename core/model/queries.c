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
    SECONDS_5M("mean_call_5m", "evenCallTimeIn5", "The mean length of calls."),
    SECONDS_5M("mean_wait_5m", "evenWaitTimeIn5", "The mean wait of calls."),
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
    .id_field = "skillIds",
    .source = "seed page: skill/stateinfo",
    .fields = queue_fields,
    .field_count = sizeof queue_fields / sizeof *queue_fields,
    .key = 0,
    .ranges = queue_ranges,
    .batch_bytes = 1000,
};

const struct query *const queries[] = {&query_queues, NULL};
