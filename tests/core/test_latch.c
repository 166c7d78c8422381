#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "script/latch.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* A rule: raises with more than 5 waiting and, when it has a `clear`, clears with fewer
 * than 2. */
struct bench {
    struct condition when, clear;
    struct latch latch;
    struct block block;
    bool refuse; /* transitions cannot be handed over */
    int64_t now_ms;
    size_t saved;                   /* states, */
    char state[LATCH_TEXT_MAX + 1]; /* of which this is the last */
    char log[512];
};

static const char *
name_of(const struct latch_outcome *outcome)
{
    static const char *const names[] = {"", "raise", "level", "clear"};
    return outcome->reason == LATCH_GONE ? "gone" : names[outcome->move];
}

static bool
on_move(void *arg, const struct latch_transition *transition)
{
    struct bench *bench = arg;
    char room[KEY_ROOM];
    const struct latch_outcome *outcome = &transition->outcome;
    bool has_clear = bench->latch.terms.has_clear[0];
    const struct condition *clear = has_clear ? &bench->clear : &bench->when;
    assert_ptr_equal(transition->decided, outcome->move == LATCH_RAISE    ? &bench->when
                                          : outcome->reason == LATCH_GONE ? NULL
                                                                          : clear);
    assert_int_equal(transition->row->cells[1 + query_queues.key], transition->key->id);
    size_t size = strlen(bench->log);
    snprintf(bench->log + size, sizeof bench->log - size, "%s %u/%s ", name_of(outcome),
             (unsigned)transition->center, key_text(transition->key, room));
    return !bench->refuse;
}

static void
on_state(void *arg, uint32_t center, const struct key *key, const char *text)
{
    struct bench *bench = arg;
    (void)center, (void)key;
    bench->saved++;
    snprintf(bench->state, sizeof bench->state, "%s", text);
}

static struct latch_round
bench_round(struct bench *bench, uint32_t center)
{
    return (struct latch_round){.center = center,
                                .view = {.now_ms = bench->now_ms += 1000},
                                .on_move = on_move,
                                .on_state = on_state,
                                .arg = bench};
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
    const struct latch_terms terms = {.level_count = 1, .stale_after_ms = 3000};
    const struct latch_conditions level = {&bench->when,
                                           has_clear ? &bench->clear : NULL};
    latch_init(&bench->latch, &terms, &level);
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
set(struct latch *latch, uint32_t center, int64_t id)
{
    struct key key;
    key_of_id(&key, id);
    latch_restore_raised(latch, center, &key);
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
    struct latch_round round = bench_round(bench, center);
    latch_sample(&bench->latch, &round, &rows);
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
    set(&bench.latch, 0, 7);
    bench_row(&bench, 7, 9);
    bench_sample(&bench, 0);
    assert_string_equal(bench.log, "");

    /* Restored, but the rule does not watch it any more: held. */
    set(&bench.latch, 0, 8);
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
    struct latch_round round = bench_round(&bench, 0);
    round.view.caller = count_calls;
    round.view.arg = &calls;
    latch_sample(&bench.latch, &round, &rows);
    assert_int_equal(calls, 0);
    set(&bench.latch, 0, 7);
    latch_sample(&bench.latch, &round, &rows);
    assert_int_equal(calls, 1);
    bench_fini(&bench);
}

/* What is saved, and when: what is calm costs nothing. */
static void
test_states(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, true);
    bench.latch.terms.hold_ms = 2500;
    latch_watch(&bench.latch, 0, 7);
    static const struct {
        int64_t waiting;
        const char *log, *state;
        size_t saved;
    } steps[] = {
        {0, "", "", 0},
        {NIL, "", "", 0},
        {9, "", "3000 0 pending@3000", 1},
        {9, "", "4000 0 pending@3000", 2}, /* when its last sample was, after a third */
        {NIL, "", "4000 0 pending@3000", 2},
        {9, "raise 0/7 ", "6000 0 raised@3000", 3},
        {9, "", "6000 0 raised@3000", 3},
        {0, "clear 0/7 ", "", 4},
        {0, "", "", 4},
    };
    for (size_t i = 0; i < COUNT(steps); i++) {
        bench_row(&bench, 7, steps[i].waiting);
        bench_sample(&bench, 0);
        assert_string_equal(bench.log, steps[i].log);
        assert_string_equal(bench.state, steps[i].state);
        assert_int_equal(bench.saved, steps[i].saved);
    }
    bench_fini(&bench);
}

