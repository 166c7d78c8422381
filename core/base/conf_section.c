/* What a section is made of: settings, defaults, the checks at its end. */
#include "base/conf_loader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define SHOWN_MAX 60

void
conf_complain(struct conf_loader *loader, int line, const char *format, ...)
{
    const struct conf_section *section = &loader->section;
    struct buf label = {0};
    char *message;
    va_list args;
    va_start(args, format);
    if (vasprintf(&message, format, args) < 0)
        message = mem_text(format);
    va_end(args);
    buf_format(&label, "%s:%d: ", loader->conf->file, line);
    if (section->target)
        buf_format(&label, "[%s%s%s]: ", conf_kind_words[section->kind],
                   section->name ? " " : "", section->name ? section->name : "");
    problems_add(loader->problems, "%s%s", label.data, message);
    buf_fini(&label);
    free(message);
}

char *
conf_guess(const char *word, const char *const *candidates)
{
    const char *guess = text_nearest(word, candidates);
    return guess ? mem_format(" (did you mean '%s'?)", guess) : mem_text("");
}

char *
conf_shorten(const char *text)
{
    size_t size = strlen(text);
    if (size <= SHOWN_MAX)
        return mem_text(text);
    size = SHOWN_MAX;
    while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80)
        size--;
    return mem_format("%.*s…", (int)size, text);
}

/* ---- settings ---- */

static struct conf_setting *
add_setting(struct conf_loader *loader, const struct conf_option *option,
            const char *key, int line)
{
    struct conf *conf = loader->conf;
    conf->settings =
        mem_grow(conf->settings, conf->setting_count + 1, sizeof *conf->settings);
    struct conf_setting *setting = &conf->settings[conf->setting_count++];
    *setting = (struct conf_setting){.kind = loader->section.kind,
                                     .section = mem_text(loader->section.name),
                                     .ordinal = loader->section.ordinal,
                                     .option = option,
                                     .key = mem_text(key),
                                     .line = line,
                                     .is_secret = option->is_secret};
    return setting;
}

int
conf_section_has(const struct conf_loader *loader, const struct conf_option *option)
{
    return loader->section.lines[option - conf_options];
}

/* NULL, or what is wrong with the text alone. */
static char *
check_text(const struct conf_setting *setting)
{
    if (setting->value[0] == '\0')
        return mem_format("has no value (%s)", setting->option->sentence);
    if (!text_is_printable(setting->value))
        return mem_text("has a control character in it, a tab or the end of a line");
    return NULL;
}

/* Sets `complaint` to NULL or to what is wrong. */
static void
read_value(struct conf_loader *loader, const struct conf_setting *setting,
           char **complaint)
{
    const struct conf_option *option = setting->option;
    *complaint = check_text(setting);
    if (*complaint)
        return;
    char *shown = setting->is_secret ? mem_text("***") : conf_shorten(setting->value);
    struct conf_input input = {.option = option,
                               .suffix = conf_option_suffix(option, setting->key),
                               .text = setting->value,
                               .shown = shown,
                               .dir = loader->conf->dir,
                               .line = setting->line};
    *complaint = option->read(&input, loader->section.target);
    free(shown);
}

static void
add_default(struct conf_loader *loader, const struct conf_option *option)
{
    struct conf_setting *setting = add_setting(loader, option, option->key, 0);
    setting->value = mem_text(option->fallback);
    /* Defaults are right; a test reads them all. */
    char *complaint;
    read_value(loader, setting, &complaint);
    free(complaint);
}

/* After a mistake the default stands in, so that the checks that follow from the value
 * do not complain about the same mistake again. */
static void
stand_in(struct conf_loader *loader, const struct conf_option *option)
{
    if (option->fallback == NULL)
        return;
    add_default(loader, option);
    conf_setting_fini(&loader->conf->settings[--loader->conf->setting_count]);
}

/* What is written down for later is no mistake, and does nothing today. */
static void
note_idle(struct conf_loader *loader, const char *key)
{
    problems_add(&loader->conf->notes, "%s:%d: %s has no effect yet",
                 loader->conf->file, loader->line, key);
}

