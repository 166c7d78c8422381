/* Scripts loaded as `run` would, in hosts of the same kind, to see what is in them:
 * what `check` and `plan` share. Nothing goes live, nothing is asked for. */
#ifndef CCGATE_COMMAND_LOADING_H
#define CCGATE_COMMAND_LOADING_H

#include <stddef.h>
#include <stdint.h>

#include "base/conf.h"
#include "script/folder.h"
#include "script/message.h"

struct loading {
    const struct conf *conf;
    /* A script has answered; `loaded->failed` when it cannot run. Its problems have
     * been told before. */
    void (*on_loaded)(void *arg, const struct script_file *file,
                      const struct message_loaded *loaded);
    /* A mistake (LEVEL_ERROR) or a warning; line 0: about the file as a whole. */
    void (*on_problem)(void *arg, const char *file, uint32_t line, int level,
                       const char *text, size_t size);
    void *arg;
};

/* One after the other: these files and folders, or the configured folder when `count`
 * is 0. Returns how many scripts there were. */
size_t loading_run(const struct loading *loading, int count, char **paths);

/* "FILE:LINE: text" on standard error, for people. */
void loading_print_problem(const char *file, uint32_t line, int level, const char *text,
                           size_t size);

#endif
