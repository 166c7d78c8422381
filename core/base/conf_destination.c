/* What a section [destination NAME] may say depends on its kind; and how it says which
 * addresses it may have. */
#include "base/conf_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

/* Addresses that are not public and allowed all the same. */
struct private
{
    bool *is_allowed; /* all of them */
    struct range **ranges;
    size_t *count;
};

/* yes, no, or the ranges; the one word and the others mean nothing together. */
static char *
read_private(const struct conf_input *input, const struct private *allowed)
{
    *allowed->is_allowed = strcmp(input->text, "yes") == 0;
    if (*allowed->is_allowed || strcmp(input->text, "no") == 0)
        return NULL;
    for (const char *at = input->text; at;) {
        struct range range;
        char *word = conf_take_word(&at);
        bool is_range = range_parse(word, &range);
        free(word);
        if (!is_range)
            return mem_format(
                "'%s' is neither yes nor no nor ranges of addresses; write "
                "10.0.0.0/8 or 192.168.7.9, fd00::/8",
                input->shown);
        *allowed->ranges =
            mem_grow(*allowed->ranges, *allowed->count + 1, sizeof range);
        (*allowed->ranges)[(*allowed->count)++] = range;
    }
    return NULL;
}

char *
conf_read_private(const struct conf_input *input, void *section)
{
    struct conf_destination *destination = section;
    return read_private(input, &(struct private){&destination->is_private_allowed,
                                                 &destination->private_ranges,
                                                 &destination->private_range_count});
}

char *
conf_read_script_private(const struct conf_input *input, void *section)
{
    struct conf_script *script = section;
    return read_private(input, &(struct private){&script->is_private_allowed,
                                                 &script->private_ranges,
                                                 &script->private_range_count});
}

/* What cannot end a line, nor be taken for several. */
static bool
is_mailbox(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789.!#$%&'*+/=?^_`{|}~-";
    size_t local = strspn(text, letters);
    const char *domain = text + local + 1;
    return local && text[local] == '@' && *domain && !strchr(".-", *domain) &&
           domain[strspn(domain, letters)] == '\0' && strlen(text) <= 254;
}

char *
conf_read_mailboxes(const struct conf_input *input, void *section)
{
    char *wrong = NULL;
    int64_t count = 0;
    for (const char *at = input->text; at && !wrong; count++) {
        char *word = conf_take_word(&at);
        if (!is_mailbox(word))
            wrong = mem_format("'%s' is no address; write ops@example.com%s", word,
                               input->option->most > 1 ? ", lead@example.com" : "");
        free(word);
    }
    if (!wrong && count > input->option->most)
        wrong = mem_format("has %lld addresses; %lld can be there", (long long)count,
                           (long long)input->option->most);
    if (wrong)
        return wrong;
    char **field = (char **)((char *)section + input->option->offset);
    free(*field);
    *field = mem_text(input->text);
    return NULL;
}

char *
conf_read_starttls(const struct conf_input *input, void *section)
{
    struct conf_destination *destination = section;
    destination->is_plain = strcmp(input->text, "off") == 0;
    if (destination->is_plain || strcmp(input->text, "required") == 0)
        return NULL;
    return mem_format("'%s' is neither required nor off", input->shown);
}

/* Whether there are such destinations is known at the end of the file. */
char *
conf_read_notify(const struct conf_input *input, void *section)
{
    struct conf *conf = section;
    for (const char *at = input->text; at;) {
        conf->notify =
            mem_grow(conf->notify, conf->notify_count + 1, sizeof *conf->notify);
        conf->notify[conf->notify_count++] = conf_take_word(&at);
    }
    return NULL;
}

char *
conf_advise_kind(const char *kind, const char *const *kinds)
{
    const char *guess = text_nearest(kind, kinds);
    if (guess)
        return mem_format(" (did you mean '%s'?)", guess);
    struct buf advice = {0};
    buf_add_text(&advice, "; there are");
    for (; *kinds; kinds++)
        buf_format(&advice, " %s", *kinds);
    return buf_take(&advice);
}

static bool
is_known(const struct conf_kinds *kinds, const char *kind)
{
    const char *const *name = kinds->names;
    while (*name && strcmp(*name, kind) != 0)
        name++;
    return *name != NULL;
}

/* What is required of every kind, the kind itself, no kind has to name. */
enum conf_need
conf_need_of(const struct conf_kinds *kinds, const char *kind,
             const struct conf_option *option)
{
    return option->is_required ? CONF_REQUIRED
                               : kinds->need(kinds->arg, kind, option->key);
}

/* The line of this option in the section of the destination, 0 when it is not there. */
static int
line_of(const struct conf *conf, const struct conf_destination *destination,
        const struct conf_option *option)
{
    for (size_t i = 0; i < conf->setting_count; i++)
        if (conf->settings[i].option == option && conf->settings[i].line &&
            strcmp(conf->settings[i].section, destination->name) == 0)
            return conf->settings[i].line;
    return 0;
}

static void
complain_of_kind(const struct conf *conf, const struct conf_destination *destination,
                 const struct conf_kinds *kinds, struct problems *problems)
{
    const struct conf_option *option = conf_option_find(CONF_DESTINATION, "kind");
    char *advice = conf_advise_kind(destination->kind, kinds->names);
    problems_add(problems, "%s:%d: [destination %s]: kind: '%s' is not known%s",
                 conf->file, line_of(conf, destination, option), destination->name,
                 destination->kind, advice);
    free(advice);
}

