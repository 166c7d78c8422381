#include "script/zones.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "script/quoted.h"

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

/* Names of zones begin with a capital. */
static bool
may_be_zone(const char *text, size_t size)
{
    return size > 1 && text[0] >= 'A' && text[0] <= 'Z';
}

void
zones_read(struct zones *zones, const char *text, size_t size)
{
    struct quoted name;
    size_t at = 0;
    while (quoted_next(text, size, &at, "_+-/", NAME_MAX_SIZE, &name))
        if (may_be_zone(name.text, name.size))
            add(zones, mem_copy(name.text, name.size));
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
