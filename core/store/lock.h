/* One gateway per state folder. */
#ifndef CCGATE_STORE_LOCK_H
#define CCGATE_STORE_LOCK_H

#include "base/error.h"

/* Takes DIR/lock, which has the number of the process for people, and returns its
 * descriptor: the lock goes with it, and with the process, however that ends. -1 with
 * `error`: another gateway has it, or the file cannot be opened. */
int lock_take(const char *dir, struct error *error);

#endif
