/* The typed model: what a query asks and what its rows hold.
 *
 * One const descriptor per query states every field once (model.md). Argument checks,
 * request bodies, decoding, Lua access, messages and documentation derive from it. */
#ifndef CCGATE_MODEL_SCHEMA_H
#define CCGATE_MODEL_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "model/codes.h"

enum field_kind {
    FIELD_INTEGER,  /* on the wire: a number, or a number in a string */
    FIELD_TEXT,     /* a string, or a number as it is written; empty is unknown */
    FIELD_TIME_MS,  /* milliseconds since the epoch; seconds in the cell */
    FIELD_TIME_UTC, /* "2024-08-02 06:19:44"; seconds since the epoch in the cell */
    FIELD_BOOLEAN,  /* true, false, 1, 0, or these in a string; 1 or 0 in the cell */
    FIELD_MEDIA,  /* "TTF": a letter for each of MEDIA_*, whose bits are in the cell */
    FIELD_SKILLS, /* a list of objects; in the text heap as compact JSON, with our
                   * names: [{"id":1,"name":"Sales","media_type":5}] */
    /* These are not on the wire. */
    FIELD_ARGUMENT, /* the id that the request named (block_join) */
    FIELD_ABSENT,   /* a sibling query gives it; always unknown here */
    FIELD_NAME,     /* from gateway.conf by the row's key, else "skill 7"; a row that is
                     * played (core/rehearse) may have one of its own, in the heap */
    /* These are derived from the fields `over` and `under` and have no cell. */
    FIELD_RATIO,    /* over / under, at most 1; unknown when under is 0 */
    FIELD_WORD,     /* the word in `codes` for the code in over, or "code 11" */
    FIELD_DURATION, /* over - under; unknown when that is below 0 */
    FIELD_INTERIM,  /* does an operation (over, with cause under) go on? 1 or 0 */
    FIELD_CAUSE,    /* the text for an operation (over) and its cause (under) */
    /* Of rows that a script makes alone (script/derived.h). */
    FIELD_REAL, /* a number as a double, which lies in the cell (cell_of_real) */
};

/* Values by which a server says that there is none. */
enum field_nothing {
    NOTHING_NEVER,
    NOTHING_16,   /* 65535 and -1 */
    NOTHING_32,   /* 4294967295; of times 4294967295000, too */
    NOTHING_CALL, /* the text 4294967295-4294967295 */
};

enum field_unit { UNIT_NONE, UNIT_COUNT, UNIT_SECONDS, UNIT_RATIO };

struct field {
    const char *name; /* in Lua */
    const char *wire; /* in the answer; NULL where the field is not on the wire */
    enum field_kind kind;
    enum field_unit unit;
    bool required;  /* absent or null in an answer is a decode error */
    bool window_5m; /* covers the server's current five-minute window */
    bool is_mean;   /* may fall within it, as counts and maxima cannot */
    bool is_quoted; /* FIELD_TEXT: quotes ' around it are not part of it */
    enum field_nothing nothing;
    uint8_t over; /* derived: indexes of the two fields */
    uint8_t under;
    const struct code *codes; /* FIELD_WORD, and what a script made of one */
    const char *doc;          /* one sentence */
};

/* The edition of the interface: ids differ, and may have several ranges. */
struct id_range {
    int edition;
    int64_t low, high;
};

/* What is around the rows of an answer, and how the asker shows who it is. */
enum query_door {
    DOOR_CMS,           /* POST, auth-v2; resultCode, resultDesc */
    DOOR_AGENT_GATEWAY, /* GET with the Guid of a session; retcode, result */
};

#define QUERY_FIELDS_MAX 62 /* field i has presence bit i */

struct query {
    const char *name;     /* "queues": gw.queues, the word in events and commands */
    const char *row_name; /* "Queue": the word in messages */
    enum query_door door;
    const char *path;     /* at the agent gateway $o is the operator, $i the id */
    const char *argument; /* "queue": the word for one id in messages */
    bool is_named;        /* ids have names in gateway.conf */
    /* The request, compact JSON: $c is the ccId, $v the vdn, $i an id or, in brackets,
     * the list of ids; $b and $e begin and end of the span, $t the type of operation
     * with its key and a comma, or nothing. */
    const char *body;   /* NULL: none */
    bool has_span;      /* asks for a time from … to */
    const char *source; /* the page that is the source of these facts */
    const struct field *fields;
    size_t field_count; /* at most QUERY_FIELDS_MAX */
    size_t key;         /* index of the field that identifies a row */
    bool is_list;   /* an id that is asked for has any number of rows; else the row's
                     * key is that id, and a row that is not there is gone */
    bool is_bare;   /* a row is the value of its key alone, and no object */
    size_t row_max; /* more rows are no answer */
    size_t vdn;     /* field that rows of another vdn are told by; 0 for none */
    const struct id_range *ranges; /* ends with edition 0 */
    size_t batch_bytes; /* the serialised array of ids may have this many bytes; 0: one
                         * id a request */
};

extern const struct query query_queues;
extern const struct query query_agents;
extern const struct query query_agent_calls;
extern const struct query query_agent_operations;
extern const struct query query_agent;

/* All of them, ends with NULL. The position is the number in frames. */
extern const struct query *const queries[];

size_t query_count(void);
/* One of `queries`. */
const struct query *query_find(const char *name);
int query_number(const struct query *query);

/* Index of a field by its Lua name, -1 if there is none. */
int query_field(const struct query *query, const char *name);

/* The first range of ids in `edition`. */
const struct id_range *query_range(const struct query *query, int64_t edition);
/* Is `id` in one of the ranges of `edition`? */
bool query_allows(const struct query *query, int64_t edition, int64_t id);
/* Adds "101…59999 and 70000…999999". */
void query_range_text(const struct query *query, int64_t edition, struct buf *out);

