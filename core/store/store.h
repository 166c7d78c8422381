/* The store: state.db, one SQLite file per state folder, and the thread that writes it.
 *
 * The loop thread builds a transaction (a list of changes) and hands it over; the
 * storage thread applies all transactions that wait (at most 256 changes) in one SQLite
 * transaction with synchronous=FULL and reports each back on the loop, in the order
 * they were handed over. Group commit: while one commit syncs, the next group gathers.
 * A failed commit is tried again every 5 s; nothing is dropped, order is kept.
 *
 * Schema (STRICT, user_version 9): meta(name, value) · alert · outbox · attempt · slot
 * · silence · key_state · kept · run · handler · memo · gone. An older file is brought
 * to this form when it is opened.
 *
 * What is over is kept for a while: how long, and since when, is one table
 * (retention.h), which the sweeper obeys (sweeper.h). */
#ifndef CCGATE_STORE_STORE_H
#define CCGATE_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/loop.h"
#include "store/retention.h"

struct store;
struct store_change; /* private */

/* One alert of one rule and key, kept after it cleared for its opening number. */
struct alert_record {
    char *fingerprint; /* 16 hex digits; primary key */
    char *center, *rule, *key, *script;
    bool raised;
    int64_t opening; /* 1 for the first; alert id = fingerprint "-" opening */
    char *state;     /* JSON owned by lua/gateway/notify.lua */
    int64_t due_ms;  /* wall time at which somebody is to hear of it; 0: never */
    char *note;      /* alert.note of the rule's author, bytes; NULL: none */
    size_t note_size;
    int64_t ended_ms; /* wall time at which it cleared; 0 while it is raised */
};

/* What is not to be heard of for a while. */
struct silence_record {
    char *id;
    char *matcher; /* JSON: { "rule": …, "key": …, "labels": { … } } */
    int64_t created_ms, until_ms;
    char *by, *note; /* note: NULL for none */
};

enum outbox_state {
    OUTBOX_READY,
    OUTBOX_IN_FLIGHT,
    OUTBOX_DONE,
    OUTBOX_DEAD,
    OUTBOX_SUPERSEDED,
    OUTBOX_STATES,
};

/* One message to one destination. */
struct outbox_record {
    int64_t position; /* order of creation, given by the store */
    char *id;         /* msg_…, unique */
    char *destination;
    char *order_key; /* fingerprint, or the message's own; "" for none */
    char *kind;      /* raise clear message … */
    char *message;   /* JSON: the event (lifecycle.md §5) */
    char *body;      /* rendered at the first attempt, then kept; NULL before */
    enum outbox_state state;
    int64_t created_ms;
    int64_t next_ms; /* wall time of the next attempt */
    int64_t attempts;
    int64_t refusals; /* of these, answers with 400 to 499; counted, not written */
};

/* How far the history of one id has been read. */
struct slot_record {
    char *center, *query;
    int64_t argument;
    int64_t until; /* seconds since the epoch */
};

/* The last run of a job that was begun. */
struct run_record {
    char *script, *job;
    int64_t scheduled_ms; /* when it was due */
    bool is_over;         /* it has ended, well or not */
};

/* "ready", "in_flight", "done", "dead", "superseded". */
const char *outbox_word(enum outbox_state state);

/* Where a key of a rule stands, beside its alert. */
struct key_state_record {
    char *rule, *center, *key; /* the primary key */
    char *script;
    char *state; /* text owned by script/latch_step.h; "": nothing is known */
};

/* A run of a rule's handler that is due, until it has ended. */
struct handler_record {
    char *id; /* "fingerprint-opening/kind/n" */
    char *rule;
    char *kind; /* "raise", "level", "remind", "clear" */
    char
        *alert; /* JSON: the alert and its row, as they were (lua/gateway/notify.lua) */
    int64_t attempts; /* begun so far */
    int64_t created_ms;
};

