#include "script/roster.h"

#include <stdlib.h>

#include "base/mem.h"

struct roster_post {
    const struct query *query;
    uint32_t center;
    uint32_t first; /* 1 + index of its first duty */
    uint32_t run;   /* so many posts behind it differ in their id alone */
    struct attendance *attendance; /* of a list; owned */
};

struct wanted {
    int64_t id;
    const struct query *query;
    uint32_t center;
};

struct roster_duty {
    uint32_t entry;
    uint32_t next; /* 1 + index, 0 at the end */
};

static bool
is_wanted(const void *items, uint32_t number, const void *arg)
{
    const struct roster *roster = items;
    const struct wanted *wanted = arg;
    const struct roster_post *post = &roster->posts[number];
    return roster->ids[number] == wanted->id && post->center == wanted->center &&
           post->query == wanted->query;
}

/* NULL: nobody watches the row. */
static struct roster_post *
find(struct roster *roster, uint32_t center, const struct query *query, int64_t id)
{
    const struct wanted wanted = {id, query, center};
    uint32_t number = (uint32_t)roster->near;
    if (number >= roster->post_count || !is_wanted(roster, number, &wanted))
        number = finder_find(&roster->finder, finder_hash(center, id), is_wanted,
                             roster, &wanted);
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
        roster->ids = mem_grow(roster->ids, roster->post_room, sizeof *roster->ids);
    }
    struct roster_post *post = &roster->posts[roster->post_count];
    *post = (struct roster_post){.query = query, .center = center};
    roster->ids[roster->post_count] = id;
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
    free(roster->ids);
    free(roster->duties);
    *roster = (struct roster){0};
}

void
roster_add(struct roster *roster, uint32_t center, const struct query *query,
           int64_t id, uint32_t entry)
{
    roster->has_runs = false;
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

/* ---- rows that the same entries watch ---- */

static bool
has_same_duties(const struct roster *roster, uint32_t a, uint32_t b)
{
    while (a && b && roster->duties[a - 1].entry == roster->duties[b - 1].entry) {
        a = roster->duties[a - 1].next;
        b = roster->duties[b - 1].next;
    }
    return !a && !b;
}

static void
find_runs(struct roster *roster)
{
    for (size_t i = roster->post_count; i-- > 0;) {
        struct roster_post *post = &roster->posts[i];
        const struct roster_post *behind = post + 1;
        bool goes_on = i + 1 < roster->post_count && post->query == behind->query &&
                       post->center == behind->center &&
                       has_same_duties(roster, post->first, behind->first);
        post->run = goes_on ? behind->run + 1 : 0;
    }
    roster->has_runs = true;
}

size_t
roster_alike(struct roster *roster, const struct message_rows *rows, size_t row)
{
    size_t key = 1 + rows->query->key, count = 0;
    const struct wanted asked = {message_row(rows, row).cells[key], rows->query,
                                 rows->center};
    if (roster->near == 0 || !is_wanted(roster, (uint32_t)roster->near - 1, &asked))
        return 0; /* nobody watches it */
    if (!roster->has_runs)
        find_runs(roster);
    size_t most = roster->posts[roster->near - 1].run;
    if (most > rows->row_count - row - 1)
        most = rows->row_count - row - 1;
    const int64_t *ids = &roster->ids[roster->near];
    while (count < most && message_row(rows, row + 1 + count).cells[key] == ids[count])
        count++;
    roster->near += count;
    return count;
}
