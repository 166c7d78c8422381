/* Runs a job by hand, and waits for its end. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "command/api_inside.h"

#define WAIT_MS ((int64_t)2 * 60 * 1000)

struct job_wait {
    struct api_call *call;
    struct run_watch watch;
    struct timer *timer;
};

void
job_wait_delete(struct job_wait *wait)
{
    if (!wait)
        return;
    run_watch_cancel(&wait->watch);
    timer_free(wait->timer);
    free(wait);
}

/* ---- what it did ---- */

static void
add_sends(const struct run_report *report, struct buf *out)
{
    for (size_t i = 0; i < report->send_count; i++) {
        const struct run_sends *sends = &report->sends[i];
        if (!i)
            buf_format(out, "sent: %zu message%s", sends->count,
                       sends->count == 1 ? "" : "s");
        else
            buf_format(out, ", %zu", sends->count);
        buf_format(out, " for %s", sends->destination);
    }
    if (report->send_count)
        buf_add_text(out, "\n");
}

/* The error, which stands above, is in the log, too. */
static bool
is_trouble(const struct run_report *report, const struct run_line *line)
{
    return report->trouble &&
           strncmp(line->text, report->trouble, strlen(report->trouble)) == 0;
}

static void
add_lines(const struct run_report *report, struct buf *out)
{
    for (size_t i = 0; i < report->line_count; i++)
        if (!is_trouble(report, &report->lines[i]))
            buf_format(out, "%s: %s\n", log_word(report->lines[i].level),
                       report->lines[i].text);
    if (report->more_lines)
        buf_format(out, "… and %zu more lines, in the gateway's log\n",
                   report->more_lines);
}

static void
write_lines(const char *name, const struct run_report *report, struct buf *out)
{
    char took[32];
    text_format_duration(report->took_ms, took, sizeof took);
    if (report->trouble)
        buf_format(out, "job %s failed after %s: %s\n", name, took, report->trouble);
    else
        buf_format(out, "job %s ended well after %s\n", name, took);
    add_sends(report, out);
    add_lines(report, out);
}

static void
add_text(const char *name, const char *text, struct buf *out)
{
    buf_format(out, "\"%s\":", name);
    if (text)
        buf_add_json(out, text, strlen(text));
    else
        buf_add_text(out, "null");
}

static void
write_json(const char *name, const struct run_report *report, struct buf *out)
{
    buf_add_text(out, "{");
    add_text("job", name, out);
    buf_format(out, ",\"started_at\":%" PRId64 ",\"took_ms\":%" PRId64 ",",
               report->started_ms / 1000, report->took_ms);
    add_text("trouble", report->trouble, out);
    buf_add_text(out, ",\"sent\":[");
    for (size_t i = 0; i < report->send_count; i++) {
        buf_add_text(out, i ? ",{" : "{");
        add_text("destination", report->sends[i].destination, out);
        buf_format(out, ",\"count\":%zu}", report->sends[i].count);
    }
    buf_add_text(out, "],\"log\":[");
    for (size_t i = 0; i < report->line_count; i++) {
        buf_add_text(out, i ? ",{" : "{");
        add_text("level", log_word(report->lines[i].level), out);
        buf_add_text(out, ",");
        add_text("text", report->lines[i].text, out);
        buf_add_text(out, "}");
    }
    buf_format(out, "],\"more_lines\":%zu}\n", report->more_lines);
}

/* ---- waiting ---- */

static void
on_end(void *arg, const struct run_report *report)
{
    struct api_call *call = ((struct job_wait *)arg)->call;
    if (call->is_text)
        write_lines(call->name, report, &call->said);
    else
        write_json(call->name, report, &call->said);
    api_reply(call, report->trouble ? 500 : 200, &call->said);
}

static void
on_timer(void *arg)
{
    const struct job_wait *wait = arg;
    api_say(wait->call, 504,
            "job %s still runs after 2m, and goes on; `ccgate rules` shows how it ends",
            wait->call->name);
}

void
api_run_job(struct api_call *call)
{
    struct error error = {0};
    struct job_wait *wait = mem_zero(sizeof *wait);
    wait->call = call;
    wait->watch = (struct run_watch){.on_end = on_end, .arg = wait};
    wait->timer = timer_new_real(call->api->world.loop, on_timer, wait);
    call->job = wait;
    if (supervisor_run_job(call->api->world.supervisor, call->name, &wait->watch,
                           &error))
        timer_start(wait->timer, WAIT_MS);
    else
        api_say(call, error.kind == ERROR_API ? 404 : 409, "%s", error.message);
}
