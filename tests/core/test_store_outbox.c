/* Reading the outbox while it is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/mem.h"
#include "store/outbox.h"

#define TEXT(text) ((char *)(uintptr_t)(text))

static struct loop *loop;
static struct store *store;
static char dir[64];

/* The page that came last, as "m3 m1 …", and what else it said. */
static char ids[1 << 14];
static size_t pages, attempts;
static int64_t before;
static struct outbox_attempt attempt;
static char answer[64];
static struct error failure;

static void
on_page(void *arg, const struct outbox_page *page)
{
    (void)arg;
    pages++;
    ids[0] = '\0';
    for (size_t i = 0; i < page->count; i++) {
        size_t used = strlen(ids);
        snprintf(ids + used, sizeof(ids) - used, "%s%s", i ? " " : "",
                 page->records[i].id);
    }
    before = page->before;
    attempts = page->attempt_count;
    if (attempts) {
        attempt = page->attempts[attempts - 1];
        snprintf(answer, sizeof(answer), "%s", attempt.answer);
    }
    failure = page->error;
    loop_stop(loop);
}

static int
set_up(void **state)
{
    (void)state;
    struct error error = {0};
    log_set_level(LEVEL_ERROR + 1);
    loop = loop_new();
    snprintf(dir, sizeof(dir), P_tmpdir "/ccgate-outbox-XXXXXX");
    assert_non_null(mkdtemp(dir));
    store = store_open(loop, dir, &error);
    assert_non_null(store);
    pages = 0;
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    static const char *const files[] = {"state.db", "state.db-wal", "state.db-shm",
                                        "lock"};
    store_close(store);
    loop_delete(loop);
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        char *file = mem_format("%s/%s", dir, files[i]);
        unlink(file);
        free(file);
    }
    assert_int_equal(rmdir(dir), 0);
    return 0;
}

static void
add(struct txn *txn, const char *id, const char *destination, enum outbox_state state)
{
    struct outbox_record record = {.id = TEXT(id),
                                   .destination = TEXT(destination),
                                   .order_key = TEXT(""),
                                   .kind = TEXT("raise"),
                                   .message = TEXT("{}"),
                                   .state = state,
                                   .created_ms = 1};
    txn_add_outbox(txn, &record);
}

static void
stop(void *arg)
{
    loop_stop(arg);
}

static void
commit(struct txn *txn)
{
    store_commit(store, txn, stop, loop);
    loop_run(loop);
}

static const char *
read_page(const struct outbox_filter *filter)
{
    size_t had = pages;
    store_read_outbox(store, filter, on_page, NULL);
    while (pages == had)
        loop_run(loop);
    assert_int_equal(failure.kind, ERROR_NONE);
    return ids;
}

static void
fill(void)
{
    struct txn *txn = txn_new();
    add(txn, "m1", "chat", OUTBOX_DONE);
    add(txn, "m2", "pager", OUTBOX_READY);
    add(txn, "m3", "chat", OUTBOX_DEAD);
    add(txn, "m4", "chat", OUTBOX_READY);
    add(txn, "m5", "pager", OUTBOX_IN_FLIGHT);
    add(txn, "m6", "pager", OUTBOX_SUPERSEDED);
    commit(txn);
}

static void
newest_first_and_only_what_is_asked_for(void **state)
{
    (void)state;
    static const struct {
        struct outbox_filter filter;
        const char *ids;
    } cases[] = {
        {{.state = OUTBOX_ANY}, "m6 m5 m4 m3 m2 m1"},
        {{.state = OUTBOX_ANY, .destination = "chat"}, "m4 m3 m1"},
        {{.state = OUTBOX_ANY, .before = 3}, "m2 m1"},
        {{.state = OUTBOX_READY}, "m4 m2"},
        {{.state = OUTBOX_IN_FLIGHT}, "m5"},
        {{.state = OUTBOX_DONE}, "m1"},
        {{.state = OUTBOX_DEAD}, "m3"},
        {{.state = OUTBOX_SUPERSEDED}, "m6"},
        {{.state = OUTBOX_READY, .destination = "pager"}, "m2"},
        {{.state = OUTBOX_DEAD, .destination = "pager"}, ""},
        {{.state = OUTBOX_ANY, .id = "m4"}, "m4"},
        {{.state = OUTBOX_ANY, .id = "m"}, ""},
        {{.state = OUTBOX_ANY, .id_begins = "m"}, "m1 m2 m3 m4 m5 m6"},
        {{.state = OUTBOX_ANY, .id_begins = "m4"}, "m4"},
        {{.state = OUTBOX_ANY, .id_begins = "_4"}, ""},
        {{.state = OUTBOX_ANY, .id_begins = "m%"}, ""},
    };
    fill();
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        assert_string_equal(read_page(&cases[i].filter), cases[i].ids);
        assert_int_equal(before, 0);
    }
}

static void
one_message_comes_with_its_attempts(void **state)
{
    (void)state;
    fill();
    struct txn *txn = txn_new();
    for (int number = 1; number <= 2; number++)
        txn_add_attempt(txn, &(struct attempt_record){.message_id = "m3",
                                                      .number = number,
                                                      .at_ms = 40 + number,
                                                      .status = 502,
                                                      .curl_code = 7,
                                                      .answer = "no"});
    commit(txn);
    read_page(&(struct outbox_filter){.id = "m3", .state = OUTBOX_ANY});
    assert_int_equal(attempts, 2);
    assert_int_equal(attempt.number, 2);
    assert_int_equal(attempt.at_ms, 42);
    assert_int_equal(attempt.status, 502);
    assert_int_equal(attempt.curl_code, 7);
    assert_string_equal(answer, "no");
    read_page(&(struct outbox_filter){.id = "m2", .state = OUTBOX_ANY});
    assert_int_equal(attempts, 0);
}

/* A page is bounded both in what it looks at and in what it has. */
static void
many_come_in_pages(void **state)
{
    (void)state;
    struct txn *txn = txn_new();
    char id[16];
    for (int i = 1; i <= 1500; i++) {
        snprintf(id, sizeof(id), "m%d", i);
        add(txn, id, i == 1 ? "rare" : "chat", OUTBOX_DONE);
    }
    commit(txn);
    struct outbox_filter filter = {.state = OUTBOX_ANY};
    read_page(&filter);
    assert_memory_equal(ids, "m1500 m1499 ", 12);
    assert_int_equal(before, 1401);
    filter.before = before;
    read_page(&filter);
    assert_memory_equal(ids, "m1400 ", 6);
    filter = (struct outbox_filter){.state = OUTBOX_ANY, .destination = "rare"};
    assert_string_equal(read_page(&filter), "");
    assert_int_equal(before, 501);
    filter.before = before;
    assert_string_equal(read_page(&filter), "m1");
    assert_int_equal(before, 0);
}

static void
nobody_hears_of_what_was_cancelled(void **state)
{
    (void)state;
    fill();
    struct outbox_filter filter = {.state = OUTBOX_ANY};
    store_read_cancel(store_read_outbox(store, &filter, on_page, NULL));
    read_page(&filter);
    assert_int_equal(pages, 1);
    /* Under way when the store closes: tear_down() has a sanitizer look for it. */
    store_read_outbox(store, &filter, on_page, NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(newest_first_and_only_what_is_asked_for, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(one_message_comes_with_its_attempts, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(many_come_in_pages, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nobody_hears_of_what_was_cancelled, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
