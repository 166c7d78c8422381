#include "command/cost.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

#define NAMES_SHOWN 5u

char *
cost_text(double per_minute, char out[COST_ROOM])
{
    snprintf(out, COST_ROOM, per_minute < 100 ? "%.3g" : "%.0f", per_minute);
    return out;
}

void
cost_add(struct demand *demand, const struct message_loaded *loaded, uint32_t number,
         const struct cost_rule *rule)
{
    for (uint32_t i = 0; i < loaded->want_count; i++) {
        const struct message_want *from = &loaded->wants[i];
        struct planner_want want = {from->center,  from->query, from->every_ms,
                                    from->last_ms, from->ids,   from->id_count,
                                    from->line};
        if (from->entry == number)
            demand_add(demand, &want, (void *)(uintptr_t)rule);
    }
}

/* ---- one rule ---- */

/* The rules that one rule shares requests with. */
struct others {
    const struct cost_rule **rules;
    size_t count;
};

static void
note_other(struct others *others, const struct cost_rule *rule)
{
    for (size_t i = 0; i < others->count; i++)
        if (others->rules[i] == rule)
            return;
    others->rules = mem_grow(others->rules, others->count + 1, sizeof *others->rules);
    others->rules[others->count++] = rule;
}

static bool
is_asked_by(const struct demand *demand, const struct demand_request *request,
            const struct cost_rule *rule)
{
    for (size_t i = 0; i < request->id_count; i++)
        for (const struct claim *claim = request->claims[i]; claim;
             claim = demand_next(demand, claim))
            if (claim->asker == rule)
                return true;
    return false;
}

static void
note_others(const struct demand *demand, const struct demand_request *request,
            const struct cost_rule *rule, struct others *others)
{
    for (size_t i = 0; i < request->id_count; i++)
        for (const struct claim *claim = request->claims[i]; claim;
             claim = demand_next(demand, claim))
            if (claim->asker != rule)
                note_other(others, claim->asker);
}

static void
add_names(const struct others *others, struct buf *out)
{
    size_t shown = others->count > NAMES_SHOWN ? NAMES_SHOWN : others->count;
    for (size_t i = 0; i < shown; i++) {
        bool is_last = i + 1 == others->count;
        buf_add_text(out, !i ? " " : is_last ? " and " : ", ");
        buf_add_text(out, others->rules[i]->name);
    }
    if (others->count > shown)
        buf_format(out, " and %zu more", others->count - shown);
}

void
cost_describe(const struct demand *demand, const struct cost_rule *rule,
              struct buf *out)
{
    struct others others = {0};
    char text[COST_ROOM];
    double per_minute = 0;
    size_t count = 0;
    for (size_t i = 0; i < demand->request_count; i++) {
        const struct demand_request *request = &demand->requests[i];
        if (!is_asked_by(demand, request, rule))
            continue;
        count++;
        note_others(demand, request, rule, &others);
        if (request->carrier == DEMAND_ALONE)
            per_minute += 60000.0 / (double)request->every_ms;
        else
            note_others(demand, &demand->requests[request->carrier], rule, &others);
    }
    if (count)
        buf_format(out, "Costs %s request%s a minute", cost_text(per_minute, text),
                   per_minute == 1 ? "" : "s");
    if (others.count) {
        buf_add_text(out, ", shared with");
        add_names(&others, out);
    }
    if (count)
        buf_add_text(out, ".");
    free(others.rules);
}

/* ---- a centre ---- */

bool
cost_of_center(const struct demand *demand, uint32_t number,
               const struct conf_center *center, struct buf *out)
{
    double load = demand_load(demand, number);
    double stretch = demand_stretch(load, center->rate);
    char asked[COST_ROOM], allowed[COST_ROOM];
    buf_format(out, "center %s: %s requests a minute, rate allows %s", center->name,
               cost_text(load * 60, asked), cost_text(center->rate * 60, allowed));
    if (stretch > 1)
        buf_format(out,
                   ": all intervals, and stale_after with them, become %.2f times as "
                   "long (rate = %.6g/s would do)",
                   stretch, load);
    return stretch > 1;
}
