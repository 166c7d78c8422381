/* From the text of a value to a field: one reader per type. */
#include "base/conf_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"

#define DIGITS  "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static void *
field_of(const struct conf_input *input, void *section)
{
    return (char *)section + input->option->offset;
}

/* A text field; a value that was read before is replaced. */
static char *
set_text(const struct conf_input *input, void *section, char *text)
{
    char **field = field_of(input, section);
    free(*field);
    *field = text;
    return NULL;
}

/* ---- text ---- */

char *
conf_read_text(const struct conf_input *input, void *section)
{
    int64_t most = input->option->most;
    if (most && strlen(input->text) > (size_t)most)
        return mem_format("is %zu bytes long; %lld are allowed (%s)",
                          strlen(input->text), (long long)most,
                          input->option->sentence);
    return set_text(input, section, mem_text(input->text));
}

char *
conf_read_path(const struct conf_input *input, void *section)
{
    char *path = input->text[0] == '/' ? mem_text(input->text)
                                       : mem_format("%s/%s", input->dir, input->text);
    return set_text(input, section, path);
}

/* ---- numbers ---- */

static char *
not_a(const struct conf_input *input, const char *what, const char *examples)
{
    return mem_format("'%s' is not %s; write %s (%s)", input->shown, what, examples,
                      input->option->sentence);
}

static char *
out_of_range(const struct conf_input *input, const char *least, const char *most)
{
    return mem_format("'%s' is out of range: %s to %s (%s)", input->shown, least, most,
                      input->option->sentence);
}

static bool
is_in_range(const struct conf_input *input, int64_t value)
{
    return value >= input->option->least && value <= input->option->most;
}

char *
conf_read_integer(const struct conf_input *input, void *section)
{
    int64_t value;
    if (!text_integer(input->text, &value))
        return not_a(input, "a whole number", "digits only");
    if (!is_in_range(input, value)) {
        char least[24], most[24];
        snprintf(least, sizeof least, "%lld", (long long)input->option->least);
        snprintf(most, sizeof most, "%lld", (long long)input->option->most);
        return out_of_range(input, least, most);
    }
    *(int64_t *)field_of(input, section) = value;
    return NULL;
}

char *
conf_read_duration(const struct conf_input *input, void *section)
{
    int64_t value;
    if (!text_duration(input->text, &value))
        return not_a(input, "a duration", "\"500ms\", \"10s\" or \"1m30s\"");
    if (!is_in_range(input, value)) {
        char least[32], most[32];
        return out_of_range(
            input, text_format_duration(input->option->least, least, sizeof least),
            text_format_duration(input->option->most, most, sizeof most));
    }
    *(int64_t *)field_of(input, section) = value;
    return NULL;
}

static char *
format_size(int64_t bytes, char *out, size_t size)
{
    static const char *const units[] = {"", "KB", "MB", "GB"};
    size_t unit = 0;
    for (; unit < 3 && bytes > 0 && bytes % 1024 == 0; unit++)
        bytes /= 1024;
    snprintf(out, size, "%lld%s", (long long)bytes, units[unit]);
    return out;
}

char *
conf_read_size(const struct conf_input *input, void *section)
{
    int64_t value;
    if (!text_size(input->text, &value))
        return not_a(input, "a size", "\"256KB\", \"32MB\" or \"1GB\"");
    if (!is_in_range(input, value)) {
        char least[32], most[32];
        return out_of_range(input,
                            format_size(input->option->least, least, sizeof least),
                            format_size(input->option->most, most, sizeof most));
    }
    *(int64_t *)field_of(input, section) = value;
    return NULL;
}

char *
conf_read_rate(const struct conf_input *input, void *section)
{
    double value;
    if (!text_rate(input->text, &value))
        return not_a(input, "a rate", "\"5/s\" or \"300/min\"");
    if (value > (double)input->option->most) {
        char most[32];
        snprintf(most, sizeof most, "%lld/s", (long long)input->option->most);
        return out_of_range(input, "1/h", most);
    }
    *(double *)field_of(input, section) = value;
    return NULL;
}

