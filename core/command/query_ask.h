/* Who asks the contact centre for `ccgate query`: the gateway that runs on the state
 * folder of the configuration, over its control socket; this process, with a planner of
 * its own, when none answers there. Both go through a lane, so that a question by hand
 * keeps to the rate, and through a session where its door takes one. */
#ifndef CCGATE_COMMAND_QUERY_ASK_H
#define CCGATE_COMMAND_QUERY_ASK_H

#include "base/conf.h"
#include "base/loop.h"
#include "command/control_wire.h"
#include "poll/poll.h"

struct asker;

/* `circuit_until_ms` (wall time) is 0 unless the gateway's circuit is open. */
typedef void asker_callback(void *arg, const struct poll_answer *answer,
                            int64_t circuit_until_ms);

/* For one centre of `conf`; all is borrowed. With `is_alone` no gateway is looked for.
 */
struct asker *asker_new(struct loop *loop, const struct conf *conf,
                        const struct conf_center *center, bool is_alone,
                        asker_callback *on_answer, void *arg);
/* Signs out where it signed in, which may take some seconds. Not from the callback. */
void asker_delete(struct asker *asker);

/* One request, one answer, never from inside; one at a time. The ids of the question
 * must stay valid until then. */
void asker_ask(struct asker *asker, const struct control_question *question);

/* From the first answer on: does a gateway do it? */
bool asker_is_gateway(const struct asker *asker);
/* Why not, for people, where one seems to run all the same: its socket is another
 * user's, or nobody answers there in time. NULL: none runs, or it does it. */
const char *asker_obstacle(const struct asker *asker);

#endif
