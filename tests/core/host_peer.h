/* The core's end of a script host, for tests: starts the real program and speaks frames
 * with it over a socketpair. */
#ifndef CCGATE_TESTS_HOST_PEER_H
#define CCGATE_TESTS_HOST_PEER_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/mem.h"
#include "hosts.h"
#include "script/message.h"

#define PEER_NOW     ((int64_t)1763661900000)
#define PEER_WAIT_S  20 /* for a frame, before the test fails */
#define PEER_CENTERS 1

struct peer {
    pid_t pid;
    int fd;
    struct host_page *page;
    int64_t now_ms;
    size_t sent;        /* bytes to the host */
    struct buf in;      /* what came, a frame is valid until the next */
    size_t used;        /* of `in` */
    size_t dones;       /* ends of runs that came; they are passed over */
    size_t failures;    /* errors of entries that were counted; likewise */
    char failure[512];  /* the last of them */
    struct frame frame; /* the last one */
    struct message_loaded loaded;
};

static const char peer_setup[] =
    "{\"file\":\"scripts/a.lua\",\"gateway\":\"ccgate\",\"zone\":\"Europe/Istanbul\","
    "\"calendars\":[{\"name\":\"office\",\"zone\":\"Europe/Istanbul\","
    "\"text\":\"days=mon-fri\\nhours=09:00-18:00\\n\"}],\"centers\":[{\"name\":\"main\","
    "\"default\":true,\"edition\":2023,\"queues\":[{\"id\":7,\"name\":\"sales\","
    "\"tags\":[\"voice\"]},{\"id\":8,\"name\":\"support\",\"tags\":[]}]}],"
    "\"destinations\":[{\"name\":\"chat\",\"kind\":\"log\"}]}";

