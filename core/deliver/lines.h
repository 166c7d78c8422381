/* The messages that wait for one destination: they stand in lines, one per order key,
 * and only the first of a line may go; among those, the one that is due soonest goes
 * first. Pure; every operation costs the logarithm of the number of lines at most. */
#ifndef CCGATE_DELIVER_LINES_H
#define CCGATE_DELIVER_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deliver/table.h"

struct line; /* private */

struct message {
    char *id;
    char *kind;
    char *event; /* JSON */
    char *body;  /* as rendered at the first attempt, NULL before */
    int64_t attempts, refusals;
    int64_t created_ms; /* wall */
    int64_t due_ms;     /* monotonic: a step of the wall clock moves no retry */
    bool is_alone;      /* goes in no digest: one with it was refused */

    /* Private to lines.c. */
    struct message *next; /* behind it in its line */
    struct line *line;
    uint64_t number;
    bool is_taken;
};

/* A zeroed struct lines is empty. */
struct lines {
    size_t count; /* messages, those taken included */

    /* Private. */
    struct table by_key;
    struct line *all;
    struct message **heap; /* the first of every line, unless it is taken */
    size_t heap_count, heap_room;
    uint64_t added;
};

/* Deletes all messages, those taken included. */
void lines_fini(struct lines *lines);

/* Puts the message at the end of its line and takes it; `order_key` "" is a line of its
 * own. A reminder or a level that stands there and is not on its way has lost its point
 * when more is said of the same alert: the message takes its place, and its time if it
 * was the first, and the id of the one that is gone is returned (free it); else NULL.
 */
char *lines_add(struct lines *lines, struct message *message, const char *order_key);

/* The order key, borrowed; "" for none. */
const char *lines_key_of(const struct message *message);

/* The message that may go and is due soonest, NULL when none may go. */
const struct message *lines_first(const struct lines *lines);

/* Takes that one away from the front: nothing of its line may go until it is given back
 * or finished. */
struct message *lines_take(struct lines *lines);

/* A taken message did not get through: it is the first of its line again. */
void lines_give_back(struct lines *lines, struct message *message);

/* A taken message is over: deletes it, and the next of its line may go. */
void lines_finish(struct lines *lines, struct message *message);

/* ---- people; each looks at all messages ---- */

/* created_ms of the oldest, those taken included; 0 when there is none. */
int64_t lines_oldest(const struct lines *lines);
bool lines_has(const struct lines *lines, const char *id);
/* The message is due then; when others stand before it, it goes behind them all the
 * same. False: there is none of this id, or it is taken. */
bool lines_hurry(struct lines *lines, const char *id, int64_t due_ms);
/* Takes it out and deletes it. False likewise. */
bool lines_drop(struct lines *lines, const char *id);

#endif
