/* The time zones of this machine. */
#include "base/zone.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define ZONES    "/usr/share/zoneinfo"
#define LOCAL    "/etc/localtime"
#define FILE_MAX ((size_t)256 << 10)

/* Nothing that leads elsewhere. */
static bool
is_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/";
    return name[0] && name[0] != '/' && !name[strspn(name, letters)];
}

struct zone *
zone_load(const char *name)
{
    if (!is_name(name))
        return NULL;
    char *path = mem_format(ZONES "/%s", name);
    FILE *file = fopen(path, "re");
    free(path);
    if (!file)
        return NULL;
    char *data = mem_zero(FILE_MAX);
    size_t size = fread(data, 1, FILE_MAX, file);
    fclose(file);
    struct zone *zone = zone_parse(data, size);
    free(data);
    return zone;
}

/* ---- guessing ---- */

/* The zones of one area, "Europe"; of "" those without one, and the areas. In order, so
 * that the guess is the same on every machine. With a NULL behind them. */
static char **
list_area(const char *area, size_t *count)
{
    struct dirent **entries = NULL;
    char *path = mem_format(ZONES "/%s", area);
    int found = scandir(path, &entries, NULL, alphasort);
    *count = found > 0 ? (size_t)found : 0;
    char **names = mem_zero((*count + 1) * sizeof *names);
    for (size_t i = 0; i < *count; i++) {
        names[i] = mem_format("%s%s%s", area, area[0] ? "/" : "", entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    free(path);
    return names;
}

char *
zone_guess(const char *name)
{
    size_t size = strcspn(name, "/"), count;
    if (!is_name(name))
        return NULL;
    char *area = name[size] ? mem_copy(name, size) : mem_text("");
    char **names = list_area(area, &count);
    const char *near = text_nearest(name, (const char *const *)names);
    struct zone *zone = near ? zone_load(near) : NULL; /* an area alone is none */
    char *guess = zone ? mem_text(near) : NULL;
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
    free(area);
    zone_delete(zone);
    return guess;
}

/* ---- the machine's own ---- */

static bool
is_zone(const char *name)
{
    struct zone *zone = zone_load(name);
    zone_delete(zone);
    return zone != NULL;
}

char *
zone_machine(void)
{
    const char *set = getenv("TZ");
    if (set && is_zone(set + (set[0] == ':')))
        return mem_text(set + (set[0] == ':'));
    char *path = set ? NULL : realpath(LOCAL, NULL);
    size_t root = strlen(ZONES "/");
    bool is_known = path && !strncmp(path, ZONES "/", root) && is_zone(path + root);
    char *name = mem_text(is_known ? path + root : "UTC");
    free(path);
    return name;
}
