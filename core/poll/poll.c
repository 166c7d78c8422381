#include "poll/poll.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/loop.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/charset.h"

/* Fixed by the pages (seed: skill/stateinfo, table 1), and part of the signature. */
#define CONTENT_TYPE "application/json; charset=UTF-8"

#define MINUTE_MS ((int64_t)60 * 1000)

struct poll {
    const struct query *query;
    struct http_call *call; /* one of the two */
    struct session_call *in_session;
    poll_callback *on_done;
    void *arg;
};

/* The Host header as curl sends it: without the port that is the scheme's own. */
static char *
host_of(const char *url)
{
    const char *scheme_end = strstr(url, "://");
    const char *host = scheme_end ? scheme_end + 3 : url;
    const char *port = strncmp(url, "https", 5) ? ":80" : ":443";
    size_t size = strlen(host), port_size = strlen(port);
    if (size > port_size && !strcmp(host + size - port_size, port))
        size -= port_size;
    return mem_copy(host, size);
}

void
poll_line_init(struct poll_line *line, const struct conf_center *center,
               const struct query *query)
{
    line->center = center;
    line->query = query;
    line->sign = (struct sign_options){
        .access_key = center->access_key,
        .secret_key = center->secret_key,
        .host_only = center->sign_host_only,
        .timestamp_millis = center->timestamp_millis,
        .empty_query_line = center->empty_query_line,
    };
    line->url = mem_format("%s%s", center->url, query->path);
    line->host = host_of(center->url);
}

void
poll_line_fini(struct poll_line *line)
{
    free(line->url);
    free(line->host);
    *line = (struct poll_line){0};
}

/* ---- the answer ---- */

/* Whose fault it is that a signature is refused: clocks that differ can be seen. In
 * whole minutes, so that the next refusal reads the same. */
static void
refuse_signature(struct error *error, const char *code, int64_t date_ms)
{
    char length[32];
    int64_t ahead_ms = date_ms - clock_wall_ms();
    int64_t minutes = (llabs(ahead_ms) + MINUTE_MS / 2) / MINUTE_MS;
    if (date_ms == -1 || minutes == 0)
        error_set(error, ERROR_AUTH, code,
                  "HTTP 401: the centre refused the signature (access_key, secret_key "
                  "or clock)");
    else
        error_set(error, ERROR_AUTH, code,
                  "HTTP 401: the centre refused the signature; its clock is %s %s this "
                  "machine's: one of them is wrong",
                  text_format_duration(minutes * MINUTE_MS, length, sizeof length),
                  ahead_ms > 0 ? "ahead of" : "behind");
}

static void
judge_status(struct error *error, enum query_door door,
             const struct http_response *response)
{
    char code[24];
    long status = response->status;
    snprintf(code, sizeof code, "%ld", status);
    if (status == 401 && door == DOOR_CMS)
        refuse_signature(error, code, http_date_ms(response));
    else if (status == 403 && door == DOOR_CMS)
        error_set(error, ERROR_AUTH, code,
                  "HTTP 403: the centre has locked this address or key out");
    else if (status == 401 || status == 403)
        error_set(error, ERROR_AUTH, code,
                  "HTTP %ld: the agent gateway has locked this address or operator out",
                  status);
    else if (status != 200)
        error_set(error, ERROR_HTTP, code, "HTTP %ld", status);
}

void
poll_decode(const char *content_type, const char *body, size_t size, struct block *rows,
            struct error *error)
{
    struct buf text = {0};
    if (charset_read(content_type, body, size, &text))
        answer_decode(rows->query, text.data, text.size, rows, error);
    else
        answer_decode(rows->query, body, size, rows, error);
    buf_fini(&text);
}

