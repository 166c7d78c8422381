#include "command/client.h"

#include <getopt.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/mem.h"
#include "base/text.h"
#include "command/args.h"
#include "command/control_wire.h"
#include "command/gateway.h"
#include "net/http.h"

/* ---- one call ---- */

struct exchange {
    struct loop *loop;
    const struct conf *conf;
    bool *is_absent;
    int code;
};

static void
tell_failure(const struct exchange *exchange, const struct error *error)
{
    if (exchange->is_absent)
        *exchange->is_absent = error->kind == ERROR_NETWORK;
    if (!exchange->is_absent || !*exchange->is_absent)
        fprintf(stderr,
                "no gateway answers: %s; `ccgate run -c %s` starts one; one that was "
                "started with --state DIR is found when [gateway] says state = DIR\n",
                error->message, exchange->conf->file);
}

static void
on_reply(void *arg, const struct http_response *response)
{
    struct exchange *exchange = arg;
    bool is_good = response->error.kind == ERROR_NONE && response->status == 200;
    exchange->code = is_good ? EXIT_FINE : EXIT_PROBLEM;
    if (response->error.kind != ERROR_NONE)
        tell_failure(exchange, &response->error);
    else
        fwrite(response->body, 1, response->body_size, is_good ? stdout : stderr);
    loop_stop(exchange->loop);
}

int
client_call(const struct conf *conf, bool is_json, const char *method, const char *path,
            int64_t timeout_ms, bool *is_absent)
{
    struct exchange exchange = {.conf = conf, .is_absent = is_absent};
    char *socket = control_wire_socket(conf->state);
    char *url = mem_format("http://ccgate%s", path);
    struct http_header accept = {"Accept", is_json ? "application/json" : "text/plain"};
    struct http_request request = {.method = method,
                                   .url = url,
                                   .headers = &accept,
                                   .header_count = 1,
                                   .timeout_ms = timeout_ms,
                                   .unix_socket = socket};
    http_init();
    exchange.loop = loop_new();
    struct http_pool *pool = http_pool_new(exchange.loop, 1);
    http_start(pool, &request, on_reply, &exchange);
    loop_run(exchange.loop);
    http_pool_delete(pool);
    loop_delete(exchange.loop);
    free(url);
    free(socket);
    return exchange.code;
}

/* ---- arguments ---- */

enum { OWN_OPTION = 256 };

static const struct option options[] = {
    {"conf", required_argument, NULL, 'c'},
    {"output", required_argument, NULL, 'o'},
    {"by", required_argument, NULL, OWN_OPTION},
    {"note", required_argument, NULL, OWN_OPTION},
    {"rule", required_argument, NULL, OWN_OPTION},
    {"key", required_argument, NULL, OWN_OPTION},
    {"label", required_argument, NULL, OWN_OPTION},
    {"lasts", required_argument, NULL, OWN_OPTION},
    {"destination", required_argument, NULL, OWN_OPTION},
    {"state", required_argument, NULL, OWN_OPTION},
    {"all-dead", no_argument, NULL, OWN_OPTION},
    {NULL, 0, NULL, 0},
};

struct request {
    const struct command *command;
    const struct verb *verbs;
    const char *conf_file;
    bool is_json, has_output;
    struct buf query;                                    /* "?by=…" */
    const char *given[sizeof options / sizeof *options]; /* names of own options */
    size_t given_count;
};

static int
read_options(struct request *request, int argc, char **argv)
{
    int option, index;
    while ((option = getopt_long(argc, argv, "c:o:", options, &index)) != -1) {
        switch (option) {
        case 'c': request->conf_file = optarg; break;
        case 'o':
            request->has_output = true;
            if (command_read_output(optarg, &request->is_json))
                break;
            return command_misused(request->command, "-o: '%s' is none of text, json",
                                   optarg);
        case OWN_OPTION:
            args_add(&request->query, options[index].name, optarg ? optarg : "yes");
            if (request->given_count < sizeof options / sizeof *options)
                request->given[request->given_count++] = options[index].name;
            break;
        default: return command_wrong_option(request->command, options, argv);
        }
    }
    return EXIT_FINE;
}

static bool
takes(const struct verb *verb, const char *option)
{
    size_t size = strlen(option);
    for (const char *at = verb->options; at && (at = strstr(at, option)); at += size)
        if (at[size] == ' ' && (at == verb->options || at[-1] == ' '))
            return true;
    return false;
}

static bool
is_given(const struct request *request, const char *option)
{
    for (size_t i = 0; i < request->given_count; i++)
        if (!strcmp(request->given[i], option))
            return true;
    return false;
}

