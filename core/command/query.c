/* One poll by hand: the first thing somebody does with a new contact centre. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/loop.h"
#include "base/mem.h"
#include "base/text.h"
#include "command/command.h"
#include "command/gateway.h"
#include "net/http.h"
#include "poll/poll.h"

/* Of the table: a terminal that somebody shares with a second window. */
#define TABLE_WIDTH 100
#define LABEL_WIDTH 19
#define UNIT_WIDTH  9
#define GAP         2

enum output { OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_RAW };

static const char *const output_words[] = {"table", "json", "raw", NULL};

/* One question: what was asked for, and what came. */
struct question {
    const struct command *command;
    const struct query *query;
    const char *conf_file;
    const struct conf_center *center;
    int64_t *ids;
    size_t id_count;
    enum output output;
    bool show_signature;
    struct loop *loop;
    int code;
};

/* ---- printing ---- */

/* FIELD_NAME comes from the configuration. */
static const char *
name_of(const struct question *question, int64_t id, char *out, size_t size)
{
    for (size_t i = 0; i < question->center->queue_count; i++)
        if (question->center->queues[i].id == id)
            return question->center->queues[i].name;
    snprintf(out, size, "skill %lld", (long long)id);
    return out;
}

/* The text of a field, "" when it has no value. */
static void
add_field(const struct question *question, const int64_t *row, size_t index,
          bool is_json, struct buf *out)
{
    const struct field *field = &question->query->fields[index];
    char name[64];
    double value;
    if (field->kind == FIELD_NAME) {
        const char *text =
            name_of(question, row[1 + question->query->key], name, sizeof name);
        if (is_json)
            buf_add_json(out, text, strlen(text));
        else
            buf_add_text(out, text);
    } else if (!row_number(question->query, row, index, &value)) {
        buf_add_text(out, is_json ? "null" : "");
    } else if (field->kind == FIELD_INTEGER) {
        buf_format(out, "%lld", (long long)row[1 + index]);
    } else {
        buf_format(out, "%.4g", value);
    }
}