/* The alert is the truth, its state what is known beside it. */
static void
test_states_restored(void **state)
{
    (void)state;
    static const struct {
        bool raised;
        const char *text, *expected;
    } cases[] = {
        {false, "4000 0 pending@3000", "4000 0 pending@3000"},
        {true, "6000 0 raised@3000", "6000 0 raised@3000"},
        {true, "6000 0 lingering@5000", "6000 0 lingering@5000"},
        {false, "6000 0 raised@3000", "0 0"},
        {true, "6000 0 pending@3000", "0 0 raised@0"},
        {true, "6000 0 raised@1 raised@2",
         "6000 0 raised@1"}, /* a level that is no more */
        {true, "nonsense", "0 0 raised@0"},
        {false, "0 9000", "0 9000"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct bench bench;
        struct buf text = {0};
        struct key key;
        bench_init(&bench, true);
        latch_watch(&bench.latch, 0, 7);
        key_of_id(&key, 7);
        if (cases[i].raised)
            set(&bench.latch, 0, 7);
        latch_restore_state(&bench.latch, 0, &key, cases[i].text);
        latch_state_write(latch_state(&bench.latch, 0, &key), &text);
        assert_string_equal(text.data, cases[i].expected);
        buf_fini(&text);
        bench_fini(&bench);
    }
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
                if (i % 3 == center)
                    set(&bench.latch, center, i * strides[s]);
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
    const struct latch_terms terms = {.level_count = 1};
    const struct latch_conditions level = {&listed->when, NULL};
    latch_init(&listed->latch, &terms, &level);
}

static void
listed_fini(struct listed *listed)
{
    latch_fini(&listed->latch);
    condition_fini(&listed->when);
}

static bool
on_any_move(void *arg, const struct latch_transition *transition)
{
    (void)arg, (void)transition;
    return true;
}

static void
on_any_state(void *arg, uint32_t center, const struct key *key, const char *text)
{
    (void)arg, (void)center, (void)key, (void)text;
}

/* Raises it, or lets its row be gone. */
static void
listed_set(struct listed *listed, const struct key *key, bool raised)
{
    struct latch_round round = {.on_move = on_any_move, .on_state = on_any_state};
    struct block gone;
    if (raised) {
        latch_restore_raised(&listed->latch, 0, key);
        return;
    }
    block_init(&gone, listed->latch.query);
    key_add_row(&gone, key, ROW_GONE);
    struct row row = block_at(&gone, 0);
    latch_row(&listed->latch, &round, &row);
    block_fini(&gone);
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
        struct key key;
        key_of_id(&key, (int64_t)id << 40);
        listed_set(&listed, &key, is_set);
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
    struct latch_kept kept;
    listed_init(&listed, &query_agent_calls);
    assert_true(key_of_text(&key, &query_agent_calls, "1-2"));
    listed_set(&listed, &key, true);
    assert_true(latch_is_raised(&listed.latch, 0, &key));
    assert_false(latch_is_raised(&listed.latch, 1, &key));
    /* The hash alone is not the key. */
    key_of_text(&same_id, &query_agent_calls, "1-3");
    same_id.id = key.id;
    assert_false(latch_is_raised(&listed.latch, 0, &same_id));
    listed_set(&listed, &same_id, true);
    assert_int_equal(listed.latch.slot_count, 2);
    listed_set(&listed, &key, false);
    assert_true(latch_is_raised(&listed.latch, 0, &same_id));
    size_t at = 0;
    assert_true(latch_next(&listed.latch, 0, &at, &kept));
    assert_string_equal(kept.key.text, "1-3");
    assert_false(kept.is_seen);
    assert_false(latch_next(&listed.latch, 0, &at, &kept));
    listed_fini(&listed);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_life_with_clear),
        cmocka_unit_test(test_life_without_clear),
        cmocka_unit_test(test_only_what_is_watched),
        cmocka_unit_test(test_two_centres),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_restored),
        cmocka_unit_test(test_clear_is_asked_when_raised),
        cmocka_unit_test(test_states),
        cmocka_unit_test(test_states_restored),
        cmocka_unit_test(test_many_keys),
        cmocka_unit_test(test_slots_are_freed),
        cmocka_unit_test(test_text_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
