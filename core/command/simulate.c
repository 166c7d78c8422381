#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/mem.h"
#include "command/gateway.h"
#include "command/local.h"
#include "command/serve.h"
#include "command/setting.h"
#include "sim/centre.h"
#include "sim/floor.h"
#include "sim/params.h"
#include "sim/scenario.h"

#define SKILLS   20
#define AGENTS   40
#define PASSWORD "simulate"

struct simulation {
    const char *conf_file;
    const char *listen, *ca_file, *scenario_name;
    struct scenario scenario;
    enum server_certificate certificate;
    bool only_old_tls;
    bool is_quiet, is_verbose;
    int64_t seed;
    struct centre_options centre;
    struct faults faults;
};

static bool
add_signature(void *options, const char *value, struct buf *problem)
{
    struct simulation *simulation = options;
    enum signature_form form = signature_form_of(value);
    (void)problem;
    simulation->centre.signature.forms |= form;
    return form != 0;
}

static bool
set_speed(void *options, const char *value, struct buf *problem)
{
    struct simulation *simulation = options;
    char *end;
    (void)problem;
    simulation->centre.speed = strtod(value, &end);
    return end != value && *end == '\0' && simulation->centre.speed > 0 &&
           simulation->centre.speed <= 1000;
}

/* The floor's time begins where that clock does, however late the process came. */
static bool
set_clock(void *options, const char *value, struct buf *problem)
{
    struct simulation *simulation = options;
    struct clock_speed speed;
    (void)problem;
    if (!serve_set_clock(value, &speed))
        return false;
    simulation->centre.start_ms = speed.wall_ms;
    return true;
}

static bool
set_guid_header(void *options, const char *value, struct buf *problem)
{
    struct simulation *simulation = options;
    (void)problem;
    simulation->centre.guid_header = strcmp(value, "Guid") == 0;
    return simulation->centre.guid_header || strcmp(value, "Set-GUID") == 0;
}

static bool
set_certificate(void *options, const char *value, struct buf *problem)
{
    static const char *const words[] = {
        [CERTIFICATE_GOOD] = "good",
        [CERTIFICATE_EXPIRED] = "expired",
        [CERTIFICATE_WRONG_HOST] = "wrong-host",
        [CERTIFICATE_UNKNOWN_CA] = "unknown-ca",
    };
    struct simulation *simulation = options;
    (void)problem;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(value, words[i]) != 0)
            continue;
        simulation->certificate = (enum server_certificate)i;
        return true;
    }
    return false;
}

static bool
set_tls(void *options, const char *value, struct buf *problem)
{
    struct simulation *simulation = options;
    (void)problem;
    simulation->only_old_tls = strcmp(value, "1.0") == 0;
    return simulation->only_old_tls || strcmp(value, "1.2") == 0;
}

static bool
add_fault(void *options, const char *value, struct buf *problem)
{
    struct simulation *simulation = options;
    return faults_add(&simulation->faults, value, problem);
}

#define AT(member) .offset = offsetof(struct simulation, member)

static const struct setting settings[] = {
    {.name = "conf",
     .letter = 'c',
     .kind = SETTING_TEXT,
     AT(conf_file),
     .expected = "a file name"},
    {.name = "listen", .kind = SETTING_TEXT, AT(listen), .expected = "an address"},
    {.name = "ca", .kind = SETTING_TEXT, AT(ca_file), .expected = "a file name"},
    {.name = "certificate",
     .kind = SETTING_OWN,
     .set = set_certificate,
     .expected = "good, expired, wrong-host or unknown-ca"},
    {.name = "tls", .kind = SETTING_OWN, .set = set_tls, .expected = "1.0 or 1.2"},
    {.name = "access-key",
     .kind = SETTING_TEXT,
     AT(centre.signature.access_key),
     .expected = "a key"},
    {.name = "secret-key",
     .kind = SETTING_TEXT,
     AT(centre.signature.secret_key),
     .expected = "a key"},
    {.name = "signature",
     .kind = SETTING_OWN,
     .set = add_signature,
     .expected = "all-headers, host-only, seconds, millis, no-line or empty-line"},
    {.name = "skills",
     .kind = SETTING_INTEGER,
     AT(centre.skills),
     .low = 1,
     .high = PARAMS_ID_MAX,
     .expected = "a number from 1 to 10000"},
    {.name = "agents",
     .kind = SETTING_INTEGER,
     AT(centre.agents),
     .low = 0,
     .high = FLOOR_AGENTS_MAX,
     .expected = "a number from 0 to 10000"},
    {.name = "password",
     .kind = SETTING_TEXT,
     AT(centre.password),
     .expected = "a password"},
    {.name = "guid-header",
     .kind = SETTING_OWN,
     .set = set_guid_header,
     .expected = "Set-GUID or Guid"},
    {.name = "guid-interval",
     .kind = SETTING_DURATION,
     AT(centre.guid_interval_ms),
     .low = 1,
     .high = INT64_MAX,
     .expected = "a duration such as 60s"},
    {.name = "guid-timeout",
     .kind = SETTING_DURATION,
     AT(centre.guid_timeout_ms),
     .low = 1,
     .high = INT64_MAX,
     .expected = "a duration such as 120s"},
    {.name = "scenario",
     .kind = SETTING_TEXT,
     AT(scenario_name),
     .expected = "a file or a name"},
    {.name = "seed",
     .kind = SETTING_INTEGER,
     AT(seed),
     .low = 0,
     .high = INT64_MAX,
     .expected = "a number from 0 on"},
    {.name = "speed",
     .kind = SETTING_OWN,
     .set = set_speed,
     .expected = "a factor above 0, at most 1000"},
    {.name = "clock",
     .kind = SETTING_OWN,
     .set = set_clock,
     .expected = "a factor such as 30"},
    {.name = "period",
     .kind = SETTING_DURATION,
     AT(centre.period_ms),
     .low = 1000,
     .high = INT64_MAX,
     .expected = "a duration from 1s on"},
    {.name = "fault", .kind = SETTING_OWN, .set = add_fault},
    {.name = "quiet", .kind = SETTING_FLAG, AT(is_quiet)},
    {.name = "verbose", .kind = SETTING_FLAG, AT(is_verbose)},
    {0},
};

