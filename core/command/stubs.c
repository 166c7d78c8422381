/* The rows that scripts see, for editors (annotations of the Lua language server) and
 * for the README: both from the descriptors, which state each field once. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "command/command.h"
#include "model/schema.h"

/* How a kind of field is called in Lua and in the README. */
static const struct {
    const char *type, *word;
} kinds[] = {
    [FIELD_INTEGER] = {"integer", "integer"},
    [FIELD_TEXT] = {"string", "text"},
    [FIELD_TIME_MS] = {"integer", "time"},
    [FIELD_TIME_UTC] = {"integer", "time"},
    [FIELD_BOOLEAN] = {"boolean", "boolean"},
    [FIELD_MEDIA] = {"{ cti: boolean, web: boolean, mail: boolean }", "table"},
    [FIELD_SKILLS] = {"{ id?: integer, name?: string, media_type?: integer }[]",
                      "list"},
    [FIELD_ARGUMENT] = {"integer", "integer"},
    [FIELD_ABSENT] = {"nil", "nothing"},
    [FIELD_NAME] = {"string", "text"},
    [FIELD_RATIO] = {"number", "number"},
    [FIELD_WORD] = {"string", "word"},
    [FIELD_DURATION] = {"integer", "integer"},
    [FIELD_INTERIM] = {"boolean", "boolean"},
    [FIELD_CAUSE] = {"string", "text"},
};

/* ---- two queries may give rows of one kind, with the same fields ---- */

/* The first query that gives rows of the kind. */
static const struct query *
first_of(const char *row_name)
{
    size_t i = 0;
    while (strcmp(queries[i]->row_name, row_name) != 0)
        i++;
    return queries[i];
}

/* The other one; the same where there is no other. */
static const struct query *
second_of(const struct query *query)
{
    for (size_t i = 0; queries[i]; i++)
        if (queries[i] != query && strcmp(queries[i]->row_name, query->row_name) == 0)
            return queries[i];
    return query;
}

/* The field where it is known, and the query that alone gives it, if it is one. */
static const struct field *
field_of(const struct query *query, size_t index, const struct query **only)
{
    const struct query *second = second_of(query);
    const struct field *a = &query->fields[index], *b = &second->fields[index];
    *only = a->kind == FIELD_ABSENT ? second : b->kind == FIELD_ABSENT ? query : NULL;
    return a->kind == FIELD_ABSENT ? b : a;
}

static bool
has_word(const struct code *codes, const char *word)
{
    while (codes->word && strcmp(codes->word, word) != 0)
        codes++;
    return codes->word != NULL;
}

/* ---- annotations ---- */

static const char head[] =
    "---@meta\n"
    "-- Written by `ccgate stubs` (make docs); changes belong to core/model/queries.c.\n";

static bool
is_always_there(const struct field *field)
{
    return field->required || field->kind == FIELD_NAME ||
           field->kind == FIELD_ARGUMENT;
}

static void
print_words(const struct query *query, size_t index)
{
    const struct code *first = query->fields[index].codes;
    const struct code *second = second_of(query)->fields[index].codes;
    printf("\n---@alias %s.%s\n", query->row_name, query->fields[index].name);
    for (const struct code *code = first; code->word; code++)
        printf("---| \"%s\"\n", code->word);
    for (const struct code *code = second; code->word; code++)
        if (!has_word(first, code->word))
            printf("---| \"%s\"\n", code->word);
    printf("---| string # \"code 11\", where the tables know no word\n");
}

static void
print_remarks(const struct field *field, const struct query *only)
{
    bool is_time = field->kind == FIELD_TIME_MS || field->kind == FIELD_TIME_UTC;
    if (is_time)
        printf(" In seconds since the epoch.");
    else if (field->unit == UNIT_SECONDS)
        printf(" In seconds.");
    if (field->window_5m)
        printf(" Of the server's current five minutes.");
    if (only)
        printf(" Of `gw.%s` alone.", only->name);
}

