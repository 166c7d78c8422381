/* The whole thing at work on this machine: a simulated contact centre, the gateway with
 * its real configuration, a receiver, and one timeline of what happens between them.
 * Each is a process of its own, as in life; only the state lies in a folder that is
 * removed. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/text.h"
#include "command/command.h"
#include "command/gateway.h"
#include "command/local.h"

#define SPEED    "30"
#define GRACE_MS ((int64_t)5000)
#define START_MS                                                                       \
    ((int64_t)150) /* the centre and the receiver listen before they are asked */
#define ROLES 3

enum role { ROLE_CENTRE, ROLE_SINK, ROLE_GATEWAY };

struct demo;

/* A program and what it says. */
struct player {
    struct demo *demo;
    enum role role;
    pid_t pid;
    int out; /* its standard output and error */
    struct watch *watch;
    struct buf said;
    bool is_gone;
};

struct demo {
    struct conf *conf;
    const char *conf_file;
    char *state;
    struct loop *loop;
    struct player players[ROLES];
    struct timer *start_timer, *end_timer;
    struct watch *on_int, *on_term, *on_hup;
    int64_t started_ms;
    size_t counts[5];
    bool is_stopping, has_color;
    int code;
};

enum { RAISED, SENT, RECEIVED, CLEARED, FAILED };

static const char *const count_words[] = {"raised", "sent", "received", "cleared",
                                          "failed"};

/* ---- the timeline ---- */

#define BOLD   "1"
#define RED    "31"
#define GREEN  "32"
#define YELLOW "33"
#define BLUE   "36"
#define GREY   "90"

static void
tell(const struct demo *demo, const char *word, const char *color, const char *text)
{
    int64_t passed = (clock_real_mono_ms() - demo->started_ms) / 1000;
    printf("%3lld:%02lld  ", (long long)(passed / 60), (long long)(passed % 60));
    if (demo->has_color)
        printf("\033[%sm%-8s\033[0m  %s\n", color, word, text);
    else
        printf("%-8s  %s\n", word, text);
    fflush(stdout);
}

/* How the gateway's own log lines read in the timeline: by their room and beginning. */
static const struct happening {
    const char *room, *begins;
    const char *word, *color;
    int counts; /* index of demo->counts, -1: none */
} happenings[] = {
    {"notify", "raised ", "raised", RED, RAISED},
    {"notify", "cleared ", "cleared", GREEN, CLEARED},
    {"deliver", "sent ", "sent", BLUE, SENT},
    {"script floor_view", "job floor-view: ", "polled", GREY, -1},
    {"script", "", "script", GREY, -1},
    {"gateway", "", "gateway", GREY, -1},
};

/* The rest of `text` when it begins with `beginning`, without blanks; else NULL. */
static const char *
after(const char *text, const char *beginning)
{
    size_t size = strlen(beginning);
    if (strncmp(text, beginning, size) != 0)
        return NULL;
    return text + size + strspn(text + size, " ");
}

static const char *
skip_word(const char *at)
{
    at += strcspn(at, " ");
    return at + strspn(at, " ");
}

/* Without the traceback, which the log has in the same line. */
static void
tell_trouble(struct demo *demo, const char *line)
{
    const char *end = strstr(line, "\\nstack traceback");
    char *text = end ? mem_copy(line, (size_t)(end - line)) : mem_text(line);
    demo->counts[FAILED]++;
    tell(demo, "trouble", YELLOW, text);
    free(text);
}

/* The centre or the receiver cannot listen: what there is to do is another thing here
 * than for who starts them by hand. */
static void
tell_refusal(struct demo *demo, const char *line)
{
    char *text = mem_format("%.*s; its address is a url in %s", (int)strcspn(line, ";"),
                            line, demo->conf_file);
    tell_trouble(demo, text);
    free(text);
}

static void
tell_gateway_line(struct demo *demo, const char *line)
{
    const char *level = skip_word(line), *place = skip_word(level);
    if (!strncmp(level, "warn", 4) || !strncmp(level, "error", 5)) {
        tell_trouble(demo, place);
        return;
    }
    for (size_t i = 0; i < sizeof happenings / sizeof *happenings; i++) {
        const struct happening *happening = &happenings[i];
        const char *message = after(place, happening->room);
        message = message ? after(message, happening->begins) : NULL;
        if (!message)
            continue;
        if (happening->counts >= 0)
            demo->counts[happening->counts]++;
        tell(demo, happening->word, happening->color, message);
        return;
    }
}

