/* The connector's inside, shared by connector.c (the state, who is told),
 * connector_render.c (how it looks), connector_classify.c (what an answer means) and
 * connector_play.c (what would be answered) alone. */
#ifndef CCGATE_DELIVER_CONNECTOR_INSIDE_H
#define CCGATE_DELIVER_CONNECTOR_INSIDE_H

#include <lua.h>

#include "deliver/connector.h"

/* The bottom of the stack, always there. A call leaves it as it found it. */
enum {
    AT_NOTIFY = 1,
    AT_JSON,
    AT_DIGEST,
    AT_SELF,
    AT_SEARCH,
    AT_KINDS,
    AT_END = AT_KINDS
};

struct connector {
    lua_State *L;
};

/* Calls what is on the stack; an error message stays there when it fails. */
bool connector_call(lua_State *L, int arguments, int results, struct error *error);

/* Into the table on top. */
void connector_set_text(lua_State *L, const char *name, const char *text);
void connector_set_integer(lua_State *L, const char *name, int64_t value);
/* A list of them on top of the stack. */
void connector_push_texts(lua_State *L, const char *const *texts, size_t count);
/* The field of the table on top as a text to free; NULL when it is no text. */
char *connector_take_text(lua_State *L, const char *name);
/* Pushes KIND.FUNCTION, or false with `error`. */
bool connector_push_kind(lua_State *L, const char *kind, const char *function,
                         struct error *error);
/* Pushes what is remembered (JSON), {} for NULL. */
bool connector_push_memo(lua_State *L, const char *memo, struct error *error);
bool connector_take_flag(lua_State *L, const char *name);

#endif
