/* What people see of scripts, and how they run a job. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "script/supervisor_inside.h"

bool
supervisor_is_settled(const struct supervisor *supervisor)
{
    for (const struct ward *ward = supervisor->wards; ward; ward = ward->next)
        if (ward_is_unsettled(ward))
            return false;
    return !supervisor->reload.conf;
}

static const char *
state_of(const struct ward *ward)
{
    static const char *const words[] = {
        [WARD_DOWN] = "not loaded",
        [WARD_LIVE] = "live",
        [WARD_RESTARTING] = "restarting",
        [WARD_QUARANTINED] = "quarantined",
    };
    return ward->state == WARD_DOWN && ward_is_trying(ward) ? "loading"
                                                            : words[ward->state];
}

void
supervisor_each_script(const struct supervisor *supervisor,
                       supervisor_on_script *on_script, void *arg)
{
    for (const struct ward *ward = supervisor->wards; ward; ward = ward->next) {
        struct script_look look = {
            .name = ward->file.name,
            .file = ward->file.shown,
            .state = state_of(ward),
            .trouble = ward->trouble,
            .death = ward->state == WARD_LIVE ? NULL : ward->death,
            .pid = ward->resident ? resident_pid(ward->resident) : 0,
            .restarts = ward->restarts};
        on_script(arg, &look);
    }
}

/* Of one that has not been at fault there may be none. */
static struct entry_record
record_of(const struct ward *ward, const struct message_entry *entry)
{
    for (size_t i = 0; i < ward->entry_count; i++)
        if (ward->entries[i].kind == entry->kind &&
            !strcmp(ward->entries[i].name, entry->name))
            return ward->entries[i];
    return (struct entry_record){0};
}

static bool
is_off(const struct ward *ward, const struct message_entry *entry)
{
    return record_of(ward, entry).strikes.out_since_ms != 0;
}

static const struct message_loaded *
loaded_of(const struct ward *ward)
{
    return ward->resident ? resident_loaded(ward->resident) : NULL;
}

static const char *
entry_state(const struct ward *ward, const struct entry_record *record)
{
    if (ward->state != WARD_LIVE)
        return state_of(ward);
    if (record->strikes.out_since_ms)
        return "switched off";
    return record->is_failing ? "failing" : "on";
}

static const struct run_report *
last_run(const struct supervisor *supervisor, const struct ward *ward,
         const struct message_entry *entry)
{
    return entry->kind == ENTRY_JOB && supervisor->world.ledger
               ? ledger_report(supervisor->world.ledger, ward->file.name, entry->name)
               : NULL;
}

void
supervisor_each_entry(const struct supervisor *supervisor,
                      supervisor_on_entry *on_entry, void *arg)
{
    for (const struct ward *ward = supervisor->wards; ward; ward = ward->next) {
        const struct message_loaded *loaded = loaded_of(ward);
        for (uint32_t i = 0; loaded && i < loaded->entry_count; i++) {
            const struct message_entry *entry = &loaded->entries[i];
            const struct entry_record record = record_of(ward, entry);
            struct entry_look look = {.script = ward->file.name,
                                      .name = entry->name,
                                      .is_rule = entry->kind == ENTRY_RULE,
                                      .state = entry_state(ward, &record),
                                      .about = entry->about,
                                      .about_size = entry->about_size,
                                      .errors = record.error_count,
                                      .trouble = record.trouble,
                                      .trouble_ms = record.trouble_ms,
                                      .last_run = last_run(supervisor, ward, entry)};
            on_entry(arg, &look);
        }
    }
}

/* ---- who watches ---- */

/* Whose host has loaded the rule; NULL: nobody's has. `index` is where. */
static const struct ward *
find_rule(const struct supervisor *supervisor, const char *rule, uint32_t *index)
{
    for (const struct ward *ward = supervisor->wards; ward; ward = ward->next) {
        const struct message_loaded *loaded = loaded_of(ward);
        for (uint32_t i = 0; loaded && i < loaded->entry_count; i++) {
            *index = i;
            if (loaded->entries[i].kind == ENTRY_RULE &&
                !strcmp(loaded->entries[i].name, rule))
                return ward;
        }
    }
    return NULL;
}

