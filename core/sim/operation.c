#include "sim/operation.h"

#include <stdbool.h>

#include "sim/dice.h"

enum {
    INTERIM_MS = 5 * 60 * 1000,
    /* Longer than any state whose end is recorded. */
    LOOK_BACK_MS = 15 * 60 * 1000,
    CAUSE_OWN_BUSY = 1,
    CAUSE_INTERIM = 1,
    CAUSE_END = 0,
};

struct walk {
    int64_t from_ms, to_ms;
    operation_callback *on_operation;
    void *arg;
};

static void
record(const struct walk *walk, const struct life *life, struct operation operation)
{
    if (operation.end_ms >= walk->from_ms && operation.end_ms < walk->to_ms)
        walk->on_operation(walk->arg, life, &operation);
}

static void
record_talk(const struct walk *walk, const struct life *life)
{
    struct operation part = {OPERATION_TALKING, OPERATION_UNUSED, CAUSE_INTERIM,
                             life->since_ms, 0};
    for (; life->until_ms - part.begin_ms > INTERIM_MS; part.begin_ms = part.end_ms) {
        part.end_ms = part.begin_ms + INTERIM_MS;
        record(walk, life, part);
    }
    part.cause = CAUSE_END;
    part.end_ms = life->until_ms;
    record(walk, life, part);
}

/* Most sign out themselves; some are signed out by an inspector or lose the line. */
static int64_t
cause_of_sign_out(const struct life *life)
{
    static const int64_t causes[] = {258, 258, 258, 258, 258, 257, 263, 258};
    uint64_t dice = dice_mix(life->seed + (uint64_t)life->since_ms);
    return causes[dice % (sizeof causes / sizeof *causes)];
}

/* `was_out`: the state before, unless it is not known. */
static void
record_state(const struct walk *walk, const struct life *life, bool was_out,
             bool was_in)
{
    const int64_t n = OPERATION_UNUSED, since = life->since_ms, until = life->until_ms;
    if (was_out && life->state != LIFE_OUT)
        record(walk, life, (struct operation){OPERATION_SIGN_IN, n, n, since, since});
    switch (life->state) {
    case LIFE_OUT:
        if (was_in)
            record(walk, life,
                   (struct operation){OPERATION_SIGN_OUT, n, cause_of_sign_out(life),
                                      since, since});
        break;
    case LIFE_TALKING: record_talk(walk, life); break;
    case LIFE_WRAP_UP:
        record(walk, life, (struct operation){OPERATION_WRAP_UP, n, 0, since, until});
        break;
    case LIFE_BUSY:
        record(walk, life,
               (struct operation){OPERATION_BUSY, n, CAUSE_OWN_BUSY, since, until});
        break;
    case LIFE_REST:
        record(walk, life,
               (struct operation){OPERATION_REST, life->id, life_rest_reason(life),
                                  since, until});
        break;
    default: break;
    }
}

void
operations_walk(struct life *life, int64_t from_ms, int64_t to_ms,
                operation_callback *on_operation, void *arg)
{
    const struct walk walk = {from_ms, to_ms, on_operation, arg};
    life_seek(life, from_ms - LOOK_BACK_MS);
    bool was_out = false, was_in = false;
    while (life->since_ms < to_ms) {
        record_state(&walk, life, was_out, was_in);
        was_out = life->state == LIFE_OUT;
        was_in = !was_out;
        life_next(life);
    }
}
