/* Rules and jobs, and reading everything anew. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "command/api_inside.h"

static const struct listing_column columns[] = {
    {"kind", "KIND"},     {"name", "NAME"},   {"script", "SCRIPT"}, {"state", "STATE"},
    {"raised", "RAISED"}, {"about", "ABOUT"}, {NULL, NULL},
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
    listing_text(&view->listing, about);
    free(about);
}

void
api_rules(struct api_call *call)
{
    struct view view = {.notify = call->api->world.notify};
    listing_init(&view.listing, columns, "no script with a rule or a job is loaded",
                 clock_wall_ms());
    supervisor_each_entry(call->api->world.supervisor, add_entry, &view);
    api_list(call, &view.listing);
}

void
api_run_job(struct api_call *call)
{
    struct error error = {0};
    if (supervisor_run_job(call->api->world.supervisor, call->name, &error))
        api_say(call, 200, "job %s runs", call->name);
    else
        api_say(call, error.kind == ERROR_API ? 404 : 409, "%s", error.message);
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
