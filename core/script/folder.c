#include "script/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "script/frame.h"
#include "script/modules.h"

static bool
has_ending(const char *name, const char *ending)
{
    size_t size = strlen(name), ending_size = strlen(ending);
    return size > ending_size && strcmp(name + size - ending_size, ending) == 0;
}

static int
is_script(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && has_ending(entry->d_name, ".lua") &&
           !has_ending(entry->d_name, "_spec.lua");
}

static char *
name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    size_t size = strlen(base);
    return mem_copy(base, has_ending(base, ".lua") ? size - 4 : size);
}

char *
folder_shown(const char *path)
{
    char *here = getcwd(NULL, 0);
    size_t size = here ? strlen(here) : 0;
    bool is_below = size && !strncmp(path, here, size) && path[size] == '/';
    free(here);
    return mem_text(is_below ? path + size + 1 : path);
}

static bool
read_all(FILE *stream, struct buf *out)
{
    for (;;) {
        size_t got = fread(buf_reserve(out, 16384), 1, 16384, stream);
        out->size += got;
        if (got == 0)
            return !ferror(stream);
    }
}

void
folder_read_alone(struct script_file *file, const char *path)
{
    struct buf source = {0};
    FILE *stream = fopen(path, "re");
    *file = (struct script_file){.name = name_of(path), .shown = folder_shown(path)};
    if (stream && read_all(stream, &source)) {
        file->size = source.size;
        file->source = buf_take(&source);
    } else {
        file->trouble = mem_format("cannot be read: %s", strerror(errno));
    }
    if (stream)
        fclose(stream);
    buf_fini(&source);
}

void
folder_read_file(struct script_file *file, const char *path)
{
    folder_read_alone(file, path);
    if (file->source)
        modules_read(file, path);
}

void
folder_read(struct script_folder *folder, const char *path)
{
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, is_script, alphasort);
    *folder = (struct script_folder){0};
    if (count < 0) {
        folder->trouble = mem_format("%s: cannot be read: %s", path, strerror(errno));
        return;
    }
    folder->files = mem_zero(((size_t)count + 1) * sizeof *folder->files);
    for (int i = 0; i < count; i++) {
        char *file = mem_format("%s/%s", path, entries[i]->d_name);
        folder_read_file(&folder->files[folder->count++], file);
        free(file);
        free(entries[i]);
    }
    free(entries);
}

static int
compare_names(const void *a, const void *b)
{
    const struct script_file *left = a, *right = b;
    return strcmp(left->name, right->name);
}

void
folder_read_files(struct script_folder *folder, const char *const *paths, size_t count)
{
    *folder = (struct script_folder){.count = count};
    folder->files = mem_zero((count + 1) * sizeof *folder->files);
    for (size_t i = 0; i < count; i++)
        folder_read_file(&folder->files[i], paths[i]);
    qsort(folder->files, count, sizeof *folder->files, compare_names);
}

void
script_file_fini(struct script_file *file)
{
    for (size_t i = 0; i < file->module_count; i++)
        script_file_fini(&file->modules[i]);
    free(file->modules);
    free(file->module_names);
    free(file->name);
    free(file->shown);
    free(file->source);
    free(file->trouble);
}

static bool
is_same_source(const struct script_file *one, const struct script_file *other)
{
    return one->source && other->source && one->size == other->size &&
           !memcmp(one->source, other->source, one->size);
}

/* A module that cannot be read is the same as long as the reason is. */
static bool
is_same_module(const struct script_file *one, const struct script_file *other)
{
    bool is_same_trouble =
        one->trouble && other->trouble && !strcmp(one->trouble, other->trouble);
    return !strcmp(one->name, other->name) &&
           (is_same_trouble || is_same_source(one, other));
}

bool
script_file_is_same(const struct script_file *one, const struct script_file *other)
{
    bool is_same =
        is_same_source(one, other) && one->module_count == other->module_count;
    for (size_t i = 0; is_same && i < one->module_count; i++)
        is_same = is_same_module(&one->modules[i], &other->modules[i]);
    return is_same;
}

size_t
script_file_size(const struct script_file *file)
{
    size_t size = file->size;
    for (size_t i = 0; i < file->module_count; i++)
        size += file->modules[i].size;
    return size;
}

const char *
script_file_place(const struct script_file *file, uint32_t spot, uint32_t *line)
{
    size_t number = spot / SPOT_LINES;
    bool is_module = number > 0 && number <= file->module_count;
    *line = number == 0 || is_module ? spot % SPOT_LINES : 0;
    return is_module ? file->modules[number - 1].shown : file->shown;
}

void
folder_fini(struct script_folder *folder)
{
    for (size_t i = 0; i < folder->count; i++)
        script_file_fini(&folder->files[i]);
    free(folder->files);
    free(folder->trouble);
    *folder = (struct script_folder){0};
}
