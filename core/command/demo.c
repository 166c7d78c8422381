/* The whole thing at work on this machine: a simulated contact centre, the gateway with
 * its real configuration, the services that it tells, and one timeline of what happens
 * between them. Only the state lies in a folder that is removed, and all of them live
 * by a clock that runs faster. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/color.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/text.h"
#include "command/command.h"
#include "command/demo_intro.h"
#include "command/demo_player.h"
#include "command/demo_story.h"
#include "command/gateway.h"
#include "command/local.h"

/* The played day: a Tuesday a little before the office closes, so that everything that
 * the example scripts watch for comes into view at once. What the floor does then is
 * decided by scenario and seed. */
#define SPEED     30
#define DAY       1 /* 0 is Monday */
#define TIME_S    ((17 * 60 + 54) * 60 + 30)
#define SCENARIO  "closing_time"
#define SEED      "118"
#define SKILLS    "8"
#define AGENTS    "24"
#define ANY_PORT  "127.0.0.1:0"
#define DAY_S     (24 * 60 * 60)
#define GRACE_MS  ((int64_t)5000)
#define LOOK_MS   ((int64_t)1000) /* whether a script was changed */
#define CA_NAME   "centre-ca.pem"
#define LISTENING "listening on "

struct demo {
    struct conf *conf;
    const char *conf_file;
    char *state, *ca_file;
    struct zone *zone;
    struct loop *loop;
    struct story *story;
    struct clock_speed speed;
    char clock[64];
    struct player centre, sink, gateway;
    /* Where the configuration has them; NULL: no destination is on this machine. */
    char *centre_from, *sink_from;
    char *centre_to, *sink_to; /* where they are; NULL: not yet */
    bool is_centre_moved, is_sink_moved;
    char *excuse; /* why one of them did not listen */
    struct buf centre_sum;
    struct timer *end_timer, *look_timer;
    struct watch *on_int, *on_term, *on_hup;
    int64_t scripts_stamp;
    bool is_stopping;
    int code;
};

static void stop(struct demo *demo);

/* ---- the players ---- */

static void
fail(struct demo *demo, const char *text)
{
    story_trouble(demo->story, text);
    demo->code = EXIT_PROBLEM;
    stop(demo);
}

static bool
start_centre(struct demo *demo, const char *address)
{
    const char *argv[] = {"ccgate",   "simulate",  "-c",         demo->conf_file,
                          "--listen", address,     "--ca",       demo->ca_file,
                          "--clock",  demo->clock, "--scenario", SCENARIO,
                          "--seed",   SEED,        "--skills",   SKILLS,
                          "--agents", AGENTS,      NULL};
    return player_start(&demo->centre, argv);
}

static bool
start_sink(struct demo *demo, const char *address)
{
    const char *argv[] = {"ccgate",   "sink",  "-c",      demo->conf_file,
                          "--listen", address, "--clock", demo->clock,
                          "-o",       "json",  NULL};
    return player_start(&demo->sink, argv);
}

/* When everybody whom it asks or tells is there. */
static void
start_gateway(struct demo *demo)
{
    if (!demo->centre_to || (demo->sink_from && !demo->sink_to) || demo->gateway.pid)
        return;
    char *centre =
        mem_format("%s=%s,%s", demo->centre_from, demo->centre_to, demo->ca_file);
    char *sink = demo->sink_from ? mem_format("%s=%s", demo->sink_from, demo->sink_to)
                                 : mem_text("127.0.0.1:0=127.0.0.1:0");
    const char *argv[] = {"ccgate",      "run",       "-c",          demo->conf_file,
                          "--state",     demo->state, "--speed",     demo->clock,
                          "--elsewhere", centre,      "--elsewhere", sink,
                          NULL};
    const struct demo_intro intro = {.conf = demo->conf,
                                     .conf_file = demo->conf_file,
                                     .state = demo->state,
                                     .centre = demo->centre_to,
                                     .centre_wanted = demo->centre_from,
                                     .services = demo->sink_to,
                                     .services_wanted = demo->sink_from};
    demo_intro_print(&intro, stdout);
    if (!player_start(&demo->gateway, argv))
        fail(demo, "the gateway does not start");
    free(sink);
    free(centre);
}

/* True for the line that says where it listens; `to` is that. */
static bool
take_address(const char *line, char **to)
{
    const char *address = strstr(line, "://");
    if (strncmp(line, LISTENING, strlen(LISTENING)) != 0 || !address)
        return false;
    free(*to);
    *to = mem_text(address + strlen("://"));
    return true;
}

static void
keep_excuse(struct demo *demo, const char *line)
{
    free(demo->excuse);
    demo->excuse = mem_text(line);
}

