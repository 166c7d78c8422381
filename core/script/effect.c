#include "script/effect.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/step.h"
#include "script/script.h"

#define BURST_S       60
#define TELL_AFTER_MS 60000

static void
bucket_init(struct bucket *bucket, double per_s, int64_t now_ms)
{
    double burst = per_s * BURST_S;
    bucket->per_s = per_s;
    bucket->level = burst < 1 ? 1 : burst;
    bucket->at_ms = now_ms;
}

/* Time that goes back refills nothing and takes nothing. */
static bool
bucket_take(struct bucket *bucket, int64_t now_ms)
{
    double burst = bucket->per_s * BURST_S < 1 ? 1 : bucket->per_s * BURST_S;
    if (now_ms > bucket->at_ms)
        bucket->level += bucket->per_s * (double)(now_ms - bucket->at_ms) / 1000;
    bucket->at_ms = now_ms;
    if (bucket->level > burst)
        bucket->level = burst;
    if (bucket->level < 1)
        return false;
    bucket->level -= 1;
    return true;
}

void
effect_init(struct effects *effects, struct buf *out, const struct conf_limits *limits,
            int64_t now_ms)
{
    *effects =
        (struct effects){.out = out, .now_ms = now_ms, .dropped_from = UINT64_MAX};
    bucket_init(&effects->sends, limits->sends_per_s, now_ms);
    bucket_init(&effects->logs, limits->logs_per_s, now_ms);
}

void
effect_set_now(struct effects *effects, int64_t now_ms)
{
    effects->now_ms = now_ms;
}

void
effect_shift(struct effects *effects, int64_t by_ms)
{
    effects->sends.at_ms += by_ms;
    effects->logs.at_ms += by_ms;
    effects->told_ms = step_shift(effects->told_ms, by_ms);
}

/* "rule queue-wait", "job digest", "script". `out` has room for MESSAGE_NAME_MAX. */
static const char *
room_of(const struct entry *entry, char *out, size_t size)
{
    if (!entry)
        return "script";
    snprintf(out, size, "%s %.*s", entry->kind == ENTRY_RULE ? "rule" : "job",
             MESSAGE_NAME_MAX - 5, entry->name);
    return out;
}

static void
write_line(struct effects *effects, enum log_level level, const char *text, size_t size)
{
    char room[MESSAGE_NAME_MAX + 1];
    struct message_log log = {
        .level = (uint8_t)level,
        .room = room_of(effects->room, room, sizeof room),
        .text = text,
        .text_size = size < EFFECT_LINE_MAX ? size : EFFECT_LINE_MAX,
    };
    message_write_log(effects->out, effects->now_ms, &log);
}

void
effect_log(struct effects *effects, enum log_level level, const char *text, size_t size)
{
    if (bucket_take(&effects->logs, effects->now_ms))
        write_line(effects, level, text, size);
    else
        effects->dropped++;
}

void
effect_note(struct effects *effects, enum log_level level, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (size < 0)
        return;
    write_line(effects, level, text,
               (size_t)size < sizeof text ? (size_t)size : sizeof text - 1);
}

static bool
is_power_of_ten(uint64_t number)
{
    while (number >= 10 && number % 10 == 0)
        number /= 10;
    return number == 1;
}

void
effect_failed(struct effects *effects, struct entry *entry, const char *text)
{
    entry->failures++;
    effects->has_failures = true;
    snprintf(entry->failure, sizeof entry->failure, "%.*s", (int)strcspn(text, "\n"),
             text);
    if (!is_power_of_ten(entry->failures))
        return;
    struct buf line = {0};
    if (entry->failures > 1)
        buf_format(&line, "has failed %llu times; the last time: ",
                   (unsigned long long)entry->failures);
    const char *end = entry->failures > 1 ? strchrnul(text, '\n') : strchr(text, '\0');
    buf_add(&line, text, (size_t)(end - text));
    write_line(effects, LEVEL_ERROR, line.data, line.size);
    buf_fini(&line);
}

void
effect_tell_failures(struct effects *effects, struct entry *const *entries,
                     size_t count)
{
    for (size_t i = 0; effects->has_failures && i < count; i++) {
        struct entry *entry = entries[i];
        if (entry->failures == entry->counted)
            continue;
        const char *text = entry->failure[0] ? entry->failure : "(no message)";
        const struct message_failed failed = {
            .entry = entry->number,
            .count = (int64_t)(entry->failures - entry->counted),
            .text = text,
            .text_size = strlen(text)};
        message_write_failed(effects->out, effects->now_ms, &failed);
        entry->counted = entry->failures;
    }
    effects->has_failures = false;
}

