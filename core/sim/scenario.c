#include "sim/scenario.h"

#include <errno.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "sim/scenario_data.h"

enum {
    INSTRUCTIONS_MAX = 1000000,
    FILE_MAX = 256 << 10,
    MINUTE_S = 60,
    HOUR_S = 3600,
    MISTAKE_SIZE = 160,
};

/* A file on its way into a scenario. */
struct reading {
    lua_State *L;
    const char *name, *text;
    struct scenario *scenario;
    struct buf *problem;
};

/* ---- mistakes ---- */

/* The line of `key = …`, 1 when it stands nowhere like that. */
static int
line_of(const char *text, const char *key)
{
    static const char word[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    int line = 1;
    for (const char *at = text; *at; at++) {
        line += *at == '\n';
        if (at != text && strchr(word, at[-1]))
            continue;
        size_t size = strspn(at, word);
        if (size == strlen(key) && strncmp(at, key, size) == 0 &&
            at[size + strspn(at + size, " \t")] == '=')
            return line;
    }
    return 1;
}

static void
complain(struct reading *reading, const char *key, const char *mistake)
{
    buf_format(reading->problem, "%s%s:%d: %s: %s", reading->problem->size ? "\n" : "",
               reading->name, line_of(reading->text, key), key, mistake);
}

/* ---- values; each function takes the value on top of the stack and leaves it ---- */

struct key {
    const char *name;
    const char *(*read)(struct reading *reading, const struct key *key, void *target);
    size_t offset; /* in struct scenario */
    int64_t low, high;
    const char *expected;
};

static bool
take_duration(lua_State *L, int index, int64_t *ms)
{
    return lua_type(L, index) == LUA_TSTRING &&
           text_duration(lua_tostring(L, index), ms);
}

/* A duration that is element `i` of the list on top. */
static bool
take_duration_at(lua_State *L, int i, int64_t *ms)
{
    lua_rawgeti(L, -1, i); /* list value */
    bool is_good = take_duration(L, -1, ms);
    lua_pop(L, 1);
    return is_good;
}

static const char *
read_text(struct reading *reading, const struct key *key, void *target)
{
    size_t size;
    const char *text = lua_type(reading->L, -1) == LUA_TSTRING
                           ? lua_tolstring(reading->L, -1, &size)
                           : NULL;
    if (!text || size == 0 || size > (size_t)key->high || !text_is_printable(text))
        return key->expected;
    memcpy(target, text, size + 1);
    return NULL;
}

static const char *
read_duration_ms(struct reading *reading, const struct key *key, void *target)
{
    int64_t ms;
    if (!take_duration(reading->L, -1, &ms) || ms < key->low * 1000 ||
        ms > key->high * 1000)
        return key->expected;
    *(int64_t *)target = ms;
    return NULL;
}

static const char *
read_seconds(struct reading *reading, const struct key *key, void *target)
{
    int64_t ms = 0;
    const char *mistake = read_duration_ms(reading, key, &ms);
    if (!mistake)
        *(int64_t *)target = ms / 1000;
    return mistake;
}

static const char *
read_share(struct reading *reading, const struct key *key, void *target)
{
    int64_t ms = 0;
    const char *mistake = read_duration_ms(reading, key, &ms);
    if (!mistake)
        *(double *)target = (double)ms / (double)reading->scenario->period_ms;
    return mistake;
}

static const char *
read_count(struct reading *reading, const struct key *key, void *target)
{
    int is_integer;
    lua_Integer count = lua_tointegerx(reading->L, -1, &is_integer);
    if (!is_integer || count < key->low || count > key->high)
        return key->expected;
    *(int64_t *)target = count;
    return NULL;
}

/* { "40s", "3m20s" } */
static const char *
read_span(struct reading *reading, const struct key *key, void *target)
{
    int64_t least, most, *span = target;
    if (!lua_istable(reading->L, -1) || lua_rawlen(reading->L, -1) != 2 ||
        !take_duration_at(reading->L, 1, &least) ||
        !take_duration_at(reading->L, 2, &most) || least < 1000 || most < least ||
        most > key->high * 1000)
        return key->expected;
    span[0] = least / 1000;
    span[1] = most / 1000;
    return NULL;
}

/* One { "1m30s", 540 } on top of the stack. */
static bool
take_point(struct reading *reading, const struct key *key, struct curve *curve)
{
    lua_State *L = reading->L;
    int64_t at_ms;
    int is_number;
    if (!lua_istable(L, -1) || lua_rawlen(L, -1) != 2 ||
        !take_duration_at(L, 1, &at_ms))
        return false;
    lua_rawgeti(L, -1, 2); /* point value */
    double value = lua_tonumberx(L, -1, &is_number);
    lua_pop(L, 1);
    double at = (double)at_ms / (double)reading->scenario->period_ms;
    double before = curve->count ? curve->at[curve->count - 1] : -1;
    if (!is_number || !(value >= 0 && value <= (double)key->high) || at >= 1 ||
        at <= before || (curve->count == 0 && at_ms != 0))
        return false;
    curve->at[curve->count] = at;
    curve->value[curve->count++] = value;
    return true;
}

static const char *
read_curve(struct reading *reading, const struct key *key, void *target)
{
    lua_State *L = reading->L;
    struct curve curve = {.count = 0};
    lua_Unsigned count = lua_istable(L, -1) ? lua_rawlen(L, -1) : 0;
    bool is_good = count >= 1 && count <= CURVE_POINTS_MAX;
    for (lua_Unsigned i = 1; is_good && i <= count; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i);
        is_good = take_point(reading, key, &curve);
        lua_pop(L, 1);
    }
    if (!is_good)
        return key->expected;
    *(struct curve *)target = curve;
    return NULL;
}