/* EXIT_FINE, or what to exit with after the mistakes have been printed. */
static int
read_scenario(struct simulation *simulation)
{
    struct buf problem = {0};
    const char *name =
        simulation->scenario_name ? simulation->scenario_name : SCENARIO_DEFAULT;
    bool is_good = scenario_read(&simulation->scenario, name, &problem);
    if (!is_good)
        fprintf(stderr, "%s\n", problem.data);
    buf_fini(&problem);
    simulation->centre.scenario = &simulation->scenario;
    return is_good ? EXIT_FINE : EXIT_PROBLEM;
}

static int
list_scenarios(void)
{
    struct buf list = {0};
    scenario_list(&list);
    fputs(list.data, stdout);
    buf_fini(&list);
    return EXIT_FINE;
}

/* Faults of the command line come behind those of the scenario; there is room. */
static void
add_faults(struct faults *faults, const struct faults *more)
{
    for (size_t i = 0; i < more->count; i++)
        faults->items[faults->count++] = more->items[i];
}

/* Where others can reach the centre, nobody tells it what to do. */
static bool
is_loopback(const char *address)
{
    return !strncmp(address, "127.", 4) || !strncmp(address, "[::1]:", 6);
}

/* What the command line did not say. */
static void
fill(const char **text, const char *instead)
{
    if (*text == NULL)
        *text = instead;
}

static int
simulate(struct simulation *simulation)
{
    fill(&simulation->listen, "127.0.0.1:28080");
    fill(&simulation->ca_file, "simulate-ca.pem");
    fill(&simulation->centre.signature.access_key, "globalaktest");
    fill(&simulation->centre.signature.secret_key, "0123456789abcdef0123456789abcdef");
    if (!simulation->centre.skills)
        simulation->centre.skills = SKILLS;
    simulation->centre.seed = (uint64_t)simulation->seed;
    simulation->centre.control = is_loopback(simulation->listen);
    struct loop *loop = loop_new();
    struct error error;
    struct centre *centre = centre_new(loop, &simulation->centre);
    add_faults(centre_faults(centre), &simulation->faults);
    const struct server_options options = {
        .listen = simulation->listen,
        .tls = true,
        .ca_file = simulation->ca_file,
        .certificate = simulation->certificate,
        .only_old_tls = simulation->only_old_tls,
        .on_request = centre_handle,
        .arg = centre,
    };
    struct server *server = server_new(loop, &options, &error);
    if (server) {
        centre_set_server(centre, server);
        serve_until_signal(loop, server, true, stdout);
        printf("%" PRId64 " requests, %" PRId64 " refused\n", centre_requests(centre),
               centre_refused(centre));
    } else {
        serve_refused(&command_simulate, &error);
    }
    centre_delete(centre);
    if (server)
        server_delete(server);
    loop_delete(loop);
    return server ? EXIT_FINE : EXIT_PROBLEM;
}

/* The folder may not be there before the first gateway ran. */
static void
make_folder_of(const char *file)
{
    char *folder = mem_text(file), *slash = strrchr(folder, '/');
    if (slash && slash != folder) {
        *slash = 0;
        mkdir(folder, 0700);
    }
    free(folder);
}

