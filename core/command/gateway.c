#include "command/gateway.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/version.h"
#include "command/api.h"
#include "command/command.h"
#include "command/control_socket.h"
#include "command/surface.h"
#include "engine/engine.h"

#define DRAIN_MS        ((int64_t)20 * 1000)
#define RELOAD_AGAIN_MS ((int64_t)100)
#define DRAIN_LOOK_MS   ((int64_t)20)

/* Configurations that were replaced: tasks of retired scripts may still look at theirs.
 */
struct old_conf {
    struct conf *conf;
    struct old_conf *next;
};

/* Somebody who asked for a reload and waits for its outcome. */
struct waiter {
    api_on_reloaded *on_reloaded;
    void *arg;
    struct waiter *next;
};

struct gateway {
    struct gateway_options options;
    struct loop *loop;
    struct conf *conf;
    struct old_conf *old_confs;
    struct engine engine;
    struct api *api;
    struct control_socket *control;
    struct surface *surface; /* NULL: [gateway] listen is not set */
    char *program;
    struct watch *on_term, *on_int, *on_hup;
    struct timer *drain_timer, *reload_timer;
    struct waiter *waiters;      /* for the next reload */
    struct waiter *under_reload; /* for the one that is under way */
    int64_t drain_until;         /* 0: not stopping */
    bool is_ending;              /* the rooms are taken down */
};

/* ---- configuration ---- */

struct conf *
gateway_conf(const char *file)
{
    struct buf mistakes = {0};
    struct conf *conf = engine_read_conf(file, false, &mistakes);
    if (mistakes.size)
        fwrite(mistakes.data, 1, mistakes.size, stderr);
    buf_fini(&mistakes);
    return conf;
}

/* What is played elsewhere than it says (a demo), moved there. Takes and returns
 * `conf`, which may be NULL. */
static struct conf *
move_conf(const struct gateway_options *options, struct conf *conf)
{
    for (size_t i = 0; conf && i < options->move_count; i++)
        local_apply_move(conf, &options->moves[i]);
    return conf;
}

/* ---- reload ---- */

static void
on_swap(void *arg, const struct conf *conf)
{
    struct gateway *gateway = arg;
    engine_set_conf(&gateway->engine, conf);
    control_socket_set_conf(gateway->control, conf);
    api_set_conf(gateway->api, conf);
    if (gateway->surface)
        surface_set_conf(gateway->surface, conf);
}

static void
keep_old(struct gateway *gateway, struct conf *conf)
{
    struct old_conf *old = mem_zero(sizeof *old);
    old->conf = conf;
    old->next = gateway->old_confs;
    gateway->old_confs = old;
}

/* Tells those in the list, which is empty afterwards. */
static void
tell_waiters(struct waiter **list, bool is_in_force, const char *problems)
{
    while (*list) {
        struct waiter *waiter = *list;
        *list = waiter->next;
        waiter->on_reloaded(waiter->arg, is_in_force, problems);
        free(waiter);
    }
}

static void
on_reloaded(void *arg, const struct conf *conf, bool is_in_force)
{
    struct gateway *gateway = arg;
    struct conf *fresh = (struct conf *)(uintptr_t)conf;
    if (is_in_force) {
        keep_old(gateway, gateway->conf);
        gateway->conf = fresh;
        if (!gateway->is_ending)
            engine_sweep(&gateway->engine);
        log_info("gateway", "reloaded");
    } else {
        conf_delete(fresh);
    }
    if (!gateway->is_ending)
        tell_waiters(&gateway->under_reload, is_in_force, "");
}

/* `now` and `fresh` may be NULL. */
static void
warn_if_changed(const char *what, const char *now, const char *fresh)
{
    if (strcmp(now ? now : "", fresh ? fresh : "") != 0)
        log_warn("gateway", "[gateway] %s changes with a restart only: it stays '%s'",
                 what, now ? now : "");
}

