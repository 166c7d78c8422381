#include "base/text.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"

#define DURATION_MAX_MS (INT64_C(3650) * 86400000)

struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit duration_units[] = {
    {"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1},
};
static const struct unit size_units[] = {
    {"", 1},
    {"KB", INT64_C(1) << 10},
    {"MB", INT64_C(1) << 20},
    {"GB", INT64_C(1) << 30},
};
static const struct unit rate_units[] = {{"/s", 1}, {"/min", 60}, {"/h", 3600}};

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Reads digits at `*at` and moves it behind them; false without a digit or on
 * overflow. */
static bool
take_digits(const char **at, int64_t *value)
{
    const char *start = *at;
    *value = 0;
    for (; **at >= '0' && **at <= '9'; ++*at)
        if (__builtin_mul_overflow(*value, 10, value) ||
            __builtin_add_overflow(*value, **at - '0', value))
            return false;
    return *at > start;
}

/* Digits followed by exactly one of the units. */
static bool
read_with_unit(const char *text, const struct unit *units, size_t count, int64_t *value,
               int64_t *factor)
{
    if (!take_digits(&text, value))
        return false;
    for (size_t i = 0; i < count; i++)
        if (strcmp(text, units[i].name) == 0) {
            *factor = units[i].factor;
            return true;
        }
    return false;
}

bool
text_duration(const char *text, int64_t *ms)
{
    int64_t sum = 0;
    size_t next = 0; /* units before this one are used up */
    do {
        int64_t value;
        if (!take_digits(&text, &value))
            return false;
        size_t size = strspn(text, "dhms");
        while (next < COUNT(duration_units) &&
               (strlen(duration_units[next].name) != size ||
                strncmp(duration_units[next].name, text, size) != 0))
            next++;
        if (next == COUNT(duration_units) ||
            __builtin_mul_overflow(value, duration_units[next].factor, &value) ||
            __builtin_add_overflow(sum, value, &sum) || sum > DURATION_MAX_MS)
            return false;
        next++;
        text += size;
    } while (*text);
    *ms = sum;
    return true;
}

char *
text_format_duration(int64_t ms, char *out, size_t size)
{
    uint64_t left = ms < 0 ? -(uint64_t)ms : (uint64_t)ms;
    size_t used = 0;
    if (ms == 0) {
        snprintf(out, size, "0s");
        return out;
    }
    if (ms < 0)
        out[used++] = '-';
    for (size_t i = 0; i < COUNT(duration_units); i++) {
        uint64_t factor = (uint64_t)duration_units[i].factor;
        if (left >= factor)
            used += (size_t)snprintf(out + used, size - used, "%llu%s",
                                     (unsigned long long)(left / factor),
                                     duration_units[i].name);
        left %= factor;
    }
    return out;
}

bool
text_size(const char *text, int64_t *bytes)
{
    int64_t value, factor;
    if (!read_with_unit(text, size_units, COUNT(size_units), &value, &factor) ||
        __builtin_mul_overflow(value, factor, &value))
        return false;
    *bytes = value;
    return true;
}

bool
text_rate(const char *text, double *per_second)
{
    int64_t value, factor;
    if (!read_with_unit(text, rate_units, COUNT(rate_units), &value, &factor) ||
        value == 0)
        return false;
    *per_second = (double)value / (double)factor;
    return true;
}

bool
text_integer(const char *text, int64_t *value)
{
    bool negative = *text == '-';
    if (negative)
        text++;
    /* Down from zero, because the smallest integer has no positive twin. */
    int64_t result = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9'; at++)
        if (__builtin_mul_overflow(result, 10, &result) ||
            __builtin_sub_overflow(result, *at - '0', &result))
            return false;
    if (at == text || *at || (!negative && result == INT64_MIN))
        return false;
    *value = negative ? result : -result;
    return true;
}

size_t
text_format_integer(int64_t value, char *out)
{
    char digits[TEXT_INTEGER_MAX];
    size_t at = sizeof digits;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do
        digits[--at] = (char)('0' + rest % 10);
    while (rest /= 10);
    if (value < 0)
        digits[--at] = '-';
    memcpy(out, digits + at, sizeof digits - at);
    return sizeof digits - at;
}

/* Whole numbers of up to fifteen digits are written as integers are; all but -0. */
#define WHOLE_MAX 1e15

size_t
text_format_number(double value, char *out)
{
    if (value > -WHOLE_MAX && value < WHOLE_MAX && value == (double)(int64_t)value &&
        !(value == 0 && signbit(value)))
        return text_format_integer((int64_t)value, out);
    char text[TEXT_NUMBER_MAX];
    int size = 0, digits = 15;
    do
        size = snprintf(text, sizeof text, "%.*g", digits, value);
    while (digits++ < 17 && strtod(text, NULL) != value);
    memcpy(out, text, (size_t)size);
    return (size_t)size;
}

char *
text_format_time(int64_t wall_ms, bool millis, char *out, size_t size)
{
    int64_t rest = wall_ms % 1000;
    time_t seconds = (time_t)(wall_ms / 1000 - (rest < 0));
    if (rest < 0)
        rest += 1000;
    char fraction[8] = "";
    struct tm tm = {0};
    gmtime_r(&seconds, &tm);
    if (millis)
        snprintf(fraction, sizeof fraction, ".%03u", (unsigned)rest % 1000);
    snprintf(out, size, "%04d-%02d-%02dT%02d:%02d:%02d%sZ", tm.tm_year + 1900,
             tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, fraction);
    return out;
}

/* Where a time has digits (9), and what else stands there. */
#define TIME_FORM   "9999-99-99 99:99:99"
#define TIME_LENGTH (sizeof TIME_FORM - 1)
#define NO_SECONDS  (TIME_LENGTH - 3)

static bool
has_time_form(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        char form = TIME_FORM[i];
        bool is_good = form == '9'   ? text[i] >= '0' && text[i] <= '9'
                       : form == ' ' ? text[i] == ' ' || text[i] == 'T'
                                     : text[i] == form;
        if (!is_good)
            return false;
    }
    return size == TIME_LENGTH || size == NO_SECONDS;
}

