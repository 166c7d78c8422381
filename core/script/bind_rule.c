#include "script/bind.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "model/span.h"
#include "script/rule.h"
#include "script/script.h"
#include "script/task.h"

#define METATABLE "rule"

static int
l_release(lua_State *L)
{
    rule_fini(luaL_checkudata(L, 1, METATABLE));
    return 0;
}

/* ---- wants ---- */

/* What a want says: to the core, and what stays here. */
struct asked {
    struct message_want want;
    int64_t type;          /* of operations, OPERATION_ANY: all */
    const int64_t *expect; /* of agents; NULL: nobody */
    uint32_t expect_count;
};

/* The members of a want at the top of the stack, which is at `index`: behind it. */
enum {
    OF_CENTER = 1,
    OF_QUERY,
    OF_EVERY,
    OF_IDS,
    OF_LAST,
    OF_EXPECT,
    OF_TYPE,
    OF_LINE
};

static void
push_members(lua_State *L, int index)
{
    static const char *const keys[] = {"center",  "query",  "every_ms", "ids",
                                       "last_ms", "expect", "type",     "line"};
    luaL_checktype(L, index, LUA_TTABLE);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        lua_getfield(L, index, keys[i]);
}

/* Of what a module asks no line is known. */
static uint32_t
line_of_script(lua_Integer spot)
{
    return spot > 0 && spot < SPOT_LINES ? (uint32_t)spot : 0;
}

/* What only some queries have; ids are in a userdata that is pushed. */
static void
check_extras(lua_State *L, int index, struct asked *asked)
{
    const struct query *query = asked->want.query;
    int64_t quarter_ms = query->has_span ? SPAN_QUARTER * 1000 : 0;
    int64_t most_ms = query->has_span ? SPAN_MAX * 1000 : 0;
    asked->want.last_ms = luaL_optinteger(L, index + OF_LAST, quarter_ms);
    asked->want.line = line_of_script(luaL_optinteger(L, index + OF_LINE, 0));
    asked->type = luaL_optinteger(L, index + OF_TYPE, OPERATION_ANY);
    if (asked->want.last_ms < 0 || asked->want.last_ms > most_ms ||
        asked->type < OPERATION_ANY || asked->type > INT32_MAX ||
        (asked->type != OPERATION_ANY && !query->has_span))
        luaL_error(L, "a want that cannot be");
    if (lua_isnil(L, index + OF_EXPECT))
        return;
    asked->expect =
        bind_check_expect(L, index + OF_EXPECT, query, &asked->expect_count);
}

/* Reads the want at the top of the stack; its ids are in userdata that is pushed. */
static struct asked
check_want(lua_State *L, const struct script *script, const struct query *query)
{
    struct asked asked = {0};
    struct message_want *want = &asked.want;
    int index = lua_gettop(L);
    push_members(L, index);
    lua_Integer center = luaL_checkinteger(L, index + OF_CENTER);
    want->query = query_find(luaL_checkstring(L, index + OF_QUERY));
    want->every_ms = luaL_checkinteger(L, index + OF_EVERY);
    if (center < 0 || (size_t)center >= script->center_count || want->query != query ||
        want->every_ms < MESSAGE_PERIOD_MIN_MS ||
        want->every_ms > MESSAGE_PERIOD_MAX_MS)
        luaL_error(L, "a want that cannot be");
    want->ids = bind_check_ids(L, index + OF_IDS, query, &want->id_count);
    want->center = (uint32_t)center;
    check_extras(L, index, &asked);
    return asked;
}

/* The rule of a list listens to all rows of an id. */
static void
add_to_scope(struct script *script, struct rule *rule, const struct asked *asked,
             int64_t id)
{
    const struct message_want *want = &asked->want;
    struct scope_request request = {
        .center = want->center,
        .argument = id,
        .type = asked->type,
        .attendance = roster_attendance(&script->roster, want->center, want->query, id),
    };
    scope_add(&rule->scope, &request);
}

