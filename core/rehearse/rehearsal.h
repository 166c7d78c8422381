/* A rehearsal: scripts played on a clock that moves only when told.
 *
 * Everything is the gateway's own: supervisor, a host process for each script, planner,
 * notify, connectors, outbox and store (in a temporary folder). Played are the contact
 * centre, whose rows the caller gives, and all who are sent something: they answer at
 * once. The first poll is at the start and every interval counts from there, without
 * jitter. Same inputs, same messages, byte for byte.
 *
 * What the caller changes (rows, failures, answers) is seen by the polls and attempts
 * that come after it: nothing happens before the clock is moved, not even the first
 * poll. Any number of rehearsals may live in a process, on one thread. */
#ifndef CCGATE_REHEARSE_REHEARSAL_H
#define CCGATE_REHEARSE_REHEARSAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/error.h"

struct rehearsal;

/* Texts are copied. */
struct rehearsal_options {
    /* Secrets of it that are not there are played, too. NULL: no file; then there is a
     * centre "main" in UTC, and every destination that a script names, of kind webhook.
     */
    const char *conf_file;
    const char *const *scripts; /* files; script_count of them */
    size_t script_count;
    const char *at;      /* "2026-03-03 10:00", where the gateway is; NULL: just this */
    const char *program; /* ccgate-script; NULL: beside this program */
};

/* NULL when the configuration or a script has mistakes: `problems` then has the lines
 * that `ccgate check` prints, each with its newline. Warnings are in the log. */
struct rehearsal *rehearsal_new(const struct rehearsal_options *options,
                                struct buf *problems);
/* NULL is allowed. Nothing of it stays behind, on disk or as a process. */
void rehearsal_delete(struct rehearsal *rehearsal);

/* ---- time ---- */

/* Milliseconds since the epoch. */
int64_t rehearsal_now(const struct rehearsal *rehearsal);
void rehearsal_advance(struct rehearsal *rehearsal, int64_t ms);

/* "18:30": the next such time after now; "2026-03-03 10:00": that one. In the zone of
 * the gateway. False with `error`: it is none, or lies behind. */
bool rehearsal_time(const struct rehearsal *rehearsal, const char *text,
                    int64_t *wall_ms, struct error *error);

/* ---- the centre; `center` NULL: the default one ---- */

/* Its configuration: centres, queues, destinations. As long as the rehearsal. */
const struct conf *rehearsal_conf(const struct rehearsal *rehearsal);

/* What the centre has of a query from now on, as a JSON list of objects by the names of
 * our fields. What a row lacks is neutral: counts and what is of the last five minutes
 * are 0, as a server says it of a quiet queue, the rest is unknown. An id
 * that no row has is unknown to the centre. False with `error`, and nothing changed:
 * no such query, centre or field, a value of another kind. Ends a failure, too. */
bool rehearsal_rows(struct rehearsal *rehearsal, const char *center, const char *query,
                    const char *json, size_t size, struct error *error);

/* All questions of this query fail from now on, by the word of an error kind
 * (base/error.h); `word` NULL: they do not any more. */
bool rehearsal_fail(struct rehearsal *rehearsal, const char *center, const char *query,
                    const char *word, struct error *error);

/* The server's five-minute window begins anew: fields that end in _5m are 0 in the rows
 * that there are. */
void rehearsal_window(struct rehearsal *rehearsal);

/* ---- receivers and people ---- */

struct rehearsal_reply {
    long status;
    const char *body; /* NULL: what goes with a good status (2xx) of that receiver */
    const char *word; /* of an error kind: no answer comes at all; NULL: it does */
};

/* How somebody answers from now on: a destination by its name (NULL: all of which
 * nothing else is said), or by its origin a server that scripts ask with gw.http. At
 * first, and again when `reply` is NULL, destinations answer as receivers of their kind
 * do when all is well (connector_play()), and no server answers. */
bool rehearsal_answer(struct rehearsal *rehearsal, const char *who,
                      const struct rehearsal_reply *reply, struct error *error);
/* How it answers the next requests, one reply each; then as before. */
bool rehearsal_answer_next(struct rehearsal *rehearsal, const char *who,
                           const struct rehearsal_reply *replies, size_t count,
                           struct error *error);

/* Somebody takes care of a raised alert: its key, "rule/key", id or fingerprint. */
bool rehearsal_ack(struct rehearsal *rehearsal, const char *alert, const char *by,
                   struct error *error);

/* `matcher` as in store.h: {"rule":…,"key":…,"labels":{…}}; from now on. */
bool rehearsal_silence(struct rehearsal *rehearsal, const char *matcher,
                       int64_t lasts_ms, const char *by, struct error *error);

/* Runs a job now, besides its times: JOB or SCRIPT/JOB. */
bool rehearsal_run_job(struct rehearsal *rehearsal, const char *name,
                       struct error *error);

/* ---- accidents ---- */

/* kill -9 and a new start at the same moment: what was not on disk is lost. */
void rehearsal_restart(struct rehearsal *rehearsal);
/* kill -9 of one script's host ("queue_wait"). False: there is none. */
bool rehearsal_kill_script(struct rehearsal *rehearsal, const char *script);
/* SIGHUP: the files, as they are now. False: something in them is not loaded, which
 * `problems` tells; it goes on as it was. */
bool rehearsal_reload(struct rehearsal *rehearsal, struct buf *problems);

/* ---- what came of it; texts live as long as the rehearsal ---- */

struct rehearsal_request {
    const char *method; /* NULL: a letter, or a line for the log */
    const char *path;   /* behind the url of the destination; NULL: there is none */
    const char *body;   /* as it was rendered, secrets not filled in; of kind log the
                           line; "" for none */
};

/* A message; when it first left, and what left in its last attempt so far. */
struct rehearsal_sent {
    const char *to;   /* the destination */
    const char *kind; /* "raise" "remind" "level" "clear" "message" "digest" */
    const char *rule, *key, *severity, *summary; /* NULL: a message has none */
    const char *event; /* JSON (lifecycle.md §5); of a digest the first one's */
    const char *body;  /* of the last request: the one that carries the message */
    const struct rehearsal_request *requests; /* valid until it is sent again */
    size_t request_count;
    const char *id;
    int64_t at_ms;
    long attempts; /* so far */
    bool is_done;  /* the receiver took the last request */
};
size_t rehearsal_sent_count(const struct rehearsal *rehearsal);
const struct rehearsal_sent *rehearsal_sent(const struct rehearsal *rehearsal,
                                            size_t index);

/* A line of the gateway's log; of what scripts say the room is "script NAME". */
struct rehearsal_line {
    const char *room, *text;
    int level; /* enum log_level */
    int64_t at_ms;
};
size_t rehearsal_line_count(const struct rehearsal *rehearsal);
const struct rehearsal_line *rehearsal_line(const struct rehearsal *rehearsal,
                                            size_t index);

/* Adds what is raised, as a JSON list: [{"id","rule","key","center","script",
 * "severity","summary","acked"}], by fingerprint. */
void rehearsal_alerts(struct rehearsal *rehearsal, struct buf *json);

#endif
