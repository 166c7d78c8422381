/* What the last run of a job did, for whoever asked for the run or asks later. */
#ifndef CCGATE_SCRIPT_RUN_REPORT_H
#define CCGATE_SCRIPT_RUN_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"

#define RUN_REPORT_LINES ((size_t)50) /* of the log that are kept, the first ones */

struct run_line {
    enum log_level level;
    char *text;
};

/* Messages to one destination. */
struct run_sends {
    char *destination;
    size_t count;
};

/* A zeroed one is of a job that has not run. */
struct run_report {
    int64_t started_ms;     /* wall */
    int64_t took_ms;        /* -1 while it runs */
    char *trouble;          /* why it did not end well; NULL: it did, or it runs */
    struct run_line *lines; /* that it logged */
    size_t line_count, more_lines; /* more_lines: that are not kept */
    struct run_sends *sends;
    size_t send_count;

    /* Private. */
    int64_t began_ms; /* monotonic */
    struct run_watch *watch;
};

/* Waits for the end of a run; its owner keeps it until then, or cancels it. */
struct run_watch {
    void (*on_end)(void *arg, const struct run_report *report);
    void *arg;
    struct run_report *report; /* private; NULL: it is over */
};

void run_report_fini(struct run_report *report);

/* A run begins: what was is forgotten. */
void run_report_begin(struct run_report *report);
/* Both nothing when no run is under way. */
void run_report_line(struct run_report *report, enum log_level level, const char *text,
                     size_t size);
void run_report_send(struct run_report *report, const char *destination);
/* `trouble` "": it ended well. Nothing when no run is under way. */
void run_report_end(struct run_report *report, const char *trouble, size_t size);

/* Of a run that is under way, whom nobody watches yet. */
void run_report_watch(struct run_report *report, struct run_watch *watch);
/* Also of one that is over. */
void run_watch_cancel(struct run_watch *watch);

#endif
