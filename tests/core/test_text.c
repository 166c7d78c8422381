#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define YEARS_10     INT64_C(315360000000)

static void
test_durations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
        const char *shortest;
    } cases[] = {
        {"500ms", 500, "500ms"},      {"15s", 15000, "15s"},
        {"2m", 120000, "2m"},         {"1h30m", 5400000, "1h30m"},
        {"90m", 5400000, "1h30m"},    {"135s", 135000, "2m15s"},
        {"7d", 604800000, "7d"},      {"0s", 0, "0s"},
        {"0d0ms", 0, "0s"},           {"1d2h3m4s5ms", 93784005, "1d2h3m4s5ms"},
        {"1s5ms", 1005, "1s5ms"},     {"1m5ms", 60005, "1m5ms"},
        {"3650d", YEARS_10, "3650d"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t ms = -1;
        char out[32];
        assert_true(text_duration(cases[i].text, &ms));
        assert_int_equal(ms, cases[i].ms);
        assert_string_equal(text_format_duration(ms, out, sizeof out),
                            cases[i].shortest);
    }
    char out[32];
    assert_string_equal(text_format_duration(-1500, out, sizeof out), "-1s500ms");
    assert_string_equal(text_format_duration(INT64_MIN, out, sizeof out),
                        "-106751991167d7h12m55s808ms");
}

static void
test_wrong_durations(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "s",
        "15",
        "15 s",
        " 15s",
        "15s ",
        "-5s",
        "+5s",
        "1.5s",
        "15S",
        "30m1h",
        "1s1s",
        "5ms1s",
        "1h 30m",
        "1w",
        "1sec",
        "1dh",
        "1hm",
        "3651d",
        "1h30",
        "9e3ms",
        "3650d1ms",
        "99999999999999999999s",
        "9223372036854775807d",
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t ms = 42;
        assert_false(text_duration(cases[i], &ms));
        assert_int_equal(ms, 42);
    }
}

static void
test_sizes(void **state)
{
    (void)state;
    int64_t bytes = 0;
    assert_true(text_size("256KB", &bytes));
    assert_int_equal(bytes, 262144);
    assert_true(text_size("32MB", &bytes));
    assert_int_equal(bytes, 33554432);
    assert_true(text_size("2GB", &bytes));
    assert_int_equal(bytes, INT64_C(2147483648));
    assert_true(text_size("17", &bytes));
    assert_int_equal(bytes, 17);
    static const char *const wrong[] = {
        "", "KB", "1.5MB", "-1", "1 MB", "1kb", "1M", "1TB", "9007199254740993GB",
    };
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_false(text_size(wrong[i], &bytes));
    assert_int_equal(bytes, 17);
}

static void
test_rates(void **state)
{
    (void)state;
    double rate = 0;
    assert_true(text_rate("5/s", &rate));
    assert_true(rate == 5.0);
    assert_true(text_rate("90/min", &rate));
    assert_true(rate == 1.5);
    assert_true(text_rate("36/h", &rate));
    assert_true(rate == 0.01);
    static const char *const wrong[] = {
        "", "5", "/s", "0/s", "-5/s", "5/sec", "5 / s", "5/m", "5/d", "1.5/s",
    };
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_false(text_rate(wrong[i], &rate));
    assert_true(rate == 0.01);
}

static void
test_integers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } cases[] = {
        {"0", 0},
        {"-0", 0},
        {"007", 7},
        {"-65535", -65535},
        {"9223372036854775807", INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t value = 1;
        assert_true(text_integer(cases[i].text, &value));
        assert_int_equal(value, cases[i].value);
    }
    static const char *const wrong[] = {
        "",
        "-",
        "+1",
        " 1",
        "1 ",
        "0x10",
        "1e3",
        "1.0",
        "--1",
        "9223372036854775808",
        "1-",
        "- 1",
        "-9223372036854775809",
    };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        int64_t value = 42;
        assert_false(text_integer(wrong[i], &value));
        assert_int_equal(value, 42);
    }
}

