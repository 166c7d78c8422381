#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "script/latch.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { F = TRUTH_FALSE, T = TRUTH_TRUE, U = TRUTH_UNKNOWN };

/* lifecycle.md §2 without hold and linger, every combination. */
static void
test_state_table(void **state)
{
    (void)state;
    static const struct {
        bool raised;
        int when, clear;
        enum latch_move move;
    } cases[] = {
        /* clear: `when` true raises, whatever `clear` says */
        {false, F, F, LATCH_STAY},
        {false, F, T, LATCH_STAY},
        {false, F, U, LATCH_STAY},
        {false, U, F, LATCH_STAY},
        {false, U, T, LATCH_STAY},
        {false, U, U, LATCH_STAY},
        {false, T, F, LATCH_RAISE},
        {false, T, T, LATCH_RAISE},
        {false, T, U, LATCH_RAISE},
        /* raised: `clear` true clears unless `when` is true; unknown changes nothing */
        {true, T, F, LATCH_STAY},
        {true, T, T, LATCH_STAY},
        {true, T, U, LATCH_STAY},
        {true, F, F, LATCH_STAY},
        {true, F, U, LATCH_STAY},
        {true, U, F, LATCH_STAY},
        {true, U, U, LATCH_STAY},
        {true, F, T, LATCH_CLEAR},
        {true, U, T, LATCH_CLEAR},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        enum truth when = (enum truth)cases[i].when;
        enum truth clear = (enum truth)cases[i].clear;
        assert_int_equal(latch_judge(cases[i].raised, false, when, clear),
                         cases[i].move);
        assert_int_equal(latch_judge(cases[i].raised, true, when, clear),
                         cases[i].raised ? LATCH_GONE : LATCH_STAY);
    }
}

/* A rule: raises with more than 5 waiting and, when it has a `clear`, clears with fewer
 * than 2. */
struct bench {
    struct condition when, clear;
    struct latch latch;
    struct block block;
    bool refuse; /* transitions cannot be handed over */
    char log[512];
};

static const char *const names[] = {
    [LATCH_RAISE] = "raise",
    [LATCH_CLEAR] = "clear",
    [LATCH_GONE] = "gone",
};

static bool
on_move(void *arg, enum latch_move move, uint32_t center, const struct key *key,
        const struct row *row, const struct condition *decided)
{
    struct bench *bench = arg;
    char room[KEY_ROOM];
    const struct condition *clear = bench->latch.clear ? &bench->clear : &bench->when;
    assert_ptr_equal(decided, move == LATCH_RAISE   ? &bench->when
                              : move == LATCH_CLEAR ? clear
                                                    : NULL);
    assert_int_equal(row->cells[1 + query_queues.key], key->id);
    size_t size = strlen(bench->log);
    snprintf(bench->log + size, sizeof bench->log - size, "%s %u/%s ", names[move],
             (unsigned)center, key_text(key, room));
    return !bench->refuse;
}

static void
bench_init(struct bench *bench, bool has_clear)
{
    *bench = (struct bench){
        .when.query = &query_queues,
        .clear.query = &query_queues,
    };
    uint32_t waiting = (uint32_t)query_field(&query_queues, "calls_waiting");
    condition_compare(&bench->when, OP_ABOVE, waiting, 5);
    condition_compare(&bench->clear, OP_BELOW, waiting, 2);
    latch_init(&bench->latch, &bench->when, has_clear ? &bench->clear : NULL);
    block_init(&bench->block, &query_queues);
}

static void
bench_fini(struct bench *bench)
{
    block_fini(&bench->block);
    latch_fini(&bench->latch);
    condition_fini(&bench->when);
    condition_fini(&bench->clear);
}

enum { GONE = -1, NIL = -2 };

static void
bench_row(struct bench *bench, int64_t id, int64_t waiting)
{
    int field = query_field(&query_queues, "calls_waiting");
    int64_t *row = block_add(&bench->block);
    row[0] = (int64_t)((uint64_t)1 << query_queues.key);
    row[1 + query_queues.key] = id;
    if (waiting == GONE)
        row[0] |= (int64_t)ROW_GONE;
    if (waiting < 0)
        return;
    row[0] |= (int64_t)1 << field;
    row[1 + field] = waiting;
}

static struct message_rows
bench_rows(const struct bench *bench)
{
    return (struct message_rows){.query = &query_queues,
                                 .row_count = (uint32_t)bench->block.row_count,
                                 .cells = bench->block.cells};
}

static void
set(struct latch *latch, uint32_t center, int64_t id, bool raised)
{
    struct key key;
    key_of_id(&key, id);
    latch_set(latch, center, &key, raised);
}

static bool
is_raised(const struct latch *latch, uint32_t center, int64_t id)
{
    struct key key;
    key_of_id(&key, id);
    return latch_is_raised(latch, center, &key);
}

/* Takes the sample; what moved is in bench->log. */
static void
bench_sample(struct bench *bench, uint32_t center)
{
    bench->log[0] = '\0';
    struct message_rows rows = bench_rows(bench);
    rows.center = center;
    latch_sample(&bench->latch, &rows, NULL, on_move, bench);
    block_clear(&bench->block);
}

