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

struct latch_slot {
    int64_t id;
    char *text; /* of a text key, whose hash the id is; owned */
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

static bool
is_slot_of(const struct latch_slot *slot, uint32_t center, int64_t id, const char *text)
{
    return slot->id == id && slot->center == center &&
           (!text || strcmp(slot->text, text) == 0);
}

/* The slot of the key, or the free one where it would go; NULL while there are none.
 * All keys of a latch have a text, or none has. */
static struct latch_slot *
find_text(const struct latch *latch, uint32_t center, int64_t id, const char *text)
{
    if (latch->slot_room == 0)
        return NULL;
    size_t mask = latch->slot_room - 1;
    size_t at = hash(center, id, latch->slot_room);
    while (latch->slots[at].is_taken &&
           !is_slot_of(&latch->slots[at], center, id, text))
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
    for (size_t i = 0; i < old.slot_room; i++) {
        const struct latch_slot *slot = &old.slots[i];
        if (slot->is_taken)
            *find_text(latch, slot->center, slot->id, slot->text) = *slot;
    }
    free(old.slots);
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
    if (key->is_text)
        slot->text = mem_text(key->text);
    latch->slot_count++;
    return slot;
}

/* What lies behind it in its run moves up, unless it is where it belongs. */
static void
release(struct latch *latch, struct latch_slot *slot)
{
    size_t mask = latch->slot_room - 1, hole = (size_t)(slot - latch->slots);
    free(slot->text);
    for (size_t at = (hole + 1) & mask; latch->slots[at].is_taken;
         at = (at + 1) & mask) {
        const struct latch_slot *next = &latch->slots[at];
        size_t home = hash(next->center, next->id, latch->slot_room);
        if (((at - home) & mask) < ((at - hole) & mask))
            continue;
        latch->slots[hole] = *next;
        hole = at;
    }
    latch->slots[hole] = (struct latch_slot){0};
    latch->slot_count--;
}

void
latch_init(struct latch *latch, const struct condition *when,
           const struct condition *clear)
{
    *latch =
        (struct latch){.when = when, .clear = clear, .is_list = when->query->is_list};
}

void
latch_fini(struct latch *latch)
{
    for (size_t i = 0; i < latch->slot_room; i++)
        free(latch->slots[i].text);
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
        if (slot->text)
            key_of_text(&raised->key, latch->when->query, slot->text);
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

/* The key of a row of a list has a slot only while it is raised. */
static void
judge_listed(struct latch *latch, uint32_t center, const struct row *row,
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

void
latch_row(struct latch *latch, uint32_t center, const struct row *row,
          condition_caller *caller, latch_on_move *on_move, void *arg)
{
    if (latch->is_list) {
        judge_listed(latch, center, row, caller, on_move, arg);
        return;
    }
    struct key key;
    key_of_id(&key, row->cells[1 + latch->when->query->key]);
    struct latch_slot *slot = find(latch, center, key.id);
    if (!slot || !slot->is_watched)
        return;
    enum latch_move move = judge_row(latch, slot->is_raised, row, caller, arg);
    if (move != LATCH_STAY &&
        on_move(arg, move, center, &key, row, decided(latch, move)))
        slot->is_raised = move == LATCH_RAISE;
}

void
latch_sample(struct latch *latch, const struct message_rows *rows,
             condition_caller *caller, latch_on_move *on_move, void *arg)
{
    for (uint32_t i = 0; i < rows->row_count; i++) {
        struct row row = message_row(rows, i);
        latch_row(latch, rows->center, &row, caller, on_move, arg);
    }
}