static void
test_times(void **state)
{
    (void)state;
    static const struct {
        int64_t wall_ms;
        const char *seconds, *millis;
    } cases[] = {
        {0, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"},
        {1763661900007, "2025-11-20T18:05:00Z", "2025-11-20T18:05:00.007Z"},
        {1709164799999, "2024-02-28T23:59:59Z", "2024-02-28T23:59:59.999Z"},
        {1709164800000, "2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"},
        {-1, "1969-12-31T23:59:59Z", "1969-12-31T23:59:59.999Z"},
        {-1000, "1969-12-31T23:59:59Z", "1969-12-31T23:59:59.000Z"},
        {INT64_MAX, "292278994-08-17T07:12:55Z", "292278994-08-17T07:12:55.807Z"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char out[32];
        assert_string_equal(text_format_time(cases[i].wall_ms, false, out, sizeof out),
                            cases[i].seconds);
        assert_string_equal(text_format_time(cases[i].wall_ms, true, out, sizeof out),
                            cases[i].millis);
    }
}

static void
test_nearest(void **state)
{
    (void)state;
    static const char *const fields[] = {
        "calls_waiting", "calls_total", "agents_idle", "url", "vdn", "ca_file", NULL,
    };
    static const struct {
        const char *word, *guess;
    } cases[] = {
        {"call_waiting", "calls_waiting"},
        {"callWaiting", "calls_waiting"},
        {"CALLS_TOTAL", "calls_total"},
        {"clals_total", "calls_total"},
        {"agents_idel", "agents_idle"},
        {"urll", "url"},
        {"ulr", "url"},
        {"cafile", "ca_file"},
        {"password", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *guess = text_nearest(cases[i].word, fields);
        if (cases[i].guess == NULL)
            assert_null(guess);
        else
            assert_string_equal(guess, cases[i].guess);
    }
}

static void
test_nearest_counts_a_swap_once_and_keeps_the_order(void **state)
{
    (void)state;
    /* Both are at distance 1, the first by a swap of neighbours. */
    static const char *const ties[] = {"from", "form", "forms", NULL};
    assert_string_equal(text_nearest("fomr", ties + 1), "form");
    assert_string_equal(text_nearest("for", ties), "form");
    static const char *const equal[] = {"abcx", "abcy", NULL};
    assert_string_equal(text_nearest("abcz", equal), "abcx");
    /* The limit: two of six, not three. */
    static const char *const six[] = {"abcdef", NULL};
    assert_string_equal(text_nearest("abcdxx", six), "abcdef");
    assert_null(text_nearest("abcxxx", six));
    static const char *const nine[] = {"abcdefghi", NULL};
    assert_string_equal(text_nearest("abcdefxxx", nine), "abcdefghi");
    static const char *const none[] = {NULL};
    assert_null(text_nearest("word", none));
}

static void
test_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size, length;
    } cases[] = {
        {"a", 1, 1},
        {"\0", 1, 1},
        {"\x7f", 1, 1},
        {"\xc2\x80", 2, 2},
        {"\xdf\xbf", 2, 2},
        {"\xe0\xa0\x80", 3, 3},
        {"\xed\x9f\xbf", 3, 3},
        {"\xee\x80\x80", 3, 3},
        {"\xef\xbf\xbf", 3, 3},
        {"\xf0\x90\x80\x80", 4, 4},
        {"\xf4\x8f\xbf\xbf", 4, 4},
        {"", 0, 0},
        {"\x80", 1, 0},             /* continuation alone */
        {"\xc1\xbf", 2, 0},         /* overlong */
        {"\xe0\x9f\xbf", 3, 0},     /* overlong */
        {"\xf0\x8f\xbf\xbf", 4, 0}, /* overlong */
        {"\xed\xa0\x80", 3, 0},     /* surrogate */
        {"\xf4\x90\x80\x80", 4, 0}, /* above U+10FFFF */
        {"\xf5\x80\x80\x80", 4, 0},
        {"\xff", 1, 0},
        {"\xc2", 1, 0}, /* cut */
        {"\xe2\x82", 2, 0},
        {"\xf0\x9f\x98", 3, 0},
        {"\xc2\x41", 2, 0},
        {"\xe2\x82\x41", 3, 0},
        {"\xf0\x9f\x98\x41", 4, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(text_utf8((const unsigned char *)cases[i].text, cases[i].size),
                         cases[i].length);
}

static void
test_written_times(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds;
    } cases[] = {
        {"1970-01-01 00:00:00", 0},           {"2024-08-02 06:19:44", 1722579584},
        {"2024-08-02T06:19:44Z", 1722579584}, {"2024-08-02 06:15", 1722579300},
        {"2024-08-02T06:15Z", 1722579300},    {"2024-02-29 23:59:59", 1709251199},
        {"1969-12-31 23:59:59", -1},
    };
    int64_t seconds = 17;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_true(text_time(cases[i].text, strlen(cases[i].text), &seconds));
        assert_int_equal(seconds, cases[i].seconds);
    }
    static const char *const wrong[] = {
        "",
        "Z",
        "now",
        "2024-08-02",
        "2024-08-02 06",
        "2024-08-02 06:1",
        "2024-08-02 06:15:",
        "2024-08-02 06:15:0",
        "2024-08-02 06:15:00.5",
        "2024-08-02 06:15:00+01",
        "2024-08-02  06:15",
        "2024-8-02 06:15:000",
        "2023-02-29 00:00",
        "2024-13-01 00:00",
        "2024-00-01 00:00",
        "2024-01-00 00:00",
        "2024-01-01 24:00",
        "2024-01-01 23:60",
        "2024-01-01 23:59:60",
        "-024-01-01 00:00",
        "2024/01/01 00:00",
    };
    seconds = 17;
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_false(text_time(wrong[i], strlen(wrong[i]), &seconds));
    assert_int_equal(seconds, 17);
}

static void
test_printable(void **state)
{
    (void)state;
    assert_true(text_is_printable("Bearer abc \xc3\xa9"));
    assert_true(text_is_printable(""));
    assert_false(text_is_printable("a\r\nb"));
    assert_false(text_is_printable("a\tb"));
    assert_false(text_is_printable("a\x7f"));
}

static void
test_written_numbers(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0, "0"},
        {-0.0, "-0"},
        {5, "5"},
        {-7, "-7"},
        {0.1, "0.1"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1.0 / 3, "0.3333333333333333"},
        {999999999999999, "999999999999999"},
        {1e15, "1e+15"},
        {9007199254740993, "9007199254740992"},
        {1e300, "1e+300"},
        {-1.7976931348623157e308, "-1.7976931348623157e+308"},
        {5e-324, "4.94065645841247e-324"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[TEXT_NUMBER_MAX + 1] = {0};
        size_t size = text_format_number(cases[i].value, text);
        assert_int_equal(size, strlen(cases[i].text));
        assert_string_equal(text, cases[i].text);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_wrong_durations),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_rates),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_nearest_counts_a_swap_once_and_keeps_the_order),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_written_times),
        cmocka_unit_test(test_written_numbers),
        cmocka_unit_test(test_printable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
