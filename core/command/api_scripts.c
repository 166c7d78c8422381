/* Rules and jobs, how they do, and reading everything anew. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "command/api_inside.h"

static const struct listing_column columns[] = {
    {"kind", "KIND"},   {"name", "NAME"},       {"script", "SCRIPT"},
    {"state", "STATE"}, {"raised", "RAISED"},   {"errors", "ERRORS"},
    {"ran_at", "RAN"},  {"took_ms", NULL},      {"ran_well", NULL},
    {"about", "ABOUT"}, {"trouble", "TROUBLE"}, {"trouble_at", NULL},
    {NULL, NULL},
};

struct view {
    struct notify *notify;
    struct listing listing;
};

static void
count(void *arg, const struct alert_record *record)
{
    int64_t *raised = arg;
    (void)record;
    ++*raised;
}

/* When its last run began, and how it ended. */
static void
add_run_cells(struct listing *listing, const struct run_report *run)
{
    bool has_ended = run && run->took_ms >= 0;
    listing_age(listing, run ? run->started_ms : 0);
    listing_number(listing, has_ended ? run->took_ms : -1);
    if (has_ended)
        listing_flag(listing, !run->trouble, "", "");
    else
        listing_text(listing, NULL);
}

/* What went wrong last; people read how long ago. */
static void
add_trouble_cells(struct listing *listing, const char *trouble, int64_t at_ms)
{
    struct buf json = {0}, text = {0};
    if (trouble && at_ms) {
        buf_add_json(&json, trouble, strlen(trouble));
        listing_format_age(listing->now_ms - at_ms, &text);
        char *told = mem_format("%s (%s ago)", trouble, text.data);
        listing_raw(listing, json.data, json.size, told);
        free(told);
    } else {
        listing_text(listing, trouble);
    }
    listing_time(listing, at_ms);
    buf_fini(&json);
    buf_fini(&text);
}

static void
add_entry(void *arg, const struct entry_look *look)
{
    struct view *view = arg;
    char *about = mem_copy(look->about, look->about_size);
    int64_t raised = look->is_rule ? 0 : -1;
    if (look->is_rule)
        notify_each_raised(view->notify, look->name, count, &raised);
    listing_text(&view->listing, look->is_rule ? "rule" : "job");
    listing_text(&view->listing, look->name);
    listing_text(&view->listing, look->script);
    listing_text(&view->listing, look->state);
    listing_number(&view->listing, raised);
    listing_number(&view->listing, (int64_t)look->errors);
    add_run_cells(&view->listing, look->last_run);
    listing_text(&view->listing, about);
    add_trouble_cells(&view->listing, look->trouble, look->trouble_ms);
    free(about);
}

/* One that is not as its file says, with a rule or without. */
static void
add_script(void *arg, const struct script_look *look)
{
    struct listing *listing = &((struct view *)arg)->listing;
    const char *trouble = look->trouble ? look->trouble : look->death;
    if (!trouble)
        return;
    listing_text(listing, "script");
    listing_text(listing, NULL);
    listing_text(listing, look->name);
    listing_text(listing, look->state);
    listing_number(listing, -1);
    listing_number(listing, -1);
    add_run_cells(listing, NULL);
    listing_text(listing,
                 look->trouble && look->pid ? "What ran before goes on." : NULL);
    add_trouble_cells(listing, trouble, 0);
}

void
api_rules(struct api_call *call)
{
    struct view view = {.notify = call->api->world.notify};
    listing_init(&view.listing, columns, "no script with a rule or a job is loaded",
                 clock_wall_ms());
    supervisor_each_entry(call->api->world.supervisor, add_entry, &view);
    supervisor_each_script(call->api->world.supervisor, add_script, &view);
    api_list(call, &view.listing);
}

/* ---- reload ---- */

static void
add_trouble(void *arg, const struct script_look *look)
{
    if (look->trouble)
        buf_format(arg, "%s\n", look->trouble);
}

static void
add_lines_json(const char *text, struct buf *out)
{
    buf_add_text(out, "[");
    for (size_t size; *text; text += size + (text[size] == '\n')) {
        size = strcspn(text, "\n");
        if (out->data[out->size - 1] != '[')
            buf_add_text(out, ",");
        buf_add_json(out, text, size);
    }
    buf_add_text(out, "]");
}

static void
on_reloaded(void *arg, bool is_in_force, const char *problems)
{
    struct api_call *call = arg;
    struct buf trouble = {0};
    buf_add_text(&trouble, problems);
    supervisor_each_script(call->api->world.supervisor, add_trouble, &trouble);
    const char *lines = trouble.data ? trouble.data : "";
    if (call->is_text) {
        buf_format(&call->said, "%s%s", lines,
                   !is_in_force ? "refused; nothing was changed\n"
                   : *lines     ? "reloaded, but what is wrong above stays as it was\n"
                                : "reloaded\n");
    } else {
        buf_format(&call->said,
                   "{\"in_force\":%s,\"problems\":", is_in_force ? "true" : "false");
        add_lines_json(lines, &call->said);
        buf_add_text(&call->said, "}\n");
    }
    api_reply(call, is_in_force && !*lines ? 200 : 409, &call->said);
    buf_fini(&trouble);
}

void
api_reload(struct api_call *call)
{
    const struct api_world *world = &call->api->world;
    if (!world->reload(world->arg, on_reloaded, call))
        api_say(call, 503, "the gateway is stopping");
}
