/* ccgate-script: one script in a process of its own, behind a fence.
 *
 * Reads frames from HOST_SOCKET_FD, works them off, answers with one send per turn.
 * Ends with 0 at the end of the stream or when the script could not be loaded, with 1
 * and a line on standard error when the core, or this program, is at fault. */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "script/bind.h"
#include "script/fence.h"
#include "script/frame.h"
#include "script/message.h"
#include "script/rule.h"
#include "script/script.h"
#include "script/task.h"

#define RECEIVE_SIZE ((size_t)64 << 10)
#define SEND_SIZE    ((size_t)1 << 20) /* so much is sent before the turn is over */

struct host {
    struct host_page *page;
    char *in; /* what has been received and not worked off, 8-aligned */
    size_t in_size, in_room;
    struct buf out;
    struct script *script; /* NULL until LOAD */
};

/* Reachable to the end, so that nothing of it counts as lost. */
static struct host host;

static _Noreturn void
fail(const char *what, const char *why)
{
    fprintf(stderr, "ccgate-script: %s: %s\n", what, why);
    _exit(1);
}

static void
send_all(void)
{
    size_t sent = 0;
    while (sent < host.out.size) {
        ssize_t count = send(HOST_SOCKET_FD, host.out.data + sent, host.out.size - sent,
                             MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            _exit(0); /* the core is gone, and with it whoever would listen */
        sent += (size_t)count;
    }
    buf_clear(&host.out);
}

/* Waits for more of the stream; ends the process where the stream ends. */
static void
receive(void)
{
    if (host.in_room - host.in_size < RECEIVE_SIZE) {
        host.in_room = 2 * host.in_room + RECEIVE_SIZE;
        host.in = mem_grow(host.in, host.in_room, 1);
    }
    ssize_t count;
    do
        count = recv(HOST_SOCKET_FD, host.in + host.in_size,
                     host.in_room - host.in_size, 0);
    while (count < 0 && errno == EINTR);
    if (count < 0 && errno != ECONNRESET)
        fail("socket", strerror(errno));
    if (count <= 0)
        exit(0);
    host.in_size += (size_t)count;
}

/* ---- frames ---- */

static bool
on_load(const struct frame *frame, struct error *error)
{
    struct message_load load;
    if (host.script) {
        error_set(error, ERROR_DECODE, "", "LOAD comes once");
        return false;
    }
    if (!message_read_load(frame, &load, error))
        return false;
    host.script = script_new(&load, frame->header.now_ms, host.page, &host.out);
    clearenv();
    if (!fence_enter(load.limits.memory_bytes, error))
        return false;
    bool is_good = script_load(host.script, &load);
    message_load_fini(&load);
    if (is_good)
        return true;
    send_all();
    exit(0);
}

static bool
on_restore(const struct frame *frame, struct error *error)
{
    struct message_restore restore;
    if (!message_read_restore(frame, host.script->entry_count,
                              host.script->center_count, &restore, error))
        return false;
    rule_restore(host.script, &restore);
    message_restore_fini(&restore);
    return true;
}

static bool
on_store(const struct frame *frame, struct error *error)
{
    struct message_store store;
    if (!message_read_store(frame, &store, error))
        return false;
    error_set(error, ERROR_LIMIT, "",
              "what gw.store() has does not fit into the memory");
    bool fits = bind_store(host.script, &store);
    message_store_fini(&store);
    return fits;
}

static bool
on_rows(const struct frame *frame, struct error *error)
{
    struct message_rows rows;
    if (!message_read_rows(frame, host.script->center_count, &rows, error))
        return false;
    rule_sample(host.script, &rows);
    return true;
}

static bool
on_run(const struct frame *frame, struct error *error)
{
    struct message_run run;
    if (!message_read_run(frame, host.script->entry_count, &run, error))
        return false;
    if (host.script->entries[run.entry]->kind != ENTRY_JOB) {
        error_set(error, ERROR_DECODE, "", "RUN of a rule");
        return false;
    }
    error_set(error, ERROR_DECODE, "", "RUN of a job that runs");
    return task_run(host.script, &run);
}

static bool
on_handle(const struct frame *frame, struct error *error)
{
    struct message_handle handle;
    if (!message_read_handle(frame, host.script->entry_count, &handle, error))
        return false;
    if (host.script->entries[handle.entry]->kind != ENTRY_RULE) {
        error_set(error, ERROR_DECODE, "", "HANDLE of a job");
        return false;
    }
    task_handle(host.script, &handle);
    return true;
}

static bool
on_cancel(const struct frame *frame, struct error *error)
{
    uint64_t run;
    if (!message_read_cancel(frame, &run, error))
        return false;
    task_cancel(host.script, run);
    return true;
}

static bool
on_wake(const struct frame *frame, struct error *error)
{
    uint64_t wait;
    if (!message_read_wake(frame, &wait, error))
        return false;
    error_set(error, ERROR_DECODE, "", "WAKE without a sleep");
    return task_wake(host.script, wait);
}

static bool
on_fetched(const struct frame *frame, struct error *error)
{
    struct message_fetched fetched;
    if (!message_read_fetched(frame, host.script->center_count, &fetched, error))
        return false;
    error_set(error, ERROR_DECODE, "", "FETCHED without a fetch");
    return task_fetched(host.script, &fetched);
}

static bool
on_answer(const struct frame *frame, struct error *error)
{
    struct message_answer answer;
    if (!message_read_answer(frame, &answer, error))
        return false;
    error_set(error, ERROR_DECODE, "", "ANSWER without a question");
    return task_answered(host.script, &answer);
}

static bool
on_disable(const struct frame *frame, struct error *error)
{
    uint32_t number;
    if (!message_read_disable(frame, host.script->entry_count, &number, error))
        return false;
    struct entry *entry = host.script->entries[number];
    entry->disabled = true;
    task_kill(host.script, entry);
    return true;
}

static bool
on_tick(const struct frame *frame, struct error *error)
{
    uint32_t number;
    if (!message_read_tick(frame, host.script->entry_count, &number, error))
        return false;
    struct entry *entry = host.script->entries[number];
    if (entry->kind != ENTRY_RULE) {
        error_set(error, ERROR_DECODE, "", "TICK of a job");
        return false;
    }
    rule_tick(host.script, (struct rule *)entry);
    return true;
}

static bool
on_step(const struct frame *frame, struct error *error)
{
    int64_t by_ms;
    if (!message_read_step(frame, &by_ms, error))
        return false;
    effect_shift(&host.script->effects, by_ms);
    rule_shift(host.script, by_ms);
    error_set(error, ERROR_LIMIT, "", "what gw.store() has cannot be moved");
    return bind_store_shift(host.script, by_ms);
}

static bool (*const handlers[])(const struct frame *, struct error *) = {
    [FRAME_LOAD] = on_load,       [FRAME_RESTORE] = on_restore,
    [FRAME_ROWS] = on_rows,       [FRAME_RUN] = on_run,
    [FRAME_WAKE] = on_wake,       [FRAME_FETCHED] = on_fetched,
    [FRAME_DISABLE] = on_disable, [FRAME_TICK] = on_tick,
    [FRAME_STORE] = on_store,     [FRAME_HANDLE] = on_handle,
    [FRAME_CANCEL] = on_cancel,   [FRAME_ANSWER] = on_answer,
    [FRAME_STEP] = on_step,
};

static void
handle(const struct frame *frame)
{
    struct error error = {0};
    if (!host.script && frame->header.type != FRAME_LOAD)
        fail("frame", "LOAD comes first");
    if (host.script)
        effect_set_now(&host.script->effects, frame->header.now_ms);
    if (!handlers[frame->header.type](frame, &error))
        fail("frame", error.message);
    rule_judge_found(host.script);
    if (host.out.size > SEND_SIZE)
        send_all();
}

/* Works off the frames that are there; returns how many bytes they had. */
static size_t
work(void)
{
    size_t used = 0;
    struct frame frame;
    enum frame_result result;
    while ((result = frame_next(host.in, host.in_size, &used, FRAME_LOAD,
                                FRAME_LAST_TO_HOST, &frame)) == FRAME_OK)
        handle(&frame);
    if (result == FRAME_BAD)
        fail("frame", "no frame of the core");
    host.in_size -= used;
    memmove(host.in, host.in + used, host.in_size);
    return used;
}

/* The core tells people, who know the limit by its name and not by what met it. */
static void
on_starved(void *page)
{
    atomic_store(&((struct host_page *)page)->starved, 1);
}

/* Maps the page and closes all descriptors but the socket and the standard ones. */
static void
map_page(void)
{
    host.page = mmap(NULL, sizeof *host.page, PROT_READ | PROT_WRITE, MAP_SHARED,
                     HOST_PAGE_FD, 0);
    if (host.page == MAP_FAILED)
        fail("page", strerror(errno));
    closefrom(HOST_PAGE_FD);
    mem_set_last_word(on_starved, host.page);
}

/* A host whose core was killed would see the end of its stream, but not while it is at
 * something that does not end. */
static void
die_with_core(void)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL))
        fail("prctl", strerror(errno));
}

/* What is told once for many activations. */
static void
end_turn(struct script *script)
{
    effect_tell_drops(&script->effects);
    effect_tell_failures(&script->effects, script->entries, script->entry_count);
    bind_flush_metrics(script);
}

int
main(void)
{
    die_with_core();
    map_page();
    for (;;) {
        receive();
        atomic_store(&host.page->busy, 1);
        size_t used = work();
        if (host.script)
            end_turn(host.script);
        send_all();
        /* Last: when all has been worked off, all answers are there and nothing runs.
         */
        atomic_store(&host.page->busy, 0);
        atomic_fetch_add(&host.page->consumed, used);
    }
}
