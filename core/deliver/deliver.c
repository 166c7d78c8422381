#include "deliver/deliver_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "deliver/outgoing.h"
#include "deliver/schedule.h"
#include "net/sign.h"

#define POOL_CALLS 256 /* over all destinations: only a ceiling for descriptors */

/* How an attempt ended. */
struct outcome {
    enum verdict verdict;
    struct error error; /* ERROR_NONE: an answer came */
    long status;
    int curl_code;
    const char *answer;
    int64_t retry_after_ms;
    int64_t duration_ms;
};

static void pump(struct outlet *outlet);

/* ---- outlets ---- */

static void
on_time(void *arg)
{
    pump(arg);
}

/* Nothing is started from here: a caller may be reading the store. */
void
outlet_arm(struct outlet *outlet)
{
    const struct message *first = lines_first(&outlet->lines);
    if (!first || !outlet->conf || outlet->deliver->draining ||
        outlet->in_flight == PARALLEL) {
        timer_stop(outlet->timer);
        return;
    }
    int64_t delay_ms = first->due_ms - clock_mono_ms();
    timer_start(outlet->timer, delay_ms > 0 ? delay_ms : 0);
}

/* Finds its section; the first time that there is none, the log says so. */
static void
find_conf(struct outlet *outlet, bool is_new)
{
    const struct conf_destination *before = outlet->conf;
    outlet->conf = conf_find_destination(outlet->deliver->conf, outlet->name);
    if (!outlet->conf && (before || is_new))
        log_warn("deliver", "no destination '%s' in the configuration: messages wait",
                 outlet->name);
}

static struct outlet *
outlet_new(struct deliver *deliver, const char *name)
{
    struct outlet *outlet = mem_zero(sizeof(*outlet));
    outlet->deliver = deliver;
    outlet->name = mem_text(name);
    outlet->timer = timer_new(deliver->loop, on_time, outlet);
    for (size_t i = 0; i < PARALLEL; i++)
        outlet->flights[i].outlet = outlet;
    find_conf(outlet, true);
    table_put(&deliver->outlets, outlet->name, outlet);
    return outlet;
}

static void
outlet_delete(struct outlet *outlet)
{
    timer_free(outlet->timer);
    for (size_t i = 0; i < PARALLEL; i++)
        connector_request_fini(&outlet->flights[i].request);
    lines_fini(&outlet->lines);
    free(outlet->name);
    free(outlet);
}

/* ---- flights ---- */

static struct flight *
flight_start(struct outlet *outlet, struct message *message)
{
    struct flight *flight = outlet->flights;
    while (flight->message)
        flight++;
    flight->message = message;
    outlet->in_flight++;
    return flight;
}

static void
flight_end(struct flight *flight)
{
    connector_request_fini(&flight->request);
    flight->message = NULL;
    flight->outlet->in_flight--;
}

static const char *
about(const struct flight *flight)
{
    return flight->request.about ? flight->request.about : flight->message->id;
}

/* ---- how an attempt ends ---- */

/* Nobody waits for it: what follows in this line is committed behind it. */
static void
commit_outcome(const struct flight *flight, const struct outcome *outcome,
               enum outbox_state state, int64_t wait_ms)
{
    const struct message *message = flight->message;
    struct txn *txn = txn_new();
    int64_t now_ms = clock_wall_ms();
    char *answer = outgoing_keep_answer(flight->outlet->conf,
                                        outcome->answer ? outcome->answer
                                                        : outcome->error.message);
    struct attempt_record attempt = {
        .message_id = message->id,
        .number = message->attempts,
        .at_ms = now_ms,
        .status = outcome->status,
        .curl_code = outcome->curl_code,
        .answer = answer,
    };
    txn_mark_outbox(txn, message->id, state, now_ms + (wait_ms > 0 ? wait_ms : 0),
                    message->attempts, NULL);
    txn_add_attempt(txn, &attempt);
    store_commit(flight->outlet->deliver->store, txn, NULL, NULL);
    free(answer);
}

static void
log_outcome(const struct flight *flight, const struct outcome *outcome, int64_t wait_ms)
{
    const char *name = flight->outlet->name;
    long long attempts = (long long)flight->message->attempts;
    char why[sizeof(outcome->error.message)], wait[32];
    snprintf(why, sizeof(why), "HTTP %ld", outcome->status);
    const char *reason = outcome->error.kind ? outcome->error.message : why;
    if (outcome->verdict == VERDICT_DONE)
        log_info("deliver", "sent    %s to %s (%ld, %lld ms)", about(flight), name,
                 outcome->status, (long long)outcome->duration_ms);
    else if (wait_ms < 0)
        log_error("deliver", "%s: %s given up after %lld attempt%s: %s", name,
                  about(flight), attempts, attempts == 1 ? "" : "s", reason);
    else
        log_warn(
            "deliver", "%s: %s failed: %s; attempt %lld, next in %s", name,
            about(flight), reason, attempts,
            text_format_duration((wait_ms + 500) / 1000 * 1000, wait, sizeof(wait)));
}

