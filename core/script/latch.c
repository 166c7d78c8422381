#include "script/latch.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* ---- keys ---- */

/* What is known of a key that is not calm. */
struct latch_life {
    struct latch_state state;
    int64_t saved_ms; /* sample_ms of the state as it was saved last */
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

static const struct latch_state calm;

#define SLOT_ROOM_MIN 16 /* a power of two */

/* The high bits of the product: neighbouring ids lie far apart, so that runs stay short
 * and the search for an id that is not watched ends soon. */
static size_t
hash(uint32_t center, int64_t id, size_t room)
{
    uint64_t mixed = ((uint64_t)id ^ (uint64_t)center << 40) * 0x9e3779b97f4a7c15u;
    return (size_t)(mixed >> (64 - __builtin_ctzl(room)));
}

/* The slot of the key, or the free one where it would go; NULL while there are none. */
static inline struct latch_slot *
find_text(const struct latch *latch, uint32_t center, int64_t id, const char *text)
{
    if (latch->slot_room == 0)
        return NULL;
    size_t mask = latch->slot_room - 1;
    size_t at = hash(center, id, latch->slot_room);
    while (latch->slots[at].is_taken &&
           (latch->slots[at].id != id || latch->slots[at].center != center ||
            (text && strcmp(latch->texts[at], text) != 0)))
        at = (at + 1) & mask;
    return &latch->slots[at];
}

static struct latch_slot *
find(const struct latch *latch, uint32_t center, int64_t id)
{
    return find_text(latch, center, id, NULL);
}

static struct latch_slot *
find_key(const struct latch *latch, uint32_t center, const struct key *key)
{
    return find_text(latch, center, key->id, key->is_text ? key->text : NULL);
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
        struct latch_slot *to = find_text(latch, slot->center, slot->id, text);
        *to = *slot;
        if (old.texts)
            latch->texts[to - latch->slots] = old.texts[i];
    }
    free(old.slots);
    free(old.texts);
}

static struct latch_slot *
find_or_add(struct latch *latch, uint32_t center, const struct key *key)
{
    struct latch_slot *slot = find_key(latch, center, key);
    if (slot && slot->is_taken)
        return slot;
    /* Half of the slots stay free: runs are short, and find() always ends. */
    if (2 * (latch->slot_count + 1) > latch->slot_room) {
        grow(latch);
        slot = find_key(latch, center, key);
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
static void
release(struct latch *latch, struct latch_slot *slot)
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
        size_t home = hash(next->center, next->id, latch->slot_room);
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
    find_or_add(latch, center, &key)->is_watched = true;
}

bool
latch_is_watched(const struct latch *latch, uint32_t center, int64_t id)
{
    const struct latch_slot *slot = find(latch, center, id);
    return slot && slot->is_watched;
}

/* ---- states ---- */

static const struct latch_state *
state_of(const struct latch_slot *slot)
{
    return slot && slot->life ? &slot->life->state : &calm;
}

/* Of a list a key is kept only while there is something to know of it. */
static void
release_idle(struct latch *latch, struct latch_slot *slot, bool is_gone)
{
    if (latch->is_list && !slot->life && (!latch->keeps_all || is_gone))
        release(latch, slot);
}

static void
set_state(struct latch_slot *slot, const struct latch_state *state)
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
    struct latch_slot *slot = find_or_add(latch, center, key);
    struct latch_state state = *state_of(slot);
    if (latch_state_level(&state))
        return;
    state.levels[0] = (struct latch_level){.phase = PHASE_RAISED};
    set_state(slot, &state);
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
    struct latch_slot *slot = find_or_add(latch, center, key);
    set_state(slot, &state);
    slot->life->saved_ms = state.sample_ms;
}

const struct latch_state *
latch_state(const struct latch *latch, uint32_t center, const struct key *key)
{
    const struct latch_slot *slot = find_key(latch, center, key);
    return slot && slot->is_taken ? state_of(slot) : &calm;
}

bool
latch_is_raised(const struct latch *latch, uint32_t center, const struct key *key)
{
    return latch_state_level(latch_state(latch, center, key)) > 0;
}

static void
key_of_slot(const struct latch *latch, const struct latch_slot *slot, struct key *key)
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
        key_of_slot(latch, slot, &kept->key);
        kept->is_seen = slot->is_seen;
        return true;
    }
    return false;
}

/* ---- samples ---- */

