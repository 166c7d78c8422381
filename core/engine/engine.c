#include "engine/engine.h"

#include <string.h>

/* Of all centres together; each has its own, smaller `concurrency`. */
#define POLLS_AT_ONCE 256

/* ---- configuration ---- */

static void
check_destinations(struct conf *conf, struct problems *problems)
{
    struct error error = {0};
    struct connector *connector = connector_new(&error);
    if (!connector) {
        problems_add(problems, "%s", error.message);
        return;
    }
    struct conf_kinds kinds = connector_conf_kinds(connector);
    conf_check_destinations(conf, &kinds, problems);
    connector_delete(connector);
}

struct conf *
engine_read_conf(const char *file, bool is_played, struct buf *mistakes)
{
    struct problems problems = {0};
    struct conf *conf =
        is_played ? conf_load_played(file, &problems) : conf_load(file, &problems);
    if (conf)
        check_destinations(conf, &problems);
    for (size_t i = 0; i < problems.count; i++)
        buf_format(mistakes, "%s\n", problems.lines[i]);
    if (problems.count) {
        conf_delete(conf);
        conf = NULL;
    }
    problems_fini(&problems);
    return conf;
}

/* ---- what is over ---- */

static void
on_swept(void *arg, const struct swept *row)
{
    const struct engine *engine = arg;
    notify_forget(engine->notify, row);
}

static void
add_name(void *arg, const char *name)
{
    struct buf *out = arg;
    buf_add_text(out, out->size > 1 ? "," : "");
    buf_add_json(out, name, strlen(name));
}

static void
add_script(void *arg, const struct script_look *look)
{
    add_name(arg, look->name);
}

/* One that is gone and has a raised alert is held, with all that it has. */
static void
list_scripts(void *arg, struct buf *out)
{
    const struct engine *engine = arg;
    buf_add_text(out, "[");
    supervisor_each_script(engine->supervisor, add_script, out);
    notify_each_raising(engine->notify, add_name, out);
    buf_add_text(out, "]");
}

/* ---- putting together ---- */

static void
on_step(void *arg, const struct step *step)
{
    struct engine *engine = arg;
    supervisor_step(engine->supervisor, step);
    planner_refresh(engine->planner);
}

static bool
open_store(struct engine *engine, const struct engine_options *options,
           struct error *error)
{
    bool is_played = options->center || options->receivers;
    engine->store = is_played ? store_open_played(options->loop, options->state, error)
                              : store_open(options->loop, options->state, error);
    return engine->store != NULL;
}

bool
engine_make(struct engine *engine, const struct engine_options *options,
            struct error *error)
{
    struct loop *loop = options->loop;
    *engine = (struct engine){.loop = loop, .conf = options->conf};
    http_init();
    if (!open_store(engine, options, error))
        return false;
    engine->connector = connector_new(error);
    if (!engine->connector)
        return false;
    engine->deliver =
        deliver_new(loop, engine->store, engine->connector, options->conf);
    if (options->receivers)
        deliver_play(engine->deliver, options->receivers);
    engine->notify = notify_new(loop, engine->store, engine->connector, engine->deliver,
                                options->conf->name);
    engine->polls = http_pool_new(loop, POLLS_AT_ONCE);
    engine->planner = planner_new(loop, engine->polls, options->conf);
    if (options->center)
        planner_play(engine->planner, options->center);
    planner_set_store(engine->planner, engine->store);
    engine->self = self_new(engine->notify, engine->connector, options->conf);
    engine->ledger = ledger_new(engine->store);
    const struct resident_world world = {
        .loop = loop,
        .conf = options->conf,
        .planner = engine->planner,
        .notify = engine->notify,
        .deliver = engine->deliver,
        .store = engine->store,
        .program = options->program,
        .ledger = engine->ledger,
    };
    engine->supervisor = supervisor_new(&world);
    engine->stepper = stepper_new(loop, on_step, engine);
    const struct sweeper_port port = {on_swept, list_scripts, engine};
    engine->sweeper = sweeper_new(loop, engine->store, &port);
    return true;
}

/* ---- its own troubles ---- */

struct script_search {
    const char *name;
    bool is_found;
};

static void
compare_script(void *arg, const struct script_look *look)
{
    struct script_search *search = arg;
    search->is_found |= strcmp(look->name, search->name) == 0;
}

/* What the gateway's own alerts are about. */
static bool
is_there(void *arg, enum trouble trouble, const char *name)
{
    const struct engine *engine = arg;
    struct script_search search = {.name = name};
    switch (trouble) {
    case TROUBLE_CENTER: return conf_find_center(engine->conf, name);
    case TROUBLE_DESTINATION: return conf_find_destination(engine->conf, name);
    case TROUBLE_SCRIPT:
    case TROUBLE_RULE:
        supervisor_each_script(engine->supervisor, compare_script, &search);
        return search.is_found;
    /* One that was told before a restart: this store knows nothing of it. */
    case TROUBLE_STORE: return store_is_failing(engine->store);
    default: return true;
    }
}

void
engine_sweep(struct engine *engine)
{
    self_sweep(engine->self, is_there, engine);
}

void
engine_start(struct engine *engine)
{
    deliver_tell_troubles(engine->deliver);
    supervisor_start(engine->supervisor);
    engine_sweep(engine);
}

/* ---- the rest of life ---- */

void
engine_set_conf(struct engine *engine, const struct conf *conf)
{
    engine->conf = conf;
    planner_set_conf(engine->planner, conf);
    deliver_set_conf(engine->deliver, conf);
    self_set_conf(engine->self, conf);
}

void
engine_take_down(struct engine *engine)
{
    sweeper_delete(engine->sweeper);
    stepper_delete(engine->stepper);
    supervisor_delete(engine->supervisor);
    ledger_delete(engine->ledger);
    planner_delete(engine->planner);
    if (engine->polls)
        http_pool_delete(engine->polls);
    self_delete(engine->self);
    if (engine->notify)
        notify_delete(engine->notify);
    deliver_delete(engine->deliver);
    if (engine->connector)
        connector_delete(engine->connector);
    if (engine->store)
        store_close(engine->store);
    *engine = (struct engine){0};
}
