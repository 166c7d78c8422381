/* The rules of the running gateway. */
#include "command/client.h"

static const struct verb verbs[] = {
    {NULL, NULL, "GET", "/api/v1/rules", NULL, true, false, 0},
    {0},
};

static int
run(const struct command *command, int argc, char **argv)
{
    return client_run(command, verbs, argc, argv);
}

const struct command command_rules = {
    .name = "rules",
    .arguments = "[-c FILE] [-o text|json]",
    .sentence = "the rules and jobs of the running gateway, and how they do",
    .help =
        "  -c, --conf FILE   the configuration (default gateway.conf)\n"
        "  -o text|json      how to list\n"
        "\n"
        "Of each its script, how many alerts it has raised now, how many errors its code\n"
        "made, of a job when it ran, and whether it is on: one whose code fails again\n"
        "and again is failing, what was stopped three times in ten minutes is switched\n"
        "off, a script that dies again and again is quarantined. `ccgate reload` lets\n"
        "the last two in again. TROUBLE is the last error; scripts that are not loaded\n"
        "as their files are stand below.\n",
    .run = run,
};
