/* A list for people and for programs: the same rows as columns that align, and as JSON.
 *
 * A column has one name, its key in JSON; its heading is what stands above it, NULL
 * where people do not need it. Cells are added row by row, in the order of the columns.
 * Times are milliseconds since the epoch, 0 for none; JSON has them in seconds, people
 * in UTC, or as an age. */
#ifndef CCGATE_COMMAND_LISTING_H
#define CCGATE_COMMAND_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct listing_column {
    const char *name, *heading;
};

struct listing {
    const struct listing_column *columns; /* ends with a NULL name; borrowed */
    const char *empty;                    /* what people read instead of no rows */
    const char *note;                     /* and below all of them; NULL: nothing */
    int64_t now_ms;                       /* ages are up to then */
    struct listing_cell *cells;           /* private */
    size_t column_count, count;
};

void listing_init(struct listing *listing, const struct listing_column *columns,
                  const char *empty, int64_t now_ms);
void listing_fini(struct listing *listing);

/* The next cell. NULL and a negative number are null, and "-" for people. */
void listing_text(struct listing *listing, const char *text);
void listing_number(struct listing *listing, int64_t number);
void listing_flag(struct listing *listing, bool flag, const char *yes, const char *no);
void listing_time(struct listing *listing, int64_t ms);
void listing_age(struct listing *listing, int64_t since_ms);
/* `json` as it is, `text` for people. */
void listing_raw(struct listing *listing, const char *json, size_t size,
                 const char *text);

/* A list of objects, without an end of line. */
void listing_json(const struct listing *listing, struct buf *out);
/* Headings and rows, each a line; of no rows the line `empty`. Then the note. */
void listing_lines(const struct listing *listing, struct buf *out);

/* "5m", "1d 3h", "0s": at most two units, whole seconds. */
void listing_format_age(int64_t ms, struct buf *out);

#endif
