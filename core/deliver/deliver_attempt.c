/* One attempt: rendered, put on disk, sent, judged. */
#include "deliver/deliver_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "deliver/outgoing.h"

static void send_request(struct flight *flight);
static bool render(struct flight *flight, struct error *error);

/* ---- flights ---- */

/* Takes the array, not the messages, which are the lines'. */
static struct flight *
flight_start(struct outlet *outlet, struct message **messages, size_t count)
{
    struct flight *flight = outlet->flights;
    while (flight->count)
        flight++;
    flight->messages = messages;
    flight->count = count;
    outlet->in_flight++;
    return flight;
}

/* ---- how it ends ---- */

/* An attempt that never reached the network. */
static void
conclude_failed(struct flight *flight, enum verdict verdict, const struct error *error)
{
    struct outcome outcome = {
        .verdict = verdict, .error = *error, .retry_after_ms = -1};
    flight_conclude(flight, &outcome);
}

/* The kind has another request of this attempt: it depends on what has been learned,
 * and what is learned is on disk with the end of the attempt alone. So a message whose
 * answer was lost begins with its first request again. */
static void
ask_again(struct flight *flight, const struct outcome *outcome)
{
    struct outcome end = *outcome;
    struct error error = {0};
    end.verdict = VERDICT_RETRY;
    end.memo = NULL;
    if (++flight->asks >= ASKS_MOST) {
        error_set(&end.error, ERROR_LIMIT, "", "it takes more than %d requests",
                  ASKS_MOST);
    } else if (outcome->memo) {
        free(flight->memo);
        flight->memo = mem_text(outcome->memo);
    }
    if (flight->outlet->conf && !end.error.kind && render(flight, &error)) {
        if (!flight->request.is_nothing) {
            bucket_take(&flight->outlet->bucket, clock_mono_ms());
            send_request(flight);
            return;
        }
        end.verdict = VERDICT_DONE;
        end.memo = flight->memo;
    } else if (error.kind) {
        end.verdict = VERDICT_DEAD;
        end.error = error;
    }
    flight_conclude(flight, &end);
}

static int64_t
later(int64_t a_ms, int64_t b_ms)
{
    return a_ms > b_ms ? a_ms : b_ms;
}

static void
judge(struct flight *flight, const struct http_response *response,
      struct connector_judgement *judgement)
{
    const struct outlet *outlet = flight->outlet;
    bool is_answered = response->error.kind == ERROR_NONE;
    struct connector_answer answer = {
        .status = is_answered ? response->status : 0,
        .error_kind = response->error.kind,
        .body = is_answered ? response->body : NULL,
        .body_size = is_answered ? response->body_size : 0,
        .refusals = flight->messages[0]->refusals,
        .step = flight->request.step,
        .memo = flight->request.memo,
    };
    /* A destination that has just left the configuration is judged as a webhook. */
    const char *kind = outlet->conf ? outlet->conf->kind : "webhook";
    connector_classify(outlet->deliver->connector, kind, &answer, judgement);
}

/* The way out of a certificate by an authority that is not known. */
static void
name_ca_file(const struct outlet *outlet, struct error *error)
{
    size_t used = strlen(error->message);
    snprintf(error->message + used, sizeof error->message - used,
             "; ca_file in [destination %s] names an authority of your own",
             outlet->name);
}

static void
on_response(void *arg, const struct http_response *response)
{
    struct flight *flight = arg;
    struct outlet *outlet = flight->outlet;
    bool is_answered = response->error.kind == ERROR_NONE;
    bool is_refused = is_answered && response->status / 100 == 4;
    for (size_t i = 0; i < flight->count; i++)
        flight->messages[i]->refusals += is_refused;
    struct connector_judgement judgement;
    judge(flight, response, &judgement);
    struct outcome outcome = {
        .verdict = judgement.verdict,
        .error = response->error,
        .status = is_answered ? response->status : 0,
        .curl_code = response->curl_code,
        .answer = is_answered ? response->body : NULL,
        .response = response,
        .retry_after_ms = later(response->retry_after_ms, judgement.after_ms),
        .duration_ms = response->duration_us / 1000,
        .memo = judgement.memo,
    };
    if (response->is_stranger)
        name_ca_file(outlet, &outcome.error);
    if (judgement.verdict == VERDICT_AGAIN)
        ask_again(flight, &outcome);
    else
        flight_conclude(flight, &outcome);
    free(judgement.memo);
    outlet_pump(outlet);
}

/* ---- how it begins ---- */

const char *
flight_method(const struct flight *flight)
{
    return flight->request.method ? flight->request.method : "POST";
}

static void
leave(struct flight *flight, const struct http_request *request, const char *body)
{
    const struct deliver *deliver = flight->outlet->deliver;
    struct http_response response = {
        .status = 200, .body = "", .content_type = "", .retry_after_ms = -1};
    if (deliver->player) {
        flight_play(flight, body, &response);
        on_response(flight, &response);
    } else {
        http_start(deliver->pool, request, on_response, flight);
    }
}

