/* What evaluating a condition, remembering for it and putting it into words have in
 * common. For condition*.c alone. */
#ifndef CCGATE_SCRIPT_CONDITION_INSIDE_H
#define CCGATE_SCRIPT_CONDITION_INSIDE_H

#include "script/condition.h"

/* A condition, one row of it, and what there is beside the row. */
struct sight {
    const struct condition *condition;
    const struct query *query;
    const struct row *row;
    const int64_t *cells; /* the row's */
    const struct condition_view *view;
};

static inline struct sight
sight_of(const struct condition *condition, const struct row *row,
         const struct condition_view *view)
{
    return (struct sight){condition, condition->query, row, row->cells, view};
}

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

static inline const struct condition_extra *
sight_extra(const struct sight *sight, const struct condition_node *node)
{
    return node->extra ? &sight->condition->extras[node->extra - 1] : NULL;
}

/* What a comparison of numbers compares, and with what; false: unknown. */
bool sight_value(const struct sight *sight, const struct condition_node *node,
                 double *value);
bool sight_limit(const struct sight *sight, const struct condition_node *node,
                 double *limit);

/* ---- condition_track.c: leaves that remember ---- */

bool track_window(const struct sight *sight, const struct condition_node *node,
                  double *value);
enum truth track_changed(const struct sight *sight, const struct condition_node *node);
enum truth track_times(const struct sight *sight, const struct condition_node *node);
/* How often it became true within the window; OP_TIMES. */
uint32_t track_count(const struct sight *sight, const struct condition_node *node);

enum truth sight_evaluate(const struct sight *sight, const struct condition_node *node);

#endif
