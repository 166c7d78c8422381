/* Queries whose ids have any number of rows: one request for each id, samples and
 * fetches with all of its rows and their texts. */
#include "polling.h"

/* What came last, as texts. */
struct heard {
    size_t count;
    int64_t argument;
    struct error error;
    char rows[512]; /* "10 Ann, 11 Bob": keys and names */
};

static void
write_rows(const struct block *rows, char *to, size_t size)
{
    const struct query *query = rows->query;
    bool has_name = !strcmp(query->fields[1].name, "name");
    struct buf text = {0};
    for (size_t i = 0; i < rows->row_count; i++) {
        struct row row = block_at(rows, i);
        buf_add_text(&text, i ? ", " : "");
        if (field_is_text(&query->fields[query->key]))
            row_text(query, row, query->key, &text);
        else
            buf_format(&text, "%lld", (long long)row.cells[1 + query->key]);
        buf_add_text(&text, has_name ? " " : "");
        if (has_name)
            row_text(query, row, 1, &text);
    }
    snprintf(to, size, "%s", text.data ? text.data : "");
    buf_fini(&text);
}

static bool
on_rows(void *arg, uint32_t center, int64_t argument, const struct block *rows,
        int64_t wall_ms)
{
    struct heard *heard = arg;
    assert_int_equal(center, 0);
    assert_true(llabs(clock_wall_ms() - wall_ms) < 60000);
    heard->count++;
    heard->argument = argument;
    write_rows(rows, heard->rows, sizeof heard->rows);
    return true;
}

static void
on_fetched(void *arg, const struct error *error, const struct block *rows,
           int64_t wall_ms)
{
    struct heard *heard = arg;
    (void)wall_ms;
    heard->count++;
    heard->error = *error;
    write_rows(rows, heard->rows, sizeof heard->rows);
}

static void
subscribe(struct polling *polling, const struct query *query, const int64_t *ids,
          size_t count, struct heard *heard)
{
    struct planner_want want = {0, query, POLLING_SELDOM_MS, 0, ids, count, 0};
    planner_subscribe(polling->planner, "test", &want, 1, on_rows, heard);
}

static void
fetch(struct polling *polling, const struct query *query, const int64_t *ids,
      size_t count, int64_t max_age_ms, struct heard *heard)
{
    planner_fetch(polling->planner, 0, query, ids, count, NULL, max_age_ms, on_fetched,
                  heard);
    polling_wait(polling, &heard->count, 1);
}

/* ---- samples ---- */

static void
a_sample_is_all_rows_of_one_id(void **state)
{
    struct polling *polling = *state;
    struct heard heard = {0};
    polling->list = "{\"workNo\":$0,\"name\":\"Ann\"},{\"workNo\":$1,\"name\":\"Bob\"}";
    subscribe(polling, &query_agents, IDS(7), &heard);
    polling_wait(polling, &heard.count, 1);
    assert_int_equal(heard.argument, 7);
    assert_string_equal(heard.rows, "70 Ann, 71 Bob");
}

static void
each_id_is_asked_alone(void **state)
{
    struct polling *polling = *state;
    struct heard heard = {0};
    polling->list = "{\"workNo\":$0,\"name\":\"Ann\"}";
    subscribe(polling, &query_agents, IDS(8, 7), &heard);
    polling_wait(polling, &heard.count, 2);
    polling_run_for(polling, 20);
    assert_int_equal(polling->requests, 2);
    assert_int_equal(heard.count, 2);
    assert_int_equal(polling->asked[0].ids[0] + polling->asked[1].ids[0], 15);
}

/* Nobody is signed in: that is news, and no id that is unknown. */
static void
no_rows_are_a_sample(void **state)
{
    struct polling *polling = *state;
    struct heard heard = {0};
    subscribe(polling, &query_agents, IDS(7), &heard);
    polling_wait(polling, &heard.count, 1);
    assert_int_equal(heard.argument, 7);
    assert_string_equal(heard.rows, "");
}

static void
a_key_comes_once(void **state)
{
    struct polling *polling = *state;
    struct heard heard = {0};
    polling->list =
        "{\"workNo\":5,\"name\":\"first\"},{\"workNo\":5,\"name\":\"second\"}";
    subscribe(polling, &query_agents, IDS(7), &heard);
    polling_wait(polling, &heard.count, 1);
    assert_string_equal(heard.rows, "5 first");
}

static void
calls_are_texts(void **state)
{
    struct polling *polling = *state;
    struct heard heard = {0};
    polling->list = "\"$-1\",\"$-2\"";
    subscribe(polling, &query_agent_calls, IDS(1099), &heard);
    polling_wait(polling, &heard.count, 1);
    assert_int_equal(heard.argument, 1099);
    assert_string_equal(heard.rows, "1099-1, 1099-2");
}

static void
who_comes_later_gets_the_list(void **state)
{
    struct polling *polling = *state;
    struct heard first = {0}, second = {0};
    polling->list = "{\"workNo\":$0,\"name\":\"Ann\"}";
    subscribe(polling, &query_agents, IDS(7), &first);
    polling_wait(polling, &first.count, 1);
    subscribe(polling, &query_agents, IDS(7), &second);
    polling_wait(polling, &second.count, 1);
    assert_string_equal(second.rows, "70 Ann");
    assert_int_equal(second.argument, 7);
    assert_int_equal(polling->requests, 1);
}

