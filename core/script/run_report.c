#include "script/run_report.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

#define RUNS (-1)

static void
forget(struct run_report *report)
{
    for (size_t i = 0; i < report->line_count; i++)
        free(report->lines[i].text);
    for (size_t i = 0; i < report->send_count; i++)
        free(report->sends[i].destination);
    free(report->lines);
    free(report->sends);
    free(report->trouble);
}

void
run_report_fini(struct run_report *report)
{
    if (report->watch)
        run_watch_cancel(report->watch);
    forget(report);
    *report = (struct run_report){0};
}

static bool
is_open(const struct run_report *report)
{
    return report->took_ms == RUNS;
}

void
run_report_begin(struct run_report *report)
{
    forget(report);
    *report = (struct run_report){
        .started_ms = clock_wall_ms(), .took_ms = RUNS, .began_ms = clock_mono_ms()};
}

void
run_report_line(struct run_report *report, enum log_level level, const char *text,
                size_t size)
{
    if (!is_open(report))
        return;
    if (report->line_count == RUN_REPORT_LINES) {
        report->more_lines++;
        return;
    }
    report->lines =
        mem_grow(report->lines, report->line_count + 1, sizeof *report->lines);
    report->lines[report->line_count++] =
        (struct run_line){level, mem_copy(text, size)};
}

void
run_report_send(struct run_report *report, const char *destination)
{
    size_t i = 0;
    if (!is_open(report))
        return;
    while (i < report->send_count &&
           strcmp(report->sends[i].destination, destination) != 0)
        i++;
    if (i == report->send_count) {
        report->sends =
            mem_grow(report->sends, report->send_count + 1, sizeof *report->sends);
        report->sends[report->send_count++] =
            (struct run_sends){.destination = mem_text(destination)};
    }
    report->sends[i].count++;
}

void
run_report_end(struct run_report *report, const char *trouble, size_t size)
{
    struct run_watch *watch = report->watch;
    if (!is_open(report))
        return;
    report->took_ms = clock_mono_ms() - report->began_ms;
    report->trouble = size ? mem_copy(trouble, size) : NULL;
    report->watch = NULL;
    if (!watch)
        return;
    watch->report = NULL;
    watch->on_end(watch->arg, report);
}

void
run_report_watch(struct run_report *report, struct run_watch *watch)
{
    report->watch = watch;
    watch->report = report;
}

void
run_watch_cancel(struct run_watch *watch)
{
    if (watch->report)
        watch->report->watch = NULL;
    watch->report = NULL;
}
