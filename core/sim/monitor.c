#include "sim/monitor.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "sim/ask.h"
#include "sim/dice.h"
#include "sim/operation.h"

enum {
    QUARTER_MS = 15 * 60 * 1000,
    DAY_MS = 24 * 3600 * 1000,
    GROUPS = 4,
    AGENT_TYPE_PHONE = 4,
    CALLS_PER_AGENT = 1000, /* counters of calls before an agent's begin again */
};

#define NO_CALL "4294967295-4294967295"

const struct monitor_state monitor_states[LIFE_STATES] = {
    [LIFE_OUT] = {2, 0},     [LIFE_IDLE] = {4, 1},    [LIFE_OCCUPIED] = {7, 3},
    [LIFE_TALKING] = {7, 5}, [LIFE_WRAP_UP] = {5, 6}, [LIFE_BUSY] = {3, 7},
    [LIFE_REST] = {8, 8},
};

int64_t
monitor_group(int64_t agent)
{
    return agent % GROUPS + 1;
}

char *
monitor_phone(int64_t agent, char out[MONITOR_PHONE_SIZE])
{
    snprintf(out, MONITOR_PHONE_SIZE, "7%05" PRId64, agent);
    return out;
}

static void
add_comma(struct buf *list)
{
    if (list->size)
        buf_add(list, ",", 1);
}

/* ---- skill/agentbyconfigedskill ---- */

const char *
monitor_name(int64_t agent)
{
    static const char *const names[] = {
        "Ayla",  "Bruno", "Chen",  "Dana",   "Elif", "Femi", "Greta", "Hugo",
        "Ines",  "Jonas", "Kemal", "Lena",   "Mei",  "Noor", "Oskar", "Paula",
        "Quinn", "Rosa",  "Selim", "Tamara", "Umut", "Vera", "Wei",   "Yusuf",
    };
    int64_t count = (int64_t)(sizeof names / sizeof *names);
    return names[(agent - FLOOR_FIRST_ID + count) % count];
}

static void
add_agent(const struct monitor *monitor, const struct life *life, int64_t vdn,
          int64_t at_ms, struct buf *list)
{
    const struct monitor_state *state = &monitor_states[life->state];
    char phone[MONITOR_PHONE_SIZE];
    add_comma(list);
    buf_format(list,
               "{\"workNo\":%" PRId64
               ",\"name\":\"%s\",\"status\":%d,\"ctiStatus\":%d,\"groupId\":%" PRId64
               ",\"mediaType\":%d,\"vdnId\":%" PRId64
               ",\"phoneNumber\":\"%s\",\"currentStateTime\":%" PRId64
               ",\"loginDate\":%" PRId64 "}",
               life->id, monitor_name(life->id), state->status, state->cti_status,
               monitor_group(life->id), MONITOR_MEDIA, vdn,
               monitor_phone(life->id, phone), (at_ms - life->since_ms) / 1000,
               monitor->start_ms + life->signed_in_ms);
}

const char *
monitor_agents(const struct monitor *monitor, const char *body, size_t size,
               int64_t at_ms, struct buf *list, int64_t *asked)
{
    enum { CC_ID, VDN, SKILL_ID };
    static const struct ask_field fields[] = {
        [CC_ID] = {"ccId", ASK_NUMBER, 1, 65535, false, "ccId must be 1 to 65535"},
        [VDN] = {"vdn", ASK_NUMBER, 1, 5000, false, "vdn must be 1 to 5000"},
        [SKILL_ID] = {"skillId", ASK_NUMBER, 1, 10000, false,
                      "skillId must be 1 to 10000"},
        {0},
    };
    struct ask_value values[ASK_FIELDS_MAX];
    const char *problem = ask_read(fields, "queryParam", body, size, values);
    size_t count = 0;
    const int64_t *ids = NULL;
    if (!problem)
        ids = floor_members(monitor->floor, values[SKILL_ID].number, &count);
    *asked = values[SKILL_ID].number;
    for (size_t i = 0; i < count; i++) {
        const struct life *life = floor_agent(monitor->floor, ids[i], at_ms);
        if (life->state != LIFE_OUT)
            add_agent(monitor, life, values[VDN].number, at_ms, list);
    }
    return problem;
}

