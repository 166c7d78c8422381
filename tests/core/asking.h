/* Questions to the simulated contact centre without a network. */
#ifndef CCGATE_TESTS_ASKING_H
#define CCGATE_TESTS_ASKING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/centre.h"

#define PATH     "/rest/cmsapp/v1/openapi/skill/stateinfo"
#define TYPE     "application/json;charset=UTF-8"
#define BODY     "{\"queryParam\":{\"ccId\":1,\"vdn\":1,\"skillIds\":[1,2]}}"
#define PERIOD   ((int64_t)10 * 60 * 1000)
#define START_MS ((int64_t)1800000000000)

/* ---- asking ---- */

static const struct centre_options usual = {
    .signature = {.access_key = "globalaktest",
                  .secret_key = "0123456789abcdef0123456789abcdef"},
    .skills = 20,
    .vdn = 1,
    .password = "secret",
    .seed = 1,
    .speed = 1,
    .period_ms = PERIOD,
    .start_ms = START_MS,
    .control = true,
};

/* A request in the usual form; NULL means the usual value. */
struct question {
    const char *method, *path, *type, *body;
    const char *access_key, *secret_key;
    bool host_only, millis, empty_line;
    bool unsigned_request;
    int64_t at_ms;
    const char *guid;
};

static inline void
ask(struct centre *centre, const struct question *question, struct centre_reply *reply)
{
    const char *body = question->body ? question->body : BODY;
    const char *type = question->type ? question->type : TYPE;
    const struct sign_options options = {
        .access_key = question->access_key ? question->access_key : "globalaktest",
        .secret_key =
            question->secret_key ? question->secret_key : usual.signature.secret_key,
        .host_only = question->host_only,
        .timestamp_millis = question->millis,
        .empty_query_line = question->empty_line,
    };
    const struct sign_message message = {
        .method = question->method ? question->method : "POST",
        .path = question->path ? question->path : PATH,
        .host = "127.0.0.1:28080",
        .content_type = type,
        .body = body,
        .body_size = strlen(body),
    };
    struct buf authorization = {0};
    sign_request(&options, &message, START_MS + 123, &authorization);
    const struct centre_request request = {
        .method = message.method,
        .path = message.path,
        .host = message.host,
        .content_type = type,
        .authorization = question->unsigned_request ? NULL : authorization.data,
        .body = body,
        .body_size = message.body_size,
        .guid = question->guid,
    };
    centre_answer(centre, &request, START_MS + question->at_ms, reply);
    buf_fini(&authorization);
}

/* Only the first of objects that follow each other and look the same. */
static inline void
collapse(char *shape)
{
    char *comma = shape;
    while ((comma = strstr(comma, "},{")) != NULL) {
        char *open = comma, *next = comma + 2;
        while (*open != '{')
            open--;
        size_t size = (size_t)(comma + 1 - open);
        if (strncmp(open, next, size) == 0)
            memmove(comma + 1, next + size, strlen(next + size) + 1);
        else
            comma = next;
    }
}

/* The text without blanks, with every number as 0 and every value that is a string
 * empty: keys, order and types remain. */
static inline char *
shape_of(const char *text)
{
    struct buf out = {0};
    while (*text) {
        size_t blanks = strspn(text, " \r\n\t");
        size_t number = strspn(text, "0123456789");
        if (*text == '"') {
            size_t size = strcspn(text + 1, "\"") + 2;
            bool is_key = text[size + strspn(text + size, " ")] == ':';
            buf_add(&out, is_key ? text : "\"\"", is_key ? size : 2);
            text += size;
        } else if (number) {
            buf_add_text(&out, "0");
            text += number;
        } else if (blanks) {
            text += blanks;
        } else {
            buf_add(&out, text++, 1);
        }
    }
    collapse(out.data);
    return buf_take(&out);
}

/* The same keys, in the same order, with values of the same types as in the file. How
 * many objects a list has may differ. */
static inline void
assert_shape(const char *text, const char *file_name)
{
    char sample[8192] = "";
    FILE *file = fopen(file_name, "rb");
    assert_non_null(file);
    assert_true(fread(sample, 1, sizeof sample - 1, file) > 50);
    fclose(file);
    char *expected = shape_of(sample), *shape = shape_of(text);
    assert_string_equal(shape, expected);
    free(expected);
    free(shape);
}

#endif
