/* A planner and a contact centre on one loop: real requests over TLS, answered by a
 * centre that counts them and does what the test wants. */
#ifndef CCGATE_TESTS_POLLING_H
#define CCGATE_TESTS_POLLING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "net/http.h"
#include "net/server.h"
#include "poll/lane.h"
#include "poll/planner.h"

#define POLLING_IDS_MAX   400
#define POLLING_ASKED_MAX 256

/* Never again within a test. */
#define POLLING_SELDOM_MS ((int64_t)3600 * 1000)

/* One request as the centre saw it. */
struct asked {
    const struct query *query;
    int64_t cc_id;
    char begin[20], end[20]; /* of a query with a span */
    int64_t ids[POLLING_IDS_MAX];
    size_t id_count;
    size_t array_bytes; /* of the list of ids, brackets included */
    int64_t at_ms;
};

/* What a subscriber or a fetch got last. */
struct listener {
    size_t count; /* of samples taken, or of ends */
    size_t refused;
    bool is_full; /* refuses */
    uint32_t center;
    struct error error; /* of a fetch */
    size_t row_count;   /* of the newest; the others say what it had */
    size_t all_rows;    /* of all that came */
    int64_t ids[POLLING_IDS_MAX];
    bool gone[POLLING_IDS_MAX];
    int64_t stamp[POLLING_IDS_MAX]; /* number of the request that brought the row */
};

struct polling {
    struct loop *loop;
    struct server *server;
    struct http_pool *pool;
    struct planner *planner;
    struct conf conf;
    struct conf_center centers[3];
    char dir[32], ca_file[64], url[64];
    /* What the centre does. */
    int status;           /* of its answers */
    const char *api_code; /* not NULL: a failure in the body */
    bool is_cut;          /* half the body */
    bool is_holding;      /* answers when polling_release() is called */
    int64_t delay_ms;     /* holds each answer that long */
    int64_t refused[8];   /* fails when asked for any of these ids; 0 ends */
    int64_t unknown;      /* it does not know this id */
    int64_t uninvited;    /* and tells of this one, whom nobody asked for; 0: nobody */
    bool is_reversed;     /* last id first */
    int64_t merged_max;   /* fails when asked for more ids at once; 0: for none */
    const char *list;     /* rows of a list, the last id for each $ */
    /* What it saw. */
    size_t requests, open, most_open;
    struct asked asked[POLLING_ASKED_MAX];
    struct late *held;
};

/* An answer that comes later. */
struct late {
    struct polling *polling;
    struct server_request *request;
    size_t number;
    struct timer *timer;
    struct late *next;
};

/* ---- the centre ---- */

static inline int64_t
polling_number(const char **text)
{
    char *end;
    int64_t number = strtoll(*text, &end, 10);
    *text = end;
    return number;
}

/* What stands after `key`, up to a quote. */
static inline void
polling_copy(char *to, size_t size, const char *body, const char *key)
{
    const char *at = strstr(body, key);
    if (at)
        snprintf(to, size, "%.*s", (int)strcspn(at + strlen(key), "\""),
                 at + strlen(key));
}

static inline const struct query *
polling_query(const char *target)
{
    for (size_t i = 0; queries[i]; i++)
        if (!strcmp(queries[i]->path, target))
            return queries[i];
    fail_msg("nobody asks for %s", target);
    return NULL;
}

/* One id: "skillId":7 or "agentId":7, however it begins. */
static inline void
polling_note_one(struct asked *asked, const char *body)
{
    const char *key = asked->query == &query_agents ? "\"skillId\":" : "gentId\":";
    const char *at = strstr(body, key);
    assert_non_null(at);
    at += strlen(key);
    asked->ids[asked->id_count++] = polling_number(&at);
    polling_copy(asked->begin, sizeof asked->begin, body, "\"beginTime\":\"");
    polling_copy(asked->end, sizeof asked->end, body, "\"endTime\":\"");
}

static inline void
polling_note_list(struct asked *asked, const char *list)
{
    asked->array_bytes = (size_t)(strchr(list, ']') + 1 - list);
    while (*list != ']') {
        list++;
        assert_true(asked->id_count < POLLING_IDS_MAX);
        asked->ids[asked->id_count++] = polling_number(&list);
    }
}

static inline void
polling_note(struct polling *polling, const struct server_request *request)
{
    size_t size;
    const char *bytes = server_body(request, &size);
    char *body = mem_copy(bytes, size); /* with an end */
    const char *cc_id = strstr(body, "\"ccId\":"), *list = strchr(body, '[');
    struct asked *asked = &polling->asked[polling->requests % POLLING_ASKED_MAX];
    polling->requests++;
    *asked = (struct asked){.at_ms = clock_mono_ms(),
                            .query = polling_query(server_path(request))};
    assert_non_null(cc_id);
    cc_id += strlen("\"ccId\":");
    asked->cc_id = polling_number(&cc_id);
    if (list)
        polling_note_list(asked, list);
    else
        polling_note_one(asked, body);
    free(body);
}