/* ---- agent/queryagentcalls ---- */

static void
add_call_id(const struct monitor *monitor, const struct life *life, struct buf *out)
{
    buf_format(out, "\"%" PRId64 "-%" PRId64 "\"",
               (monitor->start_ms + life->call_ms) / 1000,
               life->id * CALLS_PER_AGENT + life->calls % CALLS_PER_AGENT);
}

const char *
monitor_calls(const struct monitor *monitor, const char *body, size_t size,
              int64_t at_ms, struct buf *list, int64_t *asked)
{
    enum { CC_ID, VDN, AGENT_ID };
    static const char range[] = "agentId must be 101 to 59999 or 70000 to 999999";
    static const struct ask_field fields[] = {
        [CC_ID] = {"ccId", ASK_NUMBER, 1, 65535, false, "ccId must be 1 to 65535"},
        [VDN] = {"vdn", ASK_NUMBER, 1, 5000, false, "vdn must be 1 to 5000"},
        [AGENT_ID] = {"agentId", ASK_NUMBER, 101, 999999, false, range},
        {0},
    };
    struct ask_value values[ASK_FIELDS_MAX];
    const char *problem = ask_read(fields, NULL, body, size, values);
    if (problem)
        return problem;
    int64_t id = *asked = values[AGENT_ID].number;
    if (id > 59999 && id < 70000)
        return range;
    const struct life *life = floor_agent(monitor->floor, id, at_ms);
    if (life && (life->state == LIFE_OCCUPIED || life->state == LIFE_TALKING))
        add_call_id(monitor, life, list);
    return NULL;
}

/* ---- agent/agentoprinfo ---- */

struct search {
    const struct monitor *monitor;
    const struct ask_value *type; /* only these operations, unless it is not there */
    struct buf *list;
};

/* "2024-08-02 06:19:44", or without anything between the digits. */
static const char *
format_utc(int64_t ms, const char *form, char *out, size_t size)
{
    struct tm parts;
    time_t seconds = (time_t)(ms / 1000);
    gmtime_r(&seconds, &parts);
    snprintf(out, size, form, parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
             parts.tm_hour, parts.tm_min, parts.tm_sec);
    return out;
}

#define TIME_FORM   "%04d-%02d-%02d %02d:%02d:%02d"
#define SERIAL_FORM "%04d%02d%02d%02d%02d%02d"
#define TIME_SIZE   80 /* by far, but the compiler cannot know */

static const char *
serial(int64_t ms, uint64_t number, char *out, size_t size)
{
    char time[TIME_SIZE];
    snprintf(out, size, "%s%011" PRIu64, format_utc(ms, SERIAL_FORM, time, sizeof time),
             number % 100000000);
    return out;
}

/* The numbers of the sign-in and of the skills, the same in all operations of one
 * shift. */
static void
add_serials(const struct search *search, const struct life *life,
            const struct operation *operation)
{
    char text[2 * TIME_SIZE];
    int64_t signed_in_ms = search->monitor->start_ms + life->signed_in_ms;
    uint64_t number = dice_mix(life->seed + (uint64_t)life->signed_in_ms) >> 32;
    buf_format(search->list, "\"logonSn\":\"%s\",",
               serial(signed_in_ms, number, text, sizeof text));
    bool has_skills = operation->type != OPERATION_SIGN_IN;
    buf_format(search->list, "\"skillInfoSn\":\"%s\",",
               has_skills ? serial(signed_in_ms + 2000, number + 41, text, sizeof text)
                          : "");
}

static void
add_times(const struct search *search, const struct life *life,
          const struct operation *operation)
{
    char begin[TIME_SIZE], end[TIME_SIZE];
    int64_t begin_ms = search->monitor->start_ms + operation->begin_ms;
    int64_t end_ms = search->monitor->start_ms + operation->end_ms;
    uint64_t dice = dice_mix(life->seed ^ (uint64_t)operation->begin_ms);
    buf_format(search->list,
               "\"beginTime\":\"%s\",\"endTime\":\"%s\",\"id\":\"%" PRId64 "%017" PRIu64
               "\"}",
               format_utc(begin_ms, TIME_FORM, begin, sizeof begin),
               format_utc(end_ms, TIME_FORM, end, sizeof end), end_ms,
               (dice ^ (uint64_t)operation->type) % 100000000000000000);
}

