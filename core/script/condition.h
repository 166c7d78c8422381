/* Conditions: three-valued expressions over one row and what is remembered of its key,
 * evaluated in C.
 *
 * No Lua in here: functions that a script gave are numbers, which the owner resolves
 * through callbacks. Meanings: lifecycle.md §1. Windows, changes and onsets live in
 * trackers, one set of them for each key, which condition_track() feeds with a sample
 * before the condition is evaluated for it. */
#ifndef CCGATE_SCRIPT_CONDITION_H
#define CCGATE_SCRIPT_CONDITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "model/schema.h"
#include "script/window.h"

enum truth { TRUTH_FALSE, TRUTH_TRUE, TRUTH_UNKNOWN };

enum condition_op {
    OP_ABOVE,
    OP_BELOW,
    OP_AT_LEAST,
    OP_AT_MOST,
    OP_EQUAL,
    OP_ONE_OF,  /* equal to one of several */
    OP_WITHIN,  /* low … high, both ends included */
    OP_OUTSIDE, /* not WITHIN */
    OP_CHANGED, /* from one sample to the next, at most stale_after apart */
    OP_ALL,     /* a false decides, else unknown stays unknown */
    OP_ANY,     /* a true decides, else unknown stays unknown */
    OP_NONE,    /* not ANY */
    OP_TIMES,   /* its part became true so often */
    OP_GIVEN,   /* its second part, and unknown unless the first, the guard, is true */
    OP_CALL,    /* a function of the script */
};

/* The word of an operator in Lua: "above", "at_least", "all", … */
const char *condition_word(enum condition_op op);
/* -1 for an unknown word. */
int condition_op_of(const char *word);

/* A tree in prefix order: a combination is followed by its `span` - 1 nodes. A leaf
 * compares its field with `limit`, or with operands, if it has any. */
struct condition_node {
    enum condition_op op;
    uint32_t span;         /* nodes of this subtree, itself included; 1 for a leaf */
    uint32_t field;        /* comparisons */
    double limit;          /* comparisons, in the field's unit */
    int call;              /* OP_CALL: what the owner knows the function by */
    uint32_t first, count; /* operands */
    uint32_t extra;        /* 1 + its place in extras; 0: none */
    bool is_5m;            /* compares what the server's five-minute window holds */
};

/* From this minute of the day on the limit is this. */
struct condition_hour {
    int minute;
    double limit;
};

/* What few nodes have. */
struct condition_extra {
    uint32_t tracker; /* 1 + its place in the trackers; 0: none */
    bool has_window;  /* compares a window's value instead of the row's */
    enum window_kind window;
    uint32_t under;        /* WINDOW_RATIO: the other field */
    int64_t ms;            /* of a window, and OP_TIMES: its length */
    uint32_t times;        /* OP_TIMES */
    bool has_from, has_to; /* OP_CHANGED: the operands, in this order */
    bool has_limit;        /* `limit` or `hours` is in the place of the node's */
    int limit;             /* a function that gives the limit; of hours the minute */
    struct condition_hour *hours; /* owned; ascending */
    size_t hour_count;
};

struct condition_operand {
    double number; /* of a field that is a number or a boolean (0, 1) */
    int64_t code;  /* of a word */
    char *text;    /* of a word or a text; owned */
    size_t size;
};

struct condition {
    const struct query *query;
    struct condition_node *nodes; /* owned */
    size_t count;
    struct condition_operand *operands; /* owned */
    size_t operand_count;
    struct condition_extra *extras; /* owned */
    size_t extra_count;
    size_t tracker_count;
    bool has_5m; /* one of the nodes is_5m, or has a window of such a field */
};

void condition_fini(struct condition *condition);

/* Building: leaves are added in order; a combination is opened, its parts are added, it
 * is closed. Numbers alone are compared by condition_compare(). */
void condition_compare(struct condition *condition, enum condition_op op,
                       uint32_t field, double limit);
