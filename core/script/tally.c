#include "script/tally.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct series {
    char *script;
    struct message_metric metric; /* owns its texts */
    struct series *next;
};

/* All series of a name. */
struct family {
    struct series *first, **last;
    struct family *next;
};

struct tally {
    struct family *families, **last;
};

struct tally *
tally_new(void)
{
    struct tally *tally = mem_zero(sizeof *tally);
    tally->last = &tally->families;
    return tally;
}

static void
series_delete(struct series *series)
{
    free((char *)series->metric.name);
    free((char *)series->metric.help);
    for (uint32_t i = 0; i < 2 * series->metric.label_count; i++)
        free((char *)series->metric.labels[i]);
    free(series->script);
    free(series);
}

void
tally_clear(struct tally *tally)
{
    while (tally->families) {
        struct family *family = tally->families;
        tally->families = family->next;
        while (family->first) {
            struct series *series = family->first;
            family->first = series->next;
            series_delete(series);
        }
        free(family);
    }
    tally->last = &tally->families;
}

void
tally_delete(struct tally *tally)
{
    if (!tally)
        return;
    tally_clear(tally);
    free(tally);
}

/* ---- finding ---- */

static struct family *
find_family(const struct tally *tally, const char *name)
{
    struct family *family = tally->families;
    while (family && strcmp(family->first->metric.name, name) != 0)
        family = family->next;
    return family;
}

static bool
is_same(const struct series *series, const char *script,
        const struct message_metric *metric)
{
    const struct message_metric *known = &series->metric;
    if (strcmp(series->script, script) != 0 ||
        known->label_count != metric->label_count)
        return false;
    for (uint32_t i = 0; i < 2 * known->label_count; i++)
        if (strcmp(known->labels[i], metric->labels[i]) != 0)
            return false;
    return true;
}

static struct series *
find_series(const struct family *family, const char *script,
            const struct message_metric *metric)
{
    struct series *series = family->first;
    while (series && !is_same(series, script, metric))
        series = series->next;
    return series;
}

static size_t
count_of(const struct tally *tally, const char *script)
{
    size_t count = 0;
    for (const struct family *family = tally->families; family; family = family->next)
        for (const struct series *one = family->first; one; one = one->next)
            count += !strcmp(one->script, script);
    return count;
}

/* ---- adding ---- */

static struct series *
series_new(const char *script, const struct message_metric *metric)
{
    struct series *series = mem_zero(sizeof *series);
    series->script = mem_text(script);
    series->metric = *metric;
    series->metric.name = mem_text(metric->name);
    series->metric.help = mem_text(metric->help);
    series->metric.value = 0;
    for (uint32_t i = 0; i < 2 * metric->label_count; i++)
        series->metric.labels[i] = mem_text(metric->labels[i]);
    return series;
}

static struct series *
add(struct tally *tally, struct family *family, const char *script,
    const struct message_metric *metric)
{
    struct series *series = series_new(script, metric);
    if (!family) {
        family = mem_zero(sizeof *family);
        family->last = &family->first;
        *tally->last = family;
        tally->last = &family->next;
    }
    *family->last = series;
    family->last = &series->next;
    return series;
}

/* A counter that is full stays a number. */
static double
value_with(const struct series *series, const struct message_metric *metric)
{
    double sum = series->metric.value + metric->value;
    return metric->kind == METRIC_GAUGE ? metric->value : sum < DBL_MAX ? sum : DBL_MAX;
}

const char *
tally_take(struct tally *tally, const char *script, const struct message_metric *metric)
{
    struct family *family = find_family(tally, metric->name);
    struct series *series = family ? find_series(family, script, metric) : NULL;
    if (family && family->first->metric.kind != metric->kind)
        return "a metric of this name is of another kind";
    if (!series && count_of(tally, script) >= TALLY_MOST)
        return "a script has at most 1000 series; fewer different labels make fewer";
    if (!series)
        series = add(tally, family, script, metric);
    series->metric.value = value_with(series, metric);
    return NULL;
}

void
tally_each(const struct tally *tally, tally_on_series *on_series, void *arg)
{
    for (const struct family *family = tally->families; family; family = family->next)
        for (const struct series *one = family->first; one; one = one->next)
            on_series(arg, &(struct tally_series){one->script, &one->metric});
}
