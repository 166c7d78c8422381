#include "base/trouble.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

static trouble_on_news *listener;
static void *listener_arg;

void
trouble_listen(trouble_on_news *on_news, void *arg)
{
    listener = on_news;
    listener_arg = arg;
}

void
trouble_tell(enum trouble trouble, const char *name, const char *format, ...)
{
    char *text;
    va_list args;
    if (!listener)
        return;
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        text = mem_text(format);
    va_end(args);
    listener(listener_arg, trouble, name, false, text);
    free(text);
}

void
trouble_over(enum trouble trouble, const char *name)
{
    if (listener)
        listener(listener_arg, trouble, name, false, NULL);
}

void
trouble_over_all(enum trouble trouble, const char *prefix)
{
    if (listener)
        listener(listener_arg, trouble, prefix, true, NULL);
}
