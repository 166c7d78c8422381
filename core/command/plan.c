/* What the scripts will ask of the centres, before anything is deployed: merged by the
 * planner's own grouping, without a network. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "command/command.h"
#include "command/cost.h"
#include "command/gateway.h"
#include "command/loading.h"
#include "poll/demand.h"

struct plan_script {
    char *name;
    bool is_asking; /* for something of the line that is being made */
    struct plan_script *next;
};

/* A rule or a job whose questions are known only when it runs. */
struct plan_asker {
    char *name, *script, *when;
    bool is_rule;
};

struct plan {
    const struct conf *conf;
    struct plan_asker *askers;
    size_t asker_count;
    struct demand demand;
    struct plan_script *scripts, **last; /* in the order of loading */
    size_t mistakes;
};

/* What is asked of one centre and query at one interval. */
struct line {
    const struct query *query;
    int64_t every_ms;
    int64_t carrier_ms; /* the interval that all of it rides with; 0: none */
    size_t id_count, request_count;
    double per_minute;
};

/* ---- collecting ---- */

static void
on_problem(void *arg, const char *file, uint32_t line, int level, const char *text,
           size_t size)
{
    struct plan *plan = arg;
    plan->mistakes += level == LEVEL_ERROR;
    loading_print_problem(file, line, level, text, size);
}

static bool
has_want(const struct message_loaded *loaded, uint32_t entry)
{
    uint32_t i = 0;
    while (i < loaded->want_count && loaded->wants[i].entry != entry)
        i++;
    return i < loaded->want_count;
}

static char *
when_of(const struct message_schedule *schedule)
{
    char every[32];
    /* A rule has an interval alone. */
    return schedule->cron && schedule->cron[0]
               ? mem_format("at '%s' (%s)", schedule->cron, schedule->zone)
               : mem_format("every %s", text_format_duration(schedule->every_ms, every,
                                                             sizeof every));
}

/* A job may fetch; a rule without wants has a function for its `from`. */
static void
add_askers(struct plan *plan, const char *script, const struct message_loaded *loaded)
{
    for (uint32_t i = 0; i < loaded->entry_count; i++) {
        const struct message_entry *entry = &loaded->entries[i];
        if (has_want(loaded, i))
            continue;
        plan->askers =
            mem_grow(plan->askers, plan->asker_count + 1, sizeof *plan->askers);
        plan->askers[plan->asker_count++] =
            (struct plan_asker){mem_text(entry->name), mem_text(script),
                                when_of(&entry->schedule), entry->kind == ENTRY_RULE};
    }
}

static void
on_loaded(void *arg, const struct script_file *file,
          const struct message_loaded *loaded)
{
    struct plan *plan = arg;
    if (loaded->failed)
        return;
    struct plan_script *script = mem_zero(sizeof *script);
    script->name = mem_text(file->name);
    *plan->last = script;
    plan->last = &script->next;
    add_askers(plan, file->name, loaded);
    for (uint32_t i = 0; i < loaded->want_count; i++) {
        const struct message_want *from = &loaded->wants[i];
        struct planner_want want = {from->center,  from->query, from->every_ms,
                                    from->last_ms, from->ids,   from->id_count,
                                    from->line};
        demand_add(&plan->demand, &want, script);
    }
}

static void
plan_fini(struct plan *plan)
{
    while (plan->scripts) {
        struct plan_script *script = plan->scripts;
        plan->scripts = script->next;
        free(script->name);
        free(script);
    }
    for (size_t i = 0; i < plan->asker_count; i++) {
        free(plan->askers[i].name);
        free(plan->askers[i].script);
        free(plan->askers[i].when);
    }
    free(plan->askers);
    demand_fini(&plan->demand);
}

/* ---- lines ---- */

static void
mark_askers(struct plan *plan, const struct demand_request *request)
{
    for (size_t i = 0; i < request->id_count; i++)
        for (const struct claim *claim = request->claims[i]; claim;
             claim = demand_next(&plan->demand, claim))
            ((struct plan_script *)claim->asker)->is_asking = true;
}

static int64_t
carrier_ms(const struct demand *demand, const struct demand_request *request)
{
    return request->carrier == DEMAND_ALONE
               ? 0
               : demand->requests[request->carrier].every_ms;
}

