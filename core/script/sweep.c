#include "script/sweep.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "script/key.h"
#include "script/stale.h"

struct sweeping {
    const struct ward *wards;
    const struct resident_world *world;
};

/* Where an alert or a state belongs. */
struct place {
    const char *center, *rule, *key, *script;
};

static const struct ward *
ward_of_rule(const struct ward *ward, const char *rule)
{
    while (ward && !resident_has_rule(ward->resident, rule))
        ward = ward->next;
    return ward;
}

static bool
is_live(const struct ward *ward, const char *script)
{
    while (ward && strcmp(ward->file.name, script) != 0)
        ward = ward->next;
    return ward && ward->state == WARD_LIVE;
}

/* A rule that is nowhere may stand in a file that does not load yet. */
static bool
are_all_read(const struct ward *ward)
{
    while (ward && !ward->trouble)
        ward = ward->next;
    return !ward;
}

static bool
has_id(const struct message_want *want, int64_t id)
{
    uint32_t i = 0;
    while (i < want->id_count && want->ids[i] != id)
        i++;
    return i < want->id_count;
}

/* Does the want bring, or miss, rows with this key? Which rows a list has, and a rule
 * that makes them, is known to the host alone, which clears those that are gone
 * (scope_absent, rule_judge_all). A source is watched with whatever it brings. */
static bool
covers(const struct message_entry *entry, const struct message_want *want,
       const char *text)
{
    struct key key;
    if (entry->makes_rows || !strcmp(text, STALE_KEY))
        return true;
    return key_of_text(&key, want->query, text) &&
           (want->query->is_list || has_id(want, key.id));
}

/* One that is there (ward_of_rule). */
static const struct message_entry *
find_rule(const struct message_loaded *loaded, const char *name)
{
    const struct message_entry *entry = loaded->entries;
    while (entry->kind != ENTRY_RULE || strcmp(entry->name, name) != 0)
        entry++;
    return entry;
}

static bool
is_watched(const struct message_loaded *loaded, const struct place *place,
           uint32_t center)
{
    const struct message_entry *rule = find_rule(loaded, place->rule);
    bool has_wants = false;
    for (uint32_t i = 0; i < loaded->want_count; i++) {
        const struct message_want *want = &loaded->wants[i];
        if (&loaded->entries[want->entry] != rule)
            continue;
        has_wants = true;
        if (want->center == center && covers(rule, want, place->key))
            return true;
    }
    return !has_wants && rule->makes_rows && center == 0;
}

/* It is in no file, and the one that had it loaded. */
static bool
is_removed(const void *arg, const char *rule, const char *script)
{
    const struct sweeping *sweeping = arg;
    return !ward_of_rule(sweeping->wards, rule) && is_live(sweeping->wards, script) &&
           are_all_read(sweeping->wards);
}

/* Why nobody watches it any more; NULL: somebody does, or it is held. */
static const char *
why_over(const struct sweeping *sweeping, const struct place *place)
{
    const struct conf *conf = sweeping->world->conf;
    const struct ward *ward = ward_of_rule(sweeping->wards, place->rule);
    if (!ward)
        return is_removed(sweeping, place->rule, place->script) ? "the rule was removed"
                                                                : NULL;
    const struct conf_center *center = conf_find_center(conf, place->center);
    if (ward->state != WARD_LIVE || !center)
        return NULL;
    return is_watched(resident_loaded(ward->resident), place,
                      (uint32_t)(center - conf->centers))
               ? NULL
               : "the rule does not watch it any more";
}

static void
clear_if_over(void *arg, const struct alert_record *record)
{
    const struct sweeping *sweeping = arg;
    const struct place place = {record->center, record->rule, record->key,
                                record->script};
    const char *why = why_over(sweeping, &place);
    struct error error = {0};
    struct buf event = {0};
    if (!why)
        return;
    buf_format(
        &event,
        "{\"severity\":\"warning\",\"labels\":{},\"summary\":\"\",\"why\":\"%s\","
        "\"reason\":\"rule removed\",\"row\":{},\"query\":\"\",\"send\":[]}",
        why);
    struct notify_batch *batch =
        notify_begin(sweeping->world->notify, record->script, clock_wall_ms());
    if (notify_alert(batch, record->center, record->rule, record->key, "clear",
                     event.data, event.size, &error)) {
        notify_state(batch, record->center, record->rule, record->key, "");
        notify_commit(batch);
    } else {
        log_error("script", "rule %s: cannot be cleared: %s", record->rule,
                  error.message);
        notify_drop(batch);
    }
    buf_fini(&event);
}

/* States that are over and had no alert; copies, because forgetting changes what is
 * walked. */
struct litter {
    struct sweeping sweeping;
    struct key_state_record *records;
    size_t count;
};

static void
collect_if_over(void *arg, const struct key_state_record *record)
{
    struct litter *litter = arg;
    const struct place place = {record->center, record->rule, record->key,
                                record->script};
    if (!why_over(&litter->sweeping, &place))
        return;
    litter->records =
        mem_grow(litter->records, litter->count + 1, sizeof *litter->records);
    key_state_record_init(&litter->records[litter->count++], record);
}

static void
forget_states(const struct sweeping *sweeping)
{
    struct notify *notify = sweeping->world->notify;
    struct litter litter = {.sweeping = *sweeping};
    notify_each_state(notify, NULL, collect_if_over, &litter);
    for (size_t i = 0; i < litter.count; i++) {
        struct key_state_record *record = &litter.records[i];
        struct notify_batch *batch =
            notify_begin(notify, record->script, clock_wall_ms());
        notify_state(batch, record->center, record->rule, record->key, "");
        notify_commit(batch);
        key_state_record_fini(record);
    }
    free(litter.records);
}

void
sweep(const struct ward *wards, const struct resident_world *world)
{
    struct sweeping sweeping = {wards, world};
    notify_each_raised(world->notify, NULL, clear_if_over, &sweeping);
    forget_states(&sweeping);
    notify_end_runs(world->notify, is_removed, &sweeping);
}
