/* What is told of the gateway's troubles, for tests of those who tell it. */
#ifndef CCGATE_TESTS_TROUBLES_H
#define CCGATE_TESTS_TROUBLES_H

#include <string.h>

#include "base/trouble.h"

static struct {
    size_t told, over;
    enum trouble trouble; /* the newest of both kinds */
    char name[64], text[256];
} troubles;

static inline void
on_trouble(void *arg, enum trouble trouble, const char *name, bool is_prefix,
           const char *text)
{
    (void)arg, (void)is_prefix;
    troubles.told += text != NULL;
    troubles.over += text == NULL;
    troubles.trouble = trouble;
    snprintf(troubles.name, sizeof troubles.name, "%s", name);
    if (text)
        snprintf(troubles.text, sizeof troubles.text, "%s", text);
}

/* From nothing; until the end of the process. */
static inline void
troubles_listen(void)
{
    memset(&troubles, 0, sizeof troubles);
    trouble_listen(on_trouble, NULL);
}

/* What was told last is of this kind and name, and says `word`. */
static inline bool
troubles_say(enum trouble trouble, const char *name, const char *word)
{
    return troubles.trouble == trouble && strcmp(troubles.name, name) == 0 &&
           strstr(troubles.text, word) != NULL;
}

#endif
