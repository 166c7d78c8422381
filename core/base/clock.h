/* The clocks of the core. Nothing else in it asks the machine for the time.
 *
 * Engine time is what everything is judged and timed by: the machine's clocks, unless
 * clock_set_speed() makes a process live faster (a demo) or a held clock stands still
 * until it is moved (loop_advance(): a rehearsal). Real time is for what must not bend
 * with it: network time-outs, the watch over processes, certificates.
 *
 * Milliseconds unless the name says otherwise. `mono` is monotonic and for waits,
 * `wall` is since the Unix epoch and for display, signatures and what people call a
 * time. All may be called from any thread, before there is a loop. */
#ifndef CCGATE_BASE_CLOCK_H
#define CCGATE_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Engine time. */
int64_t clock_mono_ms(void);
int64_t clock_mono_us(void);
int64_t clock_wall_ms(void);

/* One look at the clocks under engine time. `boot` goes on while the machine sleeps and
 * `mono` stands still; at another speed, and held, they are the same. */
struct clock_reading {
    int64_t wall_ms, boot_ms, mono_ms;
};
void clock_read(struct clock_reading *reading);
/* The engine's wall time is from now on that of the reading and the boot time that
 * passes, whatever people do to the machine's wall clock; NULL: it is that one again.
 * For base/step.c. At another speed, and held, nothing changes. */
void clock_follow(const struct clock_reading *reading);

/* Real time. */
int64_t clock_real_mono_ms(void);
int64_t clock_real_mono_us(void);
int64_t clock_real_wall_ms(void);

/* CPU time used by process `pid` in microseconds, -1 when it is gone. */
int64_t clock_process_cpu_us(pid_t pid);

/* Another speed: when the real monotonic clock said `since_ms` the wall was at
 * `wall_ms`, and it goes `factor` times as fast. Processes of one machine with the same
 * three agree about the time. */
struct clock_speed {
    double factor;
    int64_t wall_ms;
    int64_t since_ms;
};

/* For the whole process, once, before its first loop and thread. */
void clock_set_speed(const struct clock_speed *speed);

/* "30", from now on and today's wall, or "30,WALL_MS,SINCE_MS". False, and `speed`
 * untouched, for anything else; factors are from 0.01 to 10000. */
bool clock_parse_speed(const char *text, struct clock_speed *speed);
/* The second form. `out` has at least 64 bytes. Returns `out`. */
char *clock_format_speed(const struct clock_speed *speed, char *out, size_t size);

/* How long the machine waits while engine time goes on by `delay_ms`, in microseconds,
 * rounded up. */
int64_t clock_real_delay_us(int64_t delay_ms);
/* How far engine time goes on while the machine waits so long, rounded up. */
int64_t clock_engine_delay_ms(int64_t delay_us);

/* A clock that stands still, for one thread at a time. */
struct clock_held {
    int64_t mono_ms, wall_ms;
};

/* From here to the next call this thread's engine time is that of `held`, NULL: the
 * process's. Returns what was in force before, to be put back. */
const struct clock_held *clock_hold(const struct clock_held *held);
bool clock_is_held(void);

#endif