/* Without the time, which the timeline has, and the message's long id. */
static void
tell_sink_line(struct demo *demo, const char *line)
{
    if (after(line, "listening")) {
        tell(demo, "receiver", GREY, line);
        return;
    }
    const char *event = skip_word(line), *id = strstr(event, " · msg_");
    bool is_verified = strstr(event, "signature verified: yes") != NULL;
    char *text = mem_format("%.*s%s", id ? (int)(id - event) : (int)strlen(event),
                            event, is_verified ? " (signature verified)" : "");
    demo->counts[RECEIVED]++;
    tell(demo, "received", BOLD, text);
    free(text);
}

static void
tell_line(struct player *player, const char *line)
{
    struct demo *demo = player->demo;
    if (after(line, "ccgate ")) {
        tell_refusal(demo, line);
        return;
    }
    switch (player->role) {
    case ROLE_CENTRE: tell(demo, "centre", GREY, line); break;
    case ROLE_GATEWAY: tell_gateway_line(demo, line); break;
    case ROLE_SINK: tell_sink_line(demo, line); break;
    }
}

static void
tell_lines(struct player *player)
{
    char *end;
    while (player->said.size &&
           (end = memchr(player->said.data, '\n', player->said.size))) {
        *end = 0;
        tell_line(player, player->said.data);
        buf_consume(&player->said, (size_t)(end + 1 - player->said.data));
    }
}

/* ---- players ---- */

static void stop(void *arg, int mode);

static void
on_said(void *arg, int mode)
{
    struct player *player = arg;
    ssize_t got = read(player->out, buf_reserve(&player->said, 4096), 4096);
    (void)mode;
    if (got > 0) {
        player->said.size += (size_t)got;
        tell_lines(player);
        return;
    }
    watch_delete(player->watch);
    player->watch = NULL;
    player->is_gone = true;
    if (!player->demo->is_stopping)
        player->demo->code = EXIT_PROBLEM;
    stop(player->demo, 0);
}

static bool
start(struct player *player, const char *const argv[])
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
    player->out = ends[0];
    if (failed) {
        fprintf(stderr, "ccgate demo: cannot start %s: %s\n", argv[1],
                strerror(failed));
        player->pid = 0;
        player->is_gone = true;
        return false;
    }
    player->watch =
        watch_new(player->demo->loop, player->out, WATCH_READ, on_said, player);
    return true;
}

static bool
start_centre(struct demo *demo)
{
    const char *argv[] = {"ccgate",  "simulate", "-c", demo->conf_file,
                          "--speed", SPEED,      NULL};
    return start(&demo->players[ROLE_CENTRE], argv);
}

/* One receiver plays the first destination of this machine; the others wait, as they
 * would for one that is down. */
static bool
start_sink(struct demo *demo)
{
    const char *argv[] = {"ccgate", "sink", "-c", demo->conf_file, NULL};
    demo->players[ROLE_SINK].is_gone = !local_destination(demo->conf);
    return demo->players[ROLE_SINK].is_gone || start(&demo->players[ROLE_SINK], argv);
}

static void
start_gateway(void *arg)
{
    struct demo *demo = arg;
    const char *argv[] = {"ccgate",  "run",       "-c", demo->conf_file,
                          "--state", demo->state, NULL};
    if (!start(&demo->players[ROLE_GATEWAY], argv))
        stop(demo, 0);
}

/* ---- the end ---- */

static bool
is_over(const struct demo *demo)
{
    for (int i = 0; i < ROLES; i++)
        if (!demo->players[i].is_gone && demo->players[i].pid)
            return false;
    return true;
}

static void
signal_player(const struct player *player, int number)
{
    if (player->pid && !player->is_gone)
        kill(player->pid, number);
}

static void
give_up(void *arg)
{
    struct demo *demo = arg;
    for (int i = 0; i < ROLES; i++)
        signal_player(&demo->players[i], SIGKILL);
    loop_stop(demo->loop);
}

/* The gateway first: it finishes what is in flight while the others still answer. */
static void
stop(void *arg, int mode)
{
    struct demo *demo = arg;
    (void)mode;
    timer_stop(demo->start_timer);
    if (!demo->is_stopping)
        timer_start(demo->end_timer, GRACE_MS);
    demo->is_stopping = true;
    signal_player(&demo->players[ROLE_GATEWAY], SIGTERM);
    if (demo->players[ROLE_GATEWAY].is_gone || !demo->players[ROLE_GATEWAY].pid) {
        signal_player(&demo->players[ROLE_CENTRE], SIGTERM);
        signal_player(&demo->players[ROLE_SINK], SIGTERM);
    }
    if (is_over(demo))
        loop_stop(demo->loop);
}

