/* Operations: what is asked for when a quarter of an hour has closed, what is caught
 * up, what survives a restart, and that nothing comes twice. */
#include "polling.h"

#include "base/text.h"
#include "model/span.h"
#include "poll/plan.h"

#define MINUTE_MS ((int64_t)60000)
/* 2024-08-02 06:00:00 UTC */
#define SIX ((int64_t)1722578400)

/* ---- time, without a planner ---- */

static void
assert_due(int64_t mark, int64_t last_ms, int64_t phase_ms, int64_t now_ms,
           int64_t begin, int64_t end)
{
    struct query_span span;
    assert_true(slots_due(mark, last_ms, phase_ms, now_ms, &span));
    assert_int_equal(span.begin, begin);
    assert_int_equal(span.end, end);
    assert_int_equal(span.type, OPERATION_ANY);
}

static void
assert_nothing_due(int64_t mark, int64_t phase_ms, int64_t now_ms)
{
    struct query_span span;
    assert_false(slots_due(mark, 0, phase_ms, now_ms, &span));
}

static void
a_slot_is_due_a_minute_after_it_closed(void **state)
{
    (void)state;
    int64_t closed_ms = (SIX + 60) * 1000;
    assert_nothing_due(SIX - 900, 0, closed_ms - 1);
    assert_due(SIX - 900, 0, 0, closed_ms, SIX - 900, SIX);
    assert_nothing_due(SIX, 0, closed_ms + 10 * MINUTE_MS);
    /* And each id has a moment of its own. */
    assert_nothing_due(SIX - 900, 30000, closed_ms + 29999);
    assert_due(SIX - 900, 0, 30000, closed_ms + 30000, SIX - 900, SIX);
}

