/* Silences: kept in the store, obeyed by lua/gateway/notify.lua. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "deliver/book.h"
#include "net/sign.h"

static struct silence_record *
silence_copy(const struct silence_record *record)
{
    struct silence_record *silence = mem_zero(sizeof(*silence));
    silence_record_init(silence, record);
    return silence;
}

static void
silence_delete(struct silence_record *silence)
{
    silence_record_fini(silence);
    free(silence);
}

static void
put(void *arg, const struct silence_record *record)
{
    struct notify *notify = arg;
    for (size_t i = 0; i < notify->silence_count; i++) {
        if (strcmp(notify->silences[i]->id, record->id) != 0)
            continue;
        silence_delete(notify->silences[i]);
        notify->silences[i] = silence_copy(record);
        return;
    }
    notify->silences = mem_grow(notify->silences, notify->silence_count + 1,
                                sizeof(*notify->silences));
    notify->silences[notify->silence_count++] = silence_copy(record);
}

static void
tell_connector(struct notify *notify)
{
    connector_set_silences(notify->connector,
                           (const struct silence_record *const *)notify->silences,
                           notify->silence_count);
}

void
silences_load(struct notify *notify)
{
    store_each_silence(notify->store, put, notify);
    tell_connector(notify);
}

void
silences_fini(struct notify *notify)
{
    for (size_t i = 0; i < notify->silence_count; i++)
        silence_delete(notify->silences[i]);
    free(notify->silences);
}

/* It is over: whoever obeys silences need not be told. */
void
silences_forget(struct notify *notify, const struct swept *row)
{
    size_t at = 0;
    while (at < notify->silence_count &&
           (strcmp(notify->silences[at]->id, row->texts[0]) != 0 ||
            notify->silences[at]->until_ms != row->number))
        at++;
    if (at == notify->silence_count)
        return;
    silence_delete(notify->silences[at]);
    notify->silence_count--;
    memmove(notify->silences + at, notify->silences + at + 1,
            (notify->silence_count - at) * sizeof *notify->silences);
}

void
notify_silence(struct notify *notify, const struct silence_record *record)
{
    struct txn *txn = txn_new();
    txn_put_silence(txn, record);
    put(notify, record);
    store_commit(notify->store, txn, NULL, NULL);
    tell_connector(notify);
    due_tick(notify, true);
}

/* ---- wishes ---- */

static void
add_member(struct buf *out, const char *name, const char *value)
{
    if (!value)
        return;
    if (out->data[out->size - 1] != '{')
        buf_add_text(out, ",");
    buf_add_json(out, name, strlen(name));
    buf_add_text(out, ":");
    buf_add_json(out, value, strlen(value));
}

static void
write_matcher(const struct silence_wish *wish, struct buf *out)
{
    buf_add_text(out, "{");
    add_member(out, "rule", wish->rule);
    add_member(out, "key", wish->key);
    if (wish->label_count) {
        buf_add_text(out, out->size > 1 ? ",\"labels\":{" : "\"labels\":{");
        for (size_t i = 0; i < wish->label_count; i++)
            add_member(out, wish->labels[2 * i], wish->labels[2 * i + 1]);
        buf_add_text(out, "}");
    }
    buf_add_text(out, "}");
}

bool
notify_silence_for(struct notify *notify, const struct silence_wish *wish,
                   struct silence_record *made)
{
    struct buf matcher = {0};
    uint32_t number;
    if (!wish->rule && !wish->key && !wish->label_count)
        return false;
    sign_random(&number, sizeof number);
    write_matcher(wish, &matcher);
    int64_t now_ms = clock_wall_ms();
    *made = (struct silence_record){
        .id = mem_format("s-%08" PRIx32, number),
        .matcher = buf_take(&matcher),
        .created_ms = now_ms,
        .until_ms = now_ms + wish->lasts_ms,
        .by = mem_text(wish->by ? wish->by : "somebody"),
        .note = mem_text(wish->note),
    };
    notify_silence(notify, made);
    return true;
}

void
notify_each_silence(struct notify *notify, store_on_silence *on_silence, void *arg)
{
    for (size_t i = 0; i < notify->silence_count; i++)
        on_silence(arg, notify->silences[i]);
}
