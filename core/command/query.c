/* One poll by hand: the first thing somebody does with a new contact centre. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/text.h"
#include "command/command.h"
#include "command/gateway.h"
#include "command/query_ask.h"
#include "command/query_print.h"
#include "command/query_when.h"
#include "net/http.h"
#include "poll/poll.h"

enum output { OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_RAW };

#define QUERIES "queues, agents, agent-calls, agent-operations, agent"

static const char *const output_words[] = {"table", "json", "raw", NULL};

/* One question: what was asked for, and what came. */
struct question {
    const struct command *command;
    const struct query *query;
    const char *conf_file;
    const char *center_name; /* NULL: the one that is the default */
    const struct conf_center *center;
    int64_t *ids;
    size_t id_count;
    struct when when;
    struct query_span span;
    enum output output;
    bool show_signature;
    bool is_alone; /* as it was said: not through the running gateway */
    struct loop *loop;
    struct asker *asker;
    size_t at, next;   /* the request asks for ids from `at` to before `next` */
    struct block rows; /* of all answers */
    bool is_answered;  /* one of them was good */
    int code;
};

/* ---- answers ---- */

static bool
has_key(const struct block *rows, int64_t id)
{
    for (size_t r = 0; r < rows->row_count; r++)
        if (block_row(rows, r)[1 + rows->query->key] == id)
            return true;
    return false;
}

/* Where an id is a row, one without is a mistake. Where it has rows, none may be all
 * there is to say, and is said, because nothing looks like a broken program. */
static void
name_missing(struct question *question, const struct block *rows)
{
    const struct query *query = question->query;
    bool is_row = !query->is_list;
    for (size_t i = question->at; i < question->next; i++) {
        if (is_row ? has_key(rows, question->ids[i]) : rows->row_count != 0)
            continue;
        fprintf(stderr, is_row ? "the centre knows no %s %lld\n" : "%s %lld: no rows\n",
                query->argument, (long long)question->ids[i]);
        if (is_row)
            question->code = EXIT_PROBLEM;
    }
}

/* Where to look, by door and kind; NULL where the message says it. */
static const char *const hints[][ERROR_KINDS] = {
    [DOOR_CMS] =
        {
            [ERROR_NETWORK] = "does it listen at the url of",
            [ERROR_TIMEOUT] = "is the url right, or the timeout too short, in",
            [ERROR_TLS] = "does ca_file name the authority of its certificate in",
            [ERROR_AUTH] = "are the keys right in",
        },
    [DOOR_AGENT_GATEWAY] =
        {
            [ERROR_NETWORK] = "does it listen at the agent_gateway of",
            [ERROR_TIMEOUT] =
                "is the agent_gateway right, or the timeout too short, in",
            [ERROR_TLS] = "does ca_file name the authority of its certificate in",
            [ERROR_AUTH] = "are operator and password right, and is nobody else signed "
                           "in as the operator, in",
        },
};

static void
say_error(const struct question *question, const struct error *error,
          int64_t circuit_until_ms)
{
    const char *hint = hints[question->query->door][error->kind];
    struct buf text = {0};
    if (!question->query->batch_bytes)
        buf_format(&text, "%s %lld: ", question->query->argument,
                   (long long)question->ids[question->at]);
    buf_format(&text, "%s: %s%s", error_word(error->kind), error->code,
               error->code[0] ? ": " : "");
    if (circuit_until_ms) {
        control_wire_until(circuit_until_ms, &text);
        buf_add_text(&text, ": ");
    }
    buf_add_text(&text, error->message);
    if (circuit_until_ms)
        buf_format(&text, "; `ccgate center retry %s` probes now",
                   question->center->name);
    fprintf(stderr, "%s\n", text.data);
    if (hint && !(asker_is_gateway(question->asker) && error->kind == ERROR_NETWORK))
        fprintf(stderr, "  %s [center %s], %s:%d?\n", hint, question->center->name,
                question->conf_file, question->center->line);
    buf_fini(&text);
}

/* One id may be wrong where the next is right; a centre that refuses the key or is not
 * there does so every time. */
