/* What an agent did, as the contact centre records it when it ends. */
#ifndef CCGATE_SIM_OPERATION_H
#define CCGATE_SIM_OPERATION_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/life.h"

/* The codes of the documents; what they do not record (being idle) is not here. */
enum operation_type {
    OPERATION_SIGN_OUT = 0,
    OPERATION_SIGN_IN = 1,
    OPERATION_BUSY = 3,
    OPERATION_REST = 26,
    OPERATION_WRAP_UP = 27,
    OPERATION_TALKING = 60,
};

#define OPERATION_UNUSED 65535

struct operation {
    enum operation_type type;
    int64_t object, cause; /* OPERATION_UNUSED for none */
    int64_t begin_ms, end_ms;
};

typedef void operation_callback(void *arg, const struct life *life,
                                const struct operation *operation);

/* The operations of this agent that end from `from_ms` on and before `to_ms`, in order;
 * `life` is moved. A conversation is recorded every five minutes and when it ends. */
void operations_walk(struct life *life, int64_t from_ms, int64_t to_ms,
                     operation_callback *on_operation, void *arg);

#endif
