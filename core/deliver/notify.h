/* The book of alerts: takes what an activation did, decides who is told, commits alert
 * states and messages in one transaction, and then lets them be delivered.
 *
 * Holds every alert in memory as it was handed over last, so that a host that starts
 * again is given the truth even while a commit is on its way. */
#ifndef CCGATE_DELIVER_NOTIFY_H
#define CCGATE_DELIVER_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "deliver/connector.h"
#include "deliver/deliver.h"
#include "store/store.h"

struct notify;

/* Borrows all of them; reads alerts and ready messages from the store. `name` is the
 * gateway's, part of every fingerprint. */
struct notify *notify_new(struct loop *loop, struct store *store,
                          struct connector *connector, struct deliver *deliver,
                          const char *name);
/* Commits may still be on their way to it: the loop must not run between this and
 * store_close(). */
void notify_delete(struct notify *notify);

/* One activation: begin, add, commit or drop. */
struct notify_batch;
struct notify_batch *notify_begin(struct notify *notify, const char *script,
                                  int64_t now_ms);

/* A transition: raise, level or clear. A raise of a raised alert, a level and a clear
 * of a cleared one change nothing (a host that died may repeat itself). False with
 * `error`: the host sent nonsense. */
bool notify_alert(struct notify_batch *batch, const char *center, const char *rule,
                  const char *key, const char *kind, const char *event,
                  size_t event_size, struct error *error);

/* What a rule knows of a key, in a form of its own, committed together with what the
 * batch tells; "" for nothing. At most 255 bytes. */
void notify_state(struct notify_batch *batch, const char *center, const char *rule,
                  const char *key, const char *text);

/* A plain message. Its id is made of origin, destination and ordinal; of destination
 * and key when a key is given. */
bool notify_send(struct notify_batch *batch, const char *origin,
                 const char *destination, uint32_t ordinal, const char *key,
                 const char *message, size_t message_size, struct error *error);

/* What each key counts beside its own bytes and those of its value. */
#define NOTIFY_KEPT_COST ((size_t)32)
/* Keeps a value for the batch's script; NULL: no more. False, and nothing is changed,
 * when all that the script keeps would grow over `most`. What is kept is known at once:
 * the batch must then be committed. */
bool notify_keep(struct notify_batch *batch, const char *key, const char *value,
                 size_t size, int64_t written_ms, size_t most);
/* The call must not change what is kept. */
void notify_each_kept(struct notify *notify, const char *script, store_on_kept *on_kept,
                      void *arg);

/* ---- handlers of rules (lifecycle.md §4) ---- */

/* Who runs them. on_due: claim what there is. on_start: run this one now; its attempt
 * is on disk, the record is borrowed for the call. */
struct notify_runner {
    void (*on_due)(void *arg);
    void (*on_start)(void *arg, const struct handler_record *record);
    void *arg;
};
void notify_add_runner(struct notify *notify, const struct notify_runner *runner);
/* It claims nothing more. What it was told to start stays its own; the claims that it
 * was not told of yet are due again as if it had not made them. Returns how many. */
size_t notify_remove_runner(struct notify *notify, const void *arg);
/* What it has claimed and not ended, of this rule (NULL: of all), is due again, for
 * others; returns how many. */
size_t notify_release(struct notify *notify, const void *arg, const char *rule);

/* Claims the run that has been due longest of those rules, on_start follows; false when
 * there is none. Runs of one alert come one at a time, in order; one that was begun
 * three times and never ended is given up, which the log says. Of an alert's reminders
 * that nobody has begun only the newest is due. */
bool notify_claim(struct notify *notify, const void *arg,
                  bool (*is_mine)(const void *arg, const char *rule));

/* Ends what is due, and nobody is at, of the rules that are gone; the log says so.
 * `script` is the one that had the rule, "" when nobody knows. */
typedef bool notify_is_over(const void *arg, const char *rule, const char *script);
void notify_end_runs(struct notify *notify, notify_is_over *is_over, const void *arg);

/* The run has ended. */
void notify_end_run(struct notify_batch *batch, const char *id);
/* alert.note of the alert that the run is of, bytes; without effect once another alert
 * of this key is raised. */
void notify_note(struct notify_batch *batch, const char *id, const char *note,
                 size_t size);
/* The note as it is now, borrowed; NULL for none. */
const char *notify_note_of(const struct notify *notify, const char *id, size_t *size);

