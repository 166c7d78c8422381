/* gateway.conf: mistakes, each with its line. */
#include "conf_file.h"

#define AGENT_GATEWAY "agent_gateway = https://10.22.26.181:8043\n"

#define DEST  "[destination x]\nkind = log\n"
#define WHERE "gateway.conf:3: [destination x]: "

static const struct conf_mistake mistakes[] = {
    /* lines and sections */
    {DEST "method: GET\n", WHERE "method: there is no '=' behind it; write method = …"},
    {DEST "method", WHERE "method: there is no '=' behind it"},
    {DEST "method = 'GET'\n", WHERE "method: has quotes around its value"},
    {"[calender office]\n",
     "gateway.conf:1: unknown section [calender] (did you mean 'calendar'?)"},
    {"stray", "gateway.conf:1: neither [section] nor key = value"},
    {"a = b\nc = d\n", "gateway.conf:1: a key before any section"},
    {"[gateway\n", "gateway.conf:1: a section ends with ']'"},
    {"[\n", "gateway.conf:1: a section ends with ']'"},
    {"[]\n", "gateway.conf:1: unknown section []"},
    {"[centre main]\nurl = x\n",
     "gateway.conf:1: unknown section [centre] (did you mean 'center'?)"},
    {"[center]\n", "gateway.conf:1: [center] needs a name, like [center main]"},
    {"[gateway main]\n", "gateway.conf:1: [gateway] takes no name"},
    {"[people here]\n", "gateway.conf:1: [people] takes no name"},
    {"[floor]\n", "gateway.conf:1: unknown section [floor]; there are [gateway]"},
    {"[script a b]\n", "gateway.conf:1: [script] takes a name of letters"},
    {"[gateway]\n\n[gateway]\nx = y\n",
     "gateway.conf:3: this section stands in line 1 already"},
    {DEST DEST, "gateway.conf:3: this section stands in line 1 already"},
    {"[script s]\n[script s]\n", "gateway.conf:2: this section stands in line 1"},
    {"[gateway]\n= x\n",
     "gateway.conf:2: [gateway]: unknown key ''; there are scripts"},
    {"[gateway]\nname = a\nname = b\n",
     "gateway.conf:3: [gateway]: name stands in line 2 already"},
    {"[gateway]\nname =\n", "gateway.conf:2: [gateway]: name: has no value ("},
    {"[gateway]\nname = ; only a comment\n", "gateway.conf:2: [gateway]: name: has no"},
    {"[gateway]\nname = a\tb\n", "gateway.conf:2: [gateway]: name: has a control"},
    {"[gateway]\nname = \xff\n", "gateway.conf:2: [gateway]: a byte that is not text"},
    /* keys */
    {CENTER "urll = https://x\n",
     "gateway.conf:7: [center main]: unknown key 'urll' (did you mean 'url'?)"},
    {CENTER "CC_ID = 1\n",
     "gateway.conf:7: [center main]: unknown key 'CC_ID' (did you mean 'cc_id'?)"},
    {CENTER "queue. = sales\n", "unknown key 'queue.' (did you mean 'queue.*'?)"},
    {"[gateway]\nvdn = 1\n",
     "gateway.conf:2: [gateway]: unknown key 'vdn' (it belongs into [center NAME])"},
    {"[gateway]\ncolour = 1\n", "unknown key 'colour'; there are scripts state name"},
    {"[gateway]\npassword = 1\n",
     "unknown key 'password' (it belongs into [center NAME])"},
    {"[center main]\ncc_id = 1\nvdn = 2\naccess_key = a\nsecret_key = b\n",
     "gateway.conf:1: [center main]: url is missing: the contact centre's address"},
    {"[destination x]\nurl = https://x\n",
     "gateway.conf:1: [destination x]: kind is missing: what receives"},
    /* values */
    {CENTER "rate = 5/sec\n",
     "gateway.conf:7: [center main]: rate: '5/sec' is not a rate; write \"5/s\" or "
     "\"300/min\" (requests to this center, at most)"},
    {CENTER "rate = 100001/s\n", "rate: '100001/s' is out of range: 1/h to 100000/s"},
    {CENTER "concurrency = 0\n", "concurrency: '0' is out of range: 1 to 1000"},
    {CENTER "concurrency = four\n", "concurrency: 'four' is not a whole number"},
    {CENTER "timeout = 10\n", "timeout: '10' is not a duration; write \"500ms\""},
    {CENTER "timeout = 1h\n", "timeout: '1h' is out of range: 100ms to 10m"},
    {CENTER "edition = 2024\n", "edition: '2024' is not one of 2023 2025"},
    {CENTER "default = true\n", "default: 'true' is not one of yes no"},
    {CENTER "signed_headers = some\n", "'some' is not one of all host"},
    /* signing in */
    {CENTER AGENT_GATEWAY "password = x\n",
     "gateway.conf:7: [center main]: agent_gateway needs operator: the agent who"},
    {CENTER AGENT_GATEWAY "operator = 1099\n",
     "gateway.conf:7: [center main]: agent_gateway needs password: the operator's"},
    {CENTER "phone = 8888\n",
     "gateway.conf:7: [center main]: phone means nothing without agent_gateway"},
    {CENTER "operator = 1099\n", "operator means nothing without agent_gateway"},
    {CENTER AGENT_GATEWAY "password = x\noperator = 100\n",
     "gateway.conf:9: [center main]: operator: '100' is out of range: 101 to 999999"},
    {CENTER AGENT_GATEWAY
     "operator = 1099\npassword = 12345678901234567890123456789012x\n",
     "gateway.conf:9: [center main]: password: is 33 bytes long; 32 are allowed"},
    {CENTER AGENT_GATEWAY "operator = 101\npassword = x\nsign_in = forced\n",
     "sign_in: 'forced' is not one of normal force"},
    {CENTER "agent_gateway = https://host:8043/agentgateway\noperator = 1099\n"
            "password = x\n",
     "agent_gateway: 'https://host:8043/agentgateway' has a path"},
    {"[script s]\nmemory = 32M\n",
     "gateway.conf:2: [script s]: memory: '32M' is not a size; write \"256KB\""},
    {"[script s]\nmemory = 1KB\n", "memory: '1KB' is out of range: 1MB to 16GB"},
    {"[script s]\ncpu = 11s\n", "cpu: '11s' is out of range: 1ms to 10s"},
    {DEST "method = SEND\n", WHERE "method: 'SEND' is not one of POST PUT"},
    {DEST "secret = whsec_c2hvcnQ=\n", WHERE "secret: is not a webhook secret"},
    {DEST "secret = " SECRET
          "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqrTwjUPD8ILPZIo2La"
          "LaSw\n",
     WHERE "secret: is not a webhook secret"},
    {DEST "secret = whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa-w\n",
     WHERE "secret: is not a"},
    {DEST "secret = " SECRET "a\n", WHERE "secret: is not a webhook secret"},
    {DEST "secret = MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n", WHERE "secret: is not a"},
    {DEST "url = hooks.example.com\n", WHERE "url: '***' does not begin with https://"},
    {DEST "url = httpx://host\n", WHERE "url: '***' does not begin with https://"},
    {DEST "url = https:/host\n", WHERE "url: '***' does not begin with https://"},
    {DEST "url = https:///x\n", WHERE "url: '***' has no valid host name"},
    {DEST "url = https://me:pw@host/\n", WHERE "url: '***' has a user name in it"},
    {DEST "url = https://host:0/\n", WHERE "url: '***' has a port that is not"},
    {DEST "url = https://host:65536/\n", WHERE "url: '***' has a port that is not"},
    {DEST "url = https://host:/\n", WHERE "url: '***' has a port that is not"},
    {DEST "url = https://[::1/\n", WHERE "url: '***' has no valid host name"},
    {DEST "url = https://ho st/\n", WHERE "url: '***' has no valid host name"},
    {DEST "url = https://host/a b\n", WHERE "url: '***' has a blank or a letter"},
    {DEST "url = https://host/\xc3\xa9\n", WHERE "url: '***' has a blank or a letter"},
    {DEST "header.X Y = 1\n", WHERE "header.X Y: 'X Y' is not the name of a header"},
    {DEST "header.X = a\x01\n", WHERE "header.X: has a control character"},
    {DEST "header.X = 1\nheader.x = 2\n",
     "gateway.conf:4: [destination x]: header.x: this section has that header already"},
    /* queues */
    {CENTER "queue.x = sales\n", "queue.x: 'x' is not the id of a queue"},
    {CENTER "queue.7 = , voice\n", "queue.7: has no name"},
    {CENTER "queue.7 = sales,,voice\n", "queue.7: has an empty tag"},
    {CENTER "queue.7 = sales,\n", "queue.7: has an empty tag"},
    {CENTER "queue.7 = a\nqueue.07 = b\n",
     "gateway.conf:8: [center main]: queue.7: has a name already, in line 7"},
    {CENTER "queue.7 = a\nqueue.8 = a\n",
     "gateway.conf:8: [center main]: queue.8: queue 7 has the same name"},
    {CENTER "queue.2001 = a\n",
     "gateway.conf:7: [center main]: queue.2001: the ids of queues go from 1 to 2000 in "
     "edition 2023; to 10000 with edition = 2025"},
    {CENTER "queue.10001 = a\nedition = 2025\n",
     "gateway.conf:7: [center main]: queue.10001: the ids of queues go from 1 to 10000 "
     "in edition 2025"},
    {CENTER "queue.0 = a\n", "queue.0: the ids of queues go from 1 to 2000"},
    /* what depends on several sections */
    {CENTER "default = yes\n[center b]\n" KEYS "default = yes\n",
     "gateway.conf:8: [center b]: default: [center main] is the default already"},
};

