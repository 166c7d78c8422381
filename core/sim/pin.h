/* Queues that were told what to do: values that stay as given, queues that are gone. */
#ifndef CCGATE_SIM_PIN_H
#define CCGATE_SIM_PIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/wave.h"

struct pins {
    int64_t count;      /* queues 1 to this can be pinned */
    struct pin **items; /* by id - 1, NULL for a queue that does what it likes */
};

void pins_init(struct pins *pins, int64_t count);
void pins_fini(struct pins *pins);

/* The queue must exist. False for an unknown key. */
bool pins_set(struct pins *pins, int64_t id, const char *key, int64_t value);
void pins_set_gone(struct pins *pins, int64_t id);
void pins_clear(struct pins *pins, int64_t id);

bool pins_is_gone(const struct pins *pins, int64_t id);
/* Puts what is pinned over `values`. */
void pins_apply(const struct pins *pins, int64_t id, int64_t values[WAVE_VALUES]);

#endif
