/* The API's inside, shared by api.c (routes, calls) and api_*.c (what they do) alone.
 */
#ifndef CCGATE_COMMAND_API_INSIDE_H
#define CCGATE_COMMAND_API_INSIDE_H

#include "base/error.h"
#include "command/api.h"
#include "command/args.h"
#include "command/choice.h"
#include "command/listing.h"
#include "command/trial.h"
#include "store/outbox.h"

/* One request, until it is answered. */
struct api_call {
    struct api *api;
    struct server_request *request;
    struct args args;
    char *name;              /* what stands for the '*' of the path */
    bool is_text;            /* for people */
    struct buf said;         /* gathers until the answer */
    struct listing listing;  /* likewise */
    struct store_read *read; /* a page that it waits for */
    struct trial *trial;     /* a test message that it waits for */
    struct job_wait *job;    /* a run of a job that it waits for */
    size_t count;            /* of messages done so far */
    store_on_page *on_page;  /* what comes when its message is known */
    struct api_call *next;
};

struct api {
    struct api_world world;
    struct api_call *calls;
};

typedef void api_handler(struct api_call *call);

/* ---- api.c: answers; the call is gone afterwards ---- */

void api_reply(struct api_call *call, int status, const struct buf *text);
/* A sentence and an end of line; as JSON {"said": …}. */
void api_say(struct api_call *call, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Deletes the listing, too. */
void api_list(struct api_call *call, struct listing *listing);
/* Is it clear which one is meant? False: the call is answered, with the candidates, or,
 * as in "no silence 'x'; `ccgate silence list` shows them", that there is none. */
bool api_is_chosen(struct api_call *call, const struct choice *choice, const char *what,
                   const char *list);
/* Who asks. */
const char *api_by(const struct api_call *call);
/* Says it when all that was handed to the store before is on disk. */
void api_say_when_durable(struct api_call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- api_job.c ---- */

/* NULL is allowed. */
void job_wait_delete(struct job_wait *wait);

/* ---- what they do ---- */

api_handler api_alerts, api_ack, api_clear, api_silences, api_silence, api_expire;
api_handler api_rules, api_run_job, api_reload, api_status;
api_handler api_outbox, api_message, api_retry, api_retry_dead, api_drop, api_send;

#endif
