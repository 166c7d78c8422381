#include "base/clock.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"

#define FACTOR_LEAST 0.01
#define FACTOR_MOST  10000.0

static struct clock_speed pace = {.factor = 1};
static bool is_paced; /* false: engine time is real time, steps of the wall and all */
static _Thread_local const struct clock_held *in_force;

/* Engine wall time over boot time; read by all threads. */
static _Atomic bool is_followed;
static _Atomic int64_t wall_over_boot_ms;

/* Readings further apart than that were interrupted: a process that is stopped between
 * two of them would see a step. */
#define READING_US 10000

/* ---- real time ---- */

static int64_t
read_clock_us(clockid_t clock)
{
    struct timespec at;
    if (clock_gettime(clock, &at) != 0)
        return -1;
    return (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
}

int64_t
clock_real_mono_us(void)
{
    return read_clock_us(CLOCK_MONOTONIC);
}

int64_t
clock_real_mono_ms(void)
{
    return clock_real_mono_us() / 1000;
}

int64_t
clock_real_wall_ms(void)
{
    return read_clock_us(CLOCK_REALTIME) / 1000;
}

static int64_t
real_boot_ms(void)
{
    return read_clock_us(CLOCK_BOOTTIME) / 1000;
}

int64_t
clock_process_cpu_us(pid_t pid)
{
    clockid_t clock;
    if (clock_getcpuclockid(pid, &clock) != 0)
        return -1;
    return read_clock_us(clock);
}

/* ---- engine time ---- */

static int64_t
paced_us(void)
{
    double passed = (double)(clock_real_mono_us() - pace.since_ms * 1000);
    return (int64_t)(passed * pace.factor);
}

int64_t
clock_mono_us(void)
{
    if (in_force)
        return in_force->mono_ms * 1000;
    return is_paced ? pace.since_ms * 1000 + paced_us() : clock_real_mono_us();
}

int64_t
clock_mono_ms(void)
{
    return clock_mono_us() / 1000;
}

int64_t
clock_wall_ms(void)
{
    if (in_force)
        return in_force->wall_ms;
    if (is_paced)
        return pace.wall_ms + paced_us() / 1000;
    return is_followed ? wall_over_boot_ms + real_boot_ms() : clock_real_wall_ms();
}

void
clock_read(struct clock_reading *reading)
{
    int64_t begin_us;
    if (in_force || is_paced) {
        int64_t mono_ms = clock_mono_ms();
        *reading = (struct clock_reading){clock_wall_ms(), mono_ms, mono_ms};
        return;
    }
    do {
        begin_us = clock_real_mono_us();
        reading->wall_ms = clock_real_wall_ms();
        reading->boot_ms = real_boot_ms();
        reading->mono_ms = begin_us / 1000;
    } while (clock_real_mono_us() - begin_us > READING_US);
}

void
clock_follow(const struct clock_reading *reading)
{
    if (in_force || is_paced)
        return;
    if (reading)
        wall_over_boot_ms = reading->wall_ms - reading->boot_ms;
    is_followed = reading != NULL;
}

static int64_t
round_up(double exact)
{
    int64_t whole = (int64_t)exact;
    return (double)whole < exact ? whole + 1 : whole;
}

int64_t
clock_real_delay_us(int64_t delay_ms)
{
    if (!is_paced)
        return delay_ms * 1000;
    return round_up((double)delay_ms * 1000 / pace.factor);
}

int64_t
clock_engine_delay_ms(int64_t delay_us)
{
    return round_up((double)delay_us * (is_paced ? pace.factor : 1) / 1000);
}

const struct clock_held *
clock_hold(const struct clock_held *held)
{
    const struct clock_held *before = in_force;
    in_force = held;
    return before;
}

bool
clock_is_held(void)
{
    return in_force != NULL;
}

/* ---- speed ---- */

void
clock_set_speed(const struct clock_speed *speed)
{
    pace = *speed;
    is_paced = true;
}

static bool
parse_origin(const char *text, struct clock_speed *speed)
{
    char wall[32];
    size_t size = strcspn(text, ",");
    if (!text[size] || size >= sizeof wall)
        return false;
    memcpy(wall, text, size);
    wall[size] = 0;
    return text_integer(wall, &speed->wall_ms) &&
           text_integer(text + size + 1, &speed->since_ms);
}

bool
clock_parse_speed(const char *text, struct clock_speed *speed)
{
    char *end;
    struct clock_speed parsed = {.factor = strtod(text, &end),
                                 .wall_ms = clock_real_wall_ms(),
                                 .since_ms = clock_real_mono_ms()};
    if (end == text || !(parsed.factor >= FACTOR_LEAST && parsed.factor <= FACTOR_MOST))
        return false;
    if (*end && (*end != ',' || !parse_origin(end + 1, &parsed)))
        return false;
    *speed = parsed;
    return true;
}

char *
clock_format_speed(const struct clock_speed *speed, char *out, size_t size)
{
    snprintf(out, size, "%.6g,%" PRId64 ",%" PRId64, speed->factor, speed->wall_ms,
             speed->since_ms);
    return out;
}
