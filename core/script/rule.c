#include "script/rule.h"

#include <stdlib.h>

#include "base/text.h"
#include "script/rows.h"

/* One rule on one sample. */
struct judging {
    struct script *script;
    struct rule *rule;
    const struct message_rows *rows;
    bool spent; /* a limit was met: nothing of the script's runs any more */
};

void
rule_fini(struct rule *rule)
{
    latch_fini(&rule->latch);
}

/* What script_protect() left behind: a limit is a strike, once a sample. */
static void
take_failure(struct judging *judging)
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
    const int64_t *row;
    enum truth truth;
};

static int
l_call(lua_State *L)
{
    struct call *call = lua_touserdata(L, 1);
    const struct judging *judging = call->judging;
    lua_rawgeti(L, LUA_REGISTRYINDEX, call->function);
    rows_push(L, judging->rows->query, judging->rows->center, call->row);
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

static enum truth
on_call(void *arg, int function, const int64_t *row)
{
    struct judging *judging = arg;
    if (judging->spent)
        return TRUTH_UNKNOWN;
    struct call call = {judging, function, row, TRUTH_UNKNOWN};
    if (script_protect(judging->script, l_call, &call))
        return call.truth;
    take_failure(judging);
    return TRUTH_UNKNOWN;
}

/* ---- transitions ---- */

struct transition {
    const struct judging *judging;
    enum latch_move move;
    uint32_t center;
    int64_t id;
    const int64_t *row;
    bool plain;
};

/* What on_transition() is told of a move. */
static const struct {
    const char *kind, *reason;
} moves[] = {
    [LATCH_RAISE] = {"raise", NULL},
    [LATCH_CLEAR] = {"clear", "recovered"},
    [LATCH_GONE] = {"clear", "gone"},
};

static int
l_transition(lua_State *L)
{
    const struct transition *transition = lua_touserdata(L, 1);
    const struct judging *judging = transition->judging;
    const struct buf *why = &judging->script->why;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &judging->rule->entry);
    lua_getiuservalue(L, -1, RULE_ON_TRANSITION);
    lua_pushstring(L, moves[transition->move].kind);
    lua_pushstring(L, moves[transition->move].reason);
    rows_push(L, judging->rows->query, transition->center, transition->row);
    lua_pushfstring(L, "%I", (LUAI_UACINT)transition->id);
    lua_pushinteger(L, transition->center);
    lua_pushlstring(L, why->data ? why->data : "", why->size);
    lua_pushboolean(L, transition->plain);
    lua_call(L, 7, 0); /* kind reason row key center why plain */
    return 0;
}

/* An activation of its own: with a budget, and all or nothing. */
static bool
hand_over(struct judging *judging, struct transition *transition, bool plain)
{
    struct script *script = judging->script;
    struct effect_mark mark = effect_mark(&script->effects);
    transition->plain = plain;
    script_begin(script, &judging->rule->entry);
    if (script_protect(script, l_transition, transition))
        return true;
    effect_rollback(&script->effects, mark);
    take_failure(judging);
    return false;
}

static void
explain(struct judging *judging, const struct transition *transition,
        const struct condition *decided)
{
    struct buf *why = &judging->script->why;
    buf_clear(why);
    if (decided)
        condition_explain(decided, transition->row, on_call, judging, why);
    else
        buf_format(why, "%s %lld is gone from the answer",
                   judging->rows->query->argument, (long long)transition->id);
}

/* The core takes any number of alerts, but not in one frame. */
static void
make_room(struct judging *judging)
{
    struct effects *effects = &judging->script->effects;
    if (message_list_room(&effects->items) < 2 * EFFECT_TEXT_MAX)
        effect_commit(effects, &judging->rule->entry, 0);
}

static bool
on_move(void *arg, enum latch_move move, uint32_t center, int64_t id,
        const int64_t *row, const struct condition *decided)
{
    struct judging *judging = arg;
    struct transition transition = {judging, move, center, id, row, false};
    explain(judging, &transition, decided);
    make_room(judging);
    return (!judging->spent && hand_over(judging, &transition, false)) ||
           hand_over(judging, &transition, true);
}

/* ---- samples ---- */

static void
judge(struct script *script, struct rule *rule, const struct message_rows *rows)
{
    struct judging judging = {script, rule, rows, false};
    script_begin(script, &rule->entry);
    latch_sample(&rule->latch, rows->center, rows->query, rows->cells, rows->row_count,
                 on_call, on_move, &judging);
    script->row_epoch++;
    effect_commit(&script->effects, &rule->entry, 0);
    script_end(script);
}

static int
by_number(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

/* The rules that watch one of the rows go to script->called; returns how many. */
static size_t
call_together(struct script *script, const struct message_rows *rows)
{
    size_t count = 0, width = query_width(rows->query);
    script->sample++;
    for (uint32_t r = 0; r < rows->row_count; r++) {
        int64_t id = rows->cells[r * width + 1 + rows->query->key];
        uint32_t number;
        for (size_t at = 0;
             (number = roster_next(&script->roster, rows->center, rows->query, id,
                                   &at)) != ROSTER_END;) {
            struct rule *rule = (struct rule *)script->entries[number];
            if (rule->called == script->sample || rule->entry.disabled)
                continue;
            rule->called = script->sample;
            script->called[count++] = number;
        }
    }
    qsort(script->called, count, sizeof *script->called, by_number);
    return count;
}

void
rule_sample(struct script *script, const struct message_rows *rows)
{
    size_t count = call_together(script, rows);
    for (size_t i = 0; i < count; i++)
        judge(script, (struct rule *)script->entries[script->called[i]], rows);
}

void
rule_restore(struct script *script, const struct message_restore *restore)
{
    for (uint32_t i = 0; i < restore->count; i++) {
        const struct message_raised *raised = &restore->raised[i];
        struct entry *entry = script->entries[raised->entry];
        int64_t id;
        if (entry->kind != ENTRY_RULE || !text_integer(raised->key, &id))
            continue;
        struct latch *latch = &((struct rule *)entry)->latch;
        if (latch_is_watched(latch, raised->center, id))
            latch_set(latch, raised->center, id, true);
    }
}
