#include "script/latch_inside.h"

/* Of a list a key is kept only while there is something to know of it. */
static void
release_idle(struct latch *latch, struct latch_slot *slot, bool is_gone)
{
    if (latch->is_list && !slot->life && (!latch->keeps_all || is_gone))
        latch_release(latch, slot);
}

/* ---- samples ---- */

static struct condition_view
view_of(const struct latch *latch, const struct latch_round *round,
        const struct latch_slot *slot, size_t index)
{
    struct condition_view view = round->view;
    memory_see(latch_memory(latch, slot), index, &view);
    return view;
}

static enum truth
ask(const struct latch *latch, const struct latch_round *round,
    const struct latch_slot *slot, const struct row *row, size_t index)
{
    if (!slot || !latch->memories)
        return condition_evaluate(latch->plan.conditions[index], row, &round->view);
    struct condition_view view = view_of(latch, round, slot, index);
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
    const struct latch_state *state = latch_state_of(slot);
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
    struct condition_view view = view_of(latch, round, slot, index);
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
    if (!latch_state_is_same(latch_state_of(slot), state))
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

static bool
is_full(const struct latch_round *round)
{
    return round->open_most && round->open >= round->open_most;
}

/* Before its state is set, with which what is known of it may go. */
static void
count_waiting(struct latch *latch, const struct latch_slot *slot, bool is_waiting)
{
    bool was_waiting = slot->life && slot->life->is_waiting;
    latch->waiting += (size_t)is_waiting - (size_t)was_waiting;
}

/* What has been asked is decided, told and kept. A key that has no slot yet gets one
 * when there is something to keep of it. */
static void
decide(struct latch *latch, struct latch_round *round, struct latch_slot *slot,
       const struct latch_input *input, const struct key *key, const struct row *row)
{
    struct latch_state state = *latch_state_of(slot);
    struct latch_outcome outcome = latch_step(&latch->terms, input, &state);
    round->usable += outcome.is_usable;
    if (outcome.move != LATCH_STAY &&
        !hand_over(latch, round, slot, input, &outcome, key, row))
        return;
    round->open += (outcome.move == LATCH_RAISE) - (outcome.move == LATCH_CLEAR);
    if (!slot && latch_state_is_calm(&state))
        return;
    if (!slot)
        slot = latch_find_or_add(latch, round->center, key);
    slot->is_seen = true;
    bool is_news = is_worth_saving(latch, slot, &state);
    count_waiting(latch, slot, outcome.is_waiting);
    latch_set_state(slot, &state);
    if (slot->life)
        slot->life->is_waiting = outcome.is_waiting;
    if (is_news)
        save(round, key, slot);
    release_idle(latch, slot, input->is_gone);
}

/* What a row that is there is asked; false: it is calm, and stays so. */
static bool
ask_row(const struct latch *latch, struct latch_round *round, struct latch_slot *slot,
        const struct row *row, struct latch_input *input)
{
    if (slot && latch->memories)
        memory_take(&latch->plan, latch_memory(latch, slot), row, &round->view);
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
        latch_find_row(latch, round->center, row->cells[1 + latch->query->key]);
    struct latch_input input;
    struct key key;
    if (!slot || !slot->is_watched)
        return;
    round->judged++;
    input.now_ms = round->view.now_ms;
    input.end = round->end;
    input.is_full = is_full(round);
    input.is_gone = row_is_gone(row->cells);
    if (!input.is_gone && !ask_row(latch, round, slot, row, &input))
        return;
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
    return latch->keeps_all && !is_gone ? latch_find_or_add(latch, center, key)
                                        : latch_find(latch, center, key);
}

void
latch_row(struct latch *latch, struct latch_round *round, const struct row *row)
{
    struct latch_input input = {
        .now_ms = round->view.now_ms, .end = round->end, .is_full = is_full(round)};
    struct key key;
    key_of_row(&key, latch->query, *row);
    round->judged++;
    input.is_gone = row_is_gone(row->cells);
    struct latch_slot *slot = slot_of_list(latch, round->center, &key, input.is_gone);
    if (slot)
        slot->is_seen = true;
    if (input.is_gone || ask_row(latch, round, slot, row, &input))
        decide(latch, round, slot, &input, &key, row);
}

/* ---- what is stale ---- */

static bool
is_stale(const struct latch_slot *slot, uint32_t center, int64_t before_ms)
{
    const struct latch_state *state = latch_state_of(slot);
    return slot->life && slot->center == center &&
           (latch_state_level(state) || latch_state_is_pending(state)) &&
           state->sample_ms <= before_ms;
}

void
latch_end_stale(struct latch *latch, struct latch_round *round, int64_t before_ms)
{
    struct latch_input input = {
        .now_ms = round->view.now_ms, .end = round->end, .is_gone = true};
    struct key key;
    /* Releasing a slot moves the last one to its place, whose turn it is then. */
    for (size_t at = 0; at < latch->slot_count;) {
        struct latch_slot *slot = &latch->slots[at];
        if (!is_stale(slot, round->center, before_ms)) {
            at++;
            continue;
        }
        size_t count = latch->slot_count;
        latch_key_of_slot(latch, slot, &key);
        struct block gone;
        block_init(&gone, latch->query);
        key_add_row(&gone, &key, ROW_GONE);
        struct row row = block_at(&gone, 0);
        decide(latch, round, slot, &input, &key, &row);
        block_fini(&gone);
        at += latch->slot_count == count;
    }
}
