/* The decoder's own rooms: decode.c reads the envelope of an answer, decode_rows.c the
 * list of its rows, decode_value.c one value, decode_fail.c says what is wrong. Others
 * use answer_decode(). */
#ifndef CCGATE_MODEL_DECODE_H
#define CCGATE_MODEL_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "model/json.h"
#include "model/schema.h"

#define DECODE_FIELDS_MAX 62
#define DECODE_UNKNOWN    SIZE_MAX
/* Added to the number of a field whose digits are not all there is to it. */
#define DECODE_SPECIAL 64

struct decode_wire {
    const char *name;
    size_t size;
    size_t field; /* with DECODE_SPECIAL where that is due */
};

/* What stands before a value of a row, from the value before it on: a comma, the key,
 * a colon, with whatever blanks. */
struct decode_gap {
    const char *text; /* in the answer */
    size_t size;
    size_t field; /* DECODE_UNKNOWN for a key that the descriptor does not know */
};

struct decoder {
    struct json json;
    const struct query *query;
    struct block *out;
    struct error *error; /* NULL where a failure is nobody's business */
    struct decode_wire wires[DECODE_FIELDS_MAX]; /* the fields that are on the wire */
    size_t wire_count;
    size_t next;       /* the wire that is expected */
    uint64_t required; /* bit i: field i must have a value */
    /* The last gap in each place of a row. All are checked, so each is right wherever
     * its bytes stand again in that place, whichever row it is from. */
    struct decode_gap gaps[DECODE_FIELDS_MAX];
    size_t gap_count;
    int64_t row; /* where the reading is, for messages: 0 outside of rows */
    const char *key;
};

static inline void
decode_set(int64_t *row, size_t field, int64_t value)
{
    row[0] = (int64_t)((uint64_t)row[0] | (uint64_t)1 << field);
    row[1 + field] = value;
}

/* Reads a list of rows and adds them to `out`. A list may be null or empty: both say
 * that there are no rows. */
bool decode_rows(struct decoder *decoder);

/* Reads the value that comes next, of whatever kind the field is, into its cell. One
 * that is null or says that there is none leaves the field unknown. */
bool decode_value(struct decoder *decoder, size_t field, int64_t *row);

/* These return false. A failure names the place: "queues[3].calls_waiting: …". */
bool decode_fail(struct decoder *decoder, const char *problem);
/* The text is not JSON. */
bool decode_fail_grammar(struct decoder *decoder);
/* The value that comes next has the wrong type; one that is not even JSON is reported
 * as that. */
bool decode_fail_type(struct decoder *decoder, const char *expected);

/* Adds the text as a JSON string, cut after `max` bytes. */
void decode_quote(const struct json_text *text, size_t max, struct buf *out);

#endif
