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
        buf_add_text(out, before->kind != CONF_GATEWAY ? "}" : "");
    if (before && is_new_kind)
        buf_add_text(out, "}");
    if (before)
        buf_add_text(out, ",");
    if (is_new_kind) {
        add_string(out, conf_kind_words[setting->kind]);
        buf_add_text(out, ":{");
    }
    if (setting->kind != CONF_GATEWAY) {
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

void
conf_print(const struct conf *conf, bool json, struct buf *out)
{
    if (json)
        print_json(conf, out);
    else
        print_ini(conf, out);
}