static struct condition_view
view_of(const struct latch_round *round, const struct latch_slot *slot, size_t index)
{
    struct condition_view view = round->view;
    memory_see(slot ? slot->memory : NULL, index, &view);
    return view;
}

static enum truth
ask(const struct latch *latch, const struct latch_round *round,
    const struct latch_slot *slot, const struct row *row, size_t index)
{
    if (!slot || !slot->memory)
        return condition_evaluate(latch->plan.conditions[index], row, &round->view);
    struct condition_view view = view_of(round, slot, index);
    return condition_evaluate(latch->plan.conditions[index], row, &view);
}

/* Asks `when` of all levels; false: nothing is true. */
static bool
ask_when(const struct latch *latch, const struct latch_round *round,
         const struct latch_slot *slot, const struct row *row,
         struct latch_input *input)
{
    bool is_true = false;
    for (uint32_t i = 0; i < latch->terms.level_count; i++) {
        input->when[i] = ask(latch, round, slot, row, 2 * (size_t)i);
        is_true |= input->when[i] == TRUTH_TRUE;
    }
    return is_true;
}

/* A clear that cannot change anything is not asked: most rows are calm. */
static void
ask_clear(const struct latch *latch, const struct latch_round *round,
          const struct latch_slot *slot, const struct row *row,
          struct latch_input *input)
{
    const struct latch_state *state = state_of(slot);
    for (uint32_t i = 0; i < latch->terms.level_count; i++) {
        bool matters = latch->terms.has_clear[i] && input->when[i] != TRUTH_TRUE &&
                       state->levels[i].phase >= PHASE_RAISED;
        input->clear[i] =
            matters ? ask(latch, round, slot, row, 2 * (size_t)i + 1) : TRUTH_UNKNOWN;
    }
}

/* The condition that made it so: of a rise the worst that is true, of a fall that of
 * the level that was left. Its number in the plan. */
static size_t
deciding(const struct latch *latch, const struct latch_outcome *outcome,
         const struct latch_input *input)
{
    uint32_t left = outcome->was - 1;
    if (outcome->was && outcome->level <= outcome->was)
        return 2 * (size_t)left + (latch->terms.has_clear[left] ? 1 : 0);
    for (uint32_t i = outcome->level - 1; i < latch->terms.level_count; i++)
        if (input->when[i] == TRUTH_TRUE)
            return 2 * (size_t)i;
    return 2 * (size_t)(outcome->level - 1);
}

static bool
hand_over(const struct latch *latch, const struct latch_round *round,
          const struct latch_slot *slot, const struct latch_input *input,
          const struct latch_outcome *outcome, const struct key *key,
          const struct row *row)
{
    size_t index = deciding(latch, outcome, input);
    struct condition_view view = view_of(round, slot, index);
    struct latch_transition transition = {
        .outcome = *outcome,
        .center = round->center,
        .key = key,
        .row = row,
        .decided = input->is_gone || input->end ? NULL : latch->plan.conditions[index],
        .view = &view,
    };
    return round->on_move(round->arg, &transition);
}

/* A hold has to know when its last sample was: that is saved anew each third of the
 * time after which it would begin anew. */
static bool
is_worth_saving(const struct latch *latch, const struct latch_slot *slot,
                const struct latch_state *state)
{
    if (!latch_state_is_same(state_of(slot), state))
        return true;
    return slot->life && latch_state_is_pending(state) &&
           state->sample_ms - slot->life->saved_ms >= latch->terms.stale_after_ms / 3;
}

static void
save(const struct latch_round *round, const struct key *key, struct latch_slot *slot)
{
    struct buf text = {0};
    if (slot->life) {
        latch_state_write(&slot->life->state, &text);
        slot->life->saved_ms = slot->life->state.sample_ms;
    }
    round->on_state(round->arg, round->center, key, text.data ? text.data : "");
    buf_fini(&text);
}

/* What has been asked is decided, told and kept. A key that has no slot yet gets one
 * when there is something to keep of it. */
static void
decide(struct latch *latch, struct latch_round *round, struct latch_slot *slot,
       const struct latch_input *input, const struct key *key, const struct row *row)
{
    struct latch_state state = *state_of(slot);
    struct latch_outcome outcome = latch_step(&latch->terms, input, &state);
    round->usable += outcome.is_usable;
    if (outcome.move != LATCH_STAY &&
        !hand_over(latch, round, slot, input, &outcome, key, row))
        return;
    if (!slot && latch_state_is_calm(&state))
        return;
    if (!slot)
        slot = find_or_add(latch, round->center, key);
    slot->is_seen = true;
    bool is_news = is_worth_saving(latch, slot, &state);
    set_state(slot, &state);
    if (is_news)
        save(round, key, slot);
    release_idle(latch, slot, input->is_gone);
}