static inline void
peer_exec(const char *program, int host_fd, int page_fd)
{
    /* A test that fails must not leave a looping host behind. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int socket = dup2(host_fd, 200), page = dup2(page_fd, 201);
    if (dup2(socket, HOST_SOCKET_FD) < 0 || dup2(page, HOST_PAGE_FD) < 0)
        _exit(126);
    execl(program, "ccgate-script", (char *)NULL);
    _exit(127);
}

static inline struct peer *
peer_start(void)
{
    char program[1024];
    struct peer *peer = mem_zero(sizeof *peer);
    int fds[2], page_fd = memfd_create("page", 0);
    hosts_program(program, sizeof program);
    assert_int_equal(0, socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
    assert_int_equal(0, ftruncate(page_fd, sizeof *peer->page));
    peer->page = mmap(NULL, sizeof *peer->page, PROT_READ, MAP_SHARED, page_fd, 0);
    assert_ptr_not_equal(MAP_FAILED, peer->page);
    peer->fd = fds[0];
    peer->now_ms = PEER_NOW;
    peer->pid = fork();
    if (!peer->pid) {
        close(fds[0]);
        peer_exec(program, fds[1], page_fd);
    }
    close(fds[1]);
    close(page_fd);
    struct timeval timeout = {PEER_WAIT_S, 0};
    setsockopt(peer->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    return peer;
}

static inline void
peer_send(struct peer *peer, struct buf *frames)
{
    for (size_t done = 0; done < frames->size;) {
        ssize_t count =
            send(peer->fd, frames->data + done, frames->size - done, MSG_NOSIGNAL);
        assert_true(count > 0);
        done += (size_t)count;
    }
    peer->sent += frames->size;
    buf_fini(frames);
}

static inline struct message_load
peer_load(const char *source)
{
    return (struct message_load){
        .limits = {.cpu_ms = 100,
                   .cpu_load_ms = 1000,
                   .memory_bytes = 32 << 20,
                   .source_bytes = 256 << 10,
                   .tasks = 1000,
                   .wants = 500,
                   .sends_per_s = 100.0 / 60,
                   .alerts = 10000,
                   .store_bytes = 1 << 20,
                   .logs_per_s = 200.0 / 60},
        .name = "a",
        .source = source,
        .source_size = strlen(source),
        .setup = peer_setup,
        .setup_size = strlen(peer_setup),
    };
}

static inline void
peer_send_load(struct peer *peer, const struct message_load *load)
{
    struct buf out = {0};
    assert_true(message_write_load(&out, peer->now_ms, load));
    peer_send(peer, &out);
}

/* The ends of runs and what failed are counted, and nothing else. */
static inline bool
peer_counts(struct peer *peer)
{
    struct message_failed failed;
    struct error error;
    switch (peer->frame.header.type) {
    case FRAME_DONE: peer->dones++; return true;
    case FRAME_FAILED:
        assert_true(message_read_failed(&peer->frame, &peer->loaded, &failed, &error));
        peer->failures += (size_t)failed.count;
        snprintf(peer->failure, sizeof peer->failure, "%s", failed.text);
        return true;
    default: return false;
    }
}

/* A frame that is here, other than those. */
static inline bool
peer_has_frame(struct peer *peer)
{
    while (peer->in.size > peer->used) {
        size_t used = 0;
        enum frame_result result =
            frame_next(peer->in.data + peer->used, peer->in.size - peer->used, &used,
                       FRAME_LOADED, FRAME_LAST_TO_CORE, &peer->frame);
        assert_int_not_equal(FRAME_BAD, result);
        peer->used += used;
        if (result == FRAME_MORE)
            return false;
        if (!peer_counts(peer))
            return true;
    }
    return false;
}

/* The next frame of the host. False at the end of its stream. */
static inline bool
peer_next(struct peer *peer)
{
    for (;;) {
        if (peer_has_frame(peer))
            return true;
        buf_consume(&peer->in, peer->used);
        peer->used = 0;
        char *room = buf_reserve(&peer->in, 1 << 16);
        ssize_t count = recv(peer->fd, room, 1 << 16, 0);
        assert_true(count >= 0);
        if (!count)
            return false;
        peer->in.size += (size_t)count;
    }
}

/* Has the host worked off everything and said no more than what was read? */
static inline bool
peer_is_quiet(struct peer *peer)
{
    for (int i = 0; i < 20000 && peer->page->consumed != peer->sent; i++)
        usleep(100);
    if (peer->page->consumed != peer->sent || peer_has_frame(peer))
        return false;
    buf_consume(&peer->in, peer->used);
    peer->used = 0;
    ssize_t count =
        recv(peer->fd, buf_reserve(&peer->in, 1 << 16), 1 << 16, MSG_DONTWAIT);
    peer->in.size += count > 0 ? (size_t)count : 0;
    return !peer_has_frame(peer) && peer->used == peer->in.size;
}

/* The next frame must be of this type. */
static inline void
peer_expect(struct peer *peer, enum frame_type type)
{
    assert_true(peer_next(peer));
    if (peer->frame.header.type != type && peer->frame.header.type == FRAME_LOG) {
        struct message_log log;
        struct error error;
        assert_true(message_read_log(&peer->frame, &log, &error));
        print_message("unexpected log: %s: %.*s\n", log.room, (int)log.text_size,
                      log.text);
    }
    assert_int_equal(type, peer->frame.header.type);
}

static inline const struct message_loaded *
peer_expect_loaded(struct peer *peer)
{
    struct error error;
    peer_expect(peer, FRAME_LOADED);
    if (!message_read_loaded(&peer->frame, PEER_CENTERS, 500, &peer->loaded, &error))
        fail_msg("%s", error.message);
    for (uint32_t i = 0; i < peer->loaded.problem_count; i++)
        if (getenv("VERBOSE"))
            print_message("problem %u: %.*s\n", peer->loaded.problems[i].spot,
                          (int)peer->loaded.problems[i].text_size,
                          peer->loaded.problems[i].text);
    return &peer->loaded;
}

/* A host that has loaded this, which is good. */
static inline struct peer *
peer_with_load(const struct message_load *load)
{
    struct peer *peer = peer_start();
    peer_send_load(peer, load);
    const struct message_loaded *loaded = peer_expect_loaded(peer);
    if (loaded->problem_count)
        fail_msg("line %u: %.*s", loaded->problems[0].spot,
                 (int)loaded->problems[0].text_size, loaded->problems[0].text);
    return peer;
}

static inline struct peer *
peer_with(const char *source)
{
    struct message_load load = peer_load(source);
    return peer_with_load(&load);
}

/* A row of queues with only what the tests look at; -1 leaves calls_waiting unknown. */
static inline void
peer_add_row(struct block *block, int64_t id, int64_t calls_waiting)
{
    int64_t *row = block_add(block);
    size_t waiting = (size_t)query_field(&query_queues, "calls_waiting");
    row[0] = 1 << query_queues.key;
    row[1 + query_queues.key] = id;
    if (calls_waiting < 0)
        return;
    row[0] |= (int64_t)1 << waiting;
    row[1 + waiting] = calls_waiting;
}

static inline struct message_rows
peer_rows(const struct block *block)
{
    return (struct message_rows){.query = &query_queues,
                                 .row_count = (uint32_t)block->row_count,
                                 .cells = block->cells};
}

/* A sample of queue 7 and perhaps 8 (-1: only 7); a second later than the last. */
static inline void
peer_sample(struct peer *peer, int64_t waiting_7, int64_t waiting_8)
{
    struct buf out = {0};
    struct block block;
    block_init(&block, &query_queues);
    peer_add_row(&block, 7, waiting_7);
    if (waiting_8 >= 0)
        peer_add_row(&block, 8, waiting_8);
    struct message_rows rows = peer_rows(&block);
    assert_true(message_write_rows(&out, peer->now_ms += 1000, &rows));
    peer_send(peer, &out);
    block_fini(&block);
}

static inline void
peer_run(struct peer *peer, uint32_t entry)
{
    struct buf out = {0};
    struct message_run run = {entry, peer->now_ms};
    message_write_run(&out, peer->now_ms += 1000, &run);
    peer_send(peer, &out);
}

static inline void
peer_wake(struct peer *peer, uint64_t wait)
{
    struct buf out = {0};
    message_write_wake(&out, peer->now_ms += 1000, wait);
    peer_send(peer, &out);
}

static inline void
peer_disable(struct peer *peer, uint32_t entry)
{
    struct buf out = {0};
    message_write_disable(&out, peer->now_ms += 1000, entry);
    peer_send(peer, &out);
}

/* The next frame is a log line that has `text` in it. */
static inline void
peer_expect_log(struct peer *peer, const char *room, const char *text)
{
    struct message_log log;
    struct error error;
    peer_expect(peer, FRAME_LOG);
    assert_true(message_read_log(&peer->frame, &log, &error));
    assert_string_equal(room, log.room);
    char *line = mem_copy(log.text, log.text_size);
    if (!strstr(line, text))
        fail_msg("'%s' is not in '%s'", text, line);
    free(line);
}

static inline void
peer_expect_strike(struct peer *peer, uint32_t entry, const char *text)
{
    struct message_strike strike;
    struct error error;
    peer_expect(peer, FRAME_STRIKE);
    assert_true(message_read_strike(&peer->frame, &peer->loaded, &strike, &error));
    assert_int_equal(entry, strike.entry);
    assert_string_equal(text, strike.text);
}

/* Nobody waits for this any more. */
static inline void
peer_expect_forget(struct peer *peer, uint64_t wait)
{
    uint64_t forgotten;
    struct error error;
    peer_expect(peer, FRAME_FORGET);
    assert_true(message_read_forget(&peer->frame, &forgotten, &error));
    assert_true(forgotten == wait);
}

/* A sleep that is asked for; gives the number of the wait. */
static inline uint64_t
peer_expect_sleep(struct peer *peer, int64_t ms)
{
    struct message_sleep sleep;
    struct error error;
    peer_expect(peer, FRAME_SLEEP);
    assert_true(message_read_sleep(&peer->frame, &sleep, &error));
    assert_int_equal(ms, sleep.ms);
    return sleep.wait;
}

/* A commit; message_commit_fini() is the caller's. */
static inline struct message_commit
peer_expect_commit(struct peer *peer)
{
    struct message_commit commit;
    struct error error;
    peer_expect(peer, FRAME_COMMIT);
    if (!message_read_commit(&peer->frame, &peer->loaded, PEER_CENTERS, &commit,
                             &error))
        fail_msg("%s", error.message);
    return commit;
}

/* A commit with this one alert, whose event has `text` in it (NULL: whatever). */
static inline void
peer_expect_alert(struct peer *peer, const char *kind, const char *key,
                  const char *text)
{
    struct message_commit commit = peer_expect_commit(peer);
    assert_int_equal(1, commit.alert_count);
    assert_string_equal(kind, commit.alerts[0].kind);
    assert_string_equal(key, commit.alerts[0].key);
    if (text && !strstr(commit.alerts[0].event, text))
        fail_msg("'%s' is not in '%s'", text, commit.alerts[0].event);
    message_commit_fini(&commit);
}

/* A commit with this one send. */
static inline void
peer_expect_send(struct peer *peer, uint32_t ordinal, const char *message)
{
    struct message_commit commit = peer_expect_commit(peer);
    assert_int_equal(1, commit.send_count);
    assert_int_equal(ordinal, commit.sends[0].ordinal);
    assert_string_equal("chat", commit.sends[0].destination);
    assert_string_equal(message, commit.sends[0].message);
    message_commit_fini(&commit);
}

static inline void
peer_delete(struct peer *peer)
{
    if (peer->loaded.payload)
        message_loaded_fini(&peer->loaded);
    munmap(peer->page, sizeof *peer->page);
    buf_fini(&peer->in);
    free(peer);
}

/* Ends the stream; the host must end, too, with `status`. */
static inline void
peer_end_with(struct peer *peer, int status)
{
    int got;
    close(peer->fd);
    assert_int_equal(peer->pid, waitpid(peer->pid, &got, 0));
    assert_true(WIFEXITED(got));
    assert_int_equal(status, WEXITSTATUS(got));
    peer_delete(peer);
}

static inline void
peer_end(struct peer *peer)
{
    peer_end_with(peer, 0);
}

#endif
