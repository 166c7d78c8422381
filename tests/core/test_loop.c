#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/loop.h"

/* What happened, one letter each; 'stop' ends the loop. */
struct diary {
    struct loop *loop;
    char text[64];
    size_t size;
    struct timer *timer;
    struct watch *watch;
    int fd;
};

static void
note(struct diary *diary, char letter)
{
    assert_true(diary->size < sizeof diary->text - 1);
    diary->text[diary->size++] = letter;
}

static int
setup(void **state)
{
    struct diary *diary = calloc(1, sizeof *diary);
    diary->loop = loop_new();
    *state = diary;
    return 0;
}

static int
teardown(void **state)
{
    struct diary *diary = *state;
    loop_delete(diary->loop);
    free(diary);
    return 0;
}

static void
on_a(void *arg)
{
    note(arg, 'a');
}

static void
on_b(void *arg)
{
    note(arg, 'b');
}

static void
on_c(void *arg)
{
    note(arg, 'c');
}

static void
on_stop(void *arg)
{
    struct diary *diary = arg;
    note(diary, '.');
    loop_stop(diary->loop);
}

/* ---- timers ---- */

static void
test_timers_fire_in_order_and_never_early(void **state)
{
    struct diary *diary = *state;
    struct timer *late = timer_new(diary->loop, on_stop, diary);
    struct timer *early = timer_new(diary->loop, on_a, diary);
    struct timer *moved = timer_new(diary->loop, on_b, diary);
    struct timer *stopped = timer_new(diary->loop, on_c, diary);
    int64_t start = clock_mono_us();
    timer_start(late, 5);
    timer_start(early, 1);
    timer_start(moved, 600000);
    timer_start(moved, 3);
    timer_start(stopped, 2);
    assert_true(timer_is_running(stopped));
    timer_stop(stopped);
    timer_stop(stopped);
    assert_false(timer_is_running(stopped));
    loop_run(diary->loop);
    assert_true(clock_mono_us() - start >= 5000);
    assert_string_equal(diary->text, "ab.");
    assert_false(timer_is_running(late));
    timer_free(late);
    timer_free(early);
    timer_free(moved);
    timer_free(stopped);
    timer_free(NULL);
}

static void
on_time_free_itself(void *arg)
{
    struct diary *diary = arg;
    timer_free(diary->timer);
    on_stop(diary);
}

static void
test_a_timer_may_delete_itself(void **state)
{
    struct diary *diary = *state;
    diary->timer = timer_new(diary->loop, on_time_free_itself, diary);
    timer_start(diary->timer, -5);
    loop_run(diary->loop);
    assert_string_equal(diary->text, ".");
}

static void
on_time_again(void *arg)
{
    struct diary *diary = arg;
    note(diary, 'x');
    if (diary->size == 3)
        loop_stop(diary->loop);
    else
        timer_start(diary->timer, 0);
}

static void
test_a_timer_may_start_itself(void **state)
{
    struct diary *diary = *state;
    diary->timer = timer_new(diary->loop, on_time_again, diary);
    timer_start(diary->timer, 0);
    loop_run(diary->loop);
    assert_string_equal(diary->text, "xxx");
    timer_free(diary->timer);
}

static void
count_one(void *arg)
{
    ++*(int *)arg;
}

static void
test_many_timers(void **state)
{
    enum { MANY = 10000 };
    struct diary *diary = *state;
    static struct timer *timers[MANY];
    int count = 0;
    for (int i = 0; i < MANY; i++) {
        timers[i] = timer_new(diary->loop, count_one, &count);
        timer_start(timers[i], i % 7);
    }
    struct timer *last = timer_new(diary->loop, on_stop, diary);
    timer_start(last, 10);
    loop_run(diary->loop);
    assert_int_equal(count, MANY);
    for (int i = 0; i < MANY; i++)
        timer_free(timers[i]);
    timer_free(last);
}

/* ---- deferred calls ---- */

static void
on_b_defer_c(void *arg)
{
    struct diary *diary = arg;
    note(diary, 'b');
    loop_defer(diary->loop, on_c, diary);
    loop_defer(diary->loop, on_stop, diary);
}

static void
on_time_defer(void *arg)
{
    struct diary *diary = arg;
    note(diary, 't');
    loop_defer(diary->loop, on_a, diary);
    loop_defer(diary->loop, on_b_defer_c, diary);
}

