/* One script in the supervisor's care: its file, its host, its strikes. Shared by
 * ward.c, supervisor*.c and sweep.c alone. */
#ifndef CCGATE_SCRIPT_WARD_H
#define CCGATE_SCRIPT_WARD_H

#include "script/folder.h"
#include "script/resident.h"
#include "script/strikes.h"

enum ward_state {
    WARD_DOWN, /* not loaded: new, or the script has mistakes */
    WARD_LIVE,
    WARD_RESTARTING,  /* its host died; another one loads or will */
    WARD_QUARANTINED, /* dies again and again */
};

/* What is remembered of a rule or job while hosts come and go. */
struct entry_record {
    uint8_t kind;
    char *name;
    struct strikes strikes;
    struct strikes errors; /* turns in which its code failed; out: again and again */
    uint64_t error_count;  /* since the gateway started */
    char *trouble;         /* the last error or strike; NULL: none so far */
    int64_t trouble_ms;    /* wall */
    bool is_told;          /* people know that it is switched off, */
    bool is_full;          /* that raises of it wait for room, */
    bool is_failing;       /* that its code fails again and again */
};

struct ward {
    const struct resident_world *world; /* the supervisor's */
    loop_callback *on_change;           /* something settled: tells the supervisor */
    void *arg;
    struct script_file file; /* as it was loaded last */
    struct buf setup;        /* what it was told of the configuration */
    char *room;
    enum ward_state state;
    struct resident *resident;  /* live or restarting; NULL: none */
    struct resident *candidate; /* loading, to take the resident's place */
    struct script_file candidate_file;
    struct buf candidate_setup;
    bool candidate_is_good, is_draining;
    bool is_gone; /* the file is no longer there */
    struct entry_record *entries;
    size_t entry_count;
    struct strikes deaths;
    bool is_told; /* people know that it is quarantined */
    int64_t backoff_ms, live_since_ms;
    struct timer *restart_timer;
    uint64_t came_with; /* the reload in which it went live */
    uint64_t restarts;  /* hosts that were started in the place of a dead one */
    char *trouble;      /* why the newest version is not loaded; NULL: it is */
    char *death;        /* why its host died last; NULL: none has */
    struct ward *next;
};

/* `place` is where it goes in a list. */
struct ward *ward_new(const struct resident_world *world, struct ward **place,
                      const struct script_file *file, loop_callback *on_change,
                      void *arg);
void ward_delete(struct ward *ward);

/* Is it to be loaded anew: would it read or see something else than it does now, is it
 * down, or is an entry of it switched off? */
bool ward_is_changed(const struct ward *ward, const struct script_file *file,
                     const struct buf *setup);

/* Loads it as `file` in the world of `world`, beside what runs; takes the file's and
 * the setup's content. */
void ward_try(struct ward *ward, struct script_file *file, struct buf *setup,
              const struct resident_world *world);
/* A candidate has not yet shown whether it is good. */
bool ward_is_trying(const struct ward *ward);
/* That, or a host is being started again: its rules are not known now. */
bool ward_is_unsettled(const struct ward *ward);
void ward_drop_candidate(struct ward *ward);
/* Lets a good candidate go live; returns what ran before (retired; to be deleted), NULL
 * when nothing did. */
struct resident *ward_swap(struct ward *ward);

/* Takes what runs out of it; returns that (retired; to be deleted). */
struct resident *ward_put_down(struct ward *ward);

/* Lets in again, for a trial, what has been out for an hour. */
void ward_try_again(struct ward *ward, int64_t now_ms);

/* The newest version is not loaded: takes note of why, for people. */
void ward_note_trouble(struct ward *ward, const char *text);

/* No samples, runs and restarts any more. */
void ward_drain(struct ward *ward);

/* The record of a rule or a job, made when there is none. */
struct entry_record *ward_record(struct ward *ward, uint8_t kind, const char *name);
/* That of an entry of the resident; NULL when there is none. */
struct entry_record *ward_record_at(struct ward *ward, uint32_t entry);

/* ---- ward_errors.c ---- */

/* Remembers its last error or strike. */
void ward_note_error(struct entry_record *record, const char *text, size_t size);

/* Counts errors of the script's code in an entry. The third turn with errors within ten
 * minutes, or within three periods of an entry that runs more seldom, is told. */
void ward_take_errors(struct ward *ward, const struct message_failed *failed);

/* ---- ward_tell.c: to base/trouble.h ---- */

/* `text`: the last error. */
void ward_tell_failing(const struct ward *ward, struct entry_record *record,
                       const char *text, size_t size);
void ward_tell_off(const struct ward *ward, struct entry_record *record,
                   const char *reason);
void ward_tell_quarantined(struct ward *ward, const char *reason);
/* Raises of the rule wait until there is room for them, or none does any more. Told
 * again it changes nothing. */
void ward_tell_full(const struct ward *ward, struct entry_record *record,
                    bool is_waiting);
/* It is loaded anew: everything is on again. */
void ward_tell_over(struct ward *ward);
/* What was let in for a trial, or failed, has gone well as long as strikes and errors
 * count: a trial alone is not the end, or people would hear of every one. */
void ward_tell_survivors(struct ward *ward, int64_t now_ms);

#endif
