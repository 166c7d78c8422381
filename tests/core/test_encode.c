/* JSON of Lua values and back, within the limits of a state: what it may use, who
 * interrupts it. What stands for which value is tests/lua/json_spec.lua's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <lauxlib.h>
#include <lualib.h>

#include "script/budget.h"
#include "script/library.h"

static int
l_open(lua_State *L)
{
    luaL_openlibs(L);
    library_install(L);
    luaL_loadstring(L, "json = require 'gateway.json'");
    lua_call(L, 0, 0);
    return 0;
}

/* With a cap of `memory_max` bytes once it is set up. */
static lua_State *
new_state(struct budget *budget, size_t memory_max)
{
    *budget = (struct budget){.memory_max = SIZE_MAX};
    lua_State *L = lua_newstate(budget_alloc, budget);
    lua_pushcfunction(L, l_open);
    assert_int_equal(lua_pcall(L, 0, 0, 0), LUA_OK);
    budget->memory_max = memory_max;
    return L;
}

/* The text that `source` returns, or its error; valid until the next. */
static const char *
run(lua_State *L, const char *source)
{
    lua_settop(L, 0);
    if (luaL_loadstring(L, source) == LUA_OK)
        lua_pcall(L, 0, 1, 0);
    return lua_tostring(L, -1);
}

struct sample {
    const char *source, *expected;
};

static void
expect_all(const struct sample *samples, size_t count)
{
    struct budget budget;
    lua_State *L = new_state(&budget, SIZE_MAX);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(run(L, samples[i].source), samples[i].expected);
    lua_close(L);
    assert_int_equal(budget.memory_used, 0);
}

#define CLOSED "a value of the gateway's own cannot be JSON: take gw.copy(…) of it"

/* Each as the whole message: no place is in front of it. */
static void
test_mistakes(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"json.encode(1 / 0)", "JSON has no inf"},
        {"json.encode { -1 / 0 }", "JSON has no -inf"},
        {"json.encode(print)", "a function cannot be JSON"},
        {"json.encode { a = coroutine.create(print) }", "a thread cannot be JSON"},
        {"json.encode(io.stdout)", "a row cannot be JSON: take gw.copy(…) of it"},
        {"json.encode { 1, x = 2 }", "a JSON object has text keys, not 1"},
        {"json.encode { [1.5] = 1 }", "a JSON object has text keys, not 1.5"},
        {"json.encode { [true] = 1 }", "a JSON object has text keys, not true"},
        {"json.encode(json.object { { false, 1 } })",
         "a JSON object has text keys, not false"},
        {"local t = {} t.t = t json.encode(t)",
         "nested deeper than 64, or in a circle"},
        {"local t = {} for _ = 1, 64 do t = { t } end json.encode(t)",
         "nested deeper than 64, or in a circle"},
        {"json.encode(setmetatable({}, { __metatable = false }))", CLOSED},
        {"json.encode(setmetatable({}, { __index = function() error('own', 0) end }))",
         "own"},
        {"json.encode(setmetatable({}, { __pairs = function() error('own', 0) end }))",
         "own"},
    };
    expect_all(samples, sizeof samples / sizeof *samples);
}

static void
test_metamethods(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"local t = {} for _ = 1, 63 do t = { t } end return json.encode(t)",
         "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[{}"
         "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"},
        {"return json.encode(setmetatable({}, { __metatable = 'closed' }))", "{}"},
        {"return json.encode(setmetatable({}, { __pairs = function() return next, "
         "{ b = 1, a = 2 } end, __index = { a = 'A', b = 'B' } }))",
         "{\"a\":\"A\",\"b\":\"B\"}"},
        {"return json.encode(setmetatable({}, { __len = function() return 2 end, "
         "__index = function(_, i) return i end, __pairs = function() "
         "return next, { true, true } end }))",
         "[1,2]"},
        /* The values of a table can be gone when their turn comes. */
        {"local t = { b = 1 } t.a = setmetatable({}, { __pairs = function() t.b = nil "
         "collectgarbage() return next, {} end }) return json.encode(t)",
         "{\"a\":{},\"b\":null}"},
        {"local t = {} json.texts[t] = 'text' return json.encode { t }", "[\"text\"]"},
        {"local t = {} json.views[t] = { x = 1 } return json.encode { t }",
         "[{\"x\":1}]"},
        {"return json.encode(json.list {}) .. json.encode(json.list { x = 1 })",
         "[]{\"x\":1}"},
        {"return json.encode { a = { b = json.once { 1, 2 } } }",
         "{\"a\":{\"b\":[1,2]}}"},
        {"return json.encode()", "null"},
    };
    expect_all(samples, sizeof samples / sizeof *samples);
}

/* Many values, each with keys, texts of any bytes and numbers of any size: what is read
 * back is what was written, and equal values give equal texts. */
