#include "command/metrics.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/version.h"
#include "model/pick.h"
#include "poll/ask.h"
#include "script/tally.h"

/* Where samples go. */
struct sheet {
    const struct api_world *world;
    int64_t now_ms, lag_us;
    struct buf *out;
    const char *name; /* of the family that is being written */
};

/* ---- samples ---- */

static void
add_value(struct sheet *sheet, const char *value)
{
    for (; *value; value++) {
        if (*value == '\n')
            buf_add_text(sheet->out, "\\n");
        else
            buf_format(sheet->out, "%s%c", strchr("\\\"", *value) ? "\\" : "", *value);
    }
}

/* Labels are names and values by turns, up to NULL. */
static void
add_sample(struct sheet *sheet, const char *suffix, const char *const *labels,
           double number)
{
    buf_format(sheet->out, "%s%s", sheet->name, suffix);
    for (size_t i = 0; labels[i]; i += 2) {
        buf_format(sheet->out, "%c%s=\"", i ? ',' : '{', labels[i]);
        add_value(sheet, labels[i + 1]);
        buf_add_text(sheet->out, "\"");
    }
    buf_format(sheet->out, "%s %.17g\n", labels[0] ? "}" : "", number);
}

/* ---- polls ---- */

typedef void on_counts(struct sheet *sheet, const char *const *labels,
                       const struct lane_counts *counts);

/* Of every centre and query that was ever asked. */
static void
each_counts(struct sheet *sheet, on_counts *each)
{
    const struct conf *conf = sheet->world->conf;
    for (uint32_t center = 0; center < conf->center_count; center++) {
        for (size_t i = 0; queries[i]; i++) {
            const char *const labels[] = {"center", conf->centers[center].name, "query",
                                          queries[i]->name, NULL};
            const struct lane_counts *counts =
                planner_counts(sheet->world->planner, center, queries[i]);
            if (counts->polls)
                each(sheet, labels, counts);
        }
    }
}

static void
add_good(struct sheet *sheet, const char *const *labels,
         const struct lane_counts *counts)
{
    if (counts->good_ms)
        add_sample(sheet, "", labels, (double)counts->good_ms / 1e3);
}

static void
add_duration(struct sheet *sheet, const char *const *labels,
             const struct lane_counts *counts)
{
    add_sample(sheet, "_sum", labels, (double)counts->duration_us / 1e6);
    add_sample(sheet, "_count", labels, (double)counts->polls);
}

static void
add_failures(struct sheet *sheet, const char *const *labels,
             const struct lane_counts *counts)
{
    for (int kind = ERROR_NONE + 1; kind < ERROR_KINDS; kind++) {
        const char *const more[] = {labels[0], labels[1],        labels[2], labels[3],
                                    "kind",    error_word(kind), NULL};
        add_sample(sheet, "_total", more, (double)counts->failures[kind]);
    }
}

static void
write_good(struct sheet *sheet)
{
    each_counts(sheet, add_good);
}

static void
write_duration(struct sheet *sheet)
{
    each_counts(sheet, add_duration);
}

static void
write_failures(struct sheet *sheet)
{
    each_counts(sheet, add_failures);
}

/* ---- alerts ---- */

struct group {
    char *rule, *severity;
    size_t count;
};

struct groups {
    struct group *list;
    size_t count;
};

static void
count_alert(void *arg, const struct alert_record *alert)
{
    struct groups *groups = arg;
    char *severity = pick_text(alert->state, "severity");
    for (size_t i = 0; severity && i < groups->count; i++) {
        struct group *group = &groups->list[i];
        if (strcmp(group->rule, alert->rule) || strcmp(group->severity, severity))
            continue;
        group->count++;
        free(severity);
        return;
    }
    groups->list = mem_grow(groups->list, groups->count + 1, sizeof *groups->list);
    groups->list[groups->count++] = (struct group){
        mem_text(alert->rule), severity ? severity : mem_text("unknown"), 1};
}

static void
write_alerts(struct sheet *sheet)
{
    struct groups groups = {0};
    notify_each_raised(sheet->world->notify, NULL, count_alert, &groups);
    for (size_t i = 0; i < groups.count; i++) {
        struct group *group = &groups.list[i];
        const char *const labels[] = {"rule", group->rule, "severity", group->severity,
                                      NULL};
        add_sample(sheet, "", labels, (double)group->count);
        free(group->rule);
        free(group->severity);
    }
    free(groups.list);
}

/* ---- destinations ---- */

static void
add_depth(void *arg, const struct deliver_look *look)
{
    const char *const labels[] = {"destination", look->name, NULL};
    add_sample(arg, "", labels, (double)look->waiting);
}

static void
add_oldest(void *arg, const struct deliver_look *look)
{
    struct sheet *sheet = arg;
    const char *const labels[] = {"destination", look->name, NULL};
    int64_t age_ms = look->oldest_ms ? sheet->now_ms - look->oldest_ms : 0;
    add_sample(sheet, "", labels, age_ms > 0 ? (double)age_ms / 1e3 : 0);
}

static void
add_deliveries(void *arg, const struct deliver_look *look)
{
    const struct {
        const char *result;
        uint64_t count;
    } results[] = {
        {"done", look->done}, {"failed", look->failed}, {"dead", look->dead}};
    for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
        const char *const labels[] = {"destination", look->name, "result",
                                      results[i].result, NULL};
        add_sample(arg, "_total", labels, (double)results[i].count);
    }
}

static void
write_depth(struct sheet *sheet)
{
    deliver_each(sheet->world->deliver, add_depth, sheet);
}

static void
write_oldest(struct sheet *sheet)
{
    deliver_each(sheet->world->deliver, add_oldest, sheet);
}

