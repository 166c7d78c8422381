/* When the store forgets what is over: a minute after the start, when everybody has
 * read what there is and the scripts are known, then every hour, in steps of SWEEP_ROWS
 * with a pause between them, so that no commit waits for more than a step. Engine time.
 */
#ifndef CCGATE_STORE_SWEEPER_H
#define CCGATE_STORE_SWEEPER_H

#include "base/buf.h"
#include "base/loop.h"
#include "store/store.h"

#define SWEEP_FIRST_MS ((int64_t)60 * 1000)
#define SWEEP_EVERY_MS ((int64_t)3600 * 1000)
#define SWEEP_PAUSE_MS 100

struct sweeper;

struct sweeper_port {
    /* A row went: whoever has a copy forgets it, unless it has a newer one. */
    void (*on_swept)(void *arg, const struct swept *row);
    /* Adds those that are not missed: a JSON array of the names of scripts. */
    void (*list_scripts)(void *arg, struct buf *out);
    void *arg;
};

/* Borrows loop and store, whose on_swept it takes; copies the port. */
struct sweeper *sweeper_new(struct loop *loop, struct store *store,
                            const struct sweeper_port *port);
/* A step that is on its way is committed all the same, and told to nobody. NULL is
 * allowed. */
void sweeper_delete(struct sweeper *sweeper);

#endif
