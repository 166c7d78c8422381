#include "script/latch.h"

#include <stdlib.h>

#include "base/mem.h"

/* ---- the state table ---- */

enum { IS_HERE, IS_GONE };
enum { IS_CLEAR, IS_RAISED };

/* What is not written stays. A row that is gone has no conditions: whatever they would
 * be, it is gone. */
static const enum latch_move moves[2][2][3][3] = {
    [IS_CLEAR][IS_HERE][TRUTH_TRUE] = {LATCH_RAISE, LATCH_RAISE, LATCH_RAISE},
    [IS_RAISED][IS_HERE][TRUTH_FALSE][TRUTH_TRUE] = LATCH_CLEAR,
    [IS_RAISED][IS_HERE][TRUTH_UNKNOWN][TRUTH_TRUE] = LATCH_CLEAR,
    [IS_RAISED][IS_GONE] = {{LATCH_GONE, LATCH_GONE, LATCH_GONE},
                            {LATCH_GONE, LATCH_GONE, LATCH_GONE},
                            {LATCH_GONE, LATCH_GONE, LATCH_GONE}},
};

enum latch_move
latch_judge(bool raised, bool gone, enum truth when, enum truth clear)
{
    return moves[raised][gone][when][clear];
}

/* ---- keys ---- */

struct latch_slot {
    int64_t id;
    uint32_t center;
    bool is_taken;
    bool is_watched;
    bool is_raised;
};

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
static struct latch_slot *
find(const struct latch *latch, uint32_t center, int64_t id)
{
    if (latch->slot_room == 0)
        return NULL;
    size_t mask = latch->slot_room - 1;
    size_t at = hash(center, id, latch->slot_room);
    while (latch->slots[at].is_taken &&
           (latch->slots[at].id != id || latch->slots[at].center != center))
        at = (at + 1) & mask;
    return &latch->slots[at];
}

static void
grow(struct latch *latch)
{
    struct latch old = *latch;
    latch->slot_room = old.slot_room ? 2 * old.slot_room : SLOT_ROOM_MIN;
    latch->slots = mem_zero(latch->slot_room * sizeof *latch->slots);
    for (size_t i = 0; i < old.slot_room; i++)
        if (old.slots[i].is_taken)
            *find(latch, old.slots[i].center, old.slots[i].id) = old.slots[i];
    free(old.slots);
}

static struct latch_slot *
find_or_add(struct latch *latch, uint32_t center, int64_t id)
{
    struct latch_slot *slot = find(latch, center, id);
    if (slot && slot->is_taken)
        return slot;
    /* Half of the slots stay free: runs are short, and find() always ends. */
    if (2 * (latch->slot_count + 1) > latch->slot_room) {
        grow(latch);
        slot = find(latch, center, id);
    }
    *slot = (struct latch_slot){.id = id, .center = center, .is_taken = true};
    latch->slot_count++;
    return slot;
}

void
latch_init(struct latch *latch, const struct condition *when,
           const struct condition *clear)
{
    *latch = (struct latch){.when = when, .clear = clear};
}

void
latch_fini(struct latch *latch)
{
    free(latch->slots);
    *latch = (struct latch){0};
}

void
latch_watch(struct latch *latch, uint32_t center, int64_t id)
{
    find_or_add(latch, center, id)->is_watched = true;
}

bool
latch_is_watched(const struct latch *latch, uint32_t center, int64_t id)
{
    const struct latch_slot *slot = find(latch, center, id);
    return slot && slot->is_watched;
}

void
latch_set(struct latch *latch, uint32_t center, int64_t id, bool raised)
{
    find_or_add(latch, center, id)->is_raised = raised;
}

bool
latch_is_raised(const struct latch *latch, uint32_t center, int64_t id)
{
    const struct latch_slot *slot = find(latch, center, id);
    return slot && slot->is_raised;
}

/* ---- samples ---- */

static enum truth
judge_clear(const struct latch *latch, enum truth when, const int64_t *row,
            condition_caller *caller, void *arg)
{
    if (latch->clear)
        return condition_evaluate(latch->clear, row, caller, arg);
    return when == TRUTH_FALSE ? TRUTH_TRUE : TRUTH_UNKNOWN;
}

static enum latch_move
judge_row(const struct latch *latch, bool raised, const int64_t *row,
          condition_caller *caller, void *arg)
{
    if (row_is_gone(row))
        return latch_judge(raised, true, TRUTH_UNKNOWN, TRUTH_UNKNOWN);
    enum truth when = condition_evaluate(latch->when, row, caller, arg);
    /* A clear that cannot change anything is not asked: most rows are calm. */
    enum truth clear = raised && when != TRUTH_TRUE
                           ? judge_clear(latch, when, row, caller, arg)
                           : TRUTH_UNKNOWN;
    return latch_judge(raised, false, when, clear);
}

void
latch_sample(struct latch *latch, uint32_t center, const struct query *query,
             const int64_t *cells, size_t row_count, condition_caller *caller,
             latch_on_move *on_move, void *arg)
{
    const struct condition *const decided[] = {
        [LATCH_RAISE] = latch->when,
        [LATCH_CLEAR] = latch->clear ? latch->clear : latch->when,
        [LATCH_GONE] = NULL,
    };
    size_t width = query_width(query);
    for (size_t i = 0; i < row_count; i++) {
        const int64_t *row = cells + i * width;
        int64_t id = row[1 + query->key];
        struct latch_slot *slot = find(latch, center, id);
        if (!slot || !slot->is_watched)
            continue;
        enum latch_move move = judge_row(latch, slot->is_raised, row, caller, arg);
        if (move != LATCH_STAY && on_move(arg, move, center, id, row, decided[move]))
            slot->is_raised = move == LATCH_RAISE;
    }
}
