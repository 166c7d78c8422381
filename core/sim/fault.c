#include "sim/fault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define SIZE_MOST   ((int64_t)256 << 20)
#define STREAM_MOST ((int64_t)8 << 30) /* of what need not lie in memory at once */

static bool
set_status(struct fault *fault, const char *value)
{
    return text_integer(value, &fault->number) && fault->number >= 200 &&
           fault->number <= 599;
}

static bool
set_code(struct fault *fault, const char *value)
{
    size_t size = strspn(value, "0123456789-");
    snprintf(fault->code, sizeof fault->code, "%s", value);
    return size > 0 && size < sizeof fault->code && value[size] == '\0';
}

static bool
set_delay(struct fault *fault, const char *value)
{
    return text_duration(value, &fault->number);
}

static bool
set_size(struct fault *fault, const char *value)
{
    return text_size(value, &fault->number) && fault->number >= 1 &&
           fault->number <= SIZE_MOST;
}

static bool
set_stream_size(struct fault *fault, const char *value)
{
    return text_size(value, &fault->number) && fault->number >= 1 &&
           fault->number <= STREAM_MOST;
}

static bool
set_skew(struct fault *fault, const char *value)
{
    bool is_behind = *value == '-';
    bool is_good = text_duration(value + is_behind, &fault->number);
    if (is_behind)
        fault->number = -fault->number;
    return is_good;
}

static bool
set_at(struct fault *fault, const char *value)
{
    return text_duration(value, &fault->at_ms);
}

static bool
set_lasts(struct fault *fault, const char *value)
{
    return text_duration(value, &fault->lasts_ms) && fault->lasts_ms > 0;
}

static bool
set_retry_after(struct fault *fault, const char *value)
{
    size_t size = strlen(value);
    snprintf(fault->retry_after, sizeof fault->retry_after, "%s", value);
    return size > 0 && size < sizeof fault->retry_after && text_is_printable(value);
}

static bool
set_on(struct fault *fault, const char *value)
{
    size_t size = strlen(value);
    snprintf(fault->on, sizeof fault->on, "%s", value);
    return size > 0 && size < sizeof fault->on;
}

static bool
set_first(struct fault *fault, const char *value)
{
    return text_integer(value, &fault->first) && fault->first >= 1;
}

static bool
set_count(struct fault *fault, const char *value)
{
    return text_integer(value, &fault->count) && fault->count >= 1;
}

static bool
set_id(struct fault *fault, const char *value)
{
    return text_integer(value, &fault->id) && fault->id >= 1;
}

static bool
set_share(struct fault *fault, const char *value)
{
    char *end;
    fault->share = strtod(value, &end);
    return end != value && *end == '\0' && fault->share > 0 && fault->share <= 1;
}

/* The words of a specification: first one kind, then any of the others. */
static const struct word {
    const char *name;
    enum fault_kind kind;
    bool (*set)(struct fault *fault, const char *value); /* NULL: takes no value */
    const char *value;                                   /* what it must be */
} words[] = {
    {"status", FAULT_STATUS, set_status, "an HTTP status from 200 to 599"},
    {"api", FAULT_API, set_code, "a result code such as 0100002"},
    {"truncate", FAULT_TRUNCATE, NULL, NULL},
    {"html", FAULT_HTML, NULL, NULL},
    {"reset", FAULT_RESET, NULL, NULL},
    {"slow", FAULT_SLOW, set_delay, "a duration such as 2s"},
    {"drip", FAULT_DRIP, NULL, NULL},
    {"endless", FAULT_ENDLESS, NULL, NULL},
    {"wrong-length", FAULT_WRONG_LENGTH, NULL, NULL},
    {"redirect", FAULT_REDIRECT, NULL, NULL},
    {"huge", FAULT_HUGE, set_size, "a size such as 8MB, at most 256MB"},
    {"deep", FAULT_DEEP, NULL, NULL},
    {"duplicate-keys", FAULT_DUPLICATE_KEYS, NULL, NULL},
    {"nan", FAULT_NAN, NULL, NULL},
    {"strings", FAULT_STRINGS, NULL, NULL},
    {"numbers", FAULT_NUMBERS, NULL, NULL},
    {"null-list", FAULT_NULL_LIST, NULL, NULL},
    {"result-string", FAULT_RESULT_STRING, NULL, NULL},
    {"gbk", FAULT_GBK, NULL, NULL},
    {"header-drip", FAULT_HEADER_DRIP, NULL, NULL},
    {"long", FAULT_LONG, set_stream_size, "a size such as 5GB, at most 8GB"},
    {"gzip", FAULT_GZIP, set_stream_size, "a size such as 4GB, at most 8GB"},
    {"skew", FAULT_SKEW, set_skew, "a duration such as 20m or -20m"},
    {"bad-utf8", FAULT_BAD_UTF8, NULL, NULL},
    {"overflow", FAULT_OVERFLOW, NULL, NULL},
    {"hex", FAULT_HEX, NULL, NULL},
    {"sentinels", FAULT_SENTINELS, NULL, NULL},
    {"unknown-codes", FAULT_UNKNOWN_CODES, NULL, NULL},
    {"expired-guid", FAULT_EXPIRED_GUID, NULL, NULL},
    {"stolen-session", FAULT_STOLEN_SESSION, NULL, NULL},
    {"signed-out", FAULT_SIGNED_OUT, NULL, NULL},
    {"first", FAULT_NONE, set_first, "a number from 1 on"},
    {"count", FAULT_NONE, set_count, "a number from 1 on"},
    {"id", FAULT_NONE, set_id, "an id from 1 on"},
    {"on", FAULT_NONE, set_on, "a part of a path, at most 31 long"},
    {"share", FAULT_NONE, set_share, "a number above 0, at most 1"},
    {"retry-after", FAULT_NONE, set_retry_after,
     "the value of a header, at most 31 long"},
    {"at", FAULT_NONE, set_at, "a duration such as 10m"},
    {"lasts", FAULT_NONE, set_lasts, "a duration such as 2m"},
};

