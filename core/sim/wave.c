#include "sim/wave.h"

#include <stdbool.h>
#include <stddef.h>

#include "sim/dice.h"

const char *const wave_keys[WAVE_VALUES + 1] = {
    "skillId",        "agentLoginNums",      "agentTalkingNums",
    "agentIdleNums",  "agentAvailableNums",  "agentSetBusyNums",
    "agentRestNums",  "agentMaxIdleTimeIn5", "agentWorkNums",
    "agentStudyNums", "agentOccupyNums",     "agentPreOccupyNums",
    "totalCallNums",  "processingCallNums",  "maxCallWaitTimesIn5",
    "callWaitNums",   "evenCallTimeIn5",     "evenWaitTimeIn5",
    "allCallCount",   "cnnedIn20sCallCount", NULL,
};

#define SLOT_MS ((int64_t)3 * 60 * 1000) /* how long an agent rests */
/* What the queues' own numbers below were found with. */
#define USUAL_WAITING 13.0 /* calls */
#define USUAL_WAIT    0.27 /* periods */
#define FAR_MS        (INT64_MAX / 4)

static double
fraction(double x)
{
    return x - (double)(int64_t)x;
}

/* The next lower whole number, below 0 too. */
static int64_t
whole(double x)
{
    int64_t towards_zero = (int64_t)x;
    return (double)towards_zero > x ? towards_zero - 1 : towards_zero;
}

/* One queue: what stays the same about it, and where in its periods it is. */
struct line {
    const struct wave_shape *shape;
    uint64_t dice;
    double period_s;
    double now;   /* in periods */
    double start; /* of the server's window, in periods */
};

/* ---- curves ---- */

static double
end_of(const struct curve *curve, int i)
{
    return i + 1 < curve->count ? curve->at[i + 1] : 1;
}

static double
value_after(const struct curve *curve, int i)
{
    return curve->value[(i + 1) % curve->count];
}

static double
largest(const struct curve *curve)
{
    double most = 0;
    for (int i = 0; i < curve->count; i++)
        most = curve->value[i] > most ? curve->value[i] : most;
    return most;
}

/* On the straight line between two points. */
static double
value_at(const struct curve *curve, double point)
{
    int i = 0;
    while (i + 1 < curve->count && curve->at[i + 1] <= point)
        i++;
    double part = (point - curve->at[i]) / (end_of(curve, i) - curve->at[i]);
    return curve->value[i] + (value_after(curve, i) - curve->value[i]) * part;
}

/* How full the queue is at a point of the period: 0 to 1. */
static double
fullness(const struct line *line, double point)
{
    double most = largest(&line->shape->waiting);
    return most > 0 ? value_at(&line->shape->waiting, point) / most : 0;
}

/* The most it was since the window began: at its ends, or at a point between. */
static double
fullest(const struct line *line)
{
    const struct curve *curve = &line->shape->waiting;
    double then = fullness(line, fraction(line->start));
    double most = fullness(line, fraction(line->now));
    most = then > most ? then : most;
    for (int i = 0; i < curve->count; i++) {
        double full = fullness(line, curve->at[i]);
        bool was_there = (int64_t)(line->now + 1 - curve->at[i]) >
                         (int64_t)(line->start + 1 - curve->at[i]);
        if (was_there && full > most)
            most = full;
    }
    return most;
}

/* How many came from the start of time until `now` (in periods), at these rates. */
static int64_t
count_until(const struct curve *rates, double now, double period_s)
{
    double all = 0, part = 0, point = fraction(now);
    for (int i = 0; i < rates->count; i++) {
        double begin = rates->at[i], end = end_of(rates, i);
        all += rates->value[i] * (end - begin);
        if (point > begin)
            part += rates->value[i] * ((point < end ? point : end) - begin);
    }
    return (int64_t)((all * (double)(int64_t)now + part) * period_s);
}

static int64_t
count_in_window(const struct curve *rates, const struct line *line)
{
    return count_until(rates, line->now, line->period_s) -
           count_until(rates, line->start, line->period_s);
}

/* ---- queues ---- */

/* Every agent who is signed in is in exactly one state. */
static void
place_agents(const struct line *line, int64_t at_ms, int64_t values[WAVE_VALUES])
{
    uint64_t slot = dice_mix(line->dice + (uint64_t)(at_ms / SLOT_MS));
    int64_t staff = 9 + (int64_t)(line->dice % 8);
    values[WAVE_SIGNED_IN] = staff;
    values[WAVE_REST] = (int64_t)(slot % 3);
    values[WAVE_BUSY] = (int64_t)(slot >> 8 & 1);
    values[WAVE_STUDY] = (int64_t)(line->dice >> 8 & 1);
    staff -= values[WAVE_REST] + values[WAVE_BUSY] + values[WAVE_STUDY];
    values[WAVE_AFTER_CALL] = staff / 5;
    staff -= values[WAVE_AFTER_CALL];
    if (values[WAVE_WAITING] > 0) {
        values[WAVE_OCCUPIED] = 1;
        values[WAVE_PREOCCUPIED] = (int64_t)(slot >> 9 & 1);
        staff -= values[WAVE_OCCUPIED] + values[WAVE_PREOCCUPIED];
    } else {
        values[WAVE_IDLE] = 1 + (int64_t)((slot >> 16) % (uint64_t)(staff / 2));
        staff -= values[WAVE_IDLE];
    }
    values[WAVE_AVAILABLE] = values[WAVE_IDLE];
    values[WAVE_TALKING] = staff;
}

