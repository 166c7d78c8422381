#include <stdio.h>
#include <string.h>

#include "command/serve.h"
#include "command/setting.h"
#include "net/sign.h"
#include "sim/sink.h"

struct reception {
    const char *listen, *ca_file;
    bool tls;
    struct sink_options sink;
};

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
        .listen = reception->listen,
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
run(const struct command *command, int argc, char **argv)
{
    struct reception reception = {
        .listen = "127.0.0.1:9000",
        .sink = {.status = 200, .out = stdout},
    };
    int code = settings_read(command, settings, &reception, argc, argv);
    return code == EXIT_FINE ? receive(&reception) : code;
}

const struct command command_sink = {
    .name = "sink",
    .arguments = "[--listen ADDRESS] [--secret SECRET] [-o text|json]",
    .sentence = "receives webhooks and prints what arrives",
    .help = "  --listen ADDRESS   default 127.0.0.1:9000; port 0 picks a free one\n"
            "  --tls              over TLS, with a certificate made at the start\n"
            "  --ca FILE          where to write its authority\n"
            "  --secret SECRET    whsec_…: verify Standard Webhooks signatures\n"
            "  --status N         the HTTP status of every answer (default 200)\n"
            "  --fail-first N     answer 503 to the first N requests\n"
            "  --delay DURATION   answer so much later\n"
            "  -o, --output FORM  text (default), or json: one line per request\n",
    .run = run,
};
