/* What people are told of a script's troubles, and of their end. */
#include <stdlib.h>

#include "base/mem.h"
#include "base/trouble.h"
#include "script/ward.h"

void
ward_tell_off(const struct ward *ward, struct entry_record *record, const char *reason)
{
    char *name = mem_format("%s/%s", ward->file.name, record->name);
    record->is_told = true;
    trouble_tell(
        TROUBLE_RULE, name, "%s %s of %s is switched off: %s; %s",
        record->kind == ENTRY_RULE ? "rule" : "job", record->name, ward->file.shown,
        reason, record->kind == ENTRY_RULE ? "its alerts are held" : "it does not run");
    free(name);
}

void
ward_tell_failing(const struct ward *ward, struct entry_record *record,
                  const char *text, size_t size)
{
    bool is_rule = record->kind == ENTRY_RULE;
    char *name = mem_format("%s/%s/errors", ward->file.name, record->name);
    record->is_failing = true;
    trouble_tell(TROUBLE_RULE, name,
                 "%s %s fails again and again, the last time: %.*s; %s",
                 is_rule ? "rule" : "job", record->name, (int)size, text,
                 is_rule ? "alerts of rows that it cannot judge are held"
                         : "what a run that failed was about to do is not done");
    free(name);
}

void
ward_tell_quarantined(struct ward *ward, const char *reason)
{
    ward->is_told = true;
    trouble_tell(TROUBLE_SCRIPT, ward->file.name,
                 "%s is quarantined: it died %d times, the last time: %s; its alerts "
                 "are held",
                 ward->file.shown, STRIKES_OUT, reason);
}

void
ward_tell_full(const struct ward *ward, struct entry_record *record, bool is_waiting)
{
    if (record->is_full == is_waiting)
        return;
    char *name = mem_format("%s/%s/alerts", ward->file.name, record->name);
    const struct conf_limits *limits =
        conf_limits_of(ward->world->conf, ward->file.name);
    record->is_full = is_waiting;
    if (is_waiting)
        trouble_tell(TROUBLE_RULE, name,
                     "%s has %lld alerts open, its limit: what rule %s would raise "
                     "waits until one of them is cleared; let its rules raise less, or "
                     "set a higher alerts in [script %s]",
                     ward->file.shown, (long long)limits->alerts, record->name,
                     ward->file.name);
    else
        trouble_over(TROUBLE_RULE, name);
    free(name);
}

void
ward_tell_over(struct ward *ward)
{
    char *prefix = mem_format("%s/", ward->file.name);
    trouble_over(TROUBLE_SCRIPT, ward->file.name);
    trouble_over_all(TROUBLE_RULE, prefix);
    ward->is_told = false;
    free(prefix);
}

static void
tell_entry(const struct ward *ward, struct entry_record *record, int64_t now_ms)
{
    char *off = mem_format("%s/%s", ward->file.name, record->name);
    char *failing = mem_format("%s/errors", off);
    bool was_off = record->is_told && !record->strikes.out_since_ms &&
                   !strikes_count(&record->strikes, now_ms);
    if (was_off) {
        record->is_told = false;
        trouble_over(TROUBLE_RULE, off);
    }
    if (record->is_failing && !strikes_count(&record->errors, now_ms)) {
        record->is_failing = false;
        trouble_over(TROUBLE_RULE, failing);
    }
    free(failing);
    free(off);
}

void
ward_tell_survivors(struct ward *ward, int64_t now_ms)
{
    bool is_up =
        ward->state == WARD_LIVE && now_ms - ward->live_since_ms >= STRIKES_WITHIN_MS;
    for (size_t i = 0; is_up && i < ward->entry_count; i++)
        tell_entry(ward, &ward->entries[i], now_ms);
    if (is_up && ward->is_told) {
        ward->is_told = false;
        trouble_over(TROUBLE_SCRIPT, ward->file.name);
    }
}
