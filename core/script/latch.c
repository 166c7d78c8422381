#include "script/latch_inside.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/step.h"

/* ---- keys ---- */

const struct latch_state latch_calm;

#define SLOT_ROOM_MIN 16 /* a power of two */

struct latch_slot *
latch_find_key(const struct latch *latch, uint32_t center, const struct key *key)
{
    return latch_find_text(latch, center, key->id, key->is_text ? key->text : NULL);
}

static void
grow(struct latch *latch)
{
    struct latch old = *latch;
    latch->slot_room = old.slot_room ? 2 * old.slot_room : SLOT_ROOM_MIN;
    latch->slots = mem_zero(latch->slot_room * sizeof *latch->slots);
    latch->texts =
        latch->is_text ? mem_zero(latch->slot_room * sizeof *latch->texts) : NULL;
    for (size_t i = 0; i < old.slot_room; i++) {
        const struct latch_slot *slot = &old.slots[i];
        const char *text = old.texts ? old.texts[i] : NULL;
        if (!slot->is_taken)
            continue;
        struct latch_slot *to = latch_find_text(latch, slot->center, slot->id, text);
        *to = *slot;
        if (old.texts)
            latch->texts[to - latch->slots] = old.texts[i];
    }
    free(old.slots);
    free(old.texts);
}

struct latch_slot *
latch_find_or_add(struct latch *latch, uint32_t center, const struct key *key)
{
    struct latch_slot *slot = latch_find_key(latch, center, key);
    if (slot && slot->is_taken)
        return slot;
    /* Half of the slots stay free: runs are short, and latch_find() always ends. */
    if (2 * (latch->slot_count + 1) > latch->slot_room) {
        grow(latch);
        slot = latch_find_key(latch, center, key);
    }
    *slot = (struct latch_slot){.id = key->id, .center = center, .is_taken = true};
    if (latch->is_text)
        latch->texts[slot - latch->slots] = mem_text(key->text);
    latch->slot_count++;
    return slot;
}

/* What was in `from` is in `to` now, and `from` is free. */
static void
move_up(struct latch *latch, size_t to, size_t from)
{
    latch->slots[to] = latch->slots[from];
    latch->slots[from] = (struct latch_slot){0};
    if (!latch->texts)
        return;
    latch->texts[to] = latch->texts[from];
    latch->texts[from] = NULL;
}

/* What lies behind it in its run moves up, unless it is where it belongs. */
void
latch_release(struct latch *latch, struct latch_slot *slot)
{
    size_t mask = latch->slot_room - 1, hole = (size_t)(slot - latch->slots);
    free(slot->life);
    memory_delete(&latch->plan, slot->memory);
    if (latch->texts) {
        free(latch->texts[hole]);
        latch->texts[hole] = NULL;
    }
    latch->slots[hole] = (struct latch_slot){0};
    latch->slot_count--;
    for (size_t at = (hole + 1) & mask; latch->slots[at].is_taken;
         at = (at + 1) & mask) {
        const struct latch_slot *next = &latch->slots[at];
        size_t home = latch_hash(next->center, next->id, latch->slot_room);
        if (((at - home) & mask) < ((at - hole) & mask))
            continue;
        move_up(latch, hole, at);
        hole = at;
    }
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
    latch->keeps_all =
        latch->is_list && (latch->plan.is_needed || terms->gone == GONE_RAISE);
}

void
latch_fini(struct latch *latch)
{
    for (size_t i = 0; i < latch->slot_room; i++) {
        if (latch->texts)
            free(latch->texts[i]);
        free(latch->slots[i].life);
        memory_delete(&latch->plan, latch->slots[i].memory);
    }
    free(latch->texts);
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
    const struct latch_slot *slot = latch_find(latch, center, id);
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
    for (size_t i = 0; i < latch->slot_room; i++) {
        struct latch_slot *slot = &latch->slots[i];
        if (slot->life) {
            latch_state_shift(&slot->life->state, by_ms);
            slot->life->saved_ms = step_shift(slot->life->saved_ms, by_ms);
        }
        if (slot->memory)
            memory_shift(&latch->plan, slot->memory, by_ms);
    }
}

const struct latch_state *
latch_state(const struct latch *latch, uint32_t center, const struct key *key)
{
    const struct latch_slot *slot = latch_find_key(latch, center, key);
    return slot && slot->is_taken ? latch_state_of(slot) : &latch_calm;
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
    while (*at < latch->slot_room) {
        const struct latch_slot *slot = &latch->slots[(*at)++];
        if (!slot->is_taken || slot->center != center)
            continue;
        latch_key_of_slot(latch, slot, &kept->key);
        kept->is_seen = slot->is_seen;
        return true;
    }
    return false;
}
