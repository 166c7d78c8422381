/* What a script does to the world: frames to the core, and nothing else.
 *
 * Alerts and sends gather until the activation commits or drops them; logs and strikes
 * go out at once. Rates are kept over the time of frames. */
#ifndef CCGATE_SCRIPT_EFFECT_H
#define CCGATE_SCRIPT_EFFECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/log.h"
#include "script/message.h"

struct entry;

#define EFFECT_TEXT_MAX ((size_t)256 << 10) /* bytes of an event or a message */
#define EFFECT_NOTE_MAX ((size_t)16 << 10)  /* bytes of alert.note */
#define EFFECT_LINE_MAX ((size_t)8 << 10)   /* bytes of a log line; the rest is cut */

/* A rate with a burst of one minute's worth. */
struct bucket {
    double per_s, level;
    int64_t at_ms; /* when `level` was true */
};

struct effects {
    struct buf *out;    /* borrowed */
    int64_t now_ms;     /* of the frame that is worked off */
    struct entry *room; /* who speaks in logs; NULL: the script itself */
    struct message_list items;
    struct message_list kept; /* changes of the store: behind the items */
    uint64_t committed;       /* the last change of the store that was committed */
    uint64_t puts;            /* changes of the store so far, dropped ones included */
    uint64_t dropped_from;    /* those after this one were dropped; UINT64_MAX: none */
    struct buf note;          /* alert.note as the handler left it; empty: as it was */
    bool is_done;             /* the next commit ends the handler's run */
    struct bucket sends, logs;
    uint64_t dropped;  /* log lines that were over the rate and have not been told */
    int64_t told_ms;   /* when drops were told last */
    bool has_failures; /* that the core does not know of */
};

void effect_init(struct effects *effects, struct buf *out,
                 const struct conf_limits *limits, int64_t now_ms);

/* The clock was put forward by so much: quotas fill up as before. */
void effect_shift(struct effects *effects, int64_t by_ms);

/* The frame that is worked off now has this time. */
void effect_set_now(struct effects *effects, int64_t now_ms);

/* A line of the script itself: over the rate it is only counted. */
void effect_log(struct effects *effects, enum log_level level, const char *text,
                size_t size);
/* A line of the host about the script: not counted, so rare by other means. */
void effect_note(struct effects *effects, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* An error of an entry: the first in full, then at powers of ten with its number. */
void effect_failed(struct effects *effects, struct entry *entry, const char *text);
/* Tells the core how many there were of which entry, since it was told last. */
void effect_tell_failures(struct effects *effects, struct entry *const *entries,
                          size_t count);
void effect_strike(struct effects *effects, const struct entry *entry,
                   const char *limit);
/* Raises of the rule wait because as many alerts of the script are open as may be, or
 * none does any more. */
void effect_full(struct effects *effects, const struct entry *entry, bool is_waiting);
/* Tells how many lines have been dropped, at most once a minute. */
void effect_tell_drops(struct effects *effects);

/* Adds to what the activation will commit. False: more than one commit takes. */
bool effect_alert(struct effects *effects, const struct message_alert *alert);
/* The same of a key's state, which is small: there is always room for it, because what
 * has gathered is committed for `entry` first if there is not. */
void effect_state(struct effects *effects, const struct entry *entry,
                  const struct message_state *state);
/* False: that, or over the rate. */
bool effect_send(struct effects *effects, const struct message_send *send);

/* Takes one from the rate of sends, for what leaves at once. False: over it. */
bool effect_may_send(struct effects *effects);

/* The number of the change, from 1; 0: more than one commit takes. */
uint64_t effect_keep(struct effects *effects, const struct message_stored *kept);
/* The change after which all were dropped since this was asked last; UINT64_MAX when
 * none was: who remembers them undoes them. */
uint64_t effect_take_dropped(struct effects *effects);

/* The handler's alert.note from now on. */
void effect_note_kept(struct effects *effects, const char *note, size_t size);

/* A point to roll back to; a note is always rolled back. */
struct effect_mark {
    size_t size, kept_size;
    uint32_t count, kept_count;
    uint64_t puts;
};
struct effect_mark effect_mark(const struct effects *effects);
void effect_rollback(struct effects *effects, struct effect_mark mark);

/* Writes what has gathered, if anything, as one commit of `entry`. */
void effect_commit(struct effects *effects, const struct entry *entry,
                   int64_t scheduled_ms);

#endif
