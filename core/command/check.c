/* Loads everything as `run` would, in hosts of the same kind, and tells what it found:
 * all mistakes of all files at once, or what each rule was understood to be. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/mem.h"
#include "command/command.h"
#include "command/cost.h"
#include "command/gateway.h"
#include "command/loading.h"

/* A rule or job that was found, and where: the name of a rule is the gateway's, not the
 * script's. Told when all are known: what a rule costs depends on the others. */
struct found {
    struct cost_rule rule;
    uint8_t kind;
    char *name, *file, *about;
    struct found *next;
};

struct check {
    const struct conf *conf;
    struct found *found, **last;
    struct demand demand;
    bool is_json;
    size_t mistakes, rules, jobs, scripts;
    size_t printed; /* JSON items */
    struct buf json;
};

/* ---- printing ---- */

static void
add_json_item(struct check *check, const char *kind, const char *file, uint32_t line,
              const char *name, const char *text, size_t size)
{
    struct buf *out = &check->json;
    buf_format(out, "%s\n {\"kind\":\"%s\",\"file\":", check->printed++ ? "," : "",
               kind);
    buf_add_json(out, file, strlen(file));
    if (line)
        buf_format(out, ",\"line\":%u", line);
    if (name) {
        buf_add_text(out, ",\"name\":");
        buf_add_json(out, name, strlen(name));
    }
    buf_add_text(out, ",\"text\":");
    buf_add_json(out, text, size);
    buf_add_text(out, "}");
}

static void
on_problem(void *arg, const char *file, uint32_t line, int level, const char *text,
           size_t size)
{
    struct check *check = arg;
    bool is_mistake = level == LEVEL_ERROR;
    check->mistakes += is_mistake;
    if (check->is_json)
        add_json_item(check, is_mistake ? "mistake" : "warning", file, line, NULL, text,
                      size);
    else
        loading_print_problem(file, line, level, text, size);
}

/* About a file as a whole. */
static void
say(struct check *check, const char *file, int level, const char *text)
{
    on_problem(check, file, 0, level, text, strlen(text));
}

static void
say_twice(struct check *check, const char *file, const char *rule, const char *other)
{
    char *text = mem_format("rule '%s': this name is used twice; the other rule is "
                            "in %s",
                            rule, other);
    say(check, file, LEVEL_ERROR, text);
    free(text);
}

static bool
is_rule(const struct found *found, const char *name)
{
    return found->kind == ENTRY_RULE && !strcmp(found->name, name);
}

static const struct found *
find_rule(const struct check *check, const char *name)
{
    const struct found *found = check->found;
    while (found && !is_rule(found, name))
        found = found->next;
    return found;
}

static void
note_entry(struct check *check, const char *file, const struct message_entry *entry)
{
    const struct found *other =
        entry->kind == ENTRY_RULE ? find_rule(check, entry->name) : NULL;
    if (other)
        say_twice(check, file, entry->name, other->file);
    struct found *found = mem_zero(sizeof *found);
    found->kind = entry->kind;
    found->name = mem_text(entry->name);
    found->file = mem_text(file);
    found->about = mem_copy(entry->about, entry->about_size + 1);
    found->rule.name = found->name;
    *check->last = found;
    check->last = &found->next;
}

static void
found_fini(struct check *check)
{
    while (check->found) {
        struct found *found = check->found;
        check->found = found->next;
        free(found->name);
        free(found->file);
        free(found->about);
        free(found);
    }
    demand_fini(&check->demand);
}

static void
say_entry(struct check *check, const struct found *found)
{
    const char *kind = found->kind == ENTRY_RULE ? "rule" : "job";
    struct buf about = {0};
    if (found->kind == ENTRY_RULE)
        check->rules++;
    else
        check->jobs++;
    buf_format(&about, "%s ", found->about);
    cost_describe(&check->demand, &found->rule, &about);
    if (about.data[about.size - 1] == ' ')
        about.size--;
    if (check->is_json)
        add_json_item(check, kind, found->file, 0, found->name, about.data, about.size);
    else
        printf("%s: %s '%s'\n    %.*s\n", found->file, kind, found->name,
               (int)about.size, about.data);
    buf_fini(&about);
}

/* What rate does to the intervals is a warning: nothing is wrong, but slower than it is
 * written. */
static void
say_centers(struct check *check)
{
    for (uint32_t i = 0; i < check->conf->center_count; i++) {
        struct buf text = {0};
        if (cost_of_center(&check->demand, i, &check->conf->centers[i], &text))
            say(check, check->conf->file, LEVEL_WARN, text.data);
        buf_fini(&text);
    }
}

static void
say_found(struct check *check)
{
    demand_merge(&check->demand);
    for (const struct found *found = check->found; found; found = found->next)
        say_entry(check, found);
    say_centers(check);
}

static void
say_sum(const struct check *check)
{
    if (check->is_json)
        printf("[%s\n]\n", check->printed ? check->json.data : "");
    else if (check->mistakes)
        fprintf(stderr, "%zu mistake%s\n", check->mistakes,
                check->mistakes == 1 ? "" : "s");
    else
        printf("fine: %zu script%s, %zu rule%s, %zu job%s\n", check->scripts,
               check->scripts == 1 ? "" : "s", check->rules,
               check->rules == 1 ? "" : "s", check->jobs, check->jobs == 1 ? "" : "s");
}

/* ---- loading ---- */

