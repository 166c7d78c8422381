/* Names and values behind the '?' of a path, for both ends: "?by=ay%C5%9Fe&label=a". */
#ifndef CCGATE_COMMAND_ARGS_H
#define CCGATE_COMMAND_ARGS_H

#include <stddef.h>

#include "base/buf.h"

struct arg {
    char *name, *value;
};

struct args {
    struct arg *list; /* in their order */
    size_t count;
};

/* `query` without the '?'; NULL is none. What is not well written (%zz) stays as it is.
 */
void args_read(struct args *args, const char *query);
void args_fini(struct args *args);

/* The value of the first of that name; NULL when there is none. */
const char *args_get(const struct args *args, const char *name);
/* The first name that is not in `known` (ends with NULL); NULL when all are. */
const char *args_unknown(const struct args *args, const char *const *known);

/* Adds "?name=value" to a path, or "&name=value" when it has a '?'; nothing when
 * `value` is NULL. */
void args_add(struct buf *path, const char *name, const char *value);

/* Adds `text`, what is no letter or digit of ASCII nor '-', '_', '.' as %XX; and what
 * that says. */
void args_escape(const char *text, struct buf *out);
void args_unescape(const char *text, size_t size, struct buf *out);

#endif