/* ---- which verb ---- */

/* Of two verbs of one word the one that takes as many operands. */
static const struct verb *
find_verb(const struct verb *verbs, const char *word, int operands)
{
    const struct verb *found = NULL;
    for (const struct verb *verb = verbs; verb->path; verb++) {
        bool is_it = word && verb->word ? !strcmp(verb->word, word)
                                        : !verb->word && (!word || verb->operand);
        if (is_it && (!found || (verb->operand != NULL) == (operands > 0)))
            found = verb;
    }
    return found;
}

static int
refuse_word(const struct request *request, const char *word)
{
    const char *names[16] = {NULL};
    struct buf list = {0};
    size_t count = 0;
    for (const struct verb *verb = request->verbs; verb->path; verb++) {
        if (!verb->word || (count && !strcmp(names[count - 1], verb->word)))
            continue;
        buf_format(&list, "%s%s", count ? ", " : "", verb->word);
        names[count++] = verb->word;
    }
    const char *guess = word ? text_nearest(word, names) : NULL;
    int code;
    if (!word)
        code = command_misused(request->command, "what to do? There is: %s", list.data);
    else if (!count)
        code = command_misused(request->command, "unexpected '%s'", word);
    else
        code = command_misused(request->command, "no action '%s'%s%s%s; there is: %s",
                               word, guess ? " (did you mean '" : "",
                               guess ? guess : "", guess ? "'?)" : "", list.data);
    buf_fini(&list);
    return code;
}

static int
check(const struct request *request, const struct verb *verb, char **operands,
      int count)
{
    if (request->has_output && !verb->is_listing)
        return command_misused(request->command, "-o is not for this");
    for (size_t i = 0; i < request->given_count; i++)
        if (!takes(verb, request->given[i]))
            return command_misused(request->command, "--%s is not for this",
                                   request->given[i]);
    if (verb->operand && !count)
        return command_misused(request->command, "which one? %s is missing",
                               verb->operand);
    if (count > (verb->operand ? 1 : 0) && !verb->is_many)
        return command_misused(request->command, "unexpected '%s'",
                               operands[verb->operand ? 1 : 0]);
    return EXIT_FINE;
}

/* ---- asking ---- */

/* Of who types this; `room` keeps it. */
static const char *
user_name(char *room, size_t size)
{
    struct passwd user, *found = NULL;
    if (getpwuid_r(getuid(), &user, room, size, &found) == 0 && found)
        return user.pw_name;
    const char *name = getenv("USER");
    return name ? name : "somebody";
}

static int
ask_about(const struct request *request, const struct conf *conf,
          const struct verb *verb, const char *operand)
{
    struct buf path = {0};
    const char *star = strchr(verb->path, '*');
    buf_add(&path, verb->path, star ? (size_t)(star - verb->path) : strlen(verb->path));
    if (star) {
        args_escape(operand, &path);
        buf_add_text(&path, star + 1);
    }
    buf_add(&path, request->query.data, request->query.size);
    int code = client_call(conf, request->is_json, verb->method, path.data,
                           verb->timeout_ms, NULL);
    buf_fini(&path);
    return code;
}

static int
ask(struct request *request, const struct verb *verb, char **operands, int count)
{
    char room[1024];
    int code = EXIT_FINE;
    struct conf *conf = gateway_conf(request->conf_file);
    if (!conf)
        return EXIT_PROBLEM;
    if (takes(verb, "by") && !is_given(request, "by"))
        args_add(&request->query, "by", user_name(room, sizeof room));
    for (int i = 0; i < count || !i; i++)
        if (ask_about(request, conf, verb, count ? operands[i] : NULL) != EXIT_FINE)
            code = EXIT_PROBLEM;
    conf_delete(conf);
    return code;
}

static int
choose(struct request *request, char **words, int count)
{
    const struct verb *verb =
        find_verb(request->verbs, count ? words[0] : NULL, count - 1);
    if (!verb)
        return refuse_word(request, count ? words[0] : NULL);
    if (verb->word) {
        words++;
        count--;
    }
    int code = check(request, verb, words, count);
    return code == EXIT_FINE ? ask(request, verb, words, count) : code;
}

int
client_run(const struct command *command, const struct verb *verbs, int argc,
           char **argv)
{
    struct request request = {
        .command = command, .verbs = verbs, .conf_file = "gateway.conf"};
    int code = read_options(&request, argc, argv);
    if (code == EXIT_FINE)
        code = choose(&request, argv + optind, argc - optind);
    buf_fini(&request.query);
    return code;
}
