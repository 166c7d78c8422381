#include "script/modules.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "script/message.h"
#include "script/quoted.h"

#define DEPTH_MAX 8u
#define FOUND_MAX ((size_t)2000)

/* What is there: modules, and symbolic links that could be one or be a folder of them.
 */
struct found {
    char *name; /* "lib.shifts" */
    char *path;
    bool is_link;
};

struct shelf {
    struct found *found;
    size_t count;
};

/* ---- what is there ---- */

static bool
ends_in(const char *text, const char *ending)
{
    size_t size = strlen(text), ending_size = strlen(ending);
    return size > ending_size && !strcmp(text + size - ending_size, ending);
}

static int
is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void
add_found(struct shelf *shelf, const char *name, const char *path, bool is_link)
{
    if (shelf->count == FOUND_MAX)
        return;
    shelf->found = mem_grow(shelf->found, shelf->count + 1, sizeof *shelf->found);
    shelf->found[shelf->count++] =
        (struct found){mem_text(name), mem_text(path), is_link};
}

static void look_into(struct shelf *shelf, const char *folder, const char *prefix,
                      unsigned depth);

/* Files directly in the folder are scripts. */
static void
look_at(struct shelf *shelf, const char *path, const char *name, unsigned depth)
{
    struct stat status;
    bool is_file = ends_in(path, ".lua"), is_spec = ends_in(path, "_spec.lua");
    if (lstat(path, &status) != 0 || (is_file && (is_spec || depth == 0)))
        return;
    if (S_ISLNK(status.st_mode))
        add_found(shelf, name, path, true);
    else if (S_ISDIR(status.st_mode) && !is_file && depth < DEPTH_MAX)
        look_into(shelf, path, name, depth + 1);
    else if (S_ISREG(status.st_mode) && is_file)
        add_found(shelf, name, path, false);
}

static void
look_into(struct shelf *shelf, const char *folder, const char *prefix, unsigned depth)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_visible, alphasort);
    for (int i = 0; i < count; i++) {
        const char *entry = entries[i]->d_name;
        size_t size = strlen(entry) - (ends_in(entry, ".lua") ? 4 : 0);
        char *path = mem_format("%s/%s", folder, entry);
        char *name =
            mem_format("%s%s%.*s", prefix, *prefix ? "." : "", (int)size, entry);
        if (quoted_span(entry, size, "_-") == size)
            look_at(shelf, path, name, depth);
        free(name);
        free(path);
        free(entries[i]);
    }
    free(entries);
}

static void
shelf_fini(struct shelf *shelf)
{
    for (size_t i = 0; i < shelf->count; i++) {
        free(shelf->found[i].name);
        free(shelf->found[i].path);
    }
    free(shelf->found);
}

static void
tell_names(const struct shelf *shelf, struct script_file *script)
{
    struct buf names = {0};
    for (size_t i = 0; i < shelf->count; i++)
        if (!shelf->found[i].is_link)
            buf_format(&names, "%s%s", names.size ? "\n" : "", shelf->found[i].name);
    script->module_names = buf_take(&names);
}

/* ---- what a script names ---- */

static bool
is_known(const struct script_file *script, const char *name)
{
    for (size_t i = 0; i < script->module_count; i++)
        if (!strcmp(script->modules[i].name, name))
            return true;
    return false;
}

/* It is that, or a link that it would lie behind. */
static bool
is_way_to(const struct found *found, const char *name)
{
    size_t size = strlen(found->name);
    return !strncmp(found->name, name, size) &&
           (name[size] == '\0' || (found->is_link && name[size] == '.'));
}

static void
refuse_link(struct script_file *module, const char *path)
{
    module->shown = folder_shown(path);
    module->trouble = mem_text("is a symbolic link; modules are plain files in plain "
                               "folders: put the file itself there");
}

static void
add_module(struct script_file *script, const char *name, const struct found *found)
{
    struct script_file module = {0};
    if (found->is_link)
        refuse_link(&module, found->path);
    else
        folder_read_alone(&module, found->path);
    free(module.name);
    module.name = mem_text(name);
    script->modules =
        mem_grow(script->modules, script->module_count + 1, sizeof *script->modules);
    script->modules[script->module_count++] = module;
}

static void
look_for(const struct shelf *shelf, struct script_file *script, const char *name)
{
    if (script->module_count == MESSAGE_MODULES_MAX || is_known(script, name))
        return;
    for (size_t i = 0; i < shelf->count; i++)
        if (strchr(name, '.') && is_way_to(&shelf->found[i], name)) {
            add_module(script, name, &shelf->found[i]);
            return;
        }
}

static void
look_through(const struct shelf *shelf, struct script_file *script, const char *source,
             size_t size)
{
    struct quoted quoted;
    size_t at = 0;
    while (source &&
           quoted_next(source, size, &at, "._-", MESSAGE_MODULE_MAX, &quoted)) {
        char *name = mem_copy(quoted.text, quoted.size);
        look_for(shelf, script, name);
        free(name);
    }
}

void
modules_read(struct script_file *file, const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? mem_copy(path, (size_t)(slash - path)) : mem_text(".");
    struct shelf shelf = {0};
    look_into(&shelf, *folder ? folder : "/", "", 0);
    look_through(&shelf, file, file->source, file->size);
    for (size_t i = 0; i < file->module_count; i++)
        look_through(&shelf, file, file->modules[i].source, file->modules[i].size);
    tell_names(&shelf, file);
    shelf_fini(&shelf);
    free(folder);
}
