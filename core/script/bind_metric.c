#include <math.h>
#include <string.h>

#include "script/bind.h"
#include "script/script.h"
#include "script/tally.h"

static const char *
check_word(lua_State *L, int index)
{
    size_t size;
    const char *word = luaL_checklstring(L, index, &size);
    luaL_argcheck(L, size <= MESSAGE_KEY_MAX && strlen(word) == size, index, "no word");
    return word;
}

/* The list at index 4, of names and values by turns, which stays on the stack. */
static void
check_labels(lua_State *L, struct message_metric *metric)
{
    lua_Unsigned size = lua_rawlen(L, 4);
    luaL_argcheck(L, size % 2 == 0 && size <= 2 * MESSAGE_LABELS_MAX, 4, "no labels");
    luaL_checkstack(L, 2 * MESSAGE_LABELS_MAX, NULL);
    metric->label_count = (uint32_t)size / 2;
    for (uint32_t i = 0; i < size; i++) {
        lua_rawgeti(L, 4, i + 1);
        metric->labels[i] = check_word(L, lua_gettop(L));
    }
}

static int
l_metric(lua_State *L)
{
    static const char *const kinds[] = {"counter", "gauge", NULL};
    struct script *script = script_of(L);
    struct message_metric metric = {
        .kind = luaL_checkoption(L, 1, NULL, kinds) ? METRIC_GAUGE : METRIC_COUNTER,
        .name = check_word(L, 2),
        .help = check_word(L, 3),
        .value = luaL_checknumber(L, 5),
    };
    luaL_checktype(L, 4, LUA_TTABLE);
    luaL_argcheck(L, message_is_metric_name(metric.name), 2, "no name");
    luaL_argcheck(
        L, isfinite(metric.value) && (metric.kind == METRIC_GAUGE || metric.value >= 0),
        5, "no such value");
    check_labels(L, &metric);
    lua_pushstring(L, tally_take(script->tally, "", &metric));
    return 1;
}

static void
write_series(void *arg, const struct tally_series *series)
{
    const struct script *script = arg;
    message_write_metric(script->effects.out, script->effects.now_ms, series->metric);
}

void
bind_flush_metrics(struct script *script)
{
    tally_each(script->tally, write_series, script);
    tally_clear(script->tally);
}

const luaL_Reg bind_metric_functions[] = {
    {"metric", l_metric},
    {NULL, NULL},
};
