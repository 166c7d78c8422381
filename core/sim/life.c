#include "sim/life.h"

#include <stdbool.h>

#include "sim/dice.h"

enum {
    SECOND = 1000,
    SHIFT_MS = 4 * 3600 * SECOND,
    LAST_CALL_MS = LIFE_LAST_CALL_S * SECOND,
    REST_REASONS = 4,
};

static uint64_t
roll(struct life *life)
{
    life->dice = dice_mix(life->dice);
    return life->dice >> 8;
}

static void
enter(struct life *life, enum life_state state, int64_t length_ms)
{
    life->state = state;
    life->since_ms = life->until_ms;
    life->until_ms += length_ms;
}

static int64_t
length_of(struct life *life, enum life_state state)
{
    int64_t least = life->habits->lengths[state].least;
    int64_t span = life->habits->lengths[state].most - least + 1;
    return (least + (int64_t)(roll(life) % (uint64_t)span)) * SECOND;
}

static void
enter_usual(struct life *life, enum life_state state)
{
    enter(life, state, length_of(life, state));
}

static int64_t
whole_seconds(int64_t ms)
{
    int64_t rest = ms % SECOND;
    return ms - (rest < 0 ? rest + SECOND : rest);
}

static void
take_call(struct life *life, int64_t queue)
{
    life->call_queue = queue;
    life->call_ms = life->until_ms;
    life->calls++;
    enter_usual(life, LIFE_OCCUPIED);
}

/* Takes a call where calls wait; otherwise waits, until calls wait at the latest. */
static void
wait_or_take(struct life *life)
{
    int64_t now_ms = life->until_ms;
    int64_t length_ms = length_of(life, LIFE_IDLE);
    for (int i = 0; i < life->queue_count; i++) {
        int64_t from_ms, to_ms;
        wave_crowd(life->wave, life->queues[i], now_ms, &from_ms, &to_ms);
        from_ms = whole_seconds(from_ms);
        if (from_ms <= now_ms) {
            take_call(life, life->queues[i]);
            return;
        }
        if (from_ms - now_ms < length_ms)
            length_ms = from_ms - now_ms;
    }
    enter(life, LIFE_IDLE, length_ms);
}

static bool
is_late(const struct life *life)
{
    return life->until_ms >= life->shift_end_ms - LAST_CALL_MS;
}

static void
sign_out(struct life *life)
{
    enter(life, LIFE_OUT, life->shift_end_ms - life->until_ms);
}

/* The state at the beginning of the shift in which `at_ms` lies. */
static void
begin_shift(struct life *life, int64_t at_ms)
{
    /* Each agent's shifts begin at another time. */
    int64_t offset = (int64_t)(life->seed % (SHIFT_MS / SECOND)) * SECOND;
    int64_t shift = (at_ms - offset) / SHIFT_MS;
    if (at_ms - offset < shift * SHIFT_MS)
        shift--;
    life->dice = dice_mix(life->seed + (uint64_t)shift);
    life->calls = 0;
    life->until_ms = shift * SHIFT_MS + offset;
    life->shift_end_ms = life->until_ms + SHIFT_MS;
    enter_usual(life, LIFE_OUT);
}

static void
talk(struct life *life)
{
    int64_t length_ms = length_of(life, LIFE_TALKING);
    if (roll(life) % (uint64_t)life->habits->long_call_after == 0)
        length_ms += life->habits->long_call_s * SECOND;
    enter(life, LIFE_TALKING, length_ms);
}

static void
rest(struct life *life)
{
    int64_t length_ms = length_of(life, LIFE_REST);
    int64_t more_ms = life->habits->long_rest_s * SECOND;
    bool is_long = more_ms && roll(life) % (uint64_t)life->habits->long_rest_after == 0;
    if (is_long && life->until_ms + length_ms + more_ms <= life->shift_end_ms)
        length_ms += more_ms;
    enter(life, LIFE_REST, length_ms);
}

static void
after_call(struct life *life)
{
    uint64_t chance = roll(life);
    uint64_t rest_after = (uint64_t)life->habits->rest_after;
    if (is_late(life))
        sign_out(life);
    else if (chance % rest_after == 0)
        rest(life);
    else if (chance / rest_after % (uint64_t)life->habits->busy_after == 0)
        enter_usual(life, LIFE_BUSY);
    else
        wait_or_take(life);
}

static void
note_idle(struct life *life)
{
    int64_t window = life->until_ms / WAVE_WINDOW_MS;
    int64_t length_ms = life->until_ms - life->since_ms;
    if (window == life->idle_window && length_ms <= life->idle_ms)
        return;
    life->idle_window = window;
    life->idle_ms = length_ms;
}

int64_t
life_longest_idle(const struct life *life, int64_t at_ms)
{
    int64_t now_ms = life->state == LIFE_IDLE ? at_ms - life->since_ms : 0;
    bool is_same = life->idle_window == at_ms / WAVE_WINDOW_MS;
    return is_same && life->idle_ms > now_ms ? life->idle_ms : now_ms;
}

void
life_next(struct life *life)
{
    if (life->state == LIFE_IDLE)
        note_idle(life);
    switch (life->state) {
    case LIFE_OUT:
        if (life->until_ms == life->shift_end_ms) {
            begin_shift(life, life->until_ms);
            break;
        }
        life->signed_in_ms = life->until_ms;
        enter_usual(life, LIFE_BUSY);
        break;
    case LIFE_IDLE:
        if (is_late(life))
            sign_out(life);
        else
            take_call(life, life->queues[roll(life) % (uint64_t)life->queue_count]);
        break;
    case LIFE_OCCUPIED: talk(life); break;
    case LIFE_TALKING: enter_usual(life, LIFE_WRAP_UP); break;
    case LIFE_WRAP_UP: after_call(life); break;
    default:
        if (is_late(life))
            sign_out(life);
        else
            wait_or_take(life);
    }
}

void
life_walk(struct life *life, int64_t at_ms)
{
    if (at_ms < life->since_ms || at_ms >= life->shift_end_ms) {
        begin_shift(life, at_ms);
        life->idle_window = INT64_MIN;
    }
    while (at_ms >= life->until_ms)
        life_next(life);
}

int64_t
life_rest_reason(const struct life *life)
{
    return life->state == LIFE_REST ? (int64_t)(life->dice % REST_REASONS) : 0;
}

void
life_init(struct life *life, const struct wave *wave, const struct life_habits *habits,
          uint64_t seed, int64_t id)
{
    life->wave = wave;
    life->habits = habits;
    life->id = id;
    life->seed = dice_mix(seed ^ dice_mix((uint64_t)id ^ 0xa9e7)) >> 1;
    begin_shift(life, 0);
}
