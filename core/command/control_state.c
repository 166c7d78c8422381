#include "command/control_state.h"

#include <inttypes.h>
#include <string.h>

#include "command/control_wire.h"
#include "poll/ask.h"

/* A query through each door, and where that leads. */
static const struct door {
    const struct query *query;
    const char *suffix; /* of the centre's name, where there are several doors */
} doors[] = {
    {&query_queues, ""},
    {&query_agent, " (agent gateway)"},
};
enum { DOORS = sizeof doors / sizeof *doors };

static const char *
url_of(const struct conf_center *center, const struct door *door)
{
    return door->query->door == DOOR_CMS ? center->url : center->agent_gateway;
}

static const char *
circuit_of(const struct lane_state *state)
{
    if (state->is_open)
        return "open";
    return state->left_ms ? "back-off" : "closed";
}

static void
add_error_json(const struct error *error, struct buf *out)
{
    if (error->kind == ERROR_NONE) {
        buf_add_text(out, "null");
        return;
    }
    buf_format(out, "{\"kind\":\"%s\",\"code\":", error_word(error->kind));
    buf_add_json(out, error->code, strlen(error->code));
    buf_add_text(out, ",\"message\":");
    buf_add_json(out, error->message, strlen(error->message));
    buf_add_text(out, "}");
}

static void
add_door_json(const char *url, const struct lane_state *state, struct buf *out)
{
    buf_add_text(out, "{\"url\":");
    buf_add_json(out, url, strlen(url));
    buf_format(out, ",\"circuit\":\"%s\",\"until\":", circuit_of(state));
    if (state->left_ms)
        buf_format(out, "%" PRId64, (clock_wall_ms() + state->left_ms) / 1000);
    else
        buf_add_text(out, "null");
    buf_format(out, ",\"failures\":%" PRId64 ",\"error\":", state->failures);
    add_error_json(&state->error, out);
    buf_add_text(out, "}");
}

void
control_state_json(struct planner *planner, const struct conf *conf, struct buf *out)
{
    buf_add_text(out, "[");
    for (uint32_t i = 0; i < conf->center_count; i++) {
        const struct conf_center *center = &conf->centers[i];
        buf_format(out, "%s{\"name\":", i ? "," : "");
        buf_add_json(out, center->name, strlen(center->name));
        buf_add_text(out, ",\"doors\":[");
        for (size_t d = 0, count = 0; d < DOORS; d++) {
            struct lane_state state;
            if (!url_of(center, &doors[d]))
                continue;
            planner_look(planner, i, doors[d].query, &state);
            buf_add_text(out, count++ ? "," : "");
            add_door_json(url_of(center, &doors[d]), &state, out);
        }
        buf_add_text(out, "]}");
    }
    buf_add_text(out, "]\n");
}

static void
add_error(const struct error *error, struct buf *out)
{
    buf_format(out, "%s: %s%s%s", error_word(error->kind), error->code,
               error->code[0] ? ": " : "", error->message);
}

static void
add_circuit(const struct lane_state *state, struct buf *out)
{
    if (state->is_open && state->left_ms)
        control_wire_until(clock_wall_ms() + state->left_ms, out);
    else if (state->is_open)
        buf_add_text(out, "circuit open, the next request is a probe");
    else if (state->left_ms)
        buf_format(out, "back-off after %" PRId64 " failure%s", state->failures,
                   state->failures == 1 ? "" : "s");
    else
        buf_add_text(out, "circuit closed");
}

void
control_state_text(struct planner *planner, const struct conf *conf, struct buf *out)
{
    for (uint32_t i = 0; i < conf->center_count; i++) {
        const struct conf_center *center = &conf->centers[i];
        for (size_t d = 0; d < DOORS; d++) {
            struct lane_state state;
            if (!url_of(center, &doors[d]))
                continue;
            planner_look(planner, i, doors[d].query, &state);
            buf_format(out, "%s%s  %s  ", center->name, doors[d].suffix,
                       url_of(center, &doors[d]));
            add_circuit(&state, out);
            if (state.error.kind != ERROR_NONE) {
                buf_add_text(out, "  ");
                add_error(&state.error, out);
            }
            buf_add_text(out, "\n");
        }
    }
}

void
control_state_before_retry(struct planner *planner, const struct conf *conf,
                           uint32_t center, struct buf *out)
{
    for (size_t d = 0; d < DOORS; d++) {
        struct lane_state state;
        if (!url_of(&conf->centers[center], &doors[d]))
            continue;
        planner_look(planner, center, doors[d].query, &state);
        buf_format(out, "%s%s: ", conf->centers[center].name, doors[d].suffix);
        if (!state.is_open && !state.left_ms) {
            buf_add_text(out, "nothing is held back\n");
            continue;
        }
        buf_add_text(out, "probes now; was: ");
        add_circuit(&state, out);
        buf_add_text(out, ", ");
        add_error(&state.error, out);
        buf_add_text(out, "\n");
    }
}
