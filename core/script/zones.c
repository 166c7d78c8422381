#include "script/zones.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define NAME_MAX_SIZE ((size_t)64)

static struct zones_entry *
find(const struct zones *zones, const char *name)
{
    for (size_t i = 0; i < zones->count; i++)
        if (!strcmp(zones->entries[i].name, name))
            return &zones->entries[i];
    return NULL;
}

/* Takes the name. One without an area that is no zone is just a word. */
static void
add(struct zones *zones, char *name)
{
    bool is_known = find(zones, name) || zones->count == ZONES_MAX;
    struct zone *zone = is_known ? NULL : zone_load(name);
    bool has_area = strchr(name, '/') != NULL;
    if (is_known || (!zone && !has_area)) {
        free(name);
        return;
    }
    zones->entries = mem_grow(zones->entries, zones->count + 1, sizeof *zones->entries);
    zones->entries[zones->count++] =
        (struct zones_entry){name, zone, zone ? NULL : zone_guess(name)};
}

static size_t
name_size(const char *text, size_t size)
{
    size_t count = 0;
    while (count < size && count < NAME_MAX_SIZE && text[count] != '\0' &&
           strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/",
                  text[count]))
        count++;
    return count;
}

/* Names of zones begin with a capital. */
static bool
may_be_zone(const char *text, size_t size)
{
    return size > 1 && text[0] >= 'A' && text[0] <= 'Z';
}

void
zones_read(struct zones *zones, const char *text, size_t size)
{
    for (size_t at = 0; at + 1 < size; at++) {
        if (text[at] != '"' && text[at] != '\'')
            continue;
        const char *name = text + at + 1;
        size_t count = name_size(name, size - at - 1);
        bool is_closed = at + 1 + count < size && name[count] == text[at];
        if (is_closed && may_be_zone(name, count))
            add(zones, mem_copy(name, count));
    }
}

void
zones_fini(struct zones *zones)
{
    for (size_t i = 0; i < zones->count; i++) {
        free(zones->entries[i].name);
        zone_delete(zones->entries[i].zone);
        free(zones->entries[i].guess);
    }
    free(zones->entries);
    *zones = (struct zones){0};
}

bool
zones_find(const struct zones *zones, const char *name, const struct zone **zone)
{
    const struct zones_entry *entry = find(zones, name);
    *zone = entry ? entry->zone : NULL;
    return *zone || !strcmp(name, "UTC");
}

const char *
zones_guess(const struct zones *zones, const char *name)
{
    const struct zones_entry *entry = find(zones, name);
    return entry ? entry->guess : NULL;
}
