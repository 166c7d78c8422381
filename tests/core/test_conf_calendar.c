/* Sections about people and their time: [calendar NAME], [people], [secret NAME]. */
#include "conf_file.h"

#define CALENDAR "[calendar office]\n"
#define AT       "gateway.conf:2: "

static void
test_everything(void **state)
{
    (void)state;
    struct conf *conf = load_fine(
        "[gateway]\nlisten = [::1]:8090\ntoken = quiet\nrecord = 7d\n"
        "zone = Europe/Istanbul\nnotify = ops, more\n"
        "severities = hint, warning, critical, disaster\n"
        "[destination ops]\nkind = log\n[destination more]\nkind = log\n"
        "[calendar office]\nzone = Europe/Berlin\ndays = mon-fri\n"
        "hours = 09:00-12:00, 13:00-18:00\nholidays = 2026-10-29,2026-12-25\n"
        "except.2026-10-28 = 09:00-13:00\n"
        "[calendar night]\nhours = 22:00-06:00\n"
        "[people]\nayse = slack:U024BE7LH, email:ayse@example.com\nbob = feishu:ou_1\n"
        "[secret crm-token]\nvalue = abc\nto = https://crm.example.com\n" CENTER
        "zone = Asia/Shanghai\n");
    assert_string_equal(conf->listen, "[::1]:8090");
    assert_string_equal(conf->token, "quiet");
    assert_int_equal(conf->record_ms, INT64_C(7) * 86400000);
    assert_string_equal(conf->zone, "Europe/Istanbul");
    assert_int_equal(conf->notify_count, 2);
    assert_string_equal(conf->notify[0], "ops");
    assert_string_equal(conf->notify[1], "more");
    assert_int_equal(conf->severity_count, 4);
    assert_string_equal(conf->severities[3], "disaster");
    assert_int_equal(conf->calendar_count, 2);
    const struct conf_calendar *office = conf->calendars;
    assert_string_equal(office->name, "office");
    assert_string_equal(office->zone, "Europe/Berlin");
    assert_string_equal(office->days, "mon-fri");
    assert_string_equal(office->hours, "09:00-12:00, 13:00-18:00");
    assert_string_equal(office->holidays, "2026-10-29,2026-12-25");
    assert_int_equal(office->exception_count, 1);
    assert_string_equal(office->exceptions->day, "2026-10-28");
    assert_string_equal(office->exceptions->hours, "09:00-13:00");
    assert_string_equal(conf->calendars[1].days, "mon-sun");
    assert_null(conf->calendars[1].zone);
    assert_int_equal(conf->person_count, 2);
    assert_string_equal(conf->people->name, "ayse");
    assert_int_equal(conf->people->contact_count, 2);
    assert_string_equal(conf->people->contacts[1].service, "email");
    assert_string_equal(conf->people->contacts[1].id, "ayse@example.com");
    assert_int_equal(conf->secret_count, 1);
    assert_string_equal(conf->secrets->value, "abc");
    assert_string_equal(conf->secrets->to, "https://crm.example.com");
    assert_string_equal(conf->centers->zone, "Asia/Shanghai");
    conf_delete(conf);
}

/* What is kept for later says so, once for each line. */
static void
test_what_has_no_effect_is_noted(void **state)
{
    (void)state;
    struct conf *conf = load_fine(
        "[gateway]\nrecord = 7d\nlisten = 127.0.0.1:8090\n" CALENDAR "days = mon\n");
    assert_int_equal(conf->notes.count, 1);
    assert_string_equal(conf->notes.lines[0],
                        "gateway.conf:2: record has no effect yet");
    conf_delete(conf);
}

static void
test_mistakes(void **state)
{
    (void)state;
    static const struct conf_mistake mistakes[] = {
        {CALENDAR "days = monday\n",
         AT "[calendar office]: days: 'monday' are no days of "
            "the week; write mon-fri or mon, wed-fri"},
        {CALENDAR "hours = 9-18\n",
         AT "[calendar office]: hours: '9-18' are no hours of a "
            "day, one after the other; write 09:00-18:00"},
        {CALENDAR "zone = Europe/Istambul\n",
         "'Europe/Istambul' is no time zone of this machine; write one such as "
         "Europe/Istanbul (did you mean 'Europe/Istanbul'?)"},
        {CALENDAR "zone = ../../../etc/passwd\n", "is no time zone of this machine"},
        {CALENDAR "zone = Europe\n", "is no time zone of this machine"},
        {CALENDAR "holidays = 2026-10-29, 29.10.2026\n", "'29.10.2026' is no date"},
        {CALENDAR "except.tomorrow = 09:00-10:00\n",
         "except.tomorrow: 'tomorrow' is no date; write except.2026-10-28 = 09:00-13:00"},
        {CALENDAR "except.2026-10-28 = never\n", "'never' are no hours of a day"},
        {CALENDAR "except.2026-10-28 = 09:00-10:00\nexcept.2026-10-28 = 09:00-11:00\n",
         "gateway.conf:3: [calendar office]: except.2026-10-28: this calendar has that "
         "day already"},
        {CALENDAR "[calendar office]\n", AT "this section stands in line 1 already"},
        {"[people]\nayse = U024BE7LH\n", AT "[people]: ayse: 'U024BE7LH' is no way to "
                                            "mention somebody; write slack:U024BE7LH"},
        {"[people]\nayse = slack:A\nayse = slack:B\n",
         "gateway.conf:3: [people]: ayse: somebody has that name already"},
        {"[people]\n[people]\n", AT "this section stands in line 1 already"},
        {"[secret crm]\nvalue = abc\n",
         "gateway.conf:1: [secret crm]: to is missing: the only address"},
        {"[secret crm]\nto = https://crm.example.com\n",
         "value is missing: the secret"},
        {"[secret crm]\nvalue = abc\nto = crm.example.com\n", "does not begin with"},
        {"[gateway]\nlisten = 8090\n", AT "[gateway]: listen: '8090' is no host:port; "
                                          "write 127.0.0.1:8090"},
        {"[gateway]\nlisten = 0.0.0.0:8090\n",
         "gateway.conf:1: [gateway]: listen: 0.0.0.0:8090 is open to others; that needs "
         "token = ${file:token}, or listen on 127.0.0.1"},
        {"[gateway]\nnotify = ops, opps\n[destination ops]\nkind = log\n",
         "gateway.conf:1: [gateway]: notify: no [destination opps] (did you mean 'ops'?)"},
        {"[gateway]\nseverities = warning, Bad, critical\n",
         AT "[gateway]: severities: 'Bad' is no severity; one has up to 30 lower-case "
            "letters, digits, - and _"},
        {"[gateway]\nseverities = warning, critical, warning\n",
         AT "[gateway]: severities: 'warning' stands there twice"},
        {"[gateway]\nseverities = info, critical\n", AT
         "[gateway]: severities: 'warning' is missing; rules have it that say nothing"},
        {"[gateway]\nseverities = info, warning\n", AT
         "[gateway]: severities: 'critical' is missing; the gateway's own alerts have "
         "it"},
        {"[gateway]\nseverities = critical, warning\n", AT
         "[gateway]: severities: 'warning' stands behind 'critical'; write the least "
         "first, such as info, warning, critical, disaster"},
        {"[gateway]\nseverities = a, b, c, d, e, f, g, h, i, j, k\n",
         AT "[gateway]: severities: there are at most 10 severities"},
    };
    check_mistakes(mistakes, COUNT(mistakes));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CONF_TEST(test_everything),
        CONF_TEST(test_what_has_no_effect_is_noted),
        CONF_TEST(test_mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
