/* The core's end of a host: frames, back-pressure, how hosts end and who is killed.
 * This program plays the hosts itself: started with the name of a part, it acts it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/mem.h"
#include "script/message.h"
#include "script/process.h"

#define CPU_MS 50

extern char **environ;

/* ---- the hosts ---- */

static struct host_page *page;

static void
say(const char *text)
{
    struct buf out = {0};
    const struct message_log line = {
        .level = LEVEL_INFO, .room = "host", .text = text, .text_size = strlen(text)};
    message_write_log(&out, 1, &line);
    if (send(HOST_SOCKET_FD, out.data, out.size, MSG_NOSIGNAL) != (ssize_t)out.size)
        _exit(9);
    buf_fini(&out);
}

/* Takes bytes off the socket, at least one; ends with the stream. */
static size_t
take(void)
{
    static char data[65536];
    ssize_t got = recv(HOST_SOCKET_FD, data, sizeof data, 0);
    if (got <= 0)
        _exit(0);
    return (size_t)got;
}

static int64_t
cpu_ms(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (int64_t)used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

static void
burn(int64_t ms)
{
    for (int64_t until = cpu_ms() + ms; cpu_ms() < until;)
        continue;
}

static void
begin(uint32_t entry)
{
    page->busy = 1;
    page->entry = 1 + entry;
    page->activation++;
}

static void
end(void)
{
    page->entry = 0;
    page->busy = 0;
}

static void
play_parrot(void)
{
    for (;;) {
        page->consumed += take();
        say("got it");
    }
}

static void
play_sleeper(void)
{
    take();
    say("never again");
    for (;;)
        pause();
}

static void
play_slow(void)
{
    for (;;) {
        size_t got = take();
        usleep(2000);
        page->consumed += got;
    }
}

static void
play_burner(void)
{
    take();
    begin(4);
    for (;;)
        continue;
}

/* Many activations, each within its limit, without a rest between them. */
static void
play_worker(void)
{
    take();
    page->busy = 1;
    for (uint32_t i = 0; i < 12; i++) {
        begin(i);
        burn(CPU_MS / 2);
    }
    end();
    say("done");
    take();
}

/* One activation that waits longer than any limit, but computes little. */
static void
play_waiter(void)
{
    size_t got = take();
    begin(0);
    usleep(4 * CPU_MS * 1000);
    end();
    page->consumed += got;
    say("done");
    take();
}

static void
play_loader(void)
{
    take();
    begin(0);
    burn(3 * CPU_MS);
    end();
    say("done");
    take();
}

static void
play_liar(void)
{
    take();
    begin(2);
    if (send(HOST_SOCKET_FD, "this is certainly no frame", 26, MSG_NOSIGNAL) != 26)
        _exit(9);
    for (;;)
        pause();
}

static void
play_quitter(void)
{
    say("bye");
    _exit(3);
}

static void
play_crasher(void)
{
    take();
    begin(6);
    abort();
}

static void
play_teller(void)
{
    for (char **variable = environ; *variable; variable++)
        say(*variable);
    _exit(0);
}

static const struct {
    const char *name;
    void (*play)(void);
} parts[] = {
    {"parrot", play_parrot},   {"sleeper", play_sleeper}, {"slow", play_slow},
    {"burner", play_burner},   {"worker", play_worker},   {"waiter", play_waiter},
    {"loader", play_loader},   {"liar", play_liar},       {"quitter", play_quitter},
    {"crasher", play_crasher}, {"teller", play_teller},
};

static void
play(const char *name)
{
    page =
        mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, HOST_PAGE_FD, 0);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!strcmp(parts[i].name, name))
            parts[i].play();
    _exit(127);
}

/* ---- the core's end ---- */

struct stage {
    struct loop *loop;
    struct process *process;
    size_t frames, rooms, ends;
    struct process_end end;
    char said[4096]; /* a line per frame */
    bool is_refusing, is_deleting;
};

static struct stage *stage;

static bool
on_frame(void *arg, const struct frame *frame, struct error *error)
{
    struct message_log line;
    assert_ptr_equal(arg, stage);
    stage->frames++;
    if (stage->is_refusing) {
        error_set(error, ERROR_DECODE, "", "not this one");
        return false;
    }
    assert_true(message_read_log(frame, &line, error));
    size_t size = strlen(stage->said);
    snprintf(stage->said + size, sizeof stage->said - size, "%.*s\n",
             (int)line.text_size, line.text);
    return true;
}

static void
on_room(void *arg)
{
    (void)arg;
    stage->rooms++;
}

static void
on_end(void *arg, const struct process_end *ended)
{
    (void)arg;
    stage->ends++;
    stage->end = *ended;
    if (!stage->is_deleting)
        return;
    process_delete(stage->process);
    stage->process = NULL;
}

static void
start(const char *part)
{
    const struct conf_limits limits = {.cpu_ms = CPU_MS, .cpu_load_ms = 10 * CPU_MS};
    const struct process_events events = {on_frame, on_room, on_end, stage};
    struct error error = {0};
    stage->process =
        process_new(stage->loop, "/proc/self/exe", part, &limits, &events, &error);
    if (!stage->process)
        fail_msg("%s", error.message);
}

