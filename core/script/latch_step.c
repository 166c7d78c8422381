#include "script/latch_step.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/step.h"

/* ---- one level ---- */

/* What one sample says of one level. */
struct level_input {
    int64_t now_ms;
    enum truth when; /* of the level or a worse one */
    enum truth clear;
    bool is_anew;   /* a hold that runs begins again */
    bool is_barred; /* nothing is raised */
};

static void
enter(struct latch_level *level, enum latch_phase phase, int64_t now_ms)
{
    level->phase = phase;
    level->since_ms = phase == PHASE_CLEAR ? 0 : now_ms;
}

static int64_t
age(const struct latch_level *level, int64_t now_ms)
{
    return now_ms > level->since_ms ? now_ms - level->since_ms : 0;
}

/* Clear or pending. The time of what is raised stays that of its pending. */
static void
rise(const struct latch_terms *terms, const struct level_input *input,
     struct latch_level *level)
{
    if (input->when == TRUTH_UNKNOWN)
        return;
    if (input->when == TRUTH_FALSE) {
        enter(level, PHASE_CLEAR, 0);
        return;
    }
    if (level->phase == PHASE_CLEAR || input->is_anew)
        enter(level, PHASE_PENDING, input->now_ms);
    if (!input->is_barred && age(level, input->now_ms) >= terms->hold_ms)
        level->phase = PHASE_RAISED;
}

/* Raised or lingering. */
static void
fall(const struct latch_terms *terms, const struct level_input *input,
     struct latch_level *level)
{
    bool is_over = input->when != TRUTH_TRUE && input->clear == TRUTH_TRUE;
    bool is_on = input->when == TRUTH_TRUE || input->clear == TRUTH_FALSE;
    if (is_on && level->phase == PHASE_LINGERING)
        enter(level, PHASE_RAISED, input->now_ms);
    if (!is_over)
        return;
    if (level->phase == PHASE_RAISED)
        enter(level, PHASE_LINGERING, input->now_ms);
    if (age(level, input->now_ms) >= terms->linger_ms)
        enter(level, PHASE_CLEAR, 0);
}

/* ---- what a sample says ---- */

/* Of a row that is gone: as if its conditions had said so. */
static struct latch_input
translate_gone(const struct latch_terms *terms, const struct latch_input *input)
{
    static const struct {
        enum truth when_first, when_others, clear;
    } says[] = {
        [GONE_CLEAR] = {TRUTH_FALSE, TRUTH_FALSE, TRUTH_TRUE},
        [GONE_HOLD] = {TRUTH_UNKNOWN, TRUTH_UNKNOWN, TRUTH_UNKNOWN},
        [GONE_RAISE] = {TRUTH_TRUE, TRUTH_UNKNOWN, TRUTH_UNKNOWN},
    };
    struct latch_input said = *input;
    for (uint32_t i = 0; i < terms->level_count; i++) {
        said.when[i] = i ? says[terms->gone].when_others : says[terms->gone].when_first;
        said.clear[i] = says[terms->gone].clear;
    }
    return said;
}

static bool
is_usable(const struct latch_terms *terms, const struct latch_input *input,
          bool is_raised)
{
    for (uint32_t i = 0; i < terms->level_count; i++)
        if (input->when[i] != TRUTH_UNKNOWN ||
            (is_raised && terms->has_clear[i] && input->clear[i] != TRUTH_UNKNOWN))
            return true;
    return false;
}

static enum truth
either(enum truth a, enum truth b)
{
    if (a == TRUTH_TRUE || b == TRUTH_TRUE)
        return TRUTH_TRUE;
    return a == TRUTH_UNKNOWN || b == TRUTH_UNKNOWN ? TRUTH_UNKNOWN : TRUTH_FALSE;
}

static enum truth
opposite(enum truth truth)
{
    return truth == TRUTH_UNKNOWN ? truth
           : truth == TRUTH_TRUE  ? TRUTH_FALSE
                                  : TRUTH_TRUE;
}

