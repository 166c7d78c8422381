#include "script/condition.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

static const struct {
    const char *word;   /* in Lua */
    const char *phrase; /* of a comparison, before its limit; between parts */
} ops[] = {
    [OP_ABOVE] = {"above", "above"},
    [OP_BELOW] = {"below", "below"},
    [OP_AT_LEAST] = {"at_least", "at least"},
    [OP_AT_MOST] = {"at_most", "at most"},
    [OP_EQUAL] = {"equal", "equal to"},
    [OP_ALL] = {"all", " and "},
    [OP_ANY] = {"any", " or "},
    [OP_NONE] = {"none", " or "},
    [OP_CALL] = {"call", "a function"},
};

static const enum truth opposite[] = {
    [TRUTH_FALSE] = TRUTH_TRUE,
    [TRUTH_TRUE] = TRUTH_FALSE,
    [TRUTH_UNKNOWN] = TRUTH_UNKNOWN,
};

const char *
condition_word(enum condition_op op)
{
    return ops[op].word;
}

int
condition_op_of(const char *word)
{
    for (size_t op = 0; op < sizeof ops / sizeof ops[0]; op++)
        if (strcmp(ops[op].word, word) == 0)
            return (int)op;
    return -1;
}

/* ---- building ---- */

void
condition_fini(struct condition *condition)
{
    free(condition->nodes);
    condition->nodes = NULL;
    condition->count = 0;
}

static void
add(struct condition *condition, const struct condition_node *node)
{
    size_t count = condition->count;
    bool is_full = (count & (count - 1)) == 0; /* the room is always a power of two */
    if (is_full)
        condition->nodes =
            mem_grow(condition->nodes, count ? 2 * count : 1, sizeof *node);
    condition->nodes[condition->count++] = *node;
}

void
condition_compare(struct condition *condition, enum condition_op op, uint32_t field,
                  double limit)
{
    add(condition,
        &(struct condition_node){.op = op, .span = 1, .field = field, .limit = limit});
}

void
condition_call(struct condition *condition, int call)
{
    add(condition, &(struct condition_node){.op = OP_CALL, .span = 1, .call = call});
}

size_t
condition_open(struct condition *condition, enum condition_op op)
{
    add(condition, &(struct condition_node){.op = op, .span = 1});
    return condition->count - 1;
}

void
condition_close(struct condition *condition, size_t opened)
{
    condition->nodes[opened].span = (uint32_t)(condition->count - opened);
}

/* ---- evaluating ---- */

/* A condition, one row of it, and who answers for the script's functions. */
struct sight {
    const struct query *query;
    const int64_t *row;
    condition_caller *caller;
    void *arg;
};

static inline bool
number_of(const struct sight *sight, uint32_t field, double *value)
{
    /* Nearly every field is an integer: spare it the call. */
    if (sight->query->fields[field].kind != FIELD_INTEGER)
        return row_number(sight->query, sight->row, field, value);
    *value = (double)sight->row[1 + field];
    return row_has(sight->row, field);
}

static inline bool
compare(enum condition_op op, double value, double limit)
{
    switch (op) {
    case OP_ABOVE: return value > limit;
    case OP_BELOW: return value < limit;
    case OP_AT_LEAST: return value >= limit;
    case OP_AT_MOST: return value <= limit;
    default: return value == limit;
    }
}

static enum truth evaluate(const struct sight *sight,
                           const struct condition_node *node);

/* The first part that is `decisive` decides; else one unknown part makes it unknown. */
static enum truth
combine(const struct sight *sight, const struct condition_node *node,
        enum truth decisive)
{
    enum truth result = opposite[decisive];
    const struct condition_node *end = node + node->span;
    for (const struct condition_node *part = node + 1; part < end; part += part->span) {
        enum truth truth = evaluate(sight, part);
        if (truth == decisive)
            return decisive;
        if (truth == TRUTH_UNKNOWN)
            result = TRUTH_UNKNOWN;
    }
    return result;
}

static enum truth
evaluate(const struct sight *sight, const struct condition_node *node)
{
    double value;
    switch (node->op) {
    case OP_ALL: return combine(sight, node, TRUTH_FALSE);
    case OP_ANY: return combine(sight, node, TRUTH_TRUE);
    case OP_NONE: return opposite[combine(sight, node, TRUTH_TRUE)];
    case OP_CALL: return sight->caller(sight->arg, node->call, sight->row);
    default:
        if (!number_of(sight, node->field, &value))
            return TRUTH_UNKNOWN;
        return compare(node->op, value, node->limit) ? TRUTH_TRUE : TRUTH_FALSE;
    }
}

