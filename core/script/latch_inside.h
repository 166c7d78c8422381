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
    bool is_taken;
    bool is_watched;
    bool is_seen;
    struct latch_life *life; /* owned; NULL: calm */
    struct memory *memory;   /* owned; NULL: none, or not yet */
};

/* The high bits of the product: neighbouring ids lie far apart, so that runs stay short
 * and the search for an id that is not watched ends soon. */
static inline size_t
latch_hash(uint32_t center, int64_t id, size_t room)
{
    uint64_t mixed = ((uint64_t)id ^ (uint64_t)center << 40) * 0x9e3779b97f4a7c15u;
    return (size_t)(mixed >> (64 - __builtin_ctzl(room)));
}

/* The slot of the key, or the free one where it would go; NULL while there are none. */
static inline struct latch_slot *
latch_find_text(const struct latch *latch, uint32_t center, int64_t id,
                const char *text)
{
    if (latch->slot_room == 0)
        return NULL;
    size_t mask = latch->slot_room - 1;
    size_t at = latch_hash(center, id, latch->slot_room);
    while (latch->slots[at].is_taken &&
           (latch->slots[at].id != id || latch->slots[at].center != center ||
            (text && strcmp(latch->texts[at], text) != 0)))
        at = (at + 1) & mask;
    return &latch->slots[at];
}

static inline struct latch_slot *
latch_find(const struct latch *latch, uint32_t center, int64_t id)
{
    return latch_find_text(latch, center, id, NULL);
}

/* The same of a key. */
struct latch_slot *latch_find_key(const struct latch *latch, uint32_t center,
                                  const struct key *key);
struct latch_slot *latch_find_or_add(struct latch *latch, uint32_t center,
                                     const struct key *key);
/* Frees a slot; others move up, so that a slot that is held is another one then. */
void latch_release(struct latch *latch, struct latch_slot *slot);
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
