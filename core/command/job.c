/* Runs a job of the running gateway now. */
#include "command/client.h"

static const struct verb verbs[] = {
    {NULL, "NAME", "POST", "/api/v1/jobs/*/run", NULL, false, false},
    {0},
};

static int
run(const struct command *command, int argc, char **argv)
{
    return client_run(command, verbs, argc, argv);
}

const struct command command_job = {
    .name = "job",
    .arguments = "NAME [-c FILE]",
    .sentence = "runs a job of the running gateway now",
    .help =
        "  NAME              as gw.job calls it; SCRIPT/NAME where several scripts\n"
        "                    have one of that name\n"
        "  -c, --conf FILE   the configuration (default gateway.conf)\n"
        "\n"
        "Its own times stay as they are. What it does stands in the gateway's log.\n",
    .run = run,
};
