#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "rehearse/rehearsal_inside.h"
#include "script/process.h"

#define AT_FIRST "2026-03-03 10:00"
#define DAY_S    ((int64_t)24 * 3600)

/* What stands in for a gateway.conf. */
static const char bare_conf[] = "[gateway]\n"
                                "zone = UTC\n"
                                "[center main]\n"
                                "url = https://played.invalid\n"
                                "cc_id = 1\n"
                                "vdn = 1\n"
                                "access_key = played\n"
                                "secret_key = played\n"
                                "agent_gateway = https://played.invalid\n"
                                "operator = 101\n"
                                "password = played\n";

/* ---- in force ---- */

struct outside
rehearsal_enter(struct rehearsal *rehearsal)
{
    return (struct outside){.clock = clock_hold(loop_clock(rehearsal->loop)),
                            .taker = log_divert(&rehearsal->taker),
                            .listener = trouble_swap(rehearsal->listener)};
}

void
rehearsal_leave(struct rehearsal *rehearsal, struct outside outside)
{
    rehearsal->listener = trouble_swap(outside.listener);
    log_divert(outside.taker);
    clock_hold(outside.clock);
}

void
rehearsal_settle(struct rehearsal *rehearsal)
{
    loop_advance(rehearsal->loop, 0);
}

/* ---- the folder ---- */

static char *
make_folder(void)
{
    const char *where = getenv("TMPDIR");
    char *folder =
        mem_format("%s/ccgate-rehearsal-XXXXXX", where && *where ? where : "/tmp");
    if (mkdtemp(folder))
        return folder;
    free(folder);
    return NULL;
}

/* The store has no folders in its own. */
static void
remove_folder(const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort);
    if (count < 0)
        return;
    for (int i = 0; i < count; i++) {
        char *path = mem_format("%s/%s", folder, entries[i]->d_name);
        unlink(path); /* not "." and "..", which are folders */
        free(path);
        free(entries[i]);
    }
    free(entries);
    rmdir(folder);
}

/* ---- configuration ---- */

static struct conf *
make_bare_conf(const struct rehearsal *rehearsal, struct buf *problems)
{
    char *path = mem_format("%s/gateway.conf", rehearsal->folder);
    FILE *file = fopen(path, "we");
    struct conf *conf = NULL;
    if (file && fputs(bare_conf, file) >= 0 && fclose(file) == 0)
        conf = engine_read_conf(path, true, problems);
    else
        buf_format(problems, "%s: %s\n", path, strerror(errno));
    if (conf)
        conf->is_open = true;
    free(path);
    return conf;
}

static bool
take_conf(struct rehearsal *rehearsal, const char *file, struct buf *problems)
{
    rehearsal->conf = file ? engine_read_conf(file, true, problems)
                           : make_bare_conf(rehearsal, problems);
    if (!rehearsal->conf)
        return false;
    char *name =
        rehearsal->conf->zone ? mem_text(rehearsal->conf->zone) : zone_machine();
    rehearsal->zone = zone_load(name);
    free(name);
    return true;
}

/* ---- time ---- */

/* "18:30", "18:30:15": seconds since midnight. */
static bool
read_hour(const char *text, int64_t *seconds)
{
    struct buf whole = {0};
    buf_format(&whole, "1970-01-01 %s", text);
    bool is_good = text_time(whole.data, whole.size, seconds);
    buf_fini(&whole);
    return is_good;
}

static int64_t
next_hour(const struct zone *zone, int64_t seconds, int64_t now_s)
{
    int64_t local = zone_local(zone, now_s);
    int64_t midnight = local - (local % DAY_S + DAY_S) % DAY_S;
    int64_t at = zone_moment(zone, midnight + seconds);
    return at > now_s ? at : zone_moment(zone, midnight + DAY_S + seconds);
}

static bool
read_time(const struct zone *zone, const char *text, int64_t now_s, int64_t *at_s)
{
    int64_t seconds;
    if (read_hour(text, &seconds))
        *at_s = next_hour(zone, seconds, now_s);
    else if (text_time(text, strlen(text), &seconds))
        *at_s = text[strlen(text) - 1] == 'Z' ? seconds : zone_moment(zone, seconds);
    else
        return false;
    return true;
}