static inline void
polling_add_row(struct buf *out, int64_t id, size_t number, size_t *rows)
{
    buf_format(out, "%s{\"skillId\":%lld,\"callWaitNums\":%zu}", (*rows)++ ? "," : "",
               (long long)id, number);
}

static inline void
polling_add_list(struct buf *out, const char *list, int64_t id)
{
    for (; list && *list; list++)
        if (*list == '$')
            buf_format(out, "%lld", (long long)id);
        else
            buf_add(out, list, 1);
}

static inline bool
polling_is_refused(const struct polling *polling, const struct asked *asked)
{
    if (polling->merged_max && (int64_t)asked->id_count > polling->merged_max)
        return true;
    for (const int64_t *id = polling->refused; *id; id++)
        for (size_t i = 0; i < asked->id_count; i++)
            if (asked->ids[i] == *id)
                return true;
    return false;
}

static inline void
polling_reply(struct polling *polling, struct server_request *request, size_t number)
{
    const struct asked *asked = &polling->asked[(number - 1) % POLLING_ASKED_MAX];
    struct buf body = {0};
    size_t rows = 0;
    buf_add_text(&body, "{\"resultCode\":\"0100000\",\"resultDesc\":[");
    if (polling->uninvited)
        polling_add_row(&body, polling->uninvited, number, &rows);
    if (asked->query->is_list)
        polling_add_list(&body, polling->list, asked->ids[0]);
    for (size_t i = 0; !asked->query->is_list && i < asked->id_count; i++) {
        int64_t id = asked->ids[polling->is_reversed ? asked->id_count - 1 - i : i];
        if (id != polling->unknown)
            polling_add_row(&body, id, number, &rows);
    }
    buf_add_text(&body, "]}");
    const char *code =
        polling_is_refused(polling, asked) ? "0100002" : polling->api_code;
    if (code) {
        buf_clear(&body);
        buf_format(&body, "{\"resultCode\":\"%s\",\"resultDesc\":\"no\"}", code);
    }
    polling->open--;
    if (polling->is_cut)
        server_reply_cut(request, polling->status, "application/json", body.data,
                         body.size, body.size / 2);
    else
        server_reply(request, polling->status, "application/json", body.data,
                     body.size);
    buf_fini(&body);
}

static inline void
polling_reply_late(void *arg)
{
    struct late *late = arg;
    struct late **at = &late->polling->held;
    while (*at != late)
        at = &(*at)->next;
    *at = late->next;
    polling_reply(late->polling, late->request, late->number);
    timer_free(late->timer);
    free(late);
}

static inline void
polling_on_request(void *arg, struct server_request *request)
{
    struct polling *polling = arg;
    polling_note(polling, request);
    polling->open++;
    if (polling->open > polling->most_open)
        polling->most_open = polling->open;
    if (!polling->is_holding && !polling->delay_ms) {
        polling_reply(polling, request, polling->requests);
        return;
    }
    struct late *late = mem_zero(sizeof *late);
    late->polling = polling;
    late->request = request;
    late->number = polling->requests;
    late->timer = timer_new(polling->loop, polling_reply_late, late);
    late->next = polling->held;
    polling->held = late;
    if (!polling->is_holding)
        timer_start(late->timer, polling->delay_ms);
}

/* Answers what it holds, and holds nothing any more. */
static inline void
polling_release(struct polling *polling)
{
    polling->is_holding = false;
    for (struct late *late = polling->held; late; late = late->next)
        timer_start(late->timer, 0);
}

/* Answers the request that has waited longest. */
static inline void
polling_release_one(struct polling *polling)
{
    struct late *late = polling->held;
    assert_non_null(late);
    while (late->next)
        late = late->next;
    polling_reply_late(late);
}

/* ---- time ---- */

static inline void
polling_stop(void *loop)
{
    loop_stop(loop);
}

static inline void
polling_run_for(struct polling *polling, int64_t ms)
{
    struct timer *timer = timer_new(polling->loop, polling_stop, polling->loop);
    timer_start(timer, ms);
    loop_run(polling->loop);
    timer_free(timer);
}

/* Until `*count` is at least `wanted`. */
static inline void
polling_wait(struct polling *polling, const size_t *count, size_t wanted)
{
    for (int64_t until = clock_mono_ms() + 10000; *count < wanted;) {
        if (clock_mono_ms() > until)
            fail_msg("waited in vain: %zu of %zu", *count, wanted);
        polling_run_for(polling, 1);
    }
}

/* ---- listening ---- */

static inline void
polling_take(struct listener *listener, const struct block *rows)
{
    const struct query *query = rows->query;
    int waiting = query_field(query, "calls_waiting");
    assert_true(waiting > 0);
    assert_true(rows->row_count <= POLLING_IDS_MAX);
    listener->row_count = rows->row_count;
    listener->all_rows += rows->row_count;
    for (size_t i = 0; i < rows->row_count; i++) {
        const int64_t *row = block_row(rows, i);
        assert_true(row_has(row, query->key));
        listener->ids[i] = row[1 + query->key];
        listener->gone[i] = row_is_gone(row);
        listener->stamp[i] = row_has(row, (size_t)waiting) ? row[1 + waiting] : 0;
    }
}

