/* The alarm of a rule: what it raises, clears, saves and restores, sample by sample. */
#include "latching.h"

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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