static void
on_operation(void *arg, const struct life *life, const struct operation *operation)
{
    const struct search *search = arg;
    struct buf *list = search->list;
    bool has_call = operation->type == OPERATION_TALKING;
    char phone[MONITOR_PHONE_SIZE];
    if (search->type->is_there && search->type->number != (int64_t)operation->type)
        return;
    add_comma(list);
    buf_add_text(list, "{\"callId\":");
    if (has_call)
        add_call_id(search->monitor, life, list);
    else
        buf_add_text(list, "\"" NO_CALL "\"");
    /* The server quotes telephone numbers twice. */
    buf_format(list,
               ",\"operateCause\":%" PRId64 ",\"vdn\":%" PRId64
               ",\"agentType\":%d,\"operateType\":%d,\"currentSkillId\":%" PRId64
               ",\"mediaType\":%d,\"operateObject\":%" PRId64
               ",\"callType\":0,\"phoneNo\":\"'%s'\",",
               operation->cause, search->monitor->vdn, AGENT_TYPE_PHONE,
               (int)operation->type, has_call ? life->call_queue : OPERATION_UNUSED,
               has_call ? MONITOR_MEDIA : OPERATION_UNUSED, operation->object,
               monitor_phone(life->id, phone));
    add_serials(search, life, operation);
    buf_format(list,
               "\"locationId\":%d,\"currentAgentId\":%" PRId64
               ",\"subCcNo\":1,\"serviceNo\":1,",
               OPERATION_UNUSED, life->id);
    add_times(search, life, operation);
}

static const char *
check_span(int64_t begin_ms, int64_t end_ms, int64_t now_ms)
{
    if (begin_ms % QUARTER_MS || end_ms % QUARTER_MS)
        return "beginTime and endTime must be whole quarters of an hour";
    if (end_ms <= begin_ms)
        return "endTime must be after beginTime";
    if (end_ms - begin_ms > DAY_MS)
        return "beginTime to endTime must be at most 24 hours";
    /* Where the day begins in a quarter, that quarter is still there. */
    if (begin_ms <= now_ms - DAY_MS - QUARTER_MS)
        return "beginTime must be within the last 24 hours";
    return NULL;
}

const char *
monitor_operations(const struct monitor *monitor, const char *body, size_t size,
                   int64_t at_ms, struct buf *list, int64_t *asked)
{
    enum { AGENT_ID, BEGIN, END, TYPE, CC_ID };
    static const struct ask_field fields[] = {
        [AGENT_ID] = {"currentAgentId", ASK_NUMBER, 0, 999999, false,
                      "currentAgentId must be 0 to 999999"},
        [BEGIN] = {"beginTime", ASK_TIME, 0, 0, false,
                   "beginTime must be a time such as 2024-08-02 00:00:00"},
        [END] = {"endTime", ASK_TIME, 0, 0, false,
                 "endTime must be a time such as 2024-08-02 23:00:00"},
        [TYPE] = {"operateType", ASK_NUMBER, 0, 60, true,
                  "operateType must be 0 to 60"},
        [CC_ID] = {"ccId", ASK_NUMBER, 1, 65535, true, "ccId must be 1 to 65535"},
        {0},
    };
    struct ask_value values[ASK_FIELDS_MAX];
    const char *problem = ask_read(fields, NULL, body, size, values);
    if (!problem)
        problem = check_span(values[BEGIN].number, values[END].number,
                             monitor->start_ms + at_ms);
    if (problem)
        return problem;
    *asked = values[AGENT_ID].number;
    struct life *life = floor_agent(monitor->floor, *asked, at_ms);
    struct search search = {monitor, &values[TYPE], list};
    int64_t from_ms = values[BEGIN].number - monitor->start_ms;
    int64_t to_ms = values[END].number - monitor->start_ms;
    /* What ends this very moment has ended. */
    if (to_ms > at_ms + 1)
        to_ms = at_ms + 1;
    if (life)
        operations_walk(life, from_ms, to_ms, on_operation, &search);
    return NULL;
}