static void
the_first_request_reaches_as_far_as_wanted(void **state)
{
    static const struct {
        int64_t last_ms, seconds;
    } cases[] = {
        {0, 900},
        {15 * MINUTE_MS, 900},
        {59 * MINUTE_MS, 2700},
        {60 * MINUTE_MS, 3600},
        {7 * 24 * 60 * MINUTE_MS, 86400 - 900},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_due(0, cases[i].last_ms, 0, (SIX + 60) * 1000, SIX - cases[i].seconds,
                   SIX);
}

static void
what_was_missed_is_caught_up(void **state)
{
    (void)state;
    int64_t now_ms = (SIX + 60) * 1000;
    assert_due(SIX - 4 * 900, 0, 0, now_ms, SIX - 4 * 900, SIX);
    assert_due(SIX - 86400 + 900, 0, 0, now_ms, SIX - 86400 + 900, SIX);
    assert_due(SIX - 86400, 0, 0, now_ms, SIX - 86400 + 900, SIX);
    assert_due(SIX - 30 * 86400, 0, 0, now_ms, SIX - 86400 + 900, SIX);
    /* Late in the quarter the oldest of these is not kept any more. */
    assert_due(SIX - 86400, 0, 0, now_ms + 13 * MINUTE_MS, SIX - 86400 + 900, SIX);
    assert_due(SIX - 86400, 0, 0, now_ms + 14 * MINUTE_MS + 1000, SIX - 86400 + 1800,
               SIX);
}

/* A mark of a clock that went wrong does not silence an agent for years; one that
 * stands a little ahead, after the clock was put back, waits. */
static void
clocks_may_jump(void **state)
{
    (void)state;
    int64_t now_ms = (SIX + 60) * 1000;
    assert_nothing_due(SIX, 0, now_ms - 5 * MINUTE_MS);
    assert_nothing_due(SIX + 900, 0, now_ms);
    assert_due(SIX + 365 * 86400, 0, 0, now_ms, SIX - 900, SIX);
    assert_due(SIX + 1800, 60 * MINUTE_MS, 0, now_ms, SIX - 3600, SIX);
    assert_due(SIX - 900, 0, 0, now_ms + 3 * 60 * MINUTE_MS, SIX - 900, SIX + 3 * 3600);
}

static void
the_wait_ends_when_the_next_is_due(void **state)
{
    (void)state;
    int64_t closed_ms = (SIX + 60) * 1000;
    assert_int_equal(slots_wait_ms(0, closed_ms), 900000);
    assert_int_equal(slots_wait_ms(0, closed_ms - 1), 1);
    assert_int_equal(slots_wait_ms(30000, closed_ms), 30000);
    assert_int_equal(slots_wait_ms(0, closed_ms + 300000), 600000);
}

/* ---- with a centre ---- */

struct heard {
    size_t count;   /* of samples taken */
    size_t refused; /* and of those that were not */
    bool is_full;   /* refuses */
    int64_t argument;
    char keys[256];
};

static bool
on_rows(void *arg, uint32_t center, int64_t argument, const struct block *rows,
        int64_t wall_ms)
{
    struct heard *heard = arg;
    struct buf keys = {0};
    (void)center, (void)wall_ms;
    if (heard->is_full) {
        heard->refused++;
        return false;
    }
    for (size_t i = 0; i < rows->row_count; i++) {
        buf_add_text(&keys, i ? "," : "");
        row_text(rows->query, block_at(rows, i), rows->query->key, &keys);
    }
    heard->count++;
    heard->argument = argument;
    snprintf(heard->keys, sizeof heard->keys, "%s", keys.data ? keys.data : "");
    buf_fini(&keys);
    return true;
}

static struct subscription *
subscribe(struct polling *polling, const int64_t *ids, size_t count, int64_t last_ms,
          struct heard *heard)
{
    struct planner_want want = {0, &query_agent_operations, 60000, last_ms, ids, count,
                                0};
    return planner_subscribe(polling->planner, "test", &want, 1, on_rows, heard);
}

static int64_t
number_of_quarters(const struct asked *asked)
{
    int begin_hour, begin_minute, end_hour, end_minute;
    assert_int_equal(sscanf(asked->begin + 10, " %d:%d", &begin_hour, &begin_minute),
                     2);
    assert_int_equal(sscanf(asked->end + 10, " %d:%d", &end_hour, &end_minute), 2);
    int minutes = (end_hour - begin_hour) * 60 + end_minute - begin_minute;
    return (minutes + 24 * 60) % (24 * 60) / 15;
}

/* One request for all who want it, as far back as any of them wants, and no other. */
static void
rules_share_the_request_of_an_agent(void **state)
{
    struct polling *polling = *state;
    struct heard near = {0}, far = {0};
    polling->list = "{\"id\":\"$-a\",\"vdn\":1},{\"id\":\"$-b\",\"vdn\":2}";
    subscribe(polling, IDS(1099), 0, &near);
    subscribe(polling, IDS(1099, 1100), 45 * MINUTE_MS, &far);
    polling_wait(polling, &far.count, 2);
    polling_run_for(polling, 30);
    assert_int_equal(polling->requests, 2);
    assert_int_equal(near.count, 1);
    assert_int_equal(near.argument, 1099);
    assert_string_equal(near.keys, "1099-a"); /* the other is of another vdn */
    assert_int_equal(number_of_quarters(&polling->asked[0]), 3);
    assert_int_equal(number_of_quarters(&polling->asked[1]), 3);
}

/* No slot closes in the next moment. */
static void
keep_clear(struct polling *polling)
{
    int64_t wait = slots_wait_ms(polling->planner->batches->phase_ms, clock_wall_ms());
    if (wait < 2000)
        polling_run_for(polling, wait);
}

/* The batch of the only agent, as if its newest slot closed just now. */
static struct batch *
turn_back(struct polling *polling, int64_t quarters)
{
    keep_clear(polling);
    struct batch *batch = polling->planner->batches;
    struct query_span span = {.end = batch->span.end - quarters * SPAN_QUARTER};
    slots_advance(polling->planner->slots, "main", batch->query, 1099, &span);
    return batch;
}

static void
rows_that_were_told_are_not_told_again(void **state)
{
    struct polling *polling = *state;
    struct heard heard = {0}, late = {0};
    polling->list = "{\"id\":\"a\",\"vdn\":1},{\"id\":\"b\",\"vdn\":1}";
    subscribe(polling, IDS(1099), 0, &heard);
    polling_wait(polling, &heard.count, 1);
    assert_string_equal(heard.keys, "a,b");
    polling->list = "{\"id\":\"b\",\"vdn\":1},{\"id\":\"c\",\"vdn\":1}";
    batch_start(turn_back(polling, 2));
    polling_wait(polling, &heard.count, 2);
    assert_string_equal(heard.keys, "c");
    assert_int_equal(number_of_quarters(&polling->asked[1]), 2);
    /* Who comes later gets the newest, and no request is made for that. */
    subscribe(polling, IDS(1099), 60 * MINUTE_MS, &late);
    polling_wait(polling, &late.count, 1);
    assert_string_equal(late.keys, "c");
    /* Nothing new is a sample, too. */
    batch_start(turn_back(polling, 1));
    polling_wait(polling, &heard.count, 3);
    assert_string_equal(heard.keys, "");
    assert_int_equal(polling->requests, 3);
}

static void
nothing_is_asked_before_a_slot_has_closed(void **state)
{
    struct polling *polling = *state;
    struct heard heard = {0};
    subscribe(polling, IDS(1099), 0, &heard);
    polling_wait(polling, &heard.count, 1);
    keep_clear(polling);
    size_t before = polling->requests;
    batch_start(polling->planner->batches);
    polling_run_for(polling, 20);
    assert_int_equal(polling->requests, before);
}

/* What failed is asked again, the same slots, after a second or so. */
static void
a_failure_loses_no_slot(void **state)
{
    static const struct {
        int status;
        const char *api_code;
    } cases[] = {{503, NULL}, {200, "0100002"}};
    struct polling *polling = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct heard heard = {0};
        size_t before = polling->requests;
        polling->status = cases[i].status;
        polling->api_code = cases[i].api_code;
        int64_t agent = 1099 + (int64_t)i;
        struct subscription *subscription =
            subscribe(polling, &agent, 1, 30 * MINUTE_MS, &heard);
        polling_wait(polling, &polling->requests, before + 1);
        polling_run_for(polling, 20);
        polling->status = 200;
        polling->api_code = NULL;
        polling_wait(polling, &heard.count, 1);
        assert_int_equal(polling->requests, before + 2);
        assert_string_equal(polling->asked[before].begin,
                            polling->asked[before + 1].begin);
        assert_true(polling->asked[before + 1].at_ms - polling->asked[before].at_ms >=
                    500);
        planner_unsubscribe(subscription);
    }
}

