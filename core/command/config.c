#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "command/gateway.h"
#include "deliver/connector.h"

static int
print_kind(const struct command *command, const char *kind, bool is_json)
{
    struct error error = {0};
    struct buf out = {0};
    struct connector *connector = connector_new(&error);
    if (!connector) {
        fprintf(stderr, "%s\n", error.message);
        return EXIT_PROBLEM;
    }
    int code = EXIT_FINE;
    struct conf_kinds kinds = connector_conf_kinds(connector);
    if (connector_has_kind(connector, kind)) {
        char *sentence = connector_doc(connector, kind);
        conf_print_kind(&kinds, kind, sentence, is_json, &out);
        fwrite(out.data, 1, out.size, stdout);
        free(sentence);
    } else {
        char *advice = conf_advise_kind(kind, kinds.names);
        code = command_misused(command, "--kind: '%s' is not known%s", kind, advice);
        free(advice);
    }
    buf_fini(&out);
    connector_delete(connector);
    return code;
}

static int
print_conf(const char *file, bool is_json)
{
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

static int
run(const struct command *command, int argc, char **argv)
{
    static const struct option options[] = {
        {"conf", required_argument, NULL, 'c'},
        {"output", required_argument, NULL, 'o'},
        {"kind", required_argument, NULL, 'k'},
        {NULL, 0, NULL, 0},
    };
    const char *file = "gateway.conf", *kind = NULL;
    bool is_json = false;
    int option;
    while ((option = getopt_long(argc, argv, "c:o:", options, NULL)) != -1) {
        switch (option) {
        case 'c': file = optarg; break;
        case 'k': kind = optarg; break;
        case 'o':
            if (command_read_output(optarg, &is_json))
                break;
            return command_misused(command, "-o: '%s' is none of text, json", optarg);
        default: return command_wrong_option(command, options, argv);
        }
    }
    if (optind < argc)
        return command_misused(command, "unexpected '%s'", argv[optind]);
    return kind ? print_kind(command, kind, is_json) : print_conf(file, is_json);
}

const struct command command_config = {
    .name = "config",
    .arguments = "[-c FILE] [-o text|json] [--kind KIND]",
    .sentence = "prints the configuration in force: defaults marked, secrets masked",
    .help =
        "  -c, --conf FILE   the configuration (default gateway.conf)\n"
        "  -o text|json      as an INI file (default) or as JSON\n"
        "  --kind KIND       what a destination of this kind may say, and its defaults\n",
    .run = run,
};
