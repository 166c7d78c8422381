#include "base/trouble.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

static _Thread_local struct trouble_listener listener;

void
trouble_listen(trouble_on_news *on_news, void *arg)
{
    listener = (struct trouble_listener){on_news, arg};
}

struct trouble_listener
trouble_swap(struct trouble_listener other)
{
    struct trouble_listener before = listener;
    listener = other;
    return before;
}

void
trouble_tell(enum trouble trouble, const char *name, const char *format, ...)
{
    char *text;
    va_list args;
    if (!listener.on_news)
        return;
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        text = mem_text(format);
    va_end(args);
    listener.on_news(listener.arg, trouble, name, false, text);
    free(text);
}

void
trouble_over(enum trouble trouble, const char *name)
{
    if (listener.on_news)
        listener.on_news(listener.arg, trouble, name, false, NULL);
}

void
trouble_over_all(enum trouble trouble, const char *prefix)
{
    if (listener.on_news)
        listener.on_news(listener.arg, trouble, prefix, true, NULL);
}
