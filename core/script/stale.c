#include "script/stale.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/step.h"

#define TICK_LEAST_MS ((int64_t)1000)

void
stale_fini(struct stale *stale)
{
    free(stale->sources);
    *stale = (struct stale){0};
}

struct stale_source *
stale_find(struct stale *stale, uint32_t center)
{
    for (size_t i = 0; i < stale->source_count; i++)
        if (stale->sources[i].center == center)
            return &stale->sources[i];
    return NULL;
}

bool
stale_is_waiting(const struct stale *stale)
{
    for (size_t i = 0; i < stale->source_count; i++)
        if (stale->sources[i].is_waiting)
            return true;
    return false;
}

void
stale_watch(struct stale *stale, uint32_t center)
{
    if (stale_find(stale, center))
        return;
    stale->sources =
        mem_grow(stale->sources, stale->source_count + 1, sizeof *stale->sources);
    stale->sources[stale->source_count++] = (struct stale_source){.center = center};
}

int64_t
stale_every_ms(const struct stale *stale)
{
    if (stale->mode == STALE_HOLD)
        return 0;
    int64_t third_ms = stale->after_ms / 3;
    return third_ms < TICK_LEAST_MS ? TICK_LEAST_MS : third_ms;
}

void
stale_hear(struct stale *stale, int64_t now_ms)
{
    if (!stale->since_ms)
        stale->since_ms = now_ms;
}

void
stale_shift(struct stale *stale, int64_t by_ms)
{
    stale->since_ms = step_shift(stale->since_ms, by_ms);
    for (size_t i = 0; i < stale->source_count; i++)
        stale->sources[i].usable_ms = step_shift(stale->sources[i].usable_ms, by_ms);
}

bool
stale_is_over(const struct stale *stale, const struct stale_source *source,
              int64_t now_ms)
{
    int64_t last_ms = source->usable_ms ? source->usable_ms : stale->since_ms;
    return now_ms - last_ms > stale->after_ms;
}