static void
on_centre_line(void *arg, const char *line)
{
    struct demo *demo = arg;
    if (take_address(line, &demo->centre_to))
        start_gateway(demo);
    else if (!demo->centre_to)
        keep_excuse(demo, line);
    else if (demo->is_stopping)
        buf_add_text(&demo->centre_sum, line);
    else
        story_trouble(demo->story, line);
}

static void
on_sink_line(void *arg, const char *line)
{
    struct demo *demo = arg;
    if (take_address(line, &demo->sink_to))
        start_gateway(demo);
    else if (!demo->sink_to)
        keep_excuse(demo, line);
    else if (*line == '{')
        story_arrival(demo->story, line);
    else
        story_trouble(demo->story, line);
}

static void
on_gateway_line(void *arg, const char *line)
{
    struct demo *demo = arg;
    /* What it says was sent has arrived: that is in the other pipe. */
    player_drain(&demo->sink);
    story_log(demo->story, line);
}

/* Its address is taken, as a rule: another port is as good. */
static bool
move(struct demo *demo, const char *to, bool *is_moved,
     bool (*start)(struct demo *demo, const char *address))
{
    if (to || *is_moved || demo->is_stopping)
        return false;
    *is_moved = true;
    return start(demo, ANY_PORT);
}

static void
on_end(struct demo *demo)
{
    if (!demo->is_stopping && demo->excuse)
        fail(demo, demo->excuse);
    else if (!demo->is_stopping)
        fail(demo, "one of the players has ended; what it said stands above");
    else
        stop(demo);
}

static void
on_centre_end(void *arg)
{
    struct demo *demo = arg;
    if (!move(demo, demo->centre_to, &demo->is_centre_moved, start_centre))
        on_end(demo);
}

static void
on_sink_end(void *arg)
{
    struct demo *demo = arg;
    if (!move(demo, demo->sink_to, &demo->is_sink_moved, start_sink))
        on_end(demo);
}

static void
on_gateway_end(void *arg)
{
    on_end(arg);
}

/* ---- while it runs ---- */

/* Somebody tries what a script does when it is changed. */
static void
look_at_scripts(void *arg)
{
    struct demo *demo = arg;
    int64_t stamp = demo_scripts_stamp(demo->conf->scripts);
    if (stamp != demo->scripts_stamp)
        player_signal(&demo->gateway, SIGHUP);
    demo->scripts_stamp = stamp;
    timer_start(demo->look_timer, LOOK_MS);
}

/* ---- the end ---- */

static void
on_signal(void *arg, int mode)
{
    (void)mode;
    stop(arg);
}

/* The gateway first: it finishes what is in flight while the others still answer. Each
 * has its time to end. */
static void
stop(struct demo *demo)
{
    timer_start(demo->end_timer, GRACE_MS);
    demo->is_stopping = true;
    player_stop(&demo->gateway);
    if (demo->gateway.pid)
        return;
    player_stop(&demo->centre);
    player_stop(&demo->sink);
    if (!demo->centre.pid && !demo->sink.pid)
        loop_stop(demo->loop);
}

static void
on_time(void *arg)
{
    struct demo *demo = arg;
    if (demo->is_stopping)
        loop_stop(demo->loop);
    else
        stop(demo);
}

static void
say_sum(const struct demo *demo)
{
    const struct story_sum sum = story_sum(demo->story);
    int64_t passed_ms = clock_real_mono_ms() - demo->speed.since_ms;
    char played[32], real[32];
    text_format_duration(passed_ms / 1000 * 1000 * SPEED, played, sizeof played);
    text_format_duration(passed_ms / 1000 * 1000, real, sizeof real);
    printf("\n%s of their time, in %s of yours:\n", played, real);
    if (demo->centre_sum.size)
        printf("  polls      %s\n", demo->centre_sum.data);
    printf("  alerts     %zu raised, %zu cleared\n", sum.raised, sum.cleared);
    printf(
        "  messages   %zu delivered, half of them within %lld ms, the slowest within %lld "
        "ms\n",
        sum.delivered, (long long)sum.median_ms + 1, (long long)sum.slowest_ms + 1);
    if (sum.troubles)
        printf("  trouble    %zu line%s above\n", sum.troubles,
               sum.troubles == 1 ? "" : "s");
    demo_intro_print_next(demo->conf, stdout);
}

static void
remove_state(const struct demo *demo)
{
    static const char *const files[] = {"state.db", "state.db-wal", "state.db-shm",
                                        "lock", CA_NAME};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char *file = mem_format("%s/%s", demo->state, files[i]);
        unlink(file);
        free(file);
    }
    rmdir(demo->state);
}

