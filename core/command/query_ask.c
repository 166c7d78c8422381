#include "command/query_ask.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/http.h"
#include "poll/ask.h"

/* A gateway that does not say within this time that it is healthy does not run. */
#define LOOK_MS ((int64_t)2000)
/* What a request may wait for in the gateway: its turn, and a sign-in. */
#define PATIENCE_MS ((int64_t)120 * 1000)
/* Signing out. */
#define LEAVE_MS      ((int64_t)6000)
#define LEAVE_LOOK_MS ((int64_t)10)

struct asker {
    struct loop *loop;
    const struct conf *conf;
    const struct conf_center *center;
    asker_callback *on_answer;
    void *arg;
    char *socket;
    struct http_pool *pool;
    bool is_known;           /* who asks */
    bool is_gateway;         /* it does */
    char *obstacle;          /* why it does not; NULL: it does, or there is none */
    struct planner *planner; /* alone, from the first request on */
    struct control_question question;
};

/* ---- through the gateway ---- */

/* The first line of an answer that is no outcome. */
static void
quote_refusal(const struct http_response *response, struct error *error)
{
    int size = (int)strcspn(response->body, "\n");
    error_set(error, ERROR_LIMIT, "", "the running gateway says: %.*s", size,
              response->body);
}

static void
on_reply(void *arg, const struct http_response *response)
{
    struct asker *asker = arg;
    struct block rows;
    struct control_outcome outcome = {0};
    block_init(&rows, asker->question.query);
    if (response->error.kind != ERROR_NONE)
        error_set(&outcome.error, ERROR_NETWORK, "",
                  "the running gateway gave no answer: %s", response->error.message);
    else if (response->status != 200)
        quote_refusal(response, &outcome.error);
    else
        control_wire_hear(response, &outcome);
    struct poll_answer answer = {
        .error = outcome.error,
        .rows = &rows,
        .body = response->status == 200 ? response->body : "",
        .body_size = response->status == 200 ? response->body_size : 0,
        .content_type = response->content_type,
        .status = outcome.status,
        .retry_after_ms = -1,
        .duration_us = outcome.duration_us,
    };
    if (answer.error.kind == ERROR_NONE)
        poll_decode(response->content_type, answer.body, answer.body_size, &rows,
                    &answer.error);
    asker->on_answer(asker->arg, &answer, outcome.circuit_until_ms);
    block_fini(&rows);
}

static void
ask_gateway(struct asker *asker)
{
    struct buf url = {0}, body = {0};
    struct http_header header = {"Content-Type", "application/json"};
    buf_add_text(&url, "http://ccgate");
    control_wire_path(asker->center->name, "ask", &url);
    control_wire_ask(&asker->question, &body);
    struct http_request request = {
        .method = "POST",
        .url = url.data,
        .headers = &header,
        .header_count = 1,
        .body = body.data,
        .body_size = body.size,
        .timeout_ms = asker->center->timeout_ms + PATIENCE_MS,
        .unix_socket = asker->socket,
    };
    http_start(asker->pool, &request, on_reply, asker);
    buf_fini(&url);
    buf_fini(&body);
}

/* ---- alone ---- */

static void
on_own_answer(void *arg, const struct poll_answer *answer)
{
    struct asker *asker = arg;
    asker->on_answer(asker->arg, answer, 0);
}

static void
ask_alone(struct asker *asker)
{
    const struct control_question *question = &asker->question;
    if (!asker->planner)
        asker->planner = planner_new(asker->loop, asker->pool, asker->conf);
    planner_ask(asker->planner, (uint32_t)(asker->center - asker->conf->centers),
                question->query, question->ids, question->id_count, &question->span,
                on_own_answer, asker);
}

static void
on_look(void *arg)
{
    loop_stop(arg);
}

static void
leave(struct asker *asker)
{
    int64_t until = clock_real_mono_ms() + LEAVE_MS;
    struct timer *look = timer_new_real(asker->loop, on_look, asker->loop);
    planner_drain(asker->planner);
    while (planner_busy(asker->planner) && clock_real_mono_ms() < until) {
        timer_start(look, LEAVE_LOOK_MS);
        loop_run(asker->loop);
    }
    timer_free(look);
    planner_delete(asker->planner);
}

/* ---- either ---- */

/* A file that nobody listens on was left by a gateway that was killed; one that cannot
 * be opened, or is silent, may well be a gateway's. */
static bool
may_run(const struct asker *asker, const struct http_response *response)
{
    bool is_foreign =
        faccessat(AT_FDCWD, asker->socket, W_OK, AT_EACCESS) != 0 && errno == EACCES;
    return is_foreign || response->error.kind == ERROR_TIMEOUT;
}

static void
on_looked(void *arg, const struct http_response *response)
{
    struct asker *asker = arg;
    asker->is_known = true;
    asker->is_gateway = response->error.kind == ERROR_NONE && response->status == 200;
    if (!asker->is_gateway && may_run(asker, response))
        asker->obstacle = mem_text(response->error.message);
    if (asker->is_gateway)
        ask_gateway(asker);
    else
        ask_alone(asker);
}

static void
look_for_gateway(struct asker *asker)
{
    struct http_request request = {
        .method = "GET",
        .url = "http://ccgate" CONTROL_HEALTHY,
        .timeout_ms = LOOK_MS,
        .unix_socket = asker->socket,
    };
    http_start(asker->pool, &request, on_looked, asker);
}

struct asker *
asker_new(struct loop *loop, const struct conf *conf, const struct conf_center *center,
          bool is_alone, asker_callback *on_answer, void *arg)
{
    struct asker *asker = mem_zero(sizeof *asker);
    asker->loop = loop;
    asker->conf = conf;
    asker->center = center;
    asker->on_answer = on_answer;
    asker->arg = arg;
    asker->socket = control_wire_socket(conf->state);
    asker->pool = http_pool_new(loop, 2);
    asker->is_known = is_alone;
    return asker;
}

void
asker_delete(struct asker *asker)
{
    if (asker->planner)
        leave(asker);
    http_pool_delete(asker->pool);
    free(asker->socket);
    free(asker->obstacle);
    free(asker);
}

void
asker_ask(struct asker *asker, const struct control_question *question)
{
    asker->question = *question;
    if (!asker->is_known)
        look_for_gateway(asker);
    else if (asker->is_gateway)
        ask_gateway(asker);
    else
        ask_alone(asker);
}

bool
asker_is_gateway(const struct asker *asker)
{
    return asker->is_gateway;
}

const char *
asker_obstacle(const struct asker *asker)
{
    return asker->obstacle;
}
