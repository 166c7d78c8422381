#include "command/trial.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/message_id.h"
#include "net/sign.h"

#define LOOK_MS ((int64_t)50)
#define WAIT_MS ((int64_t)30 * 1000)

struct trial {
    struct store *store;
    char *id;
    struct timer *timer;
    struct store_read *read;
    int64_t until_ms;
    trial_on_done *on_done;
    void *arg;
};

static void
on_page(void *arg, const struct outbox_page *page)
{
    struct trial *trial = arg;
    trial->read = NULL;
    bool is_over = page->attempt_count || page->error.kind ||
                   clock_real_mono_ms() >= trial->until_ms;
    if (is_over)
        trial->on_done(trial->arg, page);
    else
        timer_start(trial->timer, LOOK_MS);
}

static void
look(void *arg)
{
    struct trial *trial = arg;
    struct outbox_filter filter = {.id = trial->id, .state = OUTBOX_ANY};
    trial->read = store_read_outbox(trial->store, &filter, on_page, trial);
}

/* No two trials are one message. */
static char *
make_origin(void)
{
    uint64_t number;
    sign_random(&number, sizeof number);
    return mem_format("trial %" PRIx64, number);
}

static bool
commit(struct notify *notify, const char *origin, const char *destination,
       const char *text, struct error *error)
{
    struct notify_batch *batch = notify_begin(notify, "ccgate send", clock_wall_ms());
    struct buf json = {0};
    buf_add_json(&json, text, strlen(text));
    bool is_good =
        notify_send(batch, origin, destination, 0, NULL, json.data, json.size, error);
    if (is_good)
        notify_commit(batch);
    else
        notify_drop(batch);
    buf_fini(&json);
    return is_good;
}

struct trial *
trial_start(struct loop *loop, struct store *store, struct notify *notify,
            const char *destination, const char *text, trial_on_done *on_done,
            void *arg, struct error *error)
{
    char *origin = make_origin();
    struct trial *trial = NULL;
    if (commit(notify, origin, destination, text, error)) {
        trial = mem_zero(sizeof *trial);
        trial->store = store;
        trial->id = message_id_new(store_instance(store), origin, destination, 0);
        trial->until_ms = clock_real_mono_ms() + WAIT_MS;
        trial->on_done = on_done;
        trial->arg = arg;
        trial->timer = timer_new_real(loop, look, trial);
        timer_start(trial->timer, LOOK_MS);
    }
    free(origin);
    return trial;
}

void
trial_delete(struct trial *trial)
{
    if (!trial)
        return;
    if (trial->read)
        store_read_cancel(trial->read);
    timer_free(trial->timer);
    free(trial->id);
    free(trial);
}

bool
trial_tell(const char *destination, const struct outbox_page *page, struct buf *out)
{
    if (!page->attempt_count || !page->count) {
        buf_format(out, "%s: %s", destination,
                   page->error.kind
                       ? page->error.message
                       : "not tried within 30s; `ccgate outbox list` shows "
                         "what waits before it");
        return false;
    }
    const struct outbox_attempt *attempt = &page->attempts[page->attempt_count - 1];
    bool is_done = page->records[0].state == OUTBOX_DONE;
    buf_format(out, "%s: %s", destination, is_done ? "delivered" : "not delivered");
    if (attempt->status)
        buf_format(out, ", HTTP %ld", attempt->status);
    if (attempt->answer && *attempt->answer)
        buf_format(out, ": %s", attempt->answer);
    if (page->records[0].state == OUTBOX_READY)
        buf_format(out, "; it is tried again (`ccgate outbox drop %s` ends that)",
                   page->records[0].id);
    return is_done;
}