/* The same, given for an hour and kept for a second. */
static const char *
read_rates(struct reading *reading, const struct key *key, void *target)
{
    struct curve *curve = target;
    const char *mistake = read_curve(reading, key, target);
    for (int i = 0; !mistake && i < curve->count; i++)
        curve->value[i] /= HOUR_S;
    return mistake;
}

static const char *
read_faults(struct reading *reading, const struct key *key, void *target)
{
    lua_State *L = reading->L;
    struct faults *faults = target;
    struct buf problem = {0};
    bool is_list = lua_istable(L, -1);
    lua_Unsigned count = is_list ? lua_rawlen(L, -1) : 0;
    faults_clear(faults);
    for (lua_Unsigned i = 1; i <= count; i++) {
        bool is_text = lua_rawgeti(L, -1, (lua_Integer)i) == LUA_TSTRING;
        if (!is_text)
            is_list = false;
        else if (!faults_add(faults, lua_tostring(L, -1), &problem))
            complain(reading, key->name, problem.data);
        buf_clear(&problem);
        lua_pop(L, 1);
    }
    buf_fini(&problem);
    return is_list ? NULL : key->expected;
}

/* ---- the keys ---- */

#define AT(member)    offsetof(struct scenario, member)
#define LENGTH(state) AT(habits.lengths[state])
#define SPAN_OF(most)                                                                  \
    "must be a list of two durations, least and most, such as { \"10s\", \"1m\" }, "   \
    "up to " most
#define POINTS                                                                           \
    "must be a list of { TIME, NUMBER }: the first time is \"0s\", the others grow and " \
    "are less than the period"

