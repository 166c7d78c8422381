/* The library in the binaries: what require() gives, and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <lauxlib.h>
#include <lua-cjson.h>
#include <lualib.h>

#include "base/mem.h"
#include "script/library.h"

static lua_State *
new_state(void)
{
    lua_State *L = luaL_newstate();
    luaL_requiref(L, "_G", luaopen_base, 1);
    luaL_requiref(L, "string", luaopen_string, 1);
    luaL_requiref(L, "table", luaopen_table, 1);
    luaL_requiref(L, "math", luaopen_math, 1);
    luaL_requiref(L, "utf8", luaopen_utf8, 1);
    library_preload(L, "cjson", luaopen_cjson);
    library_install(L);
    lua_settop(L, 0);
    return L;
}

/* The text that `source` returns, or its error. */
static const char *
run(lua_State *L, const char *source)
{
    lua_settop(L, 0);
    if (luaL_loadstring(L, source) == LUA_OK)
        lua_pcall(L, 0, 1, 0);
    return lua_tostring(L, -1);
}

static void
test_embedded(void **state)
{
    (void)state;
    lua_State *L = new_state();
    assert_string_equal(run(L, "return require('gateway.json').encode { 1 }"), "[1]");
    assert_string_equal(
        run(L, "return tostring(require('gateway.json') == require('gateway.json'))"),
        "true");
    assert_string_equal(run(L, "return type(require('cjson').new)"), "function");
    /* Debug information is kept: errors name file and line. */
    const char *error = run(L, "require('gateway.json').array(7)");
    assert_int_equal(strncmp(error, "gateway/json.lua:", 17), 0);
    lua_close(L);
}

static void
test_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"os", "io",           "gateway.none",
                                        "",   "gateway/json", "gateway...etc"};
    lua_State *L = new_state();
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        char *source = mem_format("return require('%s')", names[i]);
        char *expected = mem_format("there is no module '%s'", names[i]);
        assert_non_null(strstr(run(L, source), expected));
        free(source);
        free(expected);
    }
    lua_close(L);
}

static void
test_names(void **state)
{
    (void)state;
    bool has_json = false, has_log = false;
    for (const char *const *name = library_names(); *name; name++) {
        has_json = has_json || !strcmp(*name, "gateway.json");
        has_log = has_log || !strcmp(*name, "gateway.destinations.log");
        assert_int_equal(strncmp(*name, "gateway", 7), 0);
    }
    assert_true(has_json && has_log);
}

static void
test_folder(void **state)
{
    (void)state;
    char dir[] = P_tmpdir "/ccgate-library-XXXXXX";
    assert_non_null(mkdtemp(dir));
    char *folder = mem_format("%s/gateway", dir);
    char *file = mem_format("%s/json.lua", folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    fputs("return { from = 'folder' }\n", out);
    fclose(out);

    setenv("CCGATE_LUA_DIR", dir, 1);
    lua_State *L = new_state();
    unsetenv("CCGATE_LUA_DIR"); /* as a host does before it reads */
    assert_string_equal(run(L, "return require('gateway.json').from"), "folder");
    assert_non_null(strstr(run(L, "require('gateway.notify')"), "cannot open"));
    assert_non_null(strstr(run(L, "require('gateway.../json')"), "there is no module"));
    assert_non_null(strstr(run(L, "require('../gateway/json')"), "there is no module"));
    lua_close(L);

    unlink(file);
    rmdir(folder);
    assert_int_equal(rmdir(dir), 0);
    free(file);
    free(folder);
}

static int
open_core(lua_State *L)
{
    lua_newtable(L);
    lua_pushliteral(L, "here");
    lua_setfield(L, -2, "core");
    return 1;
}

static void
test_offered(void **state)
{
    (void)state;
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    library_offer(L, open_core);
    assert_string_equal(run(L, "return require('gateway.core').core"), "here");
    assert_string_equal(run(L, "return type(require('gateway.moment').text)"),
                        "function");
    assert_non_null(strstr(run(L, "require('gateway.nothing')"), "not found"));
    lua_close(L);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_embedded), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_names),    cmocka_unit_test(test_folder),
        cmocka_unit_test(test_offered),
    };
    return cmocka_run_group_tests_name("library", tests, NULL, NULL);
}
