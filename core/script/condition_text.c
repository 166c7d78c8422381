/* Conditions in words: why one is what it is, and what it says. */
#include "script/condition_inside.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

#define TEXT_SHOWN 100 /* bytes of a text in an explanation */

static const struct {
    const char *word;   /* in Lua */
    const char *phrase; /* of a comparison, before its limit; between parts */
} ops[] = {
    [OP_ABOVE] = {"above", "above"},
    [OP_BELOW] = {"below", "below"},
    [OP_AT_LEAST] = {"at_least", "at least"},
    [OP_AT_MOST] = {"at_most", "at most"},
    [OP_EQUAL] = {"equal", "equal to"},
    [OP_ONE_OF] = {"one_of", "one of"},
    [OP_WITHIN] = {"within", "within"},
    [OP_OUTSIDE] = {"outside", "outside"},
    [OP_ALL] = {"all", " and "},
    [OP_ANY] = {"any", " or "},
    [OP_NONE] = {"none", " or "},
    [OP_CALL] = {"call", "a function"},
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

/* ---- values ---- */

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

/* A text of the contact centre's may be long: an explanation is not. */
static void
add_text(struct buf *out, const char *text, size_t size)
{
    size_t most = size < TEXT_SHOWN ? size : TEXT_SHOWN;
    while (most < size && most > 0 && ((unsigned char)text[most] & 0xc0) == 0x80)
        most--;
    buf_add(out, text, most);
    if (most < size)
        buf_add_text(out, "…");
}

static bool
is_boolean(const struct field *field)
{
    return field->kind == FIELD_BOOLEAN || field->kind == FIELD_INTERIM;
}

static void
add_number_of(struct buf *out, const struct field *field, double value)
{
    if (is_boolean(field))
        buf_add_text(out, value != 0 ? "true" : "false");
    else
        condition_add_value(out, field->unit, value);
}

static void
add_operands(struct buf *out, const struct condition *condition,
             const struct condition_node *node)
{
    const struct field *field = &condition->query->fields[node->field];
    const char *between = node->op == OP_ONE_OF ? ", " : " to ";
    for (uint32_t i = 0; i < node->count; i++) {
        const struct condition_operand *operand = &condition->operands[node->first + i];
        buf_add_text(out, i ? between : "");
        if (operand->text)
            add_text(out, operand->text, operand->size);
        else
            add_number_of(out, field, operand->number);
    }
}

/* Of an EQUAL with an operand the phrase is `equal`. */
static void
add_limit(struct buf *out, const struct condition *condition,
          const struct condition_node *node, const char *equal)
{
    bool is_equal = node->op == OP_EQUAL && node->count;
    buf_add_text(out, is_equal ? equal : ops[node->op].phrase);
    buf_add_text(out, " ");
    if (node->count)
        add_operands(out, condition, node);
    else
        condition_add_value(out, condition->query->fields[node->field].unit,
                            node->limit);
}

/* What the leaf compares, in a row that has it. */
static void
add_actual(const struct sight *sight, const struct condition_node *node,
           struct buf *out)
{
    const struct field *field = &sight->query->fields[node->field];
    double value = 0;
    size_t size = 0;
    const char *text;
    switch (field->kind) {
    case FIELD_WORD: row_text(sight->query, *sight->row, node->field, out); return;
    case FIELD_TEXT:
    case FIELD_CAUSE:
        text = sight_text(sight, node->field, &size);
        add_text(out, text, size);
        return;
    default:
        sight_number(sight, node->field, &value);
        add_number_of(out, field, value);
        return;
    }
}

static void
explain_comparison(const struct sight *sight, const struct condition_node *node,
                   struct buf *out)
{
    enum truth truth = sight_evaluate(sight, node);
    buf_add_text(out, sight->query->fields[node->field].name);
    if (truth == TRUTH_UNKNOWN) {
        buf_add_text(out, " is unknown");
        return;
    }
    buf_add_text(out, " is ");
    add_actual(sight, node, out);
    buf_add_text(out, truth == TRUTH_TRUE ? " (" : " (not ");
    add_limit(out, sight->condition, node, "equal");
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
    enum truth wanted = node->op == OP_NONE ? truth_opposite[truth] : truth;
    const struct condition_node *end = node + node->span;
    const char *between = "";
    for (const struct condition_node *part = node + 1; part < end; part += part->span)
        if (sight_evaluate(sight, part) == wanted) {
            buf_add_text(out, between);
            between = ", ";
            explain(sight, part, wanted, out);
        }
}

void
condition_explain(const struct condition *condition, const struct row *row,
                  condition_caller *caller, void *arg, struct buf *out)
{
    struct sight sight = {condition, condition->query, row, row->cells, caller, arg};
    if (condition->count)
        explain(&sight, condition->nodes, sight_evaluate(&sight, condition->nodes),
                out);
}

static void
describe(const struct condition *condition, const struct condition_node *node,
         bool is_part, struct buf *out)
{
    if (node->op == OP_CALL) {
        buf_add_text(out, ops[OP_CALL].phrase);
        return;
    }
    if (node->op < OP_ALL) {
        buf_add_text(out, condition->query->fields[node->field].name);
        buf_add_text(out, node->op == OP_ONE_OF ? " is " : " ");
        add_limit(out, condition, node, "is");
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
        describe(condition, part, is_part || !is_single, out);
    }
    buf_add_text(out, is_fenced ? ")" : "");
}

void
condition_describe(const struct condition *condition, struct buf *out)
{
    if (condition->count)
        describe(condition, condition->nodes, false, out);
}
