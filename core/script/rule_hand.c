/* What a rule asks of the script, and hands over to it. */
#include "script/rule_inside.h"

#include <ctype.h>

#include "base/text.h"
#include "script/key.h"
#include "script/rows.h"

void
rule_take_failure(struct judging *judging)
{
    struct script *script = judging->script;
    struct entry *entry = &judging->rule->entry;
    effect_failed(&script->effects, entry, script->error.data);
    if (!script->budget.exceeded)
        return;
    if (!judging->spent)
        effect_strike(&script->effects, entry, script->budget.exceeded);
    judging->spent = true;
}

/* ---- functions of the script in conditions ---- */

struct call {
    const struct judging *judging;
    int function; /* registry */
    const struct row *row;
    enum truth truth;
};

static int
l_call(lua_State *L)
{
    struct call *call = lua_touserdata(L, 1);
    const struct judging *judging = call->judging;
    lua_rawgeti(L, LUA_REGISTRYINDEX, call->function);
    rows_push(L, judging->rule->latch.query, judging->round.center, *call->row);
    lua_pushinteger(L, judging->script->effects.now_ms / 1000);
    lua_call(L, 2, 1);
    switch (lua_type(L, -1)) {
    case LUA_TNIL: call->truth = TRUTH_UNKNOWN; return 0;
    case LUA_TBOOLEAN:
        call->truth = lua_toboolean(L, -1) ? TRUTH_TRUE : TRUTH_FALSE;
        return 0;
    default:
        return luaL_error(L, "a condition says true, false or nil; this one gave a %s",
                          luaL_typename(L, -1));
    }
}

enum truth
rule_on_call(void *arg, int function, const struct row *row)
{
    struct judging *judging = arg;
    if (judging->spent)
        return TRUTH_UNKNOWN;
    struct call call = {judging, function, row, TRUTH_UNKNOWN};
    struct effect_mark mark = effect_mark(&judging->script->effects);
    if (script_protect(judging->script, l_call, &call))
        return call.truth;
    effect_rollback(&judging->script->effects, mark);
    rule_take_failure(judging);
    return TRUTH_UNKNOWN;
}

struct question {
    const struct judging *judging;
    int function; /* registry; 0: the rule's calendar */
    bool is_answered;
    double number;
};

/* Pushes what is asked. */
static void
push_function(lua_State *L, const struct question *question)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, question->function);
    if (question->function)
        return;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &question->judging->rule->entry);
    lua_getiuservalue(L, -1, RULE_OPEN);
}

/* nil: there is no answer. A boolean is 0 or 1. */
static int
l_ask(lua_State *L)
{
    struct question *question = lua_touserdata(L, 1);
    push_function(L, question);
    lua_pushinteger(L, question->judging->script->effects.now_ms / 1000);
    lua_call(L, 1, 1);
    int type = lua_type(L, -1);
    if (type != LUA_TNIL && type != (question->function ? LUA_TNUMBER : LUA_TBOOLEAN))
        return luaL_error(L, "a limit is a number or nil; this one is a %s",
                          luaL_typename(L, -1));
    question->is_answered = type != LUA_TNIL;
    question->number =
        type == LUA_TBOOLEAN ? lua_toboolean(L, -1) : lua_tonumber(L, -1);
    return 0;
}

bool
rule_on_ask(void *arg, int function, double *number)
{
    struct judging *judging = arg;
    struct question question = {.judging = judging, .function = function};
    if (judging->spent)
        return false;
    if (!script_protect(judging->script, l_ask, &question)) {
        rule_take_failure(judging);
        return false;
    }
    *number = question.number;
    return question.is_answered;
}

/* A calendar that cannot say so is open: better an alert too many. */
bool
rule_is_closed(struct judging *judging)
{
    double open = 1;
    return judging->rule->has_open && rule_on_ask(judging, 0, &open) && open == 0;
}

/* ---- transitions ---- */

struct handing {
    const struct judging *judging;
    const struct latch_outcome *outcome;
    const char *key;
    const struct row *row; /* NULL: of the source */
    bool plain;
};

static const char *const kinds[] = {
    [LATCH_RAISE] = "raise",
    [LATCH_LEVEL] = "level",
    [LATCH_CLEAR] = "clear",
};

