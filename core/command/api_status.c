/* How the gateway does, in short. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/version.h"
#include "command/api_inside.h"
#include "command/control_state.h"

static const struct listing_column script_columns[] = {
    {"name", "SCRIPT"},     {"state", "STATE"}, {"restarts", "RESTARTS"},
    {"trouble", "TROUBLE"}, {NULL, NULL},
};

static const struct listing_column entry_columns[] = {
    {"name", "RULE OR JOB"}, {"script", "SCRIPT"},   {"state", "STATE"},
    {"errors", "ERRORS"},    {"trouble", "TROUBLE"}, {NULL, NULL},
};

static const struct listing_column destination_columns[] = {
    {"name", "DESTINATION"}, {"kind", "KIND"}, {"waiting", "WAITING"},
    {"oldest_at", "OLDEST"}, {"done", "DONE"}, {"failed", "FAILED"},
    {"dead", "DEAD"},        {NULL, NULL},
};

static void
add_script(void *arg, const struct script_look *look)
{
    struct listing *listing = arg;
    listing_text(listing, look->name);
    listing_text(listing, look->state);
    listing_number(listing, (int64_t)look->restarts);
    listing_text(listing, look->trouble ? look->trouble : look->death);
}

/* Rules and jobs that are not simply on. */
static void
add_entry(void *arg, const struct entry_look *look)
{
    struct listing *listing = arg;
    bool is_ill =
        strcmp(look->state, "failing") == 0 || strcmp(look->state, "switched off") == 0;
    if (!is_ill)
        return;
    listing_text(listing, look->name);
    listing_text(listing, look->script);
    listing_text(listing, look->state);
    listing_number(listing, (int64_t)look->errors);
    listing_text(listing, look->trouble);
}

static void
add_destination(void *arg, const struct deliver_look *look)
{
    struct listing *listing = arg;
    listing_text(listing, look->name);
    listing_text(listing, look->kind);
    listing_number(listing, (int64_t)look->waiting);
    listing_age(listing, look->oldest_ms);
    listing_number(listing, (int64_t)look->done);
    listing_number(listing, (int64_t)look->failed);
    listing_number(listing, (int64_t)look->dead);
}

static void
count(void *arg, const struct alert_record *record)
{
    size_t *raised = arg;
    (void)record;
    ++*raised;
}

struct status {
    const struct api_world *world;
    int64_t now_ms;
    size_t raised;
    bool is_failing; /* the store */
    struct listing scripts, ill, destinations;
};

static void
gather(struct status *status, const struct api_world *world)
{
    *status = (struct status){.world = world,
                              .now_ms = clock_wall_ms(),
                              .is_failing = store_is_failing(world->store)};
    listing_init(&status->scripts, script_columns, "no scripts", status->now_ms);
    listing_init(&status->ill, entry_columns, "all rules and jobs are on",
                 status->now_ms);
    listing_init(&status->destinations, destination_columns, "no destinations",
                 status->now_ms);
    notify_each_raised(world->notify, NULL, count, &status->raised);
    supervisor_each_script(world->supervisor, add_script, &status->scripts);
    supervisor_each_entry(world->supervisor, add_entry, &status->ill);
    deliver_each(world->deliver, add_destination, &status->destinations);
}

static void
write_lines(const struct status *status, struct buf *out)
{
    buf_format(out, "ccgate %s, up for ", CCGATE_VERSION);
    listing_format_age(status->now_ms - status->world->started_ms, out);
    buf_format(out, "; %zu alert%s raised%s\n\n", status->raised,
               status->raised == 1 ? "" : "s",
               status->is_failing ? "; THE STORE CANNOT BE WRITTEN: see the log" : "");
    control_state_text(status->world->planner, status->world->conf, out);
    buf_add_text(out, "\n");
    listing_lines(&status->scripts, out);
    buf_add_text(out, "\n");
    listing_lines(&status->ill, out);
    buf_add_text(out, "\n");
    listing_lines(&status->destinations, out);
}

static void
write_json(const struct status *status, struct buf *out)
{
    buf_format(out,
               "{\"version\":\"%s\",\"started_at\":%" PRId64 ",\"now\":%" PRId64
               ",\"raised\":%zu,\"store\":\"%s\",\"centers\":",
               CCGATE_VERSION, status->world->started_ms / 1000, status->now_ms / 1000,
               status->raised, status->is_failing ? "failing" : "fine");
    control_state_json(status->world->planner, status->world->conf, out);
    buf_add_text(out, ",\"scripts\":");
    listing_json(&status->scripts, out);
    buf_add_text(out, ",\"troubled\":");
    listing_json(&status->ill, out);
    buf_add_text(out, ",\"destinations\":");
    listing_json(&status->destinations, out);
    buf_add_text(out, "}\n");
}

void
api_status(struct api_call *call)
{
    struct status status;
    gather(&status, &call->api->world);
    if (call->is_text)
        write_lines(&status, &call->said);
    else
        write_json(&status, &call->said);
    listing_fini(&status.scripts);
    listing_fini(&status.ill);
    listing_fini(&status.destinations);
    api_reply(call, 200, &call->said);
}
