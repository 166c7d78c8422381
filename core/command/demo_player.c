#include "command/demo_player.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command/command.h"

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

/* In the child. Out of the reach of the terminal's Ctrl-C: the demo says who ends when;
 * when it can say nothing any more, the kernel does. */
static _Noreturn void
become(const char *const argv[], int out, pid_t demo)
{
    setpgid(0, 0);
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && getppid() == demo &&
        dup2(out, STDOUT_FILENO) >= 0 && dup2(out, STDERR_FILENO) >= 0)
        execv("/proc/self/exe", (char *const *)(uintptr_t)argv);
    _exit(EXIT_PROBLEM);
}

bool
player_start(struct player *player, const char *const argv[])
{
    int ends[2] = {-1, -1};
    pid_t demo = getpid();
    player->is_ending = false;
    bool is_good = pipe2(ends, O_CLOEXEC) == 0 && (player->pid = fork()) >= 0;
    if (is_good && player->pid == 0)
        become(argv, ends[1], demo);
    if (!is_good) {
        fprintf(stderr, "ccgate demo: cannot start %s: %s\n", argv[1], strerror(errno));
        player->pid = 0;
        close(ends[0]);
        close(ends[1]);
        return false;
    }
    close(ends[1]);
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
player_stop(struct player *player)
{
    if (!player->is_ending)
        player_signal(player, SIGTERM);
    player->is_ending = true;
}

void
player_fini(struct player *player)
{
    if (!player->pid)
        return;
    kill(player->pid, SIGKILL);
    end(player);
}
