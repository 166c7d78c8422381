/* Answers of the simulated contact centre that are not as they should be: refusals, and
 * what faults do to header and body. */
#ifndef CCGATE_SIM_FAILURE_H
#define CCGATE_SIM_FAILURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "sim/centre.h"
#include "sim/fault.h"

/* Adds the body of a failure above the interface, as Spring Boot writes it. */
void failure_write_http(struct buf *body, int status, const char *path, int64_t now_ms);

/* Adds the body of a failure of the interface. */
void failure_write_api(struct buf *body, const char *code, const char *text,
                       const char *detail);

/* Refuses a good signature in `reply` where the fault is a clock that is too far off.
 */
void failure_check_clock(const struct fault *fault,
                         const struct centre_request *request, int64_t now_ms,
                         struct centre_reply *reply);

/* Writes the whole answer, where the fault leaves nothing of the right one; false where
 * it does. `is_desk`: in the words of the agent gateway. */
bool failure_replaces(const struct fault *fault, bool is_desk, const char *path,
                      int64_t now_ms, struct buf *body, struct centre_reply *reply);

/* Spoils the body that was right otherwise, and adds the headers of faults. */
void failure_finish(const struct fault *fault, int64_t now_ms, struct buf *body,
                    struct centre_reply *reply);

#endif