/* The requests from number *at on that belong together, and who asks for them. */
static struct line
next_line(struct plan *plan, size_t *at)
{
    const struct demand *demand = &plan->demand;
    const struct demand_request *first = &demand->requests[*at];
    struct line line = {.query = first->query,
                        .every_ms = first->every_ms,
                        .carrier_ms = carrier_ms(demand, first)};
    for (struct plan_script *script = plan->scripts; script; script = script->next)
        script->is_asking = false;
    for (; *at < demand->request_count; ++*at) {
        const struct demand_request *request = &demand->requests[*at];
        if (request->center != first->center || request->query != first->query ||
            request->every_ms != first->every_ms ||
            carrier_ms(demand, request) != line.carrier_ms)
            break;
        line.id_count += request->id_count;
        line.request_count += !line.carrier_ms;
        mark_askers(plan, request);
    }
    line.per_minute = 60000.0 * (double)line.request_count / (double)line.every_ms;
    return line;
}

/* Runs `print` for each line of a centre, whose requests follow one another. */
static void
each_line(struct plan *plan, uint32_t center,
          void (*print)(const struct plan *plan, const struct line *line, size_t index))
{
    size_t at = 0;
    while (at < plan->demand.request_count && plan->demand.requests[at].center < center)
        at++;
    for (size_t i = 0;
         at < plan->demand.request_count && plan->demand.requests[at].center == center;
         i++) {
        struct line line = next_line(plan, &at);
        print(plan, &line, i);
    }
}

/* ---- for people ---- */

static void
print_line(const struct plan *plan, const struct line *line, size_t index)
{
    char every[32], cost[COST_ROOM];
    const char *comma = "";
    if (!index)
        printf("  %-20s %7s %9s %9s %11s  %s\n", "query", "ids", "every", "requests",
               "per minute", "scripts");
    printf("  %-20s %7zu %9s %9zu %11s  ", line->query->name, line->id_count,
           text_format_duration(line->every_ms, every, sizeof every),
           line->request_count, cost_text(line->per_minute, cost));
    for (const struct plan_script *s = plan->scripts; s; s = s->next) {
        if (!s->is_asking)
            continue;
        printf("%s%s", comma, s->name);
        comma = ", ";
    }
    if (line->carrier_ms)
        printf("; rides with every %s",
               text_format_duration(line->carrier_ms, every, sizeof every));
    printf("\n");
}

static void
print_center(struct plan *plan, uint32_t number)
{
    const struct conf_center *center = &plan->conf->centers[number];
    double load = demand_load(&plan->demand, number);
    double stretch = demand_stretch(load, center->rate);
    char asked[COST_ROOM], allowed[COST_ROOM];
    printf("center %s: %s requests per minute, rate allows %s\n", center->name,
           cost_text(load * 60, asked), cost_text(center->rate * 60, allowed));
    if (stretch > 1)
        printf("  too many: all intervals become %.2f times as long (rate = %.6g/s "
               "would do)\n",
               stretch, load);
    each_line(plan, number, print_line);
}

static void
print_askers(const struct plan *plan)
{
    if (plan->asker_count)
        printf("not counted above, for what they ask is known when they run:\n");
    for (size_t i = 0; i < plan->asker_count; i++) {
        const struct plan_asker *asker = &plan->askers[i];
        printf("  %s %s of %s, %s\n", asker->is_rule ? "rule" : "job", asker->name,
               asker->script, asker->when);
    }
}

static void
print_text(struct plan *plan)
{
    for (uint32_t i = 0; i < plan->conf->center_count; i++)
        print_center(plan, i);
    print_askers(plan);
}

/* ---- for programs ---- */

static void
print_json_text(const char *text)
{
    struct buf out = {0};
    buf_add_json(&out, text, strlen(text));
    fwrite(out.data, 1, out.size, stdout);
    buf_fini(&out);
}