static void
print_field(const struct query *query, size_t index)
{
    const struct query *only;
    const struct field *field = field_of(query, index, &only);
    printf("---@field %s%s ", field->name, is_always_there(field) ? "" : "?");
    if (field->kind == FIELD_WORD)
        printf("%s.%s", query->row_name, field->name);
    else
        printf("%s", kinds[field->kind].type);
    printf(" %s", field->doc);
    print_remarks(field, only);
    printf("\n");
}

static void
print_class(const struct query *query)
{
    const struct query *second = second_of(query);
    for (size_t i = 0; i < query->field_count; i++)
        if (query->fields[i].kind == FIELD_WORD)
            print_words(query, i);
    printf("\n--- A row of gw.%s", query->name);
    if (second != query)
        printf(" and gw.%s", second->name);
    printf("; what is unknown is nil.\n---@class %s\n", query->row_name);
    for (size_t i = 0; i < query->field_count; i++)
        print_field(query, i);
}

/* Of all rows, each name once. */
static void
print_names(void)
{
    printf("\n--- The name of a field, for conditions.\n---@alias gateway.Field\n");
    for (size_t q = 0; queries[q]; q++)
        for (size_t i = 0; i < queries[q]->field_count; i++) {
            bool is_new = true;
            for (size_t before = 0; before < q; before++)
                is_new &= query_field(queries[before], queries[q]->fields[i].name) < 0;
            if (is_new)
                printf("---| \"%s\"\n", queries[q]->fields[i].name);
        }
}

static void
print_annotations(void)
{
    fputs(head, stdout);
    for (size_t i = 0; queries[i]; i++)
        if (first_of(queries[i]->row_name) == queries[i])
            print_class(queries[i]);
    print_names();
}

/* ---- tables ---- */

static const char *
word_of(const struct field *field)
{
    return field->unit == UNIT_NONE ? kinds[field->kind].word : unit_word(field->unit);
}

static void
print_codes(const struct query *query, const struct field *field)
{
    printf("\nWords of `%s`", field->name);
    if (second_of(query)->fields[query_field(query, field->name)].codes != field->codes)
        printf(" from `gw.%s`", query->name);
    printf(":");
    for (const struct code *code = field->codes; code->word; code++)
        printf(" `%s`", code->word);
    printf(".\n");
}

/* The words of both queries, where they differ. */
static void
print_all_codes(const struct query *query)
{
    const struct query *second = second_of(query);
    for (size_t i = 0; i < query->field_count; i++) {
        if (query->fields[i].kind != FIELD_WORD)
            continue;
        print_codes(query, &query->fields[i]);
        if (second->fields[i].codes != query->fields[i].codes)
            print_codes(second, &second->fields[i]);
    }
}

static void
print_table(const struct query *query)
{
    const struct query *second = second_of(query), *only;
    printf("\n### %s: a row of `gw.%s`", query->row_name, query->name);
    if (second != query)
        printf(" and `gw.%s`", second->name);
    printf("\n\n| field | kind | meaning |\n|---|---|---|\n");
    for (size_t i = 0; i < query->field_count; i++) {
        const struct field *field = field_of(query, i, &only);
        printf("| `%s` | %s | %s", field->name, word_of(field), field->doc);
        if (only)
            printf(" Of `gw.%s` alone.", only->name);
        printf(" |\n");
    }
    print_all_codes(query);
}

static void
print_tables(void)
{
    for (size_t i = 0; queries[i]; i++)
        if (first_of(queries[i]->row_name) == queries[i])
            print_table(queries[i]);
}

/* ---- the command ---- */

static int
run(const struct command *command, int argc, char **argv)
{
    static const struct option options[] = {
        {"markdown", no_argument, NULL, 'm'},
        {NULL, 0, NULL, 0},
    };
    bool is_markdown = false;
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option != 'm')
            return command_wrong_option(command, options, argv);
        is_markdown = true;
    }
    if (optind < argc)
        return command_misused(command, "unexpected '%s'", argv[optind]);
    if (is_markdown)
        print_tables();
    else
        print_annotations();
    return EXIT_FINE;
}

const struct command command_stubs = {
    .name = "stubs",
    .arguments = "[--markdown]",
    .sentence = "prints the fields of all rows, for editors that know Lua",
    .help = "  --markdown   as the tables of the README\n",
    .run = run,
};