int64_t
rehearsal_now(const struct rehearsal *rehearsal)
{
    return loop_clock(rehearsal->loop)->wall_ms;
}

bool
rehearsal_time(const struct rehearsal *rehearsal, const char *text, int64_t *wall_ms,
               struct error *error)
{
    int64_t now_ms = rehearsal_now(rehearsal), at_s;
    if (!read_time(rehearsal->zone, text, now_ms / 1000, &at_s)) {
        error_set(error, ERROR_LIMIT, "",
                  "'%.60s' is not a time; write \"18:30\" or \"" AT_FIRST "\"", text);
        return false;
    }
    if (at_s * 1000 < now_ms) {
        char now[32];
        error_set(error, ERROR_LIMIT, "", "%.60s is over: it is %s", text,
                  text_format_time(now_ms, false, now, sizeof now));
        return false;
    }
    *wall_ms = at_s * 1000;
    return true;
}

void
rehearsal_advance(struct rehearsal *rehearsal, int64_t ms)
{
    struct outside outside = rehearsal_enter(rehearsal);
    scene_open(rehearsal->scene, true);
    planner_wake(rehearsal->engine.planner);
    loop_advance(rehearsal->loop, ms);
    scene_open(rehearsal->scene, false);
    rehearsal_leave(rehearsal, outside);
}

/* ---- scripts ---- */

struct roll_call {
    const struct rehearsal *rehearsal;
    struct buf *problems;
};

/* What the log said last in a room. */
static const char *
last_words(const struct rehearsal *rehearsal, const char *script)
{
    char *room = mem_format("script %s", script);
    const char *words = "it does not load";
    for (size_t i = 0; i < rehearsal->line_count; i++)
        if (!strcmp(rehearsal->lines[i]->room, room))
            words = rehearsal->lines[i]->text;
    free(room);
    return words;
}

static void
check_script(void *arg, const struct script_look *look)
{
    const struct roll_call *call = arg;
    if (look->trouble && *look->trouble)
        buf_format(call->problems, "%s\n", look->trouble);
    else if (strcmp(look->state, "live") != 0)
        buf_format(call->problems, "%s: %s\n", look->file,
                   last_words(call->rehearsal, look->name));
}

/* False, with what is wrong, unless every script is as its file is. */
static bool
check_scripts(const struct rehearsal *rehearsal, struct buf *problems)
{
    size_t before = problems->size;
    struct roll_call call = {rehearsal, problems};
    supervisor_each_script(rehearsal->engine.supervisor, check_script, &call);
    return problems->size == before;
}

struct search {
    const char *name;
    pid_t pid;
};

static void
find_pid(void *arg, const struct script_look *look)
{
    struct search *search = arg;
    if (!strcmp(look->name, search->name))
        search->pid = look->pid;
}

/* The kernel has ended it before this returns, so that what follows is not left to
 * chance; whose child it is takes its status later. */
bool
rehearsal_kill_script(struct rehearsal *rehearsal, const char *script)
{
    struct search search = {.name = script};
    siginfo_t info;
    supervisor_each_script(rehearsal->engine.supervisor, find_pid, &search);
    if (search.pid <= 0)
        return false;
    kill(search.pid, SIGKILL);
    while (waitid(P_PID, (id_t)search.pid, &info, WEXITED | WNOWAIT) != 0 &&
           errno == EINTR)
        continue;
    struct outside outside = rehearsal_enter(rehearsal);
    rehearsal_settle(rehearsal);
    rehearsal_leave(rehearsal, outside);
    return true;
}

bool
rehearsal_reload(struct rehearsal *rehearsal, struct buf *problems)
{
    struct outside outside = rehearsal_enter(rehearsal);
    struct supervisor_reload reload = {.conf = rehearsal->conf};
    supervisor_reload(rehearsal->engine.supervisor, &reload);
    rehearsal_settle(rehearsal);
    bool is_good = check_scripts(rehearsal, problems);
    rehearsal_leave(rehearsal, outside);
    return is_good;
}

/* ---- life ---- */