/* The rule listens to what it wants, and LOADED will tell the core. */
static void
add_want(struct script *script, struct rule *rule, struct asked *asked)
{
    struct message_want *want = &asked->want;
    for (uint32_t i = 0; i < want->id_count; i++) {
        roster_add(&script->roster, want->center, want->query, want->ids[i],
                   rule->entry.number);
        if (rule->makes_rows)
            gather_add(&rule->gather, want->center, want->query, want->ids[i]);
        if (want->query->is_list || rule->makes_rows)
            add_to_scope(script, rule, asked, want->ids[i]);
        else
            latch_watch(&rule->latch, want->center, want->ids[i]);
    }
    for (uint32_t i = 0; i < asked->expect_count; i++)
        scope_expect(&rule->scope, want->center, asked->expect[i]);
    stale_watch(&rule->stale, want->center);
    want->entry = rule->entry.number;
    message_put_want(&script->wants, want);
}

/* ---- rules ---- */

static struct rule *
push_rule(lua_State *L)
{
    struct rule *rule = lua_newuserdatauv(L, sizeof *rule, RULE_USERVALUES);
    memset(rule, 0, sizeof *rule);
    if (luaL_newmetatable(L, METATABLE)) {
        lua_pushcfunction(L, l_release);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    return rule;
}

/* What the rule is described with: at these places of l_rule's stack. */
enum {
    AT_TABLE = 1,
    AT_NAME,
    AT_ABOUT,
    AT_WANTS,
    AT_LEVELS,
    AT_HOLD,
    AT_LINGER,
    AT_COOLDOWN,
    AT_STALE_AFTER,
    AT_STALE,
    AT_GONE,
    AT_OPEN,
    AT_MAKE,
    AT_LOOK,
    AT_FN,
    AT_RULE,
};

static void
check_description(lua_State *L)
{
    static const char *const keys[] = {
        "name",      "about",       "wants",          "levels",       "hold_ms",
        "linger_ms", "cooldown_ms", "stale_after_ms", "stale",        "gone",
        "open",      "make",        "look",           "on_transition"};
    luaL_checktype(L, AT_TABLE, LUA_TTABLE);
    lua_settop(L, AT_TABLE);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        lua_getfield(L, AT_TABLE, keys[i]);
    luaL_checkstring(L, AT_NAME);
    luaL_checkstring(L, AT_ABOUT);
    luaL_checktype(L, AT_WANTS, LUA_TTABLE);
    luaL_checktype(L, AT_LEVELS, LUA_TTABLE);
    luaL_checktype(L, AT_FN, LUA_TFUNCTION);
    for (int place = AT_OPEN; place <= AT_LOOK; place++)
        if (!lua_isnil(L, place))
            luaL_checktype(L, place, LUA_TFUNCTION);
}

static int64_t
check_time(lua_State *L, int index)
{
    lua_Integer ms = luaL_optinteger(L, index, 0);
    luaL_argcheck(L, ms >= 0 && ms <= MESSAGE_PERIOD_MAX_MS, 1,
                  "a time that cannot be");
    return ms;
}

/* The condition in the member `key` of the level at `index`; NULL for none. It stays
 * where the table of levels keeps it. */
static const struct condition *
check_level(lua_State *L, int index, const char *key)
{
    lua_getfield(L, index, key);
    const struct condition *condition =
        lua_isnil(L, -1) ? NULL : bind_check_condition(L, -1);
    lua_pop(L, 1);
    return condition;
}

static uint32_t
check_levels(lua_State *L, struct latch_conditions *levels)
{
    size_t count = lua_rawlen(L, AT_LEVELS);
    if (!count || count > LATCH_LEVELS_MAX)
        luaL_error(L, "a rule has 1 to %d levels", LATCH_LEVELS_MAX);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, AT_LEVELS, (lua_Integer)i + 1);
        luaL_checktype(L, -1, LUA_TTABLE);
        levels[i].when = check_level(L, lua_gettop(L), "when");
        levels[i].clear = check_level(L, lua_gettop(L), "clear");
        lua_pop(L, 1);
        luaL_argcheck(L, levels[i].when, 1, "a level without when");
        const struct query *query = levels[0].when->query;
        luaL_argcheck(L,
                      levels[i].when->query == query &&
                          (!levels[i].clear || levels[i].clear->query == query),
                      1, "two queries");
    }
    return (uint32_t)count;
}

