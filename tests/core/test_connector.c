/* The trusted Lua state: plans, messages, requests and verdicts across the border. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "deliver/connector.h"

#define NOW_MS 1763661900123

static const char event[] =
    "{\"severity\":\"warning\",\"labels\":{},\"summary\":\"Sales: 7 waiting\","
    "\"details\":null,\"link\":null,\"why\":\"calls_waiting is 7 (above 5)\","
    "\"reason\":null,\"row\":{\"id\":7},\"query\":\"queues\","
    "\"send\":[{\"to\":\"floor-chat\"},{\"to\":\"pager\"},{\"to\":\"floor-chat\"}]}";

static struct connector *connector;

static int
set_up(void **state)
{
    (void)state;
    struct error error = {0};
    log_set_level(LEVEL_ERROR + 1);
    connector = connector_new(&error);
    if (!connector)
        fail_msg("%s", error.message);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    connector_delete(connector);
    return 0;
}

static struct connector_transition
transition(const char *kind, const char *text, const char *alert_state)
{
    return (struct connector_transition){
        .fingerprint = "0123456789abcdef",
        .opening = 3,
        .center = "main",
        .rule = "queue-wait",
        .key = "7",
        .script = "queue_wait",
        .kind = kind,
        .event = text,
        .event_size = strlen(text),
        .state = alert_state,
        .now_ms = NOW_MS,
    };
}

static void
has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not in '%s'", part, text);
}

static void
test_kinds(void **state)
{
    (void)state;
    const char *const *kinds = connector_kinds();
    size_t count = 0;
    while (kinds[count])
        assert_true(connector_has_kind(connector, kinds[count++]));
    assert_true(count >= 2);
    assert_true(connector_has_kind(connector, "webhook"));
    assert_true(connector_has_kind(connector, "log"));
    assert_false(connector_has_kind(connector, "pigeon"));
    assert_false(connector_has_kind(connector, ""));
}

static void
test_keys_of_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *key;
        enum conf_need need;
    } cases[] = {
        {"webhook", "url", CONF_REQUIRED},    {"webhook", "header.*", CONF_OPTIONAL},
        {"webhook", "colour", CONF_NEEDLESS}, {"log", "url", CONF_NEEDLESS},
        {"pigeon", "url", CONF_NEEDLESS},
    };
    struct conf_kinds kinds = connector_conf_kinds(connector);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(kinds.need(kinds.arg, cases[i].kind, cases[i].key),
                         cases[i].need);
    for (size_t i = 0; kinds.names[i]; i++) {
        char *doc = connector_doc(connector, kinds.names[i]);
        assert_non_null(doc);
        free(doc);
    }
    assert_null(connector_doc(connector, "pigeon"));
}

static void
test_notify(void **state)
{
    (void)state;
    struct connector_plan raise, clear;
    struct error error = {0};
    struct connector_transition step = transition("raise", event, NULL);
    assert_true(connector_notify(connector, &step, &raise, &error));
    assert_int_equal(raise.message_count, 2);
    assert_string_equal(raise.messages[0].destination, "floor-chat");
    assert_string_equal(raise.messages[1].destination, "pager");
    assert_string_equal(raise.messages[0].kind, "raise");
    assert_int_equal(raise.messages[0].n, 1);
    assert_string_equal(raise.log, "raised  queue-wait/7 (warning): Sales: 7 waiting");
    has(raise.messages[0].message, "\"timestamp\":\"2025-11-20T18:05:00Z\"");
    has(raise.messages[0].message, "\"id\":\"0123456789abcdef-3\"");
    has(raise.messages[0].message, "\"started_at\":1763661900,\"ended_at\":null");

    step = transition("clear", event, raise.state);
    step.now_ms += 135000;
    assert_true(connector_notify(connector, &step, &clear, &error));
    assert_int_equal(clear.message_count, 2);
    assert_string_equal(clear.log, "cleared queue-wait/7 after 2m15s (recovered)");
    has(clear.messages[1].message, "\"duration\":135");
    connector_plan_fini(&raise);
    connector_plan_fini(&clear);
}

static void
test_nonsense(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *event, *message;
    } cases[] = {
        {"raise", "", ""},
        {"raise", "{", ""},
        {"raise", "[]", "severity is nil"},
        {"raise", "7", "not an object"},
        {"remind", event, "no transition 'remind'"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct connector_plan plan;
        struct error error = {0};
        struct connector_transition step =
            transition(cases[i].kind, cases[i].event, NULL);
        assert_false(connector_notify(connector, &step, &plan, &error));
        assert_int_equal(error.kind, ERROR_DECODE);
        has(error.message, cases[i].message);
        assert_int_equal(plan.message_count, 0);
    }
}

static void
test_message(void **state)
{
    (void)state;
    struct error error = {0};
    char *message = connector_message(connector, "{\"b\":[],\"a\":1}junk", 14, "digest",
                                      NOW_MS, &error);
    assert_string_equal(message,
                        "{\"type\":\"message\",\"timestamp\":\"2025-11-20T18:05:00Z\","
                        "\"data\":{\"kind\":\"message\",\"script\":\"digest\","
                        "\"message\":{\"b\":[],\"a\":1}}}");
    free(message);
    assert_null(connector_message(connector, "nonsense", 8, "digest", NOW_MS, &error));
    assert_int_equal(error.kind, ERROR_DECODE);
}

static struct conf conf;

static bool
render(const struct conf_destination *destination, const char *message,
       struct connector_request *request, struct error *error)
{
    const struct connector_subject subject = {
        .conf = &conf, .destination = destination, .id = "msg_1", .message = message};
    return connector_render(connector, &subject, request, error);
}

static void
test_render(void **state)
{
    (void)state;
    const char *message = "{\"type\":\"alert.raise\",\"data\":{\"kind\":\"raise\","
                          "\"rule\":\"queue-wait\",\"key\":\"7\",\"severity\":\"info\","
                          "\"summary\":\"Sales\"}}";
    char webhook[] = "webhook", log[] = "log", pigeon[] = "pigeon", put[] = "PUT";
    struct conf_destination destination = {.kind = webhook};
    struct connector_request request;
    struct error error = {0};
    assert_true(render(&destination, message, &request, &error));
    assert_string_equal(request.about, "raise of queue-wait/7");
    assert_string_equal(request.method, "POST");
    assert_string_equal(request.body, message);
    assert_int_equal(request.sign, SIGN_STANDARD_WEBHOOKS);
    assert_null(request.log);
    assert_int_equal(request.header_count, 1);
    assert_string_equal(request.headers[0].name, "content-type");
    assert_string_equal(request.headers[0].value, "application/json");
    connector_request_fini(&request);

    destination.method = put;
    assert_true(render(&destination, message, &request, &error));
    assert_string_equal(request.method, "PUT");
    connector_request_fini(&request);

    destination.kind = log;
    assert_true(render(&destination, message, &request, &error));
    assert_string_equal(request.log, "raise queue-wait/7 (info): Sales");
    assert_null(request.body);
    assert_int_equal(request.sign, SIGN_NONE);
    connector_request_fini(&request);

    destination.kind = pigeon;
    assert_false(render(&destination, message, &request, &error));
    has(error.message, "no kind 'pigeon'");
    destination.kind = webhook;
    assert_false(render(&destination, "7", &request, &error));
    assert_false(render(&destination, "{", &request, &error));
    assert_null(request.about);
}

/* What goes across for the kinds that are services. */
static void
test_render_for_services(void **state)
{
    (void)state;
    char ayse[] = "ayse", slack[] = "slack", teams[] = "teams", id[] = "U024BE7LH";
    char mail[] = "ayse@example.com", pagerduty[] = "pagerduty", webhook[] = "webhook";
    char shape[] = "alertmanager", name[] = "floor";
    struct conf_contact contacts[] = {{slack, id}, {teams, mail}};
    struct conf_person person = {ayse, contacts, 2};
    const char *message = "{\"type\":\"message\",\"data\":{\"kind\":\"message\","
                          "\"script\":\"digest\",\"message\":{\"text\":\"x\","
                          "\"mention\":\"ayse\"}}}";
    struct conf_destination destination = {.name = name, .kind = slack};
    struct connector_request request;
    struct error error = {0};
    conf = (struct conf){.people = &person, .person_count = 1};
    assert_true(render(&destination, message, &request, &error));
    has(request.body, "<@U024BE7LH>");
    assert_true(request.fresh);
    assert_false(request.fill);
    assert_int_equal(request.sign, SIGN_NONE);
    assert_null(request.url);
    connector_request_fini(&request);

    destination.kind = pagerduty;
    assert_true(render(&destination, message, &request, &error));
    has(request.body, "\"routing_key\":\1routing_key\1");
    has(request.body, "\"dedup_key\":\"msg_1\"");
    assert_true(request.fill);
    assert_false(request.fresh);
    assert_string_equal(request.url, "https://events.pagerduty.com/v2/enqueue");
    connector_request_fini(&request);

    destination.kind = webhook;
    destination.shape = shape;
    assert_true(render(&destination, message, &request, &error));
    has(request.body, "\"receiver\":\"floor\"");
    connector_request_fini(&request);
    conf = (struct conf){0};
}

