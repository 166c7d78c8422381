/* A crew: what gw.parallel and gw.map run side by side. Each function is a task, a
 * child of the one that waits for them all; the run that began the first of them is
 * their root, and its entry theirs.
 *
 * They begin in the order of the list, at most `at_once` at a time and no more than the
 * script's limit of tasks allows, and what one did commits as it suspends or ends. The
 * first that raises ends the others, and the waiting task raises in its place. Frames
 * of the core apart nothing decides who goes on: the same answers in the same order
 * give the same run. All that one frame brings about, however many tasks that is, has
 * the processor time of one activation. */
#ifndef CCGATE_SCRIPT_CREW_H
#define CCGATE_SCRIPT_CREW_H

#include <stdbool.h>
#include <stdint.h>

#include <lua.h>

#include "script/script.h"
#include "script/task.h"

#define CREW_MOST 10000 /* functions of one crew */

struct crew {
    struct task *parent;
    int ref;         /* a table in the registry, private to crew.c */
    uint32_t number; /* of the parent's crews, from 1 */
    uint32_t count, at_once;
    uint32_t started, running;
    bool failed; /* the error is in the table */
};

/* In the task that is going to wait: a crew of the functions in the list at `list`, or
 * of one call of the function at `fn`, if it is no nil, for each element, with the
 * element and its position. Raises where crews are nested too deeply. */
struct crew *crew_new(lua_State *L, int list, int fn, uint32_t at_once);
void crew_delete(struct script *script, struct crew *crew);

/* Begins what may begin; its parent is ready once all have ended. */
void crew_go_on(struct script *script, struct crew *crew);

/* Pushes function and arguments of the member at `position`, from 1, and returns how
 * many arguments; protected. */
int crew_push(lua_State *L, const struct crew *crew, uint32_t position);

/* A member has ended: its two first results, or the error, are on top of its stack; one
 * that has yielded without a wait is closed and has none. The task is deleted. */
void crew_take(struct script *script, struct task *task, int results);
void crew_fail(struct script *script, struct task *task);

/* In the parent, once it is resumed: pushes results and errors and returns 2, or the
 * error that a member raised and returns -1. */
int crew_push_results(lua_State *L, const struct crew *crew);

#endif
