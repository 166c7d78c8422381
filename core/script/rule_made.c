/* Rules that make their rows: by a function that sees the whole answer, or finds them.
 */
#include "script/rule_inside.h"

#include "script/rows.h"

struct making {
    const struct judging *judging;
    const struct block *rows; /* what is answered */
    struct block *made;
};

/* ---- from Lua's values to cells ---- */

static void
take_text(lua_State *L, struct block *made, int64_t *cell)
{
    size_t size;
    const char *text = luaL_checklstring(L, -1, &size);
    *cell = (int64_t)made->text.size << 32 | (int64_t)size;
    buf_add(&made->text, text, size);
}

static int64_t
take_media(lua_State *L)
{
    int64_t bits = 0;
    luaL_checktype(L, -1, LUA_TTABLE);
    for (const struct code *media = codes_media; media->word; media++) {
        lua_getfield(L, -1, media->word);
        bits |= lua_toboolean(L, -1) ? media->code : 0;
        lua_pop(L, 1);
    }
    return bits;
}

/* The value at the top of the stack. */
static void
take_value(lua_State *L, struct block *made, enum field_kind kind, int64_t *cell)
{
    switch (kind) {
    case FIELD_REAL: *cell = cell_of_real(luaL_checknumber(L, -1)); return;
    case FIELD_BOOLEAN: *cell = lua_toboolean(L, -1); return;
    case FIELD_MEDIA: *cell = take_media(L); return;
    case FIELD_TEXT:
    case FIELD_SKILLS: take_text(L, made, cell); return;
    default: *cell = luaL_checkinteger(L, -1); return;
    }
}

/* The row at the top of the stack. */
static void
take_row(lua_State *L, struct block *made)
{
    const struct query *query = made->query;
    int64_t *row = block_add(made);
    luaL_checktype(L, -1, LUA_TTABLE);
    for (size_t i = 0; i < query->field_count; i++) {
        lua_pushstring(L, query->fields[i].name);
        if (lua_rawget(L, -2) != LUA_TNIL) {
            row[0] = (int64_t)((uint64_t)row[0] | (uint64_t)1 << i);
            take_value(L, made, query->fields[i].kind, &row[1 + i]);
        }
        lua_pop(L, 1);
    }
    if (!row_has(row, query->key))
        luaL_error(L, "a row without its %s", query->fields[query->key].name);
}

void
rule_take_rows(lua_State *L, struct block *made)
{
    luaL_checktype(L, -1, LUA_TTABLE);
    for (size_t i = 1; i <= lua_rawlen(L, -1); i++) {
        lua_rawgeti(L, -1, (lua_Integer)i);
        take_row(L, made);
        lua_pop(L, 1);
    }
}

static int
l_make(lua_State *L)
{
    const struct making *making = lua_touserdata(L, 1);
    const struct judging *judging = making->judging;
    const struct block *rows = making->rows;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &judging->rule->entry);
    lua_getiuservalue(L, -1, RULE_MAKE);
    lua_createtable(L, (int)rows->row_count, 0);
    for (size_t i = 0; i < rows->row_count; i++) {
        rows_push(L, rows->query, judging->round.center, block_at(rows, i));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_pushinteger(L, judging->script->effects.now_ms / 1000);
    lua_call(L, 2, 1); /* … made */
    rule_take_rows(L, making->made);
    return 0;
}

/* Views of the rows expire with it. */
static bool
make(struct judging *judging, const struct block *rows, struct block *made)
{
    struct script *script = judging->script;
    struct making making = {judging, rows, made};
    struct effect_mark mark = effect_mark(&script->effects);
    bool good = script_protect(script, l_make, &making);
    script->row_epoch++;
    if (good)
        return true;
    effect_rollback(&script->effects, mark);
    rule_take_failure(judging);
    return false;
}

/* ---- judging ---- */

/* What it has been told of else is gone. */
void
rule_judge_all(struct judging *judging, const struct block *made)
{
    struct rule *rule = judging->rule;
    struct latch_kept kept;
    struct block absent;
    attendance_take(&rule->there, &(struct message_rows){
                                      .query = made->query,
                                      .row_count = (uint32_t)made->row_count,
                                      .cells = made->cells,
                                      .text = made->text.data,
                                  });
    block_init(&absent, made->query);
    for (size_t at = 0; latch_next(&rule->latch, judging->round.center, &at, &kept);)
        if (!attendance_has(&rule->there, kept.key.id))
            key_add_row(&absent, &kept.key, ROW_GONE);
    for (size_t i = 0; i < made->row_count; i++) {
        struct row row = block_at(made, i);
        latch_row(&rule->latch, &judging->round, &row);
    }
    for (size_t i = 0; i < absent.row_count; i++) {
        struct row row = block_at(&absent, i);
        latch_row(&rule->latch, &judging->round, &row);
    }
    judging->script->row_epoch++;
    block_fini(&absent);
}

static bool
is_of_rule(void *arg, const struct message_rows *rows, struct row row)
{
    const struct rule *rule = arg;
    int64_t argument =
        rows->query->is_list ? rows->argument : row.cells[1 + rows->query->key];
    return scope_accepts(&rule->scope, rows->center, argument, rows->query, row);
}

bool
rule_judge_made(struct judging *judging, const struct message_rows *rows)
{
    struct rule *rule = judging->rule;
    uint32_t center = judging->round.center;
    int64_t now_ms = judging->round.view.now_ms;
    struct block all, made;
    gather_take(&rule->gather, rows, now_ms, is_of_rule, rule);
    if (!gather_is_whole(&rule->gather, center, now_ms - rule->stale.after_ms))
        return false;
    block_init(&all, rows->query);
    block_init(&made, rule->latch.query);
    gather_join(&rule->gather, center, &all);
    scope_expected(&rule->scope, center, &all);
    bool is_good = make(judging, &all, &made);
    if (is_good)
        rule_judge_all(judging, &made);
    block_fini(&made);
    block_fini(&all);
    return is_good;
}
