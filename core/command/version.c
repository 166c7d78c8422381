#include "command/command.h"

#include <stdio.h>

#include "base/version.h"

static int
run(const struct command *command, int argc, char **argv)
{
    if (argc > 1)
        return command_misused(command, "unexpected '%s'", argv[1]);
    printf("ccgate %s\n", CCGATE_VERSION);
    return EXIT_FINE;
}

const struct command command_version = {
    .name = "version",
    .arguments = "",
    .sentence = "prints the version",
    .help = "",
    .run = run,
};
