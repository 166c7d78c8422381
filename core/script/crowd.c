#include "script/crowd.h"

#include <stdlib.h>

#include "base/mem.h"

#define ROOM_MIN ((size_t)16) /* a power of two */

struct crowd_place {
    int64_t id;
    uint32_t center;
    uint32_t answers; /* that it is in */
    bool is_taken;
};

void
crowd_fini(struct crowd *crowd)
{
    free(crowd->places);
    *crowd = (struct crowd){0};
}

/* The place of the id, or the free one where it would go. */
static struct crowd_place *
find(const struct crowd *crowd, uint32_t center, int64_t id)
{
    size_t mask = crowd->room - 1;
    uint64_t mixed = ((uint64_t)id ^ (uint64_t)center << 40) * 0x9e3779b97f4a7c15u;
    size_t at = (size_t)(mixed >> (64 - __builtin_ctzl(crowd->room)));
    while (crowd->places[at].is_taken &&
           (crowd->places[at].id != id || crowd->places[at].center != center))
        at = (at + 1) & mask;
    return &crowd->places[at];
}

/* Those who have left for good lose their places. Half of the places stay free. */
static void
make_room(struct crowd *crowd)
{
    struct crowd old = *crowd;
    size_t here = 0;
    if (2 * (old.count + 1) <= old.room)
        return;
    for (size_t i = 0; i < old.room; i++)
        here += old.places[i].answers != 0;
    *crowd = (struct crowd){.room = ROOM_MIN};
    while (crowd->room < 4 * (here + 1))
        crowd->room *= 2;
    crowd->places = mem_zero(crowd->room * sizeof *crowd->places);
    for (size_t i = 0; i < old.room; i++)
        if (old.places[i].answers) {
            *find(crowd, old.places[i].center, old.places[i].id) = old.places[i];
            crowd->count++;
        }
    free(old.places);
}

void
crowd_enter(struct crowd *crowd, uint32_t center, int64_t id)
{
    make_room(crowd);
    struct crowd_place *place = find(crowd, center, id);
    if (!place->is_taken) {
        *place = (struct crowd_place){.id = id, .center = center, .is_taken = true};
        crowd->count++;
    }
    place->answers++;
}

void
crowd_leave(struct crowd *crowd, uint32_t center, int64_t id)
{
    struct crowd_place *place = crowd->room ? find(crowd, center, id) : NULL;
    if (place && place->answers)
        place->answers--;
}

bool
crowd_has(const struct crowd *crowd, uint32_t center, int64_t id)
{
    return crowd->room && find(crowd, center, id)->answers;
}
