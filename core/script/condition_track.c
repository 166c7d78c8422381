/* Conditions that remember: windows, changes, onsets. */
#include "script/condition_inside.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/step.h"
#include "script/key.h"

#define COVERED_PERCENT 80
#define WINDOW_5M_MS    ((int64_t)300000) /* the server's */

struct tracker {
    int64_t seen_ms; /* when its field was known, or its part true or false */
    union {
        struct {
            struct window window;
            bool has_last;
            double last, last_under; /* of a _5m field: in the sample before */
        } over;
        struct {
            int64_t value, before; /* comparable, no more */
            int64_t before_ms;     /* 0: there is none before */
        } change;
        struct {
            enum truth was;
            int64_t since_ms; /* the first time that it was known; 0: never */
            int64_t *onsets;  /* owned; the last ones, by time */
            uint32_t count;
        } times;
    } of;
};

static struct tracker *
tracker_of(const struct sight *sight, const struct condition_node *node)
{
    struct tracker *trackers = sight->view->trackers;
    return trackers ? &trackers[sight_extra(sight, node)->tracker - 1] : NULL;
}

/* ---- windows ---- */

static bool
is_over_5m(const struct sight *sight, const struct condition_node *node)
{
    return sight->query->fields[node->field].window_5m;
}

/* What the server has counted in a window of its own is whole only when that closes:
 * the sample before says what it was. */
static void
feed_window(const struct sight *sight, const struct condition_node *node,
            struct tracker *tracker)
{
    const struct condition_extra *extra = sight_extra(sight, node);
    int64_t now_ms = sight->view->now_ms;
    double value, under = 0;
    bool is_known =
        sight_number(sight, node->field, &value) &&
        (extra->window != WINDOW_RATIO || sight_number(sight, extra->under, &under));
    bool is_5m = is_over_5m(sight, node);
    if (is_5m && sight->view->is_closing && tracker->of.over.has_last)
        window_add(&tracker->of.over.window, extra->ms, now_ms, tracker->of.over.last,
                   tracker->of.over.last_under);
    if (!is_known)
        return;
    if (!is_5m)
        window_add(&tracker->of.over.window, extra->ms, now_ms, value, under);
    tracker->of.over.has_last = true;
    tracker->of.over.last = value;
    tracker->of.over.last_under = under;
    tracker->seen_ms = now_ms;
}

bool
track_window(const struct sight *sight, const struct condition_node *node,
             double *value)
{
    const struct condition_extra *extra = sight_extra(sight, node);
    const struct tracker *tracker = tracker_of(sight, node);
    int64_t reach_ms = is_over_5m(sight, node) ? WINDOW_5M_MS : 0;
    return tracker && tracker->seen_ms == sight->view->now_ms &&
           window_value(&tracker->of.over.window, extra->window, extra->ms, reach_ms,
                        sight->view->now_ms, value);
}

/* ---- changes ---- */

/* Two values are the same when these are. */
static bool
comparable(const struct sight *sight, uint32_t field, int64_t *value)
{
    const char *text;
    double number;
    size_t size;
    switch (sight->query->fields[field].kind) {
    case FIELD_WORD: return row_code(sight->query, sight->cells, field, value);
    case FIELD_TEXT:
    case FIELD_CAUSE:
        text = sight_text(sight, field, &size);
        *value = text ? (int64_t)key_hash(text, size) : 0;
        return text != NULL;
    default:
        if (!sight_number(sight, field, &number))
            return false;
        memcpy(value, &number, sizeof number);
        return true;
    }
}

static int64_t
comparable_operand(const struct sight *sight, const struct condition_node *node,
                   const struct condition_operand *operand)
{
    int64_t value;
    switch (sight->query->fields[node->field].kind) {
    case FIELD_WORD: return operand->code;
    case FIELD_TEXT:
    case FIELD_CAUSE: return (int64_t)key_hash(operand->text, operand->size);
    default: memcpy(&value, &operand->number, sizeof value); return value;
    }
}

static void
feed_change(const struct sight *sight, const struct condition_node *node,
            struct tracker *tracker)
{
    int64_t value;
    if (!comparable(sight, node->field, &value))
        return;
    tracker->of.change.before = tracker->of.change.value;
    tracker->of.change.before_ms = tracker->seen_ms;
    tracker->of.change.value = value;
    tracker->seen_ms = sight->view->now_ms;
}

enum truth
track_changed(const struct sight *sight, const struct condition_node *node)
{
    const struct condition_extra *extra = sight_extra(sight, node);
    const struct condition_operand *operand = sight->condition->operands + node->first;
    const struct tracker *tracker = tracker_of(sight, node);
    int64_t now_ms = sight->view->now_ms;
    if (!tracker || tracker->seen_ms != now_ms || !tracker->of.change.before_ms ||
        now_ms - tracker->of.change.before_ms > sight->view->stale_after_ms)
        return TRUTH_UNKNOWN;
    if (tracker->of.change.before == tracker->of.change.value)
        return TRUTH_FALSE;
    if (extra->has_from &&
        comparable_operand(sight, node, operand++) != tracker->of.change.before)
        return TRUTH_FALSE;
    if (extra->has_to &&
        comparable_operand(sight, node, operand) != tracker->of.change.value)
        return TRUTH_FALSE;
    return TRUTH_TRUE;
}

