#include "poll/slots.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/span.h"

#define QUARTER_MS (SPAN_QUARTER * 1000)
/* Of one request: what is a day old may be forgotten while it is asked for. */
#define SLOTS_MAX (SPAN_DAY - SPAN_QUARTER)

struct slot {
    char *center;
    const struct query *query;
    int64_t id;
    int64_t mark;
};

struct slots {
    struct store *store;
    struct slot *slots; /* in the order of compare() */
    size_t count, room;
};

static int
compare(const struct slot *slot, const char *center, const struct query *query,
        int64_t id)
{
    int order = (slot->id > id) - (slot->id < id);
    if (!order)
        order = query_number(slot->query) - query_number(query);
    return order ? order : strcmp(slot->center, center);
}

/* Where the slot of an id is, or would be. */
static size_t
find_place(const struct slots *slots, const char *center, const struct query *query,
           int64_t id, bool *is_there)
{
    size_t low = 0, high = slots->count;
    *is_there = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(&slots->slots[middle], center, query, id);
        if (!order)
            *is_there = true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void
set_mark(struct slots *slots, const char *center, const struct query *query, int64_t id,
         int64_t mark)
{
    bool is_there;
    size_t at = find_place(slots, center, query, id, &is_there);
    if (is_there) {
        slots->slots[at].mark = mark;
        return;
    }
    if (slots->count == slots->room) {
        slots->room = slots->room ? 2 * slots->room : 16;
        slots->slots = mem_grow(slots->slots, slots->room, sizeof *slots->slots);
    }
    struct slot *slot = &slots->slots[at];
    memmove(slot + 1, slot, (slots->count++ - at) * sizeof *slot);
    *slot = (struct slot){mem_text(center), query, id, mark};
}

static void
on_slot(void *arg, const struct slot_record *record)
{
    const struct query *query = query_find(record->query);
    if (query) /* an older program knew another one */
        set_mark(arg, record->center, query, record->argument, record->until);
}

struct slots *
slots_new(struct store *store)
{
    struct slots *slots = mem_zero(sizeof *slots);
    slots->store = store;
    if (store)
        store_each_slot(store, on_slot, slots);
    return slots;
}

void
slots_delete(struct slots *slots)
{
    if (!slots)
        return;
    for (size_t i = 0; i < slots->count; i++)
        free(slots->slots[i].center);
    free(slots->slots);
    free(slots);
}

int64_t
slots_mark(const struct slots *slots, const char *center, const struct query *query,
           int64_t id)
{
    bool is_there;
    size_t at = find_place(slots, center, query, id, &is_there);
    return is_there ? slots->slots[at].mark : 0;
}

void
slots_advance(struct slots *slots, const char *center, const struct query *query,
              int64_t id, const struct query_span *span)
{
    set_mark(slots, center, query, id, span->end);
    if (!slots->store)
        return;
    struct slot_record record = {(char *)(uintptr_t)center,
                                 (char *)(uintptr_t)query->name, id, span->begin};
    struct txn *txn = txn_new();
    txn_put_slot(txn, &record);
    store_commit(slots->store, txn, NULL, NULL);
}

/* ---- time ---- */

/* `last_ms` in whole quarters, within what may be asked. */
static int64_t
first_length(int64_t last_ms)
{
    int64_t length = last_ms / QUARTER_MS * SPAN_QUARTER;
    if (length < SPAN_QUARTER)
        return SPAN_QUARTER;
    return length < SLOTS_MAX ? length : SLOTS_MAX;
}

bool
slots_due(int64_t mark, int64_t last_ms, int64_t phase_ms, int64_t now_ms,
          struct query_span *span)
{
    span->type = OPERATION_ANY;
    span_last(span, SPAN_QUARTER, (now_ms - phase_ms) / 1000);
    int64_t end = span->end, begin = mark - mark % SPAN_QUARTER;
    if (!mark || mark > end + SPAN_QUARTER)
        begin = end - first_length(last_ms);
    if (begin < end - SLOTS_MAX)
        begin = end - SLOTS_MAX;
    return begin < end && !span_between(span, begin, end, now_ms / 1000);
}

int64_t
slots_wait_ms(int64_t phase_ms, int64_t now_ms)
{
    int64_t past = (now_ms - phase_ms - SPAN_CLOSING * 1000) % QUARTER_MS;
    return QUARTER_MS - past;
}