/* What a row that is there is asked; false: it is calm, and stays so. */
static bool
ask_row(const struct latch *latch, struct latch_round *round, struct latch_slot *slot,
        const struct row *row, struct latch_input *input)
{
    if (slot && slot->memory)
        memory_take(&latch->plan, slot->memory, row, &round->view);
    bool is_true = ask_when(latch, round, slot, row, input);
    if (!is_true && !(slot && slot->life)) {
        for (uint32_t i = 0; i < latch->terms.level_count; i++)
            if (input->when[i] != TRUTH_UNKNOWN) {
                round->usable++;
                break;
            }
        return false;
    }
    ask_clear(latch, round, slot, row, input);
    return true;
}

/* The way of nearly all rows: kept free of all that only a move needs. */
static inline void
judge_watched(struct latch *latch, struct latch_round *round, const struct row *row)
{
    struct latch_slot *slot =
        find(latch, round->center, row->cells[1 + latch->query->key]);
    struct latch_input input;
    struct key key;
    if (!slot || !slot->is_watched)
        return;
    round->judged++;
    input.now_ms = round->view.now_ms;
    input.end = round->end;
    input.is_gone = row_is_gone(row->cells);
    if (!input.is_gone) {
        if (latch->plan.is_needed && !slot->memory)
            slot->memory = memory_new(&latch->plan);
        if (!ask_row(latch, round, slot, row, &input))
            return;
    }
    key_of_id(&key, slot->id);
    decide(latch, round, slot, &input, &key, row);
}

void
latch_sample(struct latch *latch, struct latch_round *round,
             const struct message_rows *rows)
{
    size_t width = query_width(rows->query);
    struct row row = message_row(rows, 0);
    for (uint32_t i = 0; i < rows->row_count; i++, row.cells += width)
        judge_watched(latch, round, &row);
}

/* The slot of a key of a list; NULL while nothing is kept of it. */
static struct latch_slot *
slot_of_list(struct latch *latch, uint32_t center, const struct key *key, bool is_gone)
{
    struct latch_slot *slot = find_key(latch, center, key);
    if (slot && slot->is_taken)
        return slot;
    return latch->keeps_all && !is_gone ? find_or_add(latch, center, key) : NULL;
}

void
latch_row(struct latch *latch, struct latch_round *round, const struct row *row)
{
    struct latch_input input = {.now_ms = round->view.now_ms, .end = round->end};
    struct key key;
    key_of_row(&key, latch->query, *row);
    round->judged++;
    input.is_gone = row_is_gone(row->cells);
    struct latch_slot *slot = slot_of_list(latch, round->center, &key, input.is_gone);
    if (slot)
        slot->is_seen = true;
    if (slot && latch->plan.is_needed && !slot->memory && !input.is_gone)
        slot->memory = memory_new(&latch->plan);
    if (input.is_gone || ask_row(latch, round, slot, row, &input))
        decide(latch, round, slot, &input, &key, row);
}

/* ---- what is stale ---- */

static bool
is_stale(const struct latch_slot *slot, uint32_t center, int64_t before_ms)
{
    const struct latch_state *state = state_of(slot);
    return slot->is_taken && slot->life && slot->center == center &&
           (latch_state_level(state) || latch_state_is_pending(state)) &&
           state->sample_ms <= before_ms;
}

void
latch_end_stale(struct latch *latch, struct latch_round *round, int64_t before_ms)
{
    struct latch_input input = {
        .now_ms = round->view.now_ms, .end = round->end, .is_gone = true};
    struct key key;
    /* Releasing a slot moves others up, into places that were passed or to this one. */
    for (size_t at = 0; at < latch->slot_room;) {
        struct latch_slot *slot = &latch->slots[at];
        if (!is_stale(slot, round->center, before_ms)) {
            at++;
            continue;
        }
        key_of_slot(latch, slot, &key);
        struct block gone;
        block_init(&gone, latch->query);
        key_add_row(&gone, &key, ROW_GONE);
        struct row row = block_at(&gone, 0);
        decide(latch, round, slot, &input, &key, &row);
        block_fini(&gone);
        at += is_stale(slot, round->center, before_ms); /* could not be handed over */
    }
}