/* Takes over `conf`. */
static void
put_in_force(struct gateway *gateway, struct conf *conf)
{
    struct waiter *waiters = gateway->waiters;
    warn_if_changed("name", gateway->conf->name, conf->name);
    warn_if_changed("state", gateway->conf->state, conf->state);
    warn_if_changed("listen", gateway->conf->listen, conf->listen);
    struct supervisor_reload request = {conf, on_swap, on_reloaded, gateway};
    if (supervisor_is_reloading(gateway->engine.supervisor)) {
        /* What is written now is read when the one before is finished. */
        conf_delete(conf);
        if (!gateway->drain_until)
            timer_start(gateway->reload_timer, RELOAD_AGAIN_MS);
        return;
    }
    gateway->waiters = NULL;
    gateway->under_reload = waiters; /* it may be over before the call is */
    supervisor_reload(gateway->engine.supervisor, &request);
}

static void
reload(void *arg)
{
    struct gateway *gateway = arg;
    struct buf mistakes = {0};
    struct conf *conf =
        move_conf(&gateway->options,
                  engine_read_conf(gateway->options.conf_file, false, &mistakes));
    if (conf) {
        put_in_force(gateway, conf);
    } else {
        fwrite(mistakes.data, 1, mistakes.size, stderr);
        log_error("gateway", "%s has mistakes; nothing was changed",
                  gateway->options.conf_file);
        tell_waiters(&gateway->waiters, false, mistakes.data);
    }
    buf_fini(&mistakes);
}

/* Somebody asks for it and wants to know what came of it. */
static bool
ask_reload(void *arg, api_on_reloaded *on_outcome, void *done_arg)
{
    struct gateway *gateway = arg;
    if (gateway->drain_until)
        return false;
    struct waiter *waiter = mem_zero(sizeof *waiter);
    *waiter = (struct waiter){on_outcome, done_arg, gateway->waiters};
    gateway->waiters = waiter;
    timer_start(gateway->reload_timer, 0);
    return true;
}

static void
forget_waiters(struct waiter *list)
{
    while (list) {
        struct waiter *next = list->next;
        free(list);
        list = next;
    }
}

static void
on_hup(void *arg, int mode)
{
    (void)mode;
    reload(arg);
}

/* ---- stopping ---- */

static void
look_whether_drained(void *arg)
{
    struct gateway *gateway = arg;
    bool is_over = clock_real_mono_ms() >= gateway->drain_until;
    if (!is_over && (planner_busy(gateway->engine.planner) ||
                     deliver_busy(gateway->engine.deliver) ||
                     store_pending(gateway->engine.store))) {
        timer_start(gateway->drain_timer, DRAIN_LOOK_MS);
        return;
    }
    if (is_over)
        log_warn("gateway", "not everything in flight ended in time; it is repeated at "
                            "the next start");
    loop_stop(gateway->loop);
}

static void
stop(void *arg, int mode)
{
    struct gateway *gateway = arg;
    (void)mode;
    if (gateway->drain_until) {
        log_warn("gateway", "stopping at once");
        loop_stop(gateway->loop);
        return;
    }
    log_info("gateway", "stopping: finishing what is in flight");
    gateway->drain_until = clock_real_mono_ms() + DRAIN_MS;
    supervisor_drain(gateway->engine.supervisor);
    planner_drain(gateway->engine.planner);
    deliver_drain(gateway->engine.deliver);
    /* Not at once: who asks over the control socket is told. */
    timer_start(gateway->drain_timer, DRAIN_LOOK_MS);
}

/* ---- putting together ---- */

