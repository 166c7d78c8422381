/* The book's inside, shared by notify.c (transitions), notify_people.c (what people
 * do by hand), book.c (what is known of alerts), states.c (what is known of keys),
 * due.c (times), silence.c, shelf.c (what scripts keep), handler.c (what rules do
 * themselves), shift.c (steps of the clock) and forget.c (what the store has swept)
 * alone. */
#ifndef CCGATE_DELIVER_BOOK_H
#define CCGATE_DELIVER_BOOK_H

#include "deliver/notify.h"
#include "deliver/table.h"

struct tally {
    char *script;
    size_t raised;
};

struct notify {
    struct loop *loop;
    struct store *store;
    struct connector *connector;
    struct deliver *deliver;
    char *name;
    struct table alerts;       /* fingerprint → struct alert_record, owned */
    int64_t opening_floor;     /* keys that are not among them begin above it */
    struct handler *handlers;  /* due, in order, owned */
    struct starting *starting; /* claimed and on their way to the disk, owned */
    struct notify_runner *runners;
    size_t runner_count;
    struct table shelves; /* script → struct shelf, owned */
    struct table tallies; /* script → struct tally, owned */
    struct table states;  /* of keys of rules, by fingerprint; owned */
    struct notify_batch *committing, **last; /* on their way to the disk, in order */
    struct timer *due_timer;
    int64_t due_ms;                   /* nothing is due before; 0: nothing is */
    struct silence_record **silences; /* owned */
    size_t silence_count;
};

struct notify_batch {
    struct notify *notify;
    char *script;
    int64_t now_ms;
    struct txn *txn;
    struct table alerts;      /* as in the book, those that this batch changed */
    struct table states;      /* likewise */
    struct handler *handlers; /* that became due, in order, owned */
    char **lines;             /* for the log, once it is on disk */
    size_t line_count;
    bool has_runs; /* some became due, or ended */
    struct notify_batch *next;
};

/* ---- book.c ---- */

struct alert_record *alert_copy(const struct alert_record *record);
void alert_delete(struct alert_record *alert);
/* Of a table of fingerprints. */
void alerts_fini(struct table *alerts);
/* Replaces what was there; takes `alert`. */
void alerts_put(struct table *alerts, struct alert_record *alert);
/* Puts the alert into the book; takes it. */
void book_put(struct notify *notify, struct alert_record *alert);
/* Of the whole book. */
void book_fini(struct notify *notify);
/* The store has swept this alert. */
void book_forget(struct notify *notify, const struct swept *row);

/* ---- states.c ---- */

/* Reads them from the store. */
void states_load(struct notify *notify);
void states_fini(struct table *states);
/* What the batch changed is the truth from now on. */
void states_take(struct notify_batch *batch);
/* All of them, into the batch. */
void states_shift(struct notify_batch *batch, int64_t by_ms, notify_shift_state *shift);
/* Those of a rule belong to this script from now on. */
void states_adopt(struct notify *notify, const char *rule, const char *script,
                  struct txn *txn);
/* The store has swept this state. */
void states_forget(struct notify *notify, const struct swept *row);

/* ---- notify.c ---- */

/* Whatever may happen to an alert that is raised: a tick, an ack, a level. */
bool batch_step(struct notify_batch *batch, const struct alert_record *alert,
                const char *kind, const char *event, size_t event_size,
                struct error *error);

/* ---- due.c ---- */

/* An alert is due then: the timer wakes in time. */
void due_note(struct notify *notify, const struct alert_record *alert);
/* Looks at all raised alerts now, those that are due and, when `everyone`, the others,
 * too: something changed for them. */
void due_tick(struct notify *notify, bool everyone);
void on_due(void *notify);

/* ---- shelf.c ---- */

void shelves_load(struct notify *notify);
void shelves_fini(struct notify *notify);
void shelves_shift(struct notify_batch *batch, int64_t by_ms);
/* The store has swept this value. */
void shelves_forget(struct notify *notify, const struct swept *row);

/* ---- handler.c ---- */

void handlers_load(struct notify *notify);
void handlers_fini(struct notify *notify);
/* A run is due with this batch. */
void handlers_add(struct notify_batch *batch, const struct handler_record *record);
/* What became due with the batch is due from now on. */
void handlers_take(struct notify_batch *batch);
void handlers_delete(struct handler *list);
void handlers_shift(struct notify_batch *batch, int64_t by_ms);
/* The store has swept this run. Somebody may be at it all the same: then it goes on. */
void handlers_forget(struct notify *notify, const struct swept *row);
/* Lets the runners claim. */
void handlers_tell(struct notify *notify);

/* ---- silence.c ---- */

void silences_load(struct notify *notify);
void silences_fini(struct notify *notify);
/* The store has swept this silence. */
void silences_forget(struct notify *notify, const struct swept *row);

#endif