static bool
is_worth_going_on(const struct error *error)
{
    return error->kind == ERROR_NONE || error->kind == ERROR_API ||
           error->kind == ERROR_DECODE;
}

static void ask_next(struct question *question);

/* Once, where it is not what anybody would expect. */
static void
say_who_asks(const struct question *question)
{
    const char *obstacle = asker_obstacle(question->asker);
    if (asker_is_gateway(question->asker))
        fprintf(stderr, "(through the running gateway%s)\n",
                question->show_signature ? ", which signs the same at its own time"
                                         : "");
    else if (obstacle)
        fprintf(stderr,
                "(not through a running gateway, with a rate and a session of its own: "
                "%s; ask as the user that the gateway runs as)\n",
                obstacle);
}

static void
on_answer(void *arg, const struct poll_answer *answer, int64_t circuit_until_ms)
{
    struct question *question = arg;
    if (question->at == 0)
        say_who_asks(question);
    if (question->output == OUTPUT_RAW && answer->body_size)
        printf("%s\n", answer->body);
    if (answer->error.kind != ERROR_NONE) {
        say_error(question, &answer->error, circuit_until_ms);
        question->code = EXIT_PROBLEM;
    } else {
        block_join(&question->rows, answer->rows, question->ids[question->at],
                   question->center->vdn);
        question->is_answered = true;
        name_missing(question, answer->rows);
    }
    if (question->next < question->id_count && is_worth_going_on(&answer->error))
        ask_next(question);
    else
        loop_stop(question->loop);
}

static void
print_rows(struct question *question)
{
    struct buf out = {0};
    block_unique(&question->rows);
    if (question->output == OUTPUT_TABLE)
        query_table(question->center, &question->rows, &out);
    else if (question->output == OUTPUT_JSON)
        query_json(question->center, &question->rows, &out);
    if (out.size)
        fwrite(out.data, 1, out.size, stdout);
    buf_fini(&out);
}

/* ---- asking ---- */

static void
add_body(const struct question *question, struct buf *body)
{
    const struct conf_center *center = question->center;
    const int64_t *ids = question->ids + question->at;
    if (question->query->has_span)
        query_body_span(question->query, center->cc_id, center->vdn, *ids,
                        &question->span, body);
    else
        query_body(question->query, center->cc_id, center->vdn, ids,
                   question->next - question->at, body);
}

/* The gateway signs the same, with the time of its own request. */
static void
show_signature(const struct question *question)
{
    struct poll_line line;
    struct buf body = {0}, text = {0};
    poll_line_init(&line, question->center, question->query);
    add_body(question, &body);
    poll_show_signature(&line, body.data, body.size, clock_wall_ms(), &text);
    fprintf(stderr, "%s\n", text.data);
    poll_line_fini(&line);
    buf_fini(&body);
    buf_fini(&text);
}

static void
ask_next(struct question *question)
{
    question->at = question->next;
    question->next += query_fit(question->query, question->ids + question->at,
                                question->id_count - question->at);
    if (question->show_signature)
        show_signature(question);
    struct control_question next = {
        .query = question->query,
        .ids = question->ids + question->at,
        .id_count = question->next - question->at,
        .span = question->span,
    };
    asker_ask(question->asker, &next);
}

static int
ask(struct question *question, const struct conf *conf)
{
    /* What the lane would log is said of the answer. */
    log_set_level(LEVEL_ERROR + 1);
    http_init();
    block_init(&question->rows, question->query);
    question->loop = loop_new();
    question->asker = asker_new(question->loop, conf, question->center,
                                question->is_alone, on_answer, question);
    ask_next(question);
    loop_run(question->loop);
    if (question->is_answered)
        print_rows(question);
    asker_delete(question->asker);
    loop_delete(question->loop);
    block_fini(&question->rows);
    return question->code;
}

/* ---- what is asked for ---- */

