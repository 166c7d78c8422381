#include "script/rule_inside.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "script/key.h"
#include "script/task.h"

void
rule_fini(struct rule *rule)
{
    latch_fini(&rule->latch);
    scope_fini(&rule->scope);
    stale_fini(&rule->stale);
    gather_fini(&rule->gather);
    attendance_fini(&rule->there);
    block_fini(&rule->found);
}

static void
on_state(void *arg, uint32_t center, const struct key *key, const char *text)
{
    const struct judging *judging = arg;
    char room[KEY_ROOM];
    struct message_state state = {center, key_text(key, room), text};
    effect_state(&judging->script->effects, &judging->rule->entry, &state);
}

/* ---- sources ---- */

static void
move_source(struct judging *judging, struct stale_source *source, enum latch_move move,
            enum latch_reason reason)
{
    struct latch_outcome outcome = {
        .move = move, .reason = reason, .level = 1, .pending_ms = -1};
    struct buf *why = &judging->script->why;
    char after[32];
    buf_clear(why);
    if (move == LATCH_CLEAR && reason == LATCH_HOURS) {
        buf_add_text(why, "the calendar is closed");
    } else if (move == LATCH_CLEAR) {
        buf_add_text(why, "there are usable samples again");
    } else {
        buf_add_text(why, "no usable sample for more than ");
        buf_add_text(why, text_format_duration(judging->rule->stale.after_ms, after,
                                               sizeof after));
    }
    if (!rule_hand_over(judging, &outcome, STALE_KEY, NULL))
        return;
    source->is_raised = move == LATCH_RAISE;
    judging->round.open += source->is_raised ? 1 : -1;
}

/* It is stale; over the limit that is told as soon as there is room. */
static void
raise_source(struct judging *judging, struct stale_source *source)
{
    source->is_waiting = judging->round.open >= judging->round.open_most;
    if (!source->is_waiting)
        move_source(judging, source, LATCH_RAISE, LATCH_NO_REASON);
}

/* What a sample says of its source. */
static void
take_source(struct judging *judging)
{
    struct stale *stale = &judging->rule->stale;
    struct stale_source *source = stale_find(stale, judging->round.center);
    if (!source || (judging->round.judged && !judging->round.usable))
        return;
    source->usable_ms = judging->round.view.now_ms;
    source->is_waiting = false;
    if (source->is_raised)
        move_source(judging, source, LATCH_CLEAR,
                    judging->round.end ? judging->round.end : LATCH_RECOVERED);
}

static void
look_at_source(struct judging *judging, struct stale_source *source)
{
    struct rule *rule = judging->rule;
    int64_t now_ms = judging->round.view.now_ms;
    bool closed = judging->round.end != LATCH_NO_REASON;
    bool is_over = stale_is_over(&rule->stale, source, now_ms);
    judging->round.center = source->center;
    if (source->is_raised && closed)
        move_source(judging, source, LATCH_CLEAR, LATCH_HOURS);
    else if (rule->stale.mode == STALE_RAISE && is_over && !source->is_raised &&
             !closed)
        raise_source(judging, source);
    /* Keys whose samples say nothing are stale before their source is. */
    if (rule->stale.mode != STALE_CLEAR ||
        now_ms - rule->stale.since_ms <= rule->stale.after_ms)
        return;
    judging->round.end = LATCH_GONE;
    latch_end_stale(&rule->latch, &judging->round, now_ms - rule->stale.after_ms - 1);
    judging->round.end = closed ? LATCH_HOURS : LATCH_NO_REASON;
}

/* ---- samples ---- */

/* Where the centre is asked less often than was asked for, silence is longer, too. */
static void
stretch(struct rule *rule, uint32_t by)
{
    int64_t after_ms =
        by > 1000 ? rule->stale_after_ms / 1000 * by : rule->stale_after_ms;
    rule->latch.terms.stale_after_ms = after_ms;
    rule->stale.after_ms = after_ms;
}

/* An activation of the rule; end() closes it. */
static void
begin(struct judging *judging, struct script *script, struct rule *rule,
      uint32_t center)
{
    *judging = (struct judging){.script = script, .rule = rule};
    judging->round = (struct latch_round){
        .center = center,
        .view = {.caller = rule_on_call,
                 .asker = rule_on_ask,
                 .arg = judging,
                 .now_ms = script->effects.now_ms,
                 .stale_after_ms = rule->latch.terms.stale_after_ms},
        .on_move = rule_on_move,
        .on_state = on_state,
        .arg = judging,
        .open = script->open,
        .open_most = script->limits.alerts,
    };
    stale_hear(&rule->stale, script->effects.now_ms);
    script_begin(script, &rule->entry);
    if (rule_is_closed(judging))
        judging->round.end = LATCH_HOURS;
}

/* The core makes an alert of it while raises of the rule wait. */
static void
tell_waiting(struct script *script, struct rule *rule)
{
    bool is_waiting = rule->latch.waiting || stale_is_waiting(&rule->stale);
    if (is_waiting != rule->is_waiting)
        effect_full(&script->effects, &rule->entry, is_waiting);
    rule->is_waiting = is_waiting;
}

static void
end(struct judging *judging)
{
    struct script *script = judging->script;
    script->row_epoch++;
    script->open = judging->round.open;
    effect_commit(&script->effects, &judging->rule->entry, 0);
    tell_waiting(script, judging->rule);
    script_end(script);
}

