/* Timers, deferred calls, descriptors and signals. */
#include "diary.h"

#include <signal.h>

static int
setup(void **state)
{
    diary_open(state, loop_new());
    return 0;
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

#define SLACK_TIMERS 20

struct slack {
    struct loop *loop;
    struct slack_timer {
        struct slack *slack;
        struct timer *timer;
        int64_t earliest_us;
    } timers[SLACK_TIMERS];
    int left, turns;
    bool is_turn_counted;
};

static void
on_turn_end(void *arg)
{
    struct slack *slack = arg;
    slack->turns++;
    slack->is_turn_counted = false;
    if (slack->left == 0)
        loop_stop(slack->loop);
}

static void
on_slack_time(void *arg)
{
    const struct slack_timer *timer = arg;
    struct slack *slack = timer->slack;
    assert_true(clock_mono_us() >= timer->earliest_us);
    slack->left--;
    if (!slack->is_turn_counted)
        loop_defer(slack->loop, on_turn_end, slack);
    slack->is_turn_counted = true;
}

/* Twenty that are due within 20 ms: a stretch that touches three of those 10 ms, or
 * four when the starting took long. */
static void
test_timers_with_slack_come_together_and_never_early(void **state)
{
    const struct diary *diary = *state;
    struct slack slack = {.loop = diary->loop, .left = SLACK_TIMERS};
    for (int i = 0; i < SLACK_TIMERS; i++) {
        struct slack_timer *timer = &slack.timers[i];
        timer->slack = &slack;
        timer->earliest_us = clock_mono_us() + (i + 1) * INT64_C(1000);
        timer->timer = timer_new(diary->loop, on_slack_time, timer);
        timer_start_slack(timer->timer, i + 1);
    }
    loop_run(diary->loop);
    assert_in_range(slack.turns, 1, 4);
    for (int i = 0; i < SLACK_TIMERS; i++)
        timer_free(slack.timers[i].timer);
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

#define LOOP_TEST(function)                                                            \
    cmocka_unit_test_setup_teardown(function, setup, diary_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        LOOP_TEST(test_timers_fire_in_order_and_never_early),
        LOOP_TEST(test_timers_with_slack_come_together_and_never_early),
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
