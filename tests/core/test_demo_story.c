/* The timeline of the demo: what it makes of the gateway's log and of what arrives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/demo_story.h"

struct told {
    struct story *story;
    FILE *out;
    char *text;
    size_t size;
};

static void
begin(struct told *told, bool has_color, int width)
{
    *told = (struct told){0};
    told->out = open_memstream(&told->text, &told->size);
    const struct demo_style style = {
        .out = told->out, .has_color = has_color, .width = width};
    told->story = story_new(&style);
}

static void
end(struct told *told, const char *wanted)
{
    story_delete(told->story);
    fclose(told->out);
    assert_string_equal(told->text, wanted);
    free(told->text);
}

#define AT(time)   "2026-11-17T" time ".123Z "
#define INFO(when) AT(when) "info  "
#define WARN(when) AT(when) "warn  "

/* 2026-11-17T18:00:00Z */
#define SIX "1794938400"
#define SLACK(text)                                                                    \
    "{\"at\":" SIX "000,\"path\":\"/services/x\",\"headers\":{\"a\":\"b\"},\"body\":"  \
    "\"{\\\"text\\\":\\\"" text "\\\"}\",\"to\":\"floor-chat\",\"service\":\"slack\"}"
#define HOOK(text, more)                                                               \
    "{\"at\":" SIX                                                                     \
    "000,\"path\":\"/wallboard\",\"body\":\"{\\\"data\\\":{\\\"message\\\":"           \
    "{\\\"text\\\":\\\"" text "\\\"}}}\",\"to\":\"wallboard\"" more "}"

static void
alerts_keep_their_topic(void **state)
{
    struct told told;
    (void)state;
    begin(&told, false, 0);
    story_log(told.story, INFO("18:00:01") "notify   raised  queue-wait/7 (critical): "
                                           "sales (all): 7 waiting");
    story_log(told.story, INFO("18:00:02") "notify   raised  long-rest/x y (warning): "
                                           "Elif has been resting for 15m");
    story_log(
        told.story,
        INFO("18:03:01") "notify   tells   queue-wait/7: pager, 3m after the raise");
    story_log(told.story,
              INFO("18:04:00") "notify   cleared queue-wait/7 after 4m (recovered)");
    story_log(told.story,
              INFO("18:04:01") "notify   cleared long-rest/x y after 3m (hours)");
    story_log(told.story, INFO("18:04:02") "notify   cleared other/1 after 3m (gone)");
    const struct story_sum sum = story_sum(told.story);
    assert_int_equal(sum.raised, 2);
    assert_int_equal(sum.cleared, 3);
    end(&told,
        "18:00:01  queue-wait   RAISED    sales (all): 7 waiting (critical)\n"
        "18:00:02  long-rest    RAISED    Elif has been resting for 15m (warning)\n"
        "18:03:01  queue-wait   now also  pager, 3m after the raise: sales (all): 7 "
        "waiting\n"
        "18:04:00  queue-wait   CLEARED   sales (all): 7 waiting — over after 4m "
        "(recovered)\n"
        "18:04:01  long-rest    CLEARED   Elif has been resting for 15m — over after 3m "
        "(outside its hours)\n"
        "18:04:02  other        CLEARED   an alert — over after 3m (gone)\n");
}

#define TICKET(body)                                                                   \
    "{\"at\":" SIX "000,\"path\":\"/rest/api/3/x\",\"body\":\"" body                   \
    "\",\"to\":\"helpdesk\","                                                          \
    "\"service\":\"jira\"}"

static void
messages_are_told_when_they_were_sent(void **state)
{
    struct told told;
    (void)state;
    begin(&told, false, 0);
    story_arrival(told.story, SLACK("one"));
    story_log(told.story, INFO("18:00:01") "notify   raised  a/1 (info): first");
    story_log(
        told.story,
        INFO("18:00:01") "deliver  sent    raise of a/1 to floor-chat (200, 3 ms)");
    story_arrival(told.story,
                  "{\"at\":" SIX "000,\"path\":\"/v2/enqueue\",\"body\":\"x\","
                  "\"service\":\"pagerduty\",\"refused\":\"it is no\"}");
    story_arrival(told.story, SLACK("three"));
    story_flush(told.story);
    const struct story_sum sum = story_sum(told.story);
    assert_int_equal(sum.delivered, 1);
    assert_int_equal(sum.median_ms, 3);
    assert_int_equal(sum.slowest_ms, 3);
    end(&told, "18:00:01  a            RAISED    first (info)\n"
               "18:00:00  floor-chat   Slack     one  (delivered within 4 ms)\n"
               "18:00:00  /v2/enqueue  PagerDuty x  (refused: it is no)\n"
               "18:00:00  floor-chat   Slack     three\n");
}

