/* What `ccgate query` prints for rows of every kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "command/query_print.h"

typedef void printer(const struct conf_center *center, const struct block *rows,
                     struct buf *out);

/* `list` is what the envelope of the query has inside. */
static char *
printed(const struct query *query, const char *list, printer *print)
{
    static const char *const envelopes[] = {
        [DOOR_CMS] = "{\"resultCode\":\"0100000\",\"resultDesc\":%s}",
        [DOOR_AGENT_GATEWAY] = "{\"retcode\":\"0\",\"result\":%s}",
    };
    static char name[] = "sa\x1bles";
    static struct conf_queue queues[] = {{.id = 7, .name = name}};
    static const struct conf_center center = {.queues = queues, .queue_count = 1};
    struct block answer, rows;
    struct error error;
    struct buf out = {0};
    char *text = mem_format(envelopes[query->door], list);
    block_init(&answer, query);
    block_init(&rows, query);
    assert_true(answer_decode(query, text, strlen(text), &answer, &error));
    block_join(&rows, &answer, 101, 1);
    print(&center, &rows, &out);
    block_fini(&rows);
    block_fini(&answer);
    free(text);
    return buf_take(&out);
}

static void
check(const struct query *query, const char *list, printer *print, const char *want)
{
    char *real = printed(query, list, print);
    assert_string_equal(real, want);
    free(real);
}

/* The line of a field in the table. */
static void
check_line(const struct query *query, const char *list, const char *line)
{
    char *real = printed(query, list, query_table);
    if (!strstr(real, line))
        fail_msg("%s is not in:\n%s", line, real);
    free(real);
}

static void
calls(void **state)
{
    (void)state;
    check(&query_agent_calls, "[]", query_table, "");
    check(&query_agent_calls, "[]", query_json, "[]\n");
    check(&query_agent_calls, "[\"1-2\",\"a\\\"\"]", query_table,
          "id                   1-2   a\"\n"
          "agent                101  101\n");
    check(
        &query_agent_calls, "[\"1-2\",\"a\\\"\"]", query_json,
        "[\n {\"id\":\"1-2\",\"agent\":101},\n {\"id\":\"a\\\"\",\"agent\":101}\n]\n");
}

static void
agents(void **state)
{
    (void)state;
    check(
        &query_agents,
        "[{\"workNo\":101,\"name\":\"Ann\",\"status\":11,\"loginDate\":1501125758000}]",
        query_json,
        "[\n {\"id\":101,\"name\":\"Ann\",\"state\":\"code 11\",\"state_code\":11,"
        "\"cti_state\":null,\"cti_state_code\":null,\"group_id\":null,"
        "\"media_type\":null,\"media\":null,\"vdn\":null,\"phone\":null,"
        "\"state_age\":null,\"signed_in_at\":1501125758,\"skills\":null,"
        "\"in_conference\":null,\"state_reason\":null}\n]\n");
}

static void
cells_of_a_table(void **state)
{
    (void)state;
    static const char agent[] =
        "[{\"workNo\":101,\"name\":\"\\u001b[2J\\u009b1m\\u007f\\u0000王\",\"status\":4,"
        "\"loginDate\":1501125758000,\"currentStateTime\":\"30\"}]";
    check_line(&query_agents, agent, " ?[2J?1m??王\n");
    check_line(&query_agents, agent, " 2017-07-27T03:22:38Z\n");
    check_line(&query_agents, agent, " 30  seconds\n");
    check_line(&query_agents, agent, "cti_state ");
    check_line(&query_agents, agent, " –\n");
    check_line(&query_queues, "[{\"skillId\":7},{\"skillId\":8}]",
               " sa?les  skill 8\n");
}

static void
what_is_derived(void **state)
{
    (void)state;
    static const char operation[] =
        "[{\"id\":\"a\",\"operateType\":60,\"operateCause\":1,"
        "\"beginTime\":\"2024-08-02 06:19:44\",\"endTime\":\"2024-08-02 06:20:08\"}]";
    check_line(&query_agent_operations, operation, " 24  seconds\n");
    check_line(&query_agent_operations, operation, " true\n");
    check_line(&query_agent_operations, operation, " a record every five minutes\n");
    char *json = printed(&query_agent_operations, operation, query_json);
    assert_non_null(strstr(json, "\"began_at\":1722579584,\"ended_at\":1722579608,"
                                 "\"duration\":24,"));
    assert_non_null(strstr(json, "\"interim\":true,"));
    free(json);
    check_line(&query_queues,
               "[{\"skillId\":1,\"allCallCount\":3,\"cnnedIn20sCallCount\":2}]",
               " 0.6667  ratio\n");
}

/* What only the agent gateway knows. */
static void
one_agent(void **state)
{
    (void)state;
    static const char agent[] =
        "{\"workno\":\"101\",\"name\":\"Ann\",\"status\":\"9\",\"mediatype\":\"TFT\","
        "\"skilllist\":[{\"name\":\"Sa\\u001bles \\\"A\\\"\",\"id\":10,\"mediatype\":5},"
        "{\"id\":7},{\"name\":\"x\"}],\"inMultimediaConf\":0,\"currentStateReason\":3}";
    static const char none[] = "{\"workno\":102,\"mediatype\":\"FFF\",\"skilllist\":[],"
                               "\"inMultimediaConf\":1}";
    check(&query_agent, agent, query_table,
          "id                                     101\n"
          "name                                   Ann\n"
          "state                             pre_rest\n"
          "state_code                               9\n"
          "cti_state                                –\n"
          "cti_state_code                           –\n"
          "group_id                                 –\n"
          "media                            cti, mail\n"
          "vdn                                      –\n"
          "phone                                    –\n"
          "state_age                                –  seconds\n"
          "signed_in_at                             –\n"
          "skills               Sa?les \"A\" (10), 7, x\n"
          "in_conference                        false\n"
          "state_reason                             3\n");
    check(
        &query_agent, agent, query_json,
        "[\n {\"id\":101,\"name\":\"Ann\",\"state\":\"pre_rest\",\"state_code\":9,"
        "\"cti_state\":null,\"cti_state_code\":null,\"group_id\":null,"
        "\"media_type\":null,\"media\":{\"cti\":true,\"web\":false,\"mail\":true},"
        "\"vdn\":null,\"phone\":null,\"state_age\":null,\"signed_in_at\":null,"
        "\"skills\":[{\"id\":10,\"name\":\"Sa\\u001bles \\\"A\\\"\",\"media_type\":5},"
        "{\"id\":7},{\"name\":\"x\"}],\"in_conference\":false,\"state_reason\":3}\n]\n");
    check_line(&query_agent, none, "media                none\n");
    check_line(&query_agent, none, "skills               none\n");
    check_line(&query_agent, none, "in_conference        true\n");
    check_line(&query_agent, "{\"workno\":102}", "skills                 –\n");
}

/* A column that a query can never fill takes no line of the table. */
static void
what_a_sibling_gives(void **state)
{
    (void)state;
    char *table = printed(&query_agents, "[{\"workNo\":101}]", query_table);
    assert_non_null(strstr(table, "media_type "));
    assert_null(strstr(table, "media "));
    assert_null(strstr(table, "skills "));
    assert_null(strstr(table, "in_conference "));
    free(table);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls),
        cmocka_unit_test(agents),
        cmocka_unit_test(cells_of_a_table),
        cmocka_unit_test(what_is_derived),
        cmocka_unit_test(one_agent),
        cmocka_unit_test(what_a_sibling_gives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
