#include "deliver/await.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "deliver/deliver_inside.h"
#include "deliver/outgoing.h"

struct await {
    struct deliver *deliver;
    char *id;
    await_on_fate *on_fate; /* NULL: it has been called */
    void *arg;
    struct await *next;
};

struct await *
await_new(struct deliver *deliver, const char *id, await_on_fate *on_fate, void *arg)
{
    struct await *await = mem_zero(sizeof(*await));
    *await = (struct await){deliver, mem_text(id), on_fate, arg, deliver->awaits};
    deliver->awaits = await;
    return await;
}

void
await_end(struct await *await)
{
    struct await **at = &await->deliver->awaits;
    while (*at != await)
        at = &(*at)->next;
    *at = await->next;
    free(await->id);
    free(await);
}

static struct await *
find(const struct deliver *deliver, const char *id)
{
    struct await *await = deliver->awaits;
    while (await && (!await->on_fate || strcmp(await->id, id) != 0))
        await = await->next;
    return await;
}

static void
tell(struct deliver *deliver, const char *id, const struct await_fate *fate)
{
    struct await *await;
    while ((await = find(deliver, id))) {
        await_on_fate *on_fate = await->on_fate;
        await->on_fate = NULL;
        on_fate(await->arg, fate);
    }
}

/* ---- why ---- */

/* One line of what somebody else's server said. */
static void
make_line(const char *said, char *line, size_t size)
{
    size_t used = 0;
    for (size_t length; *said; said += length) {
        length = text_utf8((const unsigned char *)said, strnlen(said, 4));
        bool is_good = length && (unsigned char)*said >= ' ' && *said != 0x7f;
        if (used + (is_good ? length : 1) >= size)
            break;
        memcpy(line + used, is_good ? said : " ", is_good ? length : 1);
        used += is_good ? length : 1;
        length = length ? length : 1;
    }
    line[used] = '\0';
}

void
await_explain(enum outbox_state state, long status, const char *answer,
              struct error *error)
{
    char code[16] = "", text[200];
    if (state == OUTBOX_SUPERSEDED) {
        error_set(error, ERROR_CANCELLED, "", "somebody has dropped the message");
        return;
    }
    if (status)
        snprintf(code, sizeof(code), "%ld", status);
    make_line(answer, text, sizeof(text));
    error_set(error, status ? ERROR_HTTP : ERROR_API, code, "%s",
              text[0] ? text : "the receiver refused it and said nothing");
}

/* ---- how the deliverer tells ---- */

struct headers {
    struct http_header *list; /* owned; names and blotted values, too */
    size_t count;
    const struct conf_destination *conf;
};

static void
on_header(void *arg, const char *name, const char *value)
{
    struct headers *headers = arg;
    headers->list = mem_grow(headers->list, headers->count + 1, sizeof(*headers->list));
    headers->list[headers->count++] =
        (struct http_header){mem_text(name), outgoing_blot(headers->conf, value)};
}

static void
headers_fini(struct headers *headers)
{
    for (size_t i = 0; i < headers->count; i++) {
        free((char *)headers->list[i].name);
        free((char *)headers->list[i].value);
    }
    free(headers->list);
}

void
await_tell(const struct outlet *outlet, const struct message *message,
           const struct outcome *outcome, enum outbox_state state)
{
    struct deliver *deliver = outlet->deliver;
    if (!find(deliver, message->id))
        return;
    struct headers headers = {.conf = outlet->conf};
    char *body = outgoing_blot(outlet->conf, outcome->answer ? outcome->answer : "");
    struct await_fate fate = {
        .event = message->event, .status = outcome->status, .body = body};
    if (outcome->response)
        http_each_header(outcome->response, on_header, &headers);
    fate.headers = headers.list;
    fate.header_count = headers.count;
    if (state == OUTBOX_DEAD && outcome->error.kind)
        fate.error = outcome->error;
    else if (state == OUTBOX_DEAD)
        await_explain(state, outcome->status, body, &fate.error);
    tell(deliver, message->id, &fate);
    headers_fini(&headers);
    free(body);
}

void
await_tell_dropped(struct deliver *deliver, const struct outbox_record *record)
{
    struct await_fate fate = {.event = record->message, .body = ""};
    await_explain(OUTBOX_SUPERSEDED, 0, "", &fate.error);
    tell(deliver, record->id, &fate);
}
