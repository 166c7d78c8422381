/* Zones, calendars and when jobs run, for the library. */
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "base/hours.h"
#include "base/mem.h"
#include "base/timetable.h"
#include "script/bind.h"
#include "script/script.h"

#define CALENDAR      "ccgate.calendar"
#define CALENDARS_MAX 1000 /* in use at a time; their memory is not Lua's */
#define TEXT_MAX      ((size_t)64 << 10)

/* In a userdata. */
struct bound_calendar {
    struct calendar *calendar;
    char *text, *zone;
};

/* ---- zones ---- */

static int
l_zone_offset(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    lua_Integer at = luaL_checkinteger(L, 2);
    const struct zones *zones = &script_of(L)->zones;
    const struct zone *zone;
    if (zones_find(zones, name, &zone)) {
        lua_pushinteger(L, zone_offset(zone, at));
        return 1;
    }
    lua_pushnil(L);
    lua_pushstring(L, zones_guess(zones, name));
    return 2;
}

static const struct zone *
check_zone(lua_State *L, const char *name)
{
    const struct zone *zone;
    if (!zones_find(&script_of(L)->zones, name, &zone))
        luaL_error(L, "there is no zone '%s'", name);
    return zone;
}

/* ---- words ---- */

static const char *
check_text(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    return strlen(text) == size ? text : "";
}

static int
l_is_days(lua_State *L)
{
    unsigned days;
    lua_pushboolean(L, hours_read_days(check_text(L), &days));
    return 1;
}

static int
l_is_hours(lua_State *L)
{
    struct hours hours;
    lua_pushboolean(L, hours_read(check_text(L), &hours));
    return 1;
}

static int
l_is_date(lua_State *L)
{
    int64_t day;
    lua_pushboolean(L, hours_read_date(check_text(L), &day));
    return 1;
}

static int
l_cron(lua_State *L)
{
    struct cron cron;
    struct buf *problem = &script_of(L)->scratch;
    buf_clear(problem);
    if (cron_read(check_text(L), &cron, problem))
        lua_pushnil(L);
    else
        lua_pushlstring(L, problem->data, problem->size);
    return 1;
}

/* ---- calendars ---- */

static int
l_calendar_gc(lua_State *L)
{
    struct bound_calendar *bound = luaL_checkudata(L, 1, CALENDAR);
    script_of(L)->calendar_count -= bound->calendar != NULL;
    calendar_delete(bound->calendar);
    free(bound->text);
    free(bound->zone);
    *bound = (struct bound_calendar){0};
    return 0;
}

static struct bound_calendar *
push_calendar(lua_State *L)
{
    struct bound_calendar *bound = lua_newuserdatauv(L, sizeof *bound, 0);
    memset(bound, 0, sizeof *bound);
    if (luaL_newmetatable(L, CALENDAR)) {
        lua_pushcfunction(L, l_calendar_gc);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    return bound;
}

static int
l_calendar(lua_State *L)
{
    struct script *script = script_of(L);
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size), *zone = luaL_checkstring(L, 2);
    const struct zone *found = check_zone(L, zone);
    luaL_argcheck(L, size <= TEXT_MAX, 1, "a calendar has at most 64 KB");
    if (script->calendar_count >= CALENDARS_MAX)
        lua_gc(L, LUA_GCCOLLECT);
    if (script->calendar_count >= CALENDARS_MAX)
        return luaL_error(L, "a script has at most %d calendars", CALENDARS_MAX);
    struct bound_calendar *bound = push_calendar(L);
    bound->calendar = strlen(text) == size ? calendar_read(text, found) : NULL;
    if (!bound->calendar)
        return luaL_argerror(L, 1, "no calendar");
    script->calendar_count++;
    bound->text = mem_text(text);
    bound->zone = mem_text(zone);
    return 1;
}

static int
l_calendar_next(lua_State *L)
{
    const struct bound_calendar *bound = luaL_checkudata(L, 1, CALENDAR);
    lua_Integer at = luaL_checkinteger(L, 2);
    int64_t next = calendar_next(bound->calendar, at);
    lua_pushboolean(L, calendar_is_open(bound->calendar, at));
    if (next)
        lua_pushinteger(L, next);
    else
        lua_pushnil(L);
    return 2;
}

/* ---- when jobs run ---- */

/* The text of a member; the table keeps it. */
static const char *
get_text(lua_State *L, int index, const char *key, const char *otherwise)
{
    lua_getfield(L, index, key);
    const char *text = luaL_optstring(L, -1, otherwise);
    lua_pop(L, 1);
    return text;
}

static void
take_interval(lua_State *L, int index, struct message_schedule *schedule,
              struct timetable *timetable)
{
    struct buf *problem = &script_of(L)->scratch;
    lua_getfield(L, index, "every_ms");
    bool is_interval = !lua_isnil(L, -1);
    schedule->every_ms = luaL_optinteger(L, -1, 0);
    lua_pop(L, 1);
    schedule->cron = get_text(L, index, "cron", "");
    if (is_interval && (schedule->every_ms < MESSAGE_PERIOD_MIN_MS ||
                        schedule->every_ms > MESSAGE_PERIOD_MAX_MS))
        luaL_error(L, "a period that cannot be");
    buf_clear(problem);
    if (is_interval == (schedule->cron[0] != '\0') ||
        strlen(schedule->cron) > MESSAGE_CRON_MAX ||
        (!is_interval && !cron_read(schedule->cron, &timetable->cron, problem)))
        luaL_error(L, "no times of a job");
    timetable->every_ms = schedule->every_ms;
}

void
bind_check_schedule(lua_State *L, int index, struct message_schedule *schedule,
                    struct timetable *timetable)
{
    static const char *const words[] = {"skip", "once", "all", NULL};
    luaL_checktype(L, index, LUA_TTABLE);
    *timetable = (struct timetable){0};
    take_interval(L, index, schedule, timetable);
    schedule->zone = get_text(L, index, "zone", "UTC");
    timetable->zone = check_zone(L, schedule->zone);
    lua_getfield(L, index, "missed");
    schedule->missed = (uint8_t)luaL_checkoption(L, -1, "skip", words);
    lua_getfield(L, index, "during");
    const struct bound_calendar *bound =
        lua_isnil(L, -1) ? NULL : luaL_checkudata(L, -1, CALENDAR);
    lua_pop(L, 2); /* the table keeps it */
    schedule->has_during = bound != NULL;
    schedule->during = bound ? bound->text : "";
    schedule->during_zone = bound ? bound->zone : "UTC";
    timetable->during = bound ? bound->calendar : NULL;
}

static int
l_next_run(lua_State *L)
{
    struct message_schedule schedule;
    struct timetable timetable;
    bind_check_schedule(L, 1, &schedule, &timetable);
    int64_t next = timetable_next(&timetable, script_of(L)->effects.now_ms);
    if (next)
        lua_pushinteger(L, next / 1000);
    else
        lua_pushnil(L);
    return 1;
}

const luaL_Reg bind_time_functions[] = {
    {"zone_offset", l_zone_offset},
    {"is_days", l_is_days},
    {"is_hours", l_is_hours},
    {"is_date", l_is_date},
    {"cron", l_cron},
    {"calendar", l_calendar},
    {"calendar_next", l_calendar_next},
    {"next_run", l_next_run},
    {NULL, NULL},
};
