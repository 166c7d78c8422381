#include "script/supervisor_inside.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "script/latch_step.h"
#include "script/setup.h"
#include "script/sweep.h"
#include "script/tally.h"

#define RETIRE_MS ((int64_t)10 * 1000) /* what still waits then is cancelled */
#define ROUND_MS  ((int64_t)200)       /* how often retired ones are looked after */
#define TRIAL_MS  ((int64_t)60 * 1000) /* how often trials are considered */

/* A host that has been replaced and whose tasks may end. */
struct retiree {
    struct resident *resident;
    int64_t until_ms;
    bool was_idle; /* a round ago: what it said then has been heard */
    struct retiree *next;
};

static void on_change(void *arg);

/* ---- retired hosts ---- */

static void
on_retired_strike(void *arg, uint32_t entry, const char *text)
{
    (void)arg, (void)entry;
    log_warn("script", "a task of a script that was replaced: %s", text);
}

static void
on_retired_end(void *arg, const struct process_end *end)
{
    struct retiree *retiree = arg;
    (void)end;
    retiree->until_ms = 0;
}

static void
retire(struct supervisor *supervisor, struct resident *resident)
{
    struct retiree *retiree = mem_zero(sizeof *retiree);
    struct resident_events events = {
        .on_strike = on_retired_strike, .on_end = on_retired_end, .arg = retiree};
    resident_replace(resident);
    resident_set_events(resident, &events);
    retiree->resident = resident;
    retiree->until_ms = clock_mono_ms() + RETIRE_MS;
    retiree->next = supervisor->retirees;
    supervisor->retirees = retiree;
    timer_start(supervisor->round_timer, ROUND_MS);
}

static void
on_round(void *arg)
{
    struct supervisor *supervisor = arg;
    int64_t now = clock_mono_ms();
    for (struct retiree **at = &supervisor->retirees; *at;) {
        struct retiree *retiree = *at;
        bool was_idle = retiree->was_idle;
        retiree->was_idle = resident_is_idle(retiree->resident);
        if (now < retiree->until_ms && !(was_idle && retiree->was_idle)) {
            at = &retiree->next;
            continue;
        }
        *at = retiree->next;
        resident_delete(retiree->resident);
        free(retiree);
        /* What it left may be of a rule that is gone. */
        supervisor->has_new = true;
        on_change(supervisor);
    }
    if (supervisor->retirees)
        timer_start(supervisor->round_timer, ROUND_MS);
}

/* ---- reload: load, check, swap ---- */

/* The ward of a script; a new one, in its place by name, when there is none. */
static struct ward *
obtain(struct supervisor *supervisor, const struct script_file *file)
{
    struct ward **place = &supervisor->wards;
    while (*place && strcmp((*place)->file.name, file->name) < 0)
        place = &(*place)->next;
    if (*place && !strcmp((*place)->file.name, file->name))
        return *place;
    return ward_new(&supervisor->world, place, file, on_change, supervisor);
}

static bool
is_running(const struct ward *ward)
{
    return ward->state == WARD_LIVE || ward->state == WARD_RESTARTING;
}

static void
try_file(struct supervisor *supervisor, struct script_file *file,
         const struct resident_world *world)
{
    struct ward *ward = obtain(supervisor, file);
    struct buf setup = {0};
    setup_write(world->conf, file->shown, &setup);
    setup_add_limits(conf_limits_of(world->conf, file->name), &setup);
    ward->is_gone = false;
    if (is_running(ward) && (ward->setup.size != setup.size ||
                             memcmp(ward->setup.data, setup.data, setup.size)))
        supervisor->is_whole = true;
    if (ward_is_changed(ward, file, &setup))
        ward_try(ward, file, &setup, world);
    buf_fini(&setup);
}

static void
try_files(struct supervisor *supervisor, struct script_folder *folder,
          const struct conf *conf)
{
    struct resident_world world = supervisor->world;
    world.conf = conf;
    for (struct ward *ward = supervisor->wards; ward; ward = ward->next)
        ward->is_gone = true;
    for (size_t i = 0; i < folder->count; i++)
        try_file(supervisor, &folder->files[i], &world);
}

/* False: the folder cannot be read, and nothing was tried. */
static bool
try_folder(struct supervisor *supervisor, const struct conf *conf)
{
    struct script_folder folder;
    if (supervisor->files)
        folder_read_files(&folder, supervisor->files, supervisor->file_count);
    else
        folder_read(&folder, conf->scripts);
    bool is_fine = !folder.trouble;
    if (!is_fine)
        log_error("script", "%s", folder.trouble);
    else if (!folder.count)
        log_warn("script", "%s: no scripts in it", conf->scripts);
    if (is_fine)
        try_files(supervisor, &folder, conf);
    folder_fini(&folder);
    return is_fine;
}

/* Every script sees the new configuration, or none does. */
static bool
is_acceptable(const struct supervisor *supervisor)
{
    for (const struct ward *ward = supervisor->wards; ward; ward = ward->next)
        if (is_running(ward) && !ward->is_gone && !ward->candidate_is_good)
            return false;
    return true;
}