static int64_t
look_every_ms(lua_State *L)
{
    lua_getfield(L, AT_TABLE, "every_ms");
    int64_t every_ms = luaL_checkinteger(L, -1);
    lua_pop(L, 1);
    if (every_ms < MESSAGE_PERIOD_MIN_MS || every_ms > MESSAGE_PERIOD_MAX_MS)
        luaL_error(L, "a period that cannot be");
    return every_ms;
}

static int64_t
longest_every_ms(lua_State *L)
{
    int64_t longest = lua_isnil(L, AT_LOOK) ? 0 : look_every_ms(L);
    for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(L, AT_WANTS); i++) {
        lua_rawgeti(L, AT_WANTS, i);
        lua_getfield(L, -1, "every_ms");
        int64_t every = luaL_checkinteger(L, -1);
        longest = every > longest ? every : longest;
        lua_pop(L, 2);
    }
    return longest;
}

#define STALE_PERIODS 3

static struct latch_terms
check_terms(lua_State *L, uint32_t level_count)
{
    static const char *const gones[] = {"clear", "hold", "raise", NULL};
    struct latch_terms terms = {
        .level_count = level_count,
        .hold_ms = check_time(L, AT_HOLD),
        .linger_ms = check_time(L, AT_LINGER),
        .cooldown_ms = check_time(L, AT_COOLDOWN),
        .stale_after_ms = check_time(L, AT_STALE_AFTER),
        .gone = (enum latch_gone)luaL_checkoption(L, AT_GONE, "clear", gones),
    };
    if (!terms.stale_after_ms)
        terms.stale_after_ms = STALE_PERIODS * longest_every_ms(L);
    return terms;
}

/* All wants are read before the first has an effect. True when they are within the
 * script's limit; if not, that is a problem. */
static bool
check_wants(lua_State *L, struct script *script, const struct query *query)
{
    size_t count = lua_rawlen(L, AT_WANTS);
    if (script->wants.count + count > (size_t)script->limits.wants) {
        const char *text = lua_pushfstring(
            L, "rule '%s': the script wants more than %I queries (wants = %I)",
            lua_tostring(L, AT_NAME), (LUAI_UACINT)script->limits.wants,
            (LUAI_UACINT)script->limits.wants);
        script_problem(script, 0, text, strlen(text));
        return false;
    }
    for (size_t i = 1; i <= count; i++) {
        lua_rawgeti(L, AT_WANTS, (lua_Integer)i);
        check_want(L, script, query);
        lua_settop(L, AT_RULE);
    }
    return true;
}

/* The query of the rule's wants, where it judges other rows. */
static const struct query *
first_wanted(lua_State *L)
{
    int top = lua_gettop(L);
    lua_rawgeti(L, AT_WANTS, 1);
    luaL_checktype(L, -1, LUA_TTABLE);
    lua_getfield(L, -1, "query");
    const struct query *query = query_find(luaL_checkstring(L, -1));
    lua_settop(L, top);
    return query;
}

static void
keep_functions(lua_State *L)
{
    static const int places[] = {[RULE_ON_TRANSITION] = AT_FN,
                                 [RULE_OPEN] = AT_OPEN,
                                 [RULE_MAKE] = AT_MAKE,
                                 [RULE_LEVELS] = AT_LEVELS};
    for (int value = RULE_ON_TRANSITION; value <= RULE_USERVALUES; value++) {
        lua_pushvalue(L, places[value]);
        lua_setiuservalue(L, AT_RULE, value);
    }
}

static void
register_rule(lua_State *L, struct rule *rule)
{
    struct message_entry described = {
        .kind = ENTRY_RULE,
        .makes_rows = rule->makes_rows,
        .name = lua_tostring(L, AT_NAME),
        .schedule.every_ms =
            rule->entry.has_look ? look_every_ms(L) : stale_every_ms(&rule->stale)};
    described.about = lua_tolstring(L, AT_ABOUT, &described.about_size);
    script_register(L, AT_RULE, &rule->entry, &described);
}

