#include "rehearse/binding.h"

#include <stdio.h>
#include <stdlib.h>

#include <lauxlib.h>

#include "base/log.h"
#include "base/zone.h"
#include "rehearse/rehearsal.h"
#include "script/bind.h"
#include "script/library.h"

#define REHEARSAL "rehearsal"

/* What of C belongs to a userdata; each part may be NULL. */
struct bound {
    struct rehearsal *rehearsal;
    struct zone *zone;  /* where the gateway is */
    struct buf scratch; /* results, until Lua has copied them */
};

/* ---- arguments and results ---- */

static struct bound *
check_bound(lua_State *L)
{
    struct bound *bound = luaL_checkudata(L, 1, REHEARSAL);
    if (!bound->rehearsal)
        luaL_error(L, "the rehearsal is over");
    return bound;
}

static struct rehearsal *
check(lua_State *L)
{
    return check_bound(L)->rehearsal;
}

/* Of the functions that say whether there was an error: their sentence as it is. */
static int
settle(lua_State *L, bool is_good, const struct error *error)
{
    if (is_good)
        return 0;
    lua_pushstring(L, error->message);
    return lua_error(L);
}

static void
set_text(lua_State *L, const char *key, const char *text)
{
    lua_pushstring(L, text);
    lua_setfield(L, -2, key);
}

static void
set_integer(lua_State *L, const char *key, int64_t value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, key);
}

/* ---- what there is ---- */

static void
push_center(lua_State *L, const struct conf_center *center)
{
    lua_createtable(L, 0, 2);
    set_text(L, "name", center->name);
    lua_pushboolean(L, center->is_default);
    lua_setfield(L, -2, "default");
    lua_createtable(L, (int)center->queue_count, 0); /* center queues */
    for (size_t i = 0; i < center->queue_count; i++) {
        lua_createtable(L, 0, 2);
        set_integer(L, "id", center->queues[i].id);
        set_text(L, "name", center->queues[i].name);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "queues");
}