static void
test_mistakes(void **state)
{
    (void)state;
    check_mistakes(mistakes, COUNT(mistakes));
}

static void
test_center_ranges(void **state)
{
    (void)state;
    static const struct {
        const char *keys;
        size_t problem_count;
    } cases[] = {
        {"cc_id = 65535\nvdn = 5000\n", 0}, {"cc_id = 1\nvdn = 1\n", 0},
        {"cc_id = 0\nvdn = 0\n", 2},        {"cc_id = 65536\nvdn = 5001\n", 2},
        {"cc_id = -1\nvdn = 1.0\n", 2},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[256];
        struct problems problems = {0};
        snprintf(text, sizeof text,
                 "[center m]\nurl = https://h\naccess_key = a\nsecret_key = b\n%s",
                 cases[i].keys);
        conf_delete(load(text, &problems));
        assert_int_equal(problems.count, cases[i].problem_count);
        problems_fini(&problems);
    }
    static const char *const wrong_origins[] = {"https://h/", "https://h/rest",
                                                "https://h?x", "ftp://h", "h:1"};
    for (size_t i = 0; i < COUNT(wrong_origins); i++) {
        char text[256];
        struct problems problems = {0};
        snprintf(text, sizeof text,
                 "[center m]\ncc_id = 1\nvdn = 1\naccess_key = a\nsecret_key = b\n"
                 "url = %s\n",
                 wrong_origins[i]);
        conf_delete(load(text, &problems));
        assert_int_equal(problems.count, 1);
        assert_non_null(strstr(problems.lines[0], "write \"https://host:port\""));
        problems_fini(&problems);
    }
}

