#include "command/control_wire.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "model/json.h"
#include "model/span.h"

char *
control_wire_socket(const char *state)
{
    return mem_format("%s/control.sock", state);
}

/* Names have letters of any language, paths have not. */
void
control_wire_path(const char *center, const char *action, struct buf *out)
{
    buf_add_text(out, CONTROL_CENTERS "/");
    for (const unsigned char *at = (const unsigned char *)center; *at; at++)
        if (*at < 0x80 && (isalnum(*at) || strchr("-_.", *at)))
            buf_add(out, at, 1);
        else
            buf_format(out, "%%%02X", *at);
    buf_format(out, "/%s", action);
}

/* ---- a question: writing ---- */

void
control_wire_ask(const struct control_question *question, struct buf *out)
{
    buf_format(out, "{\"query\":\"%s\",\"ids\":[", question->query->name);
    for (size_t i = 0; i < question->id_count; i++)
        buf_format(out, "%s%" PRId64, i ? "," : "", question->ids[i]);
    buf_add_text(out, "]");
    if (question->query->has_span) {
        buf_format(out, ",\"span\":{\"begin\":%" PRId64 ",\"end\":%" PRId64,
                   question->span.begin, question->span.end);
        if (question->span.type != OPERATION_ANY)
            buf_format(out, ",\"type\":%" PRId64, question->span.type);
        buf_add_text(out, "}");
    }
    buf_add_text(out, "}");
}

/* ---- a question: reading ---- */

struct reading {
    struct json json;
    struct control_question *question;
    struct buf *problem;
    bool has_span;
};

/* The first problem is the one that is told. */
static bool
refuse(struct reading *reading, const char *what, const struct json_text *text)
{
    if (reading->problem->size)
        return false;
    buf_add_text(reading->problem, what);
    if (text)
        json_unescape(text, reading->problem);
    return false;
}

static bool
read_integer(struct reading *reading, int64_t *value)
{
    struct json_text text;
    if (!json_number(&reading->json, &text))
        return false;
    if (json_integer(text.data, text.size, value) == JSON_INTEGER)
        return true;
    return refuse(reading, "not a whole number: ", &text);
}

static bool
read_query(struct reading *reading)
{
    struct json_text text;
    struct buf name = {0};
    if (!json_string(&reading->json, &text))
        return false;
    json_unescape(&text, &name);
    reading->question->query = name.data ? query_find(name.data) : NULL;
    buf_fini(&name);
    return reading->question->query ? true : refuse(reading, "no such query: ", &text);
}

static bool
read_ids(struct reading *reading)
{
    struct control_question *question = reading->question;
    bool first = true;
    question->id_count = 0;
    if (!json_open(&reading->json, '['))
        return false;
    while (json_more(&reading->json, ']', &first)) {
        question->ids =
            mem_grow(question->ids, question->id_count + 1, sizeof *question->ids);
        if (!read_integer(reading, &question->ids[question->id_count++]))
            return false;
    }
    return true;
}

static bool
read_begin(struct reading *reading)
{
    return read_integer(reading, &reading->question->span.begin);
}

static bool
read_end(struct reading *reading)
{
    return read_integer(reading, &reading->question->span.end);
}

static bool
read_type(struct reading *reading)
{
    return read_integer(reading, &reading->question->span.type);
}

struct key {
    const char *name;
    bool (*read)(struct reading *reading);
};

static bool
read_key(struct reading *reading, const struct key *keys)
{
    struct json_text text;
    if (!json_key(&reading->json, &text))
        return false;
    for (const struct key *key = keys; key->name; key++)
        if (json_is(&text, key->name, strlen(key->name)))
            return key->read(reading);
    return refuse(reading, "unknown key: ", &text);
}

static bool
read_object(struct reading *reading, const struct key *keys)
{
    bool first = true;
    if (!json_open(&reading->json, '{'))
        return false;
    while (json_more(&reading->json, '}', &first))
        if (!read_key(reading, keys))
            return false;
    return true;
}

static bool
read_span(struct reading *reading)
{
    static const struct key keys[] = {
        {"begin", read_begin}, {"end", read_end}, {"type", read_type}, {NULL, NULL}};
    reading->has_span = true;
    return read_object(reading, keys);
}

