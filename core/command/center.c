/* How the running gateway gets on with its contact centres, and a way to make it try
 * again. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "command/client.h"
#include "command/control_wire.h"
#include "command/gateway.h"

#define ACTIONS "list, status, retry"

/* What is asked of the running gateway. */
struct visit {
    const struct command *command;
    const char *conf_file;
    const struct conf *conf;
    bool is_json;
};

/* ---- actions ---- */

static int
list(const struct visit *visit, const char *name)
{
    (void)name;
    return client_call(visit->conf, visit->is_json, "GET", CONTROL_CENTERS, 0, NULL);
}

static int
retry_one(const struct visit *visit, const char *name)
{
    struct buf path = {0};
    control_wire_path(name, "retry", &path);
    int code = client_call(visit->conf, false, "POST", path.data, 0, NULL);
    buf_fini(&path);
    return code;
}

/* One, or all; what one call meets the next would meet, too. */
static int
retry(const struct visit *visit, const char *name)
{
    if (name)
        return retry_one(visit, name);
    int code = EXIT_FINE;
    for (size_t i = 0; code == EXIT_FINE && i < visit->conf->center_count; i++)
        code = retry_one(visit, visit->conf->centers[i].name);
    return code;
}

static const struct action {
    const char *name;
    bool takes_name, is_listing;
    int (*run)(const struct visit *visit, const char *name);
} actions[] = {
    {"list", false, true, list},
    {"status", false, true, list},
    {"retry", true, false, retry},
};
enum { ACTION_COUNT = sizeof actions / sizeof *actions };

static const struct action *
find_action(const struct command *command, const char *word, int *code)
{
    const char *names[ACTION_COUNT + 1] = {NULL};
    *code = EXIT_USAGE;
    if (!word) {
        command_misused(command, "what to do? There is: " ACTIONS);
        return NULL;
    }
    for (size_t i = 0; i < ACTION_COUNT; i++) {
        names[i] = actions[i].name;
        if (strcmp(word, actions[i].name) == 0)
            return &actions[i];
    }
    const char *guess = text_nearest(word, names);
    command_misused(command, "no action '%s'%s%s%s; there is: " ACTIONS, word,
                    guess ? " (did you mean '" : "", guess ? guess : "",
                    guess ? "'?)" : "");
    return NULL;
}

/* ---- the command ---- */

static int
check_name(const struct visit *visit, const char *name)
{
    if (!name || conf_find_center(visit->conf, name))
        return EXIT_FINE;
    const char **names = mem_zero((visit->conf->center_count + 1) * sizeof *names);
    for (size_t i = 0; i < visit->conf->center_count; i++)
        names[i] = visit->conf->centers[i].name;
    const char *guess = text_nearest(name, names);
    free(names);
    return command_misused(visit->command, "no [center %s] in %s%s%s%s", name,
                           visit->conf->file, guess ? " (did you mean '" : "",
                           guess ? guess : "", guess ? "'?)" : "");
}

static int
run_action(struct visit *visit, int count, char **words)
{
    int code;
    const struct action *action = find_action(visit->command, words[0], &code);
    if (!action)
        return code;
    if (count > (action->takes_name ? 2 : 1))
        return command_misused(visit->command, "unexpected '%s'",
                               words[action->takes_name ? 2 : 1]);
    if (visit->is_json && !action->is_listing)
        return command_misused(visit->command, "-o json is for list and status");
    struct conf *conf = gateway_conf(visit->conf_file);
    if (!conf)
        return EXIT_PROBLEM;
    visit->conf = conf;
    code = check_name(visit, words[1]);
    if (code == EXIT_FINE)
        code = action->run(visit, words[1]);
    conf_delete(conf);
    return code;
}

static int
run(const struct command *command, int argc, char **argv)
{
    static const struct option options[] = {
        {"conf", required_argument, NULL, 'c'},
        {"output", required_argument, NULL, 'o'},
        {NULL, 0, NULL, 0},
    };
    struct visit visit = {.command = command, .conf_file = "gateway.conf"};
    int option;
    while ((option = getopt_long(argc, argv, "c:o:", options, NULL)) != -1) {
        switch (option) {
        case 'c': visit.conf_file = optarg; break;
        case 'o':
            if (command_read_output(optarg, &visit.is_json))
                break;
            return command_misused(command, "-o: '%s' is none of text, json", optarg);
        default: return command_wrong_option(command, options, argv);
        }
    }
    return run_action(&visit, argc - optind, argv + optind);
}

const struct command command_center = {
    .name = "center",
    .arguments = "list|status|retry [NAME] [-c FILE] [-o text|json]",
    .sentence = "how the running gateway gets on with its contact centres",
    .help =
        "  list, status      each centre: its url, its circuit, its last error\n"
        "  retry [NAME]      probes now a centre that is left alone after failures,\n"
        "                    such as a refused key; without NAME all of them\n"
        "  -c, --conf FILE   the configuration (default gateway.conf)\n"
        "  -o text|json      how to list\n",
    .run = run,
};
