#include "script/latch.h"

#include <stdlib.h>
#include <string.h>

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

/* Small, because a sample looks at one for each row. */
struct latch_slot {
    int64_t id; /* of a text key its hash */
    uint32_t center;
    bool is_taken;
    bool is_watched;
    bool is_raised;
    bool is_seen;
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
latch_init(struct latch *latch, const struct condition *when,
           const struct condition *clear)
{
    const struct query *query = when->query;
    *latch = (struct latch){.when = when, .clear = clear, .is_list = query->is_list};
    latch->is_text = query->fields[query->key].kind == FIELD_TEXT;
}

void
latch_fini(struct latch *latch)
{
    for (size_t i = 0; latch->texts && i < latch->slot_room; i++)
        free(latch->texts[i]);
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

void
latch_set(struct latch *latch, uint32_t center, const struct key *key, bool raised)
{
    if (raised || !latch->is_list) {
        find_or_add(latch, center, key)->is_raised = raised;
        return;
    }
    struct latch_slot *slot = find_key(latch, center, key);
    if (slot && slot->is_taken)
        release(latch, slot);
}

bool
latch_is_raised(const struct latch *latch, uint32_t center, const struct key *key)
{
    const struct latch_slot *slot = find_key(latch, center, key);
    return slot && slot->is_raised;
}

bool
latch_next(const struct latch *latch, uint32_t center, size_t *at,
           struct latch_raised *raised)
{
    while (*at < latch->slot_room) {
        const struct latch_slot *slot = &latch->slots[(*at)++];
        if (!slot->is_raised || slot->center != center)
            continue;
        key_of_id(&raised->key, slot->id);
        if (latch->texts)
            key_of_text(&raised->key, latch->when->query, latch->texts[*at - 1]);
        raised->is_seen = slot->is_seen;
        return true;
    }
    return false;
}

/* ---- samples ---- */

static enum truth
judge_clear(const struct latch *latch, enum truth when, const struct row *row,
            condition_caller *caller, void *arg)
{
    if (latch->clear)
        return condition_evaluate(latch->clear, row, caller, arg);
    return when == TRUTH_FALSE ? TRUTH_TRUE : TRUTH_UNKNOWN;
}

static enum latch_move
judge_row(const struct latch *latch, bool raised, const struct row *row,
          condition_caller *caller, void *arg)
{
    if (row_is_gone(row->cells))
        return latch_judge(raised, true, TRUTH_UNKNOWN, TRUTH_UNKNOWN);
    enum truth when = condition_evaluate(latch->when, row, caller, arg);
    /* A clear that cannot change anything is not asked: most rows are calm. */
    enum truth clear = raised && when != TRUTH_TRUE
                           ? judge_clear(latch, when, row, caller, arg)
                           : TRUTH_UNKNOWN;
    return latch_judge(raised, false, when, clear);
}

static const struct condition *
decided(const struct latch *latch, enum latch_move move)
{
    const struct condition *const conditions[] = {
        [LATCH_RAISE] = latch->when,
        [LATCH_CLEAR] = latch->clear ? latch->clear : latch->when,
        [LATCH_GONE] = NULL,
    };
    return conditions[move];
}

/* A row that was not calm. */
static void
move_slot(const struct latch *latch, struct latch_slot *slot, enum latch_move move,
          const struct row *row, latch_on_move *on_move, void *arg)
{
    struct key key;
    key_of_id(&key, slot->id);
    if (on_move(arg, move, slot->center, &key, row, decided(latch, move)))
        slot->is_raised = move == LATCH_RAISE;
}

/* The way of nearly all rows: kept free of all that only a move needs. */
static inline void
judge_watched(const struct latch *latch, uint32_t center, const struct row *row,
              condition_caller *caller, latch_on_move *on_move, void *arg)
{
    struct latch_slot *slot =
        find(latch, center, row->cells[1 + latch->when->query->key]);
    if (!slot || !slot->is_watched)
        return;
    enum latch_move move = judge_row(latch, slot->is_raised, row, caller, arg);
    if (move != LATCH_STAY)
        move_slot(latch, slot, move, row, on_move, arg);
}

void
latch_sample(struct latch *latch, const struct message_rows *rows,
             condition_caller *caller, latch_on_move *on_move, void *arg)
{
    size_t width = query_width(rows->query);
    struct row row = message_row(rows, 0);
    for (uint32_t i = 0; i < rows->row_count; i++, row.cells += width)
        judge_watched(latch, rows->center, &row, caller, on_move, arg);
}

/* The key of a row of a list has a slot only while it is raised. */
void
latch_row(struct latch *latch, uint32_t center, const struct row *row,
          condition_caller *caller, latch_on_move *on_move, void *arg)
{
    struct key key;
    key_of_row(&key, latch->when->query, *row);
    bool raised = latch_is_raised(latch, center, &key);
    enum latch_move move = judge_row(latch, raised, row, caller, arg);
    if (move != LATCH_STAY &&
        on_move(arg, move, center, &key, row, decided(latch, move))) {
        raised = move == LATCH_RAISE;
        latch_set(latch, center, &key, raised);
    }
    if (raised)
        find_key(latch, center, &key)->is_seen = true;
}