static void
stop(void *arg)
{
    loop_stop(arg);
}

static void
run_for(int64_t ms)
{
    struct timer *timer = timer_new(stage->loop, stop, stage->loop);
    timer_start(timer, ms);
    loop_run(stage->loop);
    timer_free(timer);
}

static void
wait_for(const size_t *count, size_t wanted)
{
    for (int64_t until = clock_mono_ms() + 10000; *count < wanted;) {
        if (clock_mono_ms() > until)
            fail_msg("waited in vain: %zu of %zu", *count, wanted);
        run_for(1);
    }
}

/* Sends `count` frames of 24 bytes. */
static void
send_frames(size_t count)
{
    for (size_t i = 0; i < count; i++)
        message_write_wake(process_out(stage->process), 1, i + 1);
}

static int
set_up(void **state)
{
    (void)state;
    stage = mem_zero(sizeof *stage);
    stage->loop = loop_new();
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    process_delete(stage->process);
    loop_delete(stage->loop);
    free(stage);
    return 0;
}

/* ---- frames ---- */

static void
frames_go_and_come(void **state)
{
    (void)state;
    start("parrot");
    send_frames(1);
    assert_int_equal(stage->frames, 0);
    wait_for(&stage->frames, 1);
    assert_string_equal(stage->said, "got it\n");
    assert_true(process_pid(stage->process) > 0);
}

/* Much more than the socket takes at once. */
static void
what_does_not_fit_goes_later(void **state)
{
    (void)state;
    start("slow");
    send_frames(40000);
    for (int i = 0; i < 4000 && !process_is_idle(stage->process); i++)
        run_for(1);
    assert_true(process_is_idle(stage->process));
    assert_false(process_is_full(stage->process));
}

/* Neither what it has not taken nor what it works at counts as rest. */
static void
idle_is_who_has_nothing_to_do(void **state)
{
    (void)state;
    start("waiter");
    assert_true(process_is_idle(stage->process));
    send_frames(1);
    assert_false(process_is_idle(stage->process));
    wait_for(&stage->frames, 1);
    assert_true(process_is_idle(stage->process));
}

static void
a_host_that_lags_gets_no_samples(void **state)
{
    (void)state;
    start("sleeper");
    send_frames(65536 / sizeof(struct frame_header));
    assert_false(process_is_full(stage->process)); /* headers alone: 65520 bytes */
    send_frames(1);
    assert_true(process_is_full(stage->process));
    wait_for(&stage->frames, 1);
    run_for(20);
    assert_true(process_is_full(stage->process)); /* taken is not worked off */
    assert_int_equal(stage->rooms, 0);
}

static void
room_is_told_once(void **state)
{
    (void)state;
    start("slow");
    send_frames(4000);
    assert_true(process_is_full(stage->process));
    assert_true(process_is_full(stage->process));
    wait_for(&stage->rooms, 1);
    assert_false(process_is_full(stage->process));
    run_for(20);
    assert_int_equal(stage->rooms, 1);
}

static void
broken_frames_end_the_host(void **state)
{
    (void)state;
    start("liar");
    send_frames(1);
    wait_for(&stage->ends, 1);
    assert_true(stage->end.was_ours);
    assert_true(stage->end.was_busy);
    assert_int_equal(stage->end.entry, 3);
    assert_string_equal(stage->end.reason, "broken frame: not a frame");
    assert_int_equal(stage->frames, 0);
}

static void
refused_frames_end_the_host(void **state)
{
    (void)state;
    stage->is_refusing = true;
    start("parrot");
    send_frames(1);
    wait_for(&stage->ends, 1);
    assert_true(stage->end.was_ours);
    assert_string_equal(stage->end.reason, "broken frame: not this one");
    assert_int_equal(stage->frames, 1);
}

/* ---- ends ---- */