/* In force. */
static bool
start(struct rehearsal *rehearsal, struct buf *problems)
{
    struct error error = {0};
    struct engine_options options = {.loop = rehearsal->loop,
                                     .conf = rehearsal->conf,
                                     .state = rehearsal->folder,
                                     .program = rehearsal->program,
                                     .center = scene_player(rehearsal->scene),
                                     .receivers = audience_player(rehearsal->audience)};
    if (!engine_make(&rehearsal->engine, &options, &error)) {
        buf_format(problems, "%s\n", error.message);
        return false;
    }
    supervisor_set_files(rehearsal->engine.supervisor,
                         (const char *const *)rehearsal->scripts,
                         rehearsal->script_count);
    engine_start(&rehearsal->engine);
    rehearsal_settle(rehearsal);
    return check_scripts(rehearsal, problems);
}

void
rehearsal_restart(struct rehearsal *rehearsal)
{
    struct buf problems = {0};
    struct outside outside = rehearsal_enter(rehearsal);
    engine_take_down(&rehearsal->engine);
    start(rehearsal, &problems); /* what does not load now is in the log */
    rehearsal_leave(rehearsal, outside);
    buf_fini(&problems);
}

static void
copy_options(struct rehearsal *rehearsal, const struct rehearsal_options *options)
{
    rehearsal->program =
        options->program ? mem_text(options->program) : process_find_program();
    rehearsal->scripts = mem_zero((options->script_count + 1) * sizeof(char *));
    for (size_t i = 0; i < options->script_count; i++)
        rehearsal->scripts[rehearsal->script_count++] = mem_text(options->scripts[i]);
    rehearsal_take_log(rehearsal);
}

/* All that stands before anything is played. */
static bool
prepare(struct rehearsal *rehearsal, const struct rehearsal_options *options,
        struct buf *problems)
{
    const char *at = options->at ? options->at : AT_FIRST;
    int64_t at_s;
    rehearsal->folder = make_folder();
    if (!rehearsal->folder) {
        buf_format(problems, "no temporary folder: %s\n", strerror(errno));
        return false;
    }
    if (!take_conf(rehearsal, options->conf_file, problems))
        return false;
    if (!read_time(rehearsal->zone, at, clock_real_wall_ms() / 1000, &at_s)) {
        buf_format(problems, "at: '%s' is not a time; write \"" AT_FIRST "\"\n", at);
        return false;
    }
    rehearsal->loop = loop_new_held(at_s * 1000);
    rehearsal->scene = scene_new(rehearsal->conf);
    rehearsal->audience = audience_new(rehearsal->conf);
    return true;
}

struct rehearsal *
rehearsal_new(const struct rehearsal_options *options, struct buf *problems)
{
    struct rehearsal *rehearsal = mem_zero(sizeof *rehearsal);
    copy_options(rehearsal, options);
    bool is_good = prepare(rehearsal, options, problems);
    if (is_good) {
        struct outside outside = rehearsal_enter(rehearsal);
        is_good = start(rehearsal, problems);
        rehearsal_leave(rehearsal, outside);
    }
    if (is_good)
        return rehearsal;
    rehearsal_delete(rehearsal);
    return NULL;
}

static void
take_down(struct rehearsal *rehearsal)
{
    struct outside outside = rehearsal_enter(rehearsal);
    engine_take_down(&rehearsal->engine);
    rehearsal_leave(rehearsal, outside);
    loop_delete(rehearsal->loop);
}

void
rehearsal_delete(struct rehearsal *rehearsal)
{
    if (!rehearsal)
        return;
    if (rehearsal->loop)
        take_down(rehearsal);
    scene_delete(rehearsal->scene);
    audience_delete(rehearsal->audience);
    zone_delete(rehearsal->zone);
    conf_delete(rehearsal->conf);
    if (rehearsal->folder)
        remove_folder(rehearsal->folder);
    for (size_t i = 0; i < rehearsal->script_count; i++)
        free(rehearsal->scripts[i]);
    rehearsal_forget_log(rehearsal);
    free(rehearsal->scripts);
    free(rehearsal->program);
    free(rehearsal->folder);
    free(rehearsal);
}

const struct conf *
rehearsal_conf(const struct rehearsal *rehearsal)
{
    return rehearsal->conf;
}
