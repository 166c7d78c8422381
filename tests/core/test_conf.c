/* gateway.conf: what is read, its secrets, and how it is printed. */
#include "conf_file.h"

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
        CONF_TEST(test_what_is_played_needs_no_secrets),
        CONF_TEST(test_print),
        CONF_TEST(test_print_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
