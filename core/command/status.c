/* How the running gateway does. */
#include "command/client.h"

static const struct verb verbs[] = {
    {NULL, NULL, "GET", "/api/v1/status", NULL, true, false, 0},
    {0},
};

static int
run(const struct command *command, int argc, char **argv)
{
    return client_run(command, verbs, argc, argv);
}

const struct command command_status = {
    .name = "status",
    .arguments = "[-c FILE] [-o text|json]",
    .sentence = "how the running gateway does: centres, scripts, messages, alerts",
    .help = "  -c, --conf FILE   the configuration (default gateway.conf)\n"
            "  -o text|json      how to tell\n",
    .run = run,
};
