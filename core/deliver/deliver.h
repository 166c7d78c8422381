/* From the outbox to the network: what is due, in order, signed as it leaves.
 *
 * At most one message in flight per (destination, order key), in the order of creation;
 * up to 8 in parallel per destination; a slow destination delays no other. The state
 * in_flight with the rendered body is on disk before the first byte leaves, so that
 * every repeat has the same id and the same body.
 *
 * A token bucket per destination: over its rate messages wait. Where people read them
 * (kinds that merge) alerts that are due, more by 5 than may go at once, go as a
 * digest, which tells of all; it is made anew at each attempt, with what has come
 * meanwhile, and its end is the end of each. One that is refused for good is taken
 * apart: then each goes alone. Messages of scripts are never merged, nor what has been
 * tried alone.
 *
 * Kinds that remember (struct connector_traits) may take several requests in an
 * attempt, and learn from the answers (memos.h); what they learned is committed with
 * the end of the attempt. */
#ifndef CCGATE_DELIVER_DELIVER_H
#define CCGATE_DELIVER_DELIVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/loop.h"
#include "deliver/connector.h"
#include "net/http.h"
#include "store/store.h"

struct deliver;

/* Borrows all of them; reads how many letters are dead from the store. */
struct deliver *deliver_new(struct loop *loop, struct store *store,
                            struct connector *connector, const struct conf *conf);
/* What is in flight is cut off and starts anew after the next start. Commits may still
 * be on their way to it: the loop must not run between this and store_close(). */
void deliver_delete(struct deliver *deliver);

/* Takes note of a message that is on disk in state ready (copies it). */
void deliver_add(struct deliver *deliver, const struct outbox_record *record);

/* A request of some messages, about to leave. */
struct deliver_departure {
    const char *to;                                          /* the destination */
    const char *const *ids, *const *kinds, *const *messages; /* JSON: lifecycle.md §5 */
    size_t count;                                            /* of all three */
    unsigned asks;      /* requests of the same attempt that have been answered */
    const char *method; /* NULL: it is a letter, or a line for the log */
    const char *path;   /* behind the url of the destination; NULL for none */
    const char *step;   /* the kind's name for this request; NULL for none */
    const char *body;   /* as it was rendered, without the secrets; NULL for none */
    const char *log;    /* not NULL: this line is all, and nothing leaves */
    const struct flight *flight; /* private */
};

/* Who plays the receivers (core/rehearse). */
struct deliver_player {
    /* `response` comes as an empty 200, and is valid until the next call. Of a line for
     * the log it does not matter. */
    void (*on_leave)(void *arg, const struct deliver_departure *departure,
                     struct http_response *response);
    /* The same for a request that is no message's: what a script asks for. */
    void (*on_call)(void *arg, const struct http_request *request,
                    struct http_response *response);
    /* The section of a destination that the configuration lacks; NULL: none. It stays
     * as long as the player. */
    const struct conf_destination *(*on_missing)(void *arg, const char *name);
    void *arg;
};
/* Before the first message: from now on all requests go to the player, who is borrowed,
 * and none to the network. */
void deliver_play(struct deliver *deliver, const struct deliver_player *player);

/* For the player: what the receiver would answer by the kind's own account
 * (connector_play()). `number`: which of the requests of this step to this destination
 * it is, from 1. The body, to free. */
char *deliver_stand_in(const struct deliver_departure *departure, size_t number,
                       long *status);

/* A request that goes past the outbox. False: there is no player, it may leave. Else
 * with `response`, valid until the next request. */
bool deliver_play_call(const struct deliver *deliver,
                       const struct http_request *request,
                       struct http_response *response);

/* From now on the destinations of `conf`; the old one may go. Messages for one that is
 * no longer there wait, and the log says so. */
void deliver_set_conf(struct deliver *deliver, const struct conf *conf);

/* Starts nothing any more; what is in flight goes on. */
void deliver_drain(struct deliver *deliver);
/* In flight now. */
size_t deliver_busy(const struct deliver *deliver);
/* Known and not yet done or dead. */
size_t deliver_waiting(const struct deliver *deliver);

/* Tells base/trouble.h of every destination whether it has dead letters that nobody has
 * sent again or dropped: once, when somebody listens. Later changes are told as they
 * come. */
void deliver_tell_troubles(const struct deliver *deliver);

/* ---- people ---- */

struct deliver_look {
    const char *name;
    const char *kind;    /* NULL: not in the configuration, its messages wait */
    size_t waiting;      /* not yet done or dead, those in flight included */
    size_t in_flight;    /* now */
    int64_t oldest_ms;   /* wall time at which the oldest of these was made; 0: none */
    uint64_t done, dead; /* messages, since the start of the gateway */
    uint64_t failed;     /* attempts that are made again, since then */
    size_t letters;      /* dead ones that nobody has sent again or dropped */
};
typedef void deliver_on_look(void *arg, const struct deliver_look *look);

/* The destinations in the order of the configuration, then others that have messages.
 * Costs time for every alert that waits. */
void deliver_each(const struct deliver *deliver, deliver_on_look *on_look, void *arg);

/* Adds what destinations remember of this alert ("fingerprint-opening"), by their
 * names:
 * {"jira":{"id":"OPS-7"}}. */
void deliver_refs(const struct deliver *deliver, const char *fingerprint,
                  const char *alert, struct buf *out);

/* The store has swept this memo. */
void deliver_forget(struct deliver *deliver, const struct swept *row);

/* Whether a message is known and not yet done or dead. */
bool deliver_has(const struct deliver *deliver, const char *destination,
                 const char *id);

/* Somebody wants this message tried now, in its place in the order of its alert: one
 * that waits at once, a dead one with a schedule that begins anew. False with `error`:
 * it is over, or on its way. `record` is as the store has it now. */
bool deliver_retry(struct deliver *deliver, const struct outbox_record *record,
                   struct error *error);
/* Somebody wants it not sent: one that waits, or a dead one, is superseded. */
bool deliver_drop(struct deliver *deliver, const struct outbox_record *record,
                  struct error *error);

#endif
