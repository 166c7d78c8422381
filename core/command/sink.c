#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/color.h"
#include "command/gateway.h"
#include "command/local.h"
#include "command/serve.h"
#include "command/setting.h"
#include "net/sign.h"
#include "sim/sink.h"

struct reception {
    const char *conf_file;
    const char *listen, *ca_file;
    bool tls;
    struct sink_options sink;
};

static bool
set_clock(void *options, const char *value, struct buf *problem)
{
    struct clock_speed speed;
    (void)options;
    (void)problem;
    return serve_set_clock(value, &speed);
}

static bool
set_secret(void *options, const char *value, struct buf *problem)
{
    struct reception *reception = options;
    reception->sink.secret = value;
    /* A secret is not repeated on the screen. */
    if (!sign_is_webhook_secret(value))
        buf_add_text(problem, "needs whsec_ and base64 of 24 to 64 bytes");
    return problem->size == 0;
}

static bool
set_output(void *options, const char *value, struct buf *problem)
{
    struct reception *reception = options;
    (void)problem;
    reception->sink.json = strcmp(value, "json") == 0;
    return reception->sink.json || strcmp(value, "text") == 0;
}

#define AT(member) .offset = offsetof(struct reception, member)

static const struct setting settings[] = {
    {.name = "conf",
     .letter = 'c',
     .kind = SETTING_TEXT,
     AT(conf_file),
     .expected = "a file name"},
    {.name = "listen", .kind = SETTING_TEXT, AT(listen), .expected = "an address"},
    {.name = "tls", .kind = SETTING_FLAG, AT(tls)},
    {.name = "ca", .kind = SETTING_TEXT, AT(ca_file), .expected = "a file name"},
    {.name = "secret", .kind = SETTING_OWN, .set = set_secret},
    {.name = "status",
     .kind = SETTING_INTEGER,
     AT(sink.status),
     .low = 200,
     .high = 599,
     .expected = "an HTTP status from 200 to 599"},
    {.name = "fail-first",
     .kind = SETTING_INTEGER,
     AT(sink.fail_first),
     .low = 0,
     .high = INT64_MAX,
     .expected = "a number"},
    {.name = "delay",
     .kind = SETTING_DURATION,
     AT(sink.delay_ms),
     .low = 0,
     .high = INT64_MAX,
     .expected = "a duration such as 2s"},
    {.name = "clock",
     .kind = SETTING_OWN,
     .set = set_clock,
     .expected = "a factor such as 30"},
    {.name = "output",
     .letter = 'o',
     .kind = SETTING_OWN,
     .set = set_output,
     .expected = "text or json"},
    {0},
};

static int
receive(const struct reception *reception)
{
    struct loop *loop = loop_new();
    struct error error;
    struct sink *sink = sink_new(loop, &reception->sink);
    const struct server_options options = {
        .listen = reception->listen ? reception->listen : "127.0.0.1:9000",
        .tls = reception->tls,
        .ca_file = reception->ca_file,
        .on_request = sink_handle,
        .arg = sink,
    };
    struct server *server = server_new(loop, &options, &error);
    /* What a program reads as JSON has only requests in it. */
    if (server)
        serve_until_signal(loop, server, reception->tls,
                           reception->sink.json ? stderr : stdout);
    else
        serve_refused(&command_sink, &error);
    sink_delete(sink);
    if (server)
        server_delete(server);
    loop_delete(loop);
    return server ? EXIT_FINE : EXIT_PROBLEM;
}

static int
receive_for(const struct command *command, struct reception *reception)
{
    struct conf *conf = gateway_conf(reception->conf_file);
    if (!conf)
        return EXIT_PROBLEM;
    int code;
    struct sink_place *places = NULL;
    const struct conf_destination *destination = local_destination(conf);
    if (destination) {
        char *address = local_address(destination->url);
        if (!reception->listen)
            reception->listen = address;
        if (!reception->sink.secret)
            reception->sink.places = places =
                local_places(conf, address, &reception->sink.place_count);
        code = receive(reception);
        free(places);
        free(address);
    } else {
        code = command_misused(
            command, "%s: no [destination] has a url on this machine", conf->file);
    }
    conf_delete(conf);
    return code;
}

static int
run(const struct command *command, int argc, char **argv)
{
    struct reception reception = {.sink = {.status = 200, .out = stdout}};
    int code = settings_read(command, settings, &reception, argc, argv);
    if (code != EXIT_FINE)
        return code;
    char *machine = zone_machine();
    struct zone *zone = zone_load(machine);
    reception.sink.zone = zone;
    reception.sink.has_color = color_wanted(STDOUT_FILENO);
    code = reception.conf_file ? receive_for(command, &reception) : receive(&reception);
    zone_delete(zone);
    free(machine);
    return code;
}

const struct command command_sink = {
    .name = "sink",
    .arguments = "[-c FILE] [--listen ADDRESS] [--secret SECRET] [-o text|json]",
    .sentence = "receives webhooks and prints what arrives",
    .help =
        "  -c, --conf FILE    play the destinations of this configuration that are on\n"
        "                     this machine, at the address of the first: each at its\n"
        "                     path, with its secret\n"
        "  --listen ADDRESS   default 127.0.0.1:9000; port 0 picks a free one\n"
        "  --tls              over TLS, with a certificate made at the start\n"
        "  --ca FILE          where to write its authority\n"
        "  --secret SECRET    whsec_…: verify Standard Webhooks signatures\n"
        "  --status N         the HTTP status of every answer (default 200)\n"
        "  --fail-first N     answer 503 to the first N requests\n"
        "  --delay DURATION   answer so much later\n"
        "  --clock X          its clock runs X times as fast, as that of `run --speed X`\n"
        "  -o, --output FORM  text (default), or json: one line per request\n"
        "\n"
        "At /services/… it is as strict as Slack, at /workflows/… as Teams, at\n"
        "/v2/enqueue as PagerDuty, and answers as they do. Messages are printed as\n"
        "people read them there, in colours on a terminal; NO_COLOR=1 turns them off.\n",
    .run = run,
};
