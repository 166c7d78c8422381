/* The folder of scripts: every *.lua directly in it, without *_spec.lua, in name order.
 */
#ifndef CCGATE_SCRIPT_FOLDER_H
#define CCGATE_SCRIPT_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/conf.h"

struct script_file {
    char *name;   /* "queue_wait": the file's name without .lua; of a module
                     "lib.shifts" */
    char *shown;  /* the path as messages name it */
    char *source; /* NULL when it cannot be read; `trouble` says why */
    size_t size;
    char *trouble;
    /* Of a script: the modules that it names (modules.h). A module has none. */
    struct script_file *modules;
    size_t module_count;
    char *module_names; /* of all that it could name, a line each */
};

struct script_folder {
    struct script_file *files;
    size_t count;
    char *trouble; /* not NULL: the folder itself cannot be read */
};

void folder_read(struct script_folder *folder, const char *path);
/* These files, wherever they are, as if they were all there is in a folder. */
void folder_read_files(struct script_folder *folder, const char *const *paths,
                       size_t count);
/* One file, which need not be in the folder. Its modules are beside it. */
void folder_read_file(struct script_file *file, const char *path);
/* Without modules. */
void folder_read_alone(struct script_file *file, const char *path);
/* The path as somebody would type it who stands here; free() it. */
char *folder_shown(const char *path);
void folder_fini(struct script_folder *folder);
void script_file_fini(struct script_file *file);

/* Would a host be given the same of both: source and modules? Not when one of the two
 * cannot be read. */
bool script_file_is_same(const struct script_file *one,
                         const struct script_file *other);
/* Bytes of source, those of its modules, too. */
size_t script_file_size(const struct script_file *file);
/* The file that a spot (frame.h) is in, as messages name it, and the line; 0: none in
 * particular. What no host should say is a spot in the script. */
const char *script_file_place(const struct script_file *file, uint32_t spot,
                              uint32_t *line);

#endif
