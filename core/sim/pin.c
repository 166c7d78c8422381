#include "sim/pin.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct pin {
    bool is_gone;
    uint32_t set; /* bit i: values[i] is pinned */
    int64_t values[WAVE_VALUES];
};

void
pins_init(struct pins *pins, int64_t count)
{
    pins->count = count;
    pins->items = mem_zero((size_t)count * sizeof *pins->items);
}

void
pins_fini(struct pins *pins)
{
    for (int64_t id = 1; id <= pins->count; id++)
        pins_clear(pins, id);
    free(pins->items);
}

static struct pin *
pin_of(struct pins *pins, int64_t id)
{
    struct pin **pin = &pins->items[id - 1];
    if (*pin == NULL)
        *pin = mem_zero(sizeof **pin);
    return *pin;
}

bool
pins_set(struct pins *pins, int64_t id, const char *key, int64_t value)
{
    for (int i = 0; i < WAVE_VALUES; i++) {
        if (strcmp(wave_keys[i], key) != 0)
            continue;
        struct pin *pin = pin_of(pins, id);
        pin->set |= 1u << i;
        pin->values[i] = value;
        return true;
    }
    return false;
}

void
pins_set_gone(struct pins *pins, int64_t id)
{
    pin_of(pins, id)->is_gone = true;
}

void
pins_clear(struct pins *pins, int64_t id)
{
    free(pins->items[id - 1]);
    pins->items[id - 1] = NULL;
}

bool
pins_is_gone(const struct pins *pins, int64_t id)
{
    return pins->items[id - 1] && pins->items[id - 1]->is_gone;
}

void
pins_apply(const struct pins *pins, int64_t id, int64_t values[WAVE_VALUES])
{
    const struct pin *pin = pins->items[id - 1];
    for (int i = 0; pin && i < WAVE_VALUES; i++)
        if (pin->set >> i & 1)
            values[i] = pin->values[i];
}
