#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "command/command.h"
#include "command/gateway.h"

static int
run(const struct command *command, int argc, char **argv)
{
    static const struct option options[] = {
        {"conf", required_argument, NULL, 'c'},
        {"output", required_argument, NULL, 'o'},
        {NULL, 0, NULL, 0},
    };
    const char *file = "gateway.conf";
    bool is_json = false;
    int option;
    while ((option = getopt_long(argc, argv, "c:o:", options, NULL)) != -1) {
        switch (option) {
        case 'c': file = optarg; break;
        case 'o':
            if (strcmp(optarg, "json") && strcmp(optarg, "text"))
                return command_misused(command, "-o: '%s' is none of text, json",
                                       optarg);
            is_json = !strcmp(optarg, "json");
            break;
        default: return command_wrong_option(command, options, argv);
        }
    }
    if (optind < argc)
        return command_misused(command, "unexpected '%s'", argv[optind]);
    struct conf *conf = gateway_conf(file);
    if (!conf)
        return EXIT_PROBLEM;
    struct buf out = {0};
    conf_print(conf, is_json, &out);
    fwrite(out.data, 1, out.size, stdout);
    buf_fini(&out);
    conf_delete(conf);
    return EXIT_FINE;
}

const struct command command_config = {
    .name = "config",
    .arguments = "[-c FILE] [-o text|json]",
    .sentence = "prints the configuration in force: defaults marked, secrets masked",
    .help = "  -c, --conf FILE   the configuration (default gateway.conf)\n"
            "  -o text|json      as an INI file (default) or as JSON\n",
    .run = run,
};
