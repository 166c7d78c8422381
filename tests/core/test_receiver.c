/* The services that the sink plays: what they take, and what they refuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "sim/receiver.h"

#define SLACK "/services/T0/B0/x"
#define TEAMS "/workflows/x/triggers/manual/paths/invoke"
#define PAGER "/v2/enqueue"

#define CARD(body)                                                                     \
    "{\"type\":\"message\",\"attachments\":[{\"contentType\":"                         \
    "\"application/vnd.microsoft.card.adaptive\",\"contentUrl\":null,\"content\":"     \
    "{\"type\":\"AdaptiveCard\",\"version\":\"1.4\",\"body\":" body "}}]}"
#define EVENT(action, rest)                                                            \
    "{\"routing_key\":\"r\",\"event_action\":\"" action "\"" rest "}"
#define PAYLOAD(severity)                                                              \
    ",\"payload\":{\"summary\":\"s\",\"source\":\"c\",\"severity\":\"" severity "\"}"

static void
what_is_right_is_taken(void **state)
{
    (void)state;
    static const struct {
        const char *path, *body;
        int status;
    } cases[] = {
        {SLACK, "{\"text\":\"a\"}", 200},
        {SLACK,
         " {\"text\":\"a\",\"blocks\":[{\"type\":\"divider\"},{\"text\":{\"text\":\"h\","
         "\"type\":\"plain_text\"},\"type\":\"header\"}]}\n",
         200},
        {TEAMS, CARD("[{\"type\":\"TextBlock\",\"text\":\"a\"}]"), 202},
        {TEAMS,
         CARD("[{\"type\":\"ColumnSet\",\"columns\":[{\"type\":\"Column\",\"items\":"
              "[{\"type\":\"TextBlock\",\"text\":\"a\"}]}]}]"),
         202},
        {PAGER, EVENT("trigger", PAYLOAD("info")), 202},
        {PAGER, EVENT("resolve", ",\"dedup_key\":\"d\""), 202},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf problem = {0};
        struct receiver_answer answer = receiver_judge(
            receiver_at(cases[i].path), cases[i].body, strlen(cases[i].body), &problem);
        if (problem.size || answer.status != cases[i].status)
            fail_msg("%s: %s", cases[i].body, problem.data);
        buf_fini(&problem);
    }
}

static void
refused(const char *path, const char *body, const char *sentence)
{
    struct buf problem = {0};
    struct receiver_answer answer =
        receiver_judge(receiver_at(path), body, strlen(body), &problem);
    if (answer.status != 400 || !problem.size || strcmp(problem.data, sentence) != 0)
        fail_msg("%.200s: %s", body, problem.size ? problem.data : "taken");
    buf_fini(&problem);
}

static void
what_is_wrong_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *path, *body, *sentence;
    } cases[] = {
        {SLACK, "", "the body: is not an object"},
        {SLACK, "[]", "the body: is not an object"},
        {SLACK, "{}", "text: is missing"},
        {SLACK, "{\"text\":\"\"}", "text: is empty"},
        {SLACK, "{\"text\":7}", "text: is not a text"},
        {SLACK, "{\"text\":\"a\",\"data\":1}", "the body: has an unknown key 'data'"},
        {SLACK, "{\"text\":\"a\"", "ends too early"},
        {SLACK, "{\"text\":\"a\"}x", "more text after the value"},
        {SLACK, "{\"text\":\"a\",\"blocks\":{}}", "blocks: is not a list"},
        {SLACK, "{\"text\":\"a\",\"blocks\":[7]}", "blocks: is not an object"},
        {SLACK, "{\"text\":\"a\",\"blocks\":[{\"type\":\"video\"}]}",
         "blocks: is of no known kind"},
        {SLACK, "{\"text\":\"a\",\"blocks\":[{\"type\":\"context\",\"elements\":[]}]}",
         "elements: is empty"},
        {TEAMS, "{\"text\":\"a\"}", "the body: has an unknown key 'text'"},
        {TEAMS, CARD("[]"), "body: is empty"},
        {TEAMS, CARD("[{\"type\":\"TextBlock\",\"text\":\"a\",\"color\":\"red\"}]"),
         "color: is none of the words that it may be"},
        {PAGER, EVENT("open", ""), "the body: is of no known kind"},
        {PAGER, EVENT("trigger", ""), "payload: is missing"},
        {PAGER, EVENT("trigger", PAYLOAD("high")),
         "severity: is none of the words that it may be"},
        {PAGER, EVENT("resolve", ""), "dedup_key: is missing"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refused(cases[i].path, cases[i].body, cases[i].sentence);
}

/* A body with `count` times `piece` between two others. */
static void
refused_long(const char *path, const char *before, const char *piece, size_t count,
             const char *after, const char *sentence)
{
    struct buf body = {0};
    buf_add_text(&body, before);
    for (size_t i = 0; i < count; i++)
        buf_add_text(&body, piece);
    buf_add_text(&body, after);
    refused(path, body.data, sentence);
    buf_fini(&body);
}

static void
limits_are_kept(void **state)
{
    (void)state;
    static const char header[] =
        "{\"text\":\"a\",\"blocks\":[{\"type\":\"header\",\"text\":"
        "{\"type\":\"plain_text\",\"text\":\"";
    refused_long(SLACK, header, "é", 151, "\"}}]}",
                 "text: 151 characters, 150 are allowed");
    refused_long(SLACK, "{\"text\":\"a\",\"blocks\":[{\"type\":\"divider\"}",
                 ",{\"type\":\"divider\"}", 50, "]}",
                 "blocks: 51 items, 50 are allowed");
    refused_long(TEAMS, "{\"type\":\"", "x", 28673, "\"}",
                 "the body: 28684 bytes, 28672 are allowed");
    refused_long(PAGER, "{\"event_action\":\"resolve\",\"dedup_key\":\"", "é", 256,
                 "\"}", "dedup_key: 256 characters, 255 are allowed");
}

static void
elsewhere_is_no_service(void **state)
{
    (void)state;
    assert_null(receiver_at("/"));
    assert_null(receiver_at("/floor-chat"));
    assert_null(receiver_at("/v2"));
    assert_string_equal(receiver_name(receiver_at(SLACK)), "slack");
    assert_string_equal(receiver_name(receiver_at(TEAMS)), "teams");
    assert_string_equal(receiver_name(receiver_at(PAGER)), "pagerduty");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_right_is_taken),
        cmocka_unit_test(what_is_wrong_is_refused),
        cmocka_unit_test(limits_are_kept),
        cmocka_unit_test(elsewhere_is_no_service),
    };
    return cmocka_run_group_tests_name("receiver", tests, NULL, NULL);
}
