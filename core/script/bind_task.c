#include "script/bind.h"

#include <stdlib.h>
#include <string.h>

#include "base/message_id.h"
#include "base/text.h"
#include "base/timetable.h"
#include "model/span.h"
#include "script/attendance.h"
#include "script/crew.h"
#include "script/rows.h"
#include "script/script.h"
#include "script/task.h"

/* ---- jobs ---- */

static int
l_job(lua_State *L)
{
    struct timetable timetable;
    bind_check_loading(L, "job");
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_getfield(L, 1, "name");
    lua_getfield(L, 1, "about");
    lua_getfield(L, 1, "run"); /* job name about run */
    struct message_entry described = {.kind = ENTRY_JOB,
                                      .name = luaL_checkstring(L, 2)};
    described.about = luaL_checklstring(L, 3, &described.about_size);
    luaL_checktype(L, 4, LUA_TFUNCTION);
    bind_check_schedule(L, 1, &described.schedule, &timetable);
    struct job *job = lua_newuserdatauv(L, sizeof *job, 1);
    memset(job, 0, sizeof *job);
    lua_pushvalue(L, 4);
    lua_setiuservalue(L, -2, 1);
    script_register(L, lua_gettop(L), &job->entry, &described);
    return 0;
}

/* The function of the handlers of a rule. */
static int
l_handler(lua_State *L)
{
    bind_check_loading(L, "handler");
    struct entry *entry =
        script_entry(script_of(L), ENTRY_RULE, luaL_checkstring(L, 1));
    luaL_argcheck(L, entry != NULL, 1, "no such rule");
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &entry->has_handler);
    entry->has_handler = true;
    return 0;
}

static int
l_note(lua_State *L)
{
    size_t size;
    struct script *script = script_of(L);
    const char *note = luaL_checklstring(L, 1, &size);
    if (!script->task || script->task->entry->kind != ENTRY_RULE ||
        task_is_look(script->task))
        return luaL_error(L, "a note belongs into a handler");
    luaL_argcheck(L, size && size <= EFFECT_NOTE_MAX, 1, "no note");
    effect_note_kept(&script->effects, note, size);
    return 0;
}

static int
l_in_task(lua_State *L)
{
    lua_pushboolean(L, script_of(L)->task != NULL);
    return 1;
}

static struct task *
check_task(lua_State *L, const char *what)
{
    struct task *task = script_of(L)->task;
    if (!task)
        luaL_error(L, "%s belongs into a job or a handler", what);
    return task;
}

/* ---- sending ---- */

/* Pushes nil and the error. */
static int
push_error(lua_State *L, enum error_kind kind, const char *code, const char *message)
{
    lua_pushnil(L);
    lua_createtable(L, 0, 3);
    lua_pushstring(L, error_word(kind));
    lua_setfield(L, -2, "kind");
    lua_pushstring(L, code);
    lua_setfield(L, -2, "code");
    lua_pushstring(L, message);
    lua_setfield(L, -2, "message");
    return 2;
}

static bool
is_printable(const char *text, size_t size, size_t most)
{
    return size <= most && strlen(text) == size && text_is_printable(text);
}

/* As the core will name it. */
static void
push_id(lua_State *L, const struct task *task, const struct message_send *send)
{
    struct script *script = script_of(L);
    char *id = message_id_of_send(script->instance, task->origin, send->destination,
                                  send->ordinal, send->key);
    buf_clear(&script->scratch);
    buf_add_text(&script->scratch, id);
    free(id);
    lua_pushstring(L, script->scratch.data);
}

static int
l_send(lua_State *L)
{
    size_t name_size, key_size;
    struct task *task = check_task(L, "send");
    if (task_is_look(task))
        return luaL_error(L,
                          "from finds rows and sends nothing; a job or a handler does");
    struct message_send send = {.destination = luaL_checklstring(L, 1, &name_size)};
    send.key = luaL_optlstring(L, 2, "", &key_size);
    send.message = luaL_checklstring(L, 3, &send.message_size);
    luaL_argcheck(
        L, name_size && is_printable(send.destination, name_size, MESSAGE_NAME_MAX), 1,
        "no name of a destination");
    luaL_argcheck(L, is_printable(send.key, key_size, MESSAGE_KEY_MAX), 2,
                  "no key: printable text of at most 255 bytes");
    if (send.message_size > EFFECT_TEXT_MAX)
        return push_error(L, ERROR_LIMIT, "", "the message is larger than 256 KB");
    send.ordinal = task->ordinal + 1;
    send.path = task->path;
    if (!effect_send(&script_of(L)->effects, &send))
        return push_error(L, ERROR_LIMIT, "", "more sends than the script may make");
    task->ordinal = send.ordinal;
    push_id(L, task, &send);
    return 1;
}