/* ---- words ---- */

static const struct conf_word *
find_word(const struct conf_input *input)
{
    for (const struct conf_word *word = input->option->words; word->word; word++)
        if (strcmp(word->word, input->text) == 0)
            return word;
    return NULL;
}

static char *
none_of_the_words(const struct conf_input *input)
{
    struct buf buf = {0};
    buf_format(&buf, "'%s' is not one of", input->shown);
    for (const struct conf_word *word = input->option->words; word->word; word++)
        buf_format(&buf, " %s", word->word);
    buf_format(&buf, " (%s)", input->option->sentence);
    return buf_take(&buf);
}

char *
conf_read_choice(const struct conf_input *input, void *section)
{
    const struct conf_word *word = find_word(input);
    if (word == NULL)
        return none_of_the_words(input);
    *(int64_t *)field_of(input, section) = word->value;
    return NULL;
}

char *
conf_read_flag(const struct conf_input *input, void *section)
{
    const struct conf_word *word = find_word(input);
    if (word == NULL)
        return none_of_the_words(input);
    *(bool *)field_of(input, section) = word->value != 0;
    return NULL;
}

char *
conf_read_word(const struct conf_input *input, void *section)
{
    if (find_word(input) == NULL)
        return none_of_the_words(input);
    return conf_read_text(input, section);
}

/* ---- addresses ---- */

/* A host name, an IPv4 address or an IPv6 address in brackets; NULL when there is none,
 * otherwise where it ends. */
static const char *
skip_host(const char *at)
{
    if (*at != '[') {
        size_t size = strspn(at, LETTERS DIGITS ".-_");
        return size > 0 ? at + size : NULL;
    }
    size_t size = strspn(at + 1, DIGITS "abcdefABCDEF:.");
    return size >= 2 && at[1 + size] == ']' ? at + size + 2 : NULL;
}

/* Behind ":port", `at` itself when there is none, NULL when it is not a port. */
static const char *
skip_port(const char *at)
{
    if (*at != ':')
        return at;
    size_t size = strspn(++at, DIGITS);
    if (size == 0 || size > 5)
        return NULL;
    long port = strtol(at, NULL, 10);
    return port >= 1 && port <= 65535 ? at + size : NULL;
}

/* The first and its secure sibling. */
static bool
has_scheme(const char *text, const char *secure)
{
    size_t scheme = strcspn(text, ":"), size = strlen(secure);
    return (scheme == size || scheme + 1 == size) &&
           strncmp(text, secure, scheme) == 0 && strncmp(text + scheme, "://", 3) == 0;
}

/* Checks http(s)://host[:port]; `*rest` is what follows. NULL or what is wrong. */
static const char *
check_origin(const char *text, bool is_mail, const char **rest)
{
    *rest = "";
    if (!has_scheme(text, "https") && !(is_mail && has_scheme(text, "smtps")))
        return "does not begin with https:// or http://";
    const char *host = strstr(text, "://") + strlen("://");
    if (memchr(host, '@', strcspn(host, "/?#")))
        return "has a user name in it, which belongs into a header";
    const char *port = skip_host(host);
    if (port == NULL)
        return "has no valid host name or address";
    const char *end = skip_port(port);
    if (end == NULL)
        return "has a port that is not 1 to 65535";
    if (*end && strchr("/?#", *end) == NULL)
        return "has no valid host name or address";
    *rest = end;
    return NULL;
}

char *
conf_read_origin(const struct conf_input *input, void *section)
{
    const char *rest;
    const char *wrong = check_origin(input->text, false, &rest);
    if (wrong == NULL && *rest)
        wrong = "has a path";
    if (wrong)
        return mem_format("'%s' %s; write \"https://host:port\" and nothing behind it",
                          input->shown, wrong);
    return conf_read_text(input, section);
}