static double
random_share(void)
{
    uint32_t number;
    sign_random(&number, sizeof(number));
    return number / 4294967296.0;
}

/* Milliseconds until the next attempt, -1 for none. */
static int64_t
next_wait(const struct message *message, const struct outcome *outcome)
{
    if (outcome->verdict == VERDICT_DONE || outcome->verdict == VERDICT_DEAD)
        return -1;
    bool is_throttled = outcome->status == 429 || outcome->error.kind == ERROR_TIMEOUT;
    return schedule_next(message->attempts, outcome->verdict, outcome->retry_after_ms,
                         is_throttled, random_share());
}

static void
conclude(struct flight *flight, const struct outcome *outcome)
{
    struct outlet *outlet = flight->outlet;
    struct message *message = flight->message;
    message->attempts++;
    int64_t wait_ms = next_wait(message, outcome);
    enum outbox_state state = wait_ms >= 0                       ? OUTBOX_READY
                              : outcome->verdict == VERDICT_DONE ? OUTBOX_DONE
                                                                 : OUTBOX_DEAD;
    commit_outcome(flight, outcome, state, wait_ms);
    outlet->counts[state]++;
    if (!flight->request.log)
        log_outcome(flight, outcome, wait_ms);
    flight_end(flight);
    if (state == OUTBOX_READY) {
        message->due_ms = clock_mono_ms() + wait_ms;
        lines_give_back(&outlet->lines, message);
    } else {
        lines_finish(&outlet->lines, message);
    }
}

/* An attempt that never reached the network. */
static void
conclude_failed(struct flight *flight, enum verdict verdict, const struct error *error)
{
    struct outcome outcome = {
        .verdict = verdict, .error = *error, .retry_after_ms = -1};
    conclude(flight, &outcome);
}

static void
on_response(void *arg, const struct http_response *response)
{
    struct flight *flight = arg;
    struct outlet *outlet = flight->outlet;
    bool answered = response->error.kind == ERROR_NONE;
    flight->message->refusals += answered && response->status / 100 == 4;
    struct connector_answer answer = {
        .status = answered ? response->status : 0,
        .error_kind = response->error.kind,
        .body = answered ? response->body : NULL,
        .body_size = answered ? response->body_size : 0,
        .refusals = flight->message->refusals,
    };
    /* A destination that has just left the configuration is judged as a webhook. */
    const char *kind = outlet->conf ? outlet->conf->kind : "webhook";
    struct outcome outcome = {
        .verdict = connector_classify(outlet->deliver->connector, kind, &answer),
        .error = response->error,
        .status = answer.status,
        .curl_code = response->curl_code,
        .answer = answer.body,
        .retry_after_ms = response->retry_after_ms,
        .duration_ms = response->duration_us / 1000,
    };
    conclude(flight, &outcome);
    pump(outlet);
}

/* ---- how it begins ---- */

static void
send_request(struct flight *flight)
{
    const struct conf_destination *conf = flight->outlet->conf;
    const struct message *message = flight->message;
    struct outgoing outgoing = {0};
    struct error error = {0};
    const char *url = conf->url ? conf->url : flight->request.url;
    if (!url)
        error_set(&error, ERROR_LIMIT, "", "the configuration has no url for it");
    else if (!outgoing_init(&outgoing, conf, &flight->request, message->id,
                            message->body, clock_wall_ms() / 1000))
        error_set(&error, ERROR_AUTH, "", "a secret is missing, or cannot sign");
    struct http_request request = {
        .method = flight->request.method,
        .url = url,
        .headers = outgoing.headers,
        .header_count = outgoing.header_count,
        .body = outgoing.body,
        .body_size = outgoing.body ? strlen(outgoing.body) : 0,
        .ca_file = conf->ca_file,
        .timeout_ms = conf->timeout_ms,
        .fresh = flight->request.fresh,
        .public_only = !conf->is_private_allowed,
        .allowed = conf->private_ranges,
        .allowed_count = conf->private_range_count,
    };
    if (error.kind)
        conclude_failed(flight, VERDICT_SLOW, &error);
    else
        http_start(flight->outlet->deliver->pool, &request, on_response, flight);
    outgoing_fini(&outgoing);
}

/* The destination has gone while the message was on its way to the disk. */
static void
put_back(struct flight *flight)
{
    struct message *message = flight->message;
    struct txn *txn = txn_new();
    txn_mark_outbox(txn, message->id, OUTBOX_READY, clock_wall_ms(), message->attempts,
                    NULL);
    store_commit(flight->outlet->deliver->store, txn, NULL, NULL);
    lines_give_back(&flight->outlet->lines, message);
    flight_end(flight);
}