/* Agents do not all fall due in the same moment. */
static void
agents_are_spread_over_a_minute(void **state)
{
    struct polling *polling = *state;
    struct heard heard = {0};
    int64_t ids[60];
    size_t parts[6] = {0};
    for (int64_t i = 0; i < 60; i++)
        ids[i] = 1100 + i;
    subscribe(polling, ids, 60, 0, &heard);
    polling_wait(polling, &heard.count, 60);
    for (struct batch *batch = polling->planner->batches; batch; batch = batch->next) {
        assert_in_range(batch->phase_ms, 0, 59999);
        parts[batch->phase_ms / 10000]++;
        assert_in_range(batch->due_ms - clock_mono_ms(), 0, 60000);
    }
    for (size_t i = 0; i < 6; i++)
        assert_in_range(parts[i], 3, 20);
}

/* An interval that the rate stretches is none of theirs. */
static void
slots_are_not_stretched(void **state)
{
    struct polling *polling = *state;
    struct heard heard = {0};
    struct listener listener = {0};
    struct conf_center slow = polling->centers[0];
    struct conf conf = {.centers = &slow, .center_count = 1};
    slow.rate = 20;
    planner_set_conf(polling->planner, &conf);
    subscribe(polling, IDS(1099), 0, &heard);
    polling_subscribe(polling, 0, 10, IDS(1), &listener);
    polling_wait(polling, &heard.count, 1);
    assert_true(planner_stretch(polling->planner, 0) > 4.9);
    for (struct batch *batch = polling->planner->batches; batch; batch = batch->next)
        if (batch->query->has_span)
            assert_int_equal(batch->period_ms, 900000);
        else
            assert_in_range(batch->period_ms, 49, 51);
    planner_set_conf(polling->planner, &polling->conf);
}

