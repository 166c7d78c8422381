/* The folder of scripts: every *.lua directly in it, without *_spec.lua, in name order.
 */
#ifndef CCGATE_SCRIPT_FOLDER_H
#define CCGATE_SCRIPT_FOLDER_H

#include <stddef.h>

#include "base/conf.h"

struct script_file {
    char *name;   /* "queue_wait": the file's name without .lua */
    char *shown;  /* the path as messages name it */
    char *source; /* NULL when it cannot be read; `trouble` says why */
    size_t size;
    char *trouble;
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
/* One file, which need not be in the folder. */
void folder_read_file(struct script_file *file, const char *path);
void folder_fini(struct script_folder *folder);
void script_file_fini(struct script_file *file);

#endif
