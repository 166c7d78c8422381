/* An agent gateway on the loop: real requests over TLS, answered by a gateway that
 * counts them and does what the test wants. Its time is counted in events: whoever asks
 * for one waits ten seconds of it. */
#ifndef CCGATE_TESTS_SIGNING_H
#define CCGATE_TESTS_SIGNING_H

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
#include "net/session.h"

#define SIGNING_HELD_MAX 8

struct signing {
    struct loop *loop;
    struct server *server;
    struct http_pool *pool;
    struct conf_center center;
    char dir[32], ca_file[64], url[64];
    /* What the gateway does. */
    const char *sign_in_code; /* not NULL: the retcode of each sign-in */
    const char *forced_code;  /* the same, of forced ones */
    const char *event_type;   /* of the next event, once */
    int status;               /* of answers to sign-ins */
    bool has_plain_guid;      /* "Guid: …" instead of "Set-GUID: JSESSIONID=…" */
    const char *wrapping;     /* what is around a GUID, %s, instead of nothing */
    bool has_no_guid;
    bool is_stale;           /* no GUID opens anything; everybody signs in */
    bool is_stolen;          /* likewise, and 100-002 for who signs in */
    bool ends_each;          /* its first event signs every session out */
    bool drops_events;       /* closes the connection */
    size_t renews_every;     /* a new GUID with every so many events; 0: never */
    bool holds_questions;    /* they are answered by signing_release() */
    bool holds_sign_ins;     /* likewise */
    bool holds_sign_outs;    /* for ever */
    const char *answer;      /* to questions */
    const char *answer_type; /* their Content-Type */
    /* What it saw. */
    bool is_in; /* somebody is signed in */
    unsigned guid;
    size_t sign_ins, forced, sign_outs, events, questions, requests;
    char body[512], cookie[128], path[128], order[64];
    struct server_request *held[SIGNING_HELD_MAX];
    size_t held_count;
};

/* ---- the gateway ---- */

static inline void
signing_reply(struct server_request *request, int status, const char *code,
              const char *more)
{
    char body[256];
    snprintf(body, sizeof body, "{\"message\":\"words\",\"retcode\":\"%s\"%s}", code,
             more);
    server_reply(request, status, "application/json", body, strlen(body));
}

static inline void
signing_hand_out(struct signing *signing, struct server_request *request)
{
    char guid[64], value[96];
    signing->guid++;
    if (signing->has_no_guid)
        return;
    snprintf(guid, sizeof guid, "%s%08x-aa.AgentGateway0",
             signing->has_plain_guid ? "" : "JSESSIONID=", signing->guid);
    snprintf(value, sizeof value, signing->wrapping ? signing->wrapping : "%s", guid);
    server_add_header(request, signing->has_plain_guid ? "Guid" : "Set-GUID", value);
}

/* The newest GUID is good, and the one before. */
static inline bool
signing_knows(struct signing *signing, struct server_request *request)
{
    const char *guid = server_header(request, "Guid");
    unsigned number = guid ? (unsigned)strtoul(guid, NULL, 16) : 0;
    const char *tail = guid ? strchr(guid, '-') : NULL;
    bool is_good = tail && !strcmp(tail, "-aa.AgentGateway0") &&
                   (number == signing->guid || number + 1 == signing->guid);
    if (is_good && signing->is_in && !signing->is_stale && !signing->is_stolen)
        return true;
    signing_reply(request, 200, signing->is_stale ? "000-003" : "100-006", "");
    return false;
}

static inline void
signing_note(struct signing *signing, char what)
{
    size_t size = strlen(signing->order);
    if (size + 1 < sizeof signing->order)
        signing->order[size] = what;
}

static inline void
signing_admit(struct signing *signing, struct server_request *request, bool is_forced)
{
    const char *code = is_forced ? signing->forced_code : signing->sign_in_code;
    if (!code && !is_forced && !signing->is_stale &&
        (signing->is_in || signing->is_stolen))
        code = "100-002";
    if (signing->status != 200 || code) {
        signing_reply(request, signing->status, code ? code : "0", "");
        return;
    }
    signing->is_in = true;
    signing->is_stolen = false;
    signing_hand_out(signing, request);
    server_add_header(request, "Set-Cookie", "lb=node7; Path=/; HttpOnly");
    signing_reply(request, 200, "0", ",\"result\":{\"vdnid\":1}");
}

static inline void
signing_event(struct signing *signing, struct server_request *request)
{
    char more[128] = "";
    signing->events++;
    if (signing->drops_events) {
        server_drop(request);
        return;
    }
    if (!signing_knows(signing, request))
        return;
    if (signing->renews_every && signing->events % signing->renews_every == 0)
        signing_hand_out(signing, request);
    if (signing->ends_each)
        signing->event_type = "AgentOther_ShutdownService";
    if (signing->event_type) {
        snprintf(more, sizeof more,
                 ",\"event\":{\"eventType\":\"%s\",\"content\":null}",
                 signing->event_type);
        if (!strcmp(signing->event_type, "AgentOther_ShutdownService"))
            signing->is_in = false;
        signing->event_type = NULL;
    }
    signing_reply(request, 200, "0", more);
}

static inline void
signing_answer(struct signing *signing, struct server_request *request)
{
    if (!signing_knows(signing, request))
        return;
    server_reply(request, 200, signing->answer_type, signing->answer,
                 strlen(signing->answer));
}

