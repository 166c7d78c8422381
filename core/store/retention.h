/* How long the store keeps what is over: one table, and all that obeys it is
 * store/sweeper.h (when) and database_sweep.c (how).
 *
 * What is in no row of the table stays until somebody ends it: alerts that are raised,
 * with their notes; messages that are still to be sent, and dead letters, with their
 * attempts; silences that hold; what a script keeps, its jobs' last runs and the states
 * of its keys as long as the script is there, or has a raised alert.
 *
 * An alert that is forgotten takes its opening number with it. So that no id of an
 * alert or of a message is ever given twice, the store remembers one number for all of
 * them: the highest that went (store_opening_floor()). A key that is unknown begins
 * above it. */
#ifndef CCGATE_STORE_RETENTION_H
#define CCGATE_STORE_RETENTION_H

#include <stddef.h>
#include <stdint.h>

enum retained {
    RETAINED_MESSAGES,
    RETAINED_SLOTS,
    RETAINED_SILENCES,
    RETAINED_HANDLERS,
    RETAINED_ALERTS,
    RETAINED_MEMOS,
    RETAINED_KEPT,
    RETAINED_RUNS,
    RETAINED_KEY_STATES,
    RETAINED_GONE, /* after all that belongs to scripts that are gone */
    RETAINED_KINDS,
};

struct retention {
    const char *what; /* for people, in the plural */
    int64_t keep_ms;
    const char *sentence; /* from when on, and what for */
    /* Deletes at most ?2 rows, those from before ?1 (milliseconds); gives for each the
     * texts and the number of a struct swept, or nothing where memory has no copy. */
    const char *statement;
};

extern const struct retention retentions[RETAINED_KINDS];

/* A row that went, for who has a copy of it. */
#define SWEPT_TEXTS 4
struct swept {
    enum retained what;
    char *texts[SWEPT_TEXTS]; /* "" where there is none */
    int64_t number;           /* tells it from a later row of the same name; by `what`:
        silences    id                                   until_ms
        handlers    id                                   created_ms
        alerts      fingerprint                          opening
        memos       destination fingerprint alert        written_ms
        kept        script key                           written_ms
        key states  rule center key script               0 */
};

#endif