struct step {
    int64_t waiting;
    const char *log;
};

static void
assert_steps(bool has_clear, const struct step *steps, size_t count)
{
    struct bench bench;
    bench_init(&bench, has_clear);
    latch_watch(&bench.latch, 0, 7);
    for (size_t i = 0; i < count; i++) {
        bench_row(&bench, 7, steps[i].waiting);
        bench_sample(&bench, 0);
        assert_string_equal(bench.log, steps[i].log);
    }
    bench_fini(&bench);
}

static void
test_life_with_clear(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {5, ""},
        {6, "raise 0/7 "},
        {9, ""},
        {3, ""},
        {NIL, ""},
        {2, ""},
        {1, "clear 0/7 "},
        {1, ""},
        {4, ""},
        {6, "raise 0/7 "},
        {GONE, "gone 0/7 "},
        {GONE, ""},
        {NIL, ""},
        {6, "raise 0/7 "},
    };
    assert_steps(true, steps, COUNT(steps));
}

static void
test_life_without_clear(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {NIL, ""}, {6, "raise 0/7 "}, {NIL, ""}, {6, ""}, {5, "clear 0/7 "}, {NIL, ""},
    };
    assert_steps(false, steps, COUNT(steps));
}

static void
test_only_what_is_watched(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, true);
    bench_row(&bench, 7, 9);
    bench_sample(&bench, 0);
    assert_string_equal(bench.log, "");
    assert_false(latch_is_watched(&bench.latch, 0, 7));
    assert_false(is_raised(&bench.latch, 0, 7));

    latch_watch(&bench.latch, 0, 7);
    latch_watch(&bench.latch, 0, 7);
    assert_int_equal(bench.latch.slot_count, 1);
    assert_true(latch_is_watched(&bench.latch, 0, 7));
    assert_false(latch_is_watched(&bench.latch, 0, 8));

    /* The order of the rows is the order of the transitions. */
    latch_watch(&bench.latch, 0, 3);
    bench_row(&bench, 7, 9);
    bench_row(&bench, 8, 9);
    bench_row(&bench, 3, 9);
    bench_sample(&bench, 0);
    assert_string_equal(bench.log, "raise 0/7 raise 0/3 ");
    bench_fini(&bench);
}

static void
test_two_centres(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, true);
    latch_watch(&bench.latch, 0, 7);
    latch_watch(&bench.latch, 1, 7);
    bench_row(&bench, 7, 9);
    bench_sample(&bench, 1);
    assert_string_equal(bench.log, "raise 1/7 ");
    assert_false(is_raised(&bench.latch, 0, 7));
    assert_true(is_raised(&bench.latch, 1, 7));

    bench_row(&bench, 7, 0);
    bench_sample(&bench, 0);
    assert_string_equal(bench.log, "");
    bench_row(&bench, 7, 9);
    bench_sample(&bench, 2);
    assert_string_equal(bench.log, "");
    bench_row(&bench, 7, 0);
    bench_sample(&bench, 1);
    assert_string_equal(bench.log, "clear 1/7 ");
    bench_fini(&bench);
}

/* What could not be handed over comes again with the next sample. */
static void
test_refused(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, true);
    latch_watch(&bench.latch, 0, 7);
    static const struct {
        bool refuse;
        int64_t waiting;
        const char *log;
        bool raised;
    } steps[] = {
        {true, 9, "raise 0/7 ", false},  {true, 9, "raise 0/7 ", false},
        {false, 9, "raise 0/7 ", true},  {true, 0, "clear 0/7 ", true},
        {true, GONE, "gone 0/7 ", true}, {false, 0, "clear 0/7 ", false},
    };
    for (size_t i = 0; i < COUNT(steps); i++) {
        bench.refuse = steps[i].refuse;
        bench_row(&bench, 7, steps[i].waiting);
        bench_sample(&bench, 0);
        assert_string_equal(bench.log, steps[i].log);
        assert_int_equal(is_raised(&bench.latch, 0, 7), steps[i].raised);
    }
    bench_fini(&bench);
}

static void
test_restored(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, true);
    latch_watch(&bench.latch, 0, 7);
    set(&bench.latch, 0, 7, true);
    bench_row(&bench, 7, 9);
    bench_sample(&bench, 0);
    assert_string_equal(bench.log, "");

    set(&bench.latch, 0, 7, false);
    bench_row(&bench, 7, 9);
    bench_sample(&bench, 0);
    assert_string_equal(bench.log, "raise 0/7 ");

    /* Restored, but the rule does not watch it any more: held. */
    set(&bench.latch, 0, 8, true);
    assert_false(latch_is_watched(&bench.latch, 0, 8));
    bench_row(&bench, 8, 0);
    bench_sample(&bench, 0);
    assert_string_equal(bench.log, "");
    assert_true(is_raised(&bench.latch, 0, 8));
    bench_fini(&bench);
}

static enum truth
count_calls(void *arg, int call, const struct row *row)
{
    (void)call;
    (void)row;
    ++*(int *)arg;
    return TRUTH_FALSE;
}

