/* What an answer means, and what is remembered of it. */
#include <string.h>

#include <lua.h>

#include "base/log.h"
#include "base/mem.h"
#include "deliver/connector_inside.h"
#include "deliver/memos.h"

#define AFTER_MOST_S 86400 /* more than anybody waits: schedule.h */

static const char *const verdict_words[] = {
    [VERDICT_DONE] = "done", [VERDICT_RETRY] = "retry", [VERDICT_SLOW] = "slow",
    [VERDICT_DEAD] = "dead", [VERDICT_AGAIN] = "again",
};

static bool
read_verdict(lua_State *L, int at, enum verdict *verdict, struct error *error)
{
    const char *word = lua_tostring(L, at);
    for (size_t i = 0; word && i < sizeof(verdict_words) / sizeof(*verdict_words); i++)
        if (!strcmp(word, verdict_words[i])) {
            *verdict = (enum verdict)i;
            return true;
        }
    error_set(error, ERROR_DECODE, "", "'%s' is no verdict", word ? word : "nil");
    return false;
}

static bool
read_memo(lua_State *L, int at, char **memo, struct error *error)
{
    if (lua_isnil(L, at))
        return true;
    lua_getfield(L, AT_JSON, "encode");
    lua_pushvalue(L, at);
    if (!connector_call(L, 1, 1, error))
        return false;
    size_t size;
    const char *text = lua_tolstring(L, -1, &size);
    bool is_good = size <= MEMO_MOST && text[0] == '{';
    if (is_good)
        *memo = mem_text(text);
    else
        error_set(error, ERROR_DECODE, "",
                  "a memo is an object of at most %d bytes, not %zu: %.60s", MEMO_MOST,
                  size, text);
    lua_pop(L, 1);
    return is_good;
}

static void
push_answer(lua_State *L, const struct connector_answer *answer)
{
    lua_createtable(L, 0, 5);
    connector_set_integer(L, "status", answer->status);
    connector_set_integer(L, "refusals", answer->refusals);
    if (answer->error_kind != ERROR_NONE)
        connector_set_text(L, "error", error_word(answer->error_kind));
    connector_set_text(L, "step", answer->step);
    lua_pushlstring(L, answer->body ? answer->body : "", answer->body_size);
    lua_setfield(L, -2, "body");
}

static bool
judge(lua_State *L, const char *kind, const struct connector_answer *answer,
      struct connector_judgement *judgement, struct error *error)
{
    if (!connector_push_kind(L, kind, "classify", error))
        return false;
    push_answer(L, answer);
    if (!connector_push_memo(L, answer->memo, error) ||
        !connector_call(L, 2, 3, error)) /* … verdict memo after */
        return false;
    double after_s = lua_isnumber(L, -1) ? lua_tonumber(L, -1) : -1;
    if (after_s >= 0)
        judgement->after_ms = after_s < AFTER_MOST_S ? (int64_t)(after_s * 1000)
                                                     : (int64_t)AFTER_MOST_S * 1000;
    int at = lua_gettop(L) - 2;
    return read_memo(L, at + 1, &judgement->memo, error) &&
           read_verdict(L, at, &judgement->verdict, error);
}

void
connector_classify(struct connector *connector, const char *kind,
                   const struct connector_answer *answer,
                   struct connector_judgement *judgement)
{
    struct error error = {0};
    *judgement = (struct connector_judgement){VERDICT_RETRY, NULL, -1};
    if (!judge(connector->L, kind, answer, judgement, &error))
        log_error("deliver", "kind %s: classify: %s", kind, error.message);
    lua_settop(connector->L, AT_END);
}