static const struct word *
find_word(const char *name)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].name, name) == 0)
            return &words[i];
    return NULL;
}

static bool
is_kind_of(const struct word *word, bool is_kind)
{
    return (word->kind != FAULT_NONE) == is_kind;
}

static void
name_words(bool is_kind, struct buf *problem)
{
    const char *before = "(";
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!is_kind_of(&words[i], is_kind))
            continue;
        buf_format(problem, "%s%s", before, words[i].name);
        before = ", ";
    }
    buf_add_text(problem, ")");
}

/* One NAME or NAME=VALUE. */
static bool
read_part(struct fault *fault, char *part, bool is_kind, struct buf *problem)
{
    char *value = strchr(part, '=');
    if (value)
        *value++ = '\0';
    const struct word *word = find_word(part);
    if (word == NULL || !is_kind_of(word, is_kind)) {
        buf_format(problem, "no %s '%s' ", is_kind ? "fault" : "setting of a fault",
                   part);
        name_words(is_kind, problem);
        return false;
    }
    if (is_kind)
        fault->kind = word->kind;
    if (word->set == NULL && value == NULL)
        return true;
    if (word->set && value && word->set(fault, value))
        return true;
    buf_format(problem, word->set ? "%s needs %s" : "%s takes no value", word->name,
               word->value);
    return false;
}

bool
faults_add(struct faults *faults, const char *spec, struct buf *problem)
{
    struct fault fault = {
        .first = 1, .count = INT64_MAX, .share = 1, .lasts_ms = INT64_MAX};
    if (faults->count == FAULTS_MAX) {
        buf_format(problem, "more than %d faults", FAULTS_MAX);
        return false;
    }
    char *text = mem_text(spec);
    char *rest = text;
    bool is_good = true;
    for (bool is_kind = true; rest && is_good; is_kind = false)
        is_good = read_part(&fault, strsep(&rest, ":"), is_kind, problem);
    free(text);
    if (is_good)
        faults->items[faults->count++] = fault;
    return is_good;
}

void
faults_clear(struct faults *faults)
{
    faults->count = 0;
}

static bool
is_asked(int64_t id, const struct fault_target *target)
{
    for (size_t i = 0; i < target->id_count; i++)
        if (target->ids[i] == id)
            return true;
    return false;
}

static bool
hits(struct fault *fault, const struct fault_target *target)
{
    if (fault->id && !is_asked(fault->id, target))
        return false;
    if (!strstr(target->path, fault->on))
        return false;
    if (target->at_ms < fault->at_ms || target->at_ms - fault->at_ms >= fault->lasts_ms)
        return false;
    fault->seen++;
    if (fault->seen < fault->first || fault->count == 0)
        return false;
    fault->due += fault->share;
    if (fault->due < 1)
        return false;
    fault->due -= 1;
    fault->count--;
    return true;
}

const struct fault *
faults_next(struct faults *faults, const struct fault_target *target, int64_t *delay_ms)
{
    const struct fault *found = NULL;
    *delay_ms = 0;
    for (size_t i = 0; i < faults->count; i++) {
        struct fault *fault = &faults->items[i];
        if (!hits(fault, target))
            continue;
        if (fault->kind == FAULT_SLOW)
            *delay_ms += fault->number;
        else if (found == NULL)
            found = fault;
    }
    return found;
}
