#include "script/setup.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/zone.h"

static void
add_member(struct buf *out, const char *name, const char *value)
{
    buf_format(out, "\"%s\":", name);
    buf_add_json(out, value, strlen(value));
}

static void
add_comma(struct buf *out, size_t index)
{
    if (index)
        buf_add_text(out, ",");
}

static void
add_queue(struct buf *out, const struct conf_queue *queue)
{
    buf_format(out, "{\"id\":%lld,", (long long)queue->id);
    add_member(out, "name", queue->name);
    buf_add_text(out, ",\"tags\":[");
    for (size_t i = 0; i < queue->tag_count; i++) {
        add_comma(out, i);
        buf_add_json(out, queue->tags[i], strlen(queue->tags[i]));
    }
    buf_add_text(out, "]}");
}

static void
add_center(struct buf *out, const struct conf_center *center, const char *zone)
{
    buf_add_text(out, "{");
    add_member(out, "name", center->name);
    buf_add_text(out, ",");
    add_member(out, "zone", center->zone ? center->zone : zone);
    buf_format(out,
               ",\"default\":%s,\"edition\":%lld,\"agent_gateway\":%s,\"queues\":[",
               center->is_default ? "true" : "false", (long long)center->edition,
               center->agent_gateway ? "true" : "false");
    for (size_t i = 0; i < center->queue_count; i++) {
        add_comma(out, i);
        add_queue(out, &center->queues[i]);
    }
    buf_add_text(out, "]}");
}

/* In the form that calendar_read() takes. */
static void
add_calendar(struct buf *out, const struct conf_calendar *calendar, const char *zone)
{
    struct buf text = {0};
    buf_format(&text, "days=%s\n", calendar->days);
    if (calendar->hours)
        buf_format(&text, "hours=%s\n", calendar->hours);
    if (calendar->holidays)
        buf_format(&text, "holidays=%s\n", calendar->holidays);
    for (size_t i = 0; i < calendar->exception_count; i++)
        buf_format(&text, "except.%s=%s\n", calendar->exceptions[i].day,
                   calendar->exceptions[i].hours);
    buf_add_text(out, "{");
    add_member(out, "name", calendar->name);
    buf_add_text(out, ",");
    add_member(out, "zone", calendar->zone ? calendar->zone : zone);
    buf_add_text(out, ",");
    add_member(out, "text", text.data);
    buf_add_text(out, "}");
    buf_fini(&text);
}

static void
add_calendars(struct buf *out, const struct conf *conf, const char *zone)
{
    buf_add_text(out, ",\"calendars\":[");
    for (size_t i = 0; i < conf->calendar_count; i++) {
        add_comma(out, i);
        add_calendar(out, &conf->calendars[i], zone);
    }
    buf_add_text(out, "]");
}

static void
add_words(struct buf *out, const char *name, char *const *words, size_t count)
{
    buf_format(out, ",\"%s\":[", name);
    for (size_t i = 0; i < count; i++) {
        add_comma(out, i);
        buf_add_json(out, words[i], strlen(words[i]));
    }
    buf_add_text(out, "]");
}

void
setup_write(const struct conf *conf, const char *file, struct buf *out)
{
    char *zone = conf->zone ? mem_text(conf->zone) : zone_machine();
    buf_add_text(out, "{");
    add_member(out, "file", file);
    buf_add_text(out, ",");
    add_member(out, "gateway", conf->name);
    buf_add_text(out, ",");
    add_member(out, "zone", zone);
    buf_add_text(out, ",\"centers\":[");
    for (size_t i = 0; i < conf->center_count; i++) {
        add_comma(out, i);
        add_center(out, &conf->centers[i], zone);
    }
    buf_add_text(out, "],\"destinations\":[");
    for (size_t i = 0; i < conf->destination_count; i++) {
        add_comma(out, i);
        buf_add_text(out, "{");
        add_member(out, "name", conf->destinations[i].name);
        buf_add_text(out, ",");
        add_member(out, "kind", conf->destinations[i].kind);
        buf_add_text(out, "}");
    }
    buf_format(out, "],%s\"people\":[", conf->is_open ? "\"open\":true," : "");
    for (size_t i = 0; i < conf->person_count; i++) {
        add_comma(out, i);
        buf_add_json(out, conf->people[i].name, strlen(conf->people[i].name));
    }
    buf_add_text(out, "],\"secrets\":[");
    for (size_t i = 0; i < conf->secret_count; i++) {
        add_comma(out, i);
        buf_add_json(out, conf->secrets[i].name, strlen(conf->secrets[i].name));
    }
    buf_add_text(out, "]");
    add_words(out, "notify", conf->notify, conf->notify_count);
    if (conf->severity_count)
        add_words(out, "severities", conf->severities, conf->severity_count);
    add_calendars(out, conf, zone);
    buf_add_text(out, "}");
    free(zone);
}

void
setup_add_limits(const struct conf_limits *limits, struct buf *out)
{
    buf_format(out, "\n%lld %lld %lld %lld %lld %lld %g %lld %lld %g",
               (long long)limits->cpu_ms, (long long)limits->cpu_load_ms,
               (long long)limits->memory_bytes, (long long)limits->source_bytes,
               (long long)limits->tasks, (long long)limits->wants, limits->sends_per_s,
               (long long)limits->alerts, (long long)limits->store_bytes,
               limits->logs_per_s);
}
