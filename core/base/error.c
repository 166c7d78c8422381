#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const words[ERROR_KINDS] = {
    [ERROR_NONE] = "none",       [ERROR_NETWORK] = "network",
    [ERROR_TIMEOUT] = "timeout", [ERROR_TLS] = "tls",
    [ERROR_HTTP] = "http",       [ERROR_API] = "api",
    [ERROR_DECODE] = "decode",   [ERROR_AUTH] = "auth",
    [ERROR_LIMIT] = "limit",     [ERROR_CANCELLED] = "cancelled",
};

const char *
error_word(enum error_kind kind)
{
    return words[kind];
}

enum error_kind
error_kind_of(const char *word)
{
    for (int kind = ERROR_NONE; kind < ERROR_KINDS; kind++)
        if (strcmp(words[kind], word) == 0)
            return (enum error_kind)kind;
    return ERROR_NONE;
}

/* Messages quote what came over the network: keep them on one line. */
static void
flatten(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = ' ';
}

void
error_set(struct error *error, enum error_kind kind, const char *code,
          const char *format, ...)
{
    if (error == NULL)
        return;
    /* The arguments may point into `error`: it is often wrapped into itself. */
    struct error fresh = {.kind = kind};
    va_list args;
    va_start(args, format);
    vsnprintf(fresh.message, sizeof fresh.message, format, args);
    va_end(args);
    snprintf(fresh.code, sizeof fresh.code, "%s", code ? code : "");
    flatten(fresh.message);
    flatten(fresh.code);
    *error = fresh;
}