static inline bool
polling_on_rows(void *arg, uint32_t center, int64_t argument, const struct block *rows,
                int64_t wall_ms)
{
    struct listener *listener = arg;
    assert_int_equal(argument, 0);
    assert_true(llabs(clock_wall_ms() - wall_ms) < 60000);
    if (listener->is_full) {
        listener->refused++;
        return false;
    }
    listener->count++;
    listener->center = center;
    polling_take(listener, rows);
    return true;
}

static inline void
polling_on_fetched(void *arg, const struct error *error, const struct block *rows,
                   int64_t wall_ms)
{
    struct listener *listener = arg;
    assert_true(llabs(clock_wall_ms() - wall_ms) < 60000);
    listener->count++;
    listener->error = *error;
    polling_take(listener, rows);
}

static inline void
assert_ids(const int64_t *ids, size_t count, const int64_t *wanted, size_t wanted_count)
{
    assert_int_equal(count, wanted_count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(ids[i], wanted[i]);
}

#define IDS(...)                                                                       \
    (const int64_t[]){__VA_ARGS__}, sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)

/* Subscribes to one list of ids of centre `center`. */
static inline struct subscription *
polling_subscribe(struct polling *polling, uint32_t center, int64_t every_ms,
                  const int64_t *ids, size_t count, struct listener *listener)
{
    struct planner_want want = {center, &query_queues, every_ms, 0, ids, count, 0};
    return planner_subscribe(polling->planner, "test", &want, 1, polling_on_rows,
                             listener);
}

static inline struct fetch *
polling_fetch(struct polling *polling, int64_t max_age_ms, const int64_t *ids,
              size_t count, struct listener *listener)
{
    return planner_fetch(polling->planner, 0, &query_queues, ids, count, NULL,
                         max_age_ms, polling_on_fetched, listener);
}

/* ---- putting together ---- */

static inline struct conf_center
polling_center(struct polling *polling, const char *name, int64_t cc_id)
{
    return (struct conf_center){.name = (char *)(uintptr_t)name,
                                .url = polling->url,
                                .cc_id = cc_id,
                                .vdn = 1,
                                .access_key = (char *)(uintptr_t) "ak",
                                .secret_key = (char *)(uintptr_t) "sk",
                                .ca_file = polling->ca_file,
                                .edition = 2023,
                                .rate = 1000,
                                .concurrency = 4,
                                .timeout_ms = 10000};
}

static inline void
polling_listen(struct polling *polling, server_handler *on_request, void *arg)
{
    struct server_options options = {.listen = "127.0.0.1:0",
                                     .tls = true,
                                     .ca_file = polling->ca_file,
                                     .on_request = on_request,
                                     .arg = arg};
    struct error error = {0};
    polling->server = server_new(polling->loop, &options, &error);
    if (!polling->server)
        fail_msg("%s", error.message);
    snprintf(polling->url, sizeof polling->url, "https://%s",
             server_address(polling->server));
}

/* With two centres, "main" (ccId 1) and "second" (ccId 2), which are one server. */
static inline struct polling *
polling_open(void)
{
    struct polling *polling = mem_zero(sizeof *polling);
    log_set_level(LEVEL_ERROR + 1);
    http_init();
    snprintf(polling->dir, sizeof polling->dir, "%s", P_tmpdir "/ccgate-poll-XXXXXX");
    assert_non_null(mkdtemp(polling->dir));
    snprintf(polling->ca_file, sizeof polling->ca_file, "%s/ca.pem", polling->dir);
    polling->loop = loop_new();
    polling->status = 200;
    polling_listen(polling, polling_on_request, polling);
    polling->pool = http_pool_new(polling->loop, 64);
    polling->centers[0] = polling_center(polling, "main", 1);
    polling->centers[1] = polling_center(polling, "second", 2);
    polling->conf.centers = polling->centers;
    polling->conf.center_count = 2;
    return polling;
}

static inline void
polling_close(struct polling *polling)
{
    planner_delete(polling->planner);
    http_pool_delete(polling->pool);
    while (polling->held) {
        struct late *late = polling->held;
        polling->held = late->next;
        timer_free(late->timer);
        free(late);
    }
    server_delete(polling->server);
    loop_delete(polling->loop);
    unlink(polling->ca_file);
    assert_int_equal(rmdir(polling->dir), 0);
    free(polling);
}

/* Of a test that has a planner: *state is the polling. */
static inline int
polling_set_up(void **state)
{
    struct polling *polling = polling_open();
    polling->planner = planner_new(polling->loop, polling->pool, &polling->conf);
    *state = polling;
    return 0;
}

static inline int
polling_tear_down(void **state)
{
    polling_close(*state);
    return 0;
}

#endif
