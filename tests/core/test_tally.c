/* script/tally.h, and METRIC that feeds it. */
#include "message_bench.h"

#include <stdio.h>

#include "script/tally.h"

static const struct message_metric calls = {METRIC_COUNTER, "calls", "Calls.",
                                            {"queue", "7"}, 1,       2};

static void
print(void *arg, const struct tally_series *series)
{
    const struct message_metric *metric = series->metric;
    buf_format(arg, "%s %s", series->script, metric->name);
    for (uint32_t i = 0; i < metric->label_count; i++)
        buf_format(arg, " %s=%s", metric->labels[2 * i], metric->labels[2 * i + 1]);
    buf_format(arg, " %g\n", metric->value);
}

static void
expect(const struct tally *tally, const char *text)
{
    struct buf out = {0};
    tally_each(tally, print, &out);
    assert_string_equal(out.size ? out.data : "", text);
    buf_fini(&out);
}

static void
test_counters_add_and_gauges_are_set(void **state)
{
    (void)state;
    struct tally *tally = tally_new();
    struct message_metric other = calls, gauge = {METRIC_GAUGE, "load", "", {0}, 0, -3};
    other.labels[1] = "8";
    assert_null(tally_take(tally, "a", &calls));
    assert_null(tally_take(tally, "a", &gauge));
    assert_null(tally_take(tally, "a", &calls));
    assert_null(tally_take(tally, "b", &calls));
    assert_null(tally_take(tally, "a", &other));
    gauge.value = 5;
    assert_null(tally_take(tally, "a", &gauge));
    expect(tally,
           "a calls queue=7 4\nb calls queue=7 2\na calls queue=8 2\na load 5\n");
    tally_clear(tally);
    expect(tally, "");
    assert_null(tally_take(tally, "a", &gauge));
    expect(tally, "a load 5\n");
    tally_delete(tally);
}

/* Infinity is no value of a frame. */
static void
test_a_full_counter_stays_a_number(void **state)
{
    (void)state;
    struct tally *tally = tally_new();
    struct message_metric much = {METRIC_COUNTER, "calls", "", {0}, 0, 1.5e308};
    assert_null(tally_take(tally, "a", &much));
    assert_null(tally_take(tally, "a", &much));
    expect(tally, "a calls 1.79769e+308\n");
    tally_delete(tally);
}

static void
test_what_is_not_taken(void **state)
{
    (void)state;
    struct tally *tally = tally_new();
    struct message_metric gauge = calls, many = calls;
    gauge.kind = METRIC_GAUGE;
    assert_null(tally_take(tally, "a", &calls));
    assert_non_null(tally_take(tally, "b", &gauge));
    for (int i = 1; i < TALLY_MOST; i++) {
        char text[16];
        snprintf(text, sizeof text, "x%d", i);
        many.labels[1] = text;
        assert_null(tally_take(tally, "a", &many));
    }
    many.labels[1] = "y";
    assert_non_null(tally_take(tally, "a", &many));
    assert_null(tally_take(tally, "b", &many));
    assert_null(tally_take(tally, "a", &calls));
    tally_delete(tally);
}

static void
test_there_and_back(void **state)
{
    (void)state;
    struct bench bench = {0};
    struct message_metric got;
    message_write_metric(&bench.out, NOW, &calls);
    assert_true(message_read_metric(bench_frame(&bench), &got, &bench.error));
    assert_int_equal(got.kind, METRIC_COUNTER);
    assert_string_equal(got.name, "calls");
    assert_string_equal(got.help, "Calls.");
    assert_int_equal(got.label_count, 1);
    assert_string_equal(got.labels[0], "queue");
    assert_string_equal(got.labels[1], "7");
    assert_true(got.value == 2);
    bench_fini(&bench);
}

static void
test_refused(void **state)
{
    (void)state;
    static const struct {
        struct message_metric metric;
        const char *fault;
    } cases[] = {
        {{3, "a", "", {0}, 0, 1}, "METRIC: the kind of a metric"},
        {{1, "", "", {0}, 0, 1}, "METRIC: the name of a metric"},
        {{1, "1a", "", {0}, 0, 1}, "METRIC: the name of a metric"},
        {{1, "a-b", "", {0}, 0, 1}, "METRIC: the name of a metric"},
        {{1, "ccgate_a", "", {0}, 0, 1}, "METRIC: the name of a metric"},
        {{2, "a_total", "", {0}, 0, 1}, "METRIC: the name of a metric"},
        {{1, "a", "x\ny", {0}, 0, 1}, "METRIC: the help of a metric"},
        {{1, "a", "", {"b c", "d"}, 1, 1}, "METRIC: the name of a label"},
        {{1, "a", "", {"script", "d"}, 1, 1}, "METRIC: the name of a label"},
        {{1, "a", "", {"__name__", "d"}, 1, 1}, "METRIC: the name of a label"},
        {{2, "a", "", {"le", "5"}, 1, 1}, "METRIC: the name of a label"},
        {{2, "a", "", {"quantile", "0.5"}, 1, 1}, "METRIC: the name of a label"},
        {{1, "a", "", {"b", "1", "b", "2"}, 2, 1}, "METRIC: the name of a label"},
        {{1, "a", "", {"b", "x\ny"}, 1, 1}, "METRIC: the value of a label"},
        {{1, "a", "", {"b", "x\xff"}, 1, 1}, "METRIC: the value of a label"},
        {{1, "a", "\xc3", {0}, 0, 1}, "METRIC: the help of a metric"},
        {{1, "a", "", {0}, 0, -1}, "METRIC: the value of a metric"},
        {{2, "a", "", {0}, 0, __builtin_inf()}, "METRIC: the value of a metric"},
        {{2, "a", "", {0}, 0, __builtin_nan("")}, "METRIC: the value of a metric"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct bench bench = {0};
        struct message_metric out;
        message_write_metric(&bench.out, NOW, &cases[i].metric);
        assert_false(message_read_metric(bench_frame(&bench), &out, &bench.error));
        assert_fault(&bench, cases[i].fault);
        bench_fini(&bench);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counters_add_and_gauges_are_set),
        cmocka_unit_test(test_a_full_counter_stays_a_number),
        cmocka_unit_test(test_what_is_not_taken),
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
