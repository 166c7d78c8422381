/* The rehearsal's inside, shared by rehearsal.c (life and time), rehearsal_people.c
 * (who looks and acts) and rehearsal_log.c alone. */
#ifndef CCGATE_REHEARSE_REHEARSAL_INSIDE_H
#define CCGATE_REHEARSE_REHEARSAL_INSIDE_H

#include "base/log.h"
#include "base/trouble.h"
#include "base/zone.h"
#include "engine/engine.h"
#include "rehearse/audience.h"
#include "rehearse/scene.h"
#include "rehearse/rehearsal.h"

struct rehearsal {
    char *folder; /* of the store; ours alone */
    char *program;
    char **scripts;
    size_t script_count;
    struct conf *conf;
    struct zone *zone; /* the gateway's; NULL: UTC */
    struct loop *loop;
    struct scene *scene;
    struct audience *audience;
    struct engine engine;
    struct trouble_listener listener; /* while it is not in force */
    struct log_taker taker;
    struct rehearsal_line **lines;
    size_t line_count;
    unsigned silences; /* so far, for their ids */
};

/* What was in force on this thread before the rehearsal was. */
struct outside {
    const struct clock_held *clock;
    const struct log_taker *taker;
    struct trouble_listener listener;
};

/* Whatever calls into its rooms does so between these two: its clock, its log, its
 * troubles. */
struct outside rehearsal_enter(struct rehearsal *rehearsal);
void rehearsal_leave(struct rehearsal *rehearsal, struct outside outside);

/* All that follows at this moment happens, without a poll. In force. */
void rehearsal_settle(struct rehearsal *rehearsal);

/* ---- rehearsal_log.c ---- */

void rehearsal_take_log(struct rehearsal *rehearsal);
void rehearsal_forget_log(struct rehearsal *rehearsal);

#endif