static void
test_deferred_calls_come_last_and_in_order(void **state)
{
    struct diary *diary = *state;
    struct timer *timers[3];
    for (int i = 0; i < 3; i++)
        timers[i] = timer_new(diary->loop, i == 0 ? on_time_defer : on_c, diary);
    for (int i = 0; i < 3; i++)
        timer_start(timers[i], 0);
    loop_run(diary->loop);
    /* All timers that are due, then what the first one deferred, then what a deferred
     * call deferred. */
    assert_string_equal(diary->text, "tccabc.");
    for (int i = 0; i < 3; i++)
        timer_free(timers[i]);
}

/* Defers itself for ever. */
static void
on_defer_again(void *arg)
{
    struct diary *diary = arg;
    note(diary, 'd');
    loop_defer(diary->loop, on_defer_again, diary);
}

static void
test_deferred_calls_starve_nobody(void **state)
{
    struct diary *diary = *state;
    struct timer *timer = timer_new(diary->loop, on_stop, diary);
    timer_start(timer, 0);
    loop_defer(diary->loop, on_defer_again, diary);
    loop_run(diary->loop);
    loop_forget(diary->loop, on_defer_again, diary);
    assert_non_null(strchr(diary->text, '.'));
    assert_true(strlen(diary->text) <= 10);
    timer_free(timer);
}

/* Forgets one of this round and one of the next. */
static void
on_forget(void *arg)
{
    struct diary *diary = arg;
    loop_defer(diary->loop, on_b, diary);
    loop_forget(diary->loop, on_a, diary);
    loop_forget(diary->loop, on_b, diary);
    loop_defer(diary->loop, on_stop, diary);
}

static void
test_deferred_calls_can_be_taken_back(void **state)
{
    struct diary *diary = *state;
    loop_defer(diary->loop, on_forget, diary);
    loop_defer(diary->loop, on_a, diary);
    loop_defer(diary->loop, on_c, diary);
    loop_run(diary->loop);
    assert_string_equal(diary->text, "c.");
}

static void
test_many_deferred_calls(void **state)
{
    struct diary *diary = *state;
    int count = 0;
    for (int i = 0; i < 1000; i++)
        loop_defer(diary->loop, count_one, &count);
    loop_defer(diary->loop, on_stop, diary);
    loop_run(diary->loop);
    assert_int_equal(count, 1000);
}

static void
test_a_stop_before_the_run_counts_once(void **state)
{
    struct diary *diary = *state;
    loop_stop(diary->loop);
    loop_run(diary->loop);
    loop_defer(diary->loop, on_stop, diary);
    loop_run(diary->loop);
    assert_string_equal(diary->text, ".");
}

/* ---- descriptors and signals ---- */

static void
on_ready(void *arg, int mode)
{
    struct diary *diary = arg;
    char byte;
    if (mode & WATCH_READ) {
        assert_int_equal(read(diary->fd, &byte, 1), 1);
        note(diary, byte);
    }
    if (mode & WATCH_WRITE) {
        note(diary, 'w');
        watch_set(diary->watch, WATCH_READ);
    }
    if (diary->size == 3)
        loop_stop(diary->loop);
}

static void
test_a_watch_is_level_triggered_and_changes_mode(void **state)
{
    struct diary *diary = *state;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    diary->fd = pair[0];
    diary->watch = watch_new(diary->loop, pair[0], WATCH_WRITE, on_ready, diary);
    assert_int_equal(write(pair[1], "xy", 2), 2);
    loop_run(diary->loop);
    assert_string_equal(diary->text, "wxy");
    watch_delete(diary->watch);
    watch_delete(NULL);
    close(pair[0]);
    close(pair[1]);
}

static void
on_ready_delete(void *arg, int mode)
{
    struct diary *diary = arg;
    assert_int_equal(mode, WATCH_READ);
    watch_delete(diary->watch);
    on_stop(diary);
}

static void
test_a_watch_pauses_and_deletes_itself(void **state)
{
    struct diary *diary = *state;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(write(pair[1], "x", 1), 1);
    diary->watch = watch_new(diary->loop, pair[0], WATCH_READ, on_ready_delete, diary);
    watch_set(diary->watch, 0);
    diary->timer = timer_new(diary->loop, on_stop, diary);
    timer_start(diary->timer, 2);
    loop_run(diary->loop);
    assert_string_equal(diary->text, ".");
    watch_set(diary->watch, WATCH_READ);
    loop_run(diary->loop);
    assert_string_equal(diary->text, "..");
    timer_free(diary->timer);
    close(pair[0]);
    close(pair[1]);
}