/* ---- the beginning ---- */

/* The last such day, at that time. */
static int64_t
moment_of_play(const struct zone *zone)
{
    struct civil today;
    int64_t local = zone_local(zone, clock_real_wall_ms() / 1000);
    civil_of(local, &today);
    int64_t days = local / DAY_S - (today.weekday - DAY + 7) % 7;
    return zone_moment(zone, days * DAY_S + TIME_S) * 1000;
}

static int
columns(void)
{
    struct winsize size;
    return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0
               ? size.ws_col
               : 0;
}

static struct player
player_of(struct demo *demo, void (*line)(void *, const char *), void (*end)(void *))
{
    return (struct player){
        .loop = demo->loop, .on_line = line, .on_end = end, .arg = demo};
}

static void
prepare(struct demo *demo)
{
    char *zone = demo->conf->zone ? mem_text(demo->conf->zone) : zone_machine();
    const struct conf_destination *destination = local_destination(demo->conf);
    demo->zone = zone_load(zone);
    free(zone);
    demo->ca_file = mem_format("%s/%s", demo->state, CA_NAME);
    demo->centre_from = local_address(conf_default_center(demo->conf)->url);
    demo->sink_from = destination ? local_address(destination->url) : NULL;
    demo->speed =
        (struct clock_speed){SPEED, moment_of_play(demo->zone), clock_real_mono_ms()};
    clock_format_speed(&demo->speed, demo->clock, sizeof demo->clock);
    const struct demo_style style = {.out = stdout,
                                     .zone = demo->zone,
                                     .has_color = color_wanted(STDOUT_FILENO),
                                     .width = columns()};
    demo->story = story_new(&style);
    demo->loop = loop_new();
    demo->centre = player_of(demo, on_centre_line, on_centre_end);
    demo->sink = player_of(demo, on_sink_line, on_sink_end);
    demo->gateway = player_of(demo, on_gateway_line, on_gateway_end);
    demo->scripts_stamp = demo_scripts_stamp(demo->conf->scripts);
    demo->look_timer = timer_new_real(demo->loop, look_at_scripts, demo);
    demo->end_timer = timer_new_real(demo->loop, on_time, demo);
    demo->on_int = watch_signal(demo->loop, SIGINT, on_signal, demo);
    demo->on_term = watch_signal(demo->loop, SIGTERM, on_signal, demo);
    demo->on_hup = watch_signal(demo->loop, SIGHUP, on_signal, demo);
}

static void
clean_up(struct demo *demo)
{
    player_fini(&demo->gateway);
    player_fini(&demo->centre);
    player_fini(&demo->sink);
    timer_free(demo->look_timer);
    timer_free(demo->end_timer);
    watch_delete(demo->on_int);
    watch_delete(demo->on_term);
    watch_delete(demo->on_hup);
    loop_delete(demo->loop);
    story_delete(demo->story);
    zone_delete(demo->zone);
    buf_fini(&demo->centre_sum);
    remove_state(demo);
    free(demo->excuse);
    free(demo->ca_file);
    free(demo->centre_from);
    free(demo->centre_to);
    free(demo->sink_from);
    free(demo->sink_to);
}

static int
play(struct demo *demo, int64_t for_ms)
{
    char state[] = "/tmp/ccgate-demo-XXXXXX";
    demo->state = mkdtemp(state);
    if (!demo->state) {
        fprintf(stderr, "ccgate demo: %s: %s\n", state, strerror(errno));
        return EXIT_PROBLEM;
    }
    prepare(demo);
    if (start_centre(demo, demo->centre_from) &&
        (!demo->sink_from || start_sink(demo, demo->sink_from))) {
        timer_start(demo->look_timer, LOOK_MS);
        if (for_ms)
            timer_start(demo->end_timer, for_ms);
        loop_run(demo->loop);
    } else {
        demo->code = EXIT_PROBLEM;
    }
    story_flush(demo->story);
    say_sum(demo);
    clean_up(demo);
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
    .sentence = "shows it all at work: simulated centre, gateway, receivers",
    .help =
        "  -c, --conf FILE   the configuration (default gateway.conf); its centre and\n"
        "                    those destinations that are at one address of this machine\n"
        "                    are played here, at other ports when theirs are taken\n"
        "  --for DURATION    end by itself after this time (45s); else with Ctrl-C\n"
        "\n"
        "It is a Tuesday, shortly before the office closes at six, and a minute takes two\n"
        "seconds. A script that is changed meanwhile is loaded again.\n"
        "The state lies in a temporary folder. Colours only on a terminal; NO_COLOR=1\n"
        "turns them off.\n",
    .run = run,
};
