/* Tasks: runs of jobs, of handlers of rules and of functions that look for rows, and
 * their children (crew.h), as coroutines that wait for one thing at a time.
 *
 * A task suspends only in the main function's own coroutine: what a script makes with
 * coroutine.create() can neither sleep nor fetch. */
#ifndef CCGATE_SCRIPT_TASK_H
#define CCGATE_SCRIPT_TASK_H

#include <stdbool.h>
#include <stdint.h>

#include <lua.h>

#include "script/message.h"
#include "script/script.h"

/* In a userdata; its uservalue is the function. */
struct job {
    struct entry entry;
    struct task *task; /* the run that is under way, or NULL */
};

enum task_wait { WAIT_NONE, WAIT_SLEEP, WAIT_FETCH, WAIT_ASK, WAIT_CREW };

/* Bytes of a path. */
#define TASK_PATH_MAX MESSAGE_PATH_MAX

struct crew;

struct task {
    struct task *next;
    struct entry *entry;
    struct job *job; /* whose run it is; NULL for a handler and for a child */
    lua_State *co;
    int ref;              /* keeps `co` in the registry */
    int64_t scheduled_ms; /* of a handler: the number of its run */
    char *origin;         /* of what it sends (base/message_id.h) */
    uint32_t ordinal;     /* of the last send */
    enum task_wait kind;  /* what it waits for, as number `wait` */
    uint64_t wait;        /* 0: for nothing of the core's */
    struct buf frame;     /* SLEEP, FETCH or ASK, written once the task has suspended */
    const void *answer;   /* while it is resumed with one: struct message_fetched of a
                             fetch, struct message_answer of a question */
    struct crew *crew;    /* the children that it waits for (crew.h), or NULL */
    uint32_t crews;       /* that it has had */
    struct crew *member_of;       /* NULL for a run */
    uint32_t position;            /* in that */
    char path[TASK_PATH_MAX + 1]; /* "" of a run; of a child "2.7": the seventh of the
                                     second crew, of a child of that "2.7/1.1": the same
                                     in each repeat of the run */
    bool *busy;                   /* of a look: true while it runs; borrowed, or NULL */
    bool is_ready;
    struct task *next_ready;
};

/* A job is due. False: it still runs, the core is broken. */
bool task_run(struct script *script, const struct message_run *run);

/* The end of a wait. Waits that nobody has any more (their job was disabled) are left
 * alone; false: the wait was for something else, the core is broken. */
bool task_wake(struct script *script, uint64_t wait);
bool task_fetched(struct script *script, const struct message_fetched *fetched);
bool task_answered(struct script *script, const struct message_answer *answer);

/* A rule's handler is due: it runs until it has said so with ITEM_DONE. Nothing of a
 * rule that is switched off: the core keeps it until the rule is on again. */
void task_handle(struct script *script, const struct message_handle *handle);
/* A rule's function looks for rows. `busy` is true until it has ended. It leaves them
 * by core.found(); whether it has, and is judged, is the caller's business. */
void task_look(struct script *script, struct entry *entry, bool *busy);
/* A look, or a child of one: it sends nothing. */
bool task_is_look(const struct task *task);
/* The run took too long: it ends, if it has not. */
void task_cancel(struct script *script, uint64_t run);

/* Drops the runs of the entry, which was switched off: nothing is said of them. */
void task_kill(struct script *script, struct entry *entry);

/* From inside a task: it is going to wait. The frame, whose id is the result, goes to
 * task->frame; then the caller yields. */
uint64_t task_start_wait(struct script *script, enum task_wait kind);
/* The same for children. */
void task_start_crew(struct script *script, struct crew *crew);

#endif
