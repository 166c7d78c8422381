#include "rehearse/audience.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "rehearse/mailbag.h"
#include "rehearse/manners.h"

/* A destination that the configuration lacks. */
struct extra {
    struct conf_destination conf;
    struct extra *next;
};

/* How many requests of a step a destination has got. */
struct count {
    char *to, *step;
    size_t number;
    struct count *next;
};

struct audience {
    const struct conf *conf;
    struct manners *destinations, *servers; /* by name; by origin */
    struct mailbag *mailbag;
    struct extra *extras;
    struct count *counts;
    char *body; /* of the last answer, when the kind has given it */
    struct deliver_player player;
};

/* ---- destinations ---- */

static size_t
count(struct audience *audience, const struct deliver_departure *departure)
{
    const char *step = departure->step ? departure->step : "";
    struct count *count = audience->counts;
    while (count &&
           (strcmp(count->to, departure->to) != 0 || strcmp(count->step, step) != 0))
        count = count->next;
    if (!count) {
        count = mem_zero(sizeof *count);
        count->to = mem_text(departure->to);
        count->step = mem_text(step);
        count->next = audience->counts;
        audience->counts = count;
    }
    return ++count->number;
}

/* As the real one would, where the caller has not said how: what it has said of a good
 * answer may be its status alone. */
static void
stand_in(struct audience *audience, const struct deliver_departure *departure,
         const struct manner *manner, struct http_response *response)
{
    long status;
    free(audience->body);
    audience->body = deliver_stand_in(departure, count(audience, departure), &status);
    response->status = manner ? manner->status : status;
    response->body = audience->body;
    response->body_size = strlen(audience->body);
}

static void
behave(const struct manner *manner, struct http_response *response)
{
    response->error = manner->failure;
    response->status = manner->status;
    response->body = manner->body ? manner->body : "";
    response->body_size = strlen(response->body);
}

static void
on_leave(void *arg, const struct deliver_departure *departure,
         struct http_response *response)
{
    struct audience *audience = arg;
    if (departure->log) {
        mailbag_note(audience->mailbag, departure, true);
        return;
    }
    const struct manner *manner = manners_take(audience->destinations, departure->to);
    if (manner && (manner->body || manner->status / 100 != 2))
        behave(manner, response);
    else
        stand_in(audience, departure, manner, response);
    mailbag_note(audience->mailbag, departure, response->status / 100 == 2);
}

/* ---- servers that scripts ask ---- */

static bool
ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), end_size = strlen(end);
    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

/* As people write it, without the port that goes without saying. */
static void
shorten(char *origin)
{
    bool is_tls = strncmp(origin, "https:", 6) == 0;
    if (ends_with(origin, is_tls ? ":443" : ":80"))
        *strrchr(origin, ':') = '\0';
}

static void
on_call(void *arg, const struct http_request *request, struct http_response *response)
{
    struct audience *audience = arg;
    char *origin = http_origin(request->url);
    const struct manner *manner =
        origin ? manners_take(audience->servers, origin) : NULL;
    if (manner) {
        behave(manner, response);
    } else {
        if (origin)
            shorten(origin);
        response->status = 0;
        error_set(&response->error, ERROR_CANCELLED, "",
                  "no request leaves a rehearsal; a test plays the server: "
                  "s:answer(\"%.100s\", 200, body)",
                  origin ? origin : "https://…");
    }
    free(origin);
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
    audience->destinations = manners_new();
    audience->servers = manners_new();
    audience->mailbag = mailbag_new();
    audience->player = (struct deliver_player){on_leave, on_call, on_missing, audience};
    return audience;
}

void
audience_delete(struct audience *audience)
{
    if (!audience)
        return;
    for (struct extra *next; audience->extras; audience->extras = next) {
        next = audience->extras->next;
        free(audience->extras->conf.name);
        free(audience->extras);
    }
    for (struct count *next; audience->counts; audience->counts = next) {
        next = audience->counts->next;
        free(audience->counts->to);
        free(audience->counts->step);
        free(audience->counts);
    }
    manners_delete(audience->destinations);
    manners_delete(audience->servers);
    mailbag_delete(audience->mailbag);
    free(audience->body);
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
    if (conf->is_open || conf_find_destination(conf, name))
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

/* The origin of a URL that is no more than that, to free; NULL with `error`. */
static char *
read_origin(const char *url, struct error *error)
{
    const char *rest = strstr(url, "://") + strlen("://");
    rest += strcspn(rest, "/?#@");
    char *origin = *rest && strcmp(rest, "/") != 0 ? NULL : http_origin(url);
    if (!origin)
        error_set(error, ERROR_LIMIT, "",
                  "'%.60s' is no origin of a server; write \"https://crm.example.com\"",
                  url);
    return origin;
}

/* Of whom something is said, and by which name; to free. False with `error`. */
static bool
address(struct audience *audience, const char *who, struct manners **manners,
        char **name, struct error *error)
{
    bool is_server = who && strstr(who, "://");
    *manners = is_server ? audience->servers : audience->destinations;
    *name = is_server ? read_origin(who, error) : mem_text(who);
    return !who ||
           (is_server ? *name != NULL : check_destination(audience, who, error));
}

bool
audience_answer(struct audience *audience, const char *who,
                const struct rehearsal_reply *reply, struct error *error)
{
    struct manners *manners;
    char *name;
    bool is_good = address(audience, who, &manners, &name, error) &&
                   manners_set(manners, name, reply, error);
    free(name);
    return is_good;
}

bool
audience_answer_next(struct audience *audience, const char *who,
                     const struct rehearsal_reply *replies, size_t count,
                     struct error *error)
{
    struct manners *manners;
    char *name;
    bool is_good = address(audience, who, &manners, &name, error) &&
                   manners_set_next(manners, name, replies, count, error);
    free(name);
    return is_good;
}

size_t
audience_count(const struct audience *audience)
{
    return mailbag_count(audience->mailbag);
}

const struct rehearsal_sent *
audience_sent(const struct audience *audience, size_t index)
{
    return mailbag_at(audience->mailbag, index);
}
