#include "script/latch_inside.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/step.h"

/* ---- keys ---- */

const struct latch_state latch_calm;

#define SLOT_ROOM_MIN 16

struct wanted {
    uint32_t center;
    const struct key *key;
};

static bool
is_wanted(const void *items, uint32_t number, const void *arg)
{
    const struct latch *latch = items;
    const struct wanted *wanted = arg;
    const struct latch_slot *slot = &latch->slots[number];
    return slot->id == wanted->key->id && slot->center == wanted->center &&
           (!wanted->key->is_text || !strcmp(latch->texts[number], wanted->key->text));
}

struct latch_slot *
latch_find(const struct latch *latch, uint32_t center, const struct key *key)
{
    const struct wanted wanted = {center, key};
    uint32_t number = finder_find(&latch->finder, finder_hash(center, key->id),
                                  is_wanted, latch, &wanted);
    return number == FINDER_NONE ? NULL : &latch->slots[number];
}

static void
grow(struct latch *latch)
{
    size_t room = latch->slot_room ? 2 * latch->slot_room : SLOT_ROOM_MIN;
    latch->slots = mem_grow(latch->slots, room, sizeof *latch->slots);
    if (latch->is_text)
        latch->texts = mem_grow(latch->texts, room, sizeof *latch->texts);
    if (latch->memory_size)
        latch->memories = mem_grow(latch->memories, room, latch->memory_size);
    latch->slot_room = room;
}

struct latch_slot *
latch_find_or_add(struct latch *latch, uint32_t center, const struct key *key)
{
    struct latch_slot *slot = latch_find(latch, center, key);
    if (slot)
        return slot;
    if (latch->slot_count == latch->slot_room)
        grow(latch);
    size_t at = latch->slot_count++;
    slot = &latch->slots[at];
    *slot = (struct latch_slot){.id = key->id, .center = center};
    if (latch->texts)
        latch->texts[at] = mem_text(key->text);
    if (latch->memories)
        memset(latch_memory(latch, slot), 0, latch->memory_size);
    finder_add(&latch->finder, finder_hash(center, key->id), (uint32_t)at);
    return slot;
}

static void
free_slot(const struct latch *latch, const struct latch_slot *slot)
{
    free(slot->life);
    if (latch->texts)
        free(latch->texts[slot - latch->slots]);
    if (latch->memories)
        memory_fini(&latch->plan, latch_memory(latch, slot));
}

/* What was the last one is in `slot` now. */
static void
move_last(struct latch *latch, struct latch_slot *slot)
{
    size_t last = latch->slot_count, at = (size_t)(slot - latch->slots);
    const struct latch_slot *from = &latch->slots[last];
    finder_renumber(&latch->finder, finder_hash(from->center, from->id), (uint32_t)last,
                    (uint32_t)at);
    if (latch->texts)
        latch->texts[at] = latch->texts[last];
    if (latch->memories)
        memcpy(latch_memory(latch, slot), latch_memory(latch, from),
               latch->memory_size);
    *slot = *from;
}

void
latch_release(struct latch *latch, struct latch_slot *slot)
{
    size_t at = (size_t)(slot - latch->slots);
    free_slot(latch, slot);
    finder_remove(&latch->finder, finder_hash(slot->center, slot->id), (uint32_t)at);
    if (at != --latch->slot_count)
        move_last(latch, slot);
}

void
latch_init(struct latch *latch, const struct latch_terms *terms,
           const struct latch_conditions *levels)
{
    const struct query *query = levels[0].when->query;
    *latch = (struct latch){.terms = *terms, .query = query, .is_list = query->is_list};
    latch->is_text = query->fields[query->key].kind == FIELD_TEXT;
    for (uint32_t i = 0; i < terms->level_count; i++) {
        latch->terms.has_clear[i] = levels[i].clear != NULL;
        latch->plan.conditions[latch->plan.condition_count++] = levels[i].when;
        latch->plan.conditions[latch->plan.condition_count++] = levels[i].clear;
    }
    memory_plan_make(&latch->plan);
    latch->memory_size = memory_size(&latch->plan);
    latch->keeps_all =
        latch->is_list && (latch->plan.is_needed || terms->gone == GONE_RAISE);
}