/* The words of units: "count", "seconds", "ratio", "" for none. */
const char *unit_word(enum field_unit unit);

/* ---- requests ---- */

/* Of operations: what began in which time, and of which type. */
struct query_span {
    int64_t begin, end; /* seconds since the epoch, on quarters of an hour */
    int64_t type;       /* operateType; OPERATION_ANY: all */
};
#define OPERATION_ANY (-1)

/* The request body for these ids, compact JSON, exactly as it is signed and sent. */
void query_body(const struct query *query, int64_t cc_id, int64_t vdn,
                const int64_t *ids, size_t id_count, struct buf *out);
/* The same for a query that has a span, and one id. */
void query_body_span(const struct query *query, int64_t cc_id, int64_t vdn, int64_t id,
                     const struct query_span *span, struct buf *out);

/* How many of the ids, from the first, fit into one request (at least 1 if any). */
size_t query_fit(const struct query *query, const int64_t *ids, size_t id_count);

/* ---- row blocks ---- */

/* Rows as they travel: row-major cells, 1 + field_count cells a row. Cell 0 is the
 * presence word: bit i says that field i has a value; ROW_GONE says that a successful
 * answer to a request that named this key lacks the row (then only the key is there).
 * Cell 1 + i is field i. NAME and derived fields keep their cell at 0: they are
 * computed where they are read. The cell of a text says where it is in `text`: its
 * offset in the upper half, its bytes in the lower one; a block is these two pieces. */
#define ROW_GONE ((uint64_t)1 << 63)
/* Of a listed agent who was expected and is not in a successful answer: only key and
 * name are there, "agent 1099", and the state is the word for CODE_SIGNED_OUT
 * (codes.h). */
#define ROW_EXPECTED ((uint64_t)1 << 62)

/* A row where it lies: its cells, and the text heap that its text cells speak of. */
struct row {
    const int64_t *cells;
    const char *text; /* "" where there is none */
};

struct block {
    const struct query *query;
    size_t row_count;
    size_t row_room;
    int64_t *cells;  /* owned */
    struct buf text; /* UTF-8 of all text cells, without ends between them */
};

void block_init(struct block *block, const struct query *query);
void block_fini(struct block *block);
void block_clear(struct block *block);
/* Adds a row of zeroes and returns its cells. */
int64_t *block_add(struct block *block);

/* Adds a copy of a row of the same query, which may lie in another block. */
void block_copy(struct block *block, struct row row);

/* Adds the rows of one answer to `block` (of the same query): with the id that was
 * asked for, and without rows that are of another vdn where the request named none. */
void block_join(struct block *block, const struct block *answer, int64_t argument,
                int64_t vdn);
/* Of rows with the same key the first stays. */
void block_unique(struct block *block);

/* Fills the zeroed cells of such a row (ROW_EXPECTED), and adds its name to `text`. */
void row_expect(const struct query *query, int64_t id, int64_t *cells,
                struct buf *text);

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

static inline struct row
block_at(const struct block *block, size_t row)
{
    return (struct row){block_row(block, row),
                        block->text.data ? block->text.data : ""};
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

/* A number in a cell of a FIELD_REAL. */
static inline int64_t
cell_of_real(double number)
{
    int64_t cell;
    memcpy(&cell, &number, sizeof cell);
    return cell;
}

static inline double
real_of_cell(int64_t cell)
{
    double number;
    memcpy(&number, &cell, sizeof number);
    return number;
}

/* Is what a cell of this kind says where in the heap its value is? */
static inline bool
field_is_in_heap(const struct field *field)
{
    return field->kind == FIELD_TEXT || field->kind == FIELD_SKILLS ||
           field->kind == FIELD_NAME;
}

static inline bool
field_is_text(const struct field *field)
{
    return field->kind == FIELD_TEXT || field->kind == FIELD_WORD ||
           field->kind == FIELD_CAUSE || field->kind == FIELD_SKILLS;
}

/* The value of a field as a double; false when it is unknown (absent, or derived from
 * what is). Not for FIELD_NAME and texts. */
bool row_number(const struct query *query, const int64_t *row, size_t field,
                double *value);

/* The code behind a FIELD_WORD; false when it is unknown. */
bool row_code(const struct query *query, const int64_t *row, size_t field,
              int64_t *code);

/* Adds the value of a field that is a text (of FIELD_SKILLS: JSON); false, and nothing
 * added, when it is unknown. */
bool row_text(const struct query *query, struct row row, size_t field, struct buf *out);

/* The bytes of a text that is in the heap; "" when it is unknown. */
const char *row_heap(struct row row, size_t field, size_t *size);

/* ---- answers ---- */

/* Decodes an answer in one pass, out of the envelope of the query's door.
 *
 * CMS: resultCode is tested, resultDesc is the list of rows; resultDatas and unknown
 * fields are checked for grammar and skipped. A list that is null, empty or absent
 * means no rows. Agent gateway: retcode is tested, result is the row, or a list of it;
 * null, empty or absent it means no row.
 *
 * `out` (of the same query) gets the rows in the order sent. A field that is null or
 * absent is unknown, an error only where it is required. Strict: grammar, depth 32,
 * number range, duplicate known keys, nothing after the value; only inside strings
 * bytes that are not UTF-8 are let through: as U+FFFD (see model/charset.h). False with
 * `error`: ERROR_API with the server's code and text, or ERROR_DECODE with a path (rows
 * count from 1) such as "queues[3].calls_waiting: expected an integer, got \"many\"".
 * `out` is then empty. */
bool answer_decode(const struct query *query, const char *data, size_t size,
                   struct block *out, struct error *error);

#endif
