/* Conditions: three-valued expressions over one row, evaluated in C.
 *
 * No Lua in here: functions that a script gave are CALL nodes, which the owner resolves
 * through a callback. Meanings: lifecycle.md §1. */
#ifndef CCGATE_SCRIPT_CONDITION_H
#define CCGATE_SCRIPT_CONDITION_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "model/schema.h"

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
    OP_ALL,     /* a false decides, else unknown stays unknown */
    OP_ANY,     /* a true decides, else unknown stays unknown */
    OP_NONE,    /* not ANY */
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

/* What the function behind `call` says of the row. It has to return: no Lua error
 * leaves it. An explanation may ask the same function more than once. */
typedef enum truth condition_caller(void *arg, int call, const struct row *row);

/* `row` is one of condition->query. A condition of no nodes is unknown. `caller`
 * may be NULL when there is no OP_CALL. */
enum truth condition_evaluate(const struct condition *condition, const struct row *row,
                              condition_caller *caller, void *arg);

/* Why it is what it is, for this row: "calls_waiting is 7 (above 5), longest_wait_5m is
 * 2m15s (above 2m)", "state is rest (equal rest)"; unknown fields are named as unknown,
 * functions as "a function". Only the parts that decide are listed: of a true ANY the
 * true ones, of a false ALL the false ones. */
void condition_explain(const struct condition *condition, const struct row *row,
                       condition_caller *caller, void *arg, struct buf *out);

/* The condition itself as people say it: "calls_waiting above 0 and longest_wait_5m
 * above 2m", "state is rest". */
void condition_describe(const struct condition *condition, struct buf *out);

/* Adds a value in its unit: seconds as a duration, a ratio as percent. */
void condition_add_value(struct buf *out, enum field_unit unit, double value);

#endif