/* `period` is first: others are parts of it. */
static const struct key keys[] = {
    {"period", read_duration_ms, AT(period_ms), 1, 7 * 24 * HOUR_S,
     "must be a duration from \"1s\" to \"7d\""},
    {"doc", read_text, AT(doc), 1, sizeof((struct scenario *)0)->doc - 1,
     "must be a text of one line, at most 79 long"},
    {"arrivals", read_rates, AT(shape.arrivals), 0, 100000, POINTS},
    {"answered_20s", read_rates, AT(shape.answered_20s), 0, 100000, POINTS},
    {"waiting", read_curve, AT(shape.waiting), 0, 10000, POINTS},
    {"longest_wait", read_share, AT(shape.longest_wait), 0, 7 * 24 * HOUR_S,
     "must be a duration such as \"2m\""},
    {"away", read_span, LENGTH(LIFE_OUT), 1, 210 * MINUTE_S, SPAN_OF("3h30m")},
    {"idle", read_span, LENGTH(LIFE_IDLE), 1, 10 * MINUTE_S, SPAN_OF("10m")},
    {"ringing", read_span, LENGTH(LIFE_OCCUPIED), 1, MINUTE_S, SPAN_OF("1m")},
    {"talk", read_span, LENGTH(LIFE_TALKING), 1, 10 * MINUTE_S, SPAN_OF("10m")},
    {"wrap_up", read_span, LENGTH(LIFE_WRAP_UP), 1, 5 * MINUTE_S, SPAN_OF("5m")},
    {"busy", read_span, LENGTH(LIFE_BUSY), 1, 10 * MINUTE_S, SPAN_OF("10m")},
    {"rest", read_span, LENGTH(LIFE_REST), 1, 10 * MINUTE_S, SPAN_OF("10m")},
    {"rest_after", read_count, AT(habits.rest_after), 1, 1000000,
     "must be a whole number of calls from 1 on"},
    {"busy_after", read_count, AT(habits.busy_after), 1, 1000000,
     "must be a whole number of calls from 1 on"},
    {"long_call_after", read_count, AT(habits.long_call_after), 1, 1000000,
     "must be a whole number of calls from 1 on"},
    {"long_call", read_seconds, AT(habits.long_call_s), 0, 10 * MINUTE_S,
     "must be a duration up to \"10m\""},
    {"long_rest_after", read_count, AT(habits.long_rest_after), 1, 1000000,
     "must be a whole number of rests from 1 on"},
    {"long_rest", read_seconds, AT(habits.long_rest_s), 0, HOUR_S,
     "must be a duration up to \"1h\""},
    {"faults", read_faults, AT(faults), 0, 0,
     "must be a list of texts as --fault takes them"},
};
#define KEYS (sizeof keys / sizeof *keys)

static bool
is_key(const char *name)
{
    for (size_t i = 0; i < KEYS; i++)
        if (strcmp(keys[i].name, name) == 0)
            return true;
    return false;
}

static void
complain_key(struct reading *reading, const char *name)
{
    const char *names[KEYS + 1] = {NULL};
    char mistake[MISTAKE_SIZE];
    for (size_t i = 0; i < KEYS; i++)
        names[i] = keys[i].name;
    const char *guess = text_nearest(name, names);
    if (guess)
        snprintf(mistake, sizeof mistake, "no such key (did you mean '%s'?)", guess);
    else
        snprintf(mistake, sizeof mistake, "no such key");
    complain(reading, name, mistake);
}

/* The table of the file is on top of the stack. */
static void
check_keys(struct reading *reading)
{
    lua_State *L = reading->L;
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) /* table key value */
        if (lua_type(L, -2) != LUA_TSTRING)
            complain(reading, "return", "the keys of the table must be words");
        else if (!is_key(lua_tostring(L, -2)))
            complain_key(reading, lua_tostring(L, -2));
}

/* A call must end before the shift does. */
static void
check_calls(struct reading *reading)
{
    const struct life_habits *habits = &reading->scenario->habits;
    int64_t longest = habits->lengths[LIFE_OCCUPIED].most +
                      habits->lengths[LIFE_TALKING].most + habits->long_call_s +
                      habits->lengths[LIFE_WRAP_UP].most;
    if (longest > LIFE_LAST_CALL_S)
        complain(reading, "talk",
                 "ringing, talk, long_call and wrap_up can be more than 10m together");
}

static void
read_keys(struct reading *reading)
{
    check_keys(reading);
    for (size_t i = 0; i < KEYS; i++) {
        void *target = (char *)reading->scenario + keys[i].offset;
        const char *mistake = NULL;
        if (lua_getfield(reading->L, -1, keys[i].name) != LUA_TNIL)
            mistake = keys[i].read(reading, &keys[i], target);
        lua_pop(reading->L, 1);
        if (mistake)
            complain(reading, keys[i].name, mistake);
    }
    check_calls(reading);
}

/* ---- running the file ---- */

static void
on_instructions(lua_State *L, lua_Debug *debug)
{
    (void)debug;
    luaL_where(L, 0);
    lua_pushliteral(L, "it does not come to an end");
    lua_concat(L, 2);
    lua_error(L);
}