/* A leaf of EQUAL, ONE_OF, WITHIN (low, high) or OUTSIDE, whose operands are added
 * next: numbers for numbers and booleans, texts for words and texts. False, and nothing
 * is added: the field's table cannot give this word. */
void condition_match(struct condition *condition, enum condition_op op, uint32_t field);
void condition_add_number(struct condition *condition, double number);
bool condition_add_text(struct condition *condition, const char *text, size_t size);
void condition_call(struct condition *condition, int call);
size_t condition_open(struct condition *condition, enum condition_op op);
void condition_close(struct condition *condition, size_t opened);

/* The leaf that was added last compares a window of its field instead of the field
 * itself; `under` is the other field of a ratio. */
void condition_set_window(struct condition *condition, enum window_kind kind,
                          uint32_t under, int64_t ms);
/* Its limit is what a function gives, each time anew; with hours that are added then,
 * the function gives the minute of the day instead. */
void condition_set_limit(struct condition *condition, int call);
void condition_add_hour(struct condition *condition, int minute, double limit);
/* A leaf of OP_CHANGED; the operands are added next, `from` first. */
void condition_changed(struct condition *condition, uint32_t field, bool has_from,
                       bool has_to);
/* What is open is OP_TIMES of one part. */
void condition_set_times(struct condition *condition, size_t opened, uint32_t times,
                         int64_t ms);

/* ---- evaluating ---- */

/* What the function behind `call` says of the row. It has to return: no Lua error
 * leaves it. An explanation may ask the same function more than once. */
typedef enum truth condition_caller(void *arg, int call, const struct row *row);
/* The number that the function behind `call` gives; false: none, the limit is unknown.
 */
typedef bool condition_asker(void *arg, int call, double *number);

struct tracker;

/* What a condition sees beside the row. A zeroed struct is one without functions and
 * without a memory: what needs it is unknown. */
struct condition_view {
    condition_caller *caller; /* may be NULL when there is no OP_CALL */
    condition_asker *asker;   /* may be NULL when no limit is a function */
    void *arg;
    int64_t now_ms;           /* of the sample */
    int64_t stale_after_ms;   /* OP_CHANGED */
    struct tracker *trackers; /* the key's, of this condition; NULL: none */
    /* The five-minute edge: what compares a _5m field is unknown where it is false, and
     * in a `clear` always. Windows are not concerned. */
    bool is_edge;
    bool is_clear;
    bool is_closing; /* a five-minute window of the server's has ended */
};

/* `row` is one of condition->query. A condition of no nodes is unknown. */
enum truth condition_evaluate(const struct condition *condition, const struct row *row,
                              const struct condition_view *view);

/* ---- what is remembered of a key ---- */

/* condition->tracker_count trackers that have seen nothing; NULL for none. */
struct tracker *condition_trackers_new(const struct condition *condition);
void condition_trackers_delete(const struct condition *condition,
                               struct tracker *trackers);
/* The clock was put forward by so much. */
void condition_trackers_shift(const struct condition *condition,
                              struct tracker *trackers, int64_t by_ms);
/* Takes the sample into view->trackers. Once per sample, before evaluating. */
void condition_track(const struct condition *condition, const struct row *row,
                     const struct condition_view *view);

/* ---- words ---- */

/* Why it is what it is, for this row: "calls_waiting is 7 (above 5), longest_wait_5m is
 * 2m15s (above 2m)", "state is rest (equal rest)"; unknown fields are named as unknown,
 * functions as "a function". Only the parts that decide are listed: of a true ANY the
 * true ones, of a false ALL the false ones. */
void condition_explain(const struct condition *condition, const struct row *row,
                       const struct condition_view *view, struct buf *out);

/* The condition itself as people say it: "calls_waiting above 0 and longest_wait_5m
 * above 2m", "state is rest". */
void condition_describe(const struct condition *condition, struct buf *out);

/* Adds a value in its unit: seconds as a duration, a ratio as percent. */
void condition_add_value(struct buf *out, enum field_unit unit, double value);

#endif
