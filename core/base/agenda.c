#include "base/agenda.h"

#include <stdlib.h>

#include "base/mem.h"

static bool
is_before(const struct agenda_entry *a, const struct agenda_entry *b)
{
    return a->due_ms < b->due_ms || (a->due_ms == b->due_ms && a->order < b->order);
}

static void
set(struct agenda *agenda, size_t index, struct agenda_entry *entry)
{
    agenda->heap[index] = entry;
    entry->place = index + 1;
}

/* Moves `entry` from `index` towards the first place, as far as it belongs. */
static void
rise(struct agenda *agenda, size_t index, struct agenda_entry *entry)
{
    while (index > 0 && is_before(entry, agenda->heap[(index - 1) / 2])) {
        set(agenda, index, agenda->heap[(index - 1) / 2]);
        index = (index - 1) / 2;
    }
    set(agenda, index, entry);
}

/* Towards the end. */
static void
sink(struct agenda *agenda, size_t index, struct agenda_entry *entry)
{
    for (size_t child; (child = 2 * index + 1) < agenda->count; index = child) {
        if (child + 1 < agenda->count &&
            is_before(agenda->heap[child + 1], agenda->heap[child]))
            child++;
        if (is_before(entry, agenda->heap[child]))
            break;
        set(agenda, index, agenda->heap[child]);
    }
    set(agenda, index, entry);
}

void
agenda_fini(struct agenda *agenda)
{
    free(agenda->heap);
    *agenda = (struct agenda){0};
}

void
agenda_remove(struct agenda *agenda, struct agenda_entry *entry)
{
    if (!entry->place)
        return;
    size_t index = entry->place - 1;
    struct agenda_entry *last = agenda->heap[--agenda->count];
    entry->place = 0;
    if (last == entry)
        return;
    sink(agenda, index, last);
    rise(agenda, last->place - 1, last);
}

void
agenda_put(struct agenda *agenda, struct agenda_entry *entry, int64_t due_ms)
{
    agenda_remove(agenda, entry);
    if (agenda->count == agenda->room) {
        agenda->room = agenda->room ? 2 * agenda->room : 16;
        agenda->heap = mem_grow(agenda->heap, agenda->room, sizeof *agenda->heap);
    }
    entry->due_ms = due_ms;
    entry->order = ++agenda->orders;
    rise(agenda, agenda->count++, entry);
}

struct agenda_entry *
agenda_first(const struct agenda *agenda)
{
    return agenda->count ? agenda->heap[0] : NULL;
}
