/* One script host as the core sees it: a child process, frames to and from it, and the
 * watch over its processor time (runtime.md §1). */
#ifndef CCGATE_SCRIPT_PROCESS_H
#define CCGATE_SCRIPT_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/error.h"
#include "base/loop.h"
#include "script/frame.h"

struct process;

/* How a host ended. */
struct process_end {
    bool was_ours;    /* killed by the core: too much processor time, a broken frame */
    bool was_busy;    /* it was working, not waiting for frames */
    uint32_t entry;   /* 1 + the entry that ran, 0 for none */
    char reason[512]; /* "killed by signal 9", "cpu limit: killed after 213ms", … */
};

struct process_events {
    /* A frame of the host; false with `error`: the host is broken and gets killed. */
    bool (*on_frame)(void *arg, const struct frame *frame, struct error *error);
    /* There is room for samples again, after process_is_full() was true. */
    void (*on_room)(void *arg);
    /* The process has ended; comes once, from the loop. The process may be deleted. */
    void (*on_end)(void *arg, const struct process_end *end);
    void *arg;
};

/* Starts PROGRAM; NULL with `error` when that fails. `name` is for messages. */
struct process *process_new(struct loop *loop, const char *program, const char *name,
                            const struct conf_limits *limits,
                            const struct process_events *events, struct error *error);
/* Kills it if it still runs, without on_end. NULL is allowed. */
void process_delete(struct process *process);

/* Where frames are written; what is there goes out at the end of the loop's turn, and
 * nowhere once the process has ended. */
struct buf *process_out(struct process *process);

/* A place in the stream of what was written so far, and whether the host has worked off
 * everything before it. */
uint64_t process_mark(const struct process *process);
bool process_is_worked_off(const struct process *process, uint64_t mark);

/* More than 128 KB wait to be worked off: no samples now; on_room tells when. */
bool process_is_full(struct process *process);

/* It has worked off all that it was sent and waits for more. What it said last may
 * still be on its way here. */
bool process_is_idle(const struct process *process);

/* The script is loaded: from now on cpu_ms is the limit, not cpu_load_ms. */
void process_set_loaded(struct process *process);

/* Kills it; on_end follows with this reason. */
void process_kill(struct process *process, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

pid_t process_pid(const struct process *process);

/* The path of ccgate-script: beside this program. Free it. */
char *process_find_program(void);

#endif