static const struct ward *
find_script(const struct supervisor *supervisor, const char *script)
{
    const struct ward *ward = supervisor->wards;
    while (ward && strcmp(ward->file.name, script) != 0)
        ward = ward->next;
    return ward;
}

bool
supervisor_is_held(const struct supervisor *supervisor, const char *rule,
                   const char *script, struct buf *out)
{
    uint32_t index = 0;
    const struct ward *ward = find_rule(supervisor, rule, &index), *owner = ward;
    if (!owner)
        owner = find_script(supervisor, script);
    if (!owner)
        buf_add_text(out, "its script is gone");
    else if (owner->state != WARD_LIVE)
        buf_format(out, "its script is %s", state_of(owner));
    else if (!ward)
        buf_add_text(out, "its rule is in no script that is loaded");
    else if (is_off(ward, &loaded_of(ward)->entries[index]))
        buf_add_text(out, "its rule is switched off");
    else
        return false;
    return true;
}

/* ---- jobs ---- */

struct job_search {
    const char *name;
    struct ward *ward; /* that has it */
    uint32_t entry;
    size_t count;       /* that fit */
    const char **names; /* of all jobs, for a guess */
    size_t name_count;
};

static bool
is_called(const struct ward *ward, const char *job, const char *name)
{
    size_t size = strlen(ward->file.name);
    return !strcmp(job, name) || (!strncmp(name, ward->file.name, size) &&
                                  name[size] == '/' && !strcmp(name + size + 1, job));
}

static void
search(struct job_search *search, struct ward *ward)
{
    const struct message_loaded *loaded = loaded_of(ward);
    for (uint32_t i = 0; loaded && i < loaded->entry_count; i++) {
        const char *job = loaded->entries[i].name;
        if (loaded->entries[i].kind != ENTRY_JOB)
            continue;
        search->names =
            mem_grow(search->names, search->name_count + 2, sizeof *search->names);
        search->names[search->name_count++] = job;
        search->names[search->name_count] = NULL;
        if (!is_called(ward, job, search->name))
            continue;
        search->ward = ward;
        search->entry = i;
        search->count++;
    }
}

static bool
fail_search(const struct job_search *search, struct error *error)
{
    const char *guess =
        search->names ? text_nearest(search->name, search->names) : NULL;
    if (search->count > 1)
        error_set(error, ERROR_API, "",
                  "several scripts have a job '%s': say SCRIPT/%s", search->name,
                  search->name);
    else if (guess)
        error_set(error, ERROR_API, "", "no job '%s' (did you mean '%s'?)",
                  search->name, guess);
    else
        error_set(error, ERROR_API, "", "no job '%s' in any script that is loaded",
                  search->name);
    return false;
}

static bool
run_found(const struct job_search *search, struct run_watch *watch, struct error *error)
{
    const struct ward *ward = search->ward;
    if (ward->state != WARD_LIVE)
        error_set(error, ERROR_LIMIT, "", "script %s is %s", ward->file.name,
                  state_of(ward));
    else if (is_off(ward, &loaded_of(ward)->entries[search->entry]))
        error_set(
            error, ERROR_LIMIT, "",
            "job %s is switched off after its strikes; `ccgate reload` lets it in",
            search->name);
    else if (!resident_run_job(ward->resident, search->entry, watch))
        error_set(error, ERROR_LIMIT, "", "its last run has not ended");
    else
        return true;
    return false;
}

bool
supervisor_run_job(struct supervisor *supervisor, const char *name,
                   struct run_watch *watch, struct error *error)
{
    struct job_search found = {.name = name};
    for (struct ward *ward = supervisor->wards; ward; ward = ward->next)
        search(&found, ward);
    bool is_good =
        found.count == 1 ? run_found(&found, watch, error) : fail_search(&found, error);
    free(found.names);
    return is_good;
}

const struct tally *
supervisor_tally(const struct supervisor *supervisor)
{
    return supervisor->world.tally;
}
