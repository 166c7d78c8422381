#include "rehearse/audience.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/pick.h"

/* Where a secret would be filled in (deliver/outgoing.h). */
#define MARK '\1'

/* How a destination answers. */
struct manner {
    char *to; /* NULL: all that have none of their own */
    long status;
    char *body;
    struct error failure; /* ERROR_NONE: it answers */
    struct manner *next;
};

/* A destination that the configuration lacks. */
struct extra {
    struct conf_destination conf;
    struct extra *next;
};

struct audience {
    const struct conf *conf;
    struct manner *manners;
    struct extra *extras;
    struct rehearsal_sent **sent; /* each stays where it is */
    size_t sent_count;
    struct deliver_player player;
};

/* ---- what was sent ---- */

static void
free_texts(struct rehearsal_sent *sent)
{
    const char *const texts[] = {sent->to,    sent->kind,     sent->rule,
                                 sent->key,   sent->severity, sent->summary,
                                 sent->event, sent->body,     sent->id};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free((void *)(uintptr_t)texts[i]);
}

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

static struct rehearsal_sent *
add(struct audience *audience, const struct deliver_departure *departure)
{
    struct rehearsal_sent *sent = mem_zero(sizeof *sent);
    const char *event = departure->messages[0];
    struct json_text data = pick(event, "data");
    char *object = mem_copy(data.data, data.size);
    *sent = (struct rehearsal_sent){
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
    audience->sent = mem_grow(audience->sent, audience->sent_count + 1, sizeof sent);
    audience->sent[audience->sent_count++] = sent;
    return sent;
}

/* The first attempt's entry; of a digest that is taken apart, or grows, each is one of
 * its own. */
static struct rehearsal_sent *
find(const struct audience *audience, const struct deliver_departure *departure)
{
    for (size_t i = audience->sent_count; i > 0; i--) {
        struct rehearsal_sent *sent = audience->sent[i - 1];
        bool is_digest = strcmp(sent->kind, "digest") == 0;
        if (!strcmp(sent->id, departure->ids[0]) && !strcmp(sent->to, departure->to) &&
            is_digest == (departure->count > 1))
            return sent;
    }
    return NULL;
}

static void
note(struct audience *audience, const struct deliver_departure *departure, bool is_done)
{
    struct rehearsal_sent *sent = find(audience, departure);
    const char *body = departure->log ? departure->log : departure->body;
    if (!sent)
        sent = add(audience, departure);
    free((void *)(uintptr_t)sent->body);
    sent->body = blot(body ? body : "");
    sent->attempts++;
    sent->is_done |= is_done;
}

/* ---- answers ---- */

static struct manner *
find_manner(const struct audience *audience, const char *to)
{
    struct manner *manner = audience->manners;
    while (manner && (to && manner->to ? strcmp(to, manner->to) != 0
                                       : (to != NULL) != (manner->to != NULL)))
        manner = manner->next;
    return manner;
}

static void
on_leave(void *arg, const struct deliver_departure *departure,
         struct http_response *response)
{
    struct audience *audience = arg;
    const struct manner *manner = find_manner(audience, departure->to);
    if (!manner)
        manner = find_manner(audience, NULL);
    if (manner && manner->failure.kind != ERROR_NONE) {
        response->error = manner->failure;
        response->status = 0;
    } else if (manner) {
        response->status = manner->status;
        response->body = manner->body;
        response->body_size = strlen(manner->body);
    }
    note(audience, departure, departure->log || response->status / 100 == 2);
}

/* ---- destinations that nobody has written down ---- */

static const struct conf_destination *
on_missing(void *arg, const char *name)
{
    struct audience *audience = arg;
    if (!audience->conf->is_open)
        return NULL;
    struct extra *extra = audience->extras;
    while (extra && strcmp(extra->conf.name, name) != 0)
        extra = extra->next;
    if (extra)
        return &extra->conf;
    extra = mem_zero(sizeof *extra);
    extra->conf = (struct conf_destination){
        .name = mem_text(name),
        .kind = (char *)(uintptr_t) "webhook",
        .shape = (char *)(uintptr_t) "event",
        .method = (char *)(uintptr_t) "POST",
        .url = (char *)(uintptr_t) "https://played.invalid/",
    };
    extra->next = audience->extras;
    audience->extras = extra;
    return &extra->conf;
}

/* ---- life ---- */

struct audience *
audience_new(const struct conf *conf)
{
    struct audience *audience = mem_zero(sizeof *audience);
    audience->conf = conf;
    audience->player = (struct deliver_player){on_leave, on_missing, audience};
    return audience;
}

void
audience_delete(struct audience *audience)
{
    if (!audience)
        return;
    for (struct manner *next; audience->manners; audience->manners = next) {
        next = audience->manners->next;
        free(audience->manners->to);
        free(audience->manners->body);
        free(audience->manners);
    }
    for (struct extra *next; audience->extras; audience->extras = next) {
        next = audience->extras->next;
        free(audience->extras->conf.name);
        free(audience->extras);
    }
    for (size_t i = 0; i < audience->sent_count; i++) {
        free_texts(audience->sent[i]);
        free(audience->sent[i]);
    }
    free(audience->sent);
    free(audience);
}

const struct deliver_player *
audience_player(const struct audience *audience)
{
    return &audience->player;
}

/* ---- what the caller says and asks ---- */

static bool
check_destination(const struct audience *audience, const char *name,
                  struct error *error)
{
    const struct conf *conf = audience->conf;
    if (!name || conf->is_open || conf_find_destination(conf, name))
        return true;
    const char **names = mem_zero((conf->destination_count + 1) * sizeof *names);
    for (size_t i = 0; i < conf->destination_count; i++)
        names[i] = conf->destinations[i].name;
    const char *guess = text_nearest(name, names);
    error_set(error, ERROR_LIMIT, "", "no destination '%.60s' in %s%s%s%s", name,
              conf->file, guess ? " (did you mean '" : "", guess ? guess : "",
              guess ? "'?)" : "");
    free(names);
    return false;
}

bool
audience_answer(struct audience *audience, const char *destination, long status,
                const char *body, const char *word, struct error *error)
{
    enum error_kind kind = word ? error_kind_of(word) : ERROR_NONE;
    if (!check_destination(audience, destination, error))
        return false;
    if (word && kind == ERROR_NONE) {
        error_set(error, ERROR_LIMIT, "",
                  "no kind of failure '%.60s'; there are network, timeout and tls",
                  word);
        return false;
    }
    struct manner *manner = find_manner(audience, destination);
    if (!manner) {
        manner = mem_zero(sizeof *manner);
        manner->to = destination ? mem_text(destination) : NULL;
        manner->next = audience->manners;
        audience->manners = manner;
    }
    free(manner->body);
    manner->body = mem_text(body ? body : "");
    manner->status = status;
    manner->failure = (struct error){0};
    if (word)
        error_set(&manner->failure, kind, "", "%s, as the test wants it", word);
    return true;
}

size_t
audience_count(const struct audience *audience)
{
    return audience->sent_count;
}

const struct rehearsal_sent *
audience_sent(const struct audience *audience, size_t index)
{
    return audience->sent[index];
}