/* What reaches outside of the file. */
static const char *const absent[] = {"dofile", "loadfile",       "load",
                                     "print",  "collectgarbage", NULL};

static void
open_libraries(lua_State *L)
{
    static const luaL_Reg libraries[] = {{LUA_GNAME, luaopen_base},
                                         {LUA_MATHLIBNAME, luaopen_math},
                                         {LUA_STRLIBNAME, luaopen_string},
                                         {LUA_TABLIBNAME, luaopen_table}};
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
        luaL_requiref(L, libraries[i].name, libraries[i].func, 1);
        lua_pop(L, 1);
    }
    for (size_t i = 0; absent[i]; i++) {
        lua_pushnil(L);
        lua_setglobal(L, absent[i]);
    }
}

static void
run_file(struct reading *reading)
{
    lua_State *L = reading->L;
    char *chunk = mem_format("@%s", reading->name);
    open_libraries(L);
    lua_sethook(L, on_instructions, LUA_MASKCOUNT, INSTRUCTIONS_MAX);
    bool runs = luaL_loadbufferx(L, reading->text, strlen(reading->text), chunk, "t") ==
                    LUA_OK &&
                lua_pcall(L, 0, 1, 0) == LUA_OK;
    lua_sethook(L, NULL, 0, 0);
    if (!runs)
        buf_add_text(reading->problem, luaL_tolstring(L, -1, NULL));
    else if (!lua_istable(L, -1))
        complain(reading, "return", "the file must return a table");
    else
        read_keys(reading);
    free(chunk);
}

static bool
read_over(struct scenario *scenario, const char *name, const char *text,
          struct buf *problem)
{
    struct reading reading = {luaL_newstate(), name, text, scenario, problem};
    if (!reading.L)
        abort();
    run_file(&reading);
    lua_close(reading.L);
    return problem->size == 0;
}

/* ---- finding it ---- */

/* To be freed; NULL when it cannot be read. */
static char *
read_file(const char *name, struct buf *problem)
{
    FILE *file = fopen(name, "rb");
    if (!file) {
        buf_format(problem, "cannot read %s: %s", name, strerror(errno));
        return NULL;
    }
    char *text = mem_zero(FILE_MAX + 1);
    size_t size = fread(text, 1, FILE_MAX + 1, file);
    bool is_good = !ferror(file) && size <= FILE_MAX;
    fclose(file);
    if (is_good)
        return text;
    buf_format(problem, "cannot read %s: not a file of at most 256 KB", name);
    free(text);
    return NULL;
}

static const char *
find_text(const char *name)
{
    for (size_t i = 0; scenario_files[i].name; i++)
        if (strcmp(scenario_files[i].name, name) == 0)
            return scenario_files[i].text;
    return NULL;
}

static bool
refuse(const char *name, struct buf *problem)
{
    const char *guess = text_nearest(name, scenario_names);
    buf_format(problem, "no scenario '%s'", name);
    if (guess)
        buf_format(problem, " (did you mean '%s'?)", guess);
    buf_add_text(problem, "; a file is written with its folder or its .lua, and "
                          "--scenario list shows those built in");
    return false;
}

bool
scenario_read(struct scenario *scenario, const char *name, struct buf *problem)
{
    bool is_file = strpbrk(name, "./") != NULL;
    const char *found = is_file ? NULL : find_text(name);
    *scenario = (struct scenario){0};
    if (!is_file && !found)
        return refuse(name, problem);
    if (!read_over(scenario, SCENARIO_DEFAULT, find_text(SCENARIO_DEFAULT), problem))
        return false;
    char *text = is_file ? read_file(name, problem) : NULL;
    bool is_good =
        (text || found) && read_over(scenario, name, text ? text : found, problem);
    free(text);
    return is_good;
}

void
scenario_list(struct buf *out)
{
    struct scenario scenario;
    for (size_t i = 0; scenario_names[i]; i++) {
        struct buf problem = {0};
        scenario_read(&scenario, scenario_names[i], &problem);
        buf_format(out, "%-12s %s\n", scenario_names[i], scenario.doc);
        buf_fini(&problem);
    }
}