static void
send_request(struct flight *flight)
{
    const struct conf_destination *conf = flight->outlet->conf;
    const struct message *message = flight->messages[0];
    bool is_own = flight->count == 1 && !flight->outlet->remembers;
    const char *body = is_own ? message->body : flight->request.body;
    struct outgoing outgoing = {0};
    struct error error = {0};
    char *url = outgoing_url(conf, &flight->request);
    if (!url)
        error_set(&error, ERROR_LIMIT, "", "the configuration has no url for it");
    else if (!outgoing_init(&outgoing, conf, &flight->request, message->id, body,
                            clock_wall_ms() / 1000))
        error_set(&error, ERROR_AUTH, "", "a secret is missing, or cannot sign");
    const struct http_mail mail = {
        .from = conf->from,
        .to = (const char *const *)flight->request.to,
        .to_count = flight->request.to_count,
        .user = conf->user,
        .password = conf->password,
        .plain = conf->is_plain,
    };
    struct http_request request = {
        .method = flight_method(flight),
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
        .mail = flight->request.to ? &mail : NULL,
    };
    if (error.kind)
        conclude_failed(flight, VERDICT_SLOW, &error);
    else
        leave(flight, &request, body);
    outgoing_fini(&outgoing);
    free(url);
}

/* The destination has gone while its messages were on their way to the disk. */
static void
put_back(struct flight *flight)
{
    struct outlet *outlet = flight->outlet;
    struct txn *txn = txn_new();
    for (size_t i = 0; i < flight->count; i++) {
        struct message *message = flight->messages[i];
        txn_mark_outbox(txn, message->id, OUTBOX_READY, clock_wall_ms(),
                        message->attempts, NULL);
        lines_give_back(&outlet->lines, message);
    }
    store_commit(outlet->deliver->store, txn, NULL, NULL);
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
    } else if (flight->request.is_nothing) {
        flight_conclude(flight, &(struct outcome){.verdict = VERDICT_DONE});
    } else if (flight->request.log) {
        struct http_response unread = {0};
        if (outlet->deliver->player)
            flight_play(flight, NULL, &unread);
        log_info(outlet->name, "%s", flight->request.log);
        flight_conclude(flight, &(struct outcome){.verdict = VERDICT_DONE});
    } else {
        send_request(flight);
    }
    outlet_pump(outlet);
}

/* The body of a message that goes alone is kept with it. */
static bool
keep_body(struct flight *flight)
{
    struct message *message = flight->messages[0];
    if (flight->count > 1 || flight->outlet->remembers || message->body ||
        !flight->request.body)
        return false;
    message->body = flight->request.body;
    flight->request.body = NULL;
    return true;
}

/* What this attempt has learned, else what is known of its fingerprint. */
static void
add_memo(const struct flight *flight, struct connector_subject *subject)
{
    const struct outlet *outlet = flight->outlet;
    const struct memo_record *known = memos_find(&outlet->deliver->memos, outlet->name,
                                                 lines_key_of(flight->messages[0]));
    if (flight->memo) {
        subject->memo = flight->memo;
        subject->memo_alert = flight->request.alert;
    } else if (known) {
        subject->memo = known->text;
        subject->memo_alert = known->alert;
    }
}

/* In the place of the request before. */
static bool
render(struct flight *flight, struct error *error)
{
    struct deliver *deliver = flight->outlet->deliver;
    struct connector_request before = flight->request;
    const char **merged = mem_grow(NULL, flight->count, sizeof(*merged));
    for (size_t i = 0; i < flight->count; i++)
        merged[i] = flight->messages[i]->event;
    struct connector_subject subject = {
        .conf = deliver->conf,
        .destination = flight->outlet->conf,
        .id = flight->messages[0]->id,
        .message = merged[0],
        .merged = merged,
        .merged_count = flight->count,
    };
    add_memo(flight, &subject);
    bool is_good =
        connector_render(deliver->connector, &subject, &flight->request, error);
    connector_request_fini(&before);
    free(merged);
    return is_good;
}

void
flight_begin(struct outlet *outlet, struct message **messages, size_t count)
{
    struct flight *flight = flight_start(outlet, messages, count);
    struct error error;
    if (!render(flight, &error)) {
        conclude_failed(flight, VERDICT_DEAD, &error);
        return;
    }
    const char *body = keep_body(flight) ? messages[0]->body : NULL;
    struct txn *txn = txn_new();
    for (size_t i = 0; i < count; i++)
        txn_mark_outbox(txn, messages[i]->id, OUTBOX_IN_FLIGHT, clock_wall_ms(),
                        messages[i]->attempts, body);
    store_commit(outlet->deliver->store, txn, on_committed, flight);
}
