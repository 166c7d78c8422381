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

/* Names, with a NULL behind them. */
struct names {
    char **list;
    size_t count;
};

static void
add_name(struct names *names, char *name)
{
    names->list = mem_grow(names->list, names->count + 2, sizeof *names->list);
    names->list[names->count++] = name;
    names->list[names->count] = NULL;
}

/* The zones of one area, "Europe"; of "" those without one, and the areas. */
static void
add_area(struct names *names, const char *area)
{
    char *path = mem_format(ZONES "/%s", area);
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        if (entry->d_name[0] != '.')
            add_name(names, area[0] ? mem_format("%s/%s", area, entry->d_name)
                                    : mem_text(entry->d_name));
    if (folder)
        closedir(folder);
    free(path);
}

/* One that there is: an area alone is none. */
static char *
nearest(const struct names *names, const char *name)
{
    const char *near =
        names->count ? text_nearest(name, (const char *const *)names->list) : NULL;
    struct zone *zone = near ? zone_load(near) : NULL;
    zone_delete(zone);
    return zone ? mem_text(near) : NULL;
}

char *
zone_guess(const char *name)
{
    struct names names = {0};
    size_t size = strcspn(name, "/");
    char *area = name[size] ? mem_copy(name, size) : mem_text("");
    if (name[0] && (!area[0] || is_name(area)))
        add_area(&names, area);
    char *guess = nearest(&names, name);
    for (size_t i = 0; i < names.count; i++)
        free(names.list[i]);
    free(names.list);
    free(area);
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
