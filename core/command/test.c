/* Specs of scripts, by busted inside this program: the engine that they test is the one
 * that `run` is. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua-cjson.h>
#include <lualib.h>

#include "base/conf.h"
#include "command/command.h"
#include "rehearse/binding.h"
#include "script/library.h"

struct test {
    const char *conf; /* as it was given; NULL: not */
    bool is_json;
    int count;
    char **paths;
};

static int
on_error(lua_State *L)
{
    luaL_traceback(L, L, lua_tostring(L, 1), 1);
    return 1;
}

/* In the state: the exit code of gateway.test. Its argument is a struct test. */
static int
l_run(lua_State *L)
{
    const struct test *test = lua_touserdata(L, 1);
    luaL_openlibs(L);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    lua_pushcfunction(L, luaopen_cjson);
    lua_setfield(L, -2, "cjson");
    library_offer(L, luaopen_gateway_core);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "gateway.test");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "run");
    lua_createtable(L, test->count, 0); /* … run paths */
    for (int i = 0; i < test->count; i++) {
        lua_pushstring(L, test->paths[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_pushstring(L, test->conf);
    lua_pushboolean(L, test->is_json);
    lua_call(L, 3, 1);
    return 1;
}

static int
run_test(struct test *test)
{
    lua_State *L = luaL_newstate();
    if (!L)
        abort();
    lua_pushcfunction(L, on_error);
    lua_pushcfunction(L, l_run);
    lua_pushlightuserdata(L, test);
    int code = EXIT_PROBLEM;
    if (lua_pcall(L, 1, 1, 1) == LUA_OK)
        code = (int)lua_tointeger(L, -1);
    else
        fprintf(stderr, "ccgate: %s\n", lua_tostring(L, -1));
    lua_close(L);
    return code;
}

/* Without paths: the configured folder, whatever else is wrong with the configuration;
 * here are no secrets that it needs, for instance. Tests that load it are told. */
static int
run_folder(struct test *test)
{
    struct problems problems = {0};
    struct conf *conf = conf_load(test->conf ? test->conf : "gateway.conf", &problems);
    int code = EXIT_PROBLEM;
    if (conf) {
        test->count = 1;
        test->paths = &conf->scripts;
        code = run_test(test);
        conf_delete(conf);
    } else {
        fprintf(stderr, "%s\nname the specs or their folder: ccgate test scripts\n",
                problems.lines[0]);
    }
    problems_fini(&problems);
    return code;
}

static int
run(const struct command *command, int argc, char **argv)
{
    static const struct option options[] = {
        {"conf", required_argument, NULL, 'c'},
        {"output", required_argument, NULL, 'o'},
        {NULL, 0, NULL, 0},
    };
    struct test test = {0};
    int option;
    while ((option = getopt_long(argc, argv, "c:o:", options, NULL)) != -1) {
        switch (option) {
        case 'c': test.conf = optarg; break;
        case 'o':
            if (command_read_output(optarg, &test.is_json))
                break;
            return command_misused(command, "-o: '%s' is none of text, json", optarg);
        default: return command_wrong_option(command, options, argv);
        }
    }
    test.count = argc - optind;
    test.paths = argv + optind;
    return test.count ? run_test(&test) : run_folder(&test);
}

const struct command command_test = {
    .name = "test",
    .arguments = "[-c FILE] [-o text|json] [PATH…]",
    .sentence =
        "runs the specs of scripts, on a clock that moves only when they say so",
    .help =
        "  -c, --conf FILE   the configuration (default gateway.conf); tests that name\n"
        "                    none get it, too, if it is given\n"
        "  -o text|json      for people (default) or for programs\n"
        "  PATH…             these specs, specs of these scripts, or all *_spec.lua in\n"
        "                    these folders, instead of the configured folder\n"
        "\n"
        "Needs busted (the package lua-busted). Exits with 1 when a test fails.\n",
    .run = run,
};