static void
judge_list(struct judging *judging, const struct message_rows *rows)
{
    struct rule *rule = judging->rule;
    struct block absent; /* as long as views of its rows are valid */
    block_init(&absent, rows->query);
    scope_absent(&rule->scope, &rule->latch, rows->center, &absent);
    for (uint32_t i = 0; i < rows->row_count; i++) {
        struct row row = message_row(rows, i);
        if (scope_accepts(&rule->scope, rows->center, rows->argument, rows->query, row))
            latch_row(&rule->latch, &judging->round, &row);
    }
    for (size_t i = 0; i < absent.row_count; i++) {
        struct row row = block_at(&absent, i);
        latch_row(&rule->latch, &judging->round, &row);
    }
    judging->script->row_epoch++;
    block_fini(&absent);
}

static void
judge(struct script *script, struct rule *rule, const struct message_rows *rows)
{
    struct judging judging;
    bool is_sample = true;
    stretch(rule, rows->stretch);
    begin(&judging, script, rule, rows->center);
    if (rule->makes_rows)
        is_sample = rule_judge_made(&judging, rows);
    else if (rows->query->is_list)
        judge_list(&judging, rows);
    else
        latch_sample(&rule->latch, &judging.round, rows);
    if (is_sample)
        take_source(&judging);
    end(&judging);
}

void
rule_tick(struct script *script, struct rule *rule)
{
    struct judging judging;
    if (rule->entry.disabled)
        return;
    begin(&judging, script, rule, 0);
    for (size_t i = 0; i < rule->stale.source_count; i++)
        look_at_source(&judging, &rule->stale.sources[i]);
    end(&judging);
    if (rule->entry.has_look && !rule->is_looking)
        task_look(script, &rule->entry, &rule->is_looking);
}

/* Of the first centre, as what a function finds is of none. */
void
rule_judge_found(struct script *script)
{
    struct rule *rule = script->found;
    struct judging judging;
    if (!rule)
        return;
    script->found = NULL;
    begin(&judging, script, rule, 0);
    rule_judge_all(&judging, &rule->found);
    take_source(&judging);
    end(&judging);
    block_clear(&rule->found);
}

static int
by_number(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

/* The rules that watch this id of the rows' query go behind the `count` that are in
 * script->called; returns how many there are then. */
static size_t
call(struct script *script, const struct message_rows *rows, int64_t id, size_t count)
{
    uint32_t number;
    for (size_t at = 0; (number = roster_next(&script->roster, rows->center,
                                              rows->query, id, &at)) != ROSTER_END;) {
        struct rule *rule = (struct rule *)script->entries[number];
        if (rule->called == script->sample || rule->entry.disabled)
            continue;
        rule->called = script->sample;
        script->called[count++] = number;
    }
    return count;
}

/* The rules that watch one of the rows; returns how many. */
static size_t
call_together(struct script *script, const struct message_rows *rows)
{
    size_t count = 0;
    script->sample++;
    if (rows->query->is_list)
        count = call(script, rows, rows->argument, count);
    else
        for (uint32_t i = 0; i < rows->row_count; i++) {
            int64_t id = message_row(rows, i).cells[1 + rows->query->key];
            count = call(script, rows, id, count);
            i += (uint32_t)roster_alike(&script->roster, rows, i);
        }
    qsort(script->called, count, sizeof *script->called, by_number);
    return count;
}

/* Of a list those who are called hear who goes, and who comes. */
static void
attend(struct script *script, size_t count, const struct message_rows *rows)
{
    struct attendance *attendance =
        roster_attendance(&script->roster, rows->center, rows->query, rows->argument);
    if (!attendance)
        return;
    for (size_t i = 0; i < count; i++)
        scope_leave(&((struct rule *)script->entries[script->called[i]])->scope,
                    rows->center, attendance);
    attendance_take(attendance, rows);
    for (size_t i = 0; i < count; i++)
        scope_enter(&((struct rule *)script->entries[script->called[i]])->scope,
                    rows->center, attendance);
}

void
rule_sample(struct script *script, const struct message_rows *rows)
{
    size_t count = call_together(script, rows);
    if (rows->query->is_list)
        attend(script, count, rows);
    for (size_t i = 0; i < count; i++)
        judge(script, (struct rule *)script->entries[script->called[i]], rows);
}

void
rule_shift(struct script *script, int64_t by_ms)
{
    for (size_t i = 0; i < script->entry_count; i++) {
        struct rule *rule = (struct rule *)script->entries[i];
        if (rule->entry.kind != ENTRY_RULE)
            continue;
        latch_shift(&rule->latch, by_ms);
        stale_shift(&rule->stale, by_ms);
        gather_shift(&rule->gather, by_ms);
    }
}

static void
restore_key(struct script *script, struct rule *rule, const struct message_kept *kept)
{
    struct latch *latch = &rule->latch;
    struct key key;
    if (!strcmp(kept->key, STALE_KEY)) {
        struct stale_source *source = stale_find(&rule->stale, kept->center);
        if (source) {
            script->open += !source->is_raised;
            source->is_raised = true;
        }
        return;
    }
    if (!key_of_text(&key, latch->query, kept->key) ||
        (!latch->is_list && !latch_is_watched(latch, kept->center, key.id)))
        return;
    if (kept->state[0]) {
        latch_restore_state(latch, kept->center, &key, kept->state);
    } else {
        script->open += !latch_is_raised(latch, kept->center, &key);
        latch_restore_raised(latch, kept->center, &key);
    }
}

void
rule_restore(struct script *script, const struct message_restore *restore)
{
    for (uint32_t i = 0; i < restore->count; i++) {
        const struct message_kept *kept = &restore->kept[i];
        struct entry *entry = script->entries[kept->entry];
        if (entry->kind == ENTRY_RULE)
            restore_key(script, (struct rule *)entry, kept);
    }
}