static void
test_round_trip(void **state)
{
    (void)state;
    static const struct sample samples[] = {{
        "math.randomseed(7)\n"
        "local function text()\n"
        "  local bytes = {}\n"
        "  for i = 1, math.random(0, 40) do\n"
        "    bytes[i] = utf8.char(math.random(0, 7) < 7 and math.random(0, 255)\n"
        "      or math.random(0xe000, 0x10ffff))\n"
        "  end\n"
        "  return table.concat(bytes)\n"
        "end\n"
        "local function number()\n"
        "  local n = string.unpack('d', string.pack('i8', math.random(0)))\n"
        "  return n == n and math.abs(n) < math.huge and n or 0.5\n"
        "end\n"
        "local function value(depth)\n"
        "  local kind = math.random(1, depth < 5 and 7 or 5)\n"
        "  if kind == 1 then return math.random(0) >> 11 end\n"
        "  if kind == 2 then return number() end\n"
        "  if kind == 3 then return text() end\n"
        "  if kind == 4 then return math.random(0, 1) == 1 end\n"
        "  if kind == 5 then return json.null end\n"
        "  local t = {}\n"
        "  for i = 1, math.random(1, 9) do\n"
        "    t[kind == 6 and i or text() .. i] = value(depth + 1)\n"
        "  end\n"
        "  return t\n"
        "end\n"
        "local function same(a, b)\n"
        "  if type(a) ~= 'table' then return a == b end\n"
        "  for key, item in pairs(a) do\n"
        "    if not same(item, b[key]) then return false end\n"
        "  end\n"
        "  for key in pairs(b) do\n"
        "    if a[key] == nil then return false end\n"
        "  end\n"
        "  return true\n"
        "end\n"
        "for i = 1, 400 do\n"
        "  local given = { value(0) }\n"
        "  local text = json.encode(given)\n"
        "  local read = json.decode(text)\n"
        "  if not same(given, read) or json.encode(read) ~= text then\n"
        "    return i .. ': ' .. text\n"
        "  end\n"
        "end\n"
        "return 'all'\n",
        "all",
    }};
    expect_all(samples, 1);
}

/* Whatever a host sends: each text with one byte fewer or another one is either refused
 * or read as a value that can be written. */
static void
test_damage(void **state)
{
    (void)state;
    static const struct sample samples[] = {{
        "local text = '{\"row\":{\"a\":[1,-2.5e3,null]},\"b\\\\u20ac\\\\ud83d\\\\ude00\":"
        "[true,false,\"\xc3\xa9\"]}'\n"
        "local bytes = { '', '\"', '\\\\', '{', '}', '[', ']', ',', '0', '\xff', '\xc3', '\\0' }\n"
        "local read = 0\n"
        "for at = 1, #text do\n"
        "  for _, byte in ipairs(bytes) do\n"
        "    local other = text:sub(1, at - 1) .. byte .. text:sub(at + 1)\n"
        "    local ok, value = pcall(json.decode, other, 'row')\n"
        "    if ok then\n"
        "      json.decode(json.encode(value))\n"
        "      read = read + 1\n"
        "    else\n"
        "      assert(value:find('^no JSON: .* at byte %d+$'), value)\n"
        "    end\n"
        "  end\n"
        "  assert(not pcall(json.decode, text:sub(1, at - 1)))\n"
        "end\n"
        "return read > 50 and 'some' or read\n",
        "some",
    }};
    expect_all(samples, 1);
}

/* Its memory is the state's, which is told so and goes on. */
static void
test_memory_limit(void **state)
{
    (void)state;
    struct budget budget;
    lua_State *L = new_state(&budget, (size_t)4 << 20);
    static const char *const large[] = {
        "local t = ('x'):rep(1000) for _ = 1, 14 do t = { t, t } end json.encode(t)",
        "local t = ('\\n'):rep(1 << 20) json.encode(t)",
        "local t = {} for _ = 1, 60 do t = { t, t } end json.encode(t)",
    };
    for (size_t i = 0; i < sizeof large / sizeof *large; i++) {
        assert_string_equal(run(L, large[i]), "not enough memory");
        assert_true(budget.memory_used <= budget.memory_max);
        assert_string_equal(run(L, "return json.encode { 1 }"), "[1]");
    }
    lua_close(L);
    assert_int_equal(budget.memory_used, 0);
}

static void
on_count(lua_State *L, lua_Debug *here)
{
    assert_int_equal(lua_getinfo(L, "S", here), 1);
    if (strcmp(here->what, "C") != 0)
        return;
    lua_pushliteral(L, "interrupted");
    lua_error(L);
}

/* A small table has an endless text, or endless keys; no instruction of Lua's runs
 * meanwhile. */
static void
test_interruption(void **state)
{
    (void)state;
    static const char *const endless[] = {
        "local t = {} for _ = 1, 60 do t = { t, t } end return json.encode(t)",
        "return json.encode(setmetatable({ 1 }, { __pairs = function() "
        "return rawlen, '' end }))",
        "return json.encode(setmetatable({}, { __pairs = function() "
        "return tostring, 'key' end }))",
    };
    struct budget budget;
    lua_State *L = new_state(&budget, SIZE_MAX);
    lua_sethook(L, on_count, LUA_MASKCOUNT, 1000);
    for (size_t i = 0; i < sizeof endless / sizeof *endless; i++)
        assert_string_equal(run(L, endless[i]), "interrupted");
    assert_string_equal(run(L, "return json.encode { {}, {} }"), "[{},{}]");
    lua_close(L);
    assert_int_equal(budget.memory_used, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mistakes),     cmocka_unit_test(test_metamethods),
        cmocka_unit_test(test_round_trip),   cmocka_unit_test(test_damage),
        cmocka_unit_test(test_memory_limit), cmocka_unit_test(test_interruption),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
