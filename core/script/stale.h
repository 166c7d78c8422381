/* Sources that give nothing: what a rule does about a centre of which no usable sample
 * came for longer than stale_after (lifecycle.md §1).
 *
 * Time passes without samples, so the core ticks a rule that has to know (a TICK frame,
 * each third of stale_after, at least a second apart). A sample is usable when one of
 * its rows that the rule judges is true or false, or when there is none. Counting
 * begins when the rule first hears of anything: a gateway that was down is no source
 * that is stale. */
#ifndef CCGATE_SCRIPT_STALE_H
#define CCGATE_SCRIPT_STALE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What then happens to alerts. */
enum stale_mode {
    STALE_HOLD,  /* nothing */
    STALE_RAISE, /* one alert for each centre that is stale, with the key "source" */
    STALE_CLEAR, /* those without a usable sample are cleared, with reason "gone" */
};

#define STALE_KEY "source"

struct stale_source {
    uint32_t center;
    int64_t usable_ms; /* of the last usable sample; 0: none yet */
    bool is_raised;
    bool is_waiting; /* would be raised if there were room for its alert */
};

/* A zeroed struct watches nothing. */
struct stale {
    enum stale_mode mode;
    int64_t after_ms;
    int64_t since_ms;             /* when it first heard of anything; 0: not yet */
    struct stale_source *sources; /* owned; one per centre */
    size_t source_count;
};

void stale_fini(struct stale *stale);

/* The rule watches this centre; twice is once. */
void stale_watch(struct stale *stale, uint32_t center);

/* How often the rule is to be ticked; 0: never. */
int64_t stale_every_ms(const struct stale *stale);

/* Any sample or tick: time is known from here on. */
void stale_hear(struct stale *stale, int64_t now_ms);

/* The clock was put forward by so much. */
void stale_shift(struct stale *stale, int64_t by_ms);

/* One of the sources is. */
bool stale_is_waiting(const struct stale *stale);

/* NULL when the centre is not watched. */
struct stale_source *stale_find(struct stale *stale, uint32_t center);

/* Is it longer than after_ms that a usable sample came? */
bool stale_is_over(const struct stale *stale, const struct stale_source *source,
                   int64_t now_ms);

#endif
