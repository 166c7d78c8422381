/* What a run did. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "script/run_report.h"

static int ends;
static size_t sends_seen;

static void
on_end(void *arg, const struct run_report *report)
{
    (void)arg;
    ends++;
    sends_seen = report->send_count;
}

static void
line(struct run_report *report, const char *text)
{
    run_report_line(report, LEVEL_INFO, text, strlen(text));
}

static void
test_it_gathers_until_the_end(void **state)
{
    (void)state;
    struct run_report report = {0};
    line(&report, "before");
    run_report_send(&report, "chat");
    run_report_end(&report, "", 0);
    assert_int_equal(report.line_count + report.send_count, 0);
    run_report_begin(&report);
    assert_int_equal(report.took_ms, -1);
    line(&report, "one");
    run_report_send(&report, "chat");
    run_report_send(&report, "pager");
    run_report_send(&report, "chat");
    run_report_end(&report, "broken", 6);
    line(&report, "after");
    assert_true(report.took_ms >= 0);
    assert_string_equal(report.trouble, "broken");
    assert_int_equal(report.line_count, 1);
    assert_string_equal(report.lines[0].text, "one");
    assert_int_equal(report.send_count, 2);
    assert_int_equal(report.sends[0].count, 2);
    run_report_begin(&report);
    assert_null(report.trouble);
    assert_int_equal(report.line_count + report.send_count, 0);
    run_report_fini(&report);
}

static void
test_lines_are_bounded(void **state)
{
    (void)state;
    struct run_report report = {0};
    run_report_begin(&report);
    for (size_t i = 0; i < RUN_REPORT_LINES + 3; i++)
        line(&report, "x");
    assert_int_equal(report.line_count, RUN_REPORT_LINES);
    assert_int_equal(report.more_lines, 3);
    run_report_fini(&report);
}

static void
test_who_watches_hears_of_the_end_once(void **state)
{
    (void)state;
    struct run_report report = {0};
    struct run_watch watch = {.on_end = on_end};
    run_report_begin(&report);
    run_report_watch(&report, &watch);
    run_report_send(&report, "chat");
    run_report_end(&report, "", 0);
    assert_int_equal(ends, 1);
    assert_int_equal(sends_seen, 1);
    run_watch_cancel(&watch);
    run_report_begin(&report);
    run_report_end(&report, "", 0);
    assert_int_equal(ends, 1);
    run_report_begin(&report);
    run_report_watch(&report, &watch);
    run_watch_cancel(&watch);
    run_report_end(&report, "", 0);
    assert_int_equal(ends, 1);
    run_report_fini(&report);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_gathers_until_the_end),
        cmocka_unit_test(test_lines_are_bounded),
        cmocka_unit_test(test_who_watches_hears_of_the_end_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
