#include "script/quoted.h"

#include <string.h>

#define ALPHANUMERIC "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static bool
is_among(char byte, const char *bytes)
{
    return byte != '\0' && strchr(bytes, byte);
}

size_t
quoted_span(const char *text, size_t size, const char *others)
{
    size_t count = 0;
    while (count < size &&
           (is_among(text[count], ALPHANUMERIC) || is_among(text[count], others)))
        count++;
    return count;
}

bool
quoted_next(const char *source, size_t size, size_t *at, const char *others,
            size_t most, struct quoted *out)
{
    while (*at + 1 < size) {
        size_t begin = (*at)++;
        if (source[begin] != '"' && source[begin] != '\'')
            continue;
        const char *text = source + begin + 1;
        size_t count = quoted_span(text, size - begin - 1, others);
        if (count == 0 || count > most || begin + 1 + count == size ||
            text[count] != source[begin])
            continue;
        *out = (struct quoted){text, count};
        return true;
    }
    return false;
}
