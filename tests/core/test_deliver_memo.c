/* Kinds that remember: several requests of one message, and what is known after it. */
#include "delivery.h"

#include <lauxlib.h>

#include "deliver/connector_inside.h"

/* A kind of the test's own: asks for a number, then tells it; it never ends when its
 * receiver says "round". */
static const char KIND[] =
    "return { remembers = true,"
    "  render = function(event, options, memo)"
    "    if memo.id and event.data.key == 'known' then return nil end"
    "    return { method = 'POST', path = memo.id and '/' .. memo.id or '/ask',"
    "      step = memo.id and 'tell' or 'ask', body = 'x' } end,"
    "  classify = function(answer, memo)"
    "    if answer.status ~= 200 then return 'retry', nil, 0 end"
    "    if answer.body == 'round' then return 'again', {} end"
    "    if answer.body == 'large' then return 'done', { id = ('x'):rep(5000) } end"
    "    if answer.step == 'tell' then return 'done', memo end"
    "    return 'again', { id = answer.body } end }";

static void
add_kind(void)
{
    lua_State *L = gateway.connector->L;
    assert_int_equal(luaL_loadstring(L, KIND), LUA_OK);
    assert_int_equal(lua_pcall(L, 0, 1, 0), LUA_OK);
    lua_setfield(L, AT_KINDS, "desk");
    gateway.destinations[0].kind = TEXT("desk");
    deliver_set_conf(gateway.deliver, &gateway.conf);
}

static void
add_raise(const char *id, const char *key, const char *alert)
{
    char *event = mem_format("{\"data\":{\"kind\":\"raise\",\"rule\":\"r\",\"key\":\"%s"
                             "\",\"id\":\"%s\"}}",
                             key, alert);
    struct txn *txn = txn_new();
    struct outbox_record record = {
        .id = TEXT(id),
        .destination = TEXT("plain"),
        .order_key = TEXT("f00"),
        .kind = TEXT("raise"),
        .message = event,
        .created_ms = clock_wall_ms(),
        .next_ms = clock_wall_ms(),
    };
    txn_add_outbox(txn, &record);
    store_commit(gateway.store, txn, NULL, NULL);
    free(event);
}

static bool
saw(size_t number, const char *path)
{
    return strcmp(receiver.seen[number].path, path) == 0;
}

static void
refs_are(const char *alert, const char *expected)
{
    struct buf out = {0};
    deliver_refs(gateway.deliver, "f00", alert, &out);
    assert_string_equal(out.data, expected);
    buf_fini(&out);
}

static void
an_attempt_of_two_requests(void **state)
{
    (void)state;
    add_kind();
    receiver.answer = "T7";
    add_raise("m1", "7", "f00-1");
    wait_until(is_quiet, 0);
    assert_int_equal(receiver.count, 2);
    assert_true(saw(0, "/plain/ask") && saw(1, "/plain/T7"));
    assert_true(is_in_state("m1", "done"));
    assert_int_equal(attempts("m1"), 1);
    assert_int_equal(ask("SELECT body IS NULL FROM outbox WHERE id = ?1", "m1"), 1);
    refs_are("f00-1", "{\"plain\":{\"id\":\"T7\"}}");
    refs_are("f00-2", "{}");
}

/* Over a restart, too; and a kind that has nothing to say is done. */
static void
what_is_known_is_not_asked_again(void **state)
{
    (void)state;
    add_kind();
    receiver.answer = "T7";
    add_raise("m1", "7", "f00-1");
    wait_until(is_quiet, 0);
    stop_gateway();
    start_gateway();
    add_kind();
    refs_are("f00-1", "{\"plain\":{\"id\":\"T7\"}}");
    add_raise("m2", "7", "f00-1");
    wait_until(is_quiet, 0);
    assert_int_equal(receiver.count, 3);
    assert_true(saw(2, "/plain/T7"));
    add_raise("m3", "known", "f00-1");
    wait_until(is_quiet, 0);
    assert_int_equal(receiver.count, 3);
    assert_true(is_in_state("m3", "done"));
}

static void
the_next_alert_begins_anew(void **state)
{
    (void)state;
    add_kind();
    receiver.answer = "T7";
    add_raise("m1", "7", "f00-1");
    wait_until(is_quiet, 0);
    add_raise("m2", "7", "f00-2");
    wait_until(is_quiet, 0);
    assert_int_equal(receiver.count, 4);
    assert_true(saw(2, "/plain/ask"));
    refs_are("f00-2", "{\"plain\":{\"id\":\"T7\"}}");
}

/* What the attempt had learned goes with it: the answer that was lost may have been the
 * one that counts. */
static void
a_retry_begins_with_the_first_request(void **state)
{
    (void)state;
    add_kind();
    receiver.answer = "T7";
    receiver.status = 0;
    add_raise("m1", "7", "f00-1");
    wait_until(has_seen, 1);
    release(0, 200);
    wait_until(has_seen, 2);
    release(1, 503);
    wait_until(is_quiet, 1);
    assert_true(saw(1, "/plain/T7"));
    refs_are("f00-1", "{}");
    receiver.status = 200;
    restart_when_due();
    add_kind();
    wait_until(is_quiet, 0);
    assert_int_equal(receiver.count, 4);
    assert_true(saw(2, "/plain/ask"));
    assert_int_equal(attempts("m1"), 2);
}

static void
a_kind_that_turns_in_circles_is_stopped(void **state)
{
    (void)state;
    add_kind();
    receiver.answer = "round";
    add_raise("m1", "7", "f00-1");
    wait_until(is_quiet, 1);
    assert_int_equal(receiver.count, 8);
    assert_true(is_in_state("m1", "ready"));
    refs_are("f00-1", "{}");
}

static void
a_memo_that_is_too_large_is_a_failure_of_the_kind(void **state)
{
    (void)state;
    add_kind();
    receiver.answer = "large";
    add_raise("m1", "7", "f00-1");
    wait_until(is_quiet, 1);
    assert_true(is_in_state("m1", "ready"));
    refs_are("f00-1", "{}");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_attempt_of_two_requests),
        TEST(what_is_known_is_not_asked_again),
        TEST(the_next_alert_begins_anew),
        TEST(a_retry_begins_with_the_first_request),
        TEST(a_kind_that_turns_in_circles_is_stopped),
        TEST(a_memo_that_is_too_large_is_a_failure_of_the_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