static void
on_signal(void *arg, int number)
{
    assert_int_equal(number, SIGUSR1);
    on_stop(arg);
}

static void
test_a_signal(void **state)
{
    struct diary *diary = *state;
    struct watch *watch = watch_signal(diary->loop, SIGUSR1, on_signal, diary);
    raise(SIGUSR1);
    assert_int_equal(diary->size, 0);
    loop_run(diary->loop);
    assert_string_equal(diary->text, ".");
    watch_delete(watch);
}

/* ---- a held clock ---- */

/* A timer that notes when it is due, in seconds since the start, and its letter. */
struct alarm {
    struct diary *diary;
    struct timer *timer;
    char letter;
    int64_t again_ms; /* 0: once */
};

static int64_t start_ms;

static void
on_alarm(void *arg)
{
    struct alarm *alarm = arg;
    assert_int_equal(clock_wall_ms() - 1772521200000, clock_mono_ms() - start_ms);
    note(alarm->diary, alarm->letter);
    note(alarm->diary, (char)('0' + (clock_mono_ms() - start_ms) / 1000 % 10));
    if (alarm->again_ms)
        timer_start(alarm->timer, alarm->again_ms);
}

static void
set_alarm(struct alarm *alarm, struct diary *diary, char letter, int64_t ms,
          int64_t again_ms)
{
    *alarm = (struct alarm){diary, timer_new(diary->loop, on_alarm, alarm), letter,
                            again_ms};
    timer_start(alarm->timer, ms);
}

static int
setup_held(void **state)
{
    struct diary *diary = calloc(1, sizeof *diary);
    diary->loop = loop_new_held(1772521200000);
    start_ms = loop_clock(diary->loop)->mono_ms;
    *state = diary;
    return 0;
}

static void
test_a_held_clock_plays_timers_in_order(void **state)
{
    struct diary *diary = *state;
    struct alarm alarms[4];
    int64_t real_us = clock_real_mono_us();
    set_alarm(&alarms[0], diary, 'b', 4000, 0);
    set_alarm(&alarms[1], diary, 'a', 3000, 3000);
    set_alarm(&alarms[2], diary, 'c', 4000, 0);
    set_alarm(&alarms[3], diary, 'd', 3999, 0);
    timer_start(alarms[0].timer, 4000); /* started last, comes last */
    loop_advance(diary->loop, 2999);
    assert_string_equal(diary->text, "");
    loop_advance(diary->loop, 1);
    assert_string_equal(diary->text, "a3");
    timer_stop(alarms[3].timer);
    assert_true(timer_is_running(alarms[2].timer));
    loop_advance(diary->loop, 6000);
    assert_string_equal(diary->text, "a3c4b4a6a9");
    assert_false(timer_is_running(alarms[2].timer));
    assert_int_equal(loop_clock(diary->loop)->wall_ms, 1772521209000);
    assert_true(clock_wall_ms() != 1772521209000); /* its own again */
    assert_true(clock_real_mono_us() - real_us < 5000000);
    for (int i = 0; i < 4; i++)
        timer_free(alarms[i].timer);
}

static void
test_nothing_happens_before_its_time(void **state)
{
    struct diary *diary = *state;
    struct alarm alarms[2];
    set_alarm(&alarms[0], diary, 'a', 0, 0);
    set_alarm(&alarms[1], diary, 'b', 1, 0);
    loop_defer(diary->loop, on_c, diary);
    loop_advance(diary->loop, 0);
    assert_string_equal(diary->text, "a0c");
    timer_free(alarms[0].timer);
    timer_free(alarms[1].timer);
}

/* Far more than the diary has room for, in the order in which they are due. */
static void
note_due(void *arg)
{
    static int64_t last_ms;
    assert_true(clock_mono_ms() >= last_ms);
    last_ms = clock_mono_ms();
    ++*(int *)arg;
}

