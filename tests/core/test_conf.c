#include "conf_file.h"

#define AGENT_GATEWAY "agent_gateway = https://10.22.26.181:8043\n"

/* ---- what is read ---- */

static void
test_defaults(void **state)
{
    (void)state;
    struct conf *conf = load_fine(CENTER "[destination chat]\nkind = log\n");
    char path[128];
    assert_string_equal(conf->file, "gateway.conf");
    assert_string_equal(conf->name, "ccgate");
    snprintf(path, sizeof path, "%s/scripts", folder);
    assert_string_equal(conf->scripts, path);
    snprintf(path, sizeof path, "%s/var", folder);
    assert_string_equal(conf->state, path);

    const struct conf_center *center = conf_find_center(conf, "main");
    assert_int_equal(center->line, 1);
    assert_string_equal(center->url, "https://10.22.26.181:28080");
    assert_int_equal(center->cc_id, 1);
    assert_int_equal(center->vdn, 2);
    assert_string_equal(center->access_key, "AK");
    assert_string_equal(center->secret_key, "SK");
    assert_null(center->ca_file);
    assert_int_equal(center->edition, 2023);
    assert_true(center->is_default);
    assert_true(center->rate == 5.0);
    assert_int_equal(center->concurrency, 4);
    assert_int_equal(center->timeout_ms, 10000);
    assert_int_equal(center->queue_count, 0);
    assert_false(center->sign_host_only);
    assert_false(center->timestamp_millis);
    assert_false(center->empty_query_line);
    assert_null(center->agent_gateway);
    assert_null(center->password);
    assert_null(center->phone);
    assert_false(center->is_sign_in_forced);

    const struct conf_destination *chat = conf_find_destination(conf, "chat");
    assert_int_equal(chat->line, 7);
    assert_string_equal(chat->kind, "log");
    assert_string_equal(chat->method, "POST");
    assert_int_equal(chat->timeout_ms, 10000);
    assert_null(chat->url);
    assert_null(chat->secret);
    assert_null(chat->ca_file);
    assert_int_equal(chat->header_count, 0);
    conf_delete(conf);
}

static void
test_default_limits(void **state)
{
    (void)state;
    struct conf *conf = load_fine("[script heavy]\nmemory = 64MB\ncpu = 2s\n");
    const struct conf_limits *limits = conf_limits_of(conf, "other");
    assert_ptr_equal(limits, &conf->limits);
    assert_int_equal(limits->cpu_ms, 100);
    assert_int_equal(limits->cpu_load_ms, 1000);
    assert_int_equal(limits->memory_bytes, 32 << 20);
    assert_int_equal(limits->source_bytes, 256 << 10);
    assert_int_equal(limits->tasks, 1000);
    assert_int_equal(limits->wants, 500);
    assert_true(limits->sends_per_s == 100.0 / 60);
    assert_int_equal(limits->alerts, 10000);
    assert_true(limits->logs_per_s == 200.0 / 60);

    limits = conf_limits_of(conf, "heavy");
    assert_int_equal(limits->memory_bytes, 64 << 20);
    assert_int_equal(limits->cpu_ms, 2000);
    assert_int_equal(limits->cpu_load_ms, 2000);
    assert_int_equal(limits->tasks, 1000);
    assert_null(conf_default_center(conf));
    conf_delete(conf);
}

