/* What destinations remember: kept for each, and told of the same alert alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "deliver/memos.h"

static void
put(struct memos *memos, const char *destination, const char *fingerprint,
    const char *alert, const char *text)
{
    const struct memo_record record = {
        (char *)(uintptr_t)destination, (char *)(uintptr_t)fingerprint,
        (char *)(uintptr_t)alert, (char *)(uintptr_t)text, 7};
    memos_put(memos, &record);
}

static void
wrote(const struct memos *memos, const char *fingerprint, const char *alert,
      const char *expected)
{
    struct buf out = {0};
    memos_write(memos, fingerprint, alert, &out);
    assert_string_equal(out.data, expected);
    buf_fini(&out);
}

static void
each_destination_has_its_own(void **state)
{
    (void)state;
    struct memos memos = {0};
    assert_null(memos_find(&memos, "jira", "f00"));
    wrote(&memos, "f00", "f00-1", "{}");
    put(&memos, "jira", "f00", "f00-1", "{\"id\":\"OPS-1\"}");
    put(&memos, "desk \"2\"", "f00", "f00-1", "{}");
    put(&memos, "jira", "f01", "f01-1", "{\"id\":\"OPS-9\"}");
    assert_string_equal(memos_find(&memos, "jira", "f00")->text, "{\"id\":\"OPS-1\"}");
    assert_null(memos_find(&memos, "floor", "f00"));
    wrote(&memos, "f00", "f00-1",
          "{\"jira\":{\"id\":\"OPS-1\"},\"desk \\\"2\\\"\":{}}");
    memos_fini(&memos);
}

static void
the_next_alert_of_a_key_has_none(void **state)
{
    (void)state;
    struct memos memos = {0};
    put(&memos, "jira", "f00", "f00-1", "{\"id\":\"OPS-1\"}");
    wrote(&memos, "f00", "f00-2", "{}");
    put(&memos, "jira", "f00", "f00-2", "{\"id\":\"OPS-2\"}");
    wrote(&memos, "f00", "f00-1", "{}");
    wrote(&memos, "f00", "f00-2", "{\"jira\":{\"id\":\"OPS-2\"}}");
    memos_fini(&memos);
}

/* In whatever place of its list it stands; of a newer alert it stays. */
static void
what_is_swept_is_forgotten(void **state)
{
    (void)state;
    const char *const left[] = {"{\"a\":1,\"c\":3,\"b\":2}", "{\"c\":3,\"b\":2}",
                                "{\"b\":2}", "{}"};
    const char *const order[] = {"a", "c", "b"};
    struct memos memos = {0};
    put(&memos, "a", "f00", "f00-1", "1");
    put(&memos, "b", "f00", "f00-1", "2");
    put(&memos, "c", "f00", "f00-1", "3");
    for (size_t i = 0; i < 3; i++) {
        wrote(&memos, "f00", "f00-1", left[i]);
        memos_forget(&memos, order[i], "f00", "f00-0");
        memos_forget(&memos, order[i], "f01", "f00-1");
        wrote(&memos, "f00", "f00-1", left[i]);
        memos_forget(&memos, order[i], "f00", "f00-1");
        wrote(&memos, "f00", "f00-1", left[i + 1]);
    }
    put(&memos, "a", "f00", "f00-2", "4");
    put(&memos, "b", "f00", "f00-2", "5");
    put(&memos, "c", "f00", "f00-2", "6");
    memos_forget(&memos, "b", "f00", "f00-2");
    wrote(&memos, "f00", "f00-2", "{\"a\":4,\"c\":6}");
    memos_fini(&memos);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_destination_has_its_own),
        cmocka_unit_test(the_next_alert_of_a_key_has_none),
        cmocka_unit_test(what_is_swept_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