/* From the worst: each level is true with those behind it. */
static void
step_levels(const struct latch_terms *terms, const struct latch_input *input,
            struct latch_state *state)
{
    int64_t apart = input->now_ms - state->sample_ms;
    struct level_input said = {
        .now_ms = input->now_ms,
        .when = TRUTH_FALSE,
        .is_anew = apart > terms->stale_after_ms,
        .is_barred = !latch_state_level(state) &&
                     (input->is_full || input->now_ms < state->cooldown_until_ms),
    };
    for (uint32_t i = terms->level_count; i-- > 0;) {
        struct latch_level *level = &state->levels[i];
        said.when = either(said.when, input->when[i]);
        said.clear = terms->has_clear[i] || input->is_gone ? input->clear[i]
                                                           : opposite(said.when);
        if (level->phase < PHASE_RAISED)
            rise(terms, &said, level);
        else
            fall(terms, &said, level);
    }
}

/* ---- the whole ---- */

static enum latch_move
move_of(uint32_t was, uint32_t level)
{
    if (was == level)
        return LATCH_STAY;
    if (!was)
        return LATCH_RAISE;
    return level ? LATCH_LEVEL : LATCH_CLEAR;
}

static struct latch_outcome
compare(const struct latch_input *input, uint32_t was, const struct latch_state *state)
{
    uint32_t level = latch_state_level(state);
    struct latch_outcome outcome = {
        .move = move_of(was, level), .level = level, .was = was, .pending_ms = -1};
    if (outcome.move == LATCH_CLEAR) {
        outcome.level = was;
        outcome.reason = input->end       ? input->end
                         : input->is_gone ? LATCH_GONE
                                          : LATCH_RECOVERED;
    } else if (level > was) {
        outcome.pending_ms = age(&state->levels[level - 1], input->now_ms);
    }
    return outcome;
}

/* Has the hold of a level gone by, and is the room for an alert all that is missing? */
static bool
is_waiting(const struct latch_terms *terms, const struct latch_input *input,
           const struct latch_state *state)
{
    if (!input->is_full || latch_state_level(state) || state->cooldown_until_ms)
        return false;
    for (uint32_t i = 0; i < terms->level_count; i++)
        if (state->levels[i].phase == PHASE_PENDING &&
            age(&state->levels[i], input->now_ms) >= terms->hold_ms)
            return true;
    return false;
}

static void
end_all(struct latch_state *state)
{
    for (uint32_t i = 0; i < LATCH_LEVELS_MAX; i++)
        enter(&state->levels[i], PHASE_CLEAR, 0);
}

/* The clock was put back while nobody told (the gateway was down): all times go along,
 * as if the last sample were now. What runs would else last longer by as much. */
static void
follow_clock(struct latch_state *state, int64_t now_ms)
{
    int64_t back_ms = state->sample_ms - now_ms;
    if (back_ms <= 0)
        return;
    latch_state_shift(state, -back_ms);
}

struct latch_outcome
latch_step(const struct latch_terms *terms, const struct latch_input *input,
           struct latch_state *state)
{
    uint32_t was = latch_state_level(state);
    follow_clock(state, input->now_ms);
    struct latch_input said = input->is_gone ? translate_gone(terms, input) : *input;
    bool usable = is_usable(terms, &said, was != 0);
    if (state->cooldown_until_ms && input->now_ms >= state->cooldown_until_ms)
        state->cooldown_until_ms = 0;
    if (input->end)
        end_all(state);
    else if (usable)
        step_levels(terms, &said, state);
    struct latch_outcome outcome = compare(input, was, state);
    outcome.is_usable = usable;
    outcome.is_waiting = is_waiting(terms, input, state);
    if (outcome.move == LATCH_CLEAR && terms->cooldown_ms)
        state->cooldown_until_ms = input->now_ms + terms->cooldown_ms;
    if (usable)
        state->sample_ms = input->now_ms;
    if (latch_state_is_calm(state))
        state->sample_ms = 0;
    return outcome;
}

/* ---- states ---- */

