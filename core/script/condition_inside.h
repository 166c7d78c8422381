/* What evaluating a condition and putting it into words have in common. For
 * condition.c and condition_text.c alone. */
#ifndef CCGATE_SCRIPT_CONDITION_INSIDE_H
#define CCGATE_SCRIPT_CONDITION_INSIDE_H

#include "script/condition.h"

/* A condition, one row of it, and who answers for the script's functions. */
struct sight {
    const struct condition *condition;
    const struct query *query;
    const struct row *row;
    const int64_t *cells; /* the row's */
    condition_caller *caller;
    void *arg;
};

static const enum truth truth_opposite[] = {
    [TRUTH_FALSE] = TRUTH_TRUE,
    [TRUTH_TRUE] = TRUTH_FALSE,
    [TRUTH_UNKNOWN] = TRUTH_UNKNOWN,
};

static inline bool
sight_number(const struct sight *sight, uint32_t field, double *value)
{
    /* Nearly every field is an integer: spare it the call. */
    if (sight->query->fields[field].kind != FIELD_INTEGER)
        return row_number(sight->query, sight->cells, field, value);
    *value = (double)sight->cells[1 + field];
    return row_has(sight->cells, field);
}

/* The bytes of a FIELD_TEXT or FIELD_CAUSE; NULL when they are unknown. */
const char *sight_text(const struct sight *sight, uint32_t index, size_t *size);

enum truth sight_evaluate(const struct sight *sight, const struct condition_node *node);

#endif