/* The `count` digits at `text`. */
static int
digits_at(const char *text, int count)
{
    int value = 0;
    for (int i = 0; i < count; i++)
        value = value * 10 + (text[i] - '0');
    return value;
}

bool
text_time(const char *text, size_t size, int64_t *seconds)
{
    if (size && text[size - 1] == 'Z')
        size--;
    if (size > TIME_LENGTH || !has_time_form(text, size))
        return false;
    struct tm tm = {
        .tm_year = digits_at(text, 4) - 1900,
        .tm_mon = digits_at(text + 5, 2) - 1,
        .tm_mday = digits_at(text + 8, 2),
        .tm_hour = digits_at(text + 11, 2),
        .tm_min = digits_at(text + 14, 2),
        .tm_sec = size == TIME_LENGTH ? digits_at(text + 17, 2) : 0,
    };
    /* What there is not, such as a 31st of June, comes back as another time. */
    struct tm same = tm;
    time_t time = timegm(&same);
    if (same.tm_mon != tm.tm_mon || same.tm_mday != tm.tm_mday ||
        same.tm_hour != tm.tm_hour || same.tm_min != tm.tm_min ||
        same.tm_sec != tm.tm_sec)
        return false;
    *seconds = time;
    return true;
}

static size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static bool
same_letter(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Damerau-Levenshtein distance, neighbours swapped counting once. Three rows are
 * enough: a swap looks two rows back. */
static size_t
distance(const char *a, const char *b)
{
    size_t width = strlen(b) + 1;
    size_t *rows = mem_zero(3 * width * sizeof *rows);
    size_t *before = rows, *above = rows + width, *row = rows + 2 * width;
    for (size_t j = 0; j < width; j++)
        above[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        row[0] = i;
        for (size_t j = 1; j < width; j++) {
            size_t cost = same_letter(a[i - 1], b[j - 1]) ? 0 : 1;
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + cost);
            if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) &&
                same_letter(a[i - 2], b[j - 1]))
                row[j] = least(row[j], before[j - 2] + 1);
        }
        size_t *oldest = before;
        before = above;
        above = row;
        row = oldest;
    }
    size_t result = above[width - 1];
    free(rows);
    return result;
}

const char *
text_nearest(const char *word, const char *const *candidates)
{
    const char *nearest = NULL;
    size_t nearest_distance = SIZE_MAX;
    size_t size = strlen(word);
    for (; *candidates; candidates++) {
        size_t other = strlen(*candidates);
        size_t longer = size > other ? size : other;
        size_t allowed = longer / 3 > 2 ? longer / 3 : 2;
        /* Spares the work for a word that is far too long. */
        if (longer - least(size, other) > allowed)
            continue;
        size_t d = distance(word, *candidates);
        if (d <= allowed && d < nearest_distance) {
            nearest = *candidates;
            nearest_distance = d;
        }
    }
    return nearest;
}

/* What may follow the first byte: the bounds of the second byte exclude overlong forms,
 * surrogates and what is above U+10FFFF. */
static const struct {
    unsigned char first_min, first_max, second_min, second_max;
    unsigned char length;
} utf8_forms[] = {
    {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
    {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3},
    {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
    {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

size_t
text_utf8(const unsigned char *text, size_t size)
{
    if (size == 0)
        return 0;
    if (text[0] < 0x80)
        return 1;
    for (size_t i = 0; i < COUNT(utf8_forms); i++) {
        if (text[0] < utf8_forms[i].first_min || text[0] > utf8_forms[i].first_max)
            continue;
        size_t length = utf8_forms[i].length;
        if (size < length || text[1] < utf8_forms[i].second_min ||
            text[1] > utf8_forms[i].second_max)
            return 0;
        for (size_t k = 2; k < length; k++)
            if ((text[k] & 0xc0) != 0x80)
                return 0;
        return length;
    }
    return 0;
}

bool
text_is_printable(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return false;
    return true;
}
