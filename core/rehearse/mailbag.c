#include "rehearse/mailbag.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "model/pick.h"

/* Where a secret would be filled in (deliver/outgoing.h). */
#define MARK '\1'

/* A message; `sent` shows its texts, and its requests, which lie behind it. */
struct entry {
    struct rehearsal_sent sent;
    struct rehearsal_request *requests;
};

struct mailbag {
    struct entry **entries; /* each stays where it is */
    size_t count;
};

/* ---- life ---- */

static void
free_text(const char *text)
{
    free((void *)(uintptr_t)text);
}

static void
drop_requests(struct entry *entry)
{
    for (size_t i = 0; i < entry->sent.request_count; i++) {
        free_text(entry->requests[i].method);
        free_text(entry->requests[i].path);
        free_text(entry->requests[i].body);
    }
    free(entry->requests);
    entry->requests = NULL;
    entry->sent.requests = NULL;
    entry->sent.request_count = 0;
}

static void
entry_delete(struct entry *entry)
{
    const struct rehearsal_sent *sent = &entry->sent;
    const char *const texts[] = {sent->to,       sent->kind,    sent->rule,  sent->key,
                                 sent->severity, sent->summary, sent->event, sent->id};
    drop_requests(entry);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free_text(texts[i]);
    free(entry);
}

struct mailbag *
mailbag_new(void)
{
    return mem_zero(sizeof(struct mailbag));
}

void
mailbag_delete(struct mailbag *mailbag)
{
    for (size_t i = 0; i < mailbag->count; i++)
        entry_delete(mailbag->entries[i]);
    free(mailbag->entries);
    free(mailbag);
}

/* ---- a message ---- */

/* Places of secrets, each a JSON value, as "***". To free. */
static char *
blot(const char *body)
{
    struct buf out = {0};
    const char *mark;
    while ((mark = strchr(body, MARK))) {
        const char *end = strchr(mark + 1, MARK);
        if (!end)
            break;
        buf_add(&out, body, (size_t)(mark - body));
        buf_add_text(&out, "\"***\"");
        body = end + 1;
    }
    buf_add_text(&out, body);
    return buf_take(&out);
}

/* A script's own message is a text, or has a title or a text. */
static char *
pick_summary(const char *data)
{
    char *summary = pick_text(data, "summary");
    if (!summary)
        summary = pick_text(data, "message");
    struct json_text message = pick(data, "message");
    if (summary || !message.size || message.data[0] != '{')
        return summary;
    char *object = mem_copy(message.data, message.size);
    summary = pick_text(object, "title");
    if (!summary)
        summary = pick_text(object, "text");
    free(object);
    return summary;
}

static struct entry *
add(struct mailbag *mailbag, const struct deliver_departure *departure)
{
    struct entry *entry = mem_zero(sizeof *entry);
    const char *event = departure->messages[0];
    struct json_text data = pick(event, "data");
    char *object = mem_copy(data.data, data.size);
    entry->sent = (struct rehearsal_sent){
        .to = mem_text(departure->to),
        .kind = mem_text(departure->count > 1 ? "digest" : departure->kinds[0]),
        .rule = pick_text(object, "rule"),
        .key = pick_text(object, "key"),
        .severity = pick_text(object, "severity"),
        .summary = pick_summary(object),
        .event = mem_text(event),
        .id = mem_text(departure->ids[0]),
        .at_ms = clock_wall_ms(),
    };
    free(object);
    mailbag->entries = mem_grow(mailbag->entries, mailbag->count + 1, sizeof entry);
    mailbag->entries[mailbag->count++] = entry;
    return entry;
}

/* The first attempt's entry; of a digest that is taken apart, or grows, each is one of
 * its own. */
static struct entry *
find(const struct mailbag *mailbag, const struct deliver_departure *departure)
{
    for (size_t i = mailbag->count; i > 0; i--) {
        struct entry *entry = mailbag->entries[i - 1];
        const struct rehearsal_sent *sent = &entry->sent;
        bool is_digest = strcmp(sent->kind, "digest") == 0;
        if (!strcmp(sent->id, departure->ids[0]) && !strcmp(sent->to, departure->to) &&
            is_digest == (departure->count > 1))
            return entry;
    }
    return NULL;
}

void
mailbag_note(struct mailbag *mailbag, const struct deliver_departure *departure,
             bool is_taken)
{
    struct entry *entry = find(mailbag, departure);
    const char *body = departure->log ? departure->log : departure->body;
    if (!entry)
        entry = add(mailbag, departure);
    struct rehearsal_sent *sent = &entry->sent;
    if (departure->asks == 0) {
        drop_requests(entry);
        sent->attempts++;
    }
    entry->requests =
        mem_grow(entry->requests, sent->request_count + 1, sizeof *entry->requests);
    struct rehearsal_request *request = &entry->requests[sent->request_count++];
    *request = (struct rehearsal_request){
        .method = mem_text(departure->method),
        .path = mem_text(departure->path),
        .body = blot(body ? body : ""),
    };
    sent->requests = entry->requests;
    sent->body = request->body;
    sent->is_done = is_taken;
}

size_t
mailbag_count(const struct mailbag *mailbag)
{
    return mailbag->count;
}

const struct rehearsal_sent *
mailbag_at(const struct mailbag *mailbag, size_t index)
{
    return &mailbag->entries[index]->sent;
}
