/* What a section [destination NAME] says beyond an address and headers. */
#include "conf_file.h"

#define DEST "[destination d]\nkind = webhook\n"

static void
private_addresses_are_asked_for(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        bool is_allowed;
        size_t ranges;
    } cases[] = {
        {"", false, 0},
        {"allow_private = no\n", false, 0},
        {"allow_private = yes\n", true, 0},
        {"allow_private = 10.0.0.0/8\n", false, 1},
        {"allow_private = 192.168.7.9, fd00::/8 ,10.1.0.0/16\n", false, 3},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[200];
        snprintf(text, sizeof text, DEST "%s", cases[i].line);
        struct conf *conf = load_fine(text);
        assert_int_equal(conf->destinations[0].is_private_allowed, cases[i].is_allowed);
        assert_int_equal(conf->destinations[0].private_range_count, cases[i].ranges);
        conf_delete(conf);
    }
    struct conf *conf = load_fine(DEST "allow_private = 192.168.7.9, fd00::/8\n");
    const struct conf_destination *destination = &conf->destinations[0];
    struct address address;
    assert_true(address_parse("192.168.7.9", &address));
    assert_true(range_holds(&destination->private_ranges[0], &address));
    assert_false(range_holds(&destination->private_ranges[1], &address));
    conf_delete(conf);
}

static void
a_script_has_its_own(void **state)
{
    (void)state;
    struct conf *conf = load_fine("[script a]\nallow_private = 10.0.0.0/8, fd00::/8\n"
                                  "[script b]\nallow_private = yes\n[script c]\n"
                                  "tasks = 5\n");
    assert_false(conf_find_script(conf, "a")->is_private_allowed);
    assert_int_equal(conf_find_script(conf, "a")->private_range_count, 2);
    assert_true(conf_find_script(conf, "b")->is_private_allowed);
    assert_false(conf_find_script(conf, "c")->is_private_allowed);
    assert_null(conf_find_script(conf, "d"));
    conf_delete(conf);
}

/* Scripts may use them: nothing is said of keys that nobody reads. */
static void
secrets_are_used(void **state)
{
    (void)state;
    struct conf *conf = load_fine("[secret crm]\nvalue = v\nto = https://a.example\n");
    assert_string_equal(conf->secrets[0].value, "v");
    for (size_t i = 0; i < conf->notes.count; i++)
        assert_null(strstr(conf->notes.lines[i], "secret"));
    conf_delete(conf);
}

static void
ranges_are_checked(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "true",      "10.0.0.0/33", "10.0.0.7/8", "10.0.0.0/8,", "10.0.0.0/8 yes",
        "localhost", "yes, no",     "[::1]",      "10.0.0.*",
    };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct problems problems = {0};
        char text[200], sentence[200];
        snprintf(text, sizeof text, DEST "allow_private = %s\n", wrong[i]);
        snprintf(
            sentence, sizeof sentence,
            "gateway.conf:3: [destination d]: allow_private: '%s' is neither yes nor "
            "no nor ranges of addresses; write 10.0.0.0/8 or 192.168.7.9, fd00::/8",
            wrong[i]);
        struct conf *conf = load(text, &problems);
        assert_int_equal(problems.count, 1);
        assert_string_equal(problems.lines[0], sentence);
        problems_fini(&problems);
        conf_delete(conf);
    }
}

static void
shapes_and_keys(void **state)
{
    (void)state;
    struct conf *conf = load_fine(DEST "shape = alertmanager\nrouting_key = hidden\n");
    assert_string_equal(conf->destinations[0].shape, "alertmanager");
    assert_string_equal(conf->destinations[0].routing_key, "hidden");
    struct buf out = {0};
    conf_print(conf, false, &out);
    assert_null(strstr(out.data, "hidden"));
    assert_non_null(strstr(out.data, "routing_key = ***\nshape = alertmanager\n"));
    buf_fini(&out);
    conf_delete(conf);
    conf = load_fine(DEST);
    assert_string_equal(conf->destinations[0].shape, "event");
    assert_null(conf->destinations[0].routing_key);
    conf_delete(conf);
    struct problems problems = {0};
    conf = load(DEST "shape = prometheus\n", &problems);
    assert_int_equal(problems.count, 1);
    assert_non_null(strstr(problems.lines[0], "'prometheus' is not one of event "
                                              "alertmanager"));
    problems_fini(&problems);
    conf_delete(conf);
}

static void
addresses_of_letters(void **state)
{
    (void)state;
    static const struct {
        const char *line, *wrong; /* NULL: fine */
    } cases[] = {
        {"from = ccgate@example.com\n", NULL},
        {"to = ops@example.com, lead+queue@example.com\n", NULL},
        {"starttls = off\n", NULL},
        {"url = smtp://mail.example.com:587\n", NULL},
        {"url = smtps://mail.example.com\n", NULL},
        {"from = ops\n", "from: 'ops' is no address; write ops@example.com"},
        {"from = a@b, c@d\n", "from: has 2 addresses; 1 can be there"},
        {"to = Ops <ops@example.com>\n",
         "to: 'Ops <ops@example.com>' is no address; write ops@example.com, "
         "lead@example.com"},
        {"to = a@b@c\n", "is no address"},
        {"to = @b\n", "is no address"},
        {"to = a@-b\n", "is no address"},
        {"starttls = no\n", "starttls: 'no' is neither required nor off"},
        {"url = ftp://example.com\n", "does not begin with https:// or http://"},
        {"url = smtpss://example.com\n", "does not begin with https:// or http://"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct problems problems = {0};
        char text[200];
        snprintf(text, sizeof text, DEST "%s", cases[i].line);
        struct conf *conf = load(text, &problems);
        assert_int_equal(problems.count, cases[i].wrong != NULL);
        if (cases[i].wrong && !strstr(problems.lines[0], cases[i].wrong))
            fail_msg("%s", problems.lines[0]);
        problems_fini(&problems);
        conf_delete(conf);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(private_addresses_are_asked_for, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_script_has_its_own, setup, teardown),
        cmocka_unit_test_setup_teardown(secrets_are_used, setup, teardown),
        cmocka_unit_test_setup_teardown(ranges_are_checked, setup, teardown),
        cmocka_unit_test_setup_teardown(shapes_and_keys, setup, teardown),
        cmocka_unit_test_setup_teardown(addresses_of_letters, setup, teardown),
    };
    return cmocka_run_group_tests_name("conf_destination", tests, NULL, NULL);
}