/* ---- onsets ---- */

/* The oldest goes when there are as many as can matter. */
static void
add_onset(struct tracker *tracker, uint32_t times, int64_t now_ms)
{
    if (!tracker->of.times.onsets)
        tracker->of.times.onsets = mem_zero(times * sizeof *tracker->of.times.onsets);
    int64_t *onsets = tracker->of.times.onsets;
    if (tracker->of.times.count == times)
        memmove(onsets, onsets + 1, --tracker->of.times.count * sizeof *onsets);
    onsets[tracker->of.times.count++] = now_ms;
}

static void
feed_times(const struct sight *sight, const struct condition_node *node,
           struct tracker *tracker)
{
    enum truth truth = sight_evaluate(sight, node + 1);
    int64_t now_ms = sight->view->now_ms;
    if (truth == TRUTH_UNKNOWN)
        return;
    bool is_first = !tracker->of.times.since_ms;
    if (!is_first && truth == TRUTH_TRUE && tracker->of.times.was == TRUTH_FALSE)
        add_onset(tracker, sight_extra(sight, node)->times, now_ms);
    if (is_first)
        tracker->of.times.since_ms = now_ms;
    tracker->of.times.was = truth;
}

uint32_t
track_count(const struct sight *sight, const struct condition_node *node)
{
    const struct tracker *tracker = tracker_of(sight, node);
    int64_t from_ms = sight->view->now_ms - sight_extra(sight, node)->ms;
    uint32_t count = 0;
    for (uint32_t i = 0; tracker && i < tracker->of.times.count; i++)
        count += tracker->of.times.onsets[i] >= from_ms;
    return count;
}

/* So many are enough, however much of the window was seen. */
enum truth
track_times(const struct sight *sight, const struct condition_node *node)
{
    const struct condition_extra *extra = sight_extra(sight, node);
    const struct tracker *tracker = tracker_of(sight, node);
    if (track_count(sight, node) >= extra->times)
        return TRUTH_TRUE;
    if (!tracker || !tracker->of.times.since_ms)
        return TRUTH_UNKNOWN;
    int64_t span_ms = sight->view->now_ms - tracker->of.times.since_ms;
    return span_ms * 100 < extra->ms * COVERED_PERCENT ? TRUTH_UNKNOWN : TRUTH_FALSE;
}

/* ---- all of a condition ---- */

struct tracker *
condition_trackers_new(const struct condition *condition)
{
    size_t count = condition->tracker_count;
    return count ? mem_zero(count * sizeof(struct tracker)) : NULL;
}

void
condition_trackers_delete(const struct condition *condition, struct tracker *trackers)
{
    for (size_t i = 0; trackers && i < condition->count; i++) {
        const struct condition_node *node = &condition->nodes[i];
        if (!node->extra || !condition->extras[node->extra - 1].tracker)
            continue;
        struct tracker *tracker =
            &trackers[condition->extras[node->extra - 1].tracker - 1];
        if (node->op == OP_TIMES)
            free(tracker->of.times.onsets);
        else if (node->op != OP_CHANGED)
            window_fini(&tracker->of.over.window);
    }
    free(trackers);
}

static void
shift_times(struct tracker *tracker, int64_t by_ms)
{
    tracker->of.times.since_ms = step_shift(tracker->of.times.since_ms, by_ms);
    for (uint32_t i = 0; i < tracker->of.times.count; i++)
        tracker->of.times.onsets[i] += by_ms;
}

void
condition_trackers_shift(const struct condition *condition, struct tracker *trackers,
                         int64_t by_ms)
{
    for (size_t i = 0; trackers && i < condition->count; i++) {
        const struct condition_node *node = &condition->nodes[i];
        if (!node->extra || !condition->extras[node->extra - 1].tracker)
            continue;
        struct tracker *tracker =
            &trackers[condition->extras[node->extra - 1].tracker - 1];
        tracker->seen_ms = step_shift(tracker->seen_ms, by_ms);
        if (node->op == OP_TIMES)
            shift_times(tracker, by_ms);
        else if (node->op == OP_CHANGED)
            tracker->of.change.before_ms =
                step_shift(tracker->of.change.before_ms, by_ms);
        else
            window_shift(&tracker->of.over.window, by_ms);
    }
}

/* Backwards: what a part remembers is there before the whole asks for it. */
void
condition_track(const struct condition *condition, const struct row *row,
                const struct condition_view *view)
{
    struct sight sight = sight_of(condition, row, view);
    for (size_t i = condition->count; view->trackers && i-- > 0;) {
        const struct condition_node *node = &condition->nodes[i];
        const struct condition_extra *extra = sight_extra(&sight, node);
        if (!extra || !extra->tracker)
            continue;
        struct tracker *tracker = &view->trackers[extra->tracker - 1];
        if (node->op == OP_TIMES)
            feed_times(&sight, node, tracker);
        else if (node->op == OP_CHANGED)
            feed_change(&sight, node, tracker);
        else
            feed_window(&sight, node, tracker);
    }
}