static int
l_centers(lua_State *L)
{
    const struct conf *conf = rehearsal_conf(check(L));
    lua_createtable(L, (int)conf->center_count, 0);
    for (size_t i = 0; i < conf->center_count; i++) {
        push_center(L, &conf->centers[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static int
l_destinations(lua_State *L)
{
    const struct conf *conf = rehearsal_conf(check(L));
    if (conf->is_open)
        return 0;
    lua_createtable(L, (int)conf->destination_count, 0);
    for (size_t i = 0; i < conf->destination_count; i++) {
        lua_pushstring(L, conf->destinations[i].name);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/* ---- the centre ---- */

static int
l_rows(lua_State *L)
{
    size_t size;
    struct error error = {0};
    const char *center = luaL_optstring(L, 2, NULL), *query = luaL_checkstring(L, 3);
    const char *json = luaL_checklstring(L, 4, &size);
    bool is_good = rehearsal_rows(check(L), center, query, json, size, &error);
    return settle(L, is_good, &error);
}

static int
l_fail(lua_State *L)
{
    struct error error = {0};
    const char *center = luaL_optstring(L, 2, NULL), *query = luaL_checkstring(L, 3);
    const char *word = luaL_optstring(L, 4, NULL);
    bool is_good = rehearsal_fail(check(L), center, query, word, &error);
    return settle(L, is_good, &error);
}

static int
l_window(lua_State *L)
{
    rehearsal_window(check(L));
    return 0;
}

/* ---- time ---- */

static int
l_now(lua_State *L)
{
    lua_pushinteger(L, rehearsal_now(check(L)));
    return 1;
}

static int
l_time(lua_State *L)
{
    int64_t wall_ms = 0;
    struct error error = {0};
    const char *text = luaL_checkstring(L, 2);
    settle(L, rehearsal_time(check(L), text, &wall_ms, &error), &error);
    lua_pushinteger(L, wall_ms);
    return 1;
}

static int
l_advance(lua_State *L)
{
    lua_Integer ms = luaL_checkinteger(L, 2);
    luaL_argcheck(L, ms >= 0, 2, "time does not go back");
    rehearsal_advance(check(L), ms);
    return 0;
}

static int
l_clock(lua_State *L)
{
    char text[32];
    int64_t ms = luaL_checkinteger(L, 2);
    int64_t local = zone_local(check_bound(L)->zone, ms / 1000);
    struct civil civil;
    civil_of(local, &civil);
    snprintf(text, sizeof text, "%04d-%02d-%02d %02d:%02d:%02d", (int)civil.year,
             civil.month, civil.day, civil.hour, civil.minute, civil.second);
    lua_pushstring(L, text);
    return 1;
}

/* ---- receivers, people, accidents ---- */

/* A status or the word of a failure, and a body or nothing. */
static struct rehearsal_reply
check_reply(lua_State *L, int at, int body_at)
{
    bool is_status = lua_isinteger(L, at);
    return (struct rehearsal_reply){
        .status = is_status ? (long)lua_tointeger(L, at) : 0,
        .word = is_status ? NULL : luaL_checkstring(L, at),
        .body = luaL_optstring(L, body_at, NULL),
    };
}

static int
l_answer(lua_State *L)
{
    struct error error = {0};
    const char *who = luaL_optstring(L, 2, NULL);
    bool is_said = !lua_isnoneornil(L, 3);
    struct rehearsal_reply reply = {0};
    if (is_said)
        reply = check_reply(L, 3, 4);
    bool is_good = rehearsal_answer(check(L), who, is_said ? &reply : NULL, &error);
    return settle(L, is_good, &error);
}

static int
l_answer_next(lua_State *L)
{
    struct error error = {0};
    const char *who = luaL_optstring(L, 2, NULL);
    luaL_checktype(L, 3, LUA_TTABLE);
    lua_settop(L, 3);
    size_t count = lua_rawlen(L, 3);
    struct rehearsal_reply *replies =
        lua_newuserdatauv(L, (count + 1) * sizeof *replies, 0);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, 3, (lua_Integer)i + 1); /* self who list replies reply */
        luaL_checktype(L, 5, LUA_TTABLE);
        lua_rawgeti(L, 5, 1);
        lua_rawgeti(L, 5, 2);
        replies[i] = check_reply(L, 6, 7); /* the list keeps the texts */
        lua_settop(L, 4);
    }
    bool is_good = rehearsal_answer_next(check(L), who, replies, count, &error);
    return settle(L, is_good, &error);
}

static int
l_ack(lua_State *L)
{
    struct error error = {0};
    const char *alert = luaL_checkstring(L, 2), *by = luaL_checkstring(L, 3);
    return settle(L, rehearsal_ack(check(L), alert, by, &error), &error);
}

static int
l_silence(lua_State *L)
{
    struct error error = {0};
    const char *matcher = luaL_checkstring(L, 2), *by = luaL_checkstring(L, 4);
    lua_Integer lasts_ms = luaL_checkinteger(L, 3);
    bool is_good = rehearsal_silence(check(L), matcher, lasts_ms, by, &error);
    return settle(L, is_good, &error);
}

static int
l_job(lua_State *L)
{
    struct error error = {0};
    const char *name = luaL_checkstring(L, 2);
    return settle(L, rehearsal_run_job(check(L), name, &error), &error);
}

static int
l_restart(lua_State *L)
{
    rehearsal_restart(check(L));
    return 0;
}

static int
l_kill_script(lua_State *L)
{
    const char *name = luaL_checkstring(L, 2);
    lua_pushboolean(L, rehearsal_kill_script(check(L), name));
    return 1;
}

static int
l_reload(lua_State *L)
{
    struct bound *bound = check_bound(L);
    buf_clear(&bound->scratch);
    if (rehearsal_reload(bound->rehearsal, &bound->scratch))
        return 0;
    lua_pushlstring(L, bound->scratch.data, bound->scratch.size);
    return 1;
}

/* ---- what came of it ---- */

static void
push_requests(lua_State *L, const struct rehearsal_sent *sent)
{
    lua_createtable(L, (int)sent->request_count, 0);
    for (size_t i = 0; i < sent->request_count; i++) {
        lua_createtable(L, 0, 3); /* … requests request */
        set_text(L, "method", sent->requests[i].method);
        set_text(L, "path", sent->requests[i].path);
        set_text(L, "body", sent->requests[i].body);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

static int
l_sent(lua_State *L)
{
    lua_Integer i = luaL_checkinteger(L, 2);
    struct rehearsal *rehearsal = check(L);
    if (i < 1 || (size_t)i > rehearsal_sent_count(rehearsal))
        return 0;
    const struct rehearsal_sent *sent = rehearsal_sent(rehearsal, (size_t)i - 1);
    lua_createtable(L, 0, 10);
    set_text(L, "to", sent->to);
    set_text(L, "kind", sent->kind);
    set_text(L, "rule", sent->rule);
    set_text(L, "key", sent->key);
    set_text(L, "severity", sent->severity);
    set_text(L, "summary", sent->summary);
    set_text(L, "body", sent->body);
    set_text(L, "id", sent->id);
    set_integer(L, "at", sent->at_ms / 1000);
    push_requests(L, sent);
    lua_setfield(L, -2, "requests");
    lua_pushboolean(L, sent->is_done);
    return 2;
}

static int
l_line(lua_State *L)
{
    static const char *const levels[] = {
        [LEVEL_DEBUG] = "debug",
        [LEVEL_INFO] = "info",
        [LEVEL_WARN] = "warn",
        [LEVEL_ERROR] = "error",
    };
    lua_Integer i = luaL_checkinteger(L, 2);
    struct rehearsal *rehearsal = check(L);
    if (i < 1 || (size_t)i > rehearsal_line_count(rehearsal))
        return 0;
    const struct rehearsal_line *line = rehearsal_line(rehearsal, (size_t)i - 1);
    lua_createtable(L, 0, 4);
    set_text(L, "room", line->room);
    set_text(L, "level", levels[line->level]);
    set_text(L, "text", line->text);
    set_integer(L, "at", line->at_ms / 1000);
    return 1;
}

static int
l_alerts(lua_State *L)
{
    struct bound *bound = check_bound(L);
    buf_clear(&bound->scratch);
    rehearsal_alerts(bound->rehearsal, &bound->scratch);
    lua_pushlstring(L, bound->scratch.data, bound->scratch.size);
    return 1;
}

/* ---- its life ---- */

static int
l_close(lua_State *L)
{
    struct bound *bound = luaL_checkudata(L, 1, REHEARSAL);
    struct bound of = *bound;
    *bound = (struct bound){0};
    rehearsal_delete(of.rehearsal);
    zone_delete(of.zone);
    buf_fini(&of.scratch);
    return 0;
}

static struct bound *
push_bound(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"centers", l_centers},
        {"destinations", l_destinations},
        {"rows", l_rows},
        {"fail", l_fail},
        {"window", l_window},
        {"now", l_now},
        {"time", l_time},
        {"advance", l_advance},
        {"clock", l_clock},
        {"answer", l_answer},
        {"answer_next", l_answer_next},
        {"ack", l_ack},
        {"silence", l_silence},
        {"job", l_job},
        {"restart", l_restart},
        {"kill_script", l_kill_script},
        {"reload", l_reload},
        {"sent", l_sent},
        {"line", l_line},
        {"alerts", l_alerts},
        {"close", l_close},
        {"__gc", l_close},
        {"__close", l_close},
        {NULL, NULL},
    };
    struct bound *bound = lua_newuserdatauv(L, sizeof *bound, 0);
    *bound = (struct bound){0};
    if (luaL_newmetatable(L, REHEARSAL)) {
        luaL_setfuncs(L, methods, 0);
        lua_pushvalue(L, -1);
        lua_setfield(L, -2, "__index");
    }
    lua_setmetatable(L, -2);
    return bound;
}

static struct zone *
zone_of(const struct conf *conf)
{
    char *machine = conf->zone ? NULL : zone_machine();
    struct zone *zone = zone_load(conf->zone ? conf->zone : machine);
    free(machine);
    return zone;
}

/* The texts of the list at `index`, in a userdata that is pushed. */
static const char *const *
check_texts(lua_State *L, int index, size_t *count)
{
    luaL_checktype(L, index, LUA_TTABLE);
    *count = lua_rawlen(L, index);
    const char **texts = lua_newuserdatauv(L, (*count + 1) * sizeof *texts, 0);
    for (size_t i = 0; i < *count; i++) {
        lua_rawgeti(L, index, (lua_Integer)i + 1);
        texts[i] = luaL_checkstring(L, -1); /* the list keeps it */
        lua_pop(L, 1);
    }
    return texts;
}

static int
l_rehearse(lua_State *L)
{
    struct rehearsal_options options = {0};
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_getfield(L, 1, "scripts");
    lua_getfield(L, 1, "conf");
    lua_getfield(L, 1, "at");
    lua_getfield(L, 1, "program"); /* options scripts conf at program */
    options.scripts = check_texts(L, 2, &options.script_count);
    options.conf_file = luaL_optstring(L, 3, NULL);
    options.at = luaL_checkstring(L, 4);
    options.program = luaL_optstring(L, 5, NULL);
    struct bound *bound = push_bound(L);
    bound->rehearsal = rehearsal_new(&options, &bound->scratch);
    if (bound->rehearsal) {
        bound->zone = zone_of(rehearsal_conf(bound->rehearsal));
        return 1;
    }
    lua_pushnil(L);
    lua_pushlstring(L, bound->scratch.size ? bound->scratch.data : "",
                    bound->scratch.size);
    return 2;
}

static int
l_query(lua_State *L)
{
    const struct query *query = query_find(luaL_checkstring(L, 1));
    if (!query)
        return 0;
    bind_push_query(L, query);
    return 1;
}

static const luaL_Reg functions[] = {
    {"query", l_query},
    {"rehearse", l_rehearse},
    {NULL, NULL},
};

int
luaopen_gateway_core(lua_State *L)
{
    library_offer_parts(L);
    lua_newtable(L);
    luaL_setfuncs(L, bind_model_functions, 0);
    luaL_setfuncs(L, functions, 0);
    return 1;
}
