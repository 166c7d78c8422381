/* The core's own trusted Lua state: it decides who is told (lua/gateway/notify.lua) and
 * how a message looks for a kind of destination (lua/gateway/destinations/KIND.lua).
 *
 * No script ever runs here. Nothing in here sees a clock or a secret: times are
 * arguments, secrets are added by outgoing.c as a request leaves. */
#ifndef CCGATE_DELIVER_CONNECTOR_H
#define CCGATE_DELIVER_CONNECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/conf.h"
#include "base/error.h"
#include "store/store.h"

struct connector;

struct connector *connector_new(struct error *error);
void connector_delete(struct connector *connector);

/* True when there is a kind of that name. */
bool connector_has_kind(struct connector *connector, const char *kind);
/* The names of all kinds, ends with NULL; for messages and guesses. */
const char *const *connector_kinds(void);

/* What the kinds say about keys of the configuration; valid as long as the connector.
 */
struct conf_kinds connector_conf_kinds(struct connector *connector);

/* A kind's own sentence, to free; NULL when there is no such kind. */
char *connector_doc(struct connector *connector, const char *kind);

/* What holds for all messages of a kind. */
struct connector_traits {
    double rate;    /* messages a second its receivers can take; 0: any number */
    bool is_mail;   /* its url is a mail server's */
    bool merges;    /* alerts that pile up go as one message: people read it */
    bool remembers; /* a message may take several requests, which depend on what the
                       receiver said before (a memo): no body is the message's own. Does
                       not go together with `merges` */
};
/* Of a kind that there is not: no limit. */
struct connector_traits connector_traits(struct connector *connector, const char *kind);

/* ---- who is told ---- */

struct connector_transition {
    const char *fingerprint;
    int64_t opening; /* of this alert; alert id = fingerprint-opening */
    const char *center, *rule, *key, *script;
    const char *kind;  /* "raise", "level", "clear"; "tick", "ack", "close" */
    const char *event; /* JSON (see notify.lua): of the host, or of who acknowledges or
                          ends it */
    size_t event_size;
    const char *state; /* the alert's state so far (JSON), of a raise that of the one
                          before; NULL for the first of its key */
    int64_t now_ms;
};

struct connector_message {
    char *destination;
    char *kind;
    int64_t n;     /* which one of that kind in this opening: part of the id */
    char *message; /* JSON of lifecycle.md §5 */
};

/* A run of a handler of the rule's own. */
struct connector_run {
    char *kind;
    int64_t n;
    char *alert; /* JSON */
};

struct connector_plan {
    char *state;    /* new state of the alert (JSON) */
    char *log;      /* the line for the log; NULL: nothing to say */
    int64_t due_ms; /* when it is to be ticked, 0: never */
    struct connector_message *messages;
    size_t message_count;
    struct connector_run *runs;
    size_t run_count;
};

/* False with `error` when the event is not what it must be: the host is at fault. */
bool connector_notify(struct connector *connector,
                      const struct connector_transition *transition,
                      struct connector_plan *plan, struct error *error);
void connector_plan_fini(struct connector_plan *plan);

/* What is silenced from now on, in place of what was. What is over is ignored. */
void connector_set_silences(struct connector *connector,
                            const struct silence_record *const *silences, size_t count);

/* A plain message of a script (gw.destination():send) as an event of type "message".
 * `text` is the host's JSON. NULL with `error` when it is not JSON. */
char *connector_message(struct connector *connector, const char *text, size_t size,
                        const char *script, int64_t now_ms, struct error *error);

/* What is wrong with the gateway itself, for lua/gateway/self.lua. */
struct connector_trouble {
    const char *rule, *name, *center, *script, *text;
    const char *const *to; /* destinations */
    size_t to_count;
};
/* The event of its alert (JSON), to free; NULL with `error`. */
char *connector_trouble(struct connector *connector,
                        const struct connector_trouble *trouble, struct error *error);

/* ---- which alerts are asked for ---- */

