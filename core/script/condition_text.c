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
    [OP_CHANGED] = {"changed", "changed"},
    [OP_ALL] = {"all", " and "},
    [OP_ANY] = {"any", " or "},
    [OP_NONE] = {"none", " or "},
    [OP_TIMES] = {"times", " became true "},
    [OP_GIVEN] = {"given", " given "},
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
add_operand(struct buf *out, const struct field *field,
            const struct condition_operand *operand)
{
    if (operand->text)
        add_text(out, operand->text, operand->size);
    else
        add_number_of(out, field, operand->number);
}

static void
add_operands(struct buf *out, const struct condition *condition,
             const struct condition_node *node)
{
    const struct field *field = &condition->query->fields[node->field];
    const char *between = node->op == OP_ONE_OF ? ", " : " to ";
    for (uint32_t i = 0; i < node->count; i++) {
        buf_add_text(out, i ? between : "");
        add_operand(out, field, &condition->operands[node->first + i]);
    }
}

static void
add_length(struct buf *out, int64_t ms)
{
    char text[32];
    buf_add_text(out, text_format_duration(ms, text, sizeof text));
}

/* "calls_waiting", "average of calls_waiting over 5m". */
static void
add_subject(struct buf *out, const struct condition *condition,
            const struct condition_node *node)
{
    const struct field *fields = condition->query->fields;
    const struct condition_extra *extra =
        node->extra ? &condition->extras[node->extra - 1] : NULL;
    bool has_window = extra && extra->has_window;
    if (has_window)
        buf_format(out, "%s of ", window_word(extra->window));
    buf_add_text(out, fields[node->field].name);
    if (!has_window)
        return;
    if (extra->window == WINDOW_RATIO)
        buf_format(out, " to %s", fields[extra->under].name);
    buf_add_text(out, " over ");
    add_length(out, extra->ms);
}

/* Of what is compared: a ratio of two counts is none, growth per second neither. */
static enum field_unit
unit_of(const struct condition *condition, const struct condition_node *node)
{
    const struct condition_extra *extra =
        node->extra ? &condition->extras[node->extra - 1] : NULL;
    if (extra && extra->has_window && extra->window == WINDOW_RATIO)
        return UNIT_RATIO;
    if (extra && extra->has_window && extra->window == WINDOW_RATE)
        return UNIT_NONE;
    return condition->query->fields[node->field].unit;
}

/* "20 from 08:00, 35 from 12:00", or that it is a function. */
static void
add_moving_limit(struct buf *out, const struct condition *condition,
                 const struct condition_node *node)
{
    const struct condition_extra *extra = &condition->extras[node->extra - 1];
    if (!extra->hour_count)
        buf_add_text(out, ops[OP_CALL].phrase);
    for (size_t i = 0; i < extra->hour_count; i++) {
        const struct condition_hour *hour = &extra->hours[i];
        buf_add_text(out, i ? ", " : "");
        condition_add_value(out, unit_of(condition, node), hour->limit);
        buf_format(out, " from %02d:%02d", hour->minute / 60, hour->minute % 60);
    }
}

static bool
is_moving(const struct condition *condition, const struct condition_node *node)
{
    return node->extra && condition->extras[node->extra - 1].has_limit;
}

/* "changed from idle to rest"; the operands are those that there are. */
static void
add_change(struct buf *out, const struct condition *condition,
           const struct condition_node *node)
{
    const struct condition_extra *extra = &condition->extras[node->extra - 1];
    const struct field *field = &condition->query->fields[node->field];
    const struct condition_operand *operand = condition->operands + node->first;
    buf_add_text(out, ops[OP_CHANGED].phrase);
    if (extra->has_from) {
        buf_add_text(out, " from ");
        add_operand(out, field, operand++);
    }
    if (extra->has_to) {
        buf_add_text(out, " to ");
        add_operand(out, field, operand);
    }
}

/* Of an EQUAL with an operand the phrase is `equal`. `sight` NULL: of no row. */
static void
add_limit(struct buf *out, const struct condition *condition,
          const struct condition_node *node, const char *equal,
          const struct sight *sight)
{
    double limit = node->limit;
    if (node->op == OP_CHANGED) {
        add_change(out, condition, node);
        return;
    }
    bool is_equal = node->op == OP_EQUAL && node->count;
    buf_add_text(out, is_equal ? equal : ops[node->op].phrase);
    buf_add_text(out, " ");
    if (node->count)
        add_operands(out, condition, node);
    else if (is_moving(condition, node) && !(sight && sight_limit(sight, node, &limit)))
        add_moving_limit(out, condition, node);
    else
        condition_add_value(out, unit_of(condition, node), limit);
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
        sight_value(sight, node, &value);
        if (is_boolean(field))
            add_number_of(out, field, value);
        else
            condition_add_value(out, unit_of(sight->condition, node), value);
        return;
    }
}

