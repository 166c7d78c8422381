/* Plays the part of Jira Cloud's REST API (version 3) that a destination of kind jira
 * uses: issues are made, found by their label, commented on and moved to done, and last
 * as long as the process. Strict about bodies, like the service. */
#ifndef CCGATE_SIM_JIRA_H
#define CCGATE_SIM_JIRA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct jira;

struct jira *jira_new(void);
void jira_delete(struct jira *jira);

/* Everything below /rest/api/3/. */
bool jira_is_at(const char *path);

struct jira_request {
    const char *method, *path;
    const char *authorization; /* NULL: none */
    const char *body;
    size_t body_size;
};

/* The status; adds the answer's body (JSON, or nothing) to `reply`, and to `problem`
 * why it refuses. */
int jira_answer(struct jira *jira, const struct jira_request *request,
                struct buf *problem, struct buf *reply);

#endif