/* in_flight and the body are on disk: now the bytes may leave. */
static void
on_committed(void *arg)
{
    struct flight *flight = arg;
    struct outlet *outlet = flight->outlet;
    if (!outlet->conf) {
        put_back(flight);
    } else if (flight->request.log) {
        log_info(outlet->name, "%s", flight->request.log);
        conclude(flight, &(struct outcome){.verdict = VERDICT_DONE});
    } else {
        send_request(flight);
    }
    pump(outlet);
}

static void
begin(struct outlet *outlet, struct message *message)
{
    struct deliver *deliver = outlet->deliver;
    struct flight *flight = flight_start(outlet, message);
    struct error error;
    const struct connector_subject subject = {
        .conf = deliver->conf,
        .destination = outlet->conf,
        .id = message->id,
        .message = message->event,
    };
    if (!connector_render(deliver->connector, &subject, &flight->request, &error)) {
        conclude_failed(flight, VERDICT_DEAD, &error);
        return;
    }
    bool is_rendered = !message->body && flight->request.body;
    if (is_rendered) {
        message->body = flight->request.body;
        flight->request.body = NULL;
    }
    struct txn *txn = txn_new();
    txn_mark_outbox(txn, message->id, OUTBOX_IN_FLIGHT, clock_wall_ms(),
                    message->attempts, is_rendered ? message->body : NULL);
    store_commit(deliver->store, txn, on_committed, flight);
}

/* Begins what is due. */
static void
pump(struct outlet *outlet)
{
    int64_t now_ms = clock_mono_ms();
    const struct message *first;
    while (outlet->conf && !outlet->deliver->draining && outlet->in_flight < PARALLEL &&
           (first = lines_first(&outlet->lines)) && first->due_ms <= now_ms)
        begin(outlet, lines_take(&outlet->lines));
    outlet_arm(outlet);
}

/* ---- what has lost its point ---- */

static void
commit_marks(void *arg)
{
    struct deliver *deliver = arg;
    store_commit(deliver->store, deliver->marks, NULL, NULL);
    deliver->marks = NULL;
}

/* Not from here: a caller may be reading the store. */
static void
mark_superseded(struct deliver *deliver, const char *id)
{
    if (!deliver->marks)
        deliver->marks = txn_new();
    txn_mark_outbox(deliver->marks, id, OUTBOX_SUPERSEDED, clock_wall_ms(), 0, NULL);
    timer_start(deliver->mark_timer, 0);
}

/* ---- the outside ---- */

struct deliver *
deliver_new(struct loop *loop, struct store *store, struct connector *connector,
            const struct conf *conf)
{
    struct deliver *deliver = mem_zero(sizeof(*deliver));
    deliver->loop = loop;
    deliver->store = store;
    deliver->connector = connector;
    deliver->conf = conf;
    deliver->pool = http_pool_new(loop, POOL_CALLS);
    deliver->mark_timer = timer_new(loop, commit_marks, deliver);
    return deliver;
}

void
deliver_delete(struct deliver *deliver)
{
    if (!deliver)
        return;
    http_pool_delete(deliver->pool);
    for (size_t i = 0; i < deliver->outlets.room; i++)
        if (deliver->outlets.slots[i].key)
            outlet_delete(deliver->outlets.slots[i].value);
    table_fini(&deliver->outlets);
    timer_free(deliver->mark_timer);
    if (deliver->marks)
        txn_delete(deliver->marks); /* found again at the next start */
    free(deliver);
}

void
deliver_add(struct deliver *deliver, const struct outbox_record *record)
{
    struct outlet *outlet = table_get(&deliver->outlets, record->destination);
    if (!outlet)
        outlet = outlet_new(deliver, record->destination);
    struct message *message = mem_zero(sizeof(*message));
    int64_t wait_ms = schedule_left(record->attempts, record->next_ms, clock_wall_ms());
    *message = (struct message){
        .id = mem_text(record->id),
        .kind = mem_text(record->kind),
        .event = mem_text(record->message),
        .body = mem_text(record->body),
        .attempts = record->attempts,
        .refusals = record->refusals,
        .created_ms = record->created_ms,
        .due_ms = clock_mono_ms() + wait_ms,
    };
    char *superseded = lines_add(&outlet->lines, message, record->order_key);
    if (superseded)
        mark_superseded(deliver, superseded);
    else if (lines_first(&outlet->lines) == message)
        outlet_arm(outlet);
    free(superseded);
}

void
deliver_set_conf(struct deliver *deliver, const struct conf *conf)
{
    deliver->conf = conf;
    for (size_t i = 0; i < deliver->outlets.room; i++)
        if (deliver->outlets.slots[i].key) {
            struct outlet *outlet = deliver->outlets.slots[i].value;
            find_conf(outlet, false);
            outlet_arm(outlet);
        }
}

void
deliver_drain(struct deliver *deliver)
{
    deliver->draining = true;
    for (size_t i = 0; i < deliver->outlets.room; i++)
        if (deliver->outlets.slots[i].key)
            outlet_arm(deliver->outlets.slots[i].value);
}
