/* What is wrong with the gateway itself: whoever finds it tells, one listener hears
 * (deliver/self.h, which makes alerts of it). Like the log, it is everywhere; unlike
 * the log, what was told holds until it is over. On the loop's thread only. */
#ifndef CCGATE_BASE_TROUBLE_H
#define CCGATE_BASE_TROUBLE_H

#include <stdbool.h>

enum trouble {
    TROUBLE_CENTER, /* its circuit is open; name: the centre, or CENTRE/DOOR; with
                     * CENTRE/QUERY: that gets no good answer */
    TROUBLE_SCRIPT, /* quarantined; name: the script */
    TROUBLE_RULE,   /* switched off, or a job is; name: SCRIPT/RULE; with /alerts: no
                     * room for its alerts, with /errors: its code fails */
    TROUBLE_DESTINATION, /* has dead letters; name: the destination */
    TROUBLE_STORE,       /* cannot write; name: "store" */
    TROUBLES,
};

/* `text` is a sentence for people, NULL: it is over. With `is_prefix` (of what is over
 * alone) `name` is the beginning of all names that are meant. */
typedef void trouble_on_news(void *arg, enum trouble trouble, const char *name,
                             bool is_prefix, const char *text);

/* One for each thread, from now on; NULL: nobody. */
void trouble_listen(trouble_on_news *on_news, void *arg);

/* Who listens. */
struct trouble_listener {
    trouble_on_news *on_news;
    void *arg;
};
/* Lets another one listen on this thread, for a while; returns who did, to be put back.
 */
struct trouble_listener trouble_swap(struct trouble_listener listener);

/* Told again while it holds, it changes nothing. */
void trouble_tell(enum trouble trouble, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Nothing happens when it was not told. */
void trouble_over(enum trouble trouble, const char *name);
void trouble_over_all(enum trouble trouble, const char *prefix);

#endif
