/* What the tests of base/loop.h share: a diary of what happened, and in which order. */
#ifndef CCGATE_TESTS_DIARY_H
#define CCGATE_TESTS_DIARY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/loop.h"

/* What happened, one letter each; '.' ends the loop. */
struct diary {
    struct loop *loop;
    char text[64];
    size_t size;
    struct timer *timer;
    struct watch *watch;
    int fd;
};

/* With this loop, which is the diary's from now on. */
static inline void
diary_open(void **state, struct loop *loop)
{
    struct diary *diary = calloc(1, sizeof *diary);
    diary->loop = loop;
    *state = diary;
}

static inline int
diary_close(void **state)
{
    struct diary *diary = *state;
    loop_delete(diary->loop);
    free(diary);
    return 0;
}

static inline void
note(struct diary *diary, char letter)
{
    assert_true(diary->size < sizeof diary->text - 1);
    diary->text[diary->size++] = letter;
}

static inline void
on_a(void *arg)
{
    note(arg, 'a');
}

static inline void
on_b(void *arg)
{
    note(arg, 'b');
}

static inline void
on_c(void *arg)
{
    note(arg, 'c');
}

static inline void
on_stop(void *arg)
{
    struct diary *diary = arg;
    note(diary, '.');
    loop_stop(diary->loop);
}

#endif
