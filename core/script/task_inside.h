/* The inside of tasks, shared by task.c (one task), task_begin.c and crew.c (those that
 * another waits for) alone. */
#ifndef CCGATE_SCRIPT_TASK_INSIDE_H
#define CCGATE_SCRIPT_TASK_INSIDE_H

#include "script/script.h"
#include "script/task.h"

/* What is said of a task that yields without a wait. */
#define TASK_BARE_YIELD                                                                \
    "coroutine.yield() outside of a coroutine: a task waits with gw.sleep() or "       \
    "fetch()"

/* It goes on in this activation, behind those that are ready already. */
void task_ready(struct script *script, struct task *task);

/* A new child of the crew's parent, ready. False: the memory is too small for it. */
bool task_start_member(struct script *script, struct crew *crew, uint32_t position);

/* Kills all members that have not ended, and what they wait for. */
void task_end_members(struct script *script, struct crew *crew);

/* Gives the task its coroutine, with the function and its arguments on its stack;
 * `handle` of a handler alone. False: as script_protect(). */
bool task_prepare(struct script *script, struct task *task,
                  const struct message_handle *handle);

void task_delete(struct script *script, struct task *task);

#endif
