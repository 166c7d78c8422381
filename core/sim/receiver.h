/* The services that the sink plays, each at the path that the real one has: as strict
 * about shape and size, and with the same answers. */
#ifndef CCGATE_SIM_RECEIVER_H
#define CCGATE_SIM_RECEIVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct receiver;

/* The service at this path: /services/… is Slack, /workflows/… Teams, /v2/enqueue
 * PagerDuty, /rest/api/3/… Jira. NULL: none, anything is taken. */
const struct receiver *receiver_at(const char *path);

const char *receiver_name(const struct receiver *receiver);
/* The same as people write it: "Slack". */
const char *receiver_title(const struct receiver *receiver);

struct receiver_answer {
    int status;
    const char *content_type, *body;
};

/* What it answers to this body, Jira apart (sim/jira.h); adds to `problem` why it
 * refuses it. */
struct receiver_answer receiver_judge(const struct receiver *receiver, const char *body,
                                      size_t size, struct buf *problem);

#endif