static void
print_json_line(const struct plan *plan, const struct line *line, size_t index)
{
    const char *comma = "";
    printf("%s\n  {\"query\":\"%s\",\"ids\":%zu,\"every_ms\":%lld,\"requests\":%zu,"
           "\"requests_per_minute\":%.6g,\"scripts\":[",
           index ? "," : "", line->query->name, line->id_count,
           (long long)line->every_ms, line->request_count, line->per_minute);
    for (const struct plan_script *s = plan->scripts; s; s = s->next) {
        if (!s->is_asking)
            continue;
        printf("%s", comma);
        print_json_text(s->name);
        comma = ",";
    }
    printf("]");
    if (line->carrier_ms)
        printf(",\"rides_with_every_ms\":%lld", (long long)line->carrier_ms);
    printf("}");
}

/* Behind the centres, of which it is none. */
static void
print_json_askers(const struct plan *plan)
{
    printf(",\n {\"center\":null,\"asks_when_it_runs\":[");
    for (size_t i = 0; i < plan->asker_count; i++) {
        const struct plan_asker *asker = &plan->askers[i];
        printf("%s\n  {\"kind\":\"%s\",\"name\":\"%s\",\"script\":", i ? "," : "",
               asker->is_rule ? "rule" : "job", asker->name);
        print_json_text(asker->script);
        printf(",\"when\":");
        print_json_text(asker->when);
        printf("}");
    }
    printf("]}");
}

static void
print_json(struct plan *plan)
{
    printf("[");
    for (uint32_t i = 0; i < plan->conf->center_count; i++) {
        const struct conf_center *center = &plan->conf->centers[i];
        double load = demand_load(&plan->demand, i);
        printf("%s\n {\"center\":", i ? "," : "");
        print_json_text(center->name);
        printf(
            ",\"requests_per_minute\":%.6g,\"rate_per_minute\":%.6g,\"stretch\":%.6g,"
            "\"queries\":[",
            load * 60, center->rate * 60, demand_stretch(load, center->rate));
        each_line(plan, i, print_json_line);
        printf("]}");
    }
    if (plan->asker_count)
        print_json_askers(plan);
    printf("\n]\n");
}

static int
plan_all(const struct conf *conf, bool is_json)
{
    struct plan plan = {.conf = conf, .last = &plan.scripts};
    struct loading loading = {conf, on_loaded, on_problem, &plan};
    loading_run(&loading, 0, NULL);
    demand_merge(&plan.demand);
    if (is_json)
        print_json(&plan);
    else
        print_text(&plan);
    plan_fini(&plan);
    return plan.mistakes ? EXIT_PROBLEM : EXIT_FINE;
}

static int
run(const struct command *command, int argc, char **argv)
{
    static const struct option options[] = {
        {"conf", required_argument, NULL, 'c'},
        {"output", required_argument, NULL, 'o'},
        {NULL, 0, NULL, 0},
    };
    const char *file = "gateway.conf";
    bool is_json = false;
    int option;
    while ((option = getopt_long(argc, argv, "c:o:", options, NULL)) != -1) {
        switch (option) {
        case 'c': file = optarg; break;
        case 'o':
            if (command_read_output(optarg, &is_json))
                break;
            return command_misused(command, "-o: '%s' is none of text, json", optarg);
        default: return command_wrong_option(command, options, argv);
        }
    }
    if (optind < argc)
        return command_misused(command, "unexpected '%s'", argv[optind]);
    struct conf *conf = gateway_conf(file);
    if (!conf)
        return EXIT_PROBLEM;
    int code = plan_all(conf, is_json);
    conf_delete(conf);
    return code;
}

const struct command command_plan = {
    .name = "plan",
    .arguments = "[-c FILE] [-o text|json]",
    .sentence = "tells the requests per minute that the scripts ask for",
    .help =
        "  -c, --conf FILE   the configuration (default gateway.conf)\n"
        "  -o text|json      for people (default) or for programs\n"
        "\n"
        "Loads the scripts as `run` does and merges their wishes without asking the\n"
        "centre. What is wanted seldom and fits into a request that goes out oftener\n"
        "rides with it and costs nothing. When it all comes to more than `rate`, all\n"
        "intervals of that centre grow by one factor. What functions ask for, jobs and\n"
        "rules with a function for from, is known when they run: they stand below, and\n"
        "are not counted. Exits with 1 when a script has mistakes.\n",
    .run = run,
};
