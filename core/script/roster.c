#include "script/roster.h"

#include <stdlib.h>

#include "base/mem.h"

struct roster_post {
    int64_t id;
    const struct query *query;
    uint32_t center;
    uint32_t first;                /* 1 + index of its first duty */
    struct attendance *attendance; /* of a list; owned */
};

struct roster_duty {
    uint32_t entry;
    uint32_t next; /* 1 + index, 0 at the end */
};

static bool
is_same(const struct roster_post *post, const struct roster_post *wanted)
{
    return post->id == wanted->id && post->center == wanted->center &&
           post->query == wanted->query;
}

static bool
is_wanted(const void *posts, uint32_t number, const void *wanted)
{
    return is_same((const struct roster_post *)posts + number, wanted);
}

/* NULL: nobody watches the row. */
static struct roster_post *
find(struct roster *roster, uint32_t center, const struct query *query, int64_t id)
{
    const struct roster_post wanted = {.id = id, .query = query, .center = center};
    uint32_t number = (uint32_t)roster->near;
    if (number >= roster->post_count || !is_same(&roster->posts[number], &wanted))
        number = finder_find(&roster->finder, finder_hash(center, id), is_wanted,
                             roster->posts, &wanted);
    if (number == FINDER_NONE)
        return NULL;
    roster->near = (size_t)number + 1;
    return &roster->posts[number];
}

static struct roster_post *
add_post(struct roster *roster, uint32_t center, const struct query *query, int64_t id)
{
    if (roster->post_count == roster->post_room) {
        roster->post_room = roster->post_room ? 2 * roster->post_room : 16;
        roster->posts =
            mem_grow(roster->posts, roster->post_room, sizeof *roster->posts);
    }
    struct roster_post *post = &roster->posts[roster->post_count];
    *post = (struct roster_post){.id = id, .query = query, .center = center};
    if (query->is_list)
        post->attendance = mem_zero(sizeof *post->attendance);
    finder_add(&roster->finder, finder_hash(center, id), (uint32_t)roster->post_count);
    roster->post_count++;
    return post;
}

void
roster_fini(struct roster *roster)
{
    for (size_t i = 0; i < roster->post_count; i++) {
        struct attendance *attendance = roster->posts[i].attendance;
        if (attendance)
            attendance_fini(attendance);
        free(attendance);
    }
    finder_fini(&roster->finder);
    free(roster->posts);
    free(roster->duties);
    *roster = (struct roster){0};
}

void
roster_add(struct roster *roster, uint32_t center, const struct query *query,
           int64_t id, uint32_t entry)
{
    struct roster_post *post = find(roster, center, query, id);
    if (!post)
        post = add_post(roster, center, query, id);
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
roster_attendance(struct roster *roster, uint32_t center, const struct query *query,
                  int64_t id)
{
    const struct roster_post *post = find(roster, center, query, id);
    return post ? post->attendance : NULL;
}

uint32_t
roster_next(struct roster *roster, uint32_t center, const struct query *query,
            int64_t id, size_t *at)
{
    size_t next = 0;
    if (*at) {
        next = roster->duties[*at - 1].next;
    } else {
        const struct roster_post *post = find(roster, center, query, id);
        next = post ? post->first : 0;
    }
    *at = next;
    return next ? roster->duties[next - 1].entry : ROSTER_END;
}