static void
put_in_force(struct supervisor *supervisor)
{
    supervisor->world.conf = supervisor->reload.conf;
    if (supervisor->reload.on_swap)
        supervisor->reload.on_swap(supervisor->reload.arg, supervisor->reload.conf);
}

/* Nothing that scripts see has changed: those that run go on in it. */
static void
take_over(struct supervisor *supervisor)
{
    put_in_force(supervisor);
    for (struct ward *ward = supervisor->wards; ward; ward = ward->next)
        if (ward->resident)
            resident_set_conf(ward->resident, supervisor->reload.conf);
}

static void
finish_reload(struct supervisor *supervisor, bool is_in_force)
{
    struct supervisor_reload reload = supervisor->reload;
    supervisor->reload = (struct supervisor_reload){0};
    supervisor->is_whole = false;
    if (reload.on_done)
        reload.on_done(reload.arg, reload.conf, is_in_force);
}

/* Who has the rule, or is to have it. */
static struct ward *
owner_of(const struct supervisor *supervisor, const char *rule,
         const struct ward *asker)
{
    for (struct ward *ward = supervisor->wards; ward; ward = ward->next) {
        const struct resident *resident = ward->candidate_is_good ? ward->candidate
                                          : ward->candidate || ward->is_gone
                                              ? NULL
                                              : ward->resident;
        if (ward != asker && resident_has_rule(resident, rule))
            return ward;
    }
    return NULL;
}

/* Of two that come in with one reload the first by name has the rule, whichever has
 * loaded first; one that ran before has it anyway. */
static bool
is_before(const struct supervisor *supervisor, const struct ward *ward,
          const struct ward *owner)
{
    bool is_new = owner->candidate_is_good || owner->came_with == supervisor->reloads;
    return is_new && strcmp(ward->file.name, owner->file.name) < 0;
}

static void
refuse(struct supervisor *supervisor, struct ward *ward, const struct ward *owner,
       const char *rule)
{
    char *text = mem_format(
        "%s: not loaded: %s has a rule '%s', too; names are unique in the gateway",
        ward->file.shown, owner->file.shown, rule);
    log_error(ward->room, "%s", text);
    ward_note_trouble(ward, text);
    free(text);
    if (ward->candidate)
        ward_drop_candidate(ward);
    else
        retire(supervisor, ward_put_down(ward));
}

/* Names of rules are part of an alert's identity. */
static void
refuse_taken_names(struct supervisor *supervisor)
{
    for (struct ward *ward = supervisor->wards; ward; ward = ward->next) {
        const struct message_loaded *loaded =
            ward->candidate_is_good ? resident_loaded(ward->candidate) : NULL;
        for (uint32_t i = 0; ward->candidate_is_good && i < loaded->entry_count; i++) {
            const char *rule = loaded->entries[i].name;
            struct ward *owner = loaded->entries[i].kind == ENTRY_RULE
                                     ? owner_of(supervisor, rule, ward)
                                     : NULL;
            if (owner && is_before(supervisor, ward, owner))
                refuse(supervisor, owner, ward, rule);
            else if (owner)
                refuse(supervisor, ward, owner, rule);
        }
    }
}

/* A rule of it runs in a script that may go on with it: that one's new version has not
 * yet shown whether it is good. */
static bool
is_contested(const struct supervisor *supervisor, const struct ward *ward)
{
    const struct message_loaded *loaded = resident_loaded(ward->candidate);
    for (const struct ward *other = supervisor->wards; other; other = other->next)
        for (uint32_t i = 0; ward_is_trying(other) && i < loaded->entry_count; i++)
            if (loaded->entries[i].kind == ENTRY_RULE &&
                resident_has_rule(other->resident, loaded->entries[i].name))
                return true;
    return false;
}

static void
swap_good(struct supervisor *supervisor)
{
    for (struct ward *ward = supervisor->wards; ward; ward = ward->next) {
        if (!ward->candidate_is_good || is_contested(supervisor, ward))
            continue;
        struct resident *old = ward_swap(ward);
        ward->came_with = supervisor->reloads;
        if (old && resident_loaded(old))
            retire(supervisor, old);
        else
            resident_delete(old);
        supervisor->has_new = true;
    }
}

/* The alerts of a script whose file is gone are held (lifecycle.md §3.6). */
static void
drop_gone(struct supervisor *supervisor)
{
    for (struct ward **at = &supervisor->wards; *at;) {
        struct ward *ward = *at;
        if (!ward->is_gone) {
            at = &ward->next;
            continue;
        }
        log_info(ward->room, "its file is gone: stopped, its alerts are held");
        *at = ward->next;
        ward_delete(ward);
    }
}

static bool
any(const struct supervisor *supervisor, bool (*is_so)(const struct ward *ward))
{
    for (const struct ward *ward = supervisor->wards; ward; ward = ward->next)
        if (is_so(ward))
            return true;
    return false;
}

