/* Rows as scripts see them: views over the cells of a frame, and plain copies. */
#ifndef CCGATE_SCRIPT_ROWS_H
#define CCGATE_SCRIPT_ROWS_H

#include <stdint.h>

#include <lauxlib.h>
#include <lua.h>

#include "model/schema.h"

struct script;

/* Makes the metatables of all queries. `setup` is the index of the decoded setup, whose
 * names of queues the rows of a centre bear. */
void rows_open(lua_State *L, int setup);

/* Makes the metatable of one more. */
void rows_make(lua_State *L, const struct query *query);

/* Pushes a view. It is valid until script->row_epoch changes, and what `row` points to
 * has to be, too. Each row gets one of its own: a view that were used again for another
 * row would come back to life in the hands of a script that had kept it. */
void rows_push(lua_State *L, const struct query *query, uint32_t center,
               struct row row);

/* Pushes a plain table of what is known. */
void rows_push_copy(lua_State *L, const struct query *query, uint32_t center,
                    struct row row);

/* The same of an agent who was expected and is not there. */
void rows_push_expected(lua_State *L, const struct query *query, uint32_t center,
                        int64_t id);

/* copy and row_json of bind.h. */
extern const luaL_Reg rows_functions[];

#endif