static int
misnamed(const struct question *question, const char *word)
{
    const struct conf_center *center = question->center;
    if (!question->query->is_named)
        return command_misused(question->command, "'%s' is not the number of an %s",
                               word, question->query->argument);
    const char **names = mem_zero((center->queue_count + 1) * sizeof *names);
    for (size_t i = 0; i < center->queue_count; i++)
        names[i] = center->queues[i].name;
    const char *guess = text_nearest(word, names);
    free(names);
    return command_misused(question->command,
                           "'%s' is neither a number nor the name of a %s%s%s%s", word,
                           question->query->argument, guess ? " (did you mean '" : "",
                           guess ? guess : "", guess ? "'?)" : "");
}

/* An id, or a name from the configuration. */
static int
read_id(const struct question *question, const char *word, int64_t *id)
{
    const struct conf_center *center = question->center;
    for (size_t i = 0; question->query->is_named && i < center->queue_count; i++) {
        if (strcmp(center->queues[i].name, word) != 0)
            continue;
        *id = center->queues[i].id;
        return EXIT_FINE;
    }
    if (!text_integer(word, id))
        return misnamed(question, word);
    if (query_allows(question->query, center->edition, *id))
        return EXIT_FINE;
    struct buf range = {0};
    query_range_text(question->query, center->edition, &range);
    int code = command_misused(
        question->command, "%s %s is outside %s (edition = %lld)",
        question->query->argument, word, range.data, (long long)center->edition);
    buf_fini(&range);
    return code;
}

static int
read_ids(struct question *question, int count, char **words)
{
    question->ids = mem_zero(((size_t)count + question->center->queue_count + 1) *
                             sizeof *question->ids);
    for (int i = 0; i < count; i++) {
        int code = read_id(question, words[i], &question->ids[question->id_count++]);
        if (code != EXIT_FINE)
            return code;
    }
    if (count)
        return EXIT_FINE;
    if (!question->query->is_named)
        return command_misused(question->command, "which %s? Say the number",
                               question->query->argument);
    for (size_t i = 0; i < question->center->queue_count; i++)
        question->ids[question->id_count++] = question->center->queues[i].id;
    if (question->id_count)
        return EXIT_FINE;
    return command_misused(question->command, "name a %s; the configuration names none",
                           question->query->argument);
}

/* "agent-calls" is agent_calls in scripts; both are understood. */
static bool
is_name_of(const struct query *query, const char *word)
{
    const char *name = query->name;
    while (*name && (*name == *word || (*name == '_' && *word == '-')))
        name++, word++;
    return *name == *word;
}

static int
read_query(struct question *question, const char *word)
{
    static const char *const words[] = {"queues",           "agents", "agent-calls",
                                        "agent-operations", "agent",  NULL};
    if (!word)
        return command_misused(question->command, "which query? There is: " QUERIES);
    for (size_t i = 0; queries[i]; i++)
        if (is_name_of(queries[i], word))
            question->query = queries[i];
    if (question->query)
        return EXIT_FINE;
    const char *guess = text_nearest(word, words);
    if (guess)
        return command_misused(question->command, "no query '%s' (did you mean '%s'?)",
                               word, guess);
    return command_misused(question->command, "no query '%s'; there is: " QUERIES,
                           word);
}

static int
with_conf(struct question *question, const struct conf *conf, int count, char **words)
{
    const char *center = question->center_name;
    question->center =
        center ? conf_find_center(conf, center) : conf_default_center(conf);
    if (!question->center && !center && conf->center_count)
        return command_misused(question->command,
                               "%s has several centres and none is the default; name "
                               "one with --center, such as --center %s",
                               conf->file, conf->centers[0].name);
    if (!question->center)
        return command_misused(question->command,
                               center ? "no [center %s] in %s" : "no [center] in %s%s",
                               center ? center : conf->file, center ? conf->file : "");
    if (question->show_signature && question->query->door != DOOR_CMS)
        return command_misused(question->command,
                               "--show-signature: %s is not signed, it carries the "
                               "Guid of a session",
                               question->query->name);
    int code = read_ids(question, count, words);
    if (code == EXIT_FINE)
        code = query_read_when(question->command, question->query, &question->when,
                               clock_wall_ms() / 1000, &question->span);
    if (code == EXIT_FINE)
        code = ask(question, conf);
    free(question->ids);
    return code;
}