static bool
make_rooms(struct gateway *gateway, const char *state, struct error *error)
{
    gateway->loop = loop_new();
    gateway->program = process_find_program();
    struct engine_options options = {gateway->loop,    gateway->conf, state,
                                     gateway->program, NULL,          NULL};
    if (!engine_make(&gateway->engine, &options, error))
        return false;
    gateway->drain_timer = timer_new_real(gateway->loop, look_whether_drained, gateway);
    gateway->reload_timer = timer_new(gateway->loop, reload, gateway);
    gateway->on_term = watch_signal(gateway->loop, SIGTERM, stop, gateway);
    gateway->on_int = watch_signal(gateway->loop, SIGINT, stop, gateway);
    gateway->on_hup = watch_signal(gateway->loop, SIGHUP, on_hup, gateway);
    struct api_world api = {gateway->loop,
                            gateway->conf,
                            gateway->engine.store,
                            gateway->engine.notify,
                            gateway->engine.deliver,
                            gateway->engine.planner,
                            gateway->engine.supervisor,
                            clock_wall_ms(),
                            ask_reload,
                            gateway};
    gateway->api = api_new(&api);
    gateway->control = control_socket_new(gateway->loop, gateway->engine.planner,
                                          gateway->conf, state, error);
    if (!gateway->control)
        return false;
    control_socket_set_api(gateway->control, gateway->api);
    if (gateway->conf->listen)
        gateway->surface = surface_new(&api, gateway->api, gateway->conf->listen,
                                       gateway->conf->token, error);
    return gateway->surface || !gateway->conf->listen;
}

/* Against the order of making: nobody is left with a room that is gone. */
static void
take_down(struct gateway *gateway)
{
    watch_delete(gateway->on_term);
    watch_delete(gateway->on_int);
    watch_delete(gateway->on_hup);
    timer_free(gateway->drain_timer);
    timer_free(gateway->reload_timer);
    gateway->is_ending = true;
    control_socket_delete(gateway->control);
    surface_delete(gateway->surface);
    api_delete(gateway->api);
    engine_take_down(&gateway->engine);
    forget_waiters(gateway->waiters);
    forget_waiters(gateway->under_reload);
    if (gateway->loop)
        loop_delete(gateway->loop);
    while (gateway->old_confs) {
        struct old_conf *old = gateway->old_confs;
        gateway->old_confs = old->next;
        conf_delete(old->conf);
        free(old);
    }
    conf_delete(gateway->conf);
    free(gateway->program);
}

static void
warn_of_silence(const struct conf *conf)
{
    if (!conf->destination_count)
        log_warn("gateway", "%s has no [destination]: nobody will hear of an alert",
                 conf->file);
    else if (!conf->notify_count)
        log_warn("gateway",
                 "%s has no notify in [gateway]: nobody will hear of the "
                 "gateway's own troubles",
                 conf->file);
}

static void
tell_notes(const struct conf *conf)
{
    for (size_t i = 0; i < conf->notes.count; i++)
        log_warn("gateway", "%s", conf->notes.lines[i]);
}

int
gateway_run(const struct gateway_options *options)
{
    struct gateway gateway = {.options = *options};
    struct error error = {0};
    int code = EXIT_FINE;
    /* A reload that is asked for before anything has been read happens by itself; it
     * must not end the gateway. */
    signal(SIGHUP, SIG_IGN);
#ifndef CCGATE_SANITIZE /* whose search for leaks looks at the process from outside */
    prctl(PR_SET_DUMPABLE, 0); /* a core would have all secrets in it */
#endif
    gateway.conf = move_conf(options, gateway_conf(options->conf_file));
    if (!gateway.conf)
        return EXIT_PROBLEM;
    const char *state = options->state ? options->state : gateway.conf->state;
    if (access(gateway.conf->scripts, R_OK | X_OK) != 0) {
        fprintf(stderr, "%s: [gateway] scripts: %s: %s\n", options->conf_file,
                gateway.conf->scripts, strerror(errno));
        conf_delete(gateway.conf);
        return EXIT_PROBLEM;
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a full quota is a failed commit, not a death */
    if (make_rooms(&gateway, state, &error)) {
        log_info("gateway", "ccgate %s runs; state in %s", CCGATE_VERSION, state);
        warn_of_silence(gateway.conf);
        tell_notes(gateway.conf);
        engine_start(&gateway.engine);
        loop_run(gateway.loop);
        log_info("gateway", "stopped");
    } else {
        log_error("gateway", "%s", error.message);
        code = EXIT_PROBLEM;
    }
    take_down(&gateway);
    return code;
}
