#include "script/condition_inside.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* ---- building ---- */

void
condition_fini(struct condition *condition)
{
    for (size_t i = 0; i < condition->operand_count; i++)
        free(condition->operands[i].text);
    for (size_t i = 0; i < condition->extra_count; i++)
        free(condition->extras[i].hours);
    free(condition->extras);
    free(condition->operands);
    free(condition->nodes);
    *condition = (struct condition){.query = condition->query};
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

/* A leaf about a field. */
static void
add_leaf(struct condition *condition, struct condition_node node)
{
    node.span = 1;
    node.is_5m = condition->query->fields[node.field].window_5m;
    condition->has_5m |= node.is_5m;
    add(condition, &node);
}

void
condition_compare(struct condition *condition, enum condition_op op, uint32_t field,
                  double limit)
{
    add_leaf(condition,
             (struct condition_node){.op = op, .field = field, .limit = limit});
}

void
condition_match(struct condition *condition, enum condition_op op, uint32_t field)
{
    add_leaf(condition,
             (struct condition_node){.op = op,
                                     .field = field,
                                     .first = (uint32_t)condition->operand_count});
}

static void
add_operand(struct condition *condition, const struct condition_operand *operand)
{
    size_t count = condition->operand_count;
    bool is_full = (count & (count - 1)) == 0; /* as in add() */
    if (is_full)
        condition->operands =
            mem_grow(condition->operands, count ? 2 * count : 1, sizeof *operand);
    condition->operands[condition->operand_count++] = *operand;
    condition->nodes[condition->count - 1].count++;
}

void
condition_add_number(struct condition *condition, double number)
{
    add_operand(condition, &(struct condition_operand){.number = number});
}

bool
condition_add_text(struct condition *condition, const char *text, size_t size)
{
    const struct condition_node *node = &condition->nodes[condition->count - 1];
    const struct field *field = &condition->query->fields[node->field];
    struct condition_operand operand = {.size = size};
    if (field->kind == FIELD_WORD &&
        (strlen(text) != size || !code_of_word(field->codes, text, &operand.code)))
        return false;
    operand.text = mem_copy(text, size);
    add_operand(condition, &operand);
    return true;
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

/* ---- extras ---- */

static struct condition_extra *
extra_of(struct condition *condition, size_t node)
{
    struct condition_node *of = &condition->nodes[node];
    if (!of->extra) {
        condition->extras = mem_grow(condition->extras, condition->extra_count + 1,
                                     sizeof *condition->extras);
        condition->extras[condition->extra_count++] = (struct condition_extra){0};
        of->extra = (uint32_t)condition->extra_count;
    }
    return &condition->extras[of->extra - 1];
}

static struct condition_extra *
extra_with_tracker(struct condition *condition, size_t node)
{
    struct condition_extra *extra = extra_of(condition, node);
    extra->tracker = (uint32_t)++condition->tracker_count;
    return extra;
}

void
condition_set_window(struct condition *condition, enum window_kind kind, uint32_t under,
                     int64_t ms)
{
    struct condition_extra *extra = extra_with_tracker(condition, condition->count - 1);
    extra->has_window = true;
    extra->window = kind;
    extra->under = under;
    extra->ms = ms;
    condition->nodes[condition->count - 1].is_5m = false;
}

void
condition_set_limit(struct condition *condition, int call)
{
    struct condition_extra *extra = extra_of(condition, condition->count - 1);
    extra->has_limit = true;
    extra->limit = call;
}

void
condition_add_hour(struct condition *condition, int minute, double limit)
{
    struct condition_extra *extra = extra_of(condition, condition->count - 1);
    extra->hours = mem_grow(extra->hours, extra->hour_count + 1, sizeof *extra->hours);
    extra->hours[extra->hour_count++] = (struct condition_hour){minute, limit};
}

void
condition_changed(struct condition *condition, uint32_t field, bool has_from,
                  bool has_to)
{
    condition_match(condition, OP_CHANGED, field);
    struct condition_extra *extra = extra_with_tracker(condition, condition->count - 1);
    extra->has_from = has_from;
    extra->has_to = has_to;
}

void
condition_set_times(struct condition *condition, size_t opened, uint32_t times,
                    int64_t ms)
{
    struct condition_extra *extra = extra_with_tracker(condition, opened);
    extra->times = times;
    extra->ms = ms;
}

/* ---- evaluating ---- */

const char *
sight_text(const struct sight *sight, uint32_t index, size_t *size)
{
    const struct field *field = &sight->query->fields[index];
    const int64_t *cells = sight->cells;
    if (field->kind == FIELD_TEXT)
        return row_has(cells, index) ? row_heap(*sight->row, index, size) : NULL;
    if (!row_has(cells, field->over) || !row_has(cells, field->under))
        return NULL;
    const char *text =
        operation_cause_text(cells[1 + field->over], cells[1 + field->under]);
    *size = text ? strlen(text) : 0;
    return text;
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

/* ---- leaves with operands ---- */

static inline const struct condition_operand *
operands_of(const struct sight *sight, const struct condition_node *node)
{
    return sight->condition->operands + node->first;
}

static enum truth
match_word(const struct sight *sight, const struct condition_node *node)
{
    const struct condition_operand *operands = operands_of(sight, node);
    int64_t code;
    if (!row_code(sight->query, sight->cells, node->field, &code))
        return TRUTH_UNKNOWN;
    for (uint32_t i = 0; i < node->count; i++)
        if (operands[i].code == code)
            return TRUTH_TRUE;
    return TRUTH_FALSE;
}

static enum truth
match_text(const struct sight *sight, const struct condition_node *node)
{
    const struct condition_operand *operands = operands_of(sight, node);
    size_t size;
    const char *text = sight_text(sight, node->field, &size);
    if (!text)
        return TRUTH_UNKNOWN;
    for (uint32_t i = 0; i < node->count; i++)
        if (operands[i].size == size && !memcmp(operands[i].text, text, size))
            return TRUTH_TRUE;
    return TRUTH_FALSE;
}

static enum truth
match_number(const struct sight *sight, const struct condition_node *node)
{
    const struct condition_operand *operands = operands_of(sight, node);
    double value;
    if (!sight_value(sight, node, &value))
        return TRUTH_UNKNOWN;
    if (node->op == OP_WITHIN || node->op == OP_OUTSIDE) {
        bool is_within = value >= operands[0].number && value <= operands[1].number;
        return is_within == (node->op == OP_WITHIN) ? TRUTH_TRUE : TRUTH_FALSE;
    }
    for (uint32_t i = 0; i < node->count; i++)
        if (operands[i].number == value)
            return TRUTH_TRUE;
    return TRUTH_FALSE;
}

static enum truth
match(const struct sight *sight, const struct condition_node *node)
{
    switch (sight->query->fields[node->field].kind) {
    case FIELD_WORD: return match_word(sight, node);
    case FIELD_TEXT:
    case FIELD_CAUSE: return match_text(sight, node);
    default: return match_number(sight, node);
    }
}

/* ---- windows and limits ---- */

bool
sight_value(const struct sight *sight, const struct condition_node *node, double *value)
{
    const struct condition_extra *extra = sight_extra(sight, node);
    if (extra && extra->has_window)
        return track_window(sight, node, value);
    return sight_number(sight, node->field, value);
}

/* The last entry that has begun; before the first one that of the evening before. */
static double
limit_at(const struct condition_extra *extra, double minute)
{
    size_t at = extra->hour_count;
    while (at && extra->hours[at - 1].minute > minute)
        at--;
    return extra->hours[at ? at - 1 : extra->hour_count - 1].limit;
}

bool
sight_limit(const struct sight *sight, const struct condition_node *node, double *limit)
{
    const struct condition_extra *extra = sight_extra(sight, node);
    *limit = node->limit;
    if (!extra || !extra->has_limit)
        return true;
    if (!sight->view->asker(sight->view->arg, extra->limit, limit))
        return false;
    if (extra->hour_count)
        *limit = limit_at(extra, *limit);
    return true;
}

static enum truth
compare_extra(const struct sight *sight, const struct condition_node *node)
{
    double value, limit;
    if (!sight_value(sight, node, &value) || !sight_limit(sight, node, &limit))
        return TRUTH_UNKNOWN;
    return compare(node->op, value, limit) ? TRUTH_TRUE : TRUTH_FALSE;
}

/* ---- leaves ---- */

static inline enum truth
at_edge(const struct sight *sight, const struct condition_node *node, enum truth truth)
{
    bool is_held = node->is_5m && sight->view->is_edge &&
                   (sight->view->is_clear || truth == TRUTH_FALSE);
    return is_held ? TRUTH_UNKNOWN : truth;
}

/* Kept out of evaluate(), which plain numbers alone go through for every row. */
__attribute__((noinline)) static enum truth
evaluate_leaf(const struct sight *sight, const struct condition_node *node)
{
    if (node->op == OP_CHANGED)
        return track_changed(sight, node);
    return node->count ? match(sight, node) : compare_extra(sight, node);
}

/* ---- trees ---- */

static enum truth evaluate(const struct sight *sight,
                           const struct condition_node *node);

/* The first part that is `decisive` decides; else one unknown part makes it unknown. */
static enum truth
combine(const struct sight *sight, const struct condition_node *node,
        enum truth decisive)
{
    enum truth result = truth_opposite[decisive];
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
evaluate_given(const struct sight *sight, const struct condition_node *node)
{
    const struct condition_node *guard = node + 1;
    if (evaluate(sight, guard) != TRUTH_TRUE)
        return TRUTH_UNKNOWN;
    return evaluate(sight, guard + guard->span);
}

static enum truth
evaluate(const struct sight *sight, const struct condition_node *node)
{
    double value;
    switch (node->op) {
    case OP_ALL: return combine(sight, node, TRUTH_FALSE);
    case OP_ANY: return combine(sight, node, TRUTH_TRUE);
    case OP_NONE: return truth_opposite[combine(sight, node, TRUTH_TRUE)];
    case OP_TIMES: return track_times(sight, node);
    case OP_GIVEN: return evaluate_given(sight, node);
    case OP_CALL: return sight->view->caller(sight->view->arg, node->call, sight->row);
    default:
        if (node->count || node->extra)
            return at_edge(sight, node, evaluate_leaf(sight, node));
        if (!sight_number(sight, node->field, &value))
            return TRUTH_UNKNOWN;
        return at_edge(sight, node,
                       compare(node->op, value, node->limit) ? TRUTH_TRUE
                                                             : TRUTH_FALSE);
    }
}

enum truth
sight_evaluate(const struct sight *sight, const struct condition_node *node)
{
    return evaluate(sight, node);
}

enum truth
condition_evaluate(const struct condition *condition, const struct row *row,
                   const struct condition_view *view)
{
    struct sight sight = sight_of(condition, row, view);
    return condition->count ? evaluate(&sight, condition->nodes) : TRUTH_UNKNOWN;
}