void
effect_strike(struct effects *effects, const struct entry *entry, const char *limit)
{
    struct message_strike strike = {.entry = entry->number, .text = limit};
    message_write_strike(effects->out, effects->now_ms, &strike);
}

void
effect_full(struct effects *effects, const struct entry *entry, bool is_waiting)
{
    struct message_full full = {.entry = entry->number, .is_waiting = is_waiting};
    message_write_full(effects->out, effects->now_ms, &full);
}

void
effect_tell_drops(struct effects *effects)
{
    if (!effects->dropped || effects->now_ms < effects->told_ms + TELL_AFTER_MS)
        return;
    effects->room = NULL;
    effect_note(effects, LEVEL_WARN, "%llu log lines were dropped (log = %.4g/min)",
                (unsigned long long)effects->dropped, effects->logs.per_s * 60);
    effects->dropped = 0;
    effects->told_ms = effects->now_ms;
}

/* For an item with such a text beside its names. */
static bool
has_room(const struct effects *effects, size_t text_size)
{
    return message_list_room(&effects->items) >= effects->kept.items.size +
                                                     EFFECT_NOTE_MAX + text_size +
                                                     MESSAGE_KEY_MAX + MESSAGE_NAME_MAX;
}

bool
effect_alert(struct effects *effects, const struct message_alert *alert)
{
    if (!has_room(effects, alert->event_size))
        return false;
    message_put_alert(&effects->items, alert);
    return true;
}

void
effect_state(struct effects *effects, const struct entry *entry,
             const struct message_state *state)
{
    if (!has_room(effects, MESSAGE_STATE_MAX))
        effect_commit(effects, entry, 0);
    message_put_state(&effects->items, state);
}

bool
effect_send(struct effects *effects, const struct message_send *send)
{
    if (!has_room(effects, send->message_size) ||
        !bucket_take(&effects->sends, effects->now_ms))
        return false;
    message_put_send(&effects->items, send);
    return true;
}

bool
effect_may_send(struct effects *effects)
{
    return bucket_take(&effects->sends, effects->now_ms);
}

uint64_t
effect_keep(struct effects *effects, const struct message_stored *kept)
{
    if (!has_room(effects, kept->value_size))
        return 0;
    message_put_change(&effects->kept, kept);
    return ++effects->puts;
}

uint64_t
effect_take_dropped(struct effects *effects)
{
    uint64_t from = effects->dropped_from;
    effects->dropped_from = UINT64_MAX;
    return from;
}

void
effect_note_kept(struct effects *effects, const char *note, size_t size)
{
    buf_clear(&effects->note);
    buf_add(&effects->note, note, size);
}

struct effect_mark
effect_mark(const struct effects *effects)
{
    return (struct effect_mark){effects->items.items.size, effects->kept.items.size,
                                effects->items.count, effects->kept.count,
                                effects->puts};
}

static void
cut(struct message_list *list, size_t size, uint32_t count)
{
    list->items.size = size;
    if (list->items.data)
        list->items.data[size] = '\0';
    list->count = count;
}

void
effect_rollback(struct effects *effects, struct effect_mark mark)
{
    buf_clear(&effects->note);
    cut(&effects->items, mark.size, mark.count);
    cut(&effects->kept, mark.kept_size, mark.kept_count);
    if (effects->puts > mark.puts && mark.puts < effects->dropped_from)
        effects->dropped_from = mark.puts;
}

void
effect_commit(struct effects *effects, const struct entry *entry, int64_t scheduled_ms)
{
    struct message_list *items = &effects->items;
    if (!items->count && !effects->kept.count && !effects->note.size &&
        !effects->is_done)
        return;
    buf_add(&items->items, effects->kept.items.data, effects->kept.items.size);
    items->count += effects->kept.count;
    message_list_clear(&effects->kept);
    if (effects->note.size)
        message_put_note(items, effects->note.data, effects->note.size);
    if (effects->is_done)
        message_put_done(items);
    buf_clear(&effects->note);
    effects->is_done = false;
    message_write_commit(effects->out, effects->now_ms, entry->number, scheduled_ms,
                         items);
    message_list_clear(items);
    effects->committed = effects->puts;
}