static int
l_may_send(lua_State *L)
{
    lua_pushboolean(L, effect_may_send(&script_of(L)->effects));
    return 1;
}

/* ---- waiting ---- */

/* Only the job's own coroutine can suspend the task, and only where nothing in C is in
 * between. */
static struct task *
check_may_wait(lua_State *L, const char *what)
{
    struct task *task = check_task(L, what);
    if (task->co != L)
        luaL_error(L,
                   "%s suspends the whole job: it cannot be called in a coroutine "
                   "of your own",
                   what);
    if (!lua_isyieldable(L))
        luaL_error(L,
                   "%s cannot be called in a function that table.sort, "
                   "string.gsub or a metamethod calls",
                   what);
    return task;
}

static int
l_sleep(lua_State *L)
{
    struct script *script = script_of(L);
    struct message_sleep sleep = {.ms = luaL_checkinteger(L, 1)};
    struct task *task = check_may_wait(L, "sleep");
    luaL_argcheck(L, sleep.ms >= 0 && sleep.ms <= MESSAGE_PERIOD_MAX_MS, 1,
                  "a time that cannot be");
    sleep.wait = task_start_wait(script, WAIT_SLEEP);
    message_write_sleep(&task->frame, script->effects.now_ms, &sleep);
    return lua_yield(L, 0);
}

/* What a fetch is asked for and what it keeps while it waits, in the stack: at these
 * places of l_fetch's. */
enum {
    AT_CENTER = 1,
    AT_QUERY,
    AT_LIST,
    AT_AGE,
    AT_SPAN,
    AT_EXPECT,
    AT_IDS,      /* userdata */
    AT_EXPECTED, /* userdata; not there: nobody is expected */
};

/* Appends those who were expected and are not there to the list at the top of the
 * stack, which has `count` rows. */
static void
append_expected(lua_State *L, const struct message_rows *rows, lua_Integer count)
{
    struct attendance *there = &script_of(L)->there;
    const int64_t *expected = lua_touserdata(L, AT_EXPECTED);
    size_t expected_count = lua_rawlen(L, AT_EXPECTED) / sizeof *expected;
    attendance_take(there, rows);
    for (size_t i = 0; i < expected_count; i++)
        if (!attendance_has(there, expected[i])) {
            rows_push_expected(L, rows->query, rows->center, expected[i]);
            lua_rawseti(L, -2, ++count);
        }
}

/* The answer is still in the core's frame: what the script keeps is a copy. */
static int
k_fetched(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    const struct task *task = script_of(L)->task;
    if (!task || task->co != L)
        return luaL_error(L, "the gateway alone resumes a job that waits");
    const struct message_fetched *answer = task->answer;
    const struct message_rows *rows = &answer->rows;
    if (answer->error.kind != ERROR_NONE)
        return push_error(L, answer->error.kind, answer->error.code,
                          answer->error.message);
    lua_Integer count = 0;
    lua_createtable(L, (int)rows->row_count, 0);
    for (uint32_t i = 0; i < rows->row_count; i++) {
        struct row row = message_row(rows, i);
        if (row_is_gone(row.cells))
            continue;
        rows_push_copy(L, rows->query, rows->center, row);
        lua_rawseti(L, -2, ++count);
    }
    if (context)
        append_expected(L, rows, count);
    return 1;
}

static int64_t
get_integer(lua_State *L, const char *key, int64_t otherwise)
{
    lua_getfield(L, AT_SPAN, key);
    int64_t value = luaL_optinteger(L, -1, otherwise);
    lua_pop(L, 1);
    return value;
}

/* The core takes no other span than this. */
static struct query_span
check_span(lua_State *L, const struct query *query)
{
    struct query_span span = {.type = OPERATION_ANY};
    luaL_argcheck(L, lua_istable(L, AT_SPAN) == query->has_span, AT_SPAN,
                  query->has_span ? "a span is needed" : "the query has no span");
    if (!query->has_span)
        return span;
    span.begin = get_integer(L, "begin", -1);
    span.end = get_integer(L, "finish", -1);
    span.type = get_integer(L, "type", OPERATION_ANY);
    int64_t length = span.end - span.begin;
    luaL_argcheck(L,
                  span.begin >= 0 && span.end <= INT64_MAX / 1000 && length > 0 &&
                      length <= SPAN_MAX && !(length % SPAN_QUARTER) &&
                      !(span.begin % SPAN_QUARTER),
                  AT_SPAN, "a span that cannot be");
    luaL_argcheck(L, span.type >= OPERATION_ANY && span.type <= INT32_MAX, AT_SPAN,
                  "a type that cannot be");
    return span;
}

