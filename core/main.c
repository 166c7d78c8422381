/* The table of commands, nothing else. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "command/command.h"

static const struct command *const commands[] = {
    &command_run,      &command_check,   &command_plan,
    &command_query,    &command_status,  &command_rules,
    &command_alerts,   &command_silence, &command_outbox,
    &command_send,     &command_job,     &command_reload,
    &command_center,   &command_test,    &command_demo,
    &command_simulate, &command_sink,    &command_config,
    &command_stubs,    &command_version, NULL,
};

static int
print_commands(FILE *out)
{
    fputs("usage: ccgate COMMAND [OPTIONS]\n\n"
          "The integration gateway of a contact centre, scripted in Lua.\n\n",
          out);
    for (size_t i = 0; commands[i]; i++)
        fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->sentence);
    fputs("\n`ccgate COMMAND --help` tells the options of a command.\n", out);
    return out == stdout ? EXIT_FINE : EXIT_USAGE;
}

static const char *
guess_command(const char *word)
{
    const char *names[sizeof(commands) / sizeof(*commands)] = {NULL};
    for (size_t i = 0; commands[i]; i++)
        names[i] = commands[i]->name;
    return text_nearest(word, names);
}

int
main(int argc, char **argv)
{
    opterr = 0; /* command_wrong_option() says it with a guess */
    if (argc < 2)
        return print_commands(stderr);
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ||
        !strcmp(argv[1], "help"))
        return print_commands(stdout);
    const char *name = strcmp(argv[1], "--version") ? argv[1] : "version";
    for (size_t i = 0; commands[i]; i++) {
        if (strcmp(commands[i]->name, name))
            continue;
        for (int j = 2; j < argc; j++)
            if (!strcmp(argv[j], "--help") || !strcmp(argv[j], "-h"))
                return command_help(commands[i]);
        return commands[i]->run(commands[i], argc - 1, argv + 1);
    }
    const char *guess = guess_command(name);
    fprintf(stderr,
            guess ? "ccgate: no command '%s' (did you mean '%s'?)\n"
                  : "ccgate: no command '%s'; `ccgate --help` lists them\n",
            name, guess);
    return EXIT_USAGE;
}