/* What is remembered of an alert is given as JSON, to free. */
struct connector_source {
    const struct alert_record *(*next)(void *arg); /* NULL: that was all */
    char *(*refs)(void *arg, const struct alert_record *record);
    void *arg;
};
/* The answer (JSON), to free, to a question of lua/gateway/alert_search.lua by its
 * word; NULL with `error`. */
char *connector_search(struct connector *connector, const char *word,
                       const char *question, int64_t now_ms,
                       const struct connector_source *source, struct error *error);

/* ---- how it looks, and what an answer means ---- */

enum connector_sign {
    SIGN_NONE,
    SIGN_STANDARD_WEBHOOKS, /* its headers, when the destination has a secret */
    SIGN_BASIC,             /* user and password */
    SIGN_BEARER,            /* the password alone */
};

struct connector_request {
    char *about;     /* for the log: "raise of queue-wait/7" */
    char *alert;     /* the id of the alert it is about, NULL for none */
    char *memo;      /* what the kind was told it remembers (JSON), NULL for nothing */
    bool is_nothing; /* there is nothing to send: done */
    char *step; /* the kind's name for this request, which classify() gets; or NULL */
    char *method;
    char *url; /* where the kind sends when the configuration names no other; or NULL */
    char *path; /* behind the url of the configuration; NULL for none */
    char *body; /* NULL for none */
    char *log;  /* not NULL: nothing to send, write this line to the log */
    char **to;  /* of a letter: the addresses, to_count of them; NULL: it is none */
    size_t to_count;
    enum connector_sign sign;
    bool fill;  /* the body has places for secrets: gateway.json's json.secret() */
    bool fresh; /* the receiver knows no ids: never on a connection used before, where
                   the network would repeat the request by itself */
    struct conf_header *headers; /* besides those of the configuration */
    size_t header_count;
};

/* A message and where it goes. A kind learns what is no secret of the destination, and
 * how the people of the configuration are called there. */
struct connector_subject {
    const struct conf *conf;
    const struct conf_destination *destination;
    const char *id;      /* the message's own, the same at each attempt */
    const char *message; /* JSON of lifecycle.md §5 */
    /* What the destination remembers of its fingerprint; of another alert than the
     * message's it tells the kind nothing. NULL: nothing is remembered. */
    const char *memo, *memo_alert;
    /* More than one: the request tells all of these in this order, of which the first
     * is `message`. For kinds that merge. */
    const char *const *merged;
    size_t merged_count;
};

/* False with `error` when the message cannot be rendered: it never will. */
bool connector_render(struct connector *connector,
                      const struct connector_subject *subject,
                      struct connector_request *request, struct error *error);
void connector_request_fini(struct connector_request *request);

enum verdict {
    VERDICT_DONE,
    VERDICT_RETRY,
    VERDICT_SLOW,
    VERDICT_DEAD,
    VERDICT_AGAIN, /* this attempt goes on: the kind has another request */
};

struct connector_answer {
    long status;                /* 0: none came */
    enum error_kind error_kind; /* when none came */
    const char *body;
    size_t body_size;
    int64_t refusals; /* of this message with 400 to 499, this one included */
    const char *step; /* of the request; NULL for none */
    const char *memo; /* as its render() got it; NULL for nothing */
};

struct connector_judgement {
    enum verdict verdict;
    char *memo;       /* what is remembered from now on (JSON), to free; NULL: as before
                         the attempt */
    int64_t after_ms; /* the receiver wants no attempt before; -1: it does not say */
};

/* VERDICT_RETRY when the kind itself fails, which the log says. */
void connector_classify(struct connector *connector, const char *kind,
                        const struct connector_answer *answer,
                        struct connector_judgement *judgement);

/* ---- who has no receiver ---- */

/* What a receiver of this kind answers to a request when all is well: the body, to
 * free. `number`: which of the requests of this step it is, from 1, for what is made
 * new each time. By the kind's own played(request); of a kind without one an empty 200.
 * Where that fails it is a 500, and the log says why. */
char *connector_play(struct connector *connector, const char *kind,
                     const struct connector_request *request, size_t number,
                     long *status);

#endif
