#include "script/resident_inside.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "script/setup.h"

/* ---- what the host says ---- */

static bool
on_frame(void *arg, const struct frame *frame, struct error *error)
{
    return resident_take(arg, frame, error);
}

/* ---- what the host gets ---- */

/* False: it is known. */
static bool
note_too_large(struct resident *resident, const struct question *question)
{
    size_t count = resident->too_large_count;
    for (size_t i = 0; i < count; i++) {
        const struct question *known = &resident->too_large[i];
        if (known->query == question->query && known->center == question->center &&
            known->argument == question->argument)
            return false;
    }
    resident->too_large =
        mem_grow(resident->too_large, count + 1, sizeof *resident->too_large);
    resident->too_large[resident->too_large_count++] = *question;
    return true;
}

/* It would be as large the next time, and block what comes behind it. */
static void
tell_too_large(struct resident *resident, const struct message_rows *rows)
{
    const struct query *query = rows->query;
    const struct question question = {query, rows->center, rows->argument};
    if (!note_too_large(resident, &question))
        return;
    log_error(resident->room,
              "%s of %s %lld of center %s: an answer of %u rows is more than a script "
              "can be given, %zu MB; its rules do not see it, and their alerts are "
              "held; %s",
              query->name, query->argument, (long long)rows->argument,
              resident->world.conf->centers[rows->center].name, rows->row_count,
              FRAME_MAX >> 20,
              query->has_span ? "ask for a shorter time, such as last = \"15m\""
                              : "watch less of it");
}

static bool
on_rows(void *arg, uint32_t center, int64_t argument, const struct block *rows,
        int64_t wall_ms)
{
    struct resident *resident = arg;
    if (process_is_full(resident->process))
        return false;
    double stretch = planner_stretch(resident->world.planner, center);
    struct message_rows message = {.center = center,
                                   .query = rows->query,
                                   .row_count = (uint32_t)rows->row_count,
                                   .cells = rows->cells,
                                   .argument = argument,
                                   .text = rows->text.data,
                                   .text_size = rows->text.size,
                                   .stretch = (uint32_t)(stretch * 1000)};
    if (!message_write_rows(process_out(resident->process), wall_ms, &message))
        tell_too_large(resident, &message);
    return true;
}

static void
on_room(void *arg)
{
    struct resident *resident = arg;
    if (resident->subscription)
        planner_resume(resident->subscription);
}

static void
on_process_end(void *arg, const struct process_end *end)
{
    struct resident *resident = arg;
    resident_retire(resident);
    resident->events.on_end(resident->events.arg, end);
}

/* ---- life ---- */

/* Borrows; free() the list. */
static struct message_module *
modules_of(const struct script_file *file)
{
    struct message_module *modules =
        mem_zero((file->module_count + 1) * sizeof *modules);
    for (size_t i = 0; i < file->module_count; i++)
        modules[i] = (struct message_module){
            file->modules[i].name, file->modules[i].shown, file->modules[i].source,
            file->modules[i].size, file->modules[i].trouble};
    return modules;
}

static bool
send_load(struct resident *resident, const struct conf_limits *limits,
          const struct script_file *file)
{
    struct buf setup = {0};
    setup_write(resident->world.conf, file->shown, &setup);
    struct message_load load = {
        .limits = *limits,
        .instance = resident->world.store ? store_instance(resident->world.store) : "",
        .token = resident->token,
        .name = resident->name,
        .source = file->source,
        .source_size = file->size,
        .setup = setup.data,
        .setup_size = setup.size,
        .modules = modules_of(file),
        .module_count = (uint32_t)file->module_count,
        .module_names = file->module_names};
    bool fine =
        message_write_load(process_out(resident->process), clock_wall_ms(), &load);
    free(load.modules);
    buf_fini(&setup);
    return fine;
}

static bool
check_size(const struct script_file *file, const struct conf_limits *limits,
           struct error *error)
{
    size_t size = script_file_size(file);
    if (size <= (uint64_t)limits->source_bytes)
        return true;
    error_set(error, ERROR_LIMIT, "",
              "has %zu bytes%s, and a script has at most %lld (source in [script %s])",
              size, size > file->size ? " with its modules" : "",
              (long long)limits->source_bytes, file->name);
    return false;
}