static void
write_deliveries(struct sheet *sheet)
{
    deliver_each(sheet->world->deliver, add_deliveries, sheet);
}

/* ---- the process ---- */

static void
add_restarts(void *arg, const struct script_look *look)
{
    const char *const labels[] = {"script", look->name, NULL};
    add_sample(arg, "_total", labels, (double)look->restarts);
}

static void
write_restarts(struct sheet *sheet)
{
    supervisor_each_script(sheet->world->supervisor, add_restarts, sheet);
}

/* A job may have the name of a rule. */
static void
add_errors(struct sheet *sheet, const struct entry_look *look)
{
    const char *const labels[] = {"script", look->script,
                                  look->is_rule ? "rule" : "job", look->name, NULL};
    add_sample(sheet, "_total", labels, (double)look->errors);
}

static void
add_rule_errors(void *arg, const struct entry_look *look)
{
    if (look->is_rule)
        add_errors(arg, look);
}

static void
add_job_errors(void *arg, const struct entry_look *look)
{
    if (!look->is_rule)
        add_errors(arg, look);
}

static void
write_rule_errors(struct sheet *sheet)
{
    supervisor_each_entry(sheet->world->supervisor, add_rule_errors, sheet);
}

static void
write_job_errors(struct sheet *sheet)
{
    supervisor_each_entry(sheet->world->supervisor, add_job_errors, sheet);
}

static void
write_lag(struct sheet *sheet)
{
    add_sample(sheet, "", (const char *const[]){NULL}, (double)sheet->lag_us / 1e6);
}

static void
write_build(struct sheet *sheet)
{
    add_sample(sheet, "", (const char *const[]){"version", CCGATE_VERSION, NULL}, 1);
}

/* ---- what scripts count ---- */

/* Quotes are escaped in OpenMetrics alone. */
static void
add_help(struct sheet *sheet, const char *help, bool is_open)
{
    for (; *help; help++)
        buf_format(sheet->out, "%s%c",
                   *help == '\\' || (is_open && *help == '"') ? "\\" : "", *help);
}

static void
begin_family(struct sheet *sheet, const char *name, const char *type, const char *help,
             bool is_open)
{
    /* OpenMetrics names a counter's family without what its samples end with. */
    const char *end = !is_open && !strcmp(type, "counter") ? "_total" : "";
    buf_format(sheet->out, "# HELP %s%s ", name, end);
    add_help(sheet, help, is_open);
    buf_format(sheet->out, "\n# TYPE %s%s %s\n", name, end, type);
    sheet->name = name;
}

struct own {
    struct sheet *sheet;
    bool is_open;
};

/* A metric without help is an unknown one to those who look for it. */
static void
begin_own(const struct own *own, const struct tally_series *series)
{
    const struct message_metric *metric = series->metric;
    struct buf help = {0};
    if (metric->help[0])
        buf_add_text(&help, metric->help);
    else
        buf_format(&help, "Told by script %s.", series->script);
    begin_family(own->sheet, metric->name,
                 metric->kind == METRIC_COUNTER ? "counter" : "gauge", help.data,
                 own->is_open);
    buf_fini(&help);
}

static void
add_own(void *arg, const struct tally_series *series)
{
    const struct own *own = arg;
    const struct message_metric *metric = series->metric;
    const char *labels[2 * MESSAGE_LABELS_MAX + 3] = {"script", series->script};
    memcpy(labels + 2, metric->labels, 2 * metric->label_count * sizeof *labels);
    if (!own->sheet->name || strcmp(own->sheet->name, metric->name) != 0)
        begin_own(own, series);
    add_sample(own->sheet, metric->kind == METRIC_COUNTER ? "_total" : "", labels,
               metric->value);
}

/* ---- all of them ---- */

static const struct family {
    const char *name; /* of a counter without "_total" */
    const char *type, *help;
    void (*write)(struct sheet *sheet);
} families[] = {
    {"ccgate_build_info", "gauge", "The version that runs.", write_build},
    {"ccgate_poll_last_success_timestamp_seconds", "gauge",
     "When a centre last answered a query well.", write_good},
    {"ccgate_poll_duration_seconds", "summary", "How long requests to a centre took.",
     write_duration},
    {"ccgate_poll_failures", "counter", "Requests to a centre that failed, by kind.",
     write_failures},
    {"ccgate_alerts", "gauge", "Alerts that are raised now.", write_alerts},
    {"ccgate_outbox_depth", "gauge", "Messages that are not yet delivered.",
     write_depth},
    {"ccgate_outbox_oldest_seconds", "gauge", "The age of the oldest of them.",
     write_oldest},
    {"ccgate_deliveries", "counter",
     "Messages delivered (done) or given up (dead), and attempts made again (failed).",
     write_deliveries},
    {"ccgate_script_restarts", "counter", "Hosts started in the place of dead ones.",
     write_restarts},
    {"ccgate_rule_errors", "counter",
     "Errors of a rule's code: its functions and handlers.", write_rule_errors},
    {"ccgate_job_errors", "counter", "Errors of a job's code.", write_job_errors},
    {"ccgate_loop_lag_seconds", "gauge", "How late the event loop was lately.",
     write_lag},
};

void
metrics_write(const struct api_world *world, int64_t lag_us, bool is_open,
              struct buf *out)
{
    struct sheet sheet = {
        .world = world, .now_ms = clock_wall_ms(), .lag_us = lag_us, .out = out};
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        const struct family *family = &families[i];
        begin_family(&sheet, family->name, family->type, family->help, is_open);
        family->write(&sheet);
    }
    tally_each(supervisor_tally(world->supervisor), add_own,
               &(struct own){&sheet, is_open});
    if (is_open)
        buf_add_text(out, "# EOF\n");
}
