/* What `ccgate stubs` prints names every field of every query. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "command/command.h"
#include "model/schema.h"

/* What the command prints on standard output. */
static char *
printed(char *option)
{
    char name[] = "stubs";
    char *argv[] = {name, option, NULL};
    FILE *file = tmpfile();
    struct buf text = {0};
    assert_non_null(file);
    fflush(stdout);
    int terminal = dup(STDOUT_FILENO);
    dup2(fileno(file), STDOUT_FILENO);
    int code = command_stubs.run(&command_stubs, option ? 2 : 1, argv);
    fflush(stdout);
    dup2(terminal, STDOUT_FILENO);
    close(terminal);
    rewind(file);
    for (int c; (c = fgetc(file)) != EOF;)
        buf_add(&text, &(char){(char)c}, 1);
    fclose(file);
    assert_int_equal(code, EXIT_FINE);
    return buf_take(&text);
}

/* The part of `text` under the headline `mark` `name`, up to the next such headline. */
static char *
part_of(const char *text, const char *mark, const char *name)
{
    size_t size = strlen(mark);
    const char *begin = strstr(text, mark);
    while (begin && strncmp(begin + size, name, strlen(name)) != 0)
        begin = strstr(begin + size, mark);
    if (!begin)
        fail_msg("no %s%s in:\n%s", mark, name, text);
    const char *end = strstr(begin + size, mark);
    return strndup(begin, end ? (size_t)(end - begin) : strlen(begin));
}

static void
check_line(const char *text, const char *line)
{
    if (!strstr(text, line))
        fail_msg("%s is not in:\n%s", line, text);
}

/* Every field of `query` is in the text, as `format` writes it. */
static void
check_fields(const struct query *query, const char *text, const char *format)
{
    for (size_t i = 0; i < query->field_count; i++) {
        struct buf line = {0};
        buf_format(&line, format, query->fields[i].name);
        check_line(text, line.data);
        buf_fini(&line);
    }
}

static void
every_field_has_an_annotation(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "\n---@field id integer The number of the queue.\n",
        "\n---@field name string The queue's name",
        "\n---@field calls_waiting? integer Calls that wait for an agent now.\n",
        "\n---@field mean_wait_5m? integer The mean wait of calls. In seconds. Of the "
        "server's current five minutes.\n",
        "\n---@field state? Agent.state What the agent does.\n",
        "\n---@alias Agent.state\n---| \"unknown\"\n---| \"error\"\n",
        "\n---| \"pre_rest\"\n",
        "\n---@field signed_in_at? integer When the agent signed in. In seconds since the "
        "epoch.\n",
        "\n---@field media? { cti: boolean, web: boolean, mail: boolean } What",
        "\n---@field state_reason? integer Why the agent is in this state. Of `gw.agent` "
        "alone.\n",
        "\n---@field id string The id of the call.\n",
        "\n---@field interim? boolean True",
    };
    char *text = printed(NULL);
    for (size_t q = 0; queries[q]; q++) {
        char *class = part_of(text, "\n---@class ", queries[q]->row_name);
        char *names = part_of(text, "\n---@alias ", "gateway.Field");
        check_fields(queries[q], class, "\n---@field %s");
        check_fields(queries[q], names, "\n---| \"%s\"");
        free(names);
        free(class);
    }
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        check_line(text, lines[i]);
    free(text);
}

static void
every_field_has_a_line_of_a_table(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "\n| `calls_waiting` | count | Calls that wait for an agent now. |\n",
        "\n| `service_level_5m` | ratio | ",
        "\n| `media_type` | integer | The kind of media that the agent serves. Of "
        "`gw.agents` alone. |\n",
        "\n| `began_at` | time | When it began. |\n",
        "\nWords of `state` from `gw.agents`: `unknown` `error` ",
        "\nWords of `state` from `gw.agent`: `unknown` `signed_out` ",
        "\nWords of `cti_state`: `signed_out` ",
        "\nWords of `operation`: `sign_out` ",
    };
    char option[] = "--markdown";
    char *text = printed(option);
    for (size_t q = 0; queries[q]; q++) {
        char *table = part_of(text, "\n### ", queries[q]->row_name);
        check_fields(queries[q], table, "\n| `%s` | ");
        free(table);
    }
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        check_line(text, lines[i]);
    free(text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_has_an_annotation),
        cmocka_unit_test(every_field_has_a_line_of_a_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