static const char *const reasons[] = {
    [LATCH_NO_REASON] = NULL,
    [LATCH_RECOVERED] = "recovered",
    [LATCH_GONE] = "gone",
    [LATCH_HOURS] = "hours",
};

static void
push_facts(lua_State *L, const struct latch_outcome *outcome)
{
    lua_createtable(L, 0, 3);
    lua_pushinteger(L, outcome->level);
    lua_setfield(L, -2, "level");
    if (outcome->move == LATCH_LEVEL) {
        lua_pushinteger(L, outcome->was);
        lua_setfield(L, -2, "was");
    }
    if (outcome->pending_ms < 0)
        return;
    lua_pushinteger(L, outcome->pending_ms / 1000);
    lua_setfield(L, -2, "since");
}

static int
l_transition(lua_State *L)
{
    const struct handing *handing = lua_touserdata(L, 1);
    const struct judging *judging = handing->judging;
    const struct rule *rule = judging->rule;
    const struct buf *why = &judging->script->why;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &rule->entry);
    lua_getiuservalue(L, -1, RULE_ON_TRANSITION);
    lua_pushstring(L, kinds[handing->outcome->move]);
    lua_pushstring(L, reasons[handing->outcome->reason]);
    if (handing->row)
        rows_push(L, rule->latch.query, judging->round.center, *handing->row);
    else
        lua_pushnil(L);
    lua_pushstring(L, handing->key);
    lua_pushinteger(L, judging->round.center);
    lua_pushlstring(L, why->data ? why->data : "", why->size);
    lua_pushboolean(L, handing->plain);
    push_facts(L, handing->outcome);
    lua_call(L, 8, 0); /* kind reason row key center why plain facts */
    return 0;
}

/* An activation of its own: with a budget, and all or nothing. */
static bool
try_hand_over(struct judging *judging, struct handing *handing, bool plain)
{
    struct script *script = judging->script;
    struct effect_mark mark = effect_mark(&script->effects);
    handing->plain = plain;
    script_begin(script, &judging->rule->entry);
    if (script_protect(script, l_transition, handing))
        return true;
    effect_rollback(&script->effects, mark);
    rule_take_failure(judging);
    return false;
}

/* The core takes any number of alerts, but not in one frame. */
static void
make_room(struct judging *judging)
{
    struct effects *effects = &judging->script->effects;
    if (message_list_room(&effects->items) < 2 * EFFECT_TEXT_MAX)
        effect_commit(effects, &judging->rule->entry, 0);
}

bool
rule_hand_over(struct judging *judging, const struct latch_outcome *outcome,
               const char *key, const struct row *row)
{
    struct handing handing = {judging, outcome, key, row, false};
    make_room(judging);
    return (!judging->spent && try_hand_over(judging, &handing, false)) ||
           try_hand_over(judging, &handing, true);
}

static void
add_duration(struct buf *out, int64_t ms)
{
    char text[32];
    buf_add_text(out, text_format_duration(ms, text, sizeof text));
}

/* "queue 7", "call 1605492949-1447". */
static void
add_row_name(struct buf *out, const struct query *query, const struct key *key)
{
    char room[KEY_ROOM];
    const char *name = query->is_list ? query->row_name : query->argument;
    buf_format(out, "%c%s %s", tolower((unsigned char)*name), name + 1,
               key_text(key, room));
}

/* Why something moved that no condition has decided. */
static void
explain_end(struct judging *judging, const struct key *key)
{
    struct buf *why = &judging->script->why;
    if (judging->round.end == LATCH_HOURS) {
        buf_add_text(why, "the calendar is closed");
        return;
    }
    add_row_name(why, judging->rule->latch.query, key);
    if (!judging->round.end) {
        buf_add_text(why, " is gone from the answer");
        return;
    }
    buf_add_text(why, " has given nothing usable for ");
    add_duration(why, judging->rule->stale.after_ms);
}

bool
rule_on_move(void *arg, const struct latch_transition *transition)
{
    struct judging *judging = arg;
    char room[KEY_ROOM];
    buf_clear(&judging->script->why);
    if (transition->decided)
        condition_explain(transition->decided, transition->row, transition->view,
                          &judging->script->why);
    else
        explain_end(judging, transition->key);
    return rule_hand_over(judging, &transition->outcome,
                          key_text(transition->key, room), transition->row);
}