struct resident *
resident_new(const struct resident_world *world, const struct script_file *file,
             const struct resident_events *events, struct error *error)
{
    const char *name = file->name;
    const struct conf_limits *limits = conf_limits_of(world->conf, name);
    if (!check_size(file, limits, error))
        return NULL;
    struct resident *resident = mem_zero(sizeof *resident);
    resident->world = *world;
    resident->events = *events;
    resident->name = mem_text(name);
    resident->room = mem_format("script %s", name);
    secrets_make_token(resident->token);
    resident->want_max = limits->wants;
    resident->alert_max = limits->alerts;
    resident->task_max = limits->tasks;
    resident->store_max = limits->store_bytes;
    struct process_events process_events = {on_frame, on_room, on_process_end,
                                            resident};
    resident->process =
        process_new(world->loop, world->program, name, limits, &process_events, error);
    if (resident->process && send_load(resident, limits, file))
        return resident;
    if (resident->process)
        error_set(error, ERROR_LIMIT, "", "the script is too large");
    resident_delete(resident);
    return NULL;
}

void
resident_delete(struct resident *resident)
{
    if (!resident)
        return;
    resident_retire(resident);
    resident_drop_waits(resident);
    if (resident->pool)
        http_pool_delete(resident->pool);
    resident_delete_jobs(resident);
    resident_drop_runs(resident);
    process_delete(resident->process);
    message_loaded_fini(&resident->loaded);
    free(resident->too_large);
    free(resident->is_off);
    free(resident->room);
    free(resident->name);
    free(resident);
}

void
resident_set_events(struct resident *resident, const struct resident_events *events)
{
    resident->events = *events;
}

void
resident_set_conf(struct resident *resident, const struct conf *conf)
{
    resident->world.conf = conf;
}

const struct message_loaded *
resident_loaded(const struct resident *resident)
{
    return resident->is_loaded ? &resident->loaded : NULL;
}

bool
resident_has_rule(const struct resident *resident, const char *rule)
{
    const struct message_loaded *loaded = resident ? resident_loaded(resident) : NULL;
    for (uint32_t i = 0; loaded && i < loaded->entry_count; i++)
        if (loaded->entries[i].kind == ENTRY_RULE &&
            !strcmp(loaded->entries[i].name, rule))
            return true;
    return false;
}

bool
resident_is_idle(const struct resident *resident)
{
    return !resident->waits && !resident_is_starting(resident) &&
           !resident->run_count && process_is_idle(resident->process);
}

pid_t
resident_pid(const struct resident *resident)
{
    return process_pid(resident->process);
}

/* What is known of one rule, as the host is told of it. */
struct restoring {
    struct resident *resident;
    uint32_t entry;
    struct message_list list;
};

static void
flush_kept(struct restoring *restoring)
{
    message_write_restore(process_out(restoring->resident->process), clock_wall_ms(),
                          &restoring->list);
    message_list_clear(&restoring->list);
}

/* What is of a centre that is not configured is held until it is again. */
static void
put_kept(struct restoring *restoring, const char *center_name, const char *key,
         const char *state)
{
    const struct conf *conf = restoring->resident->world.conf;
    const struct conf_center *center = conf_find_center(conf, center_name);
    if (!center)
        return;
    struct message_kept kept = {restoring->entry, (uint32_t)(center - conf->centers),
                                key, state};
    if (message_list_room(&restoring->list) < strlen(key) + strlen(state))
        flush_kept(restoring);
    message_put_kept(&restoring->list, &kept);
}

static void
on_raised(void *arg, const struct alert_record *record)
{
    put_kept(arg, record->center, record->key, "");
}

static void
on_state(void *arg, const struct key_state_record *record)
{
    put_kept(arg, record->center, record->key, record->state);
}