uint32_t
latch_state_level(const struct latch_state *state)
{
    uint32_t level = LATCH_LEVELS_MAX;
    while (level && state->levels[level - 1].phase < PHASE_RAISED)
        level--;
    return level;
}

bool
latch_state_is_calm(const struct latch_state *state)
{
    for (uint32_t i = 0; i < LATCH_LEVELS_MAX; i++)
        if (state->levels[i].phase != PHASE_CLEAR)
            return false;
    return !state->cooldown_until_ms;
}

bool
latch_state_is_pending(const struct latch_state *state)
{
    for (uint32_t i = 0; i < LATCH_LEVELS_MAX; i++)
        if (state->levels[i].phase == PHASE_PENDING)
            return true;
    return false;
}

void
latch_state_shift(struct latch_state *state, int64_t by_ms)
{
    state->sample_ms = step_shift(state->sample_ms, by_ms);
    state->cooldown_until_ms = step_shift(state->cooldown_until_ms, by_ms);
    for (uint32_t i = 0; i < LATCH_LEVELS_MAX; i++)
        state->levels[i].since_ms = step_shift(state->levels[i].since_ms, by_ms);
}

bool
latch_state_is_same(const struct latch_state *a, const struct latch_state *b)
{
    for (uint32_t i = 0; i < LATCH_LEVELS_MAX; i++)
        if (a->levels[i].phase != b->levels[i].phase ||
            a->levels[i].since_ms != b->levels[i].since_ms)
            return false;
    return a->cooldown_until_ms == b->cooldown_until_ms;
}

/* ---- as text ---- */

static const char *const phase_words[] = {
    [PHASE_CLEAR] = "clear",
    [PHASE_PENDING] = "pending",
    [PHASE_RAISED] = "raised",
    [PHASE_LINGERING] = "lingering",
};

void
latch_state_write(const struct latch_state *state, struct buf *out)
{
    uint32_t count = LATCH_LEVELS_MAX;
    while (count && state->levels[count - 1].phase == PHASE_CLEAR)
        count--;
    buf_format(out, "%" PRId64 " %" PRId64, state->sample_ms, state->cooldown_until_ms);
    for (uint32_t i = 0; i < count; i++)
        buf_format(out, " %s@%" PRId64, phase_words[state->levels[i].phase],
                   state->levels[i].since_ms);
}

/* A time at *at, which moves behind it. */
static bool
read_time(const char **at, int64_t *ms)
{
    char *end;
    if (**at < '0' || **at > '9')
        return false;
    errno = 0;
    *ms = strtoll(*at, &end, 10);
    *at = end;
    return errno == 0;
}

static bool
read_level(const char **at, struct latch_level *level)
{
    for (int phase = PHASE_CLEAR; phase <= PHASE_LINGERING; phase++) {
        size_t size = strlen(phase_words[phase]);
        if (strncmp(*at, phase_words[phase], size) != 0 || (*at)[size] != '@')
            continue;
        *at += size + 1;
        level->phase = (enum latch_phase)phase;
        return read_time(at, &level->since_ms);
    }
    return false;
}

static bool
read_state(const char *at, struct latch_state *state)
{
    if (!read_time(&at, &state->sample_ms) || *at++ != ' ' ||
        !read_time(&at, &state->cooldown_until_ms))
        return false;
    for (uint32_t i = 0; *at; i++)
        if (i == LATCH_LEVELS_MAX || *at++ != ' ' ||
            !read_level(&at, &state->levels[i]))
            return false;
    return true;
}

bool
latch_state_read(const char *text, struct latch_state *state)
{
    *state = (struct latch_state){0};
    if (read_state(text, state))
        return true;
    *state = (struct latch_state){0};
    return false;
}

bool
latch_text_shift(const char *text, int64_t by_ms, struct buf *out)
{
    struct latch_state state;
    if (!latch_state_read(text, &state))
        return false;
    latch_state_shift(&state, by_ms);
    latch_state_write(&state, out);
    return true;
}