static int
read_output(struct question *question, const char *word)
{
    for (size_t i = 0; output_words[i]; i++) {
        question->output = (enum output)i;
        if (strcmp(output_words[i], word) == 0)
            return EXIT_FINE;
    }
    return command_misused(question->command, "-o: '%s' is none of table, json, raw",
                           word);
}

static const struct option options[] = {
    {"conf", required_argument, NULL, 'c'},
    {"center", required_argument, NULL, 'C'},
    {"output", required_argument, NULL, 'o'},
    {"show-signature", no_argument, NULL, 's'},
    {"alone", no_argument, NULL, 'a'},
    {"last", required_argument, NULL, 'l'},
    {"since", required_argument, NULL, 'S'},
    {"from", required_argument, NULL, 'f'},
    {"to", required_argument, NULL, 't'},
    {"type", required_argument, NULL, 'T'},
    {NULL, 0, NULL, 0},
};

static int
read_option(struct question *question, int option, char **argv)
{
    switch (option) {
    case 'c': question->conf_file = optarg; return EXIT_FINE;
    case 'C': question->center_name = optarg; return EXIT_FINE;
    case 'o': return read_output(question, optarg);
    case 's': question->show_signature = true; return EXIT_FINE;
    case 'a': question->is_alone = true; return EXIT_FINE;
    case 'l': question->when.last = optarg; return EXIT_FINE;
    case 'S': question->when.since = optarg; return EXIT_FINE;
    case 'f': question->when.from = optarg; return EXIT_FINE;
    case 't': question->when.to = optarg; return EXIT_FINE;
    case 'T': question->when.type = optarg; return EXIT_FINE;
    default: return command_wrong_option(question->command, options, argv);
    }
}

static int
run(const struct command *command, int argc, char **argv)
{
    struct question question = {.command = command, .conf_file = "gateway.conf"};
    int option, code = EXIT_FINE;
    while (code == EXIT_FINE &&
           (option = getopt_long(argc, argv, "c:o:", options, NULL)) != -1)
        code = read_option(&question, option, argv);
    if (code == EXIT_FINE)
        code = read_query(&question, argv[optind]);
    if (code != EXIT_FINE)
        return code;
    struct conf *conf = gateway_conf(question.conf_file);
    if (!conf)
        return EXIT_PROBLEM;
    code = with_conf(&question, conf, argc - optind - 1, argv + optind + 1);
    conf_delete(conf);
    return code;
}

const struct command command_query = {
    .name = "query",
    .arguments = "QUERY [ID|NAME…] [-c FILE] [-o table|json|raw] [--show-signature]",
    .sentence = "asks the contact centre once, by hand",
    .help =
        "  queues [ID|NAME…]      statistics of these queues; of all that FILE names\n"
        "  agents [ID|NAME…]      who is signed in to these queues; to all of FILE\n"
        "  agent-calls ID…        the calls that these agents have\n"
        "  agent-operations ID…   what these agents did, and when: UTC, in whole quarters\n"
        "                         of an hour, of the last 24 hours\n"
        "    --last 1h            the last hour that is over\n"
        "    --since today        since midnight UTC\n"
        "    --from T --to T      such as 2024-08-02T06:15\n"
        "    --type WORD          sign_in, busy, hold, … or a number\n"
        "  agent ID…              what these agents are signed in to, and may do\n"
        "  -c, --conf FILE        the configuration (default gateway.conf)\n"
        "  --center NAME          which of several centres\n"
        "  -o table|json|raw      a table (default), JSON rows, or the answer as it came\n"
        "  --show-signature       also print what is signed, on standard error\n"
        "  --alone                do not ask through the running gateway\n"
        "\n"
        "While a gateway runs on the state folder of FILE it does the asking, within its\n"
        "rate, with its session; else this command does, with a session of its own.\n",
    .run = run,
};
