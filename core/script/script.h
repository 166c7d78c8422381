/* A script: its Lua state, what it has registered, and the activation that runs.
 *
 * Nothing of the script runs outside script_protect() and task.c's lua_resume(), and
 * both only between script_begin() and script_end(): so every error, every limit and
 * every effect has a name, an entry and an end. */
#ifndef CCGATE_SCRIPT_SCRIPT_H
#define CCGATE_SCRIPT_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lua.h>

#include "base/buf.h"
#include "base/conf.h"
#include "script/budget.h"
#include "script/effect.h"
#include "script/frame.h"
#include "script/message.h"
#include "script/roster.h"
#include "script/spot.h"
#include "script/zones.h"

/* A rule or a job: the first member of struct rule and struct job. Lives in a userdata
 * that the state keeps for ever. */
#define ENTRY_FAILURE_MAX 512

struct entry {
    uint8_t kind; /* ENTRY_* */
    uint32_t number;
    char name[MESSAGE_NAME_MAX + 1];
    bool disabled;
    bool has_handler;  /* of a rule; its function is in the registry at this address */
    bool has_look;     /* likewise, of a rule whose rows a function finds */
    uint64_t failures; /* errors so far: the first is told in full */
    uint64_t counted;  /* of these, what the core knows */
    char failure[ENTRY_FAILURE_MAX]; /* the last one's first line, cut */
};

struct script {
    lua_State *L;
    struct conf_limits limits;
    char *name, *instance, *token;
    char **centers; /* names, numbered as in frames */
    size_t center_count;
    struct zones zones;
    size_t calendar_count; /* of those that are not yet collected */

    struct entry **entries;
    size_t entry_count;
    struct roster roster;
    int64_t open;     /* alerts of all its rules */
    uint32_t *called; /* the rules that the sample is for; one place per entry */
    uint64_t sample;  /* its number */

    /* What LOADED will say. */
    struct spots spots;
    struct message_list problems, registered, wants;
    bool failed; /* one of the problems is an error */

    /* The activation that runs. */
    struct host_page *page;
    struct entry *entry; /* NULL while loading */
    struct task *task;   /* NULL unless a task runs */
    struct rule *found;  /* whose function has found rows that nobody judged; or NULL */
    bool loading;        /* the script's chunk runs, or finish() */
    bool seeded;         /* math.random() is, for this activation */
    struct budget budget;
    uint64_t row_epoch; /* views of rows with another number have expired */

    /* What script_protect() met: a text with its traceback; while loading, the text
     * alone and the spot. */
    struct buf error;
    uint32_t error_spot;

    struct effects effects;
    struct task *tasks, *ready; /* all, and those that go on in this activation */
    size_t task_count;
    uint64_t waits;      /* handed out so far */
    struct tally *tally; /* since the core was told last */

    /* Texts on their way into Lua, kept here because a raise may leave them: `why` is
     * that of the transition, `scratch` of the C function that runs, `word` of the
     * value that it looks at. */
    struct buf why, scratch, word;
    struct attendance there; /* in what a fetch got; kept for the same reason */
};

/* The script of a state: its main thread and all coroutines. */
struct script *script_of(lua_State *L);

/* A state with the trusted library in it, not yet fenced and with nothing of the
 * script. Keeps nothing of `load`; borrows `page` and `out`, to which frames are added.
 * The state is never closed: a process that ends runs no finalizers of a script. What
 * goes wrong is a problem, which script_load() will write. */
struct script *script_new(const struct message_load *load, int64_t now_ms,
                          struct host_page *page, struct buf *out);

/* Runs the script's chunk and writes LOADED. False: it has an error in it, and the host
 * has to end. */
bool script_load(struct script *script, const struct message_load *load);

/* An activation of `entry`, with a processor budget of its own. */
void script_begin(struct script *script, struct entry *entry);
void script_end(struct script *script);

/* Calls body(arg as light userdata) protected. False with script->error, and with
 * script->budget.exceeded when it was a limit. Only outside of Lua. */
bool script_protect(struct script *script, lua_CFunction body, void *arg);

/* Takes the error that ended a coroutine from its stack, as script_protect() would. */
void script_take_error(struct script *script, lua_State *co, int status);

/* A mistake that keeps the script from being loaded; spot 0: none in particular. */
void script_problem(struct script *script, uint32_t spot, const char *text,
                    size_t size);

/* Adds an entry, which is a userdata at `index`, for good, with the kind and name of
 * `described`, as LOADED will tell. Raises when there are too many, or the name is not
 * fit or taken. */
void script_register(lua_State *L, int index, struct entry *entry,
                     const struct message_entry *described);
struct entry *script_entry(const struct script *script, uint8_t kind, const char *name);

/* The number of a centre, -1 for an unknown one. */
int script_center(const struct script *script, const char *name);

#endif
