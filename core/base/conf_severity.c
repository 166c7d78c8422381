/* The severities of a gateway's own. */
#include "base/conf_table.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define LENGTH_MAX 30

/* What rules have that say nothing, and what the gateway's own alerts have. */
static const char *const needed[] = {"warning", "critical"};

static bool
is_word(const char *word)
{
    size_t size = strlen(word);
    return size && size <= LENGTH_MAX && islower((unsigned char)word[0]) &&
           strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_-") == size;
}

/* Its place in the list, from 0; -1: it is not there. */
static int
place_of(const struct conf *conf, const char *word)
{
    for (size_t i = 0; i < conf->severity_count; i++)
        if (!strcmp(conf->severities[i], word))
            return (int)i;
    return -1;
}

/* Takes over the word; what is wrong with it, or NULL. */
static char *
add(struct conf *conf, char *word)
{
    char *complaint = NULL;
    if (!is_word(word))
        complaint = mem_format("'%s' is no severity; one has up to %d lower-case "
                               "letters, digits, - and _",
                               word, LENGTH_MAX);
    else if (place_of(conf, word) >= 0)
        complaint = mem_format("'%s' stands there twice", word);
    else if (conf->severity_count == CONF_SEVERITIES_MAX)
        complaint = mem_format("there are at most %d severities", CONF_SEVERITIES_MAX);
    if (complaint) {
        free(word);
        return complaint;
    }
    conf->severities =
        mem_grow(conf->severities, conf->severity_count + 1, sizeof *conf->severities);
    conf->severities[conf->severity_count++] = word;
    return NULL;
}

static char *
check_order(const struct conf *conf)
{
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (place_of(conf, needed[i]) < 0)
            return mem_format("'%s' is missing; %s", needed[i],
                              i == 0 ? "rules have it that say nothing"
                                     : "the gateway's own alerts have it");
    if (place_of(conf, needed[0]) > place_of(conf, needed[1]))
        return mem_text(
            "'warning' stands behind 'critical'; write the least first, such "
            "as info, warning, critical, disaster");
    return NULL;
}

char *
conf_read_severities(const struct conf_input *input, void *section)
{
    struct conf *conf = section;
    char *complaint = NULL;
    for (const char *at = input->text; at && !complaint;)
        complaint = add(conf, conf_take_word(&at));
    return complaint ? complaint : check_order(conf);
}
