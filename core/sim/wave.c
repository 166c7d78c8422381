#include "sim/wave.h"

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

/* The parts of a period, as fractions of it: quiet, filling, draining, quiet. */
#define FILLS   0.15
#define PEAK    0.45
#define EMPTY   0.65
#define PARTS   4
#define SLOT_MS ((int64_t)3 * 60 * 1000) /* how long an agent rests */

static const double part_ends[PARTS] = {FILLS, PEAK, EMPTY, 1};
/* Calls per second that arrive, and those among them that wait less than 20 s. */
static const double arrival_rates[PARTS] = {0.05, 0.15, 0.06, 0.05};
static const double quick_rates[PARTS] = {0.05, 0.02, 0.01, 0.05};

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
    uint64_t dice;
    double period_s;
    double now;   /* in periods */
    double start; /* of the server's window, in periods */
};

/* How full the queue is at a point of the period: 0 to 1. */
static double
fullness(double point)
{
    if (point < FILLS || point >= EMPTY)
        return 0;
    return point < PEAK ? (point - FILLS) / (PEAK - FILLS)
                        : (EMPTY - point) / (EMPTY - PEAK);
}

/* The most it was since the window began. */
static double
fullest(const struct line *line)
{
    if ((int64_t)(line->now + 1 - PEAK) > (int64_t)(line->start + 1 - PEAK))
        return 1;
    double then = fullness(fraction(line->start));
    double now = fullness(fraction(line->now));
    return then > now ? then : now;
}

/* How many came from the start of time until `now` (in periods), at these rates. */
static int64_t
count_until(const double *rates, double now, double period_s)
{
    double whole = 0, part = 0, begin = 0, point = fraction(now);
    for (int i = 0; i < PARTS; i++) {
        double end = part_ends[i];
        whole += rates[i] * (end - begin);
        if (point > begin)
            part += rates[i] * ((point < end ? point : end) - begin);
        begin = end;
    }
    return (int64_t)((whole * (double)(int64_t)now + part) * period_s);
}

static int64_t
count_in_window(const double *rates, const struct line *line)
{
    return count_until(rates, line->now, line->period_s) -
           count_until(rates, line->start, line->period_s);
}

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

static double
peak_of(uint64_t dice)
{
    return 11.5 + (double)(dice >> 32) / (double)UINT32_MAX * 3;
}

void
wave_at(const struct wave *wave, int64_t id, int64_t at_ms, int64_t values[WAVE_VALUES])
{
    uint64_t dice = dice_mix(wave->seed ^ dice_mix((uint64_t)id));
    double period_ms = (double)wave->period_ms;
    double phase = phase_of(wave, id);
    struct line line = {
        .dice = dice,
        .period_s = period_ms / 1000,
        .now = (double)at_ms / period_ms + phase,
        .start = (double)(at_ms - at_ms % WAVE_WINDOW_MS) / period_ms + phase,
    };
    double peak = peak_of(dice);
    double longest_s =
        line.period_s * (0.22 + (double)(dice >> 16 & 0xff) / 0xff * 0.1);

    for (int i = 0; i < WAVE_VALUES; i++)
        values[i] = 0;
    values[WAVE_SKILL_ID] = id;
    values[WAVE_WAITING] = (int64_t)(fullness(fraction(line.now)) * peak + 0.5);
    values[WAVE_LONGEST_WAIT] = (int64_t)(fullest(&line) * longest_s + 0.5);
    values[WAVE_MEAN_WAIT] = values[WAVE_LONGEST_WAIT] / 3;
    values[WAVE_MEAN_CALL] = 120 + (int64_t)(dice >> 24 & 0x3f);
    values[WAVE_OFFERED] = count_in_window(arrival_rates, &line);
    values[WAVE_ANSWERED_20S] = count_in_window(quick_rates, &line);
    if (values[WAVE_ANSWERED_20S] > values[WAVE_OFFERED])
        values[WAVE_ANSWERED_20S] = values[WAVE_OFFERED];
    place_agents(&line, at_ms, values);
    if (values[WAVE_IDLE] > 0)
        values[WAVE_LONGEST_IDLE] = 20 + (int64_t)(dice >> 40 & 0x3f);
    values[WAVE_IN_PROGRESS] = values[WAVE_TALKING];
    values[WAVE_CALLS_TOTAL] = values[WAVE_TALKING] + values[WAVE_WAITING];
}

void
wave_crowd(const struct wave *wave, int64_t id, int64_t at_ms, int64_t *from_ms,
           int64_t *to_ms)
{
    uint64_t dice = dice_mix(wave->seed ^ dice_mix((uint64_t)id));
    double period_ms = (double)wave->period_ms, phase = phase_of(wave, id);
    /* Half a call waits, and wave_at() rounds it up. */
    double half = 0.5 / peak_of(dice);
    double first = FILLS + (PEAK - FILLS) * half, last = EMPTY - (EMPTY - PEAK) * half;
    double period = (double)whole((double)at_ms / period_ms + phase) - phase;
    if ((double)at_ms > (period + last) * period_ms)
        period++;
    *from_ms = whole((period + first) * period_ms);
    *to_ms = whole((period + last) * period_ms) + 1;
}
