/* "http": one request to somebody else's server (resident_ask.h). */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "script/ask_json.h"
#include "script/resident_ask.h"
#include "script/resident_inside.h"
#include "script/secrets.h"

#define AT_ONCE      16 /* of one script; the others wait */
#define TIMEOUT_MS   ((int64_t)300000)
#define HEADERS_MOST 100
#define BODY_MAX     ((size_t)512 << 10) /* as JSON it fits into a frame */

/* What a script has asked for, and what leaves. */
struct request {
    struct wait *wait;
    struct http_call *call;
    struct secrets secrets;
    struct buf method, url, body;
    struct buf given_headers, headers; /* names and values, by a NUL each */
    struct http_header list[HEADERS_MOST];
    size_t header_count;
    int64_t timeout_ms;
};

static void
request_delete(struct request *request)
{
    buf_fini(&request->method);
    buf_fini(&request->url);
    buf_fini(&request->body);
    buf_fini(&request->given_headers);
    buf_fini(&request->headers);
    free(request);
}

static void
cancel(void *work)
{
    struct request *request = work;
    http_cancel(request->call);
    request_delete(request);
}

/* ---- the answer ---- */

struct answer {
    const struct secrets *secrets;
    struct http_header *list; /* owned, names and values, too */
    size_t count;
};

static void
on_header(void *arg, const char *name, const char *value)
{
    struct answer *answer = arg;
    char *kept_name = mem_text(name), *kept = mem_text(value);
    secrets_blot_out(answer->secrets, kept_name, strlen(kept_name));
    secrets_blot_out(answer->secrets, kept, strlen(kept));
    answer->list = mem_grow(answer->list, answer->count + 1, sizeof *answer->list);
    answer->list[answer->count++] = (struct http_header){kept_name, kept};
}

static void
answer_fini(struct answer *answer)
{
    for (size_t i = 0; i < answer->count; i++) {
        free((char *)answer->list[i].name);
        free((char *)answer->list[i].value);
    }
    free(answer->list);
}

static void
write_answer(struct request *request, const struct http_response *response,
             struct buf *out)
{
    struct answer answer = {.secrets = &request->secrets};
    char *body = mem_copy(response->body, response->body_size);
    http_each_header(response, on_header, &answer);
    secrets_blot_out(&request->secrets, body, response->body_size);
    ask_add_answer(out, response->status, answer.list, answer.count, body,
                   response->body_size);
    free(body);
    answer_fini(&answer);
}

static void
on_done(void *arg, const struct http_response *response)
{
    struct request *request = arg;
    struct wait *wait = request->wait;
    struct buf answer = {0};
    if (response->error.kind == ERROR_NONE)
        write_answer(request, response, &answer);
    request_delete(request);
    if (response->error.kind == ERROR_NONE)
        wait_answer(wait, answer.data, answer.size);
    else
        wait_fail(wait, &response->error);
    buf_fini(&answer);
}

/* ---- the request ---- */

/* False: the host asks what its library does not. */
static bool
read_question(struct request *request, const struct message_ask *ask, size_t *given)
{
    *given = ask_pairs(ask, "headers", &request->given_headers);
    return ask_text(ask, "method", &request->method) &&
           ask_text(ask, "url", &request->url) &&
           ask_integer(ask, "ms", 1, TIMEOUT_MS, &request->timeout_ms) &&
           *given <= HEADERS_MOST;
}

static bool
fill_in(struct request *request, struct buf *text, enum secrets_form form,
        struct error *error)
{
    struct buf filled = {0};
    bool is_good = !text->size ||
                   secrets_fill(&request->secrets, form, text->data, &filled, error);
    buf_fini(text);
    *text = filled;
    return is_good;
}

static bool
fill_headers(struct request *request, size_t given, struct error *error)
{
    const char *at = request->given_headers.data;
    for (size_t i = 0; i < 2 * given; i++, at += strlen(at) + 1) {
        if (!secrets_fill(&request->secrets, SECRETS_PLAIN, at, &request->headers,
                          error))
            return false;
        buf_add(&request->headers, "", 1);
    }
    at = request->headers.data;
    for (size_t i = 0; i < given; i++) {
        struct http_header *header = &request->list[request->header_count++];
        header->name = at;
        header->value = at + strlen(at) + 1;
        at = header->value + strlen(header->value) + 1;
    }
    return true;
}

static bool
fill(struct request *request, const struct message_ask *ask, size_t given,
     struct error *error)
{
    bool is_json = ask_text(ask, "json", &request->body);
    if (!is_json)
        ask_text(ask, "body", &request->body);
    return fill_in(request, &request->body, is_json ? SECRETS_IN_JSON : SECRETS_PLAIN,
                   error) &&
           fill_in(request, &request->url, SECRETS_IN_URL, error) &&
           fill_headers(request, given, error) &&
           secrets_may_go(&request->secrets, request->url.data, error);
}

static void
begin(struct resident *resident, struct request *request)
{
    const struct conf *conf = resident->world.conf;
    const struct conf_script *script = conf_find_script(conf, resident->name);
    const struct http_request http = {
        .method = request->method.data,
        .url = request->url.data,
        .headers = request->list,
        .header_count = request->header_count,
        .body = request->body.size ? request->body.data : NULL,
        .body_size = request->body.size,
        .timeout_ms = request->timeout_ms,
        .body_max = BODY_MAX,
        .public_only = !script || !script->is_private_allowed,
        .allowed = script ? script->private_ranges : NULL,
        .allowed_count = script ? script->private_range_count : 0,
    };
    struct http_response played;
    if (deliver_play_call(resident->world.deliver, &http, &played)) {
        on_done(request, &played);
        return;
    }
    if (!resident->pool)
        resident->pool = http_pool_new(resident->world.loop, AT_ONCE);
    request->call = http_start(resident->pool, &http, on_done, request);
    wait_set_work(request->wait, cancel, request);
}

bool
resident_ask_http(struct resident *resident, struct wait *wait,
                  const struct message_ask *ask, struct error *error)
{
    struct request *request = mem_zero(sizeof *request);
    struct error problem = {0};
    size_t given;
    request->wait = wait;
    request->secrets.conf = resident->world.conf;
    request->secrets.token = resident->token;
    if (!read_question(request, ask, &given)) {
        error_set(error, ERROR_DECODE, "", "ASK: no question for a request");
        request_delete(request);
        return false;
    }
    if (fill(request, ask, given, &problem)) {
        begin(resident, request);
    } else {
        request_delete(request);
        wait_fail(wait, &problem);
    }
    return true;
}