static void
explain_comparison(const struct sight *sight, const struct condition_node *node,
                   struct buf *out)
{
    enum truth truth = sight_evaluate(sight, node);
    add_subject(out, sight->condition, node);
    if (truth == TRUTH_UNKNOWN) {
        buf_add_text(out, " is unknown");
        return;
    }
    buf_add_text(out, " is ");
    add_actual(sight, node, out);
    buf_add_text(out, truth == TRUTH_TRUE ? " (" : " (not ");
    add_limit(out, sight->condition, node, "equal", sight);
    buf_add_text(out, ")");
}

static void describe(const struct condition *condition,
                     const struct condition_node *node, bool is_part, struct buf *out);

/* "calls_waiting above 5 became true 3 times in 10m (at least 2)" */
static void
explain_times(const struct sight *sight, const struct condition_node *node,
              struct buf *out)
{
    const struct condition_extra *extra = sight_extra(sight, node);
    uint32_t count = track_count(sight, node);
    describe(sight->condition, node + 1, true, out);
    buf_format(out, "%s%u time%s in ", ops[OP_TIMES].phrase, count,
               count == 1 ? "" : "s");
    add_length(out, extra->ms);
    buf_format(out, count < extra->times ? " (not at least %u)" : " (at least %u)",
               extra->times);
}

static void explain(const struct sight *sight, const struct condition_node *node,
                    enum truth truth, struct buf *out);

/* What the guard leaves: the condition itself, or why it does not count. */
static void
explain_given(const struct sight *sight, const struct condition_node *node,
              struct buf *out)
{
    const struct condition_node *guard = node + 1, *part = guard + guard->span;
    enum truth guarded = sight_evaluate(sight, guard);
    if (guarded == TRUTH_TRUE) {
        explain(sight, part, sight_evaluate(sight, part), out);
        buf_add_text(out, ", ");
    }
    explain(sight, guard, guarded, out);
}

/* `truth` is what the node is. The parts that make it so are those that are the same;
 * of a NONE, those that are the opposite. */
static void
explain_parts(const struct sight *sight, const struct condition_node *node,
              enum truth truth, struct buf *out)
{
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

static void
explain(const struct sight *sight, const struct condition_node *node, enum truth truth,
        struct buf *out)
{
    switch (node->op) {
    case OP_CALL: buf_add_text(out, ops[OP_CALL].phrase); break;
    case OP_TIMES: explain_times(sight, node, out); break;
    case OP_GIVEN: explain_given(sight, node, out); break;
    case OP_ALL:
    case OP_ANY:
    case OP_NONE: explain_parts(sight, node, truth, out); break;
    default: explain_comparison(sight, node, out); break;
    }
}

void
condition_explain(const struct condition *condition, const struct row *row,
                  const struct condition_view *view, struct buf *out)
{
    struct sight sight = sight_of(condition, row, view);
    if (condition->count)
        explain(&sight, condition->nodes, sight_evaluate(&sight, condition->nodes),
                out);
}

static void
describe_comparison(const struct condition *condition,
                    const struct condition_node *node, struct buf *out)
{
    add_subject(out, condition, node);
    buf_add_text(out, node->op == OP_ONE_OF ? " is " : " ");
    add_limit(out, condition, node, "is", NULL);
}

/* "calls_waiting above 5 became true 2 times in 10m" */
static void
describe_times(const struct condition *condition, const struct condition_node *node,
               struct buf *out)
{
    const struct condition_extra *extra = &condition->extras[node->extra - 1];
    describe(condition, node + 1, true, out);
    buf_format(out, "%s%u time%s in ", ops[OP_TIMES].phrase, extra->times,
               extra->times == 1 ? "" : "s");
    add_length(out, extra->ms);
}

static void
describe_given(const struct condition *condition, const struct condition_node *node,
               bool is_part, struct buf *out)
{
    const struct condition_node *guard = node + 1;
    buf_add_text(out, is_part ? "(" : "");
    describe(condition, guard + guard->span, true, out);
    buf_add_text(out, ops[OP_GIVEN].phrase);
    describe(condition, guard, true, out);
    buf_add_text(out, is_part ? ")" : "");
}

static void
describe_parts(const struct condition *condition, const struct condition_node *node,
               bool is_part, struct buf *out)
{
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

static void
describe(const struct condition *condition, const struct condition_node *node,
         bool is_part, struct buf *out)
{
    switch (node->op) {
    case OP_CALL: buf_add_text(out, ops[OP_CALL].phrase); break;
    case OP_TIMES: describe_times(condition, node, out); break;
    case OP_GIVEN: describe_given(condition, node, is_part, out); break;
    case OP_ALL:
    case OP_ANY:
    case OP_NONE: describe_parts(condition, node, is_part, out); break;
    default: describe_comparison(condition, node, out); break;
    }
}

void
condition_describe(const struct condition *condition, struct buf *out)
{
    if (condition->count)
        describe(condition, condition->nodes, false, out);
}
