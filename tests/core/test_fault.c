/* Specifications of faults, and whom they hit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "sim/fault.h"

#define KINDS                                                                           \
    "status, api, truncate, html, reset, slow, drip, endless, wrong-length, redirect, " \
    "huge, deep, duplicate-keys, nan, strings, numbers, null-list, result-string, "     \
    "gbk, header-drip, long, gzip, skew, bad-utf8, overflow, hex, sentinels, "          \
    "unknown-codes, expired-guid, stolen-session, signed-out"

static const struct fault_target any = {.path = "/skill/stateinfo"};

/* Which of the first eight requests a fault hits. */
static void
faults_hit_whom_they_should(void **state)
{
    (void)state;
    static const struct {
        const char *spec, *hits;
    } cases[] = {
        {"status=503", "xxxxxxxx"},
        {"status=503:count=2", "xx......"},
        {"status=503:first=3", "..xxxxxx"},
        {"status=503:first=3:count=2", "..xx...."},
        {"status=503:share=0.25", "...x...x"},
        {"status=503:share=0.5:count=2", ".x.x...."},
        {"status=503:share=1:first=8", ".......x"},
        {"status=503:on=stateinfo:count=1", "x......."},
        {"status=503:on=agentevent", "........"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct faults faults = {0};
        struct buf problem = {0};
        char hits[9] = "";
        int64_t delay_ms;
        assert_true(faults_add(&faults, cases[i].spec, &problem));
        for (int j = 0; j < 8; j++)
            hits[j] = faults_next(&faults, &any, &delay_ms) ? 'x' : '.';
        assert_string_equal(hits, cases[i].hits);
    }
}

static void
faults_work_together(void **state)
{
    (void)state;
    struct faults faults = {0};
    struct buf problem = {0};
    int64_t delay_ms;
    assert_true(faults_add(&faults, "slow=1s:count=1", &problem));
    assert_true(faults_add(&faults, "html:count=1", &problem));
    assert_true(faults_add(&faults, "reset", &problem));
    assert_int_equal(faults_next(&faults, &any, &delay_ms)->kind, FAULT_HTML);
    assert_int_equal(delay_ms, 1000);
    assert_int_equal(faults_next(&faults, &any, &delay_ms)->kind, FAULT_RESET);
    assert_int_equal(delay_ms, 0);
    faults_clear(&faults);
    assert_null(faults_next(&faults, &any, &delay_ms));
}

/* Before and after its time nothing is hit, and nothing counted. */
static void
a_fault_has_its_time(void **state)
{
    (void)state;
    static const int64_t times_ms[] = {0, 9999, 10000, 10001, 14999, 15000, 99999};
    static const char expected[] = "...xx..";
    struct faults faults = {0};
    struct buf problem = {0};
    assert_true(faults_add(&faults, "reset:at=10s:lasts=5s:first=2", &problem));
    for (size_t i = 0; i < sizeof times_ms / sizeof *times_ms; i++) {
        const struct fault_target then = {.path = "/", .at_ms = times_ms[i]};
        int64_t delay_ms;
        bool hits = faults_next(&faults, &then, &delay_ms) != NULL;
        assert_int_equal(hits, expected[i] == 'x');
    }
}

/* Requests that do not ask for the id are neither hit nor counted. */
static void
a_fault_may_belong_to_an_id(void **state)
{
    (void)state;
    static const int64_t ids[] = {8, 9};
    static const struct fault_target with = {"/", ids, 2, 0};
    static const struct fault_target without = {"/", ids, 1, 0};
    struct faults faults = {0};
    struct buf problem = {0};
    int64_t delay_ms;
    assert_true(faults_add(&faults, "api=0100002:id=9:first=2", &problem));
    assert_null(faults_next(&faults, &with, &delay_ms));
    assert_null(faults_next(&faults, &without, &delay_ms));
    assert_int_equal(faults_next(&faults, &with, &delay_ms)->kind, FAULT_API);
    assert_null(faults_next(&faults, &without, &delay_ms));
}

static void
wrong_faults_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *spec, *problem;
    } cases[] = {
        {"", "no fault '' (" KINDS ")"},
        {"stat=503", "no fault 'stat' (" KINDS ")"},
        {"count=3", "no fault 'count' (" KINDS ")"},
        {"status", "status needs an HTTP status from 200 to 599"},
        {"status=99", "status needs an HTTP status from 200 to 599"},
        {"api=x", "api needs a result code such as 0100002"},
        {"slow=2", "slow needs a duration such as 2s"},
        {"html=1", "html takes no value"},
        {"reset:html",
         "no setting of a fault 'html' (first, count, id, on, share, retry-after, at, lasts)"},
        {"api=0100002:id=0", "id needs an id from 1 on"},
        {"reset:count=0", "count needs a number from 1 on"},
        {"huge=1GB", "huge needs a size such as 8MB, at most 256MB"},
        {"reset:on=", "on needs a part of a path, at most 31 long"},
        {"reset:share=2", "share needs a number above 0, at most 1"},
        {"long=9GB", "long needs a size such as 5GB, at most 8GB"},
        {"gzip", "gzip needs a size such as 4GB, at most 8GB"},
        {"skew=--2m", "skew needs a duration such as 20m or -20m"},
        {"reset:lasts=0s", "lasts needs a duration such as 2m"},
        {"status=429:retry-after=",
         "retry-after needs the value of a header, at most 31 long"},
        {"reset:share=nan", "share needs a number above 0, at most 1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct faults faults = {0};
        struct buf problem = {0};
        assert_false(faults_add(&faults, cases[i].spec, &problem));
        assert_string_equal(problem.data, cases[i].problem);
        assert_int_equal(faults.count, 0);
        buf_fini(&problem);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_hit_whom_they_should),
        cmocka_unit_test(faults_work_together),
        cmocka_unit_test(a_fault_has_its_time),
        cmocka_unit_test(a_fault_may_belong_to_an_id),
        cmocka_unit_test(wrong_faults_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
