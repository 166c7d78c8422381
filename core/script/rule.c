#include "script/rule.h"

#include <ctype.h>
#include <stdlib.h>

#include "script/key.h"
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
    scope_fini(&rule->scope);
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
    const struct row *row;
    enum truth truth;
};

static int
l_call(lua_State *L)
{
    struct call *call = lua_touserdata(L, 1);
    const struct judging *judging = call->judging;
    lua_rawgeti(L, LUA_REGISTRYINDEX, call->function);
    rows_push(L, judging->rows->query, judging->rows->center, *call->row);
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
on_call(void *arg, int function, const struct row *row)
{
    struct judging *judging = arg;
    if (judging->spent)
        return TRUTH_UNKNOWN;
    struct call call = {judging, function, row, TRUTH_UNKNOWN};
    struct effect_mark mark = effect_mark(&judging->script->effects);
    if (script_protect(judging->script, l_call, &call))
        return call.truth;
    effect_rollback(&judging->script->effects, mark);
    take_failure(judging);
    return TRUTH_UNKNOWN;
}

/* ---- transitions ---- */

struct transition {
    const struct judging *judging;
    enum latch_move move;
    uint32_t center;
    const struct key *key;
    const struct row *row;
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
    char room[KEY_ROOM];
    lua_rawgetp(L, LUA_REGISTRYINDEX, &judging->rule->entry);
    lua_getiuservalue(L, -1, RULE_ON_TRANSITION);
    lua_pushstring(L, moves[transition->move].kind);
    lua_pushstring(L, moves[transition->move].reason);
    rows_push(L, judging->rows->query, transition->center, *transition->row);
    lua_pushstring(L, key_text(transition->key, room));
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

/* "queue 7", "call 1605492949-1447". */
static void
add_row_name(struct buf *out, const struct query *query, const struct key *key)
{
    char room[KEY_ROOM];
    const char *name = query->is_list ? query->row_name : query->argument;
    buf_format(out, "%c%s %s", tolower((unsigned char)*name), name + 1,
               key_text(key, room));
}

static void
explain(struct judging *judging, const struct transition *transition,
        const struct condition *decided)
{
    struct buf *why = &judging->script->why;
    buf_clear(why);
    if (decided) {
        condition_explain(decided, transition->row, on_call, judging, why);
        return;
    }
    add_row_name(why, judging->rows->query, transition->key);
    buf_add_text(why, " is gone from the answer");
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
on_move(void *arg, enum latch_move move, uint32_t center, const struct key *key,
        const struct row *row, const struct condition *decided)
{
    struct judging *judging = arg;
    struct transition transition = {judging, move, center, key, row, false};
    explain(judging, &transition, decided);
    make_room(judging);
    return (!judging->spent && hand_over(judging, &transition, false)) ||
           hand_over(judging, &transition, true);
}

/* ---- samples ---- */

static void
judge_list(struct judging *judging, const struct block *absent)
{
    const struct message_rows *rows = judging->rows;
    struct rule *rule = judging->rule;
    for (uint32_t i = 0; i < rows->row_count; i++) {
        struct row row = message_row(rows, i);
        if (scope_accepts(&rule->scope, rows->center, rows->argument, rows->query, row))
            latch_row(&rule->latch, rows->center, &row, on_call, on_move, judging);
    }
    for (size_t i = 0; i < absent->row_count; i++) {
        struct row row = block_at(absent, i);
        latch_row(&rule->latch, rows->center, &row, on_call, on_move, judging);
    }
}

static void
judge(struct script *script, struct rule *rule, const struct message_rows *rows)
{
    struct judging judging = {script, rule, rows, false};
    struct block absent; /* as long as views of its rows are valid */
    block_init(&absent, rows->query);
    script_begin(script, &rule->entry);
    if (rows->query->is_list) {
        scope_absent(&rule->scope, &rule->latch, rows->center, &absent);
        judge_list(&judging, &absent);
    } else {
        latch_sample(&rule->latch, rows, on_call, on_move, &judging);
    }
    script->row_epoch++;
    block_fini(&absent);
    effect_commit(&script->effects, &rule->entry, 0);
    script_end(script);
}

static int
by_number(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

/* The rules that watch this id of the rows' query go behind the `count` that are in
 * script->called; returns how many there are then. */
static size_t
call(struct script *script, const struct message_rows *rows, int64_t id, size_t count)
{
    uint32_t number;
    for (size_t at = 0; (number = roster_next(&script->roster, rows->center,
                                              rows->query, id, &at)) != ROSTER_END;) {
        struct rule *rule = (struct rule *)script->entries[number];
        if (rule->called == script->sample || rule->entry.disabled)
            continue;
        rule->called = script->sample;
        script->called[count++] = number;
    }
    return count;
}

/* The rules that watch one of the rows; returns how many. */
static size_t
call_together(struct script *script, const struct message_rows *rows)
{
    size_t count = 0;
    script->sample++;
    if (rows->query->is_list)
        count = call(script, rows, rows->argument, count);
    else
        for (uint32_t i = 0; i < rows->row_count; i++) {
            int64_t id = message_row(rows, i).cells[1 + rows->query->key];
            count = call(script, rows, id, count);
        }
    qsort(script->called, count, sizeof *script->called, by_number);
    return count;
}

void
rule_sample(struct script *script, const struct message_rows *rows)
{
    size_t count = call_together(script, rows);
    struct attendance *attendance =
        roster_attendance(&script->roster, rows->center, rows->query, rows->argument);
    if (attendance)
        attendance_take(attendance, rows);
    for (size_t i = 0; i < count; i++)
        judge(script, (struct rule *)script->entries[script->called[i]], rows);
}

static void
restore_key(struct rule *rule, uint32_t center, const char *text)
{
    struct latch *latch = &rule->latch;
    struct key key;
    if (!key_of_text(&key, latch->when->query, text))
        return;
    if (latch->is_list || latch_is_watched(latch, center, key.id))
        latch_set(latch, center, &key, true);
}

void
rule_restore(struct script *script, const struct message_restore *restore)
{
    for (uint32_t i = 0; i < restore->count; i++) {
        const struct message_raised *raised = &restore->raised[i];
        struct entry *entry = script->entries[raised->entry];
        if (entry->kind == ENTRY_RULE)
            restore_key((struct rule *)entry, raised->center, raised->key);
    }
}