/* Those that are replaced keep the configuration that they know: it numbers their
 * centres. They want nothing more before another one is in force. */
static void
swap_whole(struct supervisor *supervisor)
{
    drop_gone(supervisor);
    for (struct ward *ward = supervisor->wards; ward; ward = ward->next)
        if (ward->resident)
            resident_retire(ward->resident);
    put_in_force(supervisor);
    swap_good(supervisor);
}

static void
settle_whole(struct supervisor *supervisor)
{
    bool is_fine = is_acceptable(supervisor);
    if (is_fine) {
        swap_whole(supervisor);
    } else {
        log_error("script",
                  "the new configuration is refused: a running script does not "
                  "load with it; nothing was changed");
        for (struct ward *ward = supervisor->wards; ward; ward = ward->next)
            ward_drop_candidate(ward);
    }
    finish_reload(supervisor, is_fine);
}

static void
on_settle(void *arg)
{
    struct supervisor *supervisor = arg;
    if (supervisor->is_draining)
        return;
    bool is_decided = !any(supervisor, ward_is_trying);
    refuse_taken_names(supervisor);
    if (!supervisor->is_whole)
        swap_good(supervisor);
    if (supervisor->is_whole && is_decided)
        settle_whole(supervisor);
    else if (supervisor->reload.conf && is_decided)
        finish_reload(supervisor, true);
    if (supervisor->has_new && !any(supervisor, ward_is_unsettled)) {
        supervisor->has_new = false;
        sweep(supervisor->wards, &supervisor->world);
    }
}

/* Not at once: the call may come from the middle of a host's frame. */
static void
on_change(void *arg)
{
    struct supervisor *supervisor = arg;
    timer_start(supervisor->settle_timer, 0);
}

bool
supervisor_is_reloading(const struct supervisor *supervisor)
{
    return supervisor->reload.conf || supervisor->is_draining;
}

bool
supervisor_reload(struct supervisor *supervisor, const struct supervisor_reload *reload)
{
    if (supervisor_is_reloading(supervisor))
        return false;
    supervisor->reload = *reload;
    supervisor->reloads++;
    if (!try_folder(supervisor, reload->conf)) {
        finish_reload(supervisor, false);
        return true;
    }
    if (!supervisor->is_whole) {
        drop_gone(supervisor);
        take_over(supervisor);
    }
    on_change(supervisor);
    return true;
}

/* ---- life ---- */

static void
on_trial(void *arg)
{
    struct supervisor *supervisor = arg;
    for (struct ward *ward = supervisor->wards; ward; ward = ward->next)
        ward_try_again(ward, clock_mono_ms());
    timer_start(supervisor->trial_timer, TRIAL_MS);
}

struct supervisor *
supervisor_new(const struct resident_world *world)
{
    struct supervisor *supervisor = mem_zero(sizeof *supervisor);
    supervisor->world = *world;
    supervisor->world.tally = tally_new();
    supervisor->round_timer = timer_new(world->loop, on_round, supervisor);
    supervisor->trial_timer = timer_new(world->loop, on_trial, supervisor);
    supervisor->settle_timer = timer_new(world->loop, on_settle, supervisor);
    timer_start(supervisor->trial_timer, TRIAL_MS);
    return supervisor;
}

void
supervisor_set_files(struct supervisor *supervisor, const char *const *paths,
                     size_t count)
{
    supervisor->files = paths;
    supervisor->file_count = count;
}

void
supervisor_start(struct supervisor *supervisor)
{
    struct supervisor_reload first = {.conf = supervisor->world.conf};
    supervisor_reload(supervisor, &first);
}

/* First the book: hosts that start from now on are told what it has. */
void
supervisor_step(struct supervisor *supervisor, const struct step *step)
{
    if (step->by_ms)
        notify_shift(supervisor->world.notify, step->by_ms, latch_text_shift);
    else
        notify_look(supervisor->world.notify);
    for (struct ward *ward = supervisor->wards; ward; ward = ward->next)
        if (ward->resident)
            resident_shift(ward->resident, step->by_ms);
}

void
supervisor_drain(struct supervisor *supervisor)
{
    supervisor->is_draining = true;
    timer_stop(supervisor->trial_timer);
    for (struct ward *ward = supervisor->wards; ward; ward = ward->next)
        ward_drain(ward);
}

void
supervisor_delete(struct supervisor *supervisor)
{
    if (!supervisor)
        return;
    while (supervisor->wards) {
        struct ward *ward = supervisor->wards;
        supervisor->wards = ward->next;
        ward_delete(ward);
    }
    while (supervisor->retirees) {
        struct retiree *retiree = supervisor->retirees;
        supervisor->retirees = retiree->next;
        resident_delete(retiree->resident);
        free(retiree);
    }
    if (supervisor->reload.conf)
        finish_reload(supervisor, !supervisor->is_whole);
    timer_free(supervisor->round_timer);
    timer_free(supervisor->trial_timer);
    timer_free(supervisor->settle_timer);
    tally_delete(supervisor->world.tally);
    free(supervisor);
}