static void
on_response(void *arg, const struct http_response *response)
{
    struct poll *poll = arg;
    struct block rows;
    struct poll_answer answer = {
        .error = response->error,
        .rows = &rows,
        .body = response->body ? response->body : "",
        .body_size = response->body_size,
        .content_type = response->content_type,
        .status = response->status,
        .is_stranger = response->is_stranger,
        .retry_after_ms = response->retry_after_ms,
        .duration_us = response->duration_us,
    };
    block_init(&rows, poll->query);
    if (answer.error.kind == ERROR_NONE)
        judge_status(&answer.error, poll->query->door, response);
    if (answer.error.kind == ERROR_NONE)
        poll_decode(response->content_type, response->body, response->body_size, &rows,
                    &answer.error);
    poll->on_done(poll->arg, &answer);
    block_fini(&rows);
    free(poll);
}

static void
on_session_answer(void *arg, const struct session_answer *session_answer)
{
    struct poll *poll = arg;
    if (session_answer->response) {
        on_response(poll, session_answer->response);
        return;
    }
    struct poll_answer answer = {.error = session_answer->error,
                                 .body = "",
                                 .retry_after_ms = session_answer->retry_after_ms};
    poll->on_done(poll->arg, &answer);
    free(poll);
}

/* ---- the request ---- */

static struct sign_message
message_of(const struct poll_line *line, const char *body, size_t body_size)
{
    return (struct sign_message){
        .method = "POST",
        .path = line->query->path,
        .host = line->host,
        .content_type = CONTENT_TYPE,
        .body = body,
        .body_size = body_size,
    };
}

struct poll *
poll_start(struct http_pool *pool, const struct poll_line *line, const char *body,
           size_t body_size, poll_callback *on_done, void *arg)
{
    struct poll *poll = mem_zero(sizeof *poll);
    struct sign_message message = message_of(line, body, body_size);
    struct buf authorization = {0};
    poll->query = line->query;
    poll->on_done = on_done;
    poll->arg = arg;
    sign_request(&line->sign, &message, clock_wall_ms(), &authorization);
    struct http_header headers[] = {
        {"Content-Type", CONTENT_TYPE},
        {"Authorization", authorization.data},
    };
    struct http_request request = {
        .method = "POST",
        .url = line->url,
        .headers = headers,
        .header_count = sizeof headers / sizeof *headers,
        .body = body,
        .body_size = body_size,
        .ca_file = line->center->ca_file,
        .timeout_ms = line->center->timeout_ms,
    };
    poll->call = http_start(pool, &request, on_response, poll);
    buf_fini(&authorization);
    return poll;
}

/* The path, $o the operator and $i the id. */
static void
write_path(const struct poll_line *line, int64_t id, struct buf *out)
{
    for (const char *at = line->query->path; *at; at++) {
        if (*at != '$')
            buf_add(out, at, 1);
        else
            buf_format(out, "%" PRId64, *++at == 'o' ? line->center->operator_id : id);
    }
}

struct poll *
poll_start_in(struct session *session, const struct poll_line *line, int64_t id,
              poll_callback *on_done, void *arg)
{
    struct poll *poll = mem_zero(sizeof *poll);
    struct buf path = {0};
    poll->query = line->query;
    poll->on_done = on_done;
    poll->arg = arg;
    write_path(line, id, &path);
    poll->in_session = session_get(session, path.data, on_session_answer, poll);
    buf_fini(&path);
    return poll;
}

void
poll_cancel(struct poll *poll)
{
    if (poll->call)
        http_cancel(poll->call);
    if (poll->in_session)
        session_cancel(poll->in_session);
    free(poll);
}

void
poll_show_signature(const struct poll_line *line, const char *body, size_t body_size,
                    int64_t wall_ms, struct buf *out)
{
    struct sign_message message = message_of(line, body, body_size);
    buf_add_text(out, "canonical request:\n");
    sign_canonical(&line->sign, &message, out);
    buf_add_text(out, "\n\nAuthorization: ");
    sign_request(&line->sign, &message, wall_ms, out);
    buf_add_text(out, "\n");
}
