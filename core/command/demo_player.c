#include "command/demo_player.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void
end(struct player *player)
{
    watch_delete(player->watch);
    player->watch = NULL;
    close(player->out);
    waitpid(player->pid, NULL, 0);
    player->pid = 0;
    buf_fini(&player->said);
}

static void
tell_lines(struct player *player)
{
    char *end;
    while (player->said.size &&
           (end = memchr(player->said.data, '\n', player->said.size))) {
        *end = 0;
        player->on_line(player->arg, player->said.data);
        buf_consume(&player->said, (size_t)(end + 1 - player->said.data));
    }
}

/* What read(2) gave. */
static ssize_t
take(struct player *player)
{
    ssize_t got = read(player->out, buf_reserve(&player->said, 4096), 4096);
    if (got > 0) {
        player->said.size += (size_t)got;
        tell_lines(player);
    }
    return got;
}

static void
on_said(void *arg, int mode)
{
    struct player *player = arg;
    ssize_t got = take(player);
    (void)mode;
    if (got > 0 || (got < 0 && errno == EAGAIN))
        return;
    end(player);
    player->on_end(player->arg);
}

void
player_drain(struct player *player)
{
    while (player->pid && take(player) > 0)
        ;
}

bool
player_start(struct player *player, const char *const argv[])
{
    int ends[2];
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    /* Out of the reach of the terminal's Ctrl-C: the demo says who ends when. */
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    int failed = posix_spawn(&player->pid, "/proc/self/exe", &actions, &attributes,
                             (char *const *)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(ends[1]);
    if (failed) {
        fprintf(stderr, "ccgate demo: cannot start %s: %s\n", argv[1],
                strerror(failed));
        close(ends[0]);
        player->pid = 0;
        return false;
    }
    player->out = ends[0];
    fcntl(player->out, F_SETFL, O_NONBLOCK);
    player->watch = watch_new(player->loop, player->out, WATCH_READ, on_said, player);
    return true;
}

void
player_signal(const struct player *player, int number)
{
    if (player->pid)
        kill(player->pid, number);
}

void
player_fini(struct player *player)
{
    if (!player->pid)
        return;
    kill(player->pid, SIGKILL);
    end(player);
}
