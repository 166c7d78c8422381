/* A script's state in the test's own process: what bind.h gives to the library, without
 * the library on top of it. The chunk of a test is trusted Lua; its prelude:
 *
 *   core          gateway.core
 *   tell(text)    adds to what script_told() returns
 *   at(query, field)  the index of a field
 *   rule { query, wants, when = tree, clear = tree | nil, on_transition = fn | nil }
 *                 registers; tells "raise KEY: WHY", "clear KEY (REASON): WHY". In the
 *                 place of `when` and `clear` it takes levels = { { when, clear }, … },
 *                 and tells "raise KEY to 2: WHY"; and what core.rule takes. */
#ifndef CCGATE_TESTS_SCRIPT_BENCH_H
#define CCGATE_TESTS_SCRIPT_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <lauxlib.h>

#include "base/mem.h"
#include "script/message.h"
#include "script/rule.h"
#include "script/script.h"
#include "script/task.h"

#define BENCH_NOW ((int64_t)1763661900000) /* 2025-11-20 18:05 */

static const char bench_setup[] =
    "{\"file\":\"scripts/a.lua\",\"gateway\":\"ccgate\",\"zone\":\"Europe/Istanbul\","
    "\"calendars\":[],\"centers\":[{\"name\":\"main\","
    "\"default\":true,\"edition\":2023,\"queues\":[{\"id\":7,\"name\":\"sales\","
    "\"tags\":[]}]},{\"name\":\"north\",\"default\":false,\"edition\":2025,"
    "\"queues\":[]}],\"destinations\":[],\"notify\":[]}";

static const char bench_prelude[] =
    "core = require 'gateway.core'\n"
    "local told = {}\n"
    "function tell(text) told[#told + 1] = tostring(text) end\n"
    "function take() local all = table.concat(told, '; '); told = {}; return all end\n"
    "function at(query, name)\n"
    "  for i, field in ipairs(core.query(query).fields) do\n"
    "    if field.name == name then return i - 1 end\n"
    "  end\n"
    "end\n"
    "local several = false\n"
    "local function on_transition(kind, reason, row, key, center, why, plain, facts)\n"
    "  if plain then return end\n"
    "  local level = several and ' to ' .. facts.level or ''\n"
    "  if facts.was then level = ' from ' .. facts.was .. level end\n"
    "  tell(kind .. ' ' .. key .. level .. (reason and ' (' .. reason .. ')' or '') .. ': ' "
    ".. why)\n"
    "end\n"
    "function rule(t)\n"
    "  for _, want in ipairs(t.wants) do\n"
    "    want.query = want.query or t.query\n"
    "    want.center = want.center or 0\n"
    "    want.every_ms = 10000\n"
    "  end\n"
    "  local levels = {}\n"
    "  several = t.levels ~= nil\n"
    "  for i, level in ipairs(t.levels or { t }) do\n"
    "    levels[i] = { when = core.condition(t.judged or t.query, level.when),\n"
    "      clear = level.clear and core.condition(t.judged or t.query, level.clear) }\n"
    "  end\n"
    "  core.rule { name = t.name or 'r', about = '', wants = t.wants,\n"
    "    levels = levels, hold_ms = t.hold_ms, linger_ms = t.linger_ms,\n"
    "    cooldown_ms = t.cooldown_ms, stale_after_ms = t.stale_after_ms,\n"
    "    stale = t.stale, gone = t.gone, open = t.open, make = t.make,\n"
    "    on_transition = t.on_transition or on_transition }\n"
    "end\n";

struct bench_chunk {
    const char *text;
    struct buf told;
};

static struct host_page bench_page;
static struct buf bench_out;

static int
l_bench_chunk(lua_State *L)
{
    const struct bench_chunk *chunk = lua_touserdata(L, 1);
    if (luaL_dostring(L, bench_prelude))
        return lua_error(L);
    if (luaL_dostring(L, chunk->text))
        return lua_error(L);
    return 0;
}

static int
l_bench_run(lua_State *L)
{
    const struct bench_chunk *chunk = lua_touserdata(L, 1);
    if (luaL_dostring(L, chunk->text))
        return lua_error(L);
    return 0;
}

static int
l_bench_told(lua_State *L)
{
    struct bench_chunk *chunk = lua_touserdata(L, 1);
    size_t size;
    lua_getglobal(L, "take");
    lua_call(L, 0, 1);
    const char *text = lua_tolstring(L, -1, &size);
    buf_add(&chunk->told, text, size);
    buf_reserve(&chunk->told, 0);
    return 0;
}

/* Hosts never free a script: the tests of one program keep theirs, too. */
static inline struct script *
bench_keep(struct script *script)
{
    static struct script *kept[64];
    static size_t count;
    assert_true(count < sizeof kept / sizeof *kept);
    return kept[count++] = script;
}

