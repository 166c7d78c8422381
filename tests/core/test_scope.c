/* Who is in the newest answers of a rule over lists, and who is missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "script/crowd.h"
#include "script/scope.h"

/* ---- the crowd ---- */

static void
test_crowd_counts(void **state)
{
    (void)state;
    struct crowd crowd = {0};
    assert_false(crowd_has(&crowd, 0, 7));
    crowd_leave(&crowd, 0, 7);
    crowd_enter(&crowd, 0, 7);
    crowd_enter(&crowd, 0, 7);
    crowd_enter(&crowd, 1, 8);
    crowd_leave(&crowd, 0, 7);
    assert_true(crowd_has(&crowd, 0, 7));
    crowd_leave(&crowd, 0, 7);
    assert_false(crowd_has(&crowd, 0, 7));
    assert_false(crowd_has(&crowd, 1, 7));
    assert_true(crowd_has(&crowd, 1, 8));
    crowd_leave(&crowd, 0, 7);
    assert_false(crowd_has(&crowd, 0, 7));
    crowd_fini(&crowd);
}

/* Operations have other ids in every answer: memory must not grow with those who left.
 */
static void
test_crowd_stays_small(void **state)
{
    (void)state;
    struct crowd crowd = {0};
    for (int64_t id = 1; id <= 100000; id++) {
        crowd_enter(&crowd, 0, id);
        if (id > 10)
            crowd_leave(&crowd, 0, id - 10);
    }
    assert_true(crowd.room <= 64);
    for (int64_t id = 99980; id <= 100010; id++)
        assert_int_equal(crowd_has(&crowd, 0, id), id > 99990 && id <= 100000);
    crowd_fini(&crowd);
}

/* ---- the scope ---- */

/* Puts these ids in the place of those that the request had answered. */
static void
answer(struct scope *scope, uint32_t center, struct attendance *attendance,
       const int64_t *ids, uint32_t count)
{
    struct block block;
    block_init(&block, &query_agents);
    for (uint32_t i = 0; i < count; i++) {
        int64_t *row = block_add(&block);
        row[0] = 1;
        row[1] = ids[i];
    }
    struct message_rows rows = {
        .query = &query_agents, .row_count = count, .cells = block.cells};
    scope_leave(scope, center, attendance);
    attendance_take(attendance, &rows);
    scope_enter(scope, center, attendance);
    block_fini(&block);
}

static void
make_latch(struct latch *latch, struct condition *when)
{
    const struct latch_terms terms = {.level_count = 1, .stale_after_ms = 3000};
    const struct latch_conditions level = {when, NULL};
    *when = (struct condition){.query = &query_agents};
    latch_init(latch, &terms, &level);
}

static void
raise_key(struct latch *latch, int64_t id)
{
    struct key key;
    key_of_id(&key, id);
    latch_restore_raised(latch, 0, &key);
}

static size_t
count_absent(const struct scope *scope, const struct latch *latch)
{
    struct block out;
    block_init(&out, &query_agents);
    scope_absent(scope, latch, 0, &out);
    size_t count = out.row_count;
    block_fini(&out);
    return count;
}

/* An agent of two queues is gone when neither has them, and not before all have been
 * answered. */
static void
test_gone_of_all(void **state)
{
    (void)state;
    struct scope scope = {0};
    struct attendance of[2] = {0};
    struct latch latch;
    struct condition when;
    make_latch(&latch, &when);
    for (int64_t i = 0; i < 2; i++)
        scope_add(&scope, &(struct scope_request){0, i, OPERATION_ANY, &of[i]});
    scope_close(&scope);
    raise_key(&latch, 1099);
    answer(&scope, 0, &of[0], (int64_t[]){1100}, 1);
    assert_int_equal(count_absent(&scope, &latch), 0);
    answer(&scope, 0, &of[1], (int64_t[]){1099, 1100}, 2);
    assert_int_equal(count_absent(&scope, &latch), 0);
    answer(&scope, 0, &of[1], (int64_t[]){1100}, 1);
    assert_int_equal(count_absent(&scope, &latch), 1);
    answer(&scope, 0, &of[0], (int64_t[]){1099}, 1);
    assert_int_equal(count_absent(&scope, &latch), 0);
    for (size_t i = 0; i < 2; i++)
        attendance_fini(&of[i]);
    latch_fini(&latch);
    scope_fini(&scope);
}

enum { REQUESTS = 2000, ALERTS = 5000, SAMPLES = 1000 };

static int64_t
cpu_ms(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

/* Many requests times many alerts, in each sample: were each alert looked for in each
 * answer, it would take far longer. */
static void
test_many_agents_with_alerts(void **state)
{
    (void)state;
    struct scope scope = {0};
    struct attendance *of = calloc(REQUESTS, sizeof *of);
    struct latch latch;
    struct condition when;
    make_latch(&latch, &when);
    for (int64_t i = 0; i < REQUESTS; i++)
        scope_add(&scope, &(struct scope_request){0, i, OPERATION_ANY, &of[i]});
    scope_close(&scope);
    for (int64_t id = 1; id <= ALERTS; id++)
        raise_key(&latch, id);
    for (int64_t i = 0; i < REQUESTS; i++)
        answer(&scope, 0, &of[i], (int64_t[]){3 * i + 1, 3 * i + 2, 3 * i + 3}, 3);
    int64_t began_ms = cpu_ms();
    for (int i = 0; i < SAMPLES; i++)
        assert_int_equal(count_absent(&scope, &latch), 0);
    assert_true(cpu_ms() - began_ms < 4000);
    for (size_t i = 0; i < REQUESTS; i++)
        attendance_fini(&of[i]);
    free(of);
    latch_fini(&latch);
    scope_fini(&scope);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crowd_counts),
        cmocka_unit_test(test_crowd_stays_small),
        cmocka_unit_test(test_gone_of_all),
        cmocka_unit_test(test_many_agents_with_alerts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