static void
restore(struct resident *resident)
{
    struct notify *notify = resident->world.notify;
    struct restoring restoring = {.resident = resident};
    for (uint32_t i = 0; i < resident->loaded.entry_count; i++) {
        const struct message_entry *entry = &resident->loaded.entries[i];
        restoring.entry = i;
        if (entry->kind != ENTRY_RULE)
            continue;
        notify_adopt(notify, entry->name, resident->name);
        notify_each_raised(notify, entry->name, on_raised, &restoring);
        notify_each_state(notify, entry->name, on_state, &restoring);
    }
    flush_kept(&restoring);
    message_list_fini(&restoring.list);
    resident->open_before = notify_raised_of(notify, resident->name);
}

static void
flush_store(struct resident *resident, struct message_list *list)
{
    message_write_store(process_out(resident->process), clock_wall_ms(), list);
    message_list_clear(list);
}

struct keeping {
    struct resident *resident;
    struct message_list list;
};

static void
on_stored(void *arg, const struct kept_record *record)
{
    struct keeping *keeping = arg;
    struct message_stored kept = {record->key, record->written_ms, record->value,
                                  record->size};
    if (message_list_room(&keeping->list) < strlen(record->key) + record->size)
        flush_store(keeping->resident, &keeping->list);
    message_put_stored(&keeping->list, &kept);
}

static void
give_kept(struct resident *resident)
{
    struct keeping keeping = {.resident = resident};
    if (!resident->world.notify)
        return;
    notify_each_kept(resident->world.notify, resident->name, on_stored, &keeping);
    if (keeping.list.count)
        flush_store(resident, &keeping.list);
    message_list_fini(&keeping.list);
}

static void
subscribe(struct resident *resident)
{
    uint32_t count = resident->loaded.want_count;
    struct planner_want *wants = mem_zero((count + 1) * sizeof *wants);
    for (uint32_t i = 0; i < count; i++) {
        const struct message_want *want = &resident->loaded.wants[i];
        wants[i] = (struct planner_want){want->center,  want->query, want->every_ms,
                                         want->last_ms, want->ids,   want->id_count,
                                         want->line};
    }
    if (count)
        resident->subscription = planner_subscribe(
            resident->world.planner, resident->name, wants, count, on_rows, resident);
    free(wants);
}

void
resident_start(struct resident *resident, const bool *disabled)
{
    resident->is_live = true;
    resident->is_off = mem_zero(resident->loaded.entry_count + 1);
    give_kept(resident);
    restore(resident);
    resident_start_ticks(resident);
    for (uint32_t i = 0; i < resident->loaded.entry_count; i++)
        if (disabled[i])
            resident_disable(resident, i);
    resident_start_jobs(resident);
    subscribe(resident);
    resident_start_handlers(resident);
}

int64_t
resident_period_ms(const struct resident *resident, uint32_t entry)
{
    const struct message_loaded *loaded = &resident->loaded;
    if (loaded->entries[entry].kind == ENTRY_JOB)
        return resident_job_period_ms(resident, entry);
    int64_t longest_ms = loaded->entries[entry].schedule.every_ms;
    for (uint32_t i = 0; i < loaded->want_count; i++)
        if (loaded->wants[i].entry == entry && loaded->wants[i].every_ms > longest_ms)
            longest_ms = loaded->wants[i].every_ms;
    return longest_ms;
}

void
resident_disable(struct resident *resident, uint32_t entry)
{
    message_write_disable(process_out(resident->process), clock_wall_ms(), entry);
    resident->is_off[entry] = true;
    resident_stop_job(resident, entry);
    resident_hold_handlers(resident, entry);
}

void
resident_shift(struct resident *resident, int64_t by_ms)
{
    if (!resident->is_live)
        return;
    if (by_ms)
        message_write_step(process_out(resident->process), clock_wall_ms(), by_ms);
    resident_plan_jobs(resident);
}

void
resident_replace(struct resident *resident)
{
    resident_retire(resident);
    resident->is_replaced = true;
}

void
resident_retire(struct resident *resident)
{
    resident_stop_handlers(resident);
    if (resident->subscription)
        planner_unsubscribe(resident->subscription);
    resident->subscription = NULL;
    resident_stop_ticks(resident);
    resident_stop_jobs(resident);
}
