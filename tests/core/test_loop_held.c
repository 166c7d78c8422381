/* A loop whose clock stands still until it is moved. */
#include "diary.h"

#include <sys/ioctl.h>
#include <sys/wait.h>

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
    diary_open(state, loop_new_held(1772521200000));
    start_ms = loop_clock(((struct diary *)*state)->loop)->mono_ms;
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
test_slack_is_none_on_a_held_clock(void **state)
{
    struct diary *diary = *state;
    struct timer *timer = timer_new(diary->loop, on_a, diary);
    timer_start_slack(timer, 1003);
    loop_advance(diary->loop, 1002);
    assert_string_equal(diary->text, "");
    loop_advance(diary->loop, 1);
    assert_string_equal(diary->text, "a");
    timer_free(timer);
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

/* ---- what it waits for ---- */

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

#define HELD_TEST(function)                                                            \
    cmocka_unit_test_setup_teardown(function, setup_held, diary_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HELD_TEST(test_a_held_clock_plays_timers_in_order),
        HELD_TEST(test_slack_is_none_on_a_held_clock),
        HELD_TEST(test_nothing_happens_before_its_time),
        HELD_TEST(test_many_timers_on_a_held_clock),
        HELD_TEST(test_a_held_clock_waits_for_what_is_owed),
        HELD_TEST(test_real_timers_go_on_beside_a_held_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