/* `clear` may be a function of the script: a calm row does not ask it. */
static void
test_clear_is_asked_when_raised(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, true);
    condition_fini(&bench.clear);
    condition_call(&bench.clear, 1);
    latch_watch(&bench.latch, 0, 7);
    int calls = 0;
    bench_row(&bench, 7, 0);
    struct message_rows rows = bench_rows(&bench);
    latch_sample(&bench.latch, &rows, count_calls, on_move, &calls);
    assert_int_equal(calls, 0);
    set(&bench.latch, 0, 7, true);
    latch_sample(&bench.latch, &rows, count_calls, on_move, &calls);
    assert_int_equal(calls, 1);
    bench_fini(&bench);
}

/* 10,000 keys in two centres, with ids that a weak hash would put together. */
static void
test_many_keys(void **state)
{
    (void)state;
    enum { EACH = 5000 };
    static const int64_t strides[] = {1, 64, (int64_t)1 << 32, -1};
    for (size_t s = 0; s < COUNT(strides); s++) {
        struct bench bench;
        bench_init(&bench, true);
        for (int64_t i = 0; i < EACH; i++)
            for (uint32_t center = 0; center < 2; center++) {
                latch_watch(&bench.latch, center, i * strides[s]);
                set(&bench.latch, center, i * strides[s], i % 3 == center);
            }
        assert_int_equal(bench.latch.slot_count, 2 * EACH);
        for (int64_t i = 0; i < EACH; i++)
            for (uint32_t center = 0; center < 2; center++) {
                int64_t id = i * strides[s];
                assert_true(latch_is_watched(&bench.latch, center, id));
                assert_int_equal(is_raised(&bench.latch, center, id), i % 3 == center);
            }
        assert_false(latch_is_watched(&bench.latch, 0, EACH * strides[s]));
        assert_false(latch_is_watched(&bench.latch, 2, 0));
        bench_fini(&bench);
    }
}

/* ---- lists ---- */

/* A latch of which only the keys are looked at. */
struct listed {
    struct condition when;
    struct latch latch;
};

static void
listed_init(struct listed *listed, const struct query *query)
{
    *listed = (struct listed){.when.query = query};
    latch_init(&listed->latch, &listed->when, NULL);
}

static void
listed_fini(struct listed *listed)
{
    latch_fini(&listed->latch);
    condition_fini(&listed->when);
}

/* Sets and frees keys as a bitmap does, with ids that fall into runs. */
static void
test_slots_are_freed(void **state)
{
    (void)state;
    enum { IDS = 300, STEPS = 20000 };
    struct listed listed;
    bool raised[IDS] = {false};
    size_t count = 0;
    uint32_t random = 1;
    listed_init(&listed, &query_agents);
    for (int i = 0; i < STEPS; i++) {
        random = random * 1664525u + 1013904223u;
        size_t id = random >> 8 & 0xffff;
        bool is_set = (id & 1) == 0 && count < 40;
        id = (id >> 1) % IDS;
        count += (size_t)is_set - raised[id];
        raised[id] = is_set;
        set(&listed.latch, 0, (int64_t)id << 40, is_set);
        assert_int_equal(listed.latch.slot_count, count);
        for (size_t j = 0; i % 50 == 0 && j < IDS; j++)
            assert_int_equal(is_raised(&listed.latch, 0, (int64_t)j << 40), raised[j]);
    }
    assert_true(listed.latch.slot_room <= 128);
    listed_fini(&listed);
}

static void
test_text_keys(void **state)
{
    (void)state;
    struct listed listed;
    struct key key, same_id;
    struct latch_raised raised;
    listed_init(&listed, &query_agent_calls);
    assert_true(key_of_text(&key, &query_agent_calls, "1-2"));
    latch_set(&listed.latch, 0, &key, true);
    assert_true(latch_is_raised(&listed.latch, 0, &key));
    assert_false(latch_is_raised(&listed.latch, 1, &key));
    /* The hash alone is not the key. */
    key_of_text(&same_id, &query_agent_calls, "1-3");
    same_id.id = key.id;
    assert_false(latch_is_raised(&listed.latch, 0, &same_id));
    latch_set(&listed.latch, 0, &same_id, true);
    assert_int_equal(listed.latch.slot_count, 2);
    latch_set(&listed.latch, 0, &key, false);
    assert_true(latch_is_raised(&listed.latch, 0, &same_id));
    size_t at = 0;
    assert_true(latch_next(&listed.latch, 0, &at, &raised));
    assert_string_equal(raised.key.text, "1-3");
    assert_false(raised.is_seen);
    assert_false(latch_next(&listed.latch, 0, &at, &raised));
    listed_fini(&listed);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_state_table),
        cmocka_unit_test(test_life_with_clear),
        cmocka_unit_test(test_life_without_clear),
        cmocka_unit_test(test_only_what_is_watched),
        cmocka_unit_test(test_two_centres),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_restored),
        cmocka_unit_test(test_clear_is_asked_when_raised),
        cmocka_unit_test(test_many_keys),
        cmocka_unit_test(test_slots_are_freed),
        cmocka_unit_test(test_text_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
