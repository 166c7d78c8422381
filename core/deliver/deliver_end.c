/* How an attempt ends: on disk, in the log, and for the line that waits behind it. */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/text.h"
#include "base/trouble.h"
#include "deliver/deliver_inside.h"
#include "deliver/outgoing.h"
#include "deliver/schedule.h"
#include "net/sign.h"

void
flight_end(struct flight *flight)
{
    connector_request_fini(&flight->request);
    free(flight->messages);
    free(flight->memo);
    flight->messages = NULL;
    flight->memo = NULL;
    flight->asks = 0;
    flight->count = 0;
    flight->outlet->in_flight--;
}

static const char *
about(const struct flight *flight)
{
    return flight->request.about ? flight->request.about : flight->messages[0]->id;
}

/* Nobody waits for it: what follows in this line is committed behind it. */
static void
add_outcome(struct txn *txn, const struct message *message,
            const struct outcome *outcome, const char *answer, enum outbox_state state,
            int64_t wait_ms)
{
    int64_t now_ms = clock_wall_ms();
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
}

#define REASON_ROOM 32

/* In words; `room` may be used for them. */
static const char *
reason_of(const struct outcome *outcome, char room[REASON_ROOM])
{
    snprintf(room, REASON_ROOM, "HTTP %ld", outcome->status);
    return outcome->error.kind ? outcome->error.message : room;
}

static void
log_sent(const struct flight *flight, const struct outcome *outcome)
{
    const char *name = flight->outlet->name;
    log_info("deliver", "sent    %s to %s (%ld, %lld ms)", about(flight), name,
             outcome->status, (long long)outcome->duration_ms);
    if (outcome->response && outcome->response->refused)
        log_warn("deliver", "%s: %s went to some alone; refused: %s", name,
                 about(flight), outcome->response->refused);
}

static void
log_outcome(const struct flight *flight, const struct outcome *outcome, int64_t wait_ms)
{
    const char *name = flight->outlet->name;
    long long attempts = (long long)flight->messages[0]->attempts;
    char room[REASON_ROOM], wait[32];
    const char *reason = reason_of(outcome, room);
    if (outcome->verdict == VERDICT_DONE)
        log_sent(flight, outcome);
    else if (wait_ms < 0)
        log_error("deliver", "%s: %s given up after %lld attempt%s: %s", name,
                  about(flight), attempts, attempts == 1 ? "" : "s", reason);
    else
        log_warn(
            "deliver", "%s: %s failed: %s; attempt %lld, next in %s", name,
            about(flight), reason, attempts,
            text_format_duration((wait_ms + 500) / 1000 * 1000, wait, sizeof(wait)));
}

/* Milliseconds until the next attempt, -1 for none. */
static int64_t
next_wait(const struct message *message, const struct outcome *outcome, double random)
{
    if (outcome->verdict == VERDICT_DONE || outcome->verdict == VERDICT_DEAD)
        return -1;
    bool is_throttled = outcome->status == 429 || outcome->error.kind == ERROR_TIMEOUT;
    return schedule_next(message->attempts, outcome->verdict, outcome->retry_after_ms,
                         is_throttled, random);
}

/* What came of one message; `wait_ms` until its next attempt, -1 for none. */
static void
settle(struct outlet *outlet, struct message *message, enum outbox_state state,
       int64_t wait_ms)
{
    outlet->counts[state]++;
    if (state == OUTBOX_READY) {
        message->due_ms = clock_mono_ms() + wait_ms;
        lines_give_back(&outlet->lines, message);
    } else {
        lines_finish(&outlet->lines, message);
    }
}

static enum outbox_state
state_after(const struct outcome *outcome, int64_t wait_ms)
{
    return wait_ms >= 0                       ? OUTBOX_READY
           : outcome->verdict == VERDICT_DONE ? OUTBOX_DONE
                                              : OUTBOX_DEAD;
}

/* Of a message that belongs to no alert there is nobody who would ask. */
static void
remember(const struct flight *flight, const char *memo, struct txn *txn)
{
    struct outlet *outlet = flight->outlet;
    const struct memo_record record = {
        .destination = outlet->name,
        .fingerprint = (char *)(uintptr_t)lines_key_of(flight->messages[0]),
        .alert = flight->request.alert,
        .text = (char *)(uintptr_t)memo,
        .written_ms = clock_wall_ms(),
    };
    if (!memo || !record.alert || !*record.fingerprint)
        return;
    memos_put(&outlet->deliver->memos, &record);
    txn_put_memo(txn, &record);
}

/* All in one transaction, and by one throw of the dice: what failed together may go
 * together again. */
void
flight_conclude(struct flight *flight, const struct outcome *outcome)
{
    struct outlet *outlet = flight->outlet;
    bool is_taken_apart = flight->count > 1 && outcome->verdict == VERDICT_DEAD;
    double random = sign_random_share();
    char reason[REASON_ROOM];
    struct txn *txn = txn_new();
    char *answer = outgoing_keep_answer(
        outlet->conf, outcome->answer ? outcome->answer : outcome->error.message);
    remember(flight, outcome->memo, txn);
    for (size_t i = 0; i < flight->count; i++) {
        struct message *message = flight->messages[i];
        message->attempts++;
        message->is_alone |= is_taken_apart;
        int64_t wait_ms = is_taken_apart ? 0 : next_wait(message, outcome, random);
        enum outbox_state state = state_after(outcome, wait_ms);
        add_outcome(txn, message, outcome, answer, state, wait_ms);
        if (i == 0 && !flight->request.log)
            log_outcome(flight, outcome, wait_ms);
        if (state == OUTBOX_DEAD && outlet->letters++ == 0)
            trouble_tell(TROUBLE_DESTINATION, outlet->name,
                         "%s: %s could not be delivered: %s; ccgate outbox list shows "
                         "it, retry and drop end it",
                         outlet->name, about(flight), reason_of(outcome, reason));
        if (state != OUTBOX_READY)
            await_tell(outlet, message, outcome, state);
        settle(outlet, message, state, wait_ms);
    }
    store_commit(outlet->deliver->store, txn, NULL, NULL);
    free(answer);
    flight_end(flight);
}
