/* Configuration and scripts are read anew: load, check, swap. */
#include "command/client.h"

static const struct verb verbs[] = {
    {NULL, NULL, "POST", "/-/reload", NULL, true, false, 60000},
    {0},
};

static int
run(const struct command *command, int argc, char **argv)
{
    return client_run(command, verbs, argc, argv);
}

const struct command command_reload = {
    .name = "reload",
    .arguments = "[-c FILE] [-o text|json]",
    .sentence = "lets the running gateway read configuration and scripts anew",
    .help =
        "  -c, --conf FILE   the configuration (default gateway.conf)\n"
        "  -o text|json      how to tell\n"
        "\n"
        "Waits until every script has shown whether it is good. What does not load\n"
        "changes nothing: its mistakes are printed and the exit code is 1. Rules and\n"
        "scripts that were switched off are let in again.\n",
    .run = run,
};