/* A search, then the ticket: the search is nothing to read. */
static void
messages_may_take_several_requests(void **state)
{
    struct told told;
    (void)state;
    begin(&told, false, 0);
    story_arrival(told.story, TICKET("{\\\"jql\\\":\\\"all\\\"}"));
    story_arrival(told.story,
                  TICKET("{\\\"fields\\\":{\\\"summary\\\":\\\"rests\\\"}}"));
    story_log(told.story,
              INFO("18:00:01") "deliver  sent    raise of a/1 to helpdesk (201, 0 ms)");
    end(&told, "18:00:00  helpdesk     Jira      rests  (delivered within 1 ms)\n");
}

/* What a script tells a program is only told when nothing else was for a while. */
static void
views_fill_quiet_times(void **state)
{
    struct told told;
    (void)state;
    begin(&told, false, 0);
    story_log(told.story, INFO("17:59:30") "notify   raised  a/1 (info): first");
    story_arrival(told.story, HOOK("too early", ""));
    story_log(told.story,
              INFO("18:00:00") "deliver  sent    message to wallboard (200, 0 ms)");
    story_log(told.story, INFO("17:58:00") "notify   raised  a/2 (info): second");
    story_arrival(told.story, HOOK("sales 7 waiting", ",\"signed\":true"));
    story_log(told.story,
              INFO("18:00:00") "deliver  sent    message to wallboard (200, 0 ms)");
    end(&told,
        "17:59:30  a            RAISED    first (info)\n"
        "17:58:00  a            RAISED    second (info)\n"
        "18:00:00  wallboard    webhook   sales 7 waiting  (signature verified)  "
        "(delivered within 1 ms)\n");
}

static void
trouble_stands_out(void **state)
{
    struct told told;
    (void)state;
    begin(&told, false, 0);
    story_log(told.story, WARN("18:00:00") "poll     center main: timeout after 10s");
    story_log(told.story, AT("18:00:01") "error script x rule y: x.lua:3: no\\nstack "
                                         "traceback:\\n\\t[C]");
    story_log(told.story, INFO("18:00:02") "script   x says hello");
    story_log(told.story, INFO("18:00:02") "script y live: rule z");
    story_log(told.story, INFO("18:00:02") "gateway  ccgate runs");
    story_log(told.story, "no line of a log");
    story_trouble(told.story, "the port is taken");
    assert_int_equal(story_sum(told.story).troubles, 3);
    end(&told, "18:00:00  poll         TROUBLE   center main: timeout after 10s\n"
               "18:00:01  x            TROUBLE   rule y: x.lua:3: no\n"
               "18:00:02  x            says      says hello\n"
               "18:00:02  y            loaded    rule z\n"
               "18:00:02  demo         TROUBLE   the port is taken\n");
}

static void
a_terminal_has_colours_and_an_edge(void **state)
{
    struct told told;
    (void)state;
    begin(&told, true, 46);
    story_log(told.story, INFO("18:00:01") "notify   raised  a/1 (info): 🔴 ninety");
    story_log(told.story, INFO("18:00:01") "notify   cleared a/1 after 3m (recovered)");
    story_log(told.story, INFO("18:00:02") "notify   raised  a/1 (i): ninety 🔴");
    end(&told,
        "\033[90m18:00:01\033[0m  a            \033[31mRAISED    \033[0m🔴 ninety (i…\n"
        "\033[90m18:00:01\033[0m  a            \033[32mCLEARED   \033[0m🔴 ninety — …\n"
        "\033[90m18:00:02\033[0m  a            \033[31mRAISED    \033[0mninety 🔴 (i)\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alerts_keep_their_topic),
        cmocka_unit_test(messages_are_told_when_they_were_sent),
        cmocka_unit_test(messages_may_take_several_requests),
        cmocka_unit_test(views_fill_quiet_times),
        cmocka_unit_test(trouble_stands_out),
        cmocka_unit_test(a_terminal_has_colours_and_an_edge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
