#include "command/command.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

int
command_help(const struct command *command)
{
    printf("usage: ccgate %s %s\n\n%s\n", command->name, command->arguments,
           command->sentence);
    if (command->help[0])
        printf("\n%s", command->help);
    return EXIT_FINE;
}

bool
command_read_output(const char *word, bool *is_json)
{
    *is_json = !strcmp(word, "json");
    return *is_json || !strcmp(word, "text");
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

#define OPTIONS_MAX 32

/* NULL when none is near. */
static const char *
guess_option(const char *word, const struct option *options)
{
    const char *names[OPTIONS_MAX + 1] = {NULL};
    for (size_t i = 0; i < OPTIONS_MAX && options[i].name; i++)
        names[i] = options[i].name;
    char *name = mem_copy(word, strcspn(word, "="));
    const char *guess = text_nearest(name, names);
    free(name);
    return guess;
}

int
command_wrong_option(const struct command *command, const struct option *options,
                     char *const argv[])
{
    const char *given = argv[optind - 1];
    for (const struct option *known = options; known->name; known++)
        if (optopt && known->val == optopt)
            return command_misused(command,
                                   known->has_arg == no_argument ? "--%s takes no value"
                                                                 : "--%s needs a value",
                                   known->name);
    if (optopt)
        return command_misused(command, "no option '-%c'", optopt);
    const char *guess = guess_option(given + strlen("--"), options);
    if (guess)
        return command_misused(command, "no option '%s' (did you mean '--%s'?)", given,
                               guess);
    return command_misused(command, "no option '%s'", given);
}