static void
test_everything_given(void **state)
{
    (void)state;
    struct conf *conf = load_fine(
        "\xef\xbb\xbf; a comment\r\n"
        "[gateway] # the one\r\n"
        "  scripts=/etc/ccgate/scripts   ; absolute\r\n"
        "name\t=\tfloor 3\n"
        "[center a]\n" KEYS "queue.30 = Grand comptes, voice ,vip\n"
        "queue.7 = sales\n"
        "ca_file = ca.pem\n"
        "edition = 2025\n"
        "queue.10000 = \xe5\xae\xa2\xe6\x9c\x8d;1 #x\n"
        "rate = 90/min\nconcurrency = 64\ntimeout = 1m30s\n"
        "signed_headers = host\ntimestamp_millis = yes\nempty_query_line = yes\n"
        "agent_gateway = https://10.22.26.181:8043\noperator = 1099\n"
        "password = hunter2\nphone = 88880000\nsign_in = force\n"
        "[center b]\n" KEYS "default = yes\n"
        "[destination ops]\nkind = webhook\nurl = https://hooks.example.com/a?b=c#d\n"
        "method = PUT\nheader.Authorization = Bearer a=b\nheader.X-Team = x\n"
        "secret = " SECRET "\nca_file = /etc/ca.pem\ntimeout = 500ms");
    assert_string_equal(conf->scripts, "/etc/ccgate/scripts");
    assert_string_equal(conf->name, "floor 3");
    assert_string_equal(conf_default_center(conf)->name, "b");

    const struct conf_center *a = conf_find_center(conf, "a");
    assert_int_equal(a->queue_count, 3);
    assert_int_equal(a->queues[0].id, 7);
    assert_string_equal(a->queues[0].name, "sales");
    assert_int_equal(a->queues[0].tag_count, 0);
    assert_string_equal(a->queues[1].name, "Grand comptes");
    assert_int_equal(a->queues[1].tag_count, 2);
    assert_string_equal(a->queues[1].tags[0], "voice");
    assert_string_equal(a->queues[1].tags[1], "vip");
    assert_string_equal(a->queues[2].name, "\xe5\xae\xa2\xe6\x9c\x8d;1");
    assert_string_equal(strrchr(a->ca_file, '/'), "/ca.pem");
    assert_int_equal(a->ca_file[0], '/');
    assert_int_equal(a->edition, 2025);
    assert_true(a->rate == 1.5);
    assert_int_equal(a->timeout_ms, 90000);
    assert_true(a->sign_host_only && a->timestamp_millis && a->empty_query_line);
    assert_false(a->is_default);
    assert_string_equal(a->agent_gateway, "https://10.22.26.181:8043");
    assert_int_equal(a->operator_id, 1099);
    assert_string_equal(a->password, "hunter2");
    assert_string_equal(a->phone, "88880000");
    assert_true(a->is_sign_in_forced);

    const struct conf_destination *ops = conf_find_destination(conf, "ops");
    assert_string_equal(ops->url, "https://hooks.example.com/a?b=c#d");
    assert_string_equal(ops->method, "PUT");
    assert_int_equal(ops->header_count, 2);
    assert_string_equal(ops->headers[0].name, "Authorization");
    assert_string_equal(ops->headers[0].value, "Bearer a=b");
    assert_string_equal(ops->secret, SECRET);
    assert_string_equal(ops->ca_file, "/etc/ca.pem");
    assert_int_equal(ops->timeout_ms, 500);
    assert_null(conf_find_destination(conf, "op"));
    assert_null(conf_find_center(conf, "ops"));
    conf_delete(conf);
}

static void
test_several_centers_without_a_default(void **state)
{
    (void)state;
    struct conf *conf = load_fine(CENTER "[center b]\n" KEYS);
    assert_int_equal(conf->center_count, 2);
    assert_null(conf_default_center(conf));
    conf_delete(conf);
}

static void
test_good_addresses(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "https://aicc.example.com", "http://127.0.0.1:1", "https://[::1]:65535",
        "https://under_score.lan",  "https://host:65535",
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[256];
        snprintf(text, sizeof text, "[destination x]\nkind = webhook\nurl = %s/\n",
                 cases[i]);
        conf_delete(load_fine(text));
    }
}

/* ---- secrets ---- */