static void
test_many_timers_on_a_held_clock(void **state)
{
    enum { MANY = 5000 };
    struct diary *diary = *state;
    static struct timer *timers[MANY];
    int count = 0;
    for (int i = 0; i < MANY; i++) {
        timers[i] = timer_new(diary->loop, note_due, &count);
        timer_start(timers[i], (int64_t)i * 7919 % 10007);
    }
    for (int i = 0; i < MANY; i += 5)
        timer_stop(timers[i]);
    loop_advance(diary->loop, 20000);
    assert_int_equal(count, MANY - MANY / 5);
    for (int i = 0; i < MANY; i++)
        timer_free(timers[i]);
}

/* Somebody outside who takes 3 ms of real time to answer each byte with its own. */
struct peer {
    struct diary *diary;
    int fd;
    pid_t pid;
    struct watch *watch;
    int owed;
    enum watch_owed how;
};

static enum watch_owed
owed(const void *arg)
{
    const struct peer *peer = arg;
    int arrived = 0;
    assert_int_equal(ioctl(peer->fd, FIONREAD, &arrived), 0);
    return peer->owed > arrived ? peer->how : OWED_NOTHING;
}

static void
on_peer(void *arg, int mode)
{
    struct peer *peer = arg;
    char byte;
    assert_int_equal(mode, WATCH_READ);
    assert_int_equal(read(peer->fd, &byte, 1), 1);
    peer->owed--;
    note(peer->diary, byte);
}

static void
answer_slowly(int fd, int64_t wait_ms)
{
    char byte;
    while (read(fd, &byte, 1) == 1) {
        int64_t until_ms = clock_real_mono_ms() + wait_ms;
        while (clock_real_mono_ms() < until_ms)
            continue;
        if (write(fd, &byte, 1) != 1)
            break;
    }
    _exit(0);
}

static void
peer_start(struct peer *peer, struct diary *diary, int64_t wait_ms)
{
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    peer->diary = diary;
    peer->fd = pair[0];
    peer->owed = 0;
    peer->how = wait_ms ? OWED_SOMETHING : OWED_ALL;
    peer->pid = fork();
    if (peer->pid == 0) {
        close(pair[0]);
        answer_slowly(pair[1], wait_ms);
    }
    close(pair[1]);
    peer->watch = watch_new(diary->loop, peer->fd, WATCH_READ, on_peer, peer);
    watch_expect(peer->watch, owed);
}

static void
peer_ask(struct peer *peer, char byte)
{
    assert_int_equal(write(peer->fd, &byte, 1), 1);
    peer->owed++;
}

static void
peer_end(struct peer *peer)
{
    watch_delete(peer->watch);
    shutdown(peer->fd, SHUT_RDWR); /* the other peer has a copy */
    close(peer->fd);
    waitpid(peer->pid, NULL, 0);
}

struct asking {
    struct peer *slow, *quick;
};

static void
ask_both(void *arg)
{
    struct asking *asking = arg;
    note(asking->slow->diary, '?');
    peer_ask(asking->quick, 'q');
    peer_ask(asking->slow, 's');
}

/* The slow one was there first: its answer comes first, and both before the clock goes
 * on. */
static void
test_a_held_clock_waits_for_what_is_owed(void **state)
{
    struct diary *diary = *state;
    struct peer slow, quick;
    peer_start(&slow, diary, 3);
    peer_start(&quick, diary, 0);
    struct asking asking = {&slow, &quick};
    struct alarm alarm;
    struct timer *timer = timer_new(diary->loop, ask_both, &asking);
    timer_start(timer, 1999);
    set_alarm(&alarm, diary, 'a', 2000, 0);
    loop_advance(diary->loop, 9000);
    assert_string_equal(diary->text, "?sqa2");
    timer_start(timer, 500);
    loop_advance(diary->loop, 500);
    assert_string_equal(diary->text, "?sqa2?sq");
    timer_free(timer);
    timer_free(alarm.timer);
    peer_end(&slow);
    peer_end(&quick);
}

static enum watch_owed
is_real_running(const void *arg)
{
    const struct diary *diary = arg;
    return timer_is_running(diary->timer) ? OWED_ALL : OWED_NOTHING;
}

static void
ignore(void *arg, int mode)
{
    (void)arg;
    (void)mode;
}

