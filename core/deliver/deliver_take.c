/* Which messages go next, alone or as a digest. */
#include <string.h>

#include "deliver/deliver_inside.h"

/* Only what is told of alerts: a script's own message is more than a line. */
static bool
may_merge(const struct message *message)
{
    static const char *const kinds[] = {"raise", "level", "remind", "clear"};
    size_t i = 0;
    while (i < sizeof(kinds) / sizeof(*kinds) && strcmp(kinds[i], message->kind) != 0)
        i++;
    return i < sizeof(kinds) / sizeof(*kinds) && !message->is_alone && !message->body;
}

size_t
outlet_take(struct outlet *outlet, int64_t now_ms, struct message **taken)
{
    struct message *aside[DIGEST_MOST];
    size_t count = 0, aside_count = 0;
    const struct message *first = lines_first(&outlet->lines);
    bool is_wanted = outlet->merges && outlet->bucket.rate > 0 && may_merge(first);
    do {
        struct message *message = lines_take(&outlet->lines);
        if (may_merge(message) || !is_wanted)
            taken[count++] = message;
        else
            aside[aside_count++] = message;
        first = lines_first(&outlet->lines);
    } while (is_wanted && first && first->due_ms <= now_ms &&
             count + aside_count < DIGEST_MOST);
    while (aside_count)
        lines_give_back(&outlet->lines, aside[--aside_count]);
    while (count > 1 && (double)count <= outlet->bucket.tokens + DIGEST_OVER)
        lines_give_back(&outlet->lines, taken[--count]);
    return count;
}