/* Steps of the golden ratio spread neighbours evenly over the period. */
static double
phase_of(const struct wave *wave, int64_t id)
{
    return fraction((double)id * 0.6180339887498949 +
                    (double)(dice_mix(wave->seed) % 1000) / 1000);
}

/* Calls that wait when the queue is fullest. */
static double
peak_of(const struct wave *wave, uint64_t dice)
{
    return largest(&wave->shape->waiting) / USUAL_WAITING *
           (11.5 + (double)(dice >> 32) / (double)UINT32_MAX * 3);
}

void
wave_at(const struct wave *wave, int64_t id, int64_t at_ms, int64_t values[WAVE_VALUES])
{
    uint64_t dice = dice_mix(wave->seed ^ dice_mix((uint64_t)id));
    double period_ms = (double)wave->period_ms;
    double phase = phase_of(wave, id);
    struct line line = {
        .shape = wave->shape,
        .dice = dice,
        .period_s = period_ms / 1000,
        .now = (double)at_ms / period_ms + phase,
        .start = (double)(at_ms - at_ms % WAVE_WINDOW_MS) / period_ms + phase,
    };
    double peak = peak_of(wave, dice);
    double longest_s = line.period_s * (wave->shape->longest_wait / USUAL_WAIT) *
                       (0.22 + (double)(dice >> 16 & 0xff) / 0xff * 0.1);

    for (int i = 0; i < WAVE_VALUES; i++)
        values[i] = 0;
    values[WAVE_SKILL_ID] = id;
    values[WAVE_WAITING] = (int64_t)(fullness(&line, fraction(line.now)) * peak + 0.5);
    values[WAVE_LONGEST_WAIT] = (int64_t)(fullest(&line) * longest_s + 0.5);
    values[WAVE_MEAN_WAIT] = values[WAVE_LONGEST_WAIT] / 3;
    values[WAVE_MEAN_CALL] = 120 + (int64_t)(dice >> 24 & 0x3f);
    values[WAVE_OFFERED] = count_in_window(&line.shape->arrivals, &line);
    values[WAVE_ANSWERED_20S] = count_in_window(&line.shape->answered_20s, &line);
    if (values[WAVE_ANSWERED_20S] > values[WAVE_OFFERED])
        values[WAVE_ANSWERED_20S] = values[WAVE_OFFERED];
    place_agents(&line, at_ms, values);
    if (values[WAVE_IDLE] > 0)
        values[WAVE_LONGEST_IDLE] = 20 + (int64_t)(dice >> 40 & 0x3f);
    values[WAVE_IN_PROGRESS] = values[WAVE_TALKING];
    values[WAVE_CALLS_TOTAL] = values[WAVE_TALKING] + values[WAVE_WAITING];
}

/* The first point behind `from`, in periods, at which the curve goes through `level`
 * upwards or downwards; false when it never does. */
static bool
find_crossing(const struct curve *curve, double level, bool upwards, double from,
              double *found)
{
    double base = (double)whole(from);
    for (int i = 0; i < 2 * curve->count; i++) {
        int at = i % curve->count;
        double before = curve->value[at], after = value_after(curve, at);
        if (upwards ? before >= level || after < level
                    : before < level || after >= level)
            continue;
        double begin = curve->at[at];
        *found = base + i / curve->count + begin +
                 (end_of(curve, at) - begin) * (level - before) / (after - before);
        if (*found > from)
            return true;
    }
    return false;
}

void
wave_crowd(const struct wave *wave, int64_t id, int64_t at_ms, int64_t *from_ms,
           int64_t *to_ms)
{
    const struct curve *curve = &wave->shape->waiting;
    uint64_t dice = dice_mix(wave->seed ^ dice_mix((uint64_t)id));
    double period_ms = (double)wave->period_ms, phase = phase_of(wave, id);
    double now = (double)at_ms / period_ms + phase, first, last;
    /* Half a call waits, and wave_at() rounds it up. */
    double level = 0.5 * largest(curve) / peak_of(wave, dice);
    bool is_crowded =
        largest(curve) > 0 && value_at(curve, now - (double)whole(now)) >= level;
    *from_ms = is_crowded ? at_ms : FAR_MS;
    *to_ms = FAR_MS;
    if (!(largest(curve) > 0))
        return;
    if (!is_crowded) {
        if (!find_crossing(curve, level, true, now, &first))
            return;
        *from_ms = whole((first - phase) * period_ms);
        now = first;
    }
    if (find_crossing(curve, level, false, now, &last))
        *to_ms = whole((last - phase) * period_ms) + 1;
}