static void
test_all_mistakes_at_once(void **state)
{
    (void)state;
    struct problems problems = {0};
    struct conf *conf = load("[gateway]\nnamee = x\n[center m]\n"
                             "rate = fast\nstray\n[nonsense]\nskipped = 1\n"
                             "[destination d]\nkind = log\ntimeout = -1s\n",
                             &problems);
    assert_non_null(conf);
    /* namee, rate, stray, five missing keys, nonsense, timeout */
    assert_int_equal(problems.count, 10);
    struct buf out = {0};
    conf_print(conf, false, &out);
    conf_print(conf, true, &out);
    buf_fini(&out);
    problems_fini(&problems);
    conf_delete(conf);
}

static void
test_long_lines(void **state)
{
    (void)state;
    static char text[70000];
    int size = snprintf(text, sizeof text, "[gateway]\nname = ");
    memset(text + size, 'x', 65536 - 7);
    struct conf *conf = load_fine(text);
    assert_int_equal(strlen(conf->name), 65529);
    conf_delete(conf);
    text[size + 65536 - 7] = 'x';
    struct problems problems = {0};
    conf_delete(load(text, &problems));
    assert_int_equal(problems.count, 1);
    assert_string_equal(problems.lines[0],
                        "gateway.conf:2: [gateway]: a line of more than 64 KB");
    problems_fini(&problems);

    write_file("gateway.conf", "[gateway]\nname = a\0b\n", 21, 0644);
    conf_delete(conf_load("gateway.conf", &problems));
    assert_int_equal(problems.count, 1);
    assert_non_null(
        strstr(problems.lines[0], ":2: [gateway]: a byte that is not text"));
    problems_fini(&problems);
}

static void
test_a_long_value_is_cut_in_the_message(void **state)
{
    (void)state;
    char text[1000];
    int size = snprintf(text, sizeof text, CENTER "rate = ");
    for (int i = 0; i < 100; i++)
        size += snprintf(text + size, sizeof text - (size_t)size, "\xc3\xa9");
    struct problems problems = {0};
    conf_delete(load(text, &problems));
    assert_int_equal(problems.count, 1);
    assert_true(strlen(problems.lines[0]) < 250);
    assert_non_null(strstr(problems.lines[0], "\xc3\xa9\xe2\x80\xa6' is not a rate"));
    problems_fini(&problems);
}

static void
test_unreadable_files(void **state)
{
    (void)state;
    struct problems problems = {0};
    assert_null(conf_load("gateway.conf", &problems));
    assert_null(conf_load(folder, &problems));
    assert_int_equal(problems.count, 2);
    assert_string_equal(problems.lines[0],
                        "gateway.conf: cannot be read: No such file or directory; "
                        "go to the folder that has it, or name it with -c FILE");
    assert_non_null(strstr(problems.lines[1], ": cannot be read: Is a directory"));
    problems_fini(&problems);
    assert_null(problems.lines);
    conf_delete(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CONF_TEST(test_mistakes),
        CONF_TEST(test_center_ranges),
        CONF_TEST(test_all_mistakes_at_once),
        CONF_TEST(test_long_lines),
        CONF_TEST(test_a_long_value_is_cut_in_the_message),
        CONF_TEST(test_unreadable_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