static inline void
signing_hold(struct signing *signing, struct server_request *request)
{
    assert_true(signing->held_count < SIGNING_HELD_MAX);
    signing->held[signing->held_count++] = request;
}

/* Answers what it holds, and holds nothing any more. */
static inline void
signing_release(struct signing *signing)
{
    signing->holds_questions = signing->holds_sign_ins = false;
    for (size_t i = 0; i < signing->held_count; i++) {
        struct server_request *request = signing->held[i];
        if (strcmp(server_method(request), "PUT") == 0)
            signing_admit(signing, request, false);
        else
            signing_answer(signing, request);
    }
    signing->held_count = 0;
}

static inline void
signing_put(struct signing *signing, struct server_request *request)
{
    size_t size;
    const char *body = server_body(request, &size);
    bool is_forced = strstr(server_path(request), "/forcelogin") != NULL;
    assert_true(size < sizeof signing->body);
    memcpy(signing->body, body, size);
    signing->body[size] = '\0';
    signing->sign_ins++;
    signing->forced += is_forced;
    signing_note(signing, 'i');
    if (signing->holds_sign_ins)
        signing_hold(signing, request);
    else
        signing_admit(signing, request, is_forced);
}

static inline void
signing_delete(struct signing *signing, struct server_request *request)
{
    signing->sign_outs++;
    signing_note(signing, 'o');
    if (signing->holds_sign_outs) {
        signing_hold(signing, request);
        return;
    }
    if (!signing_knows(signing, request))
        return;
    signing->is_in = false;
    signing_reply(request, 200, "0", "");
}

static inline void
signing_question(struct signing *signing, struct server_request *request)
{
    signing->questions++;
    signing_note(signing, 'q');
    snprintf(signing->path, sizeof signing->path, "%s", server_path(request));
    if (signing->holds_questions)
        signing_hold(signing, request);
    else
        signing_answer(signing, request);
}

static inline void
signing_on_request(void *arg, struct server_request *request)
{
    struct signing *signing = arg;
    const char *cookie = server_header(request, "Cookie");
    snprintf(signing->cookie, sizeof signing->cookie, "%s", cookie ? cookie : "");
    signing->requests++;
    if (!strcmp(server_method(request), "PUT"))
        signing_put(signing, request);
    else if (!strcmp(server_method(request), "DELETE"))
        signing_delete(signing, request);
    else if (strstr(server_path(request), "/agentevent/"))
        signing_event(signing, request);
    else
        signing_question(signing, request);
}

/* ---- time ---- */

static inline void
signing_stop_loop(void *loop)
{
    loop_stop(loop);
}

static inline void
signing_run_for(struct signing *signing, int64_t ms)
{
    struct timer *timer = timer_new(signing->loop, signing_stop_loop, signing->loop);
    timer_start(timer, ms);
    loop_run(signing->loop);
    timer_free(timer);
}

/* Until `*count` is at least `wanted`. */
static inline void
signing_wait(struct signing *signing, const size_t *count, size_t wanted)
{
    for (int64_t until = clock_mono_ms() + 10000; *count < wanted;) {
        if (clock_mono_ms() > until)
            fail_msg("waited in vain: %zu of %zu", *count, wanted);
        signing_run_for(signing, 1);
    }
}

/* Until nobody is signed in. */
static inline void
signing_wait_out(struct signing *signing)
{
    for (int64_t until = clock_mono_ms() + 10000; signing->is_in;) {
        assert_true(clock_mono_ms() < until);
        signing_run_for(signing, 1);
    }
}

/* ---- putting together ---- */

static inline struct signing *
signing_open(void)
{
    struct signing *signing = mem_zero(sizeof *signing);
    struct error error = {0};
    log_set_level(LEVEL_ERROR + 1);
    http_init();
    snprintf(signing->dir, sizeof signing->dir, "%s", P_tmpdir "/ccgate-sign-XXXXXX");
    assert_non_null(mkdtemp(signing->dir));
    snprintf(signing->ca_file, sizeof signing->ca_file, "%s/ca.pem", signing->dir);
    signing->loop = loop_new();
    signing->status = 200;
    signing->answer =
        "{\"message\":\"\",\"retcode\":\"0\",\"result\":{\"workno\":\"20011\"}}";
    signing->answer_type = "application/json";
    struct server_options options = {.listen = "127.0.0.1:0",
                                     .tls = true,
                                     .ca_file = signing->ca_file,
                                     .on_request = signing_on_request,
                                     .arg = signing};
    signing->server = server_new(signing->loop, &options, &error);
    if (!signing->server)
        fail_msg("%s", error.message);
    snprintf(signing->url, sizeof signing->url, "https://%s",
             server_address(signing->server));
    signing->pool = http_pool_new(signing->loop, 16);
    signing->center = (struct conf_center){.name = (char *)(uintptr_t) "main",
                                           .url = signing->url,
                                           .agent_gateway = signing->url,
                                           .operator_id = 1099,
                                           .password = (char *)(uintptr_t) "pass\"word",
                                           .ca_file = signing->ca_file,
                                           .edition = 2025,
                                           .rate = 1000,
                                           .concurrency = 4,
                                           .timeout_ms = 10000};
    return signing;
}

static inline void
signing_close(struct signing *signing)
{
    http_pool_delete(signing->pool);
    server_delete(signing->server);
    loop_delete(signing->loop);
    unlink(signing->ca_file);
    assert_int_equal(rmdir(signing->dir), 0);
    free(signing);
}

#endif
