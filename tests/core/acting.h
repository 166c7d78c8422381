/* The core's end of hosts that this program plays itself: started with the name of a
 * part, it acts it. */
#ifndef CCGATE_TESTS_ACTING_H
#define CCGATE_TESTS_ACTING_H

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

static inline void
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
static inline size_t
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

static inline void
burn(int64_t ms)
{
    for (int64_t until = cpu_ms() + ms; cpu_ms() < until;)
        continue;
}

static inline void
begin(uint32_t entry)
{
    page->busy = 1;
    page->entry = 1 + entry;
    page->activation++;
}

static inline void
end(void)
{
    page->entry = 0;
    page->busy = 0;
}

static inline void
play_parrot(void)
{
    for (;;) {
        page->consumed += take();
        say("got it");
    }
}

static inline void
play_sleeper(void)
{
    take();
    say("never again");
    for (;;)
        pause();
}

static inline void
play_slow(void)
{
    for (;;) {
        size_t got = take();
        usleep(2000);
        page->consumed += got;
    }
}

static inline void
play_burner(void)
{
    take();
    begin(4);
    for (;;)
        continue;
}

/* Many activations, each within its limit, without a rest between them. */
static inline void
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
static inline void
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

static inline void
play_loader(void)
{
    take();
    begin(0);
    burn(3 * CPU_MS);
    end();
    say("done");
    take();
}

static inline void
play_liar(void)
{
    take();
    begin(2);
    if (send(HOST_SOCKET_FD, "this is certainly no frame", 26, MSG_NOSIGNAL) != 26)
        _exit(9);
    for (;;)
        pause();
}

static inline void
play_quitter(void)
{
    say("bye");
    _exit(3);
}

static inline void
play_crasher(void)
{
    take();
    begin(6);
    abort();
}

static inline void
mark_starved(void *arg)
{
    ((struct host_page *)arg)->starved = 1;
}

static inline void
play_starved(void)
{
    take();
    begin(6);
    mem_set_last_word(mark_starved, page);
    mem_grow(NULL, SIZE_MAX, 2);
}

static inline void
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
    {"crasher", play_crasher}, {"starved", play_starved}, {"teller", play_teller},
};

static inline void
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

static inline bool
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

static inline void
on_room(void *arg)
{
    (void)arg;
    stage->rooms++;
}

static inline void
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

static inline void
start(const char *part)
{
    const struct conf_limits limits = {
        .cpu_ms = CPU_MS, .cpu_load_ms = 10 * CPU_MS, .memory_bytes = 32 << 20};
    const struct process_events events = {on_frame, on_room, on_end, stage};
    struct error error = {0};
    stage->process =
        process_new(stage->loop, "/proc/self/exe", part, &limits, &events, &error);
    if (!stage->process)
        fail_msg("%s", error.message);
}

static inline void
stop(void *arg)
{
    loop_stop(arg);
}

static inline void
run_for(int64_t ms)
{
    struct timer *timer = timer_new(stage->loop, stop, stage->loop);
    timer_start(timer, ms);
    loop_run(stage->loop);
    timer_free(timer);
}

static inline void
wait_for(const size_t *count, size_t wanted)
{
    for (int64_t until = clock_mono_ms() + 10000; *count < wanted;) {
        if (clock_mono_ms() > until)
            fail_msg("waited in vain: %zu of %zu", *count, wanted);
        run_for(1);
    }
}

/* Sends `count` frames of 24 bytes. */
static inline void
send_frames(size_t count)
{
    for (size_t i = 0; i < count; i++)
        message_write_wake(process_out(stage->process), 1, i + 1);
}

static inline int
set_up(void **state)
{
    (void)state;
    stage = mem_zero(sizeof *stage);
    stage->loop = loop_new();
    return 0;
}

static inline int
tear_down(void **state)
{
    (void)state;
    process_delete(stage->process);
    loop_delete(stage->loop);
    free(stage);
    return 0;
}

#endif
