/* What the tests of net/session.h share: a session at the gateway of signing.h, and
 * those who ask it. */
#ifndef CCGATE_TESTS_SESSION_BENCH_H
#define CCGATE_TESTS_SESSION_BENCH_H

#include "signing.h"

#define PATH "/agentgateway/resource/agentgroup/1099/agentbyworkno/20011"

/* A day, as far as a test is concerned. */
#define LONG_MS ((int64_t)3600 * 1000)

static const struct session_times quick = {
    .pause_ms = 1,
    .event_ms = 5000,
    .sign_out_ms = 5000,
    .linger_ms = LONG_MS,
    .lost_ms = LONG_MS,
    .retry_ms = 40,
    .retry_most_ms = 160,
    .taken_ms = 60,
    .taken_more_ms = LONG_MS,
};

#define ASKERS_MAX 8

struct asker {
    size_t answers;
    struct error error;
    int64_t retry_after_ms;
    long status;
    char body[256];
};

static struct signing *gate;
static struct session *session;
static struct asker askers[ASKERS_MAX];
static size_t answers;

static inline int
set_up(void **state)
{
    (void)state;
    gate = signing_open();
    session = NULL;
    memset(askers, 0, sizeof askers);
    answers = 0;
    return 0;
}

static inline int
tear_down(void **state)
{
    (void)state;
    session_delete(session);
    signing_close(gate);
    return 0;
}

static inline void
open_session(const struct session_times *times)
{
    session = session_new(gate->loop, gate->pool, &gate->center);
    session_set_times(session, times);
}

static inline void
on_answer(void *arg, const struct session_answer *answer)
{
    struct asker *asker = arg;
    asker->answers++;
    answers++;
    asker->error = answer->error;
    asker->retry_after_ms = answer->retry_after_ms;
    asker->status = 0;
    if (!answer->response)
        return;
    assert_int_equal(answer->error.kind, ERROR_NONE);
    asker->status = answer->response->status;
    snprintf(asker->body, sizeof asker->body, "%s", answer->response->body);
}

static inline struct session_call *
ask(size_t i)
{
    return session_get(session, PATH, on_answer, &askers[i]);
}

/* Asks and waits for the answer. */
static inline const struct asker *
ask_now(void)
{
    size_t before = answers;
    ask(0);
    signing_wait(gate, &answers, before + 1);
    return &askers[0];
}

static inline void
assert_good(const struct asker *asker)
{
    if (asker->error.kind)
        fail_msg("%s", asker->error.message);
    assert_int_equal(asker->status, 200);
    assert_string_equal(asker->body, gate->answer);
}

static inline void
assert_failed(const struct asker *asker, enum error_kind kind, const char *code)
{
    assert_int_equal(asker->error.kind, kind);
    assert_string_equal(asker->error.code, code);
    assert_int_equal(asker->status, 0);
}

#define SESSION_TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, set_up, tear_down)

#endif