/* What watches real things goes on beside a clock that is held. */
static void
test_real_timers_go_on_beside_a_held_clock(void **state)
{
    struct diary *diary = *state;
    struct alarm alarm;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    struct watch *watch = watch_new(diary->loop, pair[0], WATCH_READ, ignore, diary);
    watch_expect(watch, is_real_running);
    diary->timer = timer_new_real(diary->loop, on_b, diary);
    set_alarm(&alarm, diary, 'a', 1000, 0);
    timer_start(diary->timer, 3);
    loop_advance(diary->loop, 2000);
    assert_string_equal(diary->text, "ba1");
    timer_free(diary->timer);
    timer_free(alarm.timer);
    watch_delete(watch);
    close(pair[0]);
    close(pair[1]);
}

/* ---- the log ---- */

static void
read_log(void (*speak)(void), char *out, size_t size)
{
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    int saved = dup(STDERR_FILENO);
    dup2(pipes[1], STDERR_FILENO);
    close(pipes[1]);
    speak();
    dup2(saved, STDERR_FILENO);
    close(saved);
    ssize_t got = read(pipes[0], out, size - 1);
    out[got > 0 ? got : 0] = '\0';
    close(pipes[0]);
}

static void
speak_forged(void)
{
    log_debug("poll", "nobody hears this");
    log_warn("poll", "center %s: %s", "main",
             "fine\n2026 error x\x1b[2J\xc2\x9b\xff \xc3\xa9");
}

static void
speak_quietly(void)
{
    log_set_level(LEVEL_ERROR);
    log_warn("poll", "nobody hears this");
    log_error("script queue_wait", "loud");
    log_set_level(LEVEL_INFO);
}

static void
test_log(void **state)
{
    (void)state;
    char line[512];
    read_log(speak_forged, line, sizeof line);
    assert_int_equal(strspn(line, "0123456789-:.TZ"), 24);
    assert_string_equal(line + 24, " warn  poll     center main: fine\\n2026 error "
                                   "x\\x1b[2J\\xc2\\x9b\\xff \xc3\xa9\n");
    read_log(speak_quietly, line, sizeof line);
    assert_string_equal(line + 24, " error script queue_wait loud\n");
}

static void
take_line(void *arg, enum log_level level, const char *room, const char *message)
{
    snprintf(arg, 64, "%d %s %s", (int)level, room, message);
}

/* Whatever its level, and on this thread alone. */
static void
test_a_log_that_is_diverted(void **state)
{
    (void)state;
    char line[64] = "";
    struct log_taker taker = {take_line, line};
    assert_null(log_divert(&taker));
    log_debug("poll", "center %s", "main\n");
    assert_string_equal(line, "0 poll center main\n");
    assert_ptr_equal(log_divert(NULL), &taker);
    log_debug("poll", "nobody hears this");
    assert_string_equal(line, "0 poll center main\n");
}

static void
test_log_levels(void **state)
{
    (void)state;
    assert_int_equal(log_level_of("debug"), LEVEL_DEBUG);
    assert_int_equal(log_level_of("error"), LEVEL_ERROR);
    assert_int_equal(log_level_of("loud"), -1);
}

#define LOOP_TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
#define HELD_TEST(function)                                                            \
    cmocka_unit_test_setup_teardown(function, setup_held, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        LOOP_TEST(test_timers_fire_in_order_and_never_early),
        LOOP_TEST(test_a_timer_may_delete_itself),
        LOOP_TEST(test_a_timer_may_start_itself),
        LOOP_TEST(test_many_timers),
        LOOP_TEST(test_deferred_calls_come_last_and_in_order),
        LOOP_TEST(test_deferred_calls_starve_nobody),
        LOOP_TEST(test_deferred_calls_can_be_taken_back),
        LOOP_TEST(test_many_deferred_calls),
        LOOP_TEST(test_a_stop_before_the_run_counts_once),
        LOOP_TEST(test_a_watch_is_level_triggered_and_changes_mode),
        LOOP_TEST(test_a_watch_pauses_and_deletes_itself),
        LOOP_TEST(test_a_signal),
        HELD_TEST(test_a_held_clock_plays_timers_in_order),
        HELD_TEST(test_nothing_happens_before_its_time),
        HELD_TEST(test_many_timers_on_a_held_clock),
        HELD_TEST(test_a_held_clock_waits_for_what_is_owed),
        HELD_TEST(test_real_timers_go_on_beside_a_held_clock),
        cmocka_unit_test(test_log),
        cmocka_unit_test(test_a_log_that_is_diverted),
        cmocka_unit_test(test_log_levels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