/* ---- fetches ---- */

static void
a_fetch_joins_the_lists(void **state)
{
    struct polling *polling = *state;
    struct heard heard = {0};
    polling->list =
        "{\"workNo\":$0,\"name\":\"Ann $\"},{\"workNo\":9,\"name\":\"Both $\"}";
    fetch(polling, &query_agents, IDS(8, 7), 0, &heard);
    assert_int_equal(polling->requests, 2);
    assert_int_equal(heard.error.kind, ERROR_NONE);
    assert_string_equal(heard.rows, "80 Ann 8, 9 Both 8, 70 Ann 7");
}

/* Answers come in another order than they were asked for. */
static void
a_fetch_keeps_the_order_asked(void **state)
{
    struct polling *polling = *state;
    struct heard proof = {0}, heard = {0};
    polling->list = "\"$-1\"";
    fetch(polling, &query_agent_calls, IDS(1000), 0, &proof); /* two at a time now */
    polling->is_holding = true;
    planner_fetch(polling->planner, 0, &query_agent_calls, IDS(1002, 1001), NULL, 0,
                  on_fetched, &heard);
    polling_wait(polling, &polling->requests, 3);
    struct late *newest = polling->held;
    polling_reply_late(newest);
    polling_run_for(polling, 20);
    polling_release(polling);
    polling_wait(polling, &heard.count, 1);
    assert_string_equal(heard.rows, "1002-1, 1001-1");
}

static void
lists_that_are_known_are_used_again(void **state)
{
    struct polling *polling = *state;
    struct heard subscriber = {0}, heard = {0}, wider = {0};
    polling->list =
        "{\"workNo\":$0,\"name\":\"Ann $\"},{\"workNo\":9,\"name\":\"Both $\"}";
    subscribe(polling, &query_agents, IDS(7, 8), &subscriber);
    polling_wait(polling, &subscriber.count, 2);
    fetch(polling, &query_agents, IDS(8, 7), 10000, &heard);
    assert_int_equal(polling->requests, 2);
    assert_string_equal(heard.rows, "80 Ann 8, 9 Both 8, 70 Ann 7");
    fetch(polling, &query_agents, IDS(7, 6), 10000, &wider);
    assert_int_equal(polling->requests, 4);
}

static void
an_empty_list_is_known_too(void **state)
{
    struct polling *polling = *state;
    struct heard subscriber = {0}, heard = {0};
    subscribe(polling, &query_agents, IDS(7), &subscriber);
    polling_wait(polling, &subscriber.count, 1);
    fetch(polling, &query_agents, IDS(7), 10000, &heard);
    assert_int_equal(polling->requests, 1);
    assert_int_equal(heard.error.kind, ERROR_NONE);
    assert_string_equal(heard.rows, "");
}

/* ---- refused ids ---- */

/* An id is to blame only when another one of its query was answered well. */
static void
a_refused_list_is_set_apart(void **state)
{
    struct polling *polling = *state;
    struct heard good = {0}, bad = {0}, fetched = {0};
    const int64_t ids[] = {7, 8};
    struct planner_want want = {0, &query_agents, 40, 0, ids, 1, 0};
    polling->refused[0] = 8;
    polling->list = "{\"workNo\":$0}";
    planner_subscribe(polling->planner, "good", &want, 1, on_rows, &good);
    want.ids = ids + 1;
    planner_subscribe(polling->planner, "bad", &want, 1, on_rows, &bad);
    polling_wait(polling, &good.count, 8);
    size_t asked = 0;
    for (size_t i = 0; i < polling->requests; i++)
        asked += polling->asked[i].ids[0] == 8;
    assert_int_equal(asked, 2);
    assert_int_equal(bad.count, 0);
    fetch(polling, &query_agents, IDS(8), 0, &fetched); /* without asking */
    assert_int_equal(fetched.error.kind, ERROR_API);
}

static void
a_centre_that_refuses_all_lists_condemns_none(void **state)
{
    struct polling *polling = *state;
    struct heard heard = {0};
    struct planner_want want = {0, &query_agents, 30, 0, IDS(7, 8), 0};
    polling->api_code = "0100002";
    planner_subscribe(polling->planner, "test", &want, 1, on_rows, &heard);
    polling_wait(polling, &polling->requests, 8);
    assert_int_equal(heard.count, 0);
    polling->api_code = NULL;
    polling_wait(polling, &heard.count, 4);
}

#define test(name)                                                                     \
    cmocka_unit_test_setup_teardown(name, polling_set_up, polling_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_sample_is_all_rows_of_one_id),
        test(each_id_is_asked_alone),
        test(no_rows_are_a_sample),
        test(a_key_comes_once),
        test(calls_are_texts),
        test(who_comes_later_gets_the_list),
        test(a_fetch_joins_the_lists),
        test(a_fetch_keeps_the_order_asked),
        test(lists_that_are_known_are_used_again),
        test(an_empty_list_is_known_too),
        test(a_refused_list_is_set_apart),
        test(a_centre_that_refuses_all_lists_condemns_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
