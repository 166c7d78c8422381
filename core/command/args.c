#include "command/args.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
args_escape(const char *text, struct buf *out)
{
    for (const unsigned char *at = (const unsigned char *)text; *at; at++)
        if (*at < 0x80 && (isalnum(*at) || strchr("-_.", *at)))
            buf_add(out, at, 1);
        else
            buf_format(out, "%%%02X", *at);
}

static int
hex(char digit)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = strchr(digits, tolower((unsigned char)digit));
    return digit && at ? (int)(at - digits) : -1;
}

void
args_unescape(const char *text, size_t size, struct buf *out)
{
    for (size_t i = 0; i < size; i++) {
        bool is_pair = text[i] == '%' && i + 2 < size && hex(text[i + 1]) >= 0 &&
                       hex(text[i + 2]) >= 0;
        char byte = text[i] == '+' ? ' ' : text[i];
        if (is_pair) {
            byte = (char)(hex(text[i + 1]) * 16 + hex(text[i + 2]));
            i += 2;
        }
        if (byte)
            buf_add(out, &byte, 1);
    }
}

static char *
unescaped(const char *text, size_t size)
{
    struct buf out = {0};
    args_unescape(text, size, &out);
    return buf_take(&out);
}

void
args_read(struct args *args, const char *query)
{
    *args = (struct args){0};
    while (query && *query) {
        size_t size = strcspn(query, "&");
        const char *equals = memchr(query, '=', size);
        size_t name_size = equals ? (size_t)(equals - query) : size;
        args->list = mem_grow(args->list, args->count + 1, sizeof *args->list);
        args->list[args->count++] = (struct arg){
            unescaped(query, name_size),
            unescaped(equals ? equals + 1 : "", equals ? size - name_size - 1 : 0)};
        query += size;
        query += *query == '&';
    }
}

void
args_fini(struct args *args)
{
    for (size_t i = 0; i < args->count; i++) {
        free(args->list[i].name);
        free(args->list[i].value);
    }
    free(args->list);
    *args = (struct args){0};
}

const char *
args_get(const struct args *args, const char *name)
{
    for (size_t i = 0; i < args->count; i++)
        if (!strcmp(args->list[i].name, name))
            return args->list[i].value;
    return NULL;
}

const char *
args_unknown(const struct args *args, const char *const *known)
{
    for (size_t i = 0; i < args->count; i++) {
        const char *const *at = known;
        while (*at && strcmp(*at, args->list[i].name) != 0)
            at++;
        if (!*at)
            return args->list[i].name;
    }
    return NULL;
}

void
args_add(struct buf *path, const char *name, const char *value)
{
    if (!value)
        return;
    buf_format(path, "%c%s=", path->data && strchr(path->data, '?') ? '&' : '?', name);
    args_escape(value, path);
}
