/* The gateway's own alerts (lifecycle.md §7): what is told by base/trouble.h becomes
 * alerts of the reserved rules ccgate-center, -script, -rule, -destination and -store
 * in the same book as all others. So they survive restarts, can be acknowledged and
 * silenced, and go in order to [gateway] notify; one about a destination skips that
 * destination. While commits fail the one about the store waits like all others: it
 * goes out with its clear when the disk is writable again; the log has it at once. */
#ifndef CCGATE_DELIVER_SELF_H
#define CCGATE_DELIVER_SELF_H

#include <stdbool.h>

#include "base/conf.h"
#include "base/trouble.h"
#include "deliver/connector.h"
#include "deliver/notify.h"

struct self;

/* Borrows all of them, and listens from now on. Commits: what is read from the store
 * before its first commit must have been read. */
struct self *self_new(struct notify *notify, struct connector *connector,
                      const struct conf *conf);
void self_delete(struct self *self);

/* Who is told of what is raised from now on. */
void self_set_conf(struct self *self, const struct conf *conf);

/* Can there still be such a trouble: is there a centre, script or destination of that
 * name, does the store fail? */
typedef bool self_is_there(void *arg, enum trouble trouble, const char *name);
/* Clears what is raised about what cannot be any more. */
void self_sweep(struct self *self, self_is_there *is_there, void *arg);

#endif
