/* From the file's lines to a configuration. A line is either taken or complained about,
 * and reading goes on: people want all mistakes at once. */
#include "base/conf_loader.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define LINE_MAX_SIZE 65536
#define NAME_MAX_SIZE 64

/* Names stand in logs, URLs and ids. */
static bool
is_name(const char *name)
{
    if (strlen(name) > NAME_MAX_SIZE)
        return false;
    for (; *name; name++)
        if ((unsigned char)*name < 0x80 && !isalnum(*name) && !strchr("-_.", *name))
            return false;
    return true;
}

/* NULL, or what is wrong with [word name]. */
static char *
check_header(const struct conf_loader *loader, const char *word, const char *name,
             enum conf_kind *kind)
{
    for (*kind = 0; *kind < CONF_KINDS; ++*kind)
        if (strcmp(conf_kind_words[*kind], word) == 0)
            break;
    if (*kind == CONF_KINDS) {
        char *guess = conf_guess(word, conf_kind_words);
        char *shown = conf_shorten(word);
        char *complaint =
            mem_format("unknown section [%s]%s", shown,
                       *guess ? guess
                              : "; there are [gateway], [center NAME], [destination "
                                "NAME], [calendar NAME], [people], [secret NAME] and "
                                "[script NAME]");
        free(guess);
        free(shown);
        return complaint;
    }
    bool is_named = conf_shapes[*kind].size != 0;
    if (!is_named && *name)
        return mem_format("[%s] takes no name", word);
    if (is_named && *name == '\0')
        return mem_format("[%s] needs a name, like [%s main]", word, word);
    if (!is_name(name))
        return mem_format("[%s] takes a name of letters, digits, '-', '_' and '.', at "
                          "most %d",
                          word, NAME_MAX_SIZE);
    int line = conf_section_line(loader, *kind, name);
    return line ? mem_format("this section stands in line %d already", line) : NULL;
}

/* ---- lines ---- */

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Cuts blanks off both ends, in place. */
static char *
trim(char *text)
{
    while (is_blank(*text))
        text++;
    size_t size = strlen(text);
    while (size > 0 && is_blank(text[size - 1]))
        size--;
    text[size] = '\0';
    return text;
}

static void
cut_comment(char *line)
{
    for (char *at = line; *at; at++)
        if ((*at == ';' || *at == '#') && (at == line || is_blank(at[-1]))) {
            *at = '\0';
            return;
        }
}

static void
take_header(struct conf_loader *loader, char *line)
{
    conf_section_close(loader);
    loader->is_skipping = true;
    size_t size = strlen(line);
    if (line[size - 1] != ']') {
        conf_complain(loader, loader->line,
                      "a section ends with ']', like [center main]");
        return;
    }
    line[size - 1] = '\0';
    char *word = trim(line + 1);
    char *name = word + strcspn(word, " \t");
    if (*name) {
        *name = '\0';
        name = trim(name + 1);
    }
    enum conf_kind kind;
    char *complaint = check_header(loader, word, name, &kind);
    if (complaint) {
        conf_complain(loader, loader->line, "%s", complaint);
        free(complaint);
        return;
    }
    if (!conf_shapes[kind].size)
        loader->lines[kind] = loader->line;
    conf_section_open(loader, kind, *name ? name : NULL, loader->line);
}

/* " (did you mean 'url'?)", or where the key would be right, or what there is. */
static char *
advise(enum conf_kind kind, const char *key)
{
    const char *known[CONF_OPTIONS_MAX + 1] = {0};
    struct buf all = {0};
    size_t count = 0;
    for (size_t i = 0; i < conf_option_count; i++) {
        if (conf_options[i].kind != kind)
            continue;
        known[count++] = conf_options[i].key;
        buf_format(&all, " %s", conf_options[i].key);
    }
    for (enum conf_kind other = 0; other < CONF_KINDS; other++)
        if (other != CONF_PEOPLE && conf_option_find(other, key)) {
            buf_clear(&all);
            buf_format(&all, " (it belongs into [%s%s])", conf_kind_words[other],
                       conf_shapes[other].size ? " NAME" : "");
            return buf_take(&all);
        }
    char *advice = conf_guess(key, known);
    if (*advice == '\0') {
        free(advice);
        advice = mem_format("; there are%s", all.data);
    }
    buf_fini(&all);
    return advice;
}

