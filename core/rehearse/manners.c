#include "rehearse/manners.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Of one of them; those to come are next[taken] to next[count - 1]. */
struct habit {
    char *who; /* NULL: of all that have none of their own */
    struct manner *always, *next;
    size_t taken, count;
    struct habit *following;
};

struct manners {
    struct habit *habits;
};

/* ---- one answer ---- */

static bool
read_reply(const struct rehearsal_reply *reply, struct manner *manner,
           struct error *error)
{
    enum error_kind kind = reply->word ? error_kind_of(reply->word) : ERROR_NONE;
    if (reply->word && kind == ERROR_NONE) {
        error_set(error, ERROR_LIMIT, "",
                  "no kind of failure '%.60s'; there are network, timeout and tls",
                  reply->word);
        return false;
    }
    *manner = (struct manner){.status = reply->word ? 0 : reply->status,
                              .body = mem_text(reply->body)};
    if (reply->word)
        error_set(&manner->failure, kind, "", "%s, as the test wants it", reply->word);
    return true;
}

static void
free_manners(struct manner *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(list[i].body);
    free(list);
}

/* NULL with `error`. */
static struct manner *
read_replies(const struct rehearsal_reply *replies, size_t count, struct error *error)
{
    struct manner *list = mem_zero((count + 1) * sizeof *list);
    for (size_t i = 0; i < count; i++)
        if (!read_reply(&replies[i], &list[i], error)) {
            free_manners(list, i);
            return NULL;
        }
    return list;
}

/* ---- all of them ---- */

static struct habit *
find(const struct manners *manners, const char *who)
{
    struct habit *habit = manners->habits;
    while (habit && (who && habit->who ? strcmp(who, habit->who) != 0
                                       : (who != NULL) != (habit->who != NULL)))
        habit = habit->following;
    return habit;
}

static struct habit *
find_or_add(struct manners *manners, const char *who)
{
    struct habit *habit = find(manners, who);
    if (habit)
        return habit;
    habit = mem_zero(sizeof *habit);
    habit->who = mem_text(who);
    habit->following = manners->habits;
    manners->habits = habit;
    return habit;
}

static void
set_next(struct habit *habit, struct manner *next, size_t count)
{
    free_manners(habit->next, habit->count);
    habit->next = next;
    habit->count = count;
    habit->taken = 0;
}

static void
set_always(struct habit *habit, struct manner *always)
{
    free_manners(habit->always, habit->always ? 1 : 0);
    habit->always = always;
}

bool
manners_set(struct manners *manners, const char *who,
            const struct rehearsal_reply *reply, struct error *error)
{
    struct manner *always = reply ? read_replies(reply, 1, error) : NULL;
    if (reply && !always)
        return false;
    struct habit *habit = find_or_add(manners, who);
    set_next(habit, NULL, 0);
    set_always(habit, always);
    return true;
}

bool
manners_set_next(struct manners *manners, const char *who,
                 const struct rehearsal_reply *replies, size_t count,
                 struct error *error)
{
    struct manner *next = read_replies(replies, count, error);
    if (next)
        set_next(find_or_add(manners, who), next, count);
    return next != NULL;
}

static const struct manner *
take(struct habit *habit)
{
    if (!habit)
        return NULL;
    return habit->taken < habit->count ? &habit->next[habit->taken++] : habit->always;
}

const struct manner *
manners_take(struct manners *manners, const char *who)
{
    const struct manner *manner = take(find(manners, who));
    return manner || !who ? manner : take(find(manners, NULL));
}

/* ---- life ---- */

struct manners *
manners_new(void)
{
    return mem_zero(sizeof(struct manners));
}

void
manners_delete(struct manners *manners)
{
    for (struct habit *following; manners->habits; manners->habits = following) {
        struct habit *habit = manners->habits;
        following = habit->following;
        set_next(habit, NULL, 0);
        set_always(habit, NULL);
        free(habit->who);
        free(habit);
    }
    free(manners);
}
