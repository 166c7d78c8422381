#include "script/roster.h"

#include <stdlib.h>

#include "base/mem.h"

#define POST_ROOM_MIN 16 /* a power of two */

struct roster_post {
    int64_t id;
    const struct query *query; /* NULL: free */
    uint32_t center;
    uint32_t first;                /* 1 + index of its first duty */
    struct attendance *attendance; /* of a list; owned */
};

struct roster_duty {
    uint32_t entry;
    uint32_t next; /* 1 + index, 0 at the end */
};

/* The high bits of the product: neighbouring ids lie far apart, so that runs stay short
 * and the search for an id that nobody watches ends soon. */
static size_t
hash(uint32_t center, int64_t id, size_t room)
{
    uint64_t mixed = ((uint64_t)id ^ (uint64_t)center << 40) * 0x9e3779b97f4a7c15u;
    return (size_t)(mixed >> (64 - __builtin_ctzl(room)));
}

/* The post of the row, or the free one where it would go. */
static struct roster_post *
find(const struct roster *roster, uint32_t center, const struct query *query,
     int64_t id)
{
    size_t mask = roster->post_room - 1, at = hash(center, id, roster->post_room);
    while (roster->posts[at].query &&
           (roster->posts[at].id != id || roster->posts[at].center != center ||
            roster->posts[at].query != query))
        at = (at + 1) & mask;
    return &roster->posts[at];
}

static void
grow(struct roster *roster)
{
    struct roster old = *roster;
    roster->post_room = old.post_room ? 2 * old.post_room : POST_ROOM_MIN;
    roster->posts = mem_zero(roster->post_room * sizeof *roster->posts);
    for (size_t i = 0; i < old.post_room; i++) {
        const struct roster_post *post = &old.posts[i];
        if (post->query)
            *find(roster, post->center, post->query, post->id) = *post;
    }
    free(old.posts);
}

void
roster_fini(struct roster *roster)
{
    for (size_t i = 0; i < roster->post_room; i++) {
        struct attendance *attendance = roster->posts[i].attendance;
        if (attendance)
            attendance_fini(attendance);
        free(attendance);
    }
    free(roster->posts);
    free(roster->duties);
    *roster = (struct roster){0};
}

void
roster_add(struct roster *roster, uint32_t center, const struct query *query,
           int64_t id, uint32_t entry)
{
    if (2 * (roster->post_count + 1) > roster->post_room)
        grow(roster);
    struct roster_post *post = find(roster, center, query, id);
    if (!post->query) {
        *post = (struct roster_post){.id = id, .query = query, .center = center};
        if (query->is_list)
            post->attendance = mem_zero(sizeof *post->attendance);
        roster->post_count++;
    }
    /* Room grows by doubling: at powers of two. */
    size_t count = roster->duty_count;
    if ((count & (count - 1)) == 0)
        roster->duties =
            mem_grow(roster->duties, count ? 2 * count : 1, sizeof *roster->duties);
    roster->duties[count] = (struct roster_duty){.entry = entry, .next = post->first};
    roster->duty_count++;
    post->first = (uint32_t)roster->duty_count;
}

struct attendance *
roster_attendance(const struct roster *roster, uint32_t center,
                  const struct query *query, int64_t id)
{
    return roster->post_room ? find(roster, center, query, id)->attendance : NULL;
}

void
roster_expect(const struct roster *roster, uint32_t center, int64_t id)
{
    if (roster->post_room)
        __builtin_prefetch(&roster->posts[hash(center, id, roster->post_room)]);
}

uint32_t
roster_next(const struct roster *roster, uint32_t center, const struct query *query,
            int64_t id, size_t *at)
{
    size_t next = 0;
    if (*at)
        next = roster->duties[*at - 1].next;
    else if (roster->post_room)
        next = find(roster, center, query, id)->first;
    *at = next;
    return next ? roster->duties[next - 1].entry : ROSTER_END;
}
