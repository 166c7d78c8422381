/* What people do to alerts by hand: take care of them, end them. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "command/api_inside.h"

static void
offer(void *arg, const struct alert_record *record)
{
    char *id = mem_format("%s-%" PRId64, record->fingerprint, record->opening);
    char *name = mem_format("%s/%s", record->rule, record->key);
    char *about = record->center[0] ? mem_format("%s of %s", name, record->center)
                                    : mem_text(name);
    choice_offer(arg, id, name, about);
    free(about);
    free(name);
    free(id);
}

struct act {
    bool (*act)(struct notify *notify, const char *id, const char *by, const char *note,
                struct error *error);
    const char *said; /* between who and what */
};

/* "ayse takes care of waiting/1 of main (ID), …". */
static void
act_on(struct api_call *call, const struct act *act, const struct choice *choice)
{
    struct error error = {0};
    struct buf done = {0};
    const char *by = api_by(call), *note = args_get(&call->args, "note");
    for (size_t i = 0; i < choice->count; i++) {
        const struct choice_one *one = &choice->list[i];
        if (act->act(call->api->world.notify, one->id, by, note, &error))
            buf_format(&done, "%s%s (%s)", done.size ? ", " : "", one->about, one->id);
    }
    if (done.size)
        api_say_when_durable(call, "%s %s %s", by, act->said, done.data);
    else
        api_say(call, 409, "%s", error.message);
    buf_fini(&done);
}

static void
act_on_chosen(struct api_call *call, const struct act *act)
{
    struct choice choice = {.word = call->name};
    notify_each_raised(call->api->world.notify, NULL, offer, &choice);
    if (api_is_chosen(call, &choice, "raised alert", "ccgate alerts"))
        act_on(call, act, &choice);
    choice_fini(&choice);
}

void
api_ack(struct api_call *call)
{
    static const struct act ack = {notify_ack, "takes care of"};
    act_on_chosen(call, &ack);
}

void
api_clear(struct api_call *call)
{
    static const struct act clear = {notify_close, "ended"};
    act_on_chosen(call, &clear);
}
