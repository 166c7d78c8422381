#include "script/task_inside.h"

#include <stdio.h>
#include <stdlib.h>

#include <lauxlib.h>

#include "base/mem.h"
#include "base/message_id.h"
#include "script/crew.h"

/* ---- beginning and end ---- */

static struct task *
task_new(struct script *script, struct entry *entry, int64_t scheduled_ms)
{
    struct task *task = mem_zero(sizeof *task);
    task->entry = entry;
    task->ref = LUA_NOREF;
    task->scheduled_ms = scheduled_ms;
    task->next = script->tasks;
    script->tasks = task;
    script->task_count++;
    return task;
}

/* Runs of handlers are counted from 1. */
bool
task_is_look(const struct task *task)
{
    return task->entry->kind == ENTRY_RULE && task->scheduled_ms == 0;
}

static bool
is_handler(const struct task *task)
{
    return !task->member_of && task->entry->kind == ENTRY_RULE && !task_is_look(task);
}

void
task_delete(struct script *script, struct task *task)
{
    struct task **link = &script->tasks;
    while (*link != task)
        link = &(*link)->next;
    *link = task->next;
    script->task_count--;
    if (task->job)
        task->job->task = NULL;
    if (task->busy)
        *task->busy = false;
    luaL_unref(script->L, LUA_REGISTRYINDEX, task->ref);
    crew_delete(script, task->crew);
    buf_fini(&task->frame);
    free(task->origin);
    free(task);
}

/* What it did last is committed, and with it that it has ended, which nobody but a
 * handler has to say. */
static void
commit_end(struct script *script, const struct task *task)
{
    script->effects.is_done = is_handler(task);
    effect_commit(&script->effects, task->entry, task->scheduled_ms);
}

/* ---- who goes on ---- */

void
task_ready(struct script *script, struct task *task)
{
    struct task **at = &script->ready;
    if (task->is_ready)
        return;
    while (*at)
        at = &(*at)->next_ready;
    *at = task;
    task->is_ready = true;
    task->next_ready = NULL;
}

static void
not_ready(struct script *script, struct task *task)
{
    struct task **at = &script->ready;
    while (task->is_ready && *at != task)
        at = &(*at)->next_ready;
    if (task->is_ready)
        *at = task->next_ready;
    task->is_ready = false;
}

bool
task_start_member(struct script *script, struct crew *crew, uint32_t position)
{
    const struct task *parent = crew->parent;
    struct task *task = task_new(script, parent->entry, parent->scheduled_ms);
    char place[24];
    task->member_of = crew;
    task->position = position;
    snprintf(place, sizeof place, "%u.%u", crew->number, position);
    snprintf(task->path, sizeof task->path, "%.*s%s%s", TASK_PATH_MAX - 24,
             parent->path, parent->path[0] ? "/" : "", place);
    task->origin = message_id_origin(parent->origin, place);
    if (task_prepare(script, task, NULL)) {
        task_ready(script, task);
        return true;
    }
    task_delete(script, task);
    return false;
}

/* ---- running ---- */

/* A coroutine that yields without a wait would never come back. */
static bool
is_waiting(struct script *script, struct task *task, int status, int results)
{
    if (status != LUA_YIELD)
        return false;
    lua_pop(task->co, results);
    if (task->kind == WAIT_NONE)
        effect_failed(&script->effects, task->entry, TASK_BARE_YIELD);
    return task->kind != WAIT_NONE;
}

static const char *
failure_of(const struct entry *entry)
{
    return entry->failure[0] ? entry->failure : "(no message)";
}

/* `trouble` "": it ended well. */
static void
tell_done(struct script *script, const struct entry *entry, int64_t scheduled_ms,
          const char *trouble)
{
    const struct message_done done = {entry->number, scheduled_ms, trouble,
                                      strlen(trouble)};
    message_write_done(script->effects.out, script->effects.now_ms, &done);
}

/* What is to be closed is closed, in the same activation and within its limits, and
 * what that does is dropped. */
static void
close_all(struct script *script, struct task *task)
{
    struct effect_mark mark = effect_mark(&script->effects);
    lua_resetthread(task->co);
    effect_rollback(&script->effects, mark);
}

