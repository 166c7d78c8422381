/* What the tests of script/latch.h share: its keys by their ids. */
#ifndef CCGATE_TESTS_LATCHING_H
#define CCGATE_TESTS_LATCHING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "script/latch.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static inline void
set(struct latch *latch, uint32_t center, int64_t id)
{
    struct key key;
    key_of_id(&key, id);
    latch_restore_raised(latch, center, &key);
}

static inline bool
is_raised(const struct latch *latch, uint32_t center, int64_t id)
{
    struct key key;
    key_of_id(&key, id);
    return latch_is_raised(latch, center, &key);
}

#endif
