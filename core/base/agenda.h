/* What is due when, on a clock that is moved by hand: the timers of a held loop
 * (base/loop.h). Entries come out by time; of those with one time, in the order in
 * which they were put in. */
#ifndef CCGATE_BASE_AGENDA_H
#define CCGATE_BASE_AGENDA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Part of its owner, zeroed before its first use. */
struct agenda_entry {
    int64_t due_ms;
    uint64_t order; /* the number of its putting in */
    size_t place;   /* 1 + where it is in the heap; 0: nowhere */
};

/* Zeroed it is empty. Entries are borrowed. */
struct agenda {
    struct agenda_entry **heap;
    size_t count, room;
    uint64_t orders; /* the number of the last putting in */
};

void agenda_fini(struct agenda *agenda);

/* One that is in it is moved. */
void agenda_put(struct agenda *agenda, struct agenda_entry *entry, int64_t due_ms);
/* One that is not in it is left alone. */
void agenda_remove(struct agenda *agenda, struct agenda_entry *entry);
/* The next one, which stays; NULL when there is none. */
struct agenda_entry *agenda_first(const struct agenda *agenda);

#endif