/* Characters, as far as a terminal shows one column for each. */
static int
width_of(const char *text)
{
    int width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

/* The cell as it is shown; valid until the next one. */
static const char *
cell_of(const struct question *question, const struct block *rows, size_t r, size_t f,
        struct buf *cell)
{
    buf_clear(cell);
    add_field(question, block_row(rows, r), f, false, cell);
    return cell->size ? cell->data : "–";
}

/* Puts the widths of the columns of as many rows as fit a line, from `first` on, and at
 * least one; returns how many. */
static size_t
measure(const struct question *question, const struct block *rows, size_t first,
        int widths[TABLE_WIDTH])
{
    struct buf cell = {0};
    size_t count = 0;
    int left = TABLE_WIDTH - LABEL_WIDTH - UNIT_WIDTH;
    for (; first + count < rows->row_count && count < TABLE_WIDTH; count++) {
        widths[count] = 0;
        for (size_t f = 0; f < question->query->field_count; f++) {
            int width = width_of(cell_of(question, rows, first + count, f, &cell));
            if (width > widths[count])
                widths[count] = width;
        }
        left -= GAP + widths[count];
        if (count && left < 0)
            break;
    }
    buf_fini(&cell);
    return count;
}

static const char *
unit_of(const struct field *field)
{
    return field->unit == UNIT_COUNT ? "" : unit_word(field->unit);
}

/* Fields down and rows across: there are many fields, and people compare rows. */
static void
print_part(const struct question *question, const struct block *rows, size_t first,
           size_t count, const int widths[TABLE_WIDTH])
{
    struct buf cell = {0};
    for (size_t f = 0; f < question->query->field_count; f++) {
        const struct field *field = &question->query->fields[f];
        printf("%-*s", LABEL_WIDTH, field->name);
        for (size_t i = 0; i < count; i++) {
            const char *text = cell_of(question, rows, first + i, f, &cell);
            printf("%*s%s", GAP + widths[i] - width_of(text), "", text);
        }
        const char *unit = unit_of(field);
        printf("%s%s\n", unit[0] ? "  " : "", unit);
    }
    buf_fini(&cell);
}

static void
print_table(const struct question *question, const struct block *rows)
{
    int widths[TABLE_WIDTH];
    for (size_t first = 0, count; first < rows->row_count; first += count) {
        count = measure(question, rows, first, widths);
        if (first)
            putchar('\n');
        print_part(question, rows, first, count, widths);
    }
}

static void
print_json(const struct question *question, const struct block *rows)
{
    struct buf out = {0};
    buf_add_text(&out, "[");
    for (size_t r = 0; r < rows->row_count; r++) {
        buf_add_text(&out, r ? ",\n {" : "\n {");
        for (size_t f = 0; f < question->query->field_count; f++) {
            buf_format(&out, "%s\"%s\":", f ? "," : "",
                       question->query->fields[f].name);
            add_field(question, block_row(rows, r), f, true, &out);
        }
        buf_add_text(&out, "}");
    }
    buf_add_text(&out, rows->row_count ? "\n]\n" : "]\n");
    fwrite(out.data, 1, out.size, stdout);
    buf_fini(&out);
}

static void
name_missing(struct question *question, const struct block *rows)
{
    for (size_t i = 0; i < question->id_count; i++) {
        bool is_there = false;
        for (size_t r = 0; r < rows->row_count; r++)
            if (block_row(rows, r)[1 + question->query->key] == question->ids[i])
                is_there = true;
        if (is_there)
            continue;
        fprintf(stderr, "the centre knows no %s %lld\n", question->query->argument,
                (long long)question->ids[i]);
        question->code = EXIT_PROBLEM;
    }
}

/* Where to look; NULL where the message says it. */
static const char *const hints[ERROR_KINDS] = {
    [ERROR_NETWORK] = "does it listen at the url of",
    [ERROR_TIMEOUT] = "is the url right, or the timeout too short, in",
    [ERROR_TLS] = "does ca_file name the authority of its certificate in",
    [ERROR_AUTH] = "are the keys right in",
};

static void
say_error(const struct question *question, const struct error *error)
{
    const char *hint = hints[error->kind];
    fprintf(stderr, "%s: %s%s%s\n", error_word(error->kind), error->code,
            error->code[0] ? ": " : "", error->message);
    if (hint)
        fprintf(stderr, "  %s [center %s], %s:%d?\n", hint, question->center->name,
                question->conf_file, question->center->line);
}

static void
on_answer(void *arg, const struct poll_answer *answer)
{
    struct question *question = arg;
    loop_stop(question->loop);
    if (question->output == OUTPUT_RAW && answer->body_size)
        printf("%s\n", answer->body);
    if (answer->error.kind != ERROR_NONE) {
        say_error(question, &answer->error);
        question->code = EXIT_PROBLEM;
        return;
    }
    if (question->output == OUTPUT_TABLE)
        print_table(question, answer->rows);
    else if (question->output == OUTPUT_JSON)
        print_json(question, answer->rows);
    name_missing(question, answer->rows);
}

/* ---- asking ---- */

static int
ask(struct question *question)
{
    struct buf body = {0}, signature = {0};
    struct poll_line line;
    poll_line_init(&line, question->center, question->query);
    query_body(question->query, question->center->cc_id, question->center->vdn,
               question->ids, question->id_count, &body);
    if (question->show_signature) {
        poll_show_signature(&line, body.data, body.size, clock_wall_ms(), &signature);
        fprintf(stderr, "%s\n", signature.data);
    }
    http_init();
    question->loop = loop_new();
    struct http_pool *pool = http_pool_new(question->loop, 1);
    poll_start(pool, &line, body.data, body.size, on_answer, question);
    loop_run(question->loop);
    http_pool_delete(pool);
    loop_delete(question->loop);
    poll_line_fini(&line);
    buf_fini(&signature);
    buf_fini(&body);
    return question->code;
}

static int
misnamed(const struct question *question, const char *word)
{
    const struct conf_center *center = question->center;
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
    const struct id_range *range = query_range(question->query, center->edition);
    for (size_t i = 0; i < center->queue_count; i++) {
        if (strcmp(center->queues[i].name, word) != 0)
            continue;
        *id = center->queues[i].id;
        return EXIT_FINE;
    }
    if (!text_integer(word, id))
        return misnamed(question, word);
    if (*id < range->low || *id > range->high)
        return command_misused(question->command,
                               "%s %s is outside %lld…%lld (edition = %lld)",
                               question->query->argument, word, (long long)range->low,
                               (long long)range->high, (long long)center->edition);
    return EXIT_FINE;
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
    for (size_t i = 0; !count && i < question->center->queue_count; i++)
        question->ids[question->id_count++] = question->center->queues[i].id;
    if (!question->id_count)
        return command_misused(question->command,
                               "name a %s; the configuration names none",
                               question->query->argument);
    if (query_fit(question->query, question->ids, question->id_count) <
        question->id_count)
        return command_misused(question->command,
                               "too many for one request (at most %zu bytes of ids)",
                               question->query->batch_bytes);
    return EXIT_FINE;
}

static int
with_conf(struct question *question, const struct conf *conf, const char *center,
          int count, char **words)
{
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
    int code = read_ids(question, count, words);
    if (code == EXIT_FINE)
        code = ask(question);
    free(question->ids);
    return code;
}

static int
run(const struct command *command, int argc, char **argv)
{
    static const struct option options[] = {
        {"conf", required_argument, NULL, 'c'},
        {"center", required_argument, NULL, 'C'},
        {"output", required_argument, NULL, 'o'},
        {"show-signature", no_argument, NULL, 's'},
        {NULL, 0, NULL, 0},
    };
    struct question question = {.command = command, .conf_file = "gateway.conf"};
    const char *center = NULL;
    int option;
    while ((option = getopt_long(argc, argv, "c:o:", options, NULL)) != -1) {
        switch (option) {
        case 'c': question.conf_file = optarg; break;
        case 'C': center = optarg; break;
        case 's': question.show_signature = true; break;
        case 'o':
            while (output_words[question.output] &&
                   strcmp(output_words[question.output], optarg) != 0)
                question.output++;
            if (output_words[question.output])
                break;
            return command_misused(command, "-o: '%s' is none of table, json, raw",
                                   optarg);
        default: return command_wrong_option(command, options, argv);
        }
    }
    if (optind >= argc)
        return command_misused(command, "which query? There is: queues");
    question.query = query_find(argv[optind]);
    if (!question.query)
        return command_misused(command, "no query '%s'; there is: queues",
                               argv[optind]);
    struct conf *conf = gateway_conf(question.conf_file);
    if (!conf)
        return EXIT_PROBLEM;
    int code = with_conf(&question, conf, center, argc - optind - 1, argv + optind + 1);
    conf_delete(conf);
    return code;
}

const struct command command_query = {
    .name = "query",
    .arguments = "queues [ID|NAME…] [-c FILE] [-o table|json|raw] [--show-signature]",
    .sentence = "asks the contact centre once, by hand",
    .help =
        "  queues [ID|NAME…]  statistics of these queues; of all that FILE names\n"
        "  -c, --conf FILE    the configuration (default gateway.conf)\n"
        "  --center NAME      which of several centres\n"
        "  -o table|json|raw  a table (default), JSON rows, or the answer as it came\n"
        "  --show-signature   also print what is signed, on standard error\n",
    .run = run,
};
