/* What people do to an alert by hand: take care of it, end it. */
#include "deliver/book.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* The raised alert of this id or fingerprint; NULL when there is none. */
static const struct alert_record *
find_raised(const struct notify *notify, const char *id)
{
    size_t size = strcspn(id, "-");
    char *fingerprint = mem_copy(id, size);
    const struct alert_record *alert = table_get(&notify->alerts, fingerprint);
    free(fingerprint);
    if (!alert || !alert->raised ||
        (id[size] && strtoll(id + size + 1, NULL, 10) != alert->opening))
        return NULL;
    return alert;
}

/* {"by":"ayse","note":null} */
static void
write_who(const char *by, const char *note, struct buf *out)
{
    buf_add_text(out, "{\"by\":");
    buf_add_json(out, by, strlen(by));
    buf_add_text(out, ",\"note\":");
    if (note)
        buf_add_json(out, note, strlen(note));
    else
        buf_add_text(out, "null");
    buf_add_text(out, "}");
}

static bool
act(struct notify *notify, const char *kind, const char *id, const char *by,
    const char *note, struct error *error)
{
    const struct alert_record *alert = find_raised(notify, id);
    if (!alert) {
        error_set(error, ERROR_API, "", "no raised alert has the id %s", id);
        return false;
    }
    struct buf who = {0};
    write_who(by, note, &who);
    struct notify_batch *batch = notify_begin(notify, alert->script, clock_wall_ms());
    bool is_good = batch_step(batch, alert, kind, who.data, who.size, error);
    buf_fini(&who);
    if (is_good)
        notify_commit(batch);
    else
        notify_drop(batch);
    return is_good;
}

bool
notify_ack(struct notify *notify, const char *id, const char *by, const char *note,
           struct error *error)
{
    return act(notify, "ack", id, by, note, error);
}

bool
notify_close(struct notify *notify, const char *id, const char *by, const char *note,
             struct error *error)
{
    return act(notify, "close", id, by, note, error);
}
