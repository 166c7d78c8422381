/* What `ccgate config` prints. */
#include "base/conf_table.h"

#include <string.h>

#define MASK "***"

static const char *
shown(const struct conf_setting *setting)
{
    return setting->is_secret ? MASK : setting->value;
}

static bool
is_new_section(const struct conf *conf, size_t i)
{
    return i == 0 || conf->settings[i].ordinal != conf->settings[i - 1].ordinal;
}

/* ---- as the file is written ---- */

/* The limits of scripts without a section of their own have no place in the file: they
 * are shown as comments. */
static bool
is_for_all_scripts(const struct conf_setting *setting)
{
    return setting->kind == CONF_SCRIPT && setting->section == NULL;
}

static void
print_header(const struct conf_setting *setting, struct buf *out)
{
    if (out->size > 0)
        buf_add_text(out, "\n");
    if (is_for_all_scripts(setting))
        buf_add_text(out, "; every script without a [script NAME]:\n");
    else
        buf_format(out, "[%s%s%s]\n", conf_kind_words[setting->kind],
                   setting->section ? " " : "",
                   setting->section ? setting->section : "");
}

static void
print_ini(const struct conf *conf, struct buf *out)
{
    for (size_t i = 0; i < conf->setting_count; i++) {
        const struct conf_setting *setting = &conf->settings[i];
        if (is_new_section(conf, i))
            print_header(setting, out);
        buf_format(out, "%s%s = %s%s\n", is_for_all_scripts(setting) ? "; " : "",
                   setting->key, shown(setting), setting->line ? "" : " ; default");
    }
}

/* ---- as JSON: {"center":{"main":{"rate":{"value":"5/s","default":true}}}} ---- */

static void
add_string(struct buf *out, const char *text)
{
    buf_add_json(out, text, strlen(text));
}

/* Closes what the setting before left open and opens what this one stands in. */
static void
print_braces(const struct conf *conf, size_t i, struct buf *out)
{
    const struct conf_setting *setting = &conf->settings[i];
    const struct conf_setting *before = i > 0 ? setting - 1 : NULL;
    bool is_new_kind = before == NULL || before->kind != setting->kind;

    if (before)
        buf_add_text(out, conf_shapes[before->kind].size ? "}" : "");
    if (before && is_new_kind)
        buf_add_text(out, "}");
    if (before)
        buf_add_text(out, ",");
    if (is_new_kind) {
        add_string(out, conf_kind_words[setting->kind]);
        buf_add_text(out, ":{");
    }
    if (conf_shapes[setting->kind].size) {
        add_string(out, setting->section ? setting->section : "*");
        buf_add_text(out, ":{");
    }
}

static void
print_json(const struct conf *conf, struct buf *out)
{
    buf_add_text(out, "{");
    for (size_t i = 0; i < conf->setting_count; i++) {
        const struct conf_setting *setting = &conf->settings[i];
        if (is_new_section(conf, i))
            print_braces(conf, i, out);
        else
            buf_add_text(out, ",");
        add_string(out, setting->key);
        buf_add_text(out, ":{\"value\":");
        add_string(out, shown(setting));
        buf_format(out, ",\"default\":%s}", setting->line ? "false" : "true");
    }
    /* The last settings are limits of scripts, three braces deep. */
    buf_add_text(out, "}}}\n");
}

/* ---- kinds of destinations ---- */

static const struct {
    conf_reader *read;
    const char *word;
} types[] = {
    {conf_read_url, "address"},
    {conf_read_webhook_secret, "secret"},
    {conf_read_path, "path"},
    {conf_read_rate, "rate"},
    {conf_read_duration, "duration"},
    {conf_read_header, "text"},
    {conf_read_text, "text"},
    {conf_read_private, "yes, no or ranges (10.0.0.0/8)"},
    {conf_read_mailboxes, "addresses (a@b.org)"},
    {conf_read_starttls, "required or off"},
};

/* "duration", "POST, PUT or PATCH": what one may write. */
static void
add_type(const struct conf_option *option, struct buf *out)
{
    for (const struct conf_word *word = option->words; word && word->word; word++)
        buf_format(out, "%s%s",
                   word == option->words ? ""
                   : word[1].word        ? ", "
                                         : " or ",
                   word->word);
    for (size_t i = 0; !option->words && i < sizeof types / sizeof *types; i++)
        if (types[i].read == option->read)
            buf_add_text(out, types[i].word);
}

static void
print_key(const struct conf_option *option, bool is_required, struct buf *out)
{
    struct buf type = {0};
    add_type(option, &type);
    buf_format(out, "  %-15s%-34s%-10s%s\n", option->key, type.data,
               option->fallback ? option->fallback
               : is_required    ? "required"
                                : "-",
               option->sentence);
    buf_fini(&type);
}

static void
print_key_json(const struct conf_option *option, bool is_required, struct buf *out)
{
    struct buf type = {0};
    add_type(option, &type);
    buf_add_text(out, "{\"key\":");
    add_string(out, option->key);
    buf_add_text(out, ",\"type\":");
    add_string(out, type.data);
    buf_format(out, ",\"required\":%s,\"default\":", is_required ? "true" : "false");
    if (option->fallback)
        add_string(out, option->fallback);
    else
        buf_add_text(out, "null");
    buf_add_text(out, ",\"sentence\":");
    add_string(out, option->sentence);
    buf_add_text(out, "}");
    buf_fini(&type);
}

static void
print_keys(const struct conf_kinds *kinds, const char *kind, bool json, struct buf *out)
{
    bool is_first = true;
    for (size_t i = 0; i < conf_option_count; i++) {
        const struct conf_option *option = &conf_options[i];
        if (option->kind != CONF_DESTINATION)
            continue;
        enum conf_need need = conf_need_of(kinds, kind, option);
        if (need == CONF_NEEDLESS)
            continue;
        if (json)
            buf_add_text(out, is_first ? "" : ",");
        (json ? print_key_json : print_key)(option, need == CONF_REQUIRED, out);
        is_first = false;
    }
}

void
conf_print_kind(const struct conf_kinds *kinds, const char *kind, const char *sentence,
                bool json, struct buf *out)
{
    if (json) {
        buf_add_text(out, "{\"kind\":");
        add_string(out, kind);
        buf_add_text(out, ",\"sentence\":");
        add_string(out, sentence);
        buf_add_text(out, ",\"keys\":[");
    } else {
        buf_format(out, "%s: %s\n\n", kind, sentence);
    }
    print_keys(kinds, kind, json, out);
    buf_add_text(out, json ? "]}\n" : "");
}

void
conf_print(const struct conf *conf, bool json, struct buf *out)
{
    if (json)
        print_json(conf, out);
    else
        print_ini(conf, out);
}
