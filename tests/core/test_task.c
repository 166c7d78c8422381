/* ccgate-script, the real program: jobs that wait, ask and send. */
#include "host_peer.h"

#include "base/message_id.h"

#define JOB(body)                                                                      \
    "local gw = require 'gateway'\n"                                                   \
    "local chat = gw.destination 'chat'\n"                                             \
    "gw.job 'sweep' { every = '1m', run = function(now)\n" body "\nend }\n"

static struct message_fetch
expect_fetch(struct peer *peer)
{
    struct message_fetch fetch;
    struct error error;
    peer_expect(peer, FRAME_FETCH);
    assert_true(message_read_fetch(&peer->frame, PEER_CENTERS, &fetch, &error));
    return fetch;
}

static void
send_fetched(struct peer *peer, const struct message_fetched *fetched)
{
    struct buf out = {0};
    assert_true(message_write_fetched(&out, peer->now_ms += 1000, fetched));
    peer_send(peer, &out);
}

/* ---- waiting ---- */

static void
test_sends_are_committed_before_the_wait(void **state)
{
    (void)state;
    struct peer *peer =
        peer_with(JOB("chat:send('one') chat:send({ text = 'two' }, { key = 'k' })\n"
                      "gw.sleep '5s' chat:send('three ' .. gw.now() - now)"));
    peer_run(peer, 0);
    struct message_commit commit = peer_expect_commit(peer);
    assert_int_equal(PEER_NOW, commit.scheduled_ms);
    assert_int_equal(2, commit.send_count);
    assert_int_equal(1, commit.sends[0].ordinal);
    assert_string_equal("\"one\"", commit.sends[0].message);
    assert_string_equal("", commit.sends[0].key);
    assert_string_equal("k", commit.sends[1].key);
    assert_string_equal("{\"text\":\"two\"}", commit.sends[1].message);
    message_commit_fini(&commit);
    uint64_t wait = peer_expect_sleep(peer, 5000);
    assert_true(peer_is_quiet(peer));
    peer->now_ms += 4000;
    peer_wake(peer, wait);
    peer_expect_send(peer, 3, "\"three 5\"");
    assert_true(peer_is_quiet(peer));
    peer_end(peer);
}

static void
test_the_end_of_a_run_is_told(void **state)
{
    (void)state;
    struct peer *peer = peer_with(JOB("gw.sleep '5s' chat:send 'done'"));
    peer_run(peer, 0);
    uint64_t wait = peer_expect_sleep(peer, 5000);
    assert_true(peer_is_quiet(peer));
    assert_int_equal(peer->dones, 0);
    peer_wake(peer, wait);
    peer_expect_send(peer, 1, "\"done\"");
    assert_true(peer_is_quiet(peer));
    assert_int_equal(peer->dones, 1);
    peer_run(peer, 0); /* free again, and its sends count from 1 */
    wait = peer_expect_sleep(peer, 5000);
    peer_wake(peer, wait);
    peer_expect_send(peer, 1, "\"done\"");
    assert_true(peer_is_quiet(peer));
    assert_int_equal(peer->dones, 2);
    peer_end(peer);
}

static void
test_a_run_that_fails_has_ended(void **state)
{
    (void)state;
    struct peer *peer = peer_with(JOB("error 'no'"));
    peer_run(peer, 0);
    peer_expect_log(peer, "job sweep", "no");
    assert_true(peer_is_quiet(peer));
    assert_int_equal(peer->dones, 1);
    peer_end(peer);
}

/* The core waits for the end of a run. */
static void
test_a_run_of_a_job_that_runs_is_broken(void **state)
{
    (void)state;
    struct peer *peer = peer_with(JOB("gw.sleep '5s'"));
    peer_run(peer, 0);
    peer_expect_sleep(peer, 5000);
    peer_run(peer, 0);
    assert_false(peer_next(peer));
    peer_end_with(peer, 1);
}

static void
test_a_run_knows_when_it_was_due(void **state)
{
    (void)state;
    struct buf out = {0};
    struct peer *peer = peer_with(
        "local gw = require 'gateway'\nlocal chat = gw.destination 'chat'\n"
        "gw.job 'sweep' { at = '18:05', run = function(now, due)\n"
        "chat:send(gw.date('%H:%M', due) .. ' ' .. now - due .. ' ' .. gw.day(due)) end }");
    int64_t due_ms = INT64_C(1763737500) * 1000; /* 2025-11-21 15:05 UTC */
    struct message_run run = {0, due_ms};
    message_write_run(&out, due_ms + 7000, &run);
    peer_send(peer, &out);
    peer_expect_send(peer, 1, "\"18:05 7 2025-11-21\"");
    peer_end(peer);
}