/* ---- restarts ---- */

/* Another gateway on the same state: what is asked first. */
static void
start_again(struct polling *polling, struct store **store, struct heard *heard)
{
    struct error error = {0};
    planner_delete(polling->planner);
    store_close(*store);
    *store = store_open(polling->loop, polling->dir, &error);
    assert_non_null(*store);
    polling->planner = planner_new(polling->loop, polling->pool, &polling->conf);
    planner_set_store(polling->planner, *store);
    *heard = (struct heard){0};
    subscribe(polling, IDS(1099), 0, heard);
}

static void
remove_state(const struct polling *polling)
{
    const char *const files[] = {"state.db", "state.db-wal", "state.db-shm", "lock"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s/%s", polling->dir, files[i]);
        unlink(path);
    }
}

/* The newest sample is asked for once more, and with it what was missed. */
static void
marks_survive_a_restart(void **state)
{
    struct polling *polling = *state;
    struct heard heard = {0};
    struct store *store = NULL;
    subscribe(polling, IDS(1099), 0, &heard);
    polling_wait(polling, &heard.count, 1);
    keep_clear(polling);
    size_t first = polling->requests;
    start_again(polling, &store, &heard);
    polling_wait(polling, &heard.count, 1);
    start_again(polling, &store, &heard);
    polling_wait(polling, &heard.count, 1);
    assert_string_equal(polling->asked[first].begin, polling->asked[first + 1].begin);
    assert_string_equal(polling->asked[first].end, polling->asked[first + 1].end);

    /* The gateway stood for an hour: its newest sample began five quarters ago. */
    struct query_span old = polling->planner->batches->span;
    old.begin -= 4 * SPAN_QUARTER;
    slots_advance(polling->planner->slots, "main", &query_agent_operations, 1099, &old);
    start_again(polling, &store, &heard);
    polling_wait(polling, &heard.count, 1);
    assert_int_equal(number_of_quarters(&polling->asked[first + 2]), 5);
    assert_int_equal(polling->requests, first + 3);

    /* Another agent, and the same one at another centre, have marks of their own. */
    struct heard other = {0};
    struct planner_want want = {1, &query_agent_operations, 0, 0, IDS(1099), 0};
    planner_subscribe(polling->planner, "test", &want, 1, on_rows, &other);
    subscribe(polling, IDS(1100), 0, &other);
    polling_wait(polling, &other.count, 2);
    assert_int_equal(number_of_quarters(&polling->asked[first + 3]), 1);
    assert_int_equal(number_of_quarters(&polling->asked[first + 4]), 1);
    planner_delete(polling->planner);
    polling->planner = NULL;
    store_close(store);
    remove_state(polling);
}

/* As long as the process lives nothing is asked twice, and a host that starts again
 * after a crash gets what it may not have heard out. */
static void
samples_outlive_their_subscribers(void **state)
{
    struct polling *polling = *state;
    struct heard heard = {0}, again = {0}, late = {0};
    polling->list = "{\"id\":\"a\",\"vdn\":1}";
    struct subscription *subscription = subscribe(polling, IDS(1099), 0, &heard);
    polling_wait(polling, &heard.count, 1);
    planner_unsubscribe(subscription);
    polling_run_for(polling, 5);
    assert_null(polling->planner->batches);
    subscription = subscribe(polling, IDS(1099, 1100), 60 * MINUTE_MS, &again);
    polling_wait(polling, &again.count, 2);
    assert_int_equal(polling->requests, 2); /* the other agent's */
    planner_unsubscribe(subscription);
    polling_run_for(polling, 5);
    /* What is a day old is no news. */
    for (struct batch *batch = polling->planner->kept; batch; batch = batch->next)
        batch->rows_mono_ms -= SPAN_DAY * 1000 + (batch->ids[0] == 1099 ? 1 : -60000);
    subscribe(polling, IDS(1099, 1100), 0, &late);
    polling_wait(polling, &late.count, 1);
    polling_run_for(polling, 20);
    assert_int_equal(late.count, 1);
    assert_int_equal(late.argument, 1100);
    assert_int_equal(polling->requests, 2);
}