static void
ends_have_a_reason(void **state)
{
    (void)state;
    static const struct {
        const char *part, *reason;
        bool was_busy;
        uint32_t entry;
    } cases[] = {
        {"quitter", "ended with status 3", false, 0},
        {"crasher", "killed by signal 6 (Aborted)", true, 7},
        {"nobody", "ended with status 127", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        stage->ends = 0;
        start(cases[i].part);
        send_frames(1);
        wait_for(&stage->ends, 1);
        assert_false(stage->end.was_ours);
        assert_int_equal(stage->end.was_busy, cases[i].was_busy);
        assert_int_equal(stage->end.entry, cases[i].entry);
        assert_string_equal(stage->end.reason, cases[i].reason);
        process_delete(stage->process);
        stage->process = NULL;
    }
    assert_string_equal(stage->said, "bye\n"); /* what it said before was heard */
}

static void
kills_say_why_once(void **state)
{
    (void)state;
    start("parrot");
    process_kill(stage->process, "because of %d", 7);
    process_kill(stage->process, "something else");
    wait_for(&stage->ends, 1);
    assert_true(stage->end.was_ours);
    assert_string_equal(stage->end.reason, "because of 7");
    run_for(20);
    assert_int_equal(stage->ends, 1);
}

static void
it_may_be_deleted_when_it_ends(void **state)
{
    (void)state;
    stage->is_deleting = true;
    start("quitter");
    wait_for(&stage->ends, 1);
    assert_null(stage->process);
}

/* Whoever still has something to say to it does no harm. */
static void
the_dead_can_be_written_to(void **state)
{
    (void)state;
    start("quitter");
    wait_for(&stage->ends, 1);
    send_frames(4000);
    assert_true(process_is_full(stage->process));
    run_for(50);
    assert_int_equal(stage->ends, 1);
    assert_int_equal(stage->rooms, 0);
}

static void
deleting_kills_without_a_word(void **state)
{
    (void)state;
    start("burner");
    send_frames(1);
    run_for(5);
    process_delete(stage->process);
    stage->process = NULL;
    run_for(20);
    assert_int_equal(stage->ends, 0);
}

static void
programs_that_are_missing_say_so(void **state)
{
    (void)state;
    const struct conf_limits limits = {.cpu_ms = 1, .cpu_load_ms = 1};
    const struct process_events events = {on_frame, on_room, on_end, NULL};
    struct error error = {0};
    assert_null(process_new(stage->loop, "/nonexistent/ccgate-script", "a", &limits,
                            &events, &error));
    assert_int_equal(error.kind, ERROR_LIMIT);
    assert_string_equal(error.message, "cannot start /nonexistent/ccgate-script: No "
                                       "such file or directory");
}

/* They may stand in the environment. */
static void
hosts_get_no_secrets(void **state)
{
    (void)state;
    setenv("AICC_SECRET_KEY", "sesame", 1);
    setenv("CCGATE_LUA_DIR", "lua", 1);
    start("teller");
    wait_for(&stage->ends, 1);
    assert_non_null(strstr(stage->said, "CCGATE_LUA_DIR=lua\n"));
    assert_null(strstr(stage->said, "sesame"));
    assert_null(strstr(stage->said, "PATH=/"));
    unsetenv("AICC_SECRET_KEY");
    unsetenv("CCGATE_LUA_DIR");
}

/* ---- processor time ---- */

static void
endless_work_is_ended(void **state)
{
    (void)state;
    long long used = 0;
    start("burner");
    process_set_loaded(stage->process);
    send_frames(1);
    wait_for(&stage->ends, 1);
    assert_true(stage->end.was_ours);
    assert_true(stage->end.was_busy);
    assert_int_equal(stage->end.entry, 5);
    assert_int_equal(sscanf(stage->end.reason,
                            "cpu limit: killed after %lld ms of processor time", &used),
                     1);
    assert_in_range(used, CPU_MS, 2 * CPU_MS + 20);
}

static void
loading_may_take_longer(void **state)
{
    (void)state;
    start("loader");
    send_frames(1);
    wait_for(&stage->frames, 1);
    assert_int_equal(stage->ends, 0);
    process_delete(stage->process);
    start("loader");
    process_set_loaded(stage->process);
    send_frames(1);
    wait_for(&stage->ends, 1);
    assert_true(stage->end.was_ours);
}

static void
much_honest_work_is_not_ended(void **state)
{
    (void)state;
    start("worker");
    process_set_loaded(stage->process);
    send_frames(1);
    wait_for(&stage->frames, 1);
    assert_string_equal(stage->said, "done\n");
    assert_int_equal(stage->ends, 0);
}

/* A host that gets no processor uses no processor time. */
static void
waiting_is_no_offence(void **state)
{
    (void)state;
    start("waiter");
    process_set_loaded(stage->process);
    send_frames(1);
    wait_for(&stage->frames, 1);
    assert_int_equal(stage->ends, 0);
}

/* The core itself was stopped: what the host used meanwhile was not looked at. */
static void
nobody_pays_for_a_core_that_stood_still(void **state)
{
    (void)state;
    start("loader");
    process_set_loaded(stage->process);
    send_frames(1);
    run_for(2);
    usleep(1200 * 1000);
    wait_for(&stage->frames, 1);
    assert_int_equal(stage->ends, 0);
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(int argc, char **argv)
{
    if (argc == 2)
        play(argv[1]);
    const struct CMUnitTest tests[] = {
        test(frames_go_and_come),
        test(what_does_not_fit_goes_later),
        test(idle_is_who_has_nothing_to_do),
        test(a_host_that_lags_gets_no_samples),
        test(room_is_told_once),
        test(broken_frames_end_the_host),
        test(refused_frames_end_the_host),
        test(ends_have_a_reason),
        test(kills_say_why_once),
        test(it_may_be_deleted_when_it_ends),
        test(the_dead_can_be_written_to),
        test(deleting_kills_without_a_word),
        test(programs_that_are_missing_say_so),
        test(hosts_get_no_secrets),
        test(endless_work_is_ended),
        test(loading_may_take_longer),
        test(much_honest_work_is_not_ended),
        test(waiting_is_no_offence),
        test(nobody_pays_for_a_core_that_stood_still),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