static void
test_tasks_are_limited(void **state)
{
    (void)state;
    struct message_load load =
        peer_load("local gw = require 'gateway'\n"
                  "for i = 0, 2 do gw.job('j' .. i) { every = '1m', run = function()\n"
                  "gw.sleep '1s' end } end");
    load.limits.tasks = 2;
    struct peer *peer = peer_with_load(&load);
    peer_run(peer, 0);
    uint64_t wait = peer_expect_sleep(peer, 1000);
    peer_run(peer, 1);
    peer_expect_sleep(peer, 1000);
    peer_run(peer, 2);
    peer_expect_log(peer, "job j2", "2 tasks run already: skipped");
    peer_wake(peer, wait);
    peer_run(peer, 2);
    peer_expect_sleep(peer, 1000);
    peer_end(peer);
}

static void
test_a_disabled_job_is_ended(void **state)
{
    (void)state;
    struct peer *peer =
        peer_with(JOB("local x <close> = setmetatable({}, { __close = function()\n"
                      "chat:send 'no' end })\n"
                      "local y <close> = setmetatable({}, { __close = function()\n"
                      "gw.log.info 'closed' end })\n"
                      "gw.sleep '5s' chat:send 'never'"));
    peer_run(peer, 0);
    uint64_t wait = peer_expect_sleep(peer, 5000);
    peer_disable(peer, 0);
    peer_expect_forget(peer, wait);
    peer_expect_log(peer, "job sweep", "closed");
    peer_wake(peer, wait); /* was on its way */
    peer_run(peer, 0);
    assert_true(peer_is_quiet(peer));
    peer_end(peer);
}

/* ---- fetching ---- */

static void
test_fetch_gives_copies(void **state)
{
    (void)state;
    struct peer *peer = peer_with(
        JOB("local rows, err = gw.queues { 7, 8, 9 }:fetch { max_age = '3s' }\n"
            "gw.sleep '1s'\n" /* the frame is gone, the rows are not */
            "gw.log.info(#rows .. ' ' .. type(rows[1]) .. ' ' .. rows[1].name .. ' '\n"
            ".. rows[2].calls_waiting .. ' ' .. tostring(rows[1].calls_waiting))"));
    peer_run(peer, 0);
    struct message_fetch fetch = expect_fetch(peer);
    assert_int_equal(3000, fetch.max_age_ms);
    assert_int_equal(3, fetch.id_count);
    assert_int_equal(9, fetch.ids[2]);
    struct block block;
    block_init(&block, &query_queues);
    peer_add_row(&block, 7, -1);
    peer_add_row(&block, 8, 5);
    peer_add_row(&block, 9, -1);
    block.cells[2 * query_width(&query_queues)] |= (int64_t)ROW_GONE;
    struct message_fetched fetched = {.wait = fetch.wait, .rows = peer_rows(&block)};
    send_fetched(peer, &fetched);
    block_fini(&block);
    message_fetch_fini(&fetch);
    peer_wake(peer, peer_expect_sleep(peer, 1000));
    peer_expect_log(peer, "job sweep", "2 table sales 5 nil");
    peer_end(peer);
}

static void
test_fetch_gives_nil_and_the_error(void **state)
{
    (void)state;
    struct peer *peer = peer_with(
        JOB("local rows, err = gw.queues { 7 }:fetch()\n"
            "gw.log.info(tostring(rows) .. ' ' .. err.kind .. ' ' .. err.code ..\n"
            "' ' .. err.message)"));
    peer_run(peer, 0);
    struct message_fetch fetch = expect_fetch(peer);
    struct message_fetched fetched = {.wait = fetch.wait};
    error_set(&fetched.error, ERROR_HTTP, "503", "busy");
    send_fetched(peer, &fetched);
    message_fetch_fini(&fetch);
    peer_expect_log(peer, "job sweep", "nil http 503 busy");
    assert_true(peer_is_quiet(peer));
    peer_end(peer);
}

static void
test_a_sleep_is_not_ended_by_an_answer(void **state)
{
    (void)state;
    struct peer *peer = peer_with(JOB("gw.sleep '5s'"));
    peer_run(peer, 0);
    struct message_fetched fetched = {.wait = peer_expect_sleep(peer, 5000)};
    error_set(&fetched.error, ERROR_HTTP, "503", "busy");
    send_fetched(peer, &fetched);
    assert_false(peer_next(peer));
    peer_end_with(peer, 1);
}

/* ---- asking ---- */

