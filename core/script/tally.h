/* What scripts count: gw.counter and gw.gauge, as /metrics shows them.
 *
 * That of the core lives as long as the gateway: a host that dies takes nothing along.
 * That of a host has what has changed since the core was told last. A metric is of the
 * kind that it was first; a name with other labels is another series, of which a script
 * may have TALLY_MOST. */
#ifndef CCGATE_SCRIPT_TALLY_H
#define CCGATE_SCRIPT_TALLY_H

#include <stdbool.h>
#include <stddef.h>

#include "script/message.h"

#define TALLY_MOST 1000

struct tally;
struct tally *tally_new(void);
void tally_delete(struct tally *tally);
/* Forgets all. */
void tally_clear(struct tally *tally);

/* Adds to a counter, sets a gauge. NULL, or why it is not taken. */
const char *tally_take(struct tally *tally, const char *script,
                       const struct message_metric *metric);

struct tally_series {
    const char *script;
    const struct message_metric *metric; /* its value is what there is now */
};
typedef void tally_on_series(void *arg, const struct tally_series *series);
/* Those of one name stand together. */
void tally_each(const struct tally *tally, tally_on_series *on_series, void *arg);

#endif