/* Adds what destinations remember of an alert, by its id or that of a run: as
 * deliver_refs(). */
void notify_refs(const struct notify *notify, const char *id, struct buf *out);

/* Takes the batch. Nobody is told, nor the log, before it is on disk. */
void notify_commit(struct notify_batch *batch);
void notify_drop(struct notify_batch *batch);

/* The raised alerts of a rule, and of all rules (rule NULL). The record is a copy,
 * valid during the call, which may change the book. */
typedef void notify_on_alert(void *arg, const struct alert_record *record);
void notify_each_raised(struct notify *notify, const char *rule,
                        notify_on_alert *on_alert, void *arg);
/* The states of the keys of a rule, and of all rules (rule NULL). The record is
 * borrowed, and states must not be changed in the call. */
typedef void notify_on_state(void *arg, const struct key_state_record *record);
void notify_each_state(struct notify *notify, const char *rule,
                       notify_on_state *on_state, void *arg);
/* The raised alerts of a rule, and its states, belong to this script from now on: rules
 * move between files. */
void notify_adopt(struct notify *notify, const char *rule, const char *script);
size_t notify_raised_of(struct notify *notify, const char *script);
/* Every script that has a raised alert. */
typedef void notify_on_script(void *arg, const char *script);
void notify_each_raising(const struct notify *notify, notify_on_script *on_script,
                         void *arg);

/* A row of the store has been swept: what is known of it here goes, too, unless it is
 * newer. Of an alert its opening number is remembered (retention.h): the id of the next
 * one of that key, and of any key that is not known, is one that never was. */
void notify_forget(struct notify *notify, const struct swept *row);

/* ---- steps of the clock ---- */

/* A key's state, in the rule's own form, where the clock has moved by so much; false:
 * it stays as it is. */
typedef bool notify_shift_state(const char *state, int64_t by_ms, struct buf *out);
/* The wall clock was put forward by so much (back: < 0): all that is stored of alerts
 * that are raised, of keys, runs that are due, what scripts keep and scripts that are
 * missed is as old as before, in one transaction. What people named by the clock stays:
 * a silence ends at the time that was said, so one can end, or begin to hold anew, with
 * the step. */
void notify_shift(struct notify *notify, int64_t by_ms, notify_shift_state *shift);
/* The machine slept, and timers stood still: what is due by now goes out. */
void notify_look(struct notify *notify);

/* ---- people ---- */

/* Somebody takes care of the raised alert with this id ("fingerprint-opening") or
 * fingerprint: reminders and entries with unless = "acked" stop until its level rises.
 * False with `error` when there is none. `note` may be NULL. */
bool notify_ack(struct notify *notify, const char *id, const char *by, const char *note,
                struct error *error);
/* Somebody ends it: cleared for all who were told, reason "operator". A rule that still
 * watches it raises it anew once its condition has been clear, or its host has started
 * again. False likewise. */
bool notify_close(struct notify *notify, const char *id, const char *by,
                  const char *note, struct error *error);

/* The answer (JSON), to free, to what a script asks for by gw.alerts ("alerts") or
 * gw.raises ("raises"); see lua/gateway/alert_search.lua. NULL with `error`: there is
 * too much of it, or the question is not what it must be. */
char *notify_search(struct notify *notify, const char *word, const char *question,
                    struct error *error);

/* A silence as somebody asks for it. NULL: any, or not said. */
struct silence_wish {
    const char *rule, *key;
    const char *const
        *labels; /* name, value, name, value, …; 2 × label_count of them */
    size_t label_count;
    int64_t lasts_ms;
    const char *by, *note;
};
/* Begins it now; false when it names nothing: there is no silence for all. `made` is to
 * be given to silence_record_fini(). */
bool notify_silence_for(struct notify *notify, const struct silence_wish *wish,
                        struct silence_record *made);

/* Adds a silence, or changes the one with this id (to end it: until_ms = now). Messages
 * of alerts that match are held back as long; what is due when it ends goes out then.
 */
void notify_silence(struct notify *notify, const struct silence_record *record);
void notify_each_silence(struct notify *notify, store_on_silence *on_silence,
                         void *arg);

/* ---- ids (lifecycle.md §4; of messages: base/message_id.h), public for tests ---- */

/* 16 hex digits of SHA-256 over the parts, each followed by a NUL. */
void notify_fingerprint(const char *name, const char *center, const char *rule,
                        const char *key, char out[17]);

#endif