static uint64_t
expect_ask(struct peer *peer, const char *word, const char *question)
{
    struct message_ask ask;
    struct error error;
    peer_expect(peer, FRAME_ASK);
    assert_true(message_read_ask(&peer->frame, &ask, &error));
    assert_string_equal(word, ask.word);
    assert_string_equal(question, ask.question);
    return ask.wait;
}

static void
send_answer(struct peer *peer, const struct message_answer *answer)
{
    struct buf out = {0};
    assert_true(message_write_answer(&out, peer->now_ms += 1000, answer));
    peer_send(peer, &out);
}

#define RECEIPT                                                                        \
    JOB("local sent = chat:send 'x' gw.log.info(sent.id)\n"                            \
        "local answer, err = sent:wait '5s'\n"                                         \
        "gw.log.info(answer and answer.status .. ' ' .. answer.json.id\n"              \
        ".. ' ' .. answer.headers.server or tostring(err))")

static uint64_t
expect_receipt(struct peer *peer)
{
    char *id = message_id_of_send("i", "job/a/sweep/1763661900000", "chat", 1, "");
    char *question = mem_format("{\"id\":\"%s\",\"ms\":5000}", id);
    peer_run(peer, 0);
    peer_expect_log(peer, "job sweep", id);
    peer_expect_send(peer, 1, "\"x\"");
    uint64_t wait = expect_ask(peer, "receipt", question);
    free(question);
    free(id);
    return wait;
}

static void
test_a_question_is_answered(void **state)
{
    (void)state;
    struct message_load load = peer_load(RECEIPT);
    load.instance = "i";
    struct peer *peer = peer_with_load(&load);
    struct message_answer answer = {.wait = expect_receipt(peer)};
    answer.answer = "{\"status\":201,\"headers\":{\"server\":\"s\"},\"body\":"
                    "\"{\\\"id\\\":9007199254740993}\"}";
    answer.answer_size = strlen(answer.answer);
    send_answer(peer, &answer);
    peer_expect_log(peer, "job sweep", "201 9007199254740993 s");
    peer->now_ms = PEER_NOW;
    struct message_answer refusal = {.wait = expect_receipt(peer)};
    error_set(&refusal.error, ERROR_HTTP, "404", "no such room");
    send_answer(peer, &refusal);
    peer_expect_log(peer, "job sweep", "http 404: no such room");
    assert_true(peer_is_quiet(peer));
    peer_end(peer);
}

static void
test_a_sleep_is_not_ended_by_the_answer_to_a_question(void **state)
{
    (void)state;
    struct peer *peer = peer_with(JOB("gw.sleep '5s'"));
    peer_run(peer, 0);
    struct message_answer answer = {.wait = peer_expect_sleep(peer, 5000)};
    answer.answer = "{}";
    answer.answer_size = 2;
    send_answer(peer, &answer);
    assert_false(peer_next(peer));
    peer_end_with(peer, 1);
}

/* ---- errors ---- */

static void
test_an_error_drops_what_the_activation_did(void **state)
{
    (void)state;
    struct peer *peer = peer_with(JOB("chat:send 'kept' gw.sleep '1s'\n"
                                      "chat:send 'dropped' error 'oh'"));
    peer_run(peer, 0);
    peer_expect_send(peer, 1, "\"kept\"");
    peer_wake(peer, peer_expect_sleep(peer, 1000));
    peer_expect_log(peer, "job sweep", "scripts/a.lua:5: oh\nstack traceback:");
    assert_true(peer_is_quiet(peer));
    peer_run(peer, 0); /* told once, then counted; and the job goes on */
    peer_expect_send(peer, 1, "\"kept\"");
    peer_wake(peer, peer_expect_sleep(peer, 1000));
    assert_true(peer_is_quiet(peer));
    peer_end(peer);
}

