/* The typed model: what a query asks and what its rows hold.
 *
 * One const descriptor per query states every field once (model.md). Argument checks,
 * request bodies, decoding, Lua access, messages and documentation derive from it. */
#ifndef CCGATE_MODEL_SCHEMA_H
#define CCGATE_MODEL_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

enum field_kind {
    FIELD_INTEGER, /* on the wire: a number, or a number in a string */
    FIELD_NAME,  /* from gateway.conf by the row's key, else "skill 7"; not in cells */
    FIELD_RATIO, /* derived: cell `over` / cell `under`, at most 1, nil when under is 0
                  */
};

enum field_unit { UNIT_NONE, UNIT_COUNT, UNIT_SECONDS, UNIT_RATIO };

struct field {
    const char *name; /* in Lua */
    const char *wire; /* in the answer; NULL where the field is not on the wire */
    enum field_kind kind;
    enum field_unit unit;
    bool required;  /* absent or null in an answer is a decode error */
    bool window_5m; /* covers the server's current five-minute window */
    uint8_t over;   /* FIELD_RATIO: indexes of the two fields */
    uint8_t under;
    const char *doc; /* one sentence */
};

/* The edition of the interface: the ranges of ids differ. */
struct id_range {
    int edition;
    int64_t low, high;
};

struct query {
    const char *name;     /* "queues": gw.queues, the word in events and commands */
    const char *row_name; /* "Queue": the word in messages */
    const char *path;
    const char *argument; /* "queue": the word for one id in messages */
    const char *id_field; /* "skillIds": the key of the list in the request */
    const char *source;   /* the page that is the source of these facts */
    const struct field *fields;
    size_t field_count;            /* at most 62: field i has presence bit i */
    size_t key;                    /* index of the field that identifies a row */
    const struct id_range *ranges; /* ends with edition 0 */
    size_t batch_bytes; /* the serialised array of ids may have this many bytes */
};

extern const struct query query_queues;

/* All queries, ends with NULL. The position is the query's number in frames. */
extern const struct query *const queries[];

const struct query *query_find(const char *name);
int query_number(const struct query *query);

/* Index of a field by its Lua name, -1 if there is none. */
int query_field(const struct query *query, const char *name);

/* The range of ids in `edition`. */
const struct id_range *query_range(const struct query *query, int64_t edition);

/* The words of units: "count", "seconds", "ratio", "" for none. */
const char *unit_word(enum field_unit unit);

/* ---- requests ---- */

/* The request body for these ids, compact JSON, exactly as it is signed and sent. */
void query_body(const struct query *query, int64_t cc_id, int64_t vdn,
                const int64_t *ids, size_t id_count, struct buf *out);

/* How many of the ids, from the first, fit into one request (at least 1 if any). */
size_t query_fit(const struct query *query, const int64_t *ids, size_t id_count);

/* ---- row blocks ---- */

/* Rows as they travel: row-major cells, 1 + field_count cells a row. Cell 0 is the
 * presence word: bit i says that field i has a value; ROW_GONE says that a successful
 * answer to a request that named this key lacks the row (then only the key is there).
 * Cell 1 + i is field i. Fields of kind NAME and RATIO keep their cell at 0: they are
 * computed where they are read. */
#define ROW_GONE ((uint64_t)1 << 63)

struct block {
    const struct query *query;
    size_t row_count;
    size_t row_room;
    int64_t *cells; /* owned */
};

void block_init(struct block *block, const struct query *query);
void block_fini(struct block *block);
void block_clear(struct block *block);
/* Adds a row of zeroes and returns its cells. */
int64_t *block_add(struct block *block);

static inline size_t
query_width(const struct query *query)
{
    return 1 + query->field_count;
}

static inline const int64_t *
block_row(const struct block *block, size_t row)
{
    return block->cells + row * query_width(block->query);
}

static inline bool
row_has(const int64_t *row, size_t field)
{
    return ((uint64_t)row[0] >> field & 1) != 0;
}

static inline bool
row_is_gone(const int64_t *row)
{
    return ((uint64_t)row[0] & ROW_GONE) != 0;
}

/* The value of a field as a double; false when it is unknown (absent, or a ratio whose
 * denominator is 0 or absent). Not for FIELD_NAME. */
bool row_number(const struct query *query, const int64_t *row, size_t field,
                double *value);

/* ---- answers ---- */

/* Decodes an answer of the CMS envelope in one pass: resultCode is tested, resultDesc
 * is decoded, resultDatas and unknown fields are checked for grammar and skipped. `out`
 * (of the same query) gets the rows in the order sent. A list that is null, empty or
 * absent means no rows; a field that is null or absent is unknown, an error only where
 * it is required. Strict: grammar, depth 32, number range, duplicate known keys,
 * nothing after the value; only inside strings bytes that are not UTF-8 are let
 * through, and replaced where a message quotes them. False with `error`: ERROR_API with
 * the server's code and text, or ERROR_DECODE with a path (rows count from 1) such as
 * "queues[3].calls_waiting: expected an integer, got \"many\"". `out` is then empty. */
bool answer_decode(const struct query *query, const char *data, size_t size,
                   struct block *out, struct error *error);

/* The meaning of a CMS resultCode: "invalid parameter"; NULL when unknown. */
const char *result_code_text(const char *code);

#endif
