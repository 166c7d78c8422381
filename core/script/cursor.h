/* Reading a payload strictly: a frame reader that checks values and names what is wrong
 * with them. For the readers of script/message.h.
 *
 * The first fault is kept; after it every item reads as nothing, so that a reader goes
 * through its payload once, without a branch for each item. A `fault` is what the error
 * says: "no such centre". */
#ifndef CCGATE_SCRIPT_CURSOR_H
#define CCGATE_SCRIPT_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/schema.h"
#include "script/frame.h"

struct cursor {
    struct frame_reader in;
    const char *name; /* of the frame, for the error */
    struct error *error;
    bool told; /* the error is set */
};

struct cursor cursor_open(const struct frame *frame, const char *name,
                          struct error *error);

/* Sets the fault unless `good` or another one came first. */
void cursor_demand(struct cursor *cursor, bool good, const char *fault);

/* True when all was well and everything was used up; otherwise the error is set. */
bool cursor_finish(struct cursor *cursor);

int64_t cursor_number(struct cursor *cursor, int64_t low, int64_t high,
                      const char *fault);

/* A u32 below `count`. */
uint32_t cursor_index(struct cursor *cursor, size_t count, const char *fault);

/* The id of a frame whose id says nothing is 0. */
void cursor_no_id(struct cursor *cursor, const struct frame *frame);

/* The id of a frame whose id is an entry. */
uint32_t cursor_entry(struct cursor *cursor, const struct frame *frame,
                      size_t entry_count);

/* Printable, `least` to `most` bytes. */
const char *cursor_word(struct cursor *cursor, size_t least, size_t most,
                        const char *fault);

/* Without a NUL inside and not empty. */
const char *cursor_text(struct cursor *cursor, size_t *size, const char *fault);

/* What went wrong, as message_put_error() wrote it. */
void cursor_error(struct cursor *cursor, struct error *out);

/* NULL only after a fault. */
const struct query *cursor_query(struct cursor *cursor);

/* How far back a want of the query may reach; 0 for one without a span. */
int64_t cursor_span_max_ms(const struct query *query);

/* Three i64: a span on quarters of an hour that the query allows, or none. */
struct query_span cursor_span(struct cursor *cursor, const struct query *query);

/* Reads a list of 1 to MESSAGE_IDS_MAX ids, each in the range of some edition, into
 * `room` and returns how many; 0 after a fault. The room of cursor_room_for_ids() takes
 * all lists of a payload one after the other; free() it. */
int64_t *cursor_room_for_ids(const struct frame *frame);
uint32_t cursor_ids(struct cursor *cursor, const struct query *query, int64_t *room);

#endif
