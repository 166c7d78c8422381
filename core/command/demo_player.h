/* One of the programs that the demo plays with: a process of its own, as in life, whose
 * output comes line by line. It is asked to end (SIGTERM) when the demo is gone,
 * however that came about. */
#ifndef CCGATE_COMMAND_DEMO_PLAYER_H
#define CCGATE_COMMAND_DEMO_PLAYER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/loop.h"

struct player {
    struct loop *loop;
    /* One line of its standard output or error, without '\n'. */
    void (*on_line)(void *arg, const char *line);
    /* It has ended, and all that it said has been told. */
    void (*on_end)(void *arg);
    void *arg;

    pid_t pid;      /* 0: not started, or ended */
    bool is_ending; /* asked to */
    int out;
    struct watch *watch;
    struct buf said;
};

/* `argv` as of `ccgate …`, NULL behind it. False, with a message on standard error,
 * when it cannot be started. May be called again when it has ended. */
bool player_start(struct player *player, const char *const argv[]);

/* Takes what it has said by now: for who must know that before going on. */
void player_drain(struct player *player);

/* Sends a signal if it runs. */
void player_signal(const struct player *player, int number);

/* Asks it to end (SIGTERM) if it runs: once, for a second time would cut short what it
 * says at its end. */
void player_stop(struct player *player);

/* Kills it if it runs and waits for its end. */
void player_fini(struct player *player);

#endif