enum truth
condition_evaluate(const struct condition *condition, const int64_t *row,
                   condition_caller *caller, void *arg)
{
    struct sight sight = {condition->query, row, caller, arg};
    return condition->count ? evaluate(&sight, condition->nodes) : TRUTH_UNKNOWN;
}

/* ---- wording ---- */

/* At most `decimals` of them: 2.50 is 2.5, 7.00 is 7. */
static void
add_number(struct buf *out, double value, int decimals)
{
    size_t begin = out->size;
    buf_format(out, "%.*f", decimals, value);
    if (!memchr(out->data + begin, '.', out->size - begin))
        return; /* not a finite number */
    while (out->data[out->size - 1] == '0')
        out->size--;
    if (out->data[out->size - 1] == '.')
        out->size--;
    out->data[out->size] = '\0';
}

static void
add_duration(struct buf *out, double seconds)
{
    char text[32];
    double ms = seconds * 1000;
    if (fabs(ms) < 9e15) { /* what is exact, and fits */
        int64_t whole = (int64_t)(ms < 0 ? ms - 0.5 : ms + 0.5);
        buf_add_text(out, text_format_duration(whole, text, sizeof text));
        return;
    }
    add_number(out, seconds, 0);
    buf_add_text(out, "s");
}

void
condition_add_value(struct buf *out, enum field_unit unit, double value)
{
    switch (unit) {
    case UNIT_SECONDS: add_duration(out, value); break;
    case UNIT_RATIO:
        add_number(out, value * 100, 2);
        buf_add_text(out, "%");
        break;
    case UNIT_NONE:
    case UNIT_COUNT: add_number(out, value, 3); break;
    }
}

static void
add_limit(struct buf *out, const struct query *query, const struct condition_node *node)
{
    buf_add_text(out, ops[node->op].phrase);
    buf_add_text(out, " ");
    condition_add_value(out, query->fields[node->field].unit, node->limit);
}

static void
explain_comparison(const struct sight *sight, const struct condition_node *node,
                   struct buf *out)
{
    const struct field *field = &sight->query->fields[node->field];
    double value;
    buf_add_text(out, field->name);
    if (!number_of(sight, node->field, &value)) {
        buf_add_text(out, " is unknown");
        return;
    }
    buf_add_text(out, " is ");
    condition_add_value(out, field->unit, value);
    buf_add_text(out, compare(node->op, value, node->limit) ? " (" : " (not ");
    add_limit(out, sight->query, node);
    buf_add_text(out, ")");
}

/* `truth` is what the node is. The parts that make it so are those that are the same;
 * of a NONE, those that are the opposite. */
static void
explain(const struct sight *sight, const struct condition_node *node, enum truth truth,
        struct buf *out)
{
    if (node->op == OP_CALL) {
        buf_add_text(out, ops[OP_CALL].phrase);
        return;
    }
    if (node->op < OP_ALL) {
        explain_comparison(sight, node, out);
        return;
    }
    enum truth wanted = node->op == OP_NONE ? opposite[truth] : truth;
    const struct condition_node *end = node + node->span;
    const char *between = "";
    for (const struct condition_node *part = node + 1; part < end; part += part->span)
        if (evaluate(sight, part) == wanted) {
            buf_add_text(out, between);
            between = ", ";
            explain(sight, part, wanted, out);
        }
}

void
condition_explain(const struct condition *condition, const int64_t *row,
                  condition_caller *caller, void *arg, struct buf *out)
{
    struct sight sight = {condition->query, row, caller, arg};
    if (condition->count)
        explain(&sight, condition->nodes, evaluate(&sight, condition->nodes), out);
}

static void
describe(const struct query *query, const struct condition_node *node, bool is_part,
         struct buf *out)
{
    if (node->op == OP_CALL) {
        buf_add_text(out, ops[OP_CALL].phrase);
        return;
    }
    if (node->op < OP_ALL) {
        buf_add_text(out, query->fields[node->field].name);
        buf_add_text(out, " ");
        add_limit(out, query, node);
        return;
    }
    bool is_single = node->span > 1 && node[1].span == node->span - 1;
    bool is_fenced = node->op == OP_NONE || (is_part && !is_single);
    if (node->op == OP_NONE)
        buf_add_text(out, "not ");
    buf_add_text(out, is_fenced ? "(" : "");
    const struct condition_node *end = node + node->span;
    for (const struct condition_node *part = node + 1; part < end; part += part->span) {
        buf_add_text(out, part == node + 1 ? "" : ops[node->op].phrase);
        describe(query, part, is_part || !is_single, out);
    }
    buf_add_text(out, is_fenced ? ")" : "");
}

void
condition_describe(const struct condition *condition, struct buf *out)
{
    if (condition->count)
        describe(condition->query, condition->nodes, false, out);
}
