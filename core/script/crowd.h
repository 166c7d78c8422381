/* A crowd: in how many of the newest answers of its requests an id is, for the rules
 * over lists (scope.h), so that looking for one costs the same however many requests
 * there are. */
#ifndef CCGATE_SCRIPT_CROWD_H
#define CCGATE_SCRIPT_CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct crowd_place;

/* A zeroed struct is an empty crowd. */
struct crowd {
    struct crowd_place *places; /* open addressing over (center, id); owned */
    size_t room, count;         /* places that are taken, by ids that have left, too */
};

void crowd_fini(struct crowd *crowd);

/* The id is in one answer more, in one less. */
void crowd_enter(struct crowd *crowd, uint32_t center, int64_t id);
void crowd_leave(struct crowd *crowd, uint32_t center, int64_t id);

/* It is in some. */
bool crowd_has(const struct crowd *crowd, uint32_t center, int64_t id);

#endif