/* The rule finds its rows itself, at its ticks. */
static void
keep_look(lua_State *L, struct rule *rule, const struct query *query)
{
    rule->makes_rows = rule->entry.has_look = true;
    block_init(&rule->found, query);
    stale_watch(&rule->stale, 0);
    lua_pushvalue(L, AT_LOOK);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &rule->entry.has_look);
}

/* What the function of a rule has found: judged once the frame is worked off. */
static int
l_found(lua_State *L)
{
    struct script *script = script_of(L);
    struct task *task = script->task;
    if (!task || task->member_of || !task_is_look(task))
        return luaL_error(L, "found belongs into the look of a rule");
    struct rule *rule = (struct rule *)task->entry;
    lua_settop(L, 1);
    block_clear(&rule->found);
    rule_take_rows(L, &rule->found);
    script->found = rule;
    return 0;
}

static int
l_rule(lua_State *L)
{
    static const char *const stales[] = {"hold", "raise", "clear", NULL};
    struct script *script = script_of(L);
    struct latch_conditions levels[LATCH_LEVELS_MAX];
    bind_check_loading(L, "rule");
    check_description(L);
    uint32_t level_count = check_levels(L, levels);
    const struct query *judged = levels[0].when->query;
    const struct query *query = lua_isnil(L, AT_MAKE) ? judged : first_wanted(L);
    struct rule *rule = push_rule(L);
    if (!check_wants(L, script, query))
        return 0;
    struct latch_terms terms = check_terms(L, level_count);
    rule->stale.mode = (enum stale_mode)luaL_checkoption(L, AT_STALE, "hold", stales);
    rule->stale_after_ms = rule->stale.after_ms = terms.stale_after_ms;
    rule->has_open = !lua_isnil(L, AT_OPEN);
    rule->makes_rows = !lua_isnil(L, AT_MAKE);
    if (!lua_isnil(L, AT_LOOK))
        keep_look(L, rule, judged);
    keep_functions(L);
    latch_init(&rule->latch, &terms, levels);
    register_rule(L, rule);
    for (size_t i = 1; i <= lua_rawlen(L, AT_WANTS); i++) {
        lua_rawgeti(L, AT_WANTS, (lua_Integer)i);
        struct asked asked = check_want(L, script, query);
        add_want(script, rule, &asked);
        lua_settop(L, AT_RULE);
    }
    scope_close(&rule->scope);
    gather_close(&rule->gather);
    return 0;
}

/* ---- alerts ---- */

static bool
is_key(const char *key, size_t size)
{
    return size && size <= MESSAGE_KEY_MAX && strlen(key) == size &&
           text_is_printable(key);
}

static int
l_alert(lua_State *L)
{
    static const char *const kinds[] = {"raise", "level", "clear", NULL};
    struct script *script = script_of(L);
    size_t key_size;
    const char *rule = luaL_checkstring(L, 1);
    int center = script_center(script, luaL_checkstring(L, 2));
    struct message_alert alert = {
        .key = luaL_checklstring(L, 3, &key_size),
        .kind = kinds[luaL_checkoption(L, 4, NULL, kinds)],
    };
    alert.event = luaL_checklstring(L, 5, &alert.event_size);
    const struct entry *entry = script->entry;
    if (!entry || entry->kind != ENTRY_RULE || strcmp(entry->name, rule) != 0)
        return luaL_error(L, "alert belongs to the transition of a rule");
    luaL_argcheck(L, center >= 0, 2, "no such center");
    luaL_argcheck(L, is_key(alert.key, key_size), 3, "no key of an alert");
    if (alert.event_size > EFFECT_TEXT_MAX)
        return luaL_error(L, "the alert has %I bytes; at most %I are taken",
                          (LUAI_UACINT)alert.event_size, (LUAI_UACINT)EFFECT_TEXT_MAX);
    alert.center = (uint32_t)center;
    if (!effect_alert(&script->effects, &alert))
        return luaL_error(L, "more alerts than one commit takes");
    return 0;
}

const luaL_Reg bind_rule_functions[] = {
    {"rule", l_rule},
    {"found", l_found},
    {"alert", l_alert},
    {NULL, NULL},
};