static void
complain_of_unknown_key(struct conf_loader *loader, const char *key)
{
    char *shown = conf_shorten(key);
    char *advice = advise(loader->section.kind, key);
    conf_complain(loader, loader->line, "unknown key '%s'%s", shown, advice);
    free(advice);
    free(shown);
}

/* The line is not quoted, only a key that is known: it may be the rest of a secret. */
static void
complain_of_no_pair(struct conf_loader *loader, const char *line)
{
    char *key = mem_copy(line, strcspn(line, ": \t"));
    if (loader->section.target && conf_option_find(loader->section.kind, key))
        conf_complain(loader, loader->line,
                      "%s: there is no '=' behind it; write %s = …", key, key);
    else
        conf_complain(loader, loader->line,
                      "neither [section] nor key = value; no line is continued");
    free(key);
}

static void
take_pair(struct conf_loader *loader, char *line)
{
    char *equals = strchr(line, '=');
    if (equals == NULL) {
        complain_of_no_pair(loader, line);
        return;
    }
    *equals = '\0';
    char *key = trim(line);
    char *text = trim(equals + 1);
    if (loader->section.target == NULL) {
        conf_complain(loader, loader->line,
                      "a key before any section; begin with [gateway]");
        loader->is_skipping = true;
        return;
    }
    const struct conf_option *option = conf_option_find(loader->section.kind, key);
    int earlier =
        option && !conf_option_is_open(option) ? conf_section_has(loader, option) : 0;
    if (option == NULL)
        complain_of_unknown_key(loader, key);
    else if (earlier)
        conf_complain(loader, loader->line, "%s stands in line %d already", key,
                      earlier);
    else
        conf_section_take(loader, option, key, text);
}

static void
take_line(struct conf_loader *loader, char *line, size_t size)
{
    if (size > 0 && line[size - 1] == '\n')
        line[--size] = '\0';
    if (size > LINE_MAX_SIZE) {
        conf_complain(loader, loader->line, "a line of more than 64 KB");
        return;
    }
    for (size_t i = 0, step; i < size; i += step) {
        step = text_utf8((const unsigned char *)line + i, size - i);
        if (step == 0 || line[i] == '\0') {
            conf_complain(loader, loader->line, "a byte that is not text in UTF-8");
            return;
        }
    }
    cut_comment(line);
    line = trim(line);
    if (*line == '[')
        take_header(loader, line);
    else if (*line && !loader->is_skipping)
        take_pair(loader, line);
}

/* ---- the whole file ---- */

/* At most one of several centres says that it is the default. */
static void
check_default_center(struct conf_loader *loader)
{
    struct conf *conf = loader->conf;
    const struct conf_center *chosen = conf_default_center(conf);
    for (size_t i = 0; i < conf->center_count; i++)
        if (conf->centers[i].is_default && &conf->centers[i] != chosen)
            conf_complain(loader, conf->centers[i].line,
                          "[center %s]: default: [center %s] is the default already",
                          conf->centers[i].name, chosen->name);
}

/* What everybody can reach asks for a token. */
static void
check_token(struct conf_loader *loader)
{
    static const char *const loopback[] = {"127.", "[::1]:", "localhost:"};
    const char *listen = loader->conf->listen;
    if (!listen || loader->conf->token)
        return;
    for (size_t i = 0; i < sizeof loopback / sizeof *loopback; i++)
        if (strncmp(listen, loopback[i], strlen(loopback[i])) == 0)
            return;
    conf_complain(loader, loader->lines[CONF_GATEWAY],
                  "[gateway]: listen: %s is open to others; that needs token = "
                  "${file:token}, or listen on 127.0.0.1",
                  listen);
}

