/* A gzip bomb: few bytes that become many. */
#ifndef CCGATE_SIM_BOMB_H
#define CCGATE_SIM_BOMB_H

#include <stdint.h>

#include "base/buf.h"

/* Adds a gzip file that unpacks to at least `size` zeros, in a hundred-and-fiftieth of
 * it. Its checksum is wrong: who notices has unpacked all of it. */
void bomb_write(int64_t size, struct buf *out);

#endif
