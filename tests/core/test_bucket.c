/* So many messages a second. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "deliver/bucket.h"

/* How many may go at `now_ms`, all of which do. */
static int
take_all(struct bucket *bucket, int64_t now_ms)
{
    int count = 0;
    for (; bucket_wait(bucket, now_ms) == 0 && count < 1000; count++)
        bucket_take(bucket, now_ms);
    return count;
}

static void
test_a_second_at_once(void **state)
{
    (void)state;
    static const struct {
        double rate;
        int at_once, in_ten_seconds;
        int64_t wait_ms;
    } cases[] = {
        {1, 1, 10, 1000},
        {2, 2, 20, 500},
        {4, 4, 40, 250},
        {0.5, 1, 5, 2000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bucket bucket;
        bucket_init(&bucket, cases[i].rate, 5000);
        assert_int_equal(take_all(&bucket, 5000), cases[i].at_once);
        assert_int_equal(bucket_wait(&bucket, 5000), cases[i].wait_ms);
        int later = 0;
        for (int64_t now = 5001; now <= 15000; now++)
            later += take_all(&bucket, now);
        assert_int_equal(later, cases[i].in_ten_seconds);
    }
}

static void
test_rest_is_not_saved(void **state)
{
    (void)state;
    struct bucket bucket;
    bucket_init(&bucket, 2, 0);
    assert_int_equal(take_all(&bucket, 3600000), 2);
    /* A clock that is read twice in another order takes nothing back. */
    assert_int_equal(take_all(&bucket, 3590000), 0);
}

static void
test_no_limit(void **state)
{
    (void)state;
    struct bucket bucket;
    bucket_init(&bucket, 0, 0);
    assert_int_equal(take_all(&bucket, 0), 1000);
    bucket_set(&bucket, 3, 10);
    assert_int_equal(take_all(&bucket, 10), 3);
}

static void
test_a_reload_fills_nothing(void **state)
{
    (void)state;
    struct bucket bucket;
    bucket_init(&bucket, 4, 0);
    assert_int_equal(take_all(&bucket, 0), 4);
    bucket_set(&bucket, 1, 0);
    assert_int_equal(take_all(&bucket, 0), 0);
    assert_int_equal(bucket_wait(&bucket, 0), 1000);
    /* What a smaller bucket has no room for is gone. */
    bucket_init(&bucket, 4, 0);
    bucket_set(&bucket, 1, 0);
    assert_int_equal(take_all(&bucket, 0), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_second_at_once),
        cmocka_unit_test(test_rest_is_not_saved),
        cmocka_unit_test(test_no_limit),
        cmocka_unit_test(test_a_reload_fills_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
