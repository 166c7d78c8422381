#include "command/choice.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define SHOWN 5u

enum { FIT_NONE, FIT_BEGINS, FIT_WHOLE, FIT_ALL };

static bool
begins(const char *text, const char *word, size_t size)
{
    return strncmp(text, word, size) == 0;
}

static bool
is_star(const char *word, size_t size)
{
    return size > 2 && !strcmp(word + size - 2, "/*");
}

static int
fit_of(const char *word, const char *id, const char *name)
{
    size_t size = strlen(word);
    if (!strcmp(id, word) || (name && !strcmp(name, word)))
        return FIT_WHOLE;
    if (name && is_star(word, size) && begins(name, word, size - 1))
        return FIT_ALL;
    return begins(id, word, size) ? FIT_BEGINS : FIT_NONE;
}

static void
clear(struct choice *choice)
{
    for (size_t i = 0; i < choice->count; i++) {
        free(choice->list[i].id);
        free(choice->list[i].about);
    }
    choice->count = 0;
}

void
choice_fini(struct choice *choice)
{
    clear(choice);
    free(choice->list);
    choice->list = NULL;
}

void
choice_offer(struct choice *choice, const char *id, const char *name, const char *about)
{
    int fit = fit_of(choice->word, id, name);
    if (fit == FIT_NONE || fit < choice->fit)
        return;
    if (fit > choice->fit)
        clear(choice);
    choice->fit = fit;
    choice->list = mem_grow(choice->list, choice->count + 1, sizeof *choice->list);
    choice->list[choice->count++] = (struct choice_one){mem_text(id), mem_text(about)};
}

bool
choice_is_made(const struct choice *choice)
{
    return choice->count == 1 || choice->fit == FIT_ALL;
}

void
choice_tell(const struct choice *choice, struct buf *out)
{
    buf_format(out, "'%s' may be ", choice->word);
    for (size_t i = 0; i < choice->count && i < SHOWN; i++)
        buf_format(out, "%s%s (%s)",
                   !i                       ? ""
                   : i + 1 == choice->count ? " or "
                                            : ", ",
                   choice->list[i].id, choice->list[i].about);
    if (choice->count > SHOWN)
        buf_add_text(out, " or others");
    buf_add_text(out, "; say more of it");
}