/* A state of which nothing of the test's has run. */
static inline struct script *
bench_open(void)
{
    static const struct message_load load = {
        .limits = {.cpu_ms = 1000,
                   .cpu_load_ms = 1000,
                   .memory_bytes = 32 << 20,
                   .source_bytes = 256 << 10,
                   .tasks = 1000,
                   .wants = 500,
                   .sends_per_s = 100,
                   .alerts = 10000,
                   .store_bytes = 1 << 20,
                   .logs_per_s = 100},
        .instance = "",
        .token = "f00d",
        .name = "a",
        .source = "",
        .setup = bench_setup,
        .setup_size = sizeof bench_setup - 1,
    };
    struct script *script = script_new(&load, BENCH_NOW, &bench_page, &bench_out);
    assert_false(script->failed);
    return bench_keep(script);
}

static inline bool
bench_try(struct script *script, lua_CFunction body, const char *text)
{
    struct bench_chunk chunk = {.text = text};
    script_begin(script, NULL);
    script->loading = true;
    bool good = script_protect(script, body, &chunk);
    script->loading = false;
    script_end(script);
    return good;
}

/* A state that has run the prelude and this chunk. */
static inline struct script *
bench_load(const char *text)
{
    struct script *script = bench_open();
    if (!bench_try(script, l_bench_chunk, text))
        fail_msg("%s", script->error.data);
    return script;
}

/* Runs more of the same. */
static inline void
bench_run(struct script *script, const char *text)
{
    if (!bench_try(script, l_bench_run, text))
        fail_msg("%s", script->error.data);
}

/* The chunk raises this. */
static inline void
assert_raises(struct script *script, const char *text, const char *message)
{
    assert_false(bench_try(script, l_bench_run, text));
    if (!strstr(script->error.data, message))
        fail_msg("'%s' is not in '%s'", message, script->error.data);
}

/* What has been told since the last time. */
static inline void
assert_told(struct script *script, const char *text)
{
    struct bench_chunk chunk = {0};
    script_begin(script, NULL);
    assert_true(script_protect(script, l_bench_told, &chunk));
    script_end(script);
    assert_string_equal(text, chunk.told.data);
    buf_fini(&chunk.told);
}

/* ---- rows ---- */

static inline size_t
bench_field(const struct block *block, const char *name)
{
    int field = query_field(block->query, name);
    assert_true(field >= 0);
    return (size_t)field;
}

/* Of the last row. */
static inline void
row_number_is(struct block *block, const char *name, int64_t value)
{
    int64_t *row = block->cells + (block->row_count - 1) * query_width(block->query);
    size_t field = bench_field(block, name);
    row[0] |= (int64_t)1 << field;
    row[1 + field] = value;
}

static inline void
row_text_is(struct block *block, const char *name, const char *text)
{
    size_t size = strlen(text);
    row_number_is(block, name, (int64_t)block->text.size << 32 | (int64_t)size);
    buf_add(&block->text, text, size);
}

static inline void
bench_restore(struct script *script, uint32_t center, const char *key)
{
    struct message_kept kept = {0, center, key, ""};
    rule_restore(script, &(struct message_restore){&kept, 1});
}

/* What ITEM_STATE gave. */
static inline void
bench_restore_state(struct script *script, uint32_t center, const char *key,
                    const char *text)
{
    struct message_kept kept = {0, center, key, text};
    rule_restore(script, &(struct message_restore){&kept, 1});
}

/* Time passes without a sample, and the rule is told so. */
static inline void
bench_tick(struct script *script, int64_t ms)
{
    effect_set_now(&script->effects, script->effects.now_ms + ms);
    rule_tick(script, (struct rule *)script->entries[0]);
}

/* The next sample comes so much later than it would. */
static inline void
bench_wait(struct script *script, int64_t ms)
{
    effect_set_now(&script->effects, script->effects.now_ms + ms);
}

/* By how much intervals are stretched, in thousandths. */
static uint32_t bench_stretch;

/* An answer for `argument`; the block is empty afterwards. */
static inline void
bench_sample(struct script *script, uint32_t center, int64_t argument,
             struct block *block)
{
    /* A copy that goes, as a frame does: who reads on in it is found out. */
    size_t size = block->row_count * query_width(block->query) * sizeof(int64_t);
    int64_t *cells = size ? mem_copy(block->cells, size) : NULL;
    char *text = block->text.size ? mem_copy(block->text.data, block->text.size) : NULL;
    struct message_rows rows = {.center = center,
                                .query = block->query,
                                .row_count = (uint32_t)block->row_count,
                                .cells = cells,
                                .argument = argument,
                                .text = text,
                                .text_size = block->text.size,
                                .stretch = bench_stretch};
    effect_set_now(&script->effects, script->effects.now_ms + 1000);
    rule_sample(script, &rows);
    free(cells);
    free(text);
    block_fini(block);
}

#endif