/* Text as the file has it; what comes from elsewhere may be anything. */
static bool
is_quoted(const char *text)
{
    size_t size = strlen(text);
    return size >= 2 && strchr("\"'", text[0]) && text[size - 1] == text[0];
}

/* What nobody is sent to, nor shown, and passes as a value of this option. */
static const char *
substitute(const struct conf_option *option)
{
    static const struct {
        conf_reader *read;
        const char *text;
    } forms[] = {
        {conf_read_origin, "https://played.invalid"},
        {conf_read_url, "https://played.invalid/"},
        {conf_read_webhook_secret, "whsec_cGxheWVkIHBsYXllZCBwbGF5ZWQgcGxheWVk"},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (option->read == forms[i].read)
            return forms[i].text;
    return option->fallback ? option->fallback : "played";
}

void
conf_section_take(struct conf_loader *loader, const struct conf_option *option,
                  const char *key, const char *text)
{
    struct conf_setting *setting = add_setting(loader, option, key, loader->line);
    char *complaint;
    loader->section.lines[option - conf_options] = loader->line;
    setting->value =
        conf_expand(text, loader->conf->dir, &setting->is_secret, &complaint);
    if (complaint && loader->is_played) {
        free(complaint);
        setting->value = mem_text(substitute(option));
    }
    if (setting->value == NULL)
        setting->value = mem_text(text);
    else if (is_quoted(text))
        complaint = mem_text("has quotes around its value; write it without them");
    else
        read_value(loader, setting, &complaint);
    if (option->is_idle && !complaint)
        note_idle(loader, key);
    if (complaint == NULL)
        return;
    conf_complain(loader, loader->line, "%s: %s", key, complaint);
    free(complaint);
    stand_in(loader, option);
}

/* ---- sections ---- */

/* The array of a shape in struct conf, whatever its structs are. */
static char *
items_of(const struct conf *conf, const struct conf_shape *shape)
{
    char *items = NULL;
    memcpy(&items, (const char *)conf + shape->items, sizeof items);
    return items;
}

static size_t
count_of(const struct conf *conf, const struct conf_shape *shape)
{
    size_t count = 0;
    memcpy(&count, (const char *)conf + shape->count, sizeof count);
    return count;
}

/* The struct of a new section, with its name and line. */
static void *
make_target(struct conf *conf, enum conf_kind kind, const char *name, int line)
{
    const struct conf_shape *shape = &conf_shapes[kind];
    if (!shape->size)
        return conf;
    const struct conf_head head = {mem_text(name), line};
    size_t count = count_of(conf, shape);
    char *items = mem_grow(items_of(conf, shape), count + 1, shape->size);
    char *target = items + count++ * shape->size;
    memset(target, 0, shape->size);
    memcpy(target, &head, sizeof head);
    memcpy((char *)conf + shape->items, &items, sizeof items);
    memcpy((char *)conf + shape->count, &count, sizeof count);
    return target;
}

void
conf_section_open(struct conf_loader *loader, enum conf_kind kind, const char *name,
                  int line)
{
    loader->is_skipping = false;
    loader->section =
        (struct conf_section){.kind = kind,
                              .name = mem_text(name),
                              .line = line,
                              .ordinal = ++loader->section_count,
                              .target = make_target(loader->conf, kind, name, line)};
}

static int
compare_names(const void *a, const void *b)
{
    const struct conf_queue *left = a, *right = b;
    int order = strcmp(left->name, right->name);
    return order ? order : left->line - right->line;
}

static int
compare_ids(const void *a, const void *b)
{
    const struct conf_queue *left = a, *right = b;
    int order = (left->id > right->id) - (left->id < right->id);
    return order ? order : left->line - right->line;
}

static void
check_queue_id(struct conf_loader *loader, const struct conf_queue *queue,
               int64_t edition)
{
    long long id = queue->id;
    int most = edition == 2025 ? 10000 : 2000;
    if (id < 1 || id > most)
        conf_complain(loader, queue->line,
                      "queue.%lld: the ids of queues go from 1 to %d in edition %d%s",
                      id, most, (int)edition,
                      id > 2000 && id <= 10000 ? "; to 10000 with edition = 2025" : "");
}

/* What signing in takes belongs together. */
static void
check_sign_in(struct conf_loader *loader)
{
    static const struct {
        const char *key;
        bool is_needed;
    } parts[] = {{"operator", true}, {"password", true}, {"phone", false}};
    int gateway =
        conf_section_has(loader, conf_option_find(CONF_CENTER, "agent_gateway"));
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const struct conf_option *option = conf_option_find(CONF_CENTER, parts[i].key);
        int line = conf_section_has(loader, option);
        if (gateway && !line && parts[i].is_needed)
            conf_complain(loader, gateway, "agent_gateway needs %s: %s", option->key,
                          option->sentence);
        if (!gateway && line)
            conf_complain(
                loader, line,
                "%s means nothing without agent_gateway: give its address, or "
                "leave this out",
                option->key);
    }
}

