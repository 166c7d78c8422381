/* Queries of a rule's own: the rows that its map, its key or its function make.
 *
 * Such a query has the fields of the one that it comes from, if any, with what is
 * computed there as plain values, and those that the rule declares. So conditions,
 * windows, texts and views work on made rows as on those of an answer. It is no query
 * of the core: nothing is asked by it, and it is in no frame. Rows of it are a list. */
#ifndef CCGATE_SCRIPT_DERIVED_H
#define CCGATE_SCRIPT_DERIVED_H

#include <stdbool.h>
#include <stddef.h>

#include "model/schema.h"

struct derived {
    struct query query;       /* the first: whoever has it has this */
    const struct query *base; /* NULL: rows of a function */
    struct field fields[QUERY_FIELDS_MAX];
};

/* Of `base`; NULL: of a function, with the field "id", a text that identifies a row. */
struct derived *derived_new(const char *name, const struct query *base);

/* Adds a field; false when there are too many, or one has this name. */
bool derived_add(struct derived *derived, const char *name, enum field_kind kind,
                 enum field_unit unit);

/* Adds the text "key", by which rows are told apart from then on. */
bool derived_add_key(struct derived *derived);

#endif