char *
conf_read_listen(const struct conf_input *input, void *section)
{
    const char *port = skip_host(input->text);
    const char *end = port ? skip_port(port) : NULL;
    if (!end || end == port || *end)
        return mem_format("'%s' is no host:port; write 127.0.0.1:8090", input->shown);
    return conf_read_text(input, section);
}

char *
conf_read_url(const struct conf_input *input, void *section)
{
    const char *rest;
    const char *wrong = check_origin(input->text, true, &rest);
    for (const char *at = rest; wrong == NULL && *at; at++)
        if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7f)
            wrong = "has a blank or a letter outside of ASCII: write it as %XX";
    if (wrong)
        return mem_format("'%s' %s; write \"https://host/path\"", input->shown, wrong);
    return conf_read_text(input, section);
}

/* ---- secrets, headers, queues ---- */

#define WEBHOOK_PREFIX "whsec_"

static bool
is_webhook_secret(const char *text)
{
    size_t prefix = strlen(WEBHOOK_PREFIX);
    if (strncmp(text, WEBHOOK_PREFIX, prefix) != 0)
        return false;
    size_t digits = strspn(text + prefix, LETTERS DIGITS "+/");
    const char *padding = text + prefix + digits;
    size_t padded = strspn(padding, "=");
    size_t bytes = digits * 3 / 4;
    /* With its padding, as base64 is written. */
    return padded <= 2 && padding[padded] == '\0' && (digits + padded) % 4 == 0 &&
           bytes >= 24 && bytes <= 64;
}

char *
conf_read_webhook_secret(const struct conf_input *input, void *section)
{
    if (!is_webhook_secret(input->text))
        return mem_text("is not a webhook secret: \"" WEBHOOK_PREFIX
                        "\" and 24 to 64 bytes in base64; make one with "
                        "echo " WEBHOOK_PREFIX "$(openssl rand -base64 32)");
    return conf_read_text(input, section);
}

char *
conf_read_header(const struct conf_input *input, void *section)
{
    struct conf_destination *destination = section;
    /* RFC 9110: a header's name is a token. */
    if (input->suffix[strspn(input->suffix, LETTERS DIGITS "!#$%&'*+-.^_`|~")])
        return mem_format("'%s' is not the name of a header: letters, digits and '-'",
                          input->suffix);
    for (size_t i = 0; i < destination->header_count; i++)
        if (strcasecmp(destination->headers[i].name, input->suffix) == 0)
            return mem_text("this section has that header already");
    destination->headers = mem_grow(destination->headers, destination->header_count + 1,
                                    sizeof *destination->headers);
    destination->headers[destination->header_count++] =
        (struct conf_header){mem_text(input->suffix), mem_text(input->text)};
    return NULL;
}

static char *
check_queue(const struct conf_queue *queue)
{
    if (queue->name[0] == '\0')
        return mem_text("has no name; write \"sales\" or \"sales, voice\"");
    for (size_t i = 0; i < queue->tag_count; i++)
        if (queue->tags[i][0] == '\0')
            return mem_text("has an empty tag; write \"sales, voice\"");
    return NULL;
}

/* Ranges and duplicates are judged when the section ends: there may be thousands, and
 * the edition may come last. */
char *
conf_read_queue(const struct conf_input *input, void *section)
{
    struct conf_center *center = section;
    struct conf_queue queue = {.line = input->line};
    if (!text_integer(input->suffix, &queue.id))
        return mem_format("'%s' is not the id of a queue; write queue.7 = sales",
                          input->suffix);
    const char *at = input->text;
    queue.name = conf_take_word(&at);
    while (at) {
        queue.tags = mem_grow(queue.tags, queue.tag_count + 1, sizeof *queue.tags);
        queue.tags[queue.tag_count++] = conf_take_word(&at);
    }
    char *complaint = check_queue(&queue);
    if (complaint) {
        conf_queue_fini(&queue);
        return complaint;
    }
    center->queues =
        mem_grow(center->queues, center->queue_count + 1, sizeof *center->queues);
    center->queues[center->queue_count++] = queue;
    return NULL;
}