/* Sorted, what is there twice stands side by side. */
static void
finish_queues(struct conf_loader *loader, struct conf_center *center)
{
    struct conf_queue *queues = center->queues;
    if (queues == NULL)
        return;
    qsort(queues, center->queue_count, sizeof *queues, compare_names);
    for (size_t i = 1; i < center->queue_count; i++)
        if (strcmp(queues[i].name, queues[i - 1].name) == 0)
            conf_complain(loader, queues[i].line,
                          "queue.%lld: queue %lld has the same name",
                          (long long)queues[i].id, (long long)queues[i - 1].id);
    qsort(queues, center->queue_count, sizeof *queues, compare_ids);
    for (size_t i = 0; i < center->queue_count; i++) {
        check_queue_id(loader, &queues[i], center->edition);
        if (i > 0 && queues[i].id == queues[i - 1].id)
            conf_complain(loader, queues[i].line,
                          "queue.%lld: has a name already, in line %d",
                          (long long)queues[i].id, queues[i - 1].line);
    }
}

static void
finish_limits(struct conf_limits *limits)
{
    limits->cpu_load_ms = limits->cpu_ms > 1000 ? limits->cpu_ms : 1000;
}

void
conf_section_close(struct conf_loader *loader)
{
    struct conf_section *section = &loader->section;
    if (section->target == NULL)
        return;
    for (size_t i = 0; i < conf_option_count; i++) {
        const struct conf_option *option = &conf_options[i];
        if (option->kind != section->kind || conf_section_has(loader, option))
            continue;
        if (option->fallback)
            add_default(loader, option);
        else if (option->is_required)
            conf_complain(loader, section->line, "%s is missing: %s", option->key,
                          option->sentence);
    }
    if (section->kind == CONF_CENTER) {
        finish_queues(loader, section->target);
        check_sign_in(loader);
    }
    if (section->kind == CONF_SCRIPT)
        finish_limits(&((struct conf_script *)section->target)->limits);
    free(section->name);
    *section = (struct conf_section){0};
}

int
conf_section_line(const struct conf_loader *loader, enum conf_kind kind,
                  const char *name)
{
    const struct conf_shape *shape = &conf_shapes[kind];
    if (!shape->size)
        return loader->lines[kind];
    const char *items = items_of(loader->conf, shape);
    for (size_t i = 0; i < count_of(loader->conf, shape); i++) {
        struct conf_head head;
        memcpy(&head, items + i * shape->size, sizeof head);
        if (strcmp(head.name, name) == 0)
            return head.line;
    }
    return 0;
}

void
conf_section_default_limits(struct conf_loader *loader)
{
    struct conf_script others = {0};
    loader->section = (struct conf_section){
        .kind = CONF_SCRIPT, .ordinal = ++loader->section_count, .target = &others};
    conf_section_close(loader);
    loader->conf->limits = others.limits;
}