/* What a script keeps under one key of gw.store(). */
struct kept_record {
    char *script, *key;
    char *value; /* bytes of any kind; NULL: nothing any more */
    size_t size;
    int64_t written_ms;
};

/* What a destination remembers of an alert: a ticket's number. */
struct memo_record {
    char *destination, *fingerprint; /* the primary key */
    char *alert;                     /* the id of the alert that it is about */
    char *text;                      /* JSON, an object owned by the kind */
    int64_t written_ms;
};

/* Copies of the texts, too. */
void alert_record_init(struct alert_record *record, const struct alert_record *from);
void alert_record_fini(struct alert_record *record);
void outbox_record_fini(struct outbox_record *record);
void silence_record_init(struct silence_record *record,
                         const struct silence_record *from);
void key_state_record_init(struct key_state_record *record,
                           const struct key_state_record *from);
void key_state_record_fini(struct key_state_record *record);
void silence_record_fini(struct silence_record *record);
void kept_record_init(struct kept_record *record, const struct kept_record *from);
void kept_record_fini(struct kept_record *record);
void handler_record_init(struct handler_record *record,
                         const struct handler_record *from);
void handler_record_fini(struct handler_record *record);
void memo_record_init(struct memo_record *record, const struct memo_record *from);
void memo_record_fini(struct memo_record *record);

/* Opens or creates DIR/state.db (the folder is made), takes DIR/lock for this process,
 * checks (application_id, user_version, quick_check) and turns in_flight into ready.
 * NULL with `error`: another gateway runs here, damaged, newer than this program, … */
struct store *store_open(struct loop *loop, const char *dir, struct error *error);

/* The same for what is only played (core/rehearse): nothing is synced, and the instance
 * is always the same. */
struct store *store_open_played(struct loop *loop, const char *dir,
                                struct error *error);

/* Commits everything handed over (waits, at most 10 s) and closes. Callbacks of what
 * was still on its way do not come. */
void store_close(struct store *store);

/* 16 hex digits made with the database. */
const char *store_instance(const struct store *store);

/* The highest opening number of any alert that has been forgotten, as the store was
 * opened: a key that is not known is to begin above it, and above the numbers of what
 * store_set_on_swept() tells. On the loop, before the first store_commit(). */
int64_t store_opening_floor(struct store *store);

/* Reading, on the loop thread, before the first store_commit() and the first
 * store_read_outbox() (outbox.h: reading while it is written). What cannot be read
 * ends the process. */
typedef void store_on_alert(void *arg, const struct alert_record *record);
typedef void store_on_outbox(void *arg, const struct outbox_record *record);
void store_each_alert(struct store *store, store_on_alert *on_alert, void *arg);
/* Those in state ready, by position. */
void store_each_ready(struct store *store, store_on_outbox *on_outbox, void *arg);
/* How many messages in state dead a destination has; of those that have any. */
typedef void store_on_dead(void *arg, const char *destination, size_t count);
void store_each_dead(struct store *store, store_on_dead *on_dead, void *arg);
typedef void store_on_silence(void *arg, const struct silence_record *record);
void store_each_silence(struct store *store, store_on_silence *on_silence, void *arg);
typedef void store_on_slot(void *arg, const struct slot_record *record);
void store_each_slot(struct store *store, store_on_slot *on_slot, void *arg);
typedef void store_on_key_state(void *arg, const struct key_state_record *record);
void store_each_key_state(struct store *store, store_on_key_state *on_state, void *arg);

typedef void store_on_kept(void *arg, const struct kept_record *record);
void store_each_kept(struct store *store, store_on_kept *on_kept, void *arg);
typedef void store_on_run(void *arg, const struct run_record *record);
void store_each_run(struct store *store, store_on_run *on_run, void *arg);

/* In the order in which they became due. */
typedef void store_on_handler(void *arg, const struct handler_record *record);
void store_each_handler(struct store *store, store_on_handler *on_handler, void *arg);

typedef void store_on_memo(void *arg, const struct memo_record *record);
void store_each_memo(struct store *store, store_on_memo *on_memo, void *arg);