static void
on_loaded(void *arg, const struct script_file *file,
          const struct message_loaded *loaded)
{
    struct check *check = arg;
    for (uint32_t i = 0; !loaded->failed && i < loaded->entry_count; i++) {
        struct found **found = check->last;
        note_entry(check, file->shown, &loaded->entries[i]);
        cost_add(&check->demand, loaded, i, &(*found)->rule);
    }
    if (!loaded->failed && !loaded->problem_count && !loaded->entry_count)
        say(check, file->shown, LEVEL_WARN,
            "does nothing: there is no gw.rule and no gw.job in it");
}

/* A note begins with its place: "gateway.conf:5: record has no effect yet". */
static void
say_notes(struct check *check)
{
    const struct problems *notes = &check->conf->notes;
    size_t file = strlen(check->conf->file);
    for (size_t i = 0; i < notes->count; i++) {
        char *text;
        unsigned long line = strtoul(notes->lines[i] + file + 1, &text, 10);
        text += strlen(": ");
        on_problem(check, check->conf->file, (uint32_t)line, LEVEL_WARN, text,
                   strlen(text));
    }
}

/* ---- the others of the folder ---- */

static bool
is_one(const char *file, const char *other)
{
    struct stat one, two;
    return stat(file, &one) == 0 && stat(other, &two) == 0 &&
           one.st_dev == two.st_dev && one.st_ino == two.st_ino;
}

/* Is it a file of the configured folder? */
static bool
is_beside(const struct check *check, const char *file)
{
    const char *slash = strrchr(file, '/');
    char *folder =
        slash ? mem_format("%.*s", (int)(slash - file + 1), file) : mem_text(".");
    bool is_beside = is_one(folder, check->conf->scripts);
    free(folder);
    return is_beside;
}

static bool
was_asked_for(const struct check *check, const char *file)
{
    const struct found *found = check->found;
    while (found && !is_one(found->file, file))
        found = found->next;
    return found;
}

/* The one of this name in a file of the folder. */
static const struct found *
find_beside(const struct check *check, const char *rule)
{
    const struct found *found = check->found;
    while (found && !(is_rule(found, rule) && is_beside(check, found->file)))
        found = found->next;
    return found;
}

/* Nobody asked for these: what is wrong with them is not told. */
static void
on_other_problem(void *arg, const char *file, uint32_t line, int level,
                 const char *text, size_t size)
{
    (void)arg, (void)file, (void)line, (void)level, (void)text, (void)size;
}

static void
on_other_loaded(void *arg, const struct script_file *file,
                const struct message_loaded *loaded)
{
    struct check *check = arg;
    if (loaded->failed || was_asked_for(check, file->shown))
        return;
    for (uint32_t i = 0; i < loaded->entry_count; i++) {
        const struct found *found = loaded->entries[i].kind == ENTRY_RULE
                                        ? find_beside(check, loaded->entries[i].name)
                                        : NULL;
        if (found)
            say_twice(check, found->file, found->name, file->shown);
    }
}

/* A script of the folder will run beside the others of it, whose names are taken. */
static void
hold_against_others(struct check *check)
{
    struct loading loading = {check->conf, on_other_loaded, on_other_problem, check};
    const struct found *found = check->found;
    while (found && !is_beside(check, found->file))
        found = found->next;
    if (found)
        loading_run(&loading, 0, NULL);
}

static int
check_all(struct check *check, const struct conf *conf, int count, char **paths)
{
    struct loading loading = {conf, on_loaded, on_problem, check};
    check->conf = conf;
    check->last = &check->found;
    say_notes(check);
    check->scripts = loading_run(&loading, count, paths);
    if (count)
        hold_against_others(check);
    say_found(check);
    say_sum(check);
    buf_fini(&check->json);
    found_fini(check);
    return check->mistakes ? EXIT_PROBLEM : EXIT_FINE;
}

static int
run(const struct command *command, int argc, char **argv)
{
    static const struct option options[] = {
        {"conf", required_argument, NULL, 'c'},
        {"output", required_argument, NULL, 'o'},
        {NULL, 0, NULL, 0},
    };
    struct check check = {0};
    const char *file = "gateway.conf";
    int option;
    while ((option = getopt_long(argc, argv, "c:o:", options, NULL)) != -1) {
        switch (option) {
        case 'c': file = optarg; break;
        case 'o':
            if (command_read_output(optarg, &check.is_json))
                break;
            return command_misused(command, "-o: '%s' is none of text, json", optarg);
        default: return command_wrong_option(command, options, argv);
        }
    }
    struct conf *conf = gateway_conf(file);
    if (!conf)
        return EXIT_PROBLEM;
    int code = check_all(&check, conf, argc - optind, argv + optind);
    conf_delete(conf);
    return code;
}

const struct command command_check = {
    .name = "check",
    .arguments = "[-c FILE] [-o text|json] [SCRIPT…]",
    .sentence = "checks configuration and scripts, and tells what it understood",
    .help =
        "  -c, --conf FILE   the configuration (default gateway.conf)\n"
        "  -o text|json      for people (default) or for programs\n"
        "  SCRIPT…           these scripts or folders instead of the configured folder;\n"
        "                    one of that folder is held against the names of the others\n"
        "\n"
        "Prints every mistake of every file with its line, and exits with 1; without\n"
        "mistakes, what each rule and job does.\n",
    .run = run,
};
