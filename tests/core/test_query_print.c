/* What `ccgate query` prints for rows of every kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "command/query_print.h"

typedef void printer(const struct conf_center *center, const struct block *rows,
                     struct buf *out);

static char *
printed(const struct query *query, const char *list, printer *print)
{
    static char name[] = "sa\x1bles";
    static struct conf_queue queues[] = {{.id = 7, .name = name}};
    static const struct conf_center center = {.queues = queues, .queue_count = 1};
    struct block answer, rows;
    struct error error;
    struct buf text = {0}, out = {0};
    buf_format(&text, "{\"resultCode\":\"0100000\",\"resultDesc\":%s}", list);
    block_init(&answer, query);
    block_init(&rows, query);
    assert_true(answer_decode(query, text.data, text.size, &answer, &error));
    block_join(&rows, &answer, 101, 1);
    print(&center, &rows, &out);
    block_fini(&rows);
    block_fini(&answer);
    buf_fini(&text);
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls),
        cmocka_unit_test(agents),
        cmocka_unit_test(cells_of_a_table),
        cmocka_unit_test(what_is_derived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
