/* The body of a request as a table of keys, read strictly: unknown keys, wrong types
 * and values out of range are mistakes. */
#ifndef CCGATE_SIM_ASK_H
#define CCGATE_SIM_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/json.h"

enum ask_kind {
    ASK_NUMBER,
    ASK_TIME,  /* "2024-08-02 00:00:00", UTC */
    ASK_TEXT,  /* of `low` to `high` bytes */
    ASK_LOOSE, /* a number, or the same number as text */
    ASK_FLAG,  /* true, false, or the same as text */
};

struct ask_field {
    const char *name; /* NULL ends the table */
    enum ask_kind kind;
    int64_t low, high;
    bool is_optional;
    const char *problem; /* what is said when the value is wrong or absent */
};

#define ASK_FIELDS_MAX 20 /* of the longest table, with its end */

struct ask_value {
    bool is_there;
    int64_t number; /* the time in milliseconds since the epoch; 0 or 1 of a flag */
    struct json_text text; /* into the body */
};

/* Fills one value per field. `wrapper` is the key around the others, NULL for a flat
 * body. NULL when all is well, otherwise what is wrong. */
const char *ask_read(const struct ask_field *fields, const char *wrapper,
                     const char *body, size_t size, struct ask_value *values);

#endif