static int
simulate_center(const struct command *command, struct simulation *simulation)
{
    struct conf *conf = gateway_conf(simulation->conf_file);
    if (!conf)
        return EXIT_PROBLEM;
    int code = EXIT_USAGE;
    const struct conf_center *center = local_center(command, conf);
    if (center) {
        char *address = local_address(center->url);
        int64_t last =
            center->queue_count ? center->queues[center->queue_count - 1].id : 0;
        fill(&simulation->listen, address);
        fill(&simulation->ca_file, center->ca_file);
        fill(&simulation->centre.signature.access_key, center->access_key);
        fill(&simulation->centre.signature.secret_key, center->secret_key);
        if (!simulation->centre.skills && last > SKILLS)
            simulation->centre.skills = last;
        simulation->centre.vdn = center->vdn;
        make_folder_of(simulation->ca_file);
        code = simulate(simulation);
        free(address);
    }
    conf_delete(conf);
    return code;
}

static int
run(const struct command *command, int argc, char **argv)
{
    struct simulation simulation = {
        .seed = 1,
        .centre = {.speed = 1,
                   .agents = AGENTS,
                   .vdn = 1,
                   .password = PASSWORD,
                   .start_ms = clock_wall_ms()},
    };
    int code = settings_read(command, settings, &simulation, argc, argv);
    if (code != EXIT_FINE)
        return code;
    if (simulation.scenario_name && !strcmp(simulation.scenario_name, "list"))
        return list_scenarios();
    code = read_scenario(&simulation);
    if (code != EXIT_FINE)
        return code;
    if (simulation.scenario.faults.count + simulation.faults.count > FAULTS_MAX)
        return command_misused(
            command, "--fault: more than %d faults, with the %zu of the scenario",
            FAULTS_MAX, simulation.scenario.faults.count);
    if (simulation.is_quiet)
        log_set_level(LEVEL_ERROR);
    else if (simulation.is_verbose)
        log_set_level(LEVEL_DEBUG);
    return simulation.conf_file ? simulate_center(command, &simulation)
                                : simulate(&simulation);
}

const struct command command_simulate = {
    .name = "simulate",
    .arguments = "[-c FILE] [--listen ADDRESS] [--scenario NAME] [--fault FAULT]…",
    .sentence = "plays a contact centre: queues, agents and their gateway, over TLS",
    .help =
        "  -c, --conf FILE    play the centre of this configuration: its address, keys\n"
        "                     and ca_file, unless other options say otherwise\n"
        "  --listen ADDRESS   default 127.0.0.1:28080; port 0 picks a free one\n"
        "  --ca FILE          where to write its authority (default simulate-ca.pem)\n"
        "  --certificate KIND good (default), expired, wrong-host or unknown-ca\n"
        "  --tls VERSION      1.2 and later (default), or only 1.0\n"
        "  --access-key TEXT  default globalaktest\n"
        "  --secret-key TEXT  default 0123456789abcdef0123456789abcdef\n"
        "  --signature FORM   accept only this form of signature: all-headers or\n"
        "                     host-only, seconds or millis, no-line or empty-line;\n"
        "                     may be repeated (default: all)\n"
        "  --skills N         queues 1 to N exist (default 20)\n"
        "  --agents N         so many agents, 101 and up, work in them (default 40)\n"
        "  --password TEXT    of every agent at the agent gateway, which has the same\n"
        "                     address (default simulate)\n"
        "  --guid-header NAME how it hands out GUIDs: Set-GUID (default) or Guid\n"
        "  --guid-interval T  between two GUIDs of a session (default 1m)\n"
        "  --guid-timeout T   for which a GUID is good (default 2m)\n"
        "  --seed N           decides what queues and agents do (default 1)\n"
        "  --speed X          their time runs X times as fast (default 1)\n"
        "  --clock X          all of its clocks do, as those of `run --speed X`: what it\n"
        "                     says about time of day, and which signatures it takes\n"
        "  --scenario NAME    what happens: rush_hour (default), closing_time (the demo's),\n"
        "                     quiet_night, outage, or FILE.lua, which returns a table of\n"
        "                     what is different from the rush hour; list shows them\n"
        "  --period DURATION  of the scenario, which is stretched (rush_hour: 10m)\n"
        "  --fault FAULT      KIND[=VALUE] and then any of :first=N :count=N :id=N\n"
        "                     :on=PART-OF-PATH :share=P :at=10m :lasts=2m (of its\n"
        "                     time) :retry-after=TEXT; kinds: status=503 api=0100002\n"
        "                     truncate html reset slow=2s drip header-drip endless\n"
        "                     long=5GB gzip=4GB wrong-length redirect skew=20m huge=8MB\n"
        "                     deep duplicate-keys nan overflow hex strings numbers\n"
        "                     null-list result-string gbk bad-utf8 sentinels\n"
        "                     unknown-codes expired-guid stolen-session signed-out;\n"
        "                     may be repeated\n"
        "  --quiet            log only errors\n"
        "  --verbose          log every request\n"
        "\n"
        "On a loopback address it can be told what to do while it runs:\n"
        "  GET /-/count · PUT /-/fault?spec=FAULT · DELETE /-/fault ·\n"
        "  PUT /-/queue/7?callWaitNums=9 (or ?gone) · DELETE /-/queue/7\n",
    .run = run,
};
