/* A test message to a destination, with the receiver's answer: through the running
 * gateway, or, when none runs, through one that is made for this message alone, with a
 * state folder of its own that is gone afterwards. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "command/args.h"
#include "command/client.h"
#include "command/gateway.h"
#include "command/trial.h"
#include "deliver/connector.h"
#include "deliver/deliver.h"
#include "net/http.h"

#define TEXT        "a test of ccgate"
#define PATIENCE_MS ((int64_t)40 * 1000) /* longer than a trial waits */

/* ---- alone ---- */

/* What is needed to deliver, and nothing else. */
struct alone {
    struct loop *loop;
    char folder[64];
    struct store *store;
    struct connector *connector;
    struct deliver *deliver;
    struct notify *notify;
    const char *destination;
    int code;
};

static void
on_tried(void *arg, const struct outbox_page *page)
{
    struct alone *alone = arg;
    struct buf text = {0};
    bool is_delivered = trial_tell(alone->destination, page, &text);
    fprintf(is_delivered ? stdout : stderr, "%s\n", text.data);
    alone->code = is_delivered ? EXIT_FINE : EXIT_PROBLEM;
    buf_fini(&text);
    loop_stop(alone->loop);
}

static bool
open_alone(struct alone *alone, const struct conf *conf, struct error *error)
{
    snprintf(alone->folder, sizeof alone->folder, P_tmpdir "/ccgate-send-XXXXXX");
    if (!mkdtemp(alone->folder)) {
        error_set(error, ERROR_LIMIT, "", "cannot make a folder in " P_tmpdir);
        return false;
    }
    alone->loop = loop_new();
    alone->store = store_open(alone->loop, alone->folder, error);
    alone->connector = alone->store ? connector_new(error) : NULL;
    if (!alone->connector)
        return false;
    alone->deliver = deliver_new(alone->loop, alone->store, alone->connector, conf);
    alone->notify = notify_new(alone->loop, alone->store, alone->connector,
                               alone->deliver, conf->name);
    return true;
}

static void
remove_folder(const char *folder)
{
    static const char *const files[] = {"state.db", "state.db-wal", "state.db-shm",
                                        "lock"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char *path = mem_format("%s/%s", folder, files[i]);
        unlink(path);
        free(path);
    }
    rmdir(folder);
}

static void
close_alone(struct alone *alone)
{
    notify_delete(alone->notify);
    deliver_delete(alone->deliver);
    if (alone->connector)
        connector_delete(alone->connector);
    store_close(alone->store);
    if (alone->loop)
        loop_delete(alone->loop);
    remove_folder(alone->folder);
}

static int
send_alone(const struct conf *conf, const char *destination, const char *text)
{
    struct alone alone = {.destination = destination, .code = EXIT_PROBLEM};
    struct error error = {0};
    struct trial *trial = NULL;
    log_set_level(LEVEL_ERROR + 1); /* what happens is told once */
    if (open_alone(&alone, conf, &error))
        trial = trial_start(alone.loop, alone.store, alone.notify, destination, text,
                            on_tried, &alone, &error);
    if (trial)
        loop_run(alone.loop);
    else
        fprintf(stderr, "%s: %s\n", destination, error.message);
    trial_delete(trial);
    close_alone(&alone);
    return alone.code;
}

/* ---- the command ---- */

static int
send_through(const struct conf *conf, const char *destination, const char *text,
             bool *is_absent)
{
    struct buf path = {0};
    buf_add_text(&path, "/api/v1/destinations/");
    args_escape(destination, &path);
    buf_add_text(&path, "/send");
    args_add(&path, "text", text);
    int code = client_call(conf, false, "POST", path.data, PATIENCE_MS, is_absent);
    buf_fini(&path);
    return code;
}

static int
refuse_destination(const struct command *command, const struct conf *conf,
                   const char *name)
{
    const char **names = mem_zero((conf->destination_count + 1) * sizeof *names);
    for (size_t i = 0; i < conf->destination_count; i++)
        names[i] = conf->destinations[i].name;
    const char *guess = text_nearest(name, names);
    free(names);
    return command_misused(command, "no [destination %s] in %s%s%s%s", name, conf->file,
                           guess ? " (did you mean '" : "", guess ? guess : "",
                           guess ? "'?)" : "");
}

static int
send_message(const struct command *command, const char *conf_file,
             const char *destination, const char *text)
{
    bool is_absent = false;
    struct conf *conf = gateway_conf(conf_file);
    if (!conf)
        return EXIT_PROBLEM;
    int code;
    if (!conf_find_destination(conf, destination))
        code = refuse_destination(command, conf, destination);
    else
        code = send_through(conf, destination, text, &is_absent);
    if (is_absent)
        code = send_alone(conf, destination, text);
    conf_delete(conf);
    return code;
}

static int
run(const struct command *command, int argc, char **argv)
{
    static const struct option options[] = {
        {"conf", required_argument, NULL, 'c'},
        {NULL, 0, NULL, 0},
    };
    const char *conf_file = "gateway.conf";
    int option;
    while ((option = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
        if (option != 'c')
            return command_wrong_option(command, options, argv);
        conf_file = optarg;
    }
    char **words = argv + optind;
    int count = argc - optind;
    if (!count)
        return command_misused(command, "where to? DESTINATION is missing");
    if (count > 2)
        return command_misused(command,
                               "unexpected '%s'; a text of several words stands "
                               "in quotes",
                               words[2]);
    return send_message(command, conf_file, words[0], count == 2 ? words[1] : TEXT);
}

const struct command command_send = {
    .name = "send",
    .arguments = "DESTINATION [TEXT] [-c FILE]",
    .sentence = "a test message to a destination, with the receiver's answer",
    .help =
        "  DESTINATION       as the configuration calls it\n"
        "  TEXT              what to say (default \"" TEXT "\")\n"
        "  -c, --conf FILE   the configuration (default gateway.conf)\n"
        "\n"
        "It takes the way of every message: the outbox, the shape and signature of\n"
        "the destination, its limits. Through the running gateway, which tries it\n"
        "again when it fails; when none runs it is tried once, from here.\n",
    .run = run,
};
