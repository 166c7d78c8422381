#include "sim/stateinfo.h"

#include <stdio.h>
#include <string.h>

#define ROW_MAX 1024 /* bytes: twenty keys with numbers of twenty digits */

void
stateinfo_init(struct stateinfo *stateinfo)
{
    for (int i = 0; i < WAVE_VALUES; i++)
        stateinfo->keys[i].size =
            (size_t)snprintf(stateinfo->keys[i].text, sizeof stateinfo->keys[i].text,
                             "%s\"%s\":", i ? "," : "{", wave_keys[i]);
}

static char *
put_integer(char *at, int64_t value)
{
    char digits[20];
    size_t count = 0;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do
        digits[count++] = (char)('0' + rest % 10);
    while (rest /= 10);
    if (value < 0)
        *at++ = '-';
    while (count)
        *at++ = digits[--count];
    return at;
}

void
stateinfo_add(const struct stateinfo *stateinfo, const int64_t values[WAVE_VALUES],
              struct buf *list)
{
    if (list->size)
        buf_add(list, ",", 1);
    char *start = buf_reserve(list, ROW_MAX);
    char *at = start;
    for (int i = 0; i < WAVE_VALUES; i++) {
        memcpy(at, stateinfo->keys[i].text, stateinfo->keys[i].size);
        at = put_integer(at + stateinfo->keys[i].size, values[i]);
    }
    *at++ = '}';
    list->size += (size_t)(at - start);
}