static void
check_missing(const struct conf *conf, const struct conf_destination *destination,
              const struct conf_kinds *kinds, struct problems *problems)
{
    for (size_t i = 0; i < conf_option_count; i++) {
        const struct conf_option *option = &conf_options[i];
        if (option->kind == CONF_DESTINATION &&
            conf_need_of(kinds, destination->kind, option) == CONF_REQUIRED &&
            line_of(conf, destination, option) == 0)
            problems_add(problems, "%s:%d: [destination %s]: %s is missing: %s",
                         conf->file, destination->line, destination->name, option->key,
                         option->sentence);
    }
}

/* The url itself is a secret. */
static void
check_scheme(const struct conf *conf, const struct conf_destination *destination,
             const struct conf_kinds *kinds, struct problems *problems)
{
    const struct conf_option *option = conf_option_find(CONF_DESTINATION, "url");
    bool is_mail = kinds->is_mail && kinds->is_mail(kinds->arg, destination->kind);
    if (!destination->url || is_mail == (strncmp(destination->url, "smtp", 4) == 0))
        return;
    problems_add(problems,
                 "%s:%d: [destination %s]: url: kind %s takes %s, not %.*s://",
                 conf->file, line_of(conf, destination, option), destination->name,
                 destination->kind,
                 is_mail ? "smtp://host:587 or smtps://host" : "https:// or http://",
                 (int)strcspn(destination->url, ":"), destination->url);
}

static bool
is_on_this_machine(const char *url)
{
    static const char *const hosts[] = {"127.0.0.1", "localhost", "[::1]"};
    const char *host = strstr(url, "://") + strlen("://");
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        size_t size = strlen(hosts[i]);
        if (strncmp(host, hosts[i], size) == 0 && strchr(":/?#", host[size]))
            return true;
    }
    return false;
}

/* What goes without TLS is read by all who carry it. */
static void
check_clear(const struct conf *conf, const struct conf_destination *destination,
            struct problems *problems)
{
    const struct conf_option *option = conf_option_find(CONF_DESTINATION, "starttls");
    if (!destination->url || !destination->is_plain || !destination->password ||
        strncmp(destination->url, "smtp://", strlen("smtp://")) != 0 ||
        is_on_this_machine(destination->url))
        return;
    problems_add(problems,
                 "%s:%d: [destination %s]: starttls: off would send the password in "
                 "clear; leave out one of them, or write url = smtps://host",
                 conf->file, line_of(conf, destination, option), destination->name);
}

static void
complain_of_needless(const struct conf *conf, const struct conf_setting *setting,
                     const char *kind, const struct conf_kinds *kinds,
                     struct problems *problems)
{
    struct buf taken = {0};
    for (size_t i = 0; i < conf_option_count; i++)
        if (conf_options[i].kind == CONF_DESTINATION &&
            conf_need_of(kinds, kind, &conf_options[i]) != CONF_NEEDLESS)
            buf_format(&taken, " %s", conf_options[i].key);
    problems_add(problems,
                 "%s:%d: [destination %s]: %s means nothing to kind %s, which takes "
                 "only:%s",
                 conf->file, setting->line, setting->section, setting->key, kind,
                 taken.data);
    buf_fini(&taken);
}

/* The destination that has this setting and whose kind does not take it, or NULL. */
static const struct conf_destination *
find_refuser(const struct conf *conf, const struct conf_setting *setting,
             const struct conf_kinds *kinds)
{
    if (setting->kind != CONF_DESTINATION)
        return NULL;
    const struct conf_destination *destination =
        conf_find_destination(conf, setting->section);
    const char *kind = destination->kind;
    return kind && is_known(kinds, kind) &&
                   conf_need_of(kinds, kind, setting->option) == CONF_NEEDLESS
               ? destination
               : NULL;
}

/* What is written is a mistake; a default is not there to be printed. */
static void
remove_needless(struct conf *conf, const struct conf_kinds *kinds,
                struct problems *problems)
{
    size_t kept = 0;
    for (size_t i = 0; i < conf->setting_count; i++) {
        struct conf_setting *setting = &conf->settings[i];
        const struct conf_destination *refuser = find_refuser(conf, setting, kinds);
        if (refuser && setting->line)
            complain_of_needless(conf, setting, refuser->kind, kinds, problems);
        if (refuser && !setting->line)
            conf_setting_fini(setting);
        else
            conf->settings[kept++] = *setting;
    }
    conf->setting_count = kept;
}

void
conf_check_destinations(struct conf *conf, const struct conf_kinds *kinds,
                        struct problems *problems)
{
    for (size_t i = 0; i < conf->destination_count; i++) {
        const struct conf_destination *destination = &conf->destinations[i];
        if (destination->kind && is_known(kinds, destination->kind)) {
            check_missing(conf, destination, kinds, problems);
            check_scheme(conf, destination, kinds, problems);
            check_clear(conf, destination, problems);
        } else if (destination->kind) {
            complain_of_kind(conf, destination, kinds, problems);
        }
    }
    remove_needless(conf, kinds, problems);
}
