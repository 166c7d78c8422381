/* From the outbox to the network: what is due, in order, signed as it leaves.
 *
 * At most one message in flight per (destination, order key), in the order of creation;
 * up to 8 in parallel per destination; a slow destination delays no other. The state
 * in_flight with the rendered body is on disk before the first byte leaves, so that
 * every repeat has the same id and the same body. */
#ifndef CCGATE_DELIVER_DELIVER_H
#define CCGATE_DELIVER_DELIVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/conf.h"
#include "base/loop.h"
#include "deliver/connector.h"
#include "store/store.h"

struct deliver;

/* Borrows all of them. */
struct deliver *deliver_new(struct loop *loop, struct store *store,
                            struct connector *connector, const struct conf *conf);
/* What is in flight is cut off and starts anew after the next start. Commits may still
 * be on their way to it: the loop must not run between this and store_close(). */
void deliver_delete(struct deliver *deliver);

/* Takes note of a message that is on disk in state ready (copies it). */
void deliver_add(struct deliver *deliver, const struct outbox_record *record);

/* From now on the destinations of `conf`; the old one may go. Messages for one that is
 * no longer there wait, and the log says so. */
void deliver_set_conf(struct deliver *deliver, const struct conf *conf);

/* Starts nothing any more; what is in flight goes on. */
void deliver_drain(struct deliver *deliver);
/* In flight now. */
size_t deliver_busy(const struct deliver *deliver);
/* Known and not yet done or dead. */
size_t deliver_waiting(const struct deliver *deliver);

#endif