static bool
is_span(const struct query_span *span)
{
    return span->begin >= 0 && span->begin < span->end &&
           span->end - span->begin <= SPAN_MAX && span->begin % SPAN_QUARTER == 0 &&
           span->end % SPAN_QUARTER == 0 && span->type >= OPERATION_ANY;
}

/* What the grammar does not say. */
static bool
check(struct reading *reading)
{
    const struct control_question *question = reading->question;
    if (!question->query)
        return refuse(reading, "which query? \"query\" names it", NULL);
    if (!question->id_count)
        return refuse(reading, "for whom? \"ids\" lists the numbers", NULL);
    if (query_fit(question->query, question->ids, question->id_count) <
        question->id_count)
        return refuse(reading, "more ids than one request takes", NULL);
    if (reading->has_span != question->query->has_span)
        return refuse(reading,
                      reading->has_span ? "this query takes no \"span\""
                                        : "of which time? \"span\" says it",
                      NULL);
    if (reading->has_span && !is_span(&question->span))
        return refuse(reading, "a span is of whole quarters of an hour, at most a day",
                      NULL);
    return true;
}

bool
control_wire_read(const char *data, size_t size, struct control_question *question,
                  struct buf *problem)
{
    static const struct key keys[] = {
        {"query", read_query}, {"ids", read_ids}, {"span", read_span}, {NULL, NULL}};
    struct reading reading = {.question = question, .problem = problem};
    *question = (struct control_question){.span = {.type = OPERATION_ANY}};
    json_init(&reading.json, data, size);
    if (read_object(&reading, keys) && json_end(&reading.json) && check(&reading))
        return true;
    if (reading.json.problem && !problem->size)
        buf_format(problem, "not JSON as it is expected, at byte %td: %s",
                   reading.json.at - reading.json.begin + 1, reading.json.problem);
    return false;
}

void
control_question_fini(struct control_question *question)
{
    free(question->ids);
    *question = (struct control_question){0};
}

/* ---- what came of it ---- */

static void
tell_number(struct server_request *request, const char *name, int64_t value)
{
    char digits[32];
    snprintf(digits, sizeof digits, "%" PRId64, value);
    server_add_header(request, name, digits);
}

void
control_wire_tell(struct server_request *request, const struct control_outcome *outcome)
{
    if (outcome->error.kind != ERROR_NONE) {
        server_add_header(request, "Ccgate-Error-Kind",
                          error_word(outcome->error.kind));
        if (outcome->error.code[0]) /* curl reads an empty value as a blank */
            server_add_header(request, "Ccgate-Error-Code", outcome->error.code);
        server_add_header(request, "Ccgate-Error-Message", outcome->error.message);
    }
    tell_number(request, "Ccgate-Status", outcome->status);
    tell_number(request, "Ccgate-Duration-Us", outcome->duration_us);
    if (outcome->circuit_until_ms)
        tell_number(request, "Ccgate-Circuit-Until", outcome->circuit_until_ms / 1000);
}

static const char *
hear_text(const struct http_response *response, const char *name)
{
    const char *text = http_header_of(response, name);
    return text ? text : "";
}

static int64_t
hear_number(const struct http_response *response, const char *name)
{
    int64_t value;
    return text_integer(hear_text(response, name), &value) ? value : 0;
}

void
control_wire_hear(const struct http_response *response, struct control_outcome *outcome)
{
    *outcome = (struct control_outcome){
        .status = (long)hear_number(response, "Ccgate-Status"),
        .duration_us = hear_number(response, "Ccgate-Duration-Us"),
        .circuit_until_ms = hear_number(response, "Ccgate-Circuit-Until") * 1000,
    };
    enum error_kind kind = error_kind_of(hear_text(response, "Ccgate-Error-Kind"));
    if (kind != ERROR_NONE)
        error_set(&outcome->error, kind, hear_text(response, "Ccgate-Error-Code"), "%s",
                  hear_text(response, "Ccgate-Error-Message"));
}

void
control_wire_until(int64_t wall_ms, struct buf *out)
{
    char time[32];
    text_format_time(wall_ms, false, time, sizeof time);
    buf_format(out, "circuit open until %.5s UTC", strchr(time, 'T') + 1);
}
