/* Runs a job of the running gateway now. */
#include "command/client.h"

static const struct verb verbs[] = {
    {NULL, "NAME", "POST", "/api/v1/jobs/*/run", NULL, true, false, 150000},
    {0},
};

static int
run(const struct command *command, int argc, char **argv)
{
    return client_run(command, verbs, argc, argv);
}

const struct command command_job = {
    .name = "job",
    .arguments = "NAME [-c FILE] [-o text|json]",
    .sentence = "runs a job of the running gateway now, and says how it ended",
    .help =
        "  NAME              as gw.job calls it; SCRIPT/NAME where several scripts\n"
        "                    have one of that name\n"
        "  -c, --conf FILE   the configuration (default gateway.conf)\n"
        "  -o text|json      how to tell\n"
        "\n"
        "Waits for its end, at most 2 minutes, and says how long it took, whom it sent\n"
        "messages, what it logged, and its error: then the exit code is 1. Ctrl-C ends\n"
        "the waiting and not the job. Its own times stay as they are.\n",
    .run = run,
};