static void
test_secrets_from_elsewhere(void **state)
{
    (void)state;
    setenv("CCGATE_TEST_AK", "from-env", 1);
    write_file("secret", "from ; file\r\n", 13, 0600);
    struct conf *conf =
        load_fine("[center main]\nurl = https://h\ncc_id = 1\nvdn = 1\n"
                  "access_key = <${env:CCGATE_TEST_AK}>\nsecret_key = ${file:secret}\n"
                  "[destination x]\nkind = webhook\n"
                  "header.Authorization = ${env:CCGATE_TEST_AK} ${file:secret}\n");
    assert_string_equal(conf->centers[0].access_key, "<from-env>");
    assert_string_equal(conf->centers[0].secret_key, "from ; file");
    assert_string_equal(conf->destinations[0].headers[0].value, "from-env from ; file");
    conf_delete(conf);
}

static void
test_credentials(void **state)
{
    (void)state;
    write_file("aicc", "'from systemd'\n", 15, 0440);
    setenv("CREDENTIALS_DIRECTORY", folder, 1);
    struct conf *conf = load_fine("[gateway]\nname = ${credential:aicc}\n");
    assert_string_equal(conf->name, "'from systemd'");
    conf_delete(conf);
    static const char *const values[] = {NULL, ""};
    for (size_t i = 0; i < COUNT(values); i++) {
        struct problems problems = {0};
        unsetenv("CREDENTIALS_DIRECTORY");
        if (values[i])
            setenv("CREDENTIALS_DIRECTORY", values[i], 1);
        conf_delete(load("[gateway]\nname = ${credential:aicc}\n", &problems));
        assert_int_equal(problems.count, 1);
        assert_string_equal(
            problems.lines[0],
            "gateway.conf:2: [gateway]: name: ${credential:aicc}: there "
            "is no $CREDENTIALS_DIRECTORY; systemd sets it for a service "
            "with LoadCredential=aicc:PATH");
        problems_fini(&problems);
    }
}