static void
test_waits_where_none_can_be(void **state)
{
    (void)state;
    static const struct {
        const char *body, *log;
    } cases[] = {
        {"coroutine.wrap(function() gw.sleep '1s' end)()",
         "sleep suspends the whole job: it cannot be called in a coroutine"},
        {"coroutine.wrap(function() gw.queues { 7 }:fetch() end)()",
         "fetch suspends the whole job"},
        {"table.sort({ 1, 2 }, function() gw.sleep '1s' end)",
         "sleep cannot be called in a function that table.sort"},
        {"coroutine.yield(1)", "a task waits with gw.sleep() or fetch()"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *source = mem_format(JOB("%s"), cases[i].body);
        struct peer *peer = peer_with(source);
        peer_run(peer, 0);
        peer_expect_log(peer, "job sweep", cases[i].log);
        assert_true(peer_is_quiet(peer));
        peer_end(peer);
        free(source);
    }
}

/* Another job finds the coroutine of one that waits, and resumes it. */
static void
test_a_wait_is_ended_by_the_core_alone(void **state)
{
    (void)state;
    struct peer *peer =
        peer_with("local gw = require 'gateway'\n"
                  "local other\n"
                  "gw.job 'ask' { every = '1m', run = function()\n"
                  "other = coroutine.running() gw.queues { 7 }:fetch() end }\n"
                  "gw.job 'thief' { every = '1m', run = function()\n"
                  "gw.log.info(tostring(select(2, coroutine.resume(other)))) end }\n");
    peer_run(peer, 0);
    struct message_fetch fetch = expect_fetch(peer);
    peer_run(peer, 1);
    peer_expect_log(peer, "job thief", "the gateway alone resumes a job");
    struct message_fetched fetched = {.wait = fetch.wait};
    error_set(&fetched.error, ERROR_HTTP, "", "no");
    send_fetched(peer, &fetched);
    peer_expect_log(peer, "job ask", "cannot resume dead coroutine");
    assert_true(peer_is_quiet(peer));
    message_fetch_fini(&fetch);
    peer_end(peer);
}

/* The same, and closes it: nothing is left on its stack. */
static void
test_a_closed_job_is_over(void **state)
{
    (void)state;
    struct peer *peer =
        peer_with("local gw = require 'gateway'\n"
                  "local other\n"
                  "gw.job 'ask' { every = '1m', run = function()\n"
                  "other = coroutine.running() gw.sleep '1s' end }\n"
                  "gw.job 'thief' { every = '1m', run = function()\n"
                  "gw.log.info(tostring(coroutine.close(other))) end }\n");
    peer_run(peer, 0);
    uint64_t wait = peer_expect_sleep(peer, 1000);
    peer_run(peer, 1);
    peer_expect_log(peer, "job thief", "true");
    peer_wake(peer, wait);
    peer_expect_log(peer, "job ask", "cannot resume dead coroutine");
    assert_true(peer_is_quiet(peer));
    peer_end(peer);
}

static void
test_a_wait_survives_pcall_and_iterators(void **state)
{
    (void)state;
    struct peer *peer = peer_with(
        JOB("local ok, err = pcall(function() gw.sleep '1s' error 'inside' end)\n"
            "gw.log.info(tostring(ok) .. ' ' .. err)\n"
            "for x in coroutine.wrap(function() coroutine.yield(1) end) do\n"
            "gw.sleep '2s' end chat:send 'end'"));
    peer_run(peer, 0);
    peer_wake(peer, peer_expect_sleep(peer, 1000));
    peer_expect_log(peer, "job sweep", "false scripts/a.lua:4: inside");
    peer_wake(peer, peer_expect_sleep(peer, 2000));
    peer_expect_send(peer, 1, "\"end\"");
    peer_end(peer);
}

static void
test_only_tasks_send_and_wait(void **state)
{
    (void)state;
    struct peer *peer = peer_with(
        "local gw = require 'gateway'\n"
        "local chat = gw.destination 'chat'\n"
        "gw.rule 'x' { from = gw.queues { 7 }, when = function(row)\n"
        "assert(not pcall(gw.sleep, '1s') and not pcall(chat.send, chat, 'x'))\n"
        "return true end }");
    peer_sample(peer, 1, -1);
    peer_expect_alert(peer, "raise", "7", NULL);
    assert_true(peer_is_quiet(peer));
    peer_end(peer);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sends_are_committed_before_the_wait),
        cmocka_unit_test(test_the_end_of_a_run_is_told),
        cmocka_unit_test(test_a_run_that_fails_has_ended),
        cmocka_unit_test(test_a_run_of_a_job_that_runs_is_broken),
        cmocka_unit_test(test_a_run_knows_when_it_was_due),
        cmocka_unit_test(test_tasks_are_limited),
        cmocka_unit_test(test_a_disabled_job_is_ended),
        cmocka_unit_test(test_fetch_gives_copies),
        cmocka_unit_test(test_fetch_gives_nil_and_the_error),
        cmocka_unit_test(test_a_sleep_is_not_ended_by_an_answer),
        cmocka_unit_test(test_a_question_is_answered),
        cmocka_unit_test(test_a_sleep_is_not_ended_by_the_answer_to_a_question),
        cmocka_unit_test(test_an_error_drops_what_the_activation_did),
        cmocka_unit_test(test_waits_where_none_can_be),
        cmocka_unit_test(test_a_wait_is_ended_by_the_core_alone),
        cmocka_unit_test(test_a_closed_job_is_over),
        cmocka_unit_test(test_a_wait_survives_pcall_and_iterators),
        cmocka_unit_test(test_only_tasks_send_and_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