void
latch_fini(struct latch *latch)
{
    for (size_t i = 0; i < latch->slot_count; i++)
        free_slot(latch, &latch->slots[i]);
    finder_fini(&latch->finder);
    free(latch->texts);
    free(latch->memories);
    free(latch->slots);
    *latch = (struct latch){0};
}

void
latch_watch(struct latch *latch, uint32_t center, int64_t id)
{
    struct key key;
    key_of_id(&key, id);
    latch_find_or_add(latch, center, &key)->is_watched = true;
}

bool
latch_is_watched(const struct latch *latch, uint32_t center, int64_t id)
{
    struct key key;
    key_of_id(&key, id);
    const struct latch_slot *slot = latch_find(latch, center, &key);
    return slot && slot->is_watched;
}

/* ---- states ---- */

void
latch_set_state(struct latch_slot *slot, const struct latch_state *state)
{
    if (latch_state_is_calm(state)) {
        free(slot->life);
        slot->life = NULL;
        return;
    }
    if (!slot->life)
        slot->life = mem_zero(sizeof *slot->life);
    slot->life->state = *state;
}

void
latch_restore_raised(struct latch *latch, uint32_t center, const struct key *key)
{
    struct latch_slot *slot = latch_find_or_add(latch, center, key);
    struct latch_state state = *latch_state_of(slot);
    if (latch_state_level(&state))
        return;
    state.levels[0] = (struct latch_level){.phase = PHASE_RAISED};
    latch_set_state(slot, &state);
}

/* A level that the rule no longer has is the last one. */
static void
fit_levels(const struct latch *latch, struct latch_state *state)
{
    uint32_t level = latch_state_level(state), count = latch->terms.level_count;
    for (uint32_t i = count; i < LATCH_LEVELS_MAX; i++)
        state->levels[i] = (struct latch_level){0};
    if (level > count)
        state->levels[count - 1].phase = PHASE_RAISED;
}

void
latch_restore_state(struct latch *latch, uint32_t center, const struct key *key,
                    const char *text)
{
    struct latch_state state;
    bool is_raised = latch_is_raised(latch, center, key);
    if (!latch_state_read(text, &state) ||
        is_raised != (latch_state_level(&state) > 0) || latch_state_is_calm(&state))
        return;
    fit_levels(latch, &state);
    struct latch_slot *slot = latch_find_or_add(latch, center, key);
    latch_set_state(slot, &state);
    slot->life->saved_ms = state.sample_ms;
}

void
latch_shift(struct latch *latch, int64_t by_ms)
{
    for (size_t i = 0; i < latch->slot_count; i++) {
        struct latch_slot *slot = &latch->slots[i];
        if (slot->life) {
            latch_state_shift(&slot->life->state, by_ms);
            slot->life->saved_ms = step_shift(slot->life->saved_ms, by_ms);
        }
        if (latch->memories)
            memory_shift(&latch->plan, latch_memory(latch, slot), by_ms);
    }
}

const struct latch_state *
latch_state(const struct latch *latch, uint32_t center, const struct key *key)
{
    return latch_state_of(latch_find(latch, center, key));
}

bool
latch_is_raised(const struct latch *latch, uint32_t center, const struct key *key)
{
    return latch_state_level(latch_state(latch, center, key)) > 0;
}

void
latch_key_of_slot(const struct latch *latch, const struct latch_slot *slot,
                  struct key *key)
{
    key_of_id(key, slot->id);
    if (latch->texts)
        key_of_text(key, latch->query, latch->texts[slot - latch->slots]);
}

bool
latch_next(const struct latch *latch, uint32_t center, size_t *at,
           struct latch_kept *kept)
{
    while (*at < latch->slot_count) {
        const struct latch_slot *slot = &latch->slots[(*at)++];
        if (slot->center != center)
            continue;
        latch_key_of_slot(latch, slot, &kept->key);
        kept->is_seen = slot->is_seen;
        return true;
    }
    return false;
}
