/* The decoder's own rooms: decode.c begins and walks an answer, decode_cms.c and
 * decode_gateway.c know the two envelopes, decode_rows.c the rows, decode_value.c and
 * decode_skills.c one value, decode_fail.c says what is wrong. Others use
 * answer_decode(). */
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
    /* Where the reading is, for messages: "queues[3].calls_waiting", and for the parts
     * of a value that is a list "agent[1].skills[2].id". Rows and parts count from 1,
     * 0 is outside of them. */
    int64_t row;
    const char *key;
    int64_t part;
    const char *part_key;
};

static inline void
decode_set(int64_t *row, size_t field, int64_t value)
{
    row[0] = (int64_t)((uint64_t)row[0] | (uint64_t)1 << field);
    row[1 + field] = value;
}

/* ---- envelopes ---- */

/* The code of an answer. */
struct decode_code {
    bool is_there;
    bool is_success;
    struct json_text text; /* data NULL: not seen, or null */
};

/* A key of an envelope and how its value is read; `envelope` is the room's own struct.
 * A reader leaves the decoder behind the value, or fails and says why. */
struct decode_member {
    const char *key;
    bool (*read)(struct decoder *decoder, void *envelope);
};

/* Reads a whole answer, an object, each member by its reader; other keys are passed
 * over. `members` ends with a NULL key. */
bool decode_members(struct decoder *decoder, const struct decode_member *members,
                    void *envelope);

/* Reads the code `key`; `success` says that all is well, and so does the number of the
 * same value, `success_number`. */
bool decode_code(struct decoder *decoder, const char *key, const char *success,
                 const char *success_number, struct decode_code *code);

/* Fails with ERROR_API, the code and what it means (NULL: nobody knows). `text` stands
 * before the server's own words, or before whatever it sent for them; NULL: nothing was
 * sent. Where the code is not there, that is the mistake. */
bool decode_fail_api(struct decoder *decoder, const char *key,
                     const struct decode_code *code,
                     const char *(*meaning)(const char *), const struct json *text);

/* One answer each, from the first byte to the last. */
bool decode_cms(struct decoder *decoder);
bool decode_gateway(struct decoder *decoder);

/* ---- rows ---- */

/* Reads a list of rows and adds them to `out`. A list may be null or empty: both say
 * that there are no rows. */
bool decode_rows(struct decoder *decoder);

/* Reads the object that is the only row, and adds it to `out`. */
bool decode_only_row(struct decoder *decoder);

/* Reads the value that comes next, of whatever kind the field is, into its cell. One
 * that is null or says that there is none leaves the field unknown. */
bool decode_value(struct decoder *decoder, size_t field, int64_t *row);

/* A string, or a number as it is written. What is wrong with it is for the caller to
 * say. */
static inline bool
decode_text_of(struct json *json, struct json_text *text)
{
    *text = (struct json_text){0};
    return json_peek(json) == '"' ? json_string(json, text) : json_number(json, text);
}

/* A number, or one in a string. */
bool decode_number(struct decoder *decoder, int64_t *value);

/* A list of skills as compact JSON in the text heap. */
bool decode_skills(struct decoder *decoder, size_t field, int64_t *row);

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