/* Who goes on hears nothing twice, who comes with the reload gets the newest; the next
 * sample is without what was in it. */
static void
samples_survive_a_reload(void **state)
{
    struct polling *polling = *state;
    struct heard heard = {0}, edited = {0}, gone = {0}, back = {0};
    struct conf_center centers[] = {polling->centers[1], polling->centers[0]};
    struct conf turned = {.centers = centers, .center_count = 2};
    struct planner_want want = {1, &query_agent_operations, 60000, 0, IDS(1099), 0};
    polling->list = "{\"id\":\"a\",\"vdn\":1}";
    subscribe(polling, IDS(1099), 0, &heard);
    polling_wait(polling, &heard.count, 1);
    planner_set_conf(polling->planner, &turned);
    planner_subscribe(polling->planner, "test", &want, 1, on_rows, &edited);
    polling_wait(polling, &edited.count, 1);
    assert_string_equal(edited.keys, "a");
    assert_int_equal(heard.count, 1);
    assert_int_equal(polling->requests, 1);
    polling->list = "{\"id\":\"a\",\"vdn\":1},{\"id\":\"b\",\"vdn\":1}";
    batch_start(turn_back(polling, 1));
    polling_wait(polling, &heard.count, 2);
    assert_string_equal(heard.keys, "b");
    /* A centre takes its samples with it. */
    turned.center_count = 1;
    planner_set_conf(polling->planner, &turned);
    want.center = 0;
    planner_subscribe(polling->planner, "test", &want, 1, on_rows, &gone);
    polling_wait(polling, &gone.count, 1);
    assert_int_equal(polling->asked[2].cc_id, 2);
    planner_set_conf(polling->planner, &polling->conf);
    subscribe(polling, IDS(1099), 0, &back);
    polling_run_for(polling, 20);
    assert_int_equal(back.count, 0);
}

/* What a subscriber had no room for is owed to it over a reload, too. */
static void
what_was_refused_is_owed_after_a_reload(void **state)
{
    struct polling *polling = *state;
    struct heard heard = {.is_full = true};
    polling->list = "{\"id\":\"a\",\"vdn\":1}";
    struct subscription *subscription = subscribe(polling, IDS(1099), 0, &heard);
    polling_wait(polling, &heard.refused, 1);
    planner_set_conf(polling->planner, &polling->conf);
    heard.is_full = false;
    planner_resume(subscription);
    assert_int_equal(heard.count, 1);
    assert_string_equal(heard.keys, "a");
}

#define test(name)                                                                     \
    cmocka_unit_test_setup_teardown(name, polling_set_up, polling_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slot_is_due_a_minute_after_it_closed),
        cmocka_unit_test(the_first_request_reaches_as_far_as_wanted),
        cmocka_unit_test(what_was_missed_is_caught_up),
        cmocka_unit_test(clocks_may_jump),
        cmocka_unit_test(the_wait_ends_when_the_next_is_due),
        test(rules_share_the_request_of_an_agent),
        test(rows_that_were_told_are_not_told_again),
        test(nothing_is_asked_before_a_slot_has_closed),
        test(a_failure_loses_no_slot),
        test(agents_are_spread_over_a_minute),
        test(slots_are_not_stretched),
        test(marks_survive_a_restart),
        test(samples_outlive_their_subscribers),
        test(samples_survive_a_reload),
        test(what_was_refused_is_owed_after_a_reload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
