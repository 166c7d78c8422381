#include "command/command.h"

#include <stdarg.h>
#include <stdio.h>

int
command_help(const struct command *command)
{
    printf("usage: ccgate %s %s\n\n%s\n", command->name, command->arguments,
           command->sentence);
    if (command->help[0])
        printf("\n%s", command->help);
    return EXIT_FINE;
}

int
command_misused(const struct command *command, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "ccgate %s: ", command->name);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\nusage: ccgate %s %s\n`ccgate %s --help` tells more\n",
            command->name, command->arguments, command->name);
    return EXIT_USAGE;
}