static enum verdict
judge(const char *kind, const struct connector_answer *answer)
{
    struct connector_judgement judgement;
    connector_classify(connector, kind, answer, &judgement);
    free(judgement.memo);
    return judgement.verdict;
}

static void
test_classify(void **state)
{
    (void)state;
    static const struct {
        const char *kind;
        struct connector_answer answer;
        enum verdict verdict;
    } cases[] = {
        {"webhook", {.status = 204}, VERDICT_DONE},
        {"webhook", {.status = 503, .refusals = 9}, VERDICT_RETRY},
        {"webhook", {.error_kind = ERROR_TIMEOUT}, VERDICT_RETRY},
        {"webhook", {.status = 401, .refusals = 1}, VERDICT_SLOW},
        {"webhook", {.status = 410, .refusals = 1}, VERDICT_DEAD},
        {"webhook", {.status = 404, .refusals = 2}, VERDICT_RETRY},
        {"webhook", {.status = 404, .refusals = 3}, VERDICT_DEAD},
        {"log", {.status = 0}, VERDICT_DONE},
        {"slack", {.status = 404, .body = "no_service", .body_size = 10}, VERDICT_SLOW},
        {"teams", {.status = 202}, VERDICT_DONE},
        {"pagerduty", {.status = 400, .refusals = 1}, VERDICT_DEAD},
        /* A kind that fails loses nothing. */
        {"pigeon", {.status = 200}, VERDICT_RETRY},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_int_equal(judge(cases[i].kind, &cases[i].answer), cases[i].verdict);
}

/* ---- what would be answered ---- */

/* Of one kind and step. */
static void
expect_played(const char *kind, const char *step, const char *body, long status,
              const char *answered)
{
    long given = 0;
    const struct connector_request request = {.step = (char *)(uintptr_t)step,
                                              .body = (char *)(uintptr_t)body};
    char *text = connector_play(connector, kind, &request, 3, &given);
    assert_string_equal(text, answered);
    assert_int_equal(given, status);
    free(text);
}

static void
test_played(void **state)
{
    (void)state;
    expect_played("webhook", NULL, "{}", 200, "");
    expect_played("email", NULL, "…", 250, "250 2.0.0 queued");
    expect_played("jira", "search", "{}", 200, "{\"issues\":[]}");
    expect_played("jira", "create", "{\"fields\":{\"project\":{\"key\":\"OPS\"}}}", 201,
                  "{\"id\":\"10003\",\"key\":\"OPS-3\",\"self\":\"https://"
                  "example.atlassian.net/rest/api/3/issue/10003\"}");
    expect_played("jira", "close", "{}", 204, "");
    expect_played("jira", "create", "no JSON", 500, "");
    expect_played("pigeon", NULL, "{}", 500, "");
}

/* A message that could not be rendered for want of memory would be dead. */
static void
test_no_memory(void **state)
{
    (void)state;
#ifdef CCGATE_SANITIZE
    skip(); /* they need all of the address space */
#endif
    static char lists[90001];
    lists[0] = '[';
    for (size_t i = 1; i + 3 < sizeof(lists); i += 3)
        memcpy(lists + i, "[],", 3);
    memcpy(lists + sizeof(lists) - 4, "[]]", 3);
    pid_t child = fork();
    if (child == 0) {
        struct error error;
        void *room[2];
        for (size_t i = 0; i < sizeof(room) / sizeof(*room); i++)
            room[i] = malloc(100000);
        setrlimit(RLIMIT_CORE, &(struct rlimit){0});
        setrlimit(RLIMIT_AS, &(struct rlimit){0});
        /* Room for the text is left, but not for what is made of it. */
        while (malloc(1 << 14))
            continue;
        for (size_t i = 0; i < sizeof(room) / sizeof(*room); i++)
            free(room[i]);
        connector_message(connector, lists, strlen(lists), "mine", NOW_MS, &error);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_keys_of_kinds),
        cmocka_unit_test(test_notify),
        cmocka_unit_test(test_nonsense),
        cmocka_unit_test(test_message),
        cmocka_unit_test(test_render),
        cmocka_unit_test(test_render_for_services),
        cmocka_unit_test(test_classify),
        cmocka_unit_test(test_played),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests_name("connector", tests, set_up, tear_down);
}
