/* "receipt": what became of a message of the script (resident_ask.h). */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "deliver/await.h"
#include "model/json.h"
#include "script/ask_json.h"
#include "script/resident_ask.h"
#include "script/resident_inside.h"
#include "store/outbox.h"

#define AGAIN_MS 10

/* A task that waits for the end of a message: heard of as it comes, or found in the
 * store, where it may have ended before. */
struct receipt {
    struct wait *wait;
    struct await *await;
    char *id;
    struct store_read *read; /* NULL: it has been read */
    struct timer *timer, *again;
};

static void
receipt_delete(void *work)
{
    struct receipt *receipt = work;
    await_end(receipt->await);
    if (receipt->read)
        store_read_cancel(receipt->read);
    timer_free(receipt->timer);
    timer_free(receipt->again);
    free(receipt->id);
    free(receipt);
}

static void
fail(struct receipt *receipt, const struct error *error)
{
    struct wait *wait = receipt->wait;
    receipt_delete(receipt);
    wait_fail(wait, error);
}

/* ---- how it ended ---- */

/* Nobody hears of what others sent. */
static bool
is_own(const struct receipt *receipt, const char *event)
{
    const struct message_ask message = {.question = event,
                                        .question_size = strlen(event)};
    struct buf script = {0};
    bool is_found = ask_text(&message, "data.script", &script);
    bool is_mine = is_found && !strcmp(script.data, receipt->wait->resident->name);
    buf_fini(&script);
    return is_mine;
}

static void
conclude(struct receipt *receipt, const struct await_fate *fate)
{
    struct wait *wait = receipt->wait;
    struct error error = fate->error;
    struct buf answer = {0};
    if (!is_own(receipt, fate->event))
        error_set(&error, ERROR_API, "", "no message of this script has this id");
    if (error.kind) {
        fail(receipt, &error);
        return;
    }
    ask_add_answer(&answer, fate->status, fate->headers, fate->header_count, fate->body,
                   strlen(fate->body));
    receipt_delete(receipt);
    wait_answer(wait, answer.data, answer.size);
    buf_fini(&answer);
}

static void
on_fate(void *arg, const struct await_fate *fate)
{
    conclude(arg, fate);
}

/* On disk it is still on its way. If the deliverer has no such message any more, its
 * end is about to be written. */
static void
look_again(struct receipt *receipt, const struct outbox_record *record)
{
    const struct resident_world *world = &receipt->wait->resident->world;
    if (!deliver_has(world->deliver, record->destination, record->id))
        timer_start(receipt->again, AGAIN_MS);
}

/* What the store has of a message that has ended. */
static void
on_page(void *arg, const struct outbox_page *page)
{
    struct receipt *receipt = arg;
    receipt->read = NULL;
    if (page->error.kind || !page->count)
        return; /* not yet there: the await hears of it */
    const struct outbox_record *record = &page->records[0];
    const struct outbox_attempt *last =
        page->attempt_count ? &page->attempts[page->attempt_count - 1] : NULL;
    struct await_fate fate = {.event = record->message,
                              .body = last ? last->answer : ""};
    fate.status = last ? last->status : 0;
    if (record->state == OUTBOX_READY || record->state == OUTBOX_IN_FLIGHT) {
        look_again(receipt, record);
        return;
    }
    if (record->state != OUTBOX_DONE)
        await_explain(record->state, fate.status, fate.body, &fate.error);
    conclude(receipt, &fate);
}

static void
on_late(void *arg)
{
    struct error error;
    error_set(&error, ERROR_TIMEOUT, "", "not delivered yet; it is tried on");
    fail(arg, &error);
}

/* ---- the question: { "id": …, "ms": … } ---- */

static void
look(void *arg)
{
    struct receipt *receipt = arg;
    const struct outbox_filter filter = {.id = receipt->id, .state = OUTBOX_ANY};
    receipt->read = store_read_outbox(receipt->wait->resident->world.store, &filter,
                                      on_page, receipt);
}

static struct receipt *
receipt_new(struct wait *wait, const char *id, int64_t ms)
{
    const struct resident_world *world = &wait->resident->world;
    struct receipt *receipt = mem_zero(sizeof *receipt);
    receipt->wait = wait;
    receipt->id = mem_text(id);
    receipt->await = await_new(world->deliver, id, on_fate, receipt);
    receipt->timer = timer_new(world->loop, on_late, receipt);
    receipt->again = timer_new(world->loop, look, receipt);
    timer_start(receipt->timer, ms);
    look(receipt);
    return receipt;
}

bool
resident_ask_receipt(struct resident *resident, struct wait *wait,
                     const struct message_ask *ask, struct error *error)
{
    (void)resident;
    struct buf id = {0};
    int64_t ms;
    bool is_good = ask_text(ask, "id", &id) &&
                   ask_integer(ask, "ms", 0, MESSAGE_PERIOD_MAX_MS, &ms);
    if (is_good)
        wait_set_work(wait, receipt_delete, receipt_new(wait, id.data, ms));
    else
        error_set(error, ERROR_DECODE, "", "ASK: no question about a receipt");
    buf_fini(&id);
    return is_good;
}