static void
on_time(void *arg)
{
    struct demo *demo = arg;
    if (demo->is_stopping)
        give_up(demo);
    else
        stop(demo, 0);
}

static void
say_sum(const struct demo *demo)
{
    struct buf sum = {0};
    for (size_t i = 0; i < FAILED; i++)
        buf_format(&sum, "%s%zu %s", i ? ", " : "", demo->counts[i], count_words[i]);
    if (demo->counts[FAILED])
        buf_format(&sum, ", %zu line%s of trouble", demo->counts[FAILED],
                   demo->counts[FAILED] == 1 ? "" : "s");
    tell(demo, "sum", BOLD, sum.data);
    buf_fini(&sum);
}

static void
remove_state(const char *state)
{
    static const char *const files[] = {"state.db", "state.db-wal", "state.db-shm",
                                        "lock"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char *file = mem_format("%s/%s", state, files[i]);
        unlink(file);
        free(file);
    }
    rmdir(state);
}

/* ---- the beginning ---- */

static int
play(struct demo *demo, int64_t for_ms)
{
    char state[] = "/tmp/ccgate-demo-XXXXXX";
    demo->state = mkdtemp(state);
    if (!demo->state) {
        fprintf(stderr, "ccgate demo: %s: %s\n", state, strerror(errno));
        return EXIT_PROBLEM;
    }
    demo->loop = loop_new();
    demo->started_ms = clock_real_mono_ms();
    demo->has_color = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
    demo->start_timer = timer_new_real(demo->loop, start_gateway, demo);
    demo->end_timer = timer_new_real(demo->loop, on_time, demo);
    demo->on_int = watch_signal(demo->loop, SIGINT, stop, demo);
    demo->on_term = watch_signal(demo->loop, SIGTERM, stop, demo);
    demo->on_hup = watch_signal(demo->loop, SIGHUP, stop, demo);
    if (start_centre(demo) && start_sink(demo)) {
        timer_start(demo->start_timer, START_MS);
        if (for_ms)
            timer_start(demo->end_timer, for_ms);
        loop_run(demo->loop);
    }
    give_up(demo);
    say_sum(demo);
    for (int i = 0; i < ROLES; i++) {
        struct player *player = &demo->players[i];
        watch_delete(player->watch);
        if (player->pid) {
            waitpid(player->pid, NULL, 0);
            close(player->out);
        }
        buf_fini(&player->said);
    }
    timer_free(demo->start_timer);
    timer_free(demo->end_timer);
    watch_delete(demo->on_int);
    watch_delete(demo->on_term);
    watch_delete(demo->on_hup);
    loop_delete(demo->loop);
    remove_state(demo->state);
    return demo->code;
}

static int
run(const struct command *command, int argc, char **argv)
{
    static const struct option options[] = {
        {"conf", required_argument, NULL, 'c'},
        {"for", required_argument, NULL, 'f'},
        {NULL, 0, NULL, 0},
    };
    struct demo demo = {.conf_file = "gateway.conf"};
    int64_t for_ms = 0;
    int option;
    while ((option = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
        switch (option) {
        case 'c': demo.conf_file = optarg; break;
        case 'f':
            if (!text_duration(optarg, &for_ms) || !for_ms)
                return command_misused(
                    command, "--for: '%s' is not a duration; write 45s", optarg);
            break;
        default: return command_wrong_option(command, options, argv);
        }
    }
    if (optind < argc)
        return command_misused(command, "unexpected '%s'", argv[optind]);
    for (int i = 0; i < ROLES; i++)
        demo.players[i] = (struct player){.demo = &demo, .role = (enum role)i};
    demo.conf = gateway_conf(demo.conf_file);
    if (!demo.conf)
        return EXIT_PROBLEM;
    int code = EXIT_USAGE;
    if (local_center(command, demo.conf))
        code = play(&demo, for_ms);
    conf_delete(demo.conf);
    return code;
}

const struct command command_demo = {
    .name = "demo",
    .arguments = "[-c FILE] [--for DURATION]",
    .sentence = "shows it all at work: simulated centre, gateway, receiver",
    .help =
        "  -c, --conf FILE   the configuration (default gateway.conf); its centre and\n"
        "                    receiver are played on this machine\n"
        "  --for DURATION    end by itself after this time (45s); else with Ctrl-C\n"
        "\n"
        "The centre's time runs 30 times as fast. The state lies in a temporary\n"
        "folder. Colours only on a terminal; NO_COLOR=1 turns them off.\n",
    .run = run,
};
