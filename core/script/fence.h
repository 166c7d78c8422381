/* The fence around a host: what the kernel refuses to it from now on. */
#ifndef CCGATE_SCRIPT_FENCE_H
#define CCGATE_SCRIPT_FENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* For good: no core file, no new descriptor, no new privileges, no debugger, and no
 * system call but the few that memory, the socket and the end need. The resident size
 * stays under memory_bytes and 16 MB. With CCGATE_SANITIZE only what a sanitizer can
 * live with. False with `error`: go no further. */
bool fence_enter(int64_t memory_bytes, struct error *error);

#endif