static void
end_run(struct script *script, struct task *task, int status)
{
    struct entry *entry = task->entry;
    bool failed = status != LUA_OK && status != LUA_YIELD;
    if (failed)
        script_take_error(script, task->co, status);
    close_all(script, task);
    if (failed)
        effect_failed(&script->effects, entry, script->error.data);
    if (script->budget.exceeded)
        effect_strike(&script->effects, entry, script->budget.exceeded);
    if (task->job)
        tell_done(script, entry, task->scheduled_ms,
                  status == LUA_OK ? "" : failure_of(entry));
    else if (status != LUA_OK)
        commit_end(script, task);
    task_delete(script, task);
}

/* Closing leaves the error, if there is one, on the stack. */
static void
fail_member(struct script *script, struct task *task)
{
    close_all(script, task);
    crew_fail(script, task);
}

/* It will not be resumed again. */
static void
end(struct script *script, struct task *task, int status, int results)
{
    if (!task->member_of)
        end_run(script, task, status);
    else if (status == LUA_OK)
        crew_take(script, task, results);
    else
        fail_member(script, task);
}

/* It has suspended. */
static void
begin_wait(struct script *script, struct task *task)
{
    if (task->kind == WAIT_CREW)
        crew_go_on(script, task->crew);
    buf_add(script->effects.out, task->frame.data, task->frame.size);
    buf_clear(&task->frame);
}

/* A fresh one has its function below its arguments. One that another task has closed
 * has nothing left, and says so when it is resumed. */
static int
arguments_of(const struct task *task)
{
    bool is_fresh = lua_status(task->co) == LUA_OK && lua_gettop(task->co) > 0;
    return is_fresh ? lua_gettop(task->co) - 1 : 0;
}

/* One activation: up to the next wait, or to the end. What it did is committed before
 * its wait begins, or all of it is dropped. */
static void
resume(struct script *script, struct task *task)
{
    const struct effect_mark mark = effect_mark(&script->effects);
    int results = 0;
    task->kind = WAIT_NONE;
    task->wait = 0;
    script->task = task;
    int status = lua_resume(task->co, script->L, arguments_of(task), &results);
    script->task = NULL;
    task->answer = NULL;
    /* A limit that was met in a coroutine and caught outside of it is met all the same.
     */
    if (script->budget.exceeded && (status == LUA_OK || status == LUA_YIELD)) {
        lua_settop(task->co, 0);
        lua_pushnil(task->co);
        status = LUA_ERRRUN;
    }
    bool waiting = is_waiting(script, task, status, results);
    if (waiting)
        effect_commit(&script->effects, task->entry, task->scheduled_ms);
    else if (status == LUA_OK)
        commit_end(script, task);
    else
        effect_rollback(&script->effects, mark);
    if (waiting)
        begin_wait(script, task);
    else
        end(script, task, status, results);
}

/* All that can go on without the core, in one activation as far as its limits go. */
static void
run_ready(struct script *script)
{
    while (script->ready) {
        struct task *task = script->ready;
        not_ready(script, task);
        resume(script, task);
    }
}

static void
start(struct script *script, struct task *task, const struct message_handle *handle)
{
    if (task_prepare(script, task, handle)) {
        task_ready(script, task);
        run_ready(script);
        return;
    }
    effect_failed(&script->effects, task->entry, script->error.data);
    if (script->budget.exceeded)
        effect_strike(&script->effects, task->entry, script->budget.exceeded);
    if (task->job)
        tell_done(script, task->entry, task->scheduled_ms, failure_of(task->entry));
    else
        commit_end(script, task);
    task_delete(script, task);
}

static void
refuse(struct script *script, const struct job *job, int64_t scheduled_ms)
{
    effect_note(&script->effects, LEVEL_WARN,
                "is due, but %zu tasks run already: skipped", script->task_count);
    tell_done(script, &job->entry, scheduled_ms,
              "skipped: as many tasks run as the limit tasks says");
}

static void
start_job(struct script *script, struct job *job, int64_t scheduled_ms)
{
    struct task *task = task_new(script, &job->entry, scheduled_ms);
    task->job = job;
    job->task = task;
    task->origin = message_id_job(script->name, job->entry.name, scheduled_ms);
    start(script, task, NULL);
}