static void
test_refused_secrets(void **state)
{
    (void)state;
    setenv("CCGATE_TEST_EMPTY", "", 1);
    unsetenv("CCGATE_TEST_NONE");
    setenv("CCGATE_TEST_PORT", "port-hidden", 1);
    write_file("open", "x", 1, 0640);
    write_file("secret", "a\nb", 3, 0600);
    write_file("all", "x", 1, 0644);
    setenv("CREDENTIALS_DIRECTORY", folder, 1);
    assert_int_equal(mkfifo("pipe", 0600), 0);
    static const struct {
        const char *value, *expected;
    } cases[] = {
        {"${env:CCGATE_TEST_NONE}", "${env:CCGATE_TEST_NONE}: the environment has no"},
        {"${env:CCGATE_TEST_EMPTY}", "the environment has no such variable, or an"},
        {"${file:missing}", "/missing: No such file"},
        {"${file:open}", "others may read it; run: chmod 600 /"},
        {"${file:secret}", "has a control character"},
        {"${file:pipe}", "/pipe is not a file"},
        {"${file:.}", "is not a file"},
        {"${file:}", "is not a file"},
        {"${file:/dev/null}", "/dev/null is not a file"},
        {"${credential:missing}", "/missing: No such file"},
        {"${credential:all}", "others may read it; run: chmod 600 /"},
        {"${credential:}", "a credential has a name, not a path"},
        {"${credential:../secret}", "a credential has a name, not a path"},
        {"${emv:HOME}", "unknown source 'emv' (did you mean 'env'?)"},
        {"${HOME}", "${HOME}: is not ${env:NAME}, ${file:PATH} or ${credential:"},
        {"a${env:HOME", "'${' has no '}'"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[256];
        struct problems problems = {0};
        snprintf(text, sizeof text, "[gateway]\nname = %s\n", cases[i].value);
        conf_delete(load(text, &problems));
        assert_int_equal(problems.count, 1);
        if (strncmp(problems.lines[0], "gateway.conf:2: [gateway]: name: ", 33) != 0 ||
            strstr(problems.lines[0], cases[i].expected) == NULL)
            fail_msg("%s: %s", cases[i].value, problems.lines[0]);
        problems_fini(&problems);
    }
}

static void
test_messages_keep_secrets(void **state)
{
    (void)state;
    setenv("CCGATE_TEST_HIDDEN", "hidden word", 1);
    struct problems problems = {0};
    conf_delete(
        load("[center main]\nurl = ${env:CCGATE_TEST_HIDDEN}\n"
             "cc_id = ${env:CCGATE_TEST_HIDDEN}\n"
             "rate = ${env:CCGATE_TEST_HIDDEN}\n"
             "default = ${env:CCGATE_TEST_HIDDEN}\n"
             "timeout = ${env:CCGATE_TEST_HIDDEN}\n"
             "[destination x]\nhidden\nurl = ftp://hidden.example.com\n"
             "secret = hidden\n[script s]\nmemory = ${env:CCGATE_TEST_HIDDEN}\n",
             &problems));
    assert_true(problems.count >= 8);
    for (size_t i = 0; i < problems.count; i++)
        assert_null(strstr(problems.lines[i], "hidden"));
    problems_fini(&problems);
}

/* ---- mistakes: one each, with its line ---- */

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
test_what_is_played_needs_no_secrets(void **state)
{
    (void)state;
    static const char text[] =
        "[center main]\nurl = ${env:CCGATE_NONE}\ncc_id = 1\nvdn = 2\n"
        "access_key = ${credential:none}\nsecret_key = ${file:none}\n"
        "rate = ${env:CCGATE_NONE}\n"
        "[destination chat]\nkind = webhook\nurl = ${file:none}\n"
        "secret = ${file:none}\nheader.X-Key = Bearer ${env:CCGATE_NONE}\n";
    struct problems problems = {0};
    conf_delete(load(text, &problems));
    assert_int_equal(problems.count, 7);
    problems_fini(&problems);
    struct conf *conf = conf_load_played("gateway.conf", &problems);
    assert_int_equal(problems.count, 0);
    assert_string_equal(conf->centers[0].url, "https://played.invalid");
    assert_string_equal(conf->centers[0].secret_key, "played");
    assert_true(conf->centers[0].rate == 5);
    assert_string_equal(conf->destinations[0].headers[0].value, "played");
    assert_memory_equal(conf->destinations[0].secret, "whsec_", 6);
    assert_false(conf->is_open);
    conf_delete(conf);
    /* What has nothing to do with secrets is as wrong as ever. */
    write_file("gateway.conf", "[gateway]\nnme = a\n", 18, 0644);
    conf_delete(conf_load_played("gateway.conf", &problems));
    assert_int_equal(problems.count, 1);
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

/* ---- printing ---- */

static void
test_print(void **state)
{
    (void)state;
    setenv("CCGATE_TEST_AK", "hidden", 1);
    struct conf *conf = load_fine(
        "[script s]\ntasks = 7\n"
        "[destination x]\nkind = webhook\nurl = https://hidden.example.com/\n"
        "header.A = hidden\nsecret = " SECRET "\n"
        "[center main]\nurl = https://h:1\ncc_id = 1\nvdn = 2\n"
        "access_key = ${env:CCGATE_TEST_AK}\nsecret_key = hidden\nqueue.9 = b, t\n"
        "rate = 7/s\nqueue.8 = a\n"
        "agent_gateway = https://h:2\noperator = 1099\npassword = hidden\n");
    struct buf out = {0};
    conf_print(conf, false, &out);
    assert_string_equal(
        out.data,
        "[gateway]\nscripts = scripts ; default\nstate = var ; default\n"
        "name = ccgate ; default\n"
        "\n[center main]\nurl = https://h:1\ncc_id = 1\nvdn = 2\naccess_key = ***\n"
        "secret_key = ***\nqueue.9 = b, t\nqueue.8 = a\nedition = 2023 ; default\n"
        "default = yes ; default\nrate = 7/s\nconcurrency = 4 ; default\n"
        "timeout = 10s ; default\nsigned_headers = all ; default\n"
        "timestamp_millis = no ; default\nempty_query_line = no ; default\n"
        "agent_gateway = https://h:2\noperator = 1099\npassword = ***\n"
        "sign_in = normal ; default\n"
        "\n[destination x]\nkind = webhook\nurl = ***\nmethod = POST ; default\n"
        "header.A = ***\nsecret = ***\nshape = event ; default\nstarttls = required ; default\ntimeout = 10s ; default\n"
        "allow_private = no ; default\n"
        "\n[script s]\ncpu = 100ms ; default\nmemory = 32MB ; default\n"
        "source = 256KB ; default\ntasks = 7\nwants = 500 ; default\n"
        "sends = 100/min ; default\nalerts = 10000 ; default\nstore = 1MB ; default\nlog = 200/min ; default\n"
        "allow_private = no ; default\n"
        "\n; every script without a [script NAME]:\n; cpu = 100ms ; default\n"
        "; memory = 32MB ; default\n; source = 256KB ; default\n"
        "; tasks = 1000 ; default\n; wants = 500 ; default\n; sends = 100/min ; default\n"
        "; alerts = 10000 ; default\n; store = 1MB ; default\n; log = 200/min ; default\n"
        "; allow_private = no ; default\n");
    buf_fini(&out);
    conf_delete(conf);
}

static void
test_print_json(void **state)
{
    (void)state;
    struct conf *conf = load_fine(
        "[gateway]\nname = say \"hi\"\n[destination b]\nkind = log\ntimeout = 1s\n"
        "[destination a]\nkind = log\n" CENTER);
    struct buf out = {0};
    conf_print(conf, true, &out);
    static const char *const pieces[] = {
        "{\"gateway\":{\"scripts\":{\"value\":\"scripts\",\"default\":true},",
        "\"name\":{\"value\":\"say \\\"hi\\\"\",\"default\":false}},"
        "\"center\":{\"main\":{\"url\":{",
        "\"secret_key\":{\"value\":\"***\",\"default\":false}",
        "}},\"destination\":{\"b\":{\"kind\":{\"value\":\"log\",\"default\":false},",
        "\"timeout\":{\"value\":\"1s\",\"default\":false},"
        "\"allow_private\":{\"value\":\"no\",\"default\":true}},\"a\":{\"kind\":",
        "}},\"script\":{\"*\":{\"cpu\":{\"value\":\"100ms\",\"default\":true},",
        "\"log\":{\"value\":\"200/min\",\"default\":true},\"allow_private\":"
        "{\"value\":\"no\",\"default\":true}}}}\n",
    };
    for (size_t i = 0; i < COUNT(pieces); i++)
        if (strstr(out.data, pieces[i]) == NULL)
            fail_msg("no %s in %s", pieces[i], out.data);
    buf_fini(&out);
    conf_delete(conf);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CONF_TEST(test_defaults),
        CONF_TEST(test_default_limits),
        CONF_TEST(test_everything_given),
        CONF_TEST(test_several_centers_without_a_default),
        CONF_TEST(test_good_addresses),
        CONF_TEST(test_secrets_from_elsewhere),
        CONF_TEST(test_credentials),
        CONF_TEST(test_refused_secrets),
        CONF_TEST(test_messages_keep_secrets),
        CONF_TEST(test_mistakes),
        CONF_TEST(test_center_ranges),
        CONF_TEST(test_all_mistakes_at_once),
        CONF_TEST(test_long_lines),
        CONF_TEST(test_a_long_value_is_cut_in_the_message),
        CONF_TEST(test_what_is_played_needs_no_secrets),
        CONF_TEST(test_unreadable_files),
        CONF_TEST(test_print),
        CONF_TEST(test_print_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
