/* The engine: the rooms that do the work, put together in order and taken down again.
 *
 * `ccgate run` plugs it into the network and a clock that goes by itself, a rehearsal
 * (core/rehearse) into what its caller plays. Nothing in here knows which. */
#ifndef CCGATE_ENGINE_ENGINE_H
#define CCGATE_ENGINE_ENGINE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/error.h"
#include "base/loop.h"
#include "base/step.h"
#include "deliver/connector.h"
#include "deliver/deliver.h"
#include "deliver/notify.h"
#include "deliver/self.h"
#include "net/http.h"
#include "poll/planner.h"
#include "script/ledger.h"
#include "script/supervisor.h"
#include "store/store.h"
#include "store/sweeper.h"

/* All made by engine_make(), but for what its options give. */
struct engine {
    struct loop *loop;
    const struct conf *conf; /* in force */
    struct store *store;
    struct connector *connector;
    struct deliver *deliver;
    struct notify *notify;
    struct self *self;
    struct http_pool *polls;
    struct planner *planner;
    struct ledger *ledger;
    struct supervisor *supervisor;
    struct stepper *stepper;
    struct sweeper *sweeper;
};

/* Borrowed, and longer there than the engine. */
struct engine_options {
    struct loop *loop;
    const struct conf *conf;
    const char *state;   /* the folder of the store */
    const char *program; /* ccgate-script */
    /* What is played; NULL: the network. With one of them the store is, too. */
    const struct lane_player *center;
    const struct deliver_player *receivers;
};

/* False with `error`; engine_take_down() is due in any case. */
bool engine_make(struct engine *engine, const struct engine_options *options,
                 struct error *error);
/* Loads the scripts, and tells of troubles that the store remembers. */
void engine_start(struct engine *engine);
/* Clears the gateway's own alerts about what cannot be any more: after a start, and
 * when another configuration is in force. */
void engine_sweep(struct engine *engine);
/* Against the order of making. A zeroed engine is fine. Whoever uses a room of it has
 * let go of it before, but for the supervisor's own callbacks, which may still come. */
void engine_take_down(struct engine *engine);

/* The configuration in force is another one from now on, but for the scripts. */
void engine_set_conf(struct engine *engine, const struct conf *conf);

/* Loads a configuration and checks what only all rooms together know (the kinds of
 * destinations). NULL, and a line for each mistake, when there is one. `is_played`: as
 * conf_load_played() does. */
struct conf *engine_read_conf(const char *file, bool is_played, struct buf *mistakes);

#endif
