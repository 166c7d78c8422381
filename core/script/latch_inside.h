/* A latch's inside, shared by latch.c (keys and states) and latch_judge.c (samples)
 * alone. */
#ifndef CCGATE_SCRIPT_LATCH_INSIDE_H
#define CCGATE_SCRIPT_LATCH_INSIDE_H

#include <string.h>

#include "script/latch.h"

/* What is known of a key that is not calm. */
struct latch_life {
    struct latch_state state;
    int64_t saved_ms; /* sample_ms of the state as it was saved last */
    bool is_waiting;  /* counted in the latch's `waiting` */
};

/* Small, because a sample looks at one for each row. */
struct latch_slot {
    int64_t id; /* of a text key its hash */
    uint32_t center;
    bool is_watched;
    bool is_seen;
    struct latch_life *life; /* owned; NULL: calm */
};

/* NULL: there is none. */
struct latch_slot *latch_find(const struct latch *latch, uint32_t center,
                              const struct key *key);
struct latch_slot *latch_find_or_add(struct latch *latch, uint32_t center,
                                     const struct key *key);
/* Frees a slot: the last one takes its place. */
void latch_release(struct latch *latch, struct latch_slot *slot);

/* Of a row of a sample, whose key is no text. Rows come in the order in which they are
 * watched, mostly, and from the first one again: then nothing is searched. */
static inline struct latch_slot *
latch_find_row(struct latch *latch, uint32_t center, int64_t id)
{
    size_t near = latch->near < latch->slot_count ? latch->near : 0;
    struct latch_slot *slot = latch->slots + near;
    if (near >= latch->slot_count || slot->id != id || slot->center != center) {
        struct key key;
        key_of_id(&key, id);
        slot = latch_find(latch, center, &key);
    }
    if (slot)
        latch->near = (size_t)(slot - latch->slots) + 1;
    return slot;
}

/* What is remembered of the key; NULL where nothing is. */
static inline struct memory *
latch_memory(const struct latch *latch, const struct latch_slot *slot)
{
    if (!slot || !latch->memories)
        return NULL;
    size_t at = (size_t)(slot - latch->slots);
    return (struct memory *)(void *)(latch->memories + at * latch->memory_size);
}

void latch_key_of_slot(const struct latch *latch, const struct latch_slot *slot,
                       struct key *key);

extern const struct latch_state latch_calm;

static inline const struct latch_state *
latch_state_of(const struct latch_slot *slot)
{
    return slot && slot->life ? &slot->life->state : &latch_calm;
}

void latch_set_state(struct latch_slot *slot, const struct latch_state *state);

#endif