static int
l_fetch(lua_State *L)
{
    struct script *script = script_of(L);
    lua_settop(L, AT_EXPECT);
    lua_Integer center = luaL_checkinteger(L, AT_CENTER);
    struct message_fetch fetch = {.query = query_find(luaL_checkstring(L, AT_QUERY))};
    fetch.max_age_ms = luaL_checkinteger(L, AT_AGE);
    struct task *task = check_may_wait(L, "fetch");
    luaL_argcheck(L, center >= 0 && (size_t)center < script->center_count, AT_CENTER,
                  "no such center");
    luaL_argcheck(L, fetch.query, AT_QUERY, "no such query");
    luaL_argcheck(L, fetch.max_age_ms >= 0 && fetch.max_age_ms <= MESSAGE_PERIOD_MAX_MS,
                  AT_AGE, "an age that cannot be");
    fetch.center = (uint32_t)center;
    fetch.span = check_span(L, fetch.query);
    fetch.ids = bind_check_ids(L, AT_LIST, fetch.query, &fetch.id_count);
    uint32_t expected = 0;
    if (!lua_isnil(L, AT_EXPECT))
        bind_check_expect(L, AT_EXPECT, fetch.query, &expected);
    fetch.wait = task_start_wait(script, WAIT_FETCH);
    message_write_fetch(&task->frame, script->effects.now_ms, &fetch);
    return lua_yieldk(L, 0, expected, k_fetched);
}

/* ---- asking the core ---- */

static int
k_answered(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    const struct task *task = script_of(L)->task;
    if (!task || task->co != L)
        return luaL_error(L, "the gateway alone resumes a job that waits");
    const struct message_answer *answer = task->answer;
    if (answer->error.kind != ERROR_NONE)
        return push_error(L, answer->error.kind, answer->error.code,
                          answer->error.message);
    lua_pushlstring(L, answer->answer, answer->answer_size);
    return 1;
}

static int
l_ask(lua_State *L)
{
    struct script *script = script_of(L);
    size_t word_size;
    struct message_ask ask = {.word = luaL_checklstring(L, 1, &word_size)};
    ask.question = luaL_checklstring(L, 2, &ask.question_size);
    const char *what = luaL_optstring(L, 3, ask.word);
    struct task *task = check_may_wait(L, what);
    luaL_argcheck(L, word_size && is_printable(ask.word, word_size, MESSAGE_NAME_MAX),
                  1, "no word");
    luaL_argcheck(L, ask.question_size && strlen(ask.question) == ask.question_size, 2,
                  "no question");
    if (ask.question_size > EFFECT_TEXT_MAX)
        return push_error(L, ERROR_LIMIT, "", "what is asked is larger than 256 KB");
    ask.wait = task_start_wait(script, WAIT_ASK);
    message_write_ask(&task->frame, script->effects.now_ms, &ask);
    return lua_yieldk(L, 0, 0, k_answered);
}

/* ---- side by side ---- */

static int
k_crew(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    struct script *script = script_of(L);
    struct task *task = script->task;
    if (!task || task->co != L)
        return luaL_error(L, "the gateway alone resumes a job that waits");
    struct crew *crew = task->crew;
    int results = crew_push_results(L, crew);
    task->crew = NULL;
    crew_delete(script, crew);
    return results < 0 ? lua_error(L) : results;
}

static int
l_crew(lua_State *L)
{
    struct script *script = script_of(L);
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_Integer at_once = luaL_checkinteger(L, 3);
    check_may_wait(L, luaL_checkstring(L, 4));
    lua_Unsigned count = lua_rawlen(L, 1);
    luaL_argcheck(L, count && count <= CREW_MOST, 1, "no list of functions");
    luaL_argcheck(L, at_once >= 1, 3, "how many at once");
    struct crew *crew =
        crew_new(L, 1, 2, (uint32_t)(at_once < CREW_MOST ? at_once : CREW_MOST));
    task_start_crew(script, crew);
    return lua_yieldk(L, 0, 0, k_crew);
}

const luaL_Reg bind_task_functions[] = {
    {"job", l_job},         {"handler", l_handler}, {"note", l_note},
    {"in_task", l_in_task}, {"send", l_send},       {"may_send", l_may_send},
    {"sleep", l_sleep},     {"fetch", l_fetch},     {"ask", l_ask},
    {"crew", l_crew},       {NULL, NULL},
};