bool
task_run(struct script *script, const struct message_run *run)
{
    struct job *job = (struct job *)script->entries[run->entry];
    if (job->entry.disabled)
        return true;
    if (job->task)
        return false;
    script_begin(script, &job->entry);
    if (script->task_count >= (size_t)script->limits.tasks)
        refuse(script, job, run->scheduled_ms);
    else
        start_job(script, job, run->scheduled_ms);
    script_end(script);
    return true;
}

void
task_handle(struct script *script, const struct message_handle *handle)
{
    struct entry *entry = script->entries[handle->entry];
    if (entry->disabled)
        return;
    script_begin(script, entry);
    if (entry->has_handler) {
        struct task *task = task_new(script, entry, (int64_t)handle->run);
        task->origin = mem_text(handle->origin);
        start(script, task, handle);
    } else {
        script->effects.is_done = true;
        effect_commit(&script->effects, entry, (int64_t)handle->run);
    }
    script_end(script);
}

void
task_look(struct script *script, struct entry *entry, bool *busy)
{
    script_begin(script, entry);
    if (script->task_count < (size_t)script->limits.tasks) {
        struct task *task = task_new(script, entry, 0);
        task->busy = busy;
        *busy = true;
        task->origin = mem_text("");
        start(script, task, NULL);
    } else {
        effect_note(&script->effects, LEVEL_WARN,
                    "is to look for rows, but %zu tasks run already: skipped",
                    script->task_count);
    }
    script_end(script);
}

/* ---- waits ---- */

uint64_t
task_start_wait(struct script *script, enum task_wait kind)
{
    script->task->kind = kind;
    script->task->wait = ++script->waits;
    return script->task->wait;
}

void
task_start_crew(struct script *script, struct crew *crew)
{
    script->task->kind = WAIT_CREW;
    script->task->crew = crew;
}

static struct task *
find_task(const struct script *script, uint64_t wait)
{
    struct task *task = script->tasks;
    while (task && task->wait != wait)
        task = task->next;
    return task;
}

static bool
end_wait(struct script *script, uint64_t wait, enum task_wait kind, const void *answer)
{
    struct task *task = find_task(script, wait);
    if (!task)
        return wait && wait <= script->waits;
    if (task->kind != kind)
        return false;
    script_begin(script, task->entry);
    task->answer = answer;
    task_ready(script, task);
    run_ready(script);
    script_end(script);
    return true;
}

bool
task_wake(struct script *script, uint64_t wait)
{
    return end_wait(script, wait, WAIT_SLEEP, NULL);
}

bool
task_fetched(struct script *script, const struct message_fetched *fetched)
{
    return end_wait(script, fetched->wait, WAIT_FETCH, fetched);
}

bool
task_answered(struct script *script, const struct message_answer *answer)
{
    return end_wait(script, answer->wait, WAIT_ASK, answer);
}

/* ---- the end of it by others ---- */

static void
forget(struct script *script, struct task *task)
{
    if (task->crew)
        task_end_members(script, task->crew);
    if (task->wait)
        message_write_forget(script->effects.out, script->effects.now_ms, task->wait);
    not_ready(script, task);
    close_all(script, task);
}

/* The newest first. */
void
task_end_members(struct script *script, struct crew *crew)
{
    struct task *task = script->tasks;
    while (task && task->member_of != crew)
        task = task->next;
    if (!task)
        return;
    forget(script, task);
    crew->running--;
    task_delete(script, task);
    task_end_members(script, crew);
}

/* Closes what the task has open, and drops what that does. What it and its children
 * wait for is cancelled. */
static void
kill(struct script *script, struct task *task, bool is_done)
{
    script_begin(script, task->entry);
    forget(script, task);
    if (is_done)
        commit_end(script, task);
    task_delete(script, task);
    script_end(script);
}

void
task_cancel(struct script *script, uint64_t run)
{
    struct task *task = script->tasks;
    while (task && (!is_handler(task) || task->scheduled_ms != (int64_t)run))
        task = task->next;
    if (!task)
        return;
    script->effects.room = task->entry;
    effect_note(&script->effects, LEVEL_ERROR,
                "a handler has not ended within its time: ended");
    kill(script, task, true);
}

void
task_kill(struct script *script, struct entry *entry)
{
    struct task *task = script->tasks;
    while (task && (task->entry != entry || task->member_of))
        task = task->next;
    if (!task)
        return;
    kill(script, task, false);
    task_kill(script, entry);
}