static void
complain_of_notify(struct conf_loader *loader, const char *name)
{
    const struct conf *conf = loader->conf;
    const char **names = mem_zero((conf->destination_count + 1) * sizeof *names);
    for (size_t i = 0; i < conf->destination_count; i++)
        names[i] = conf->destinations[i].name;
    char *guess = conf_guess(name, names);
    conf_complain(loader, loader->lines[CONF_GATEWAY],
                  "[gateway]: notify: no [destination %s]%s", name, guess);
    free(guess);
    free(names);
}

/* A destination may stand behind the section that names it. */
static void
check_notify(struct conf_loader *loader)
{
    const struct conf *conf = loader->conf;
    for (size_t i = 0; i < conf->notify_count; i++)
        if (!conf_find_destination(conf, conf->notify[i]))
            complain_of_notify(loader, conf->notify[i]);
}

/* The only centre is the default without saying so; printed, it says so. */
static void
show_only_center_as_default(struct conf *conf)
{
    if (conf->center_count != 1)
        return;
    conf->centers[0].is_default = true;
    for (size_t i = 0; i < conf->setting_count; i++) {
        struct conf_setting *setting = &conf->settings[i];
        if (strcmp(setting->key, "default") != 0)
            continue;
        free(setting->value);
        setting->value = mem_text("yes");
    }
}

/* As the table has them: kinds, sections, options; several of one option as in the
 * file. */
static int
compare_settings(const void *a, const void *b)
{
    const struct conf_setting *left = a, *right = b;
    if (left->kind != right->kind)
        return left->kind < right->kind ? -1 : 1;
    if (left->ordinal != right->ordinal)
        return left->ordinal < right->ordinal ? -1 : 1;
    if (left->option != right->option)
        return left->option < right->option ? -1 : 1;
    return left->line - right->line;
}

/* False with errno when the file cannot be read to its end. */
static bool
read_lines(struct conf_loader *loader, FILE *file)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t size;
    while ((size = getline(&line, &room, file)) >= 0) {
        loader->line++;
        /* Some editors begin a file with a byte order mark. */
        size_t mark =
            loader->line == 1 && strncmp(line, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
        take_line(loader, line + mark, (size_t)size - mark);
    }
    int error = errno;
    free(line);
    conf_section_close(loader);
    errno = error;
    return !ferror(file);
}

/* The folder of `file`, absolute: the process may change its own later. */
static char *
folder_of(const char *file)
{
    const char *slash = strrchr(file, '/');
    char *folder = slash ? mem_copy(file, (size_t)(slash - file) + 1) : mem_text(".");
    char *absolute = realpath(folder, NULL);
    if (absolute == NULL)
        return folder;
    free(folder);
    return absolute;
}

/* What the file does not say, and what depends on several sections. */
static void
finish(struct conf_loader *loader)
{
    struct conf *conf = loader->conf;
    if (loader->lines[CONF_GATEWAY] == 0) {
        conf_section_open(loader, CONF_GATEWAY, NULL, 0);
        conf_section_close(loader);
    }
    conf_section_default_limits(loader);
    check_default_center(loader);
    check_notify(loader);
    check_token(loader);
    show_only_center_as_default(conf);
    qsort(conf->settings, conf->setting_count, sizeof *conf->settings,
          compare_settings);
}

static struct conf *
load(const char *file, bool is_played, struct problems *problems)
{
    struct conf *conf = mem_zero(sizeof *conf);
    struct conf_loader loader = {
        .conf = conf, .problems = problems, .is_played = is_played};
    conf->file = mem_text(file);
    conf->dir = folder_of(file);
    FILE *stream = fopen(file, "re");
    bool is_read = stream && read_lines(&loader, stream);
    if (is_read)
        finish(&loader);
    else
        problems_add(problems, "%s: cannot be read: %s%s", file, strerror(errno),
                     errno == ENOENT ? "; go to the folder that has it, or name it "
                                       "with -c FILE"
                                     : "");
    if (stream)
        fclose(stream);
    if (is_read)
        return conf;
    conf_delete(conf);
    return NULL;
}

struct conf *
conf_load(const char *file, struct problems *problems)
{
    return load(file, false, problems);
}

struct conf *
conf_load_played(const char *file, struct problems *problems)
{
    return load(file, true, problems);
}
