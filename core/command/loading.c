#include "command/loading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/loop.h"
#include "script/resident.h"

struct run {
    const struct loading *loading;
    struct resident_world world;
    size_t scripts;
};

/* The script that is being loaded. */
struct trial {
    struct run *run;
    const struct script_file *file;
    bool is_over;
};

void
loading_print_problem(const char *file, uint32_t line, int level, const char *text,
                      size_t size)
{
    const char *word = level == LEVEL_ERROR ? "" : "warning: ";
    if (line)
        fprintf(stderr, "%s:%u: %s%.*s\n", file, line, word, (int)size, text);
    else
        fprintf(stderr, "%s: %s%.*s\n", file, word, (int)size, text);
}

/* About a file as a whole. */
static void
say(const struct run *run, const char *file, int level, const char *text)
{
    run->loading->on_problem(run->loading->arg, file, 0, level, text, strlen(text));
}

static void
on_loaded(void *arg, const struct message_loaded *loaded)
{
    struct trial *trial = arg;
    const struct loading *loading = trial->run->loading;
    for (uint32_t i = 0; i < loaded->problem_count; i++) {
        const struct message_problem *problem = &loaded->problems[i];
        uint32_t line;
        const char *file = script_file_place(trial->file, problem->spot, &line);
        loading->on_problem(loading->arg, file, line, problem->level, problem->text,
                            problem->text_size);
    }
    loading->on_loaded(loading->arg, trial->file, loaded);
    trial->is_over = true;
    loop_stop(trial->run->world.loop);
}

static void
on_strike(void *arg, uint32_t entry, const char *text)
{
    (void)arg, (void)entry, (void)text; /* while loading, LOADED tells it */
}

static void
on_end(void *arg, const struct process_end *end)
{
    struct trial *trial = arg;
    if (trial->is_over)
        return;
    say(trial->run, trial->file->shown, LEVEL_ERROR, end->reason);
    trial->is_over = true;
    loop_stop(trial->run->world.loop);
}

static void
load_file(struct run *run, const struct script_file *file)
{
    struct trial trial = {.run = run, .file = file};
    struct resident_events events = {.on_loaded = on_loaded,
                                     .on_strike = on_strike,
                                     .on_end = on_end,
                                     .arg = &trial};
    struct error error = {0};
    struct resident *resident = NULL;
    run->scripts++;
    if (file->source)
        resident = resident_new(&run->world, file, &events, &error);
    if (!resident) {
        say(run, file->shown, LEVEL_ERROR,
            file->source ? error.message : file->trouble);
        return;
    }
    loop_run(run->world.loop);
    resident_delete(resident);
}

static void
load_folder(struct run *run, const char *path)
{
    struct script_folder folder;
    folder_read(&folder, path);
    if (folder.trouble)
        say(run, run->world.conf->file, LEVEL_ERROR, folder.trouble);
    else if (!folder.count)
        say(run, path, LEVEL_WARN, "no scripts in it");
    for (size_t i = 0; i < folder.count; i++)
        load_file(run, &folder.files[i]);
    folder_fini(&folder);
}

static void
load_path(struct run *run, const char *path)
{
    struct stat status;
    struct script_file file;
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
        load_folder(run, path);
        return;
    }
    folder_read_file(&file, path);
    load_file(run, &file);
    script_file_fini(&file);
}

size_t
loading_run(const struct loading *loading, int count, char **paths)
{
    char *program = process_find_program();
    struct run run = {.loading = loading};
    run.world.loop = loop_new();
    run.world.conf = loading->conf;
    run.world.program = program;
    for (int i = 0; i < count; i++)
        load_path(&run, paths[i]);
    if (!count)
        load_folder(&run, loading->conf->scripts);
    loop_delete(run.world.loop);
    free(program);
    return run.scripts;
}
