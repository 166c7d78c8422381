/* How the centres of a running gateway fare, as `ccgate center` shows it: one line, or
 * one object, per centre and door. */
#ifndef CCGATE_COMMAND_CONTROL_STATE_H
#define CCGATE_COMMAND_CONTROL_STATE_H

#include "base/buf.h"
#include "base/conf.h"
#include "poll/planner.h"

/* Adds a list of {"name","doors":[{"url","circuit","until","failures","error"}]}:
 * circuit is "closed", "back-off" or "open"; until (seconds since the epoch) is null
 * where nothing is held back, error ({"kind","code","message"}) after a good answer. */
void control_state_json(struct planner *planner, const struct conf *conf,
                        struct buf *out);

/* Adds a line per centre and door: name, url, circuit, last error. */
void control_state_text(struct planner *planner, const struct conf *conf,
                        struct buf *out);

/* Adds a line for each door of one centre: what a retry, made now, ends. */
void control_state_before_retry(struct planner *planner, const struct conf *conf,
                                uint32_t center, struct buf *out);

#endif