/* A transaction under construction; copies what it is given. */
struct txn;
struct txn *txn_new(void);
void txn_delete(struct txn *txn); /* only one that was not committed */
bool txn_is_empty(const struct txn *txn);
void txn_put_alert(struct txn *txn, const struct alert_record *record);
/* A message whose id exists already changes nothing. */
void txn_add_outbox(struct txn *txn, const struct outbox_record *record);
/* Sets state, next_ms, attempts and, when not NULL, body of message `id`. */
void txn_mark_outbox(struct txn *txn, const char *id, enum outbox_state state,
                     int64_t next_ms, int64_t attempts, const char *body);

/* In place of the one with this id. */
void txn_put_silence(struct txn *txn, const struct silence_record *record);

/* In place of what was known of this centre, query and argument. */
void txn_put_slot(struct txn *txn, const struct slot_record *record);

/* In place of what was known of this rule, centre and key; state "" removes it. */
void txn_put_key_state(struct txn *txn, const struct key_state_record *record);

/* In place of what this script had under this key. */
void txn_put_kept(struct txn *txn, const struct kept_record *record);

/* In place of the job's run before. */
void txn_put_run(struct txn *txn, const struct run_record *record);

/* Adds a run, or sets the attempts and the time of the one with this id. */
void txn_put_handler(struct txn *txn, const struct handler_record *record);
void txn_end_handler(struct txn *txn, const char *id);

/* In place of what the destination remembered of this fingerprint. */
void txn_put_memo(struct txn *txn, const struct memo_record *record);

struct attempt_record {
    const char *message_id;
    int64_t number; /* 1 for the first */
    int64_t at_ms;
    long status;
    int curl_code;
    const char *answer; /* the first KB, no secrets */
};
void txn_add_attempt(struct txn *txn, const struct attempt_record *record);

/* ---- forgetting what is over (retention.h) ---- */

#define SWEEP_ROWS 200 /* a step deletes no more: it is a matter of milliseconds */

/* One step: the kinds from `from` on, until there is no more of them or SWEEP_ROWS are
 * deleted. */
void txn_sweep(struct txn *txn, enum retained from, int64_t now_ms);

/* Who is there: of the scripts that have something in the store those are missed from
 * now on that are not in this list (JSON: [ name, … ]), and none that is. */
void txn_call_roll(struct txn *txn, const char *scripts, int64_t now_ms);

/* The clock was put forward by so much (back: < 0): whoever is missed has been for as
 * long as before. */
void txn_shift_missed(struct txn *txn, int64_t by_ms);

/* What came of a step. */
struct sweep {
    int64_t now_ms;
    enum retained from, to; /* `to`: RETAINED_KINDS when all have been seen, else the
                             * kind to go on with */
    size_t counts[RETAINED_KINDS];
    struct swept *rows; /* of the kinds that give them, in the order of the kinds */
    size_t row_count;
};

/* Called on the loop for each step that is on disk, before the on_done of its
 * transaction. What it names may have been written again meanwhile: then memory has a
 * newer one, which is to stay. */
typedef void store_on_swept(void *arg, const struct sweep *sweep);
void store_set_on_swept(struct store *store, store_on_swept *on_swept, void *arg);

/* Called on the loop for each message that is new on disk, before the on_done of its
 * transaction; not for one whose id existed. */
void store_set_on_added(struct store *store, store_on_outbox *on_added, void *arg);

/* Hands the transaction over and takes it. `on_done` comes on the loop after it is on
 * disk (NULL: nobody waits). */
void store_commit(struct store *store, struct txn *txn, loop_callback *on_done,
                  void *arg);

/* Transactions handed over and not yet on disk. */
size_t store_pending(const struct store *store);

/* True while commits fail. */
bool store_is_failing(const struct store *store);
/* Tries at once what failed, instead of after the rest of the 5 s. */
void store_retry(struct store *store);

#endif
