/* When a query counts as stale: a played centre on a clock that moves when told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/trouble.h"
#include "net/http.h"
#include "poll/ask.h"
#include "poll/planner.h"

#define START     ((int64_t)1772532000000) /* 2026-03-03T10:00:00Z */
#define SECOND    ((int64_t)1000)
#define RAISED    4
#define WANTS_MAX 2
#define SPOILER   4712

static char center_name[] = "main", other_name[] = "other", text[] = "x";
static char url[] = "https://played.invalid";
static struct conf_center centers[2] = {
    {.name = center_name,
     .url = url,
     .access_key = text,
     .secret_key = text,
     .rate = 5,
     .concurrency = 4},
    {.name = other_name,
     .url = url,
     .access_key = text,
     .secret_key = text,
     .rate = 5,
     .concurrency = 4},
};

static struct {
    struct loop *loop;
    struct http_pool *pool;
    struct conf conf;
    struct planner *planner;
    struct subscription *wants[WANTS_MAX];
    enum error_kind fails; /* how all requests do; ERROR_NONE: they do not */
    int64_t refused;       /* fails with any of these ids in it; 0: none */
    char raised[RAISED][32];
    char said[256]; /* the newest that was told */
    size_t told;
} world;

/* ---- what the gateway tells of itself ---- */

static void
on_trouble(void *arg, enum trouble trouble, const char *name, bool is_prefix,
           const char *what)
{
    (void)arg;
    size_t at = 0;
    assert_int_equal(trouble, TROUBLE_CENTER);
    assert_false(is_prefix);
    while (at < RAISED && strcmp(world.raised[at], name) != 0)
        at++;
    if (what)
        snprintf(world.said, sizeof world.said, "%s", what);
    world.told += what != NULL;
    if (!what && at < RAISED)
        world.raised[at][0] = '\0';
    for (size_t i = 0; what && at == RAISED && i < RAISED; i++)
        if (!world.raised[i][0]) {
            snprintf(world.raised[i], sizeof world.raised[i], "%s", name);
            at = i;
        }
}

/* Their names, joined by blanks. */
static const char *
raised(void)
{
    static char names[256];
    names[0] = '\0';
    for (size_t i = 0; i < RAISED; i++)
        if (world.raised[i][0])
            snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s",
                     names[0] ? " " : "", world.raised[i]);
    return names;
}

/* ---- the centre ---- */

static struct block nothing;

static void
on_ask(void *arg, const struct conf_center *center, const struct errand *errand,
       struct poll_answer *answer)
{
    (void)arg, (void)center;
    char id[32];
    enum error_kind kind = world.fails;
    snprintf(id, sizeof id, "%lld", (long long)world.refused);
    if (world.refused && strstr(errand->body, id))
        kind = ERROR_API;
    if (kind != ERROR_NONE)
        error_set(&answer->error, kind, kind == ERROR_API ? "0100002" : "", "played");
    block_fini(&nothing);
    block_init(&nothing, errand->query);
    answer->rows = &nothing;
}

static struct lane_player player = {.on_ask = on_ask};

static bool
on_rows(void *arg, uint32_t center, int64_t argument, const struct block *rows,
        int64_t wall_ms)
{
    (void)arg, (void)center, (void)argument, (void)rows, (void)wall_ms;
    return true;
}

static void
open_planner(void)
{
    world.planner = planner_new(world.loop, world.pool, &world.conf);
    planner_play(world.planner, &player);
}

static void
want(size_t place, const struct query *query, int64_t every_s, size_t count)
{
    static const int64_t ids[] = {SPOILER, 4711};
    struct planner_want wanted = {0, query, every_s * SECOND, 0, ids, count, 0};
    world.wants[place] =
        planner_subscribe(world.planner, "test", &wanted, 1, on_rows, NULL);
}

static void
drop(size_t place)
{
    if (world.wants[place])
        planner_unsubscribe(world.wants[place]);
    world.wants[place] = NULL;
}

/* ---- the table ---- */

enum act {
    END,
    ANSWER,  /* well, from now on */
    FAIL,    /* with the network */
    GARBLE,  /* with a body that is none */
    DENY,    /* with a failure in the body */
    REFUSE,  /* the key */
    SPOIL,   /* one id, in whatever request */
    WANT,    /* queues every 10 s */
    SLOW,    /* queues every 10 minutes */
    AGENTS,  /* likewise every 10 s */
    SPOILT,  /* queues every 10 s, but only the one that spoils requests */
    DROP,    /* nobody wants queues */
    STEP,    /* the machine slept, or the clock moved */
    RETRY,   /* somebody says so */
    RESTART, /* of the gateway: what was told is forgotten here */
    MUTE,    /* no request gets an answer, good or bad */
    HEAR,    /* they do */
    STOP,    /* it is going to end */
};

struct turn {
    enum act act;
    int64_t seconds; /* that go by then */
    const char *raised;
};

static const struct {
    const char *name;
    struct turn turns[8];
} stories[] = {
    {"a minute without a good answer",
     {{WANT, 35, ""},
      {FAIL, 54, ""},
      {FAIL, 2, "main/queues"},
      {FAIL, 3600, "main/queues"}}},
    {"the first good answer is the end",
     {{WANT, 35, ""}, {FAIL, 90, "main/queues"}, {ANSWER, 80, ""}, {ANSWER, 3600, ""}}},
    {"failures with a good answer between them",
     {{WANT, 35, ""},
      {FAIL, 20, ""},
      {ANSWER, 60, ""},
      {FAIL, 20, ""},
      {ANSWER, 60, ""}}},
    {"an answer that is no good, however it fails",
     {{WANT, 35, ""},
      {DENY, 25, ""},
      {GARBLE, 40, "main/queues"},
      {DENY, 90, "main/queues"}}},
    {"three intervals are more than a minute",
     {{SLOW, 1, ""}, {FAIL, 1790, ""}, {FAIL, 10, "main/queues"}, {ANSWER, 700, ""}}},
    {"the shortest interval counts",
     {{SLOW, 1, ""}, {WANT, 12, ""}, {FAIL, 70, "main/queues"}}},
    {"of its first minute nothing is expected",
     {{FAIL, 0, ""}, {WANT, 59, ""}, {FAIL, 2, "main/queues"}}},
    {"each query has its own",
     {{WANT, 35, ""},
      {FAIL, 40, ""},
      {AGENTS, 40, "main/queues"},
      {FAIL, 40, "main/queues main/agents"},
      {ANSWER, 80, ""}}},
    {"the circuit has an alert of its own",
     {{WANT, 35, ""}, {FAIL, 20, ""}, {REFUSE, 60, "main"}, {REFUSE, 3000, "main"}}},
    {"a circuit that closes excuses what was before",
     {{WANT, 35, ""},
      {REFUSE, 500, "main"},
      {DENY, 0, "main"},
      {RETRY, 58, ""},
      {DENY, 12, "main/queues"}}},
    {"what is raised stays when the circuit opens",
     {{WANT, 35, ""},
      {FAIL, 90, "main/queues"},
      {REFUSE, 90, "main/queues main"},
      {ANSWER, 0, "main/queues main"},
      {RETRY, 12, ""}}},
    {"nobody wants it any more",
     {{WANT, 35, ""},
      {FAIL, 90, "main/queues"},
      {DROP, 59, "main/queues"},
      {FAIL, 2, ""},
      {WANT, 50, ""},
      {FAIL, 20, "main/queues"}}},
    {"somebody begins again",
     {{WANT, 35, ""},
      {FAIL, 40, ""},
      {DROP, 10, ""},
      {WANT, 10, "main/queues"},
      {DROP, 50, "main/queues"},
      {WANT, 60, "main/queues"}}},
    {"nobody wants it before it is raised",
     {{WANT, 35, ""}, {FAIL, 40, ""}, {DROP, 600, ""}}},
    {"a sleep of the machine",
     {{WANT, 35, ""},
      {FAIL, 45, ""},
      {STEP, 59, ""},
      {FAIL, 2, "main/queues"},
      {STEP, 10, "main/queues"}}},
    {"a restart goes on with it",
     {{WANT, 35, ""},
      {FAIL, 90, "main/queues"},
      {RESTART, 0, "main/queues"},
      {WANT, 59, "main/queues"},
      {FAIL, 60, "main/queues"}}},
    {"a restart goes on with what is asked seldom",
     {{WANT, 35, ""},
      {FAIL, 90, "main/queues"},
      {RESTART, 0, "main/queues"},
      {SLOW, 1700, "main/queues"}}},
    {"a restart ends it with a good answer",
     {{WANT, 35, ""},
      {FAIL, 90, "main/queues"},
      {ANSWER, 0, "main/queues"},
      {RESTART, 0, "main/queues"},
      {WANT, 1, ""}}},
    {"a restart ends what nobody wants then",
     {{WANT, 35, ""},
      {FAIL, 90, "main/queues"},
      {RESTART, 58, "main/queues"},
      {FAIL, 3, ""}}},
    {"only an id that is refused is left",
     {{WANT, 35, ""}, {SPOIL, 120, ""}, {SPOILT, 1, ""}, {DROP, 7200, ""}}},
    {"silence alone proves nothing",
     {{WANT, 35, ""},
      {MUTE, 600, ""},
      {FAIL, 0, ""},
      {HEAR, 9, ""},
      {FAIL, 2, "main/queues"}}},
    {"one id that spoils requests", {{WANT, 35, ""}, {SPOIL, 7200, ""}}},
    {"a gateway that is stopping", {{WANT, 35, ""}, {FAIL, 40, ""}, {STOP, 600, ""}}},
};

static void
do_act(enum act act)
{
    static const enum error_kind kinds[STOP + 1] = {
        [FAIL] = ERROR_NETWORK,
        [GARBLE] = ERROR_DECODE,
        [DENY] = ERROR_API,
        [REFUSE] = ERROR_AUTH,
    };
    switch (act) {
    case WANT: want(0, &query_queues, 10, 2); break;
    case SLOW: want(1, &query_queues, 600, 2); break;
    case AGENTS: want(1, &query_agents, 10, 2); break;
    case SPOILT: want(1, &query_queues, 10, 1); break;
    case DROP: drop(0); break;
    case STEP: planner_refresh(world.planner); break;
    case RETRY: planner_retry(world.planner, 0); break;
    case SPOIL: world.refused = SPOILER; break;
    case MUTE: player.is_closed = true; break;
    case HEAR:
        player.is_closed = false;
        planner_wake(world.planner);
        break;
    case STOP: planner_drain(world.planner); break;
    case RESTART:
        drop(0);
        drop(1);
        planner_delete(world.planner);
        open_planner();
        break;
    default: world.fails = kinds[act];
    }
}

static void
open_world(void)
{
    memset(&world, 0, sizeof world);
    world.loop = loop_new_held(START);
    clock_hold(loop_clock(world.loop));
    world.pool = http_pool_new(world.loop, 4);
    world.conf = (struct conf){.centers = centers, .center_count = 1};
    block_init(&nothing, &query_queues);
    trouble_listen(on_trouble, NULL);
    open_planner();
}

static void
close_world(void)
{
    planner_delete(world.planner);
    http_pool_delete(world.pool);
    trouble_listen(NULL, NULL);
    clock_hold(NULL);
    loop_delete(world.loop);
    block_fini(&nothing);
}

static void
test_stories(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof stories / sizeof *stories; i++) {
        const struct turn *turn = stories[i].turns;
        open_world();
        for (size_t at = 0; at < 8 && turn[at].act != END; at++) {
            do_act(turn[at].act);
            loop_advance(world.loop, turn[at].seconds * SECOND);
            if (strcmp(raised(), turn[at].raised) != 0)
                fail_msg("%s, turn %zu: '%s' is raised, not '%s'", stories[i].name,
                         at + 1, raised(), turn[at].raised);
        }
        close_world();
    }
}

static void
test_what_is_told(void **state)
{
    (void)state;
    open_world();
    want(0, &query_queues, 10, 2);
    loop_advance(world.loop, 25 * SECOND);
    world.fails = ERROR_API;
    loop_advance(world.loop, 600 * SECOND);
    assert_string_equal(
        world.said, "center main: no good answer to queues since 2026-03-03T10:00:20Z, "
                    "the newest is api 0100002: played; alerts are held");
    assert_int_equal(world.told, 1);
    close_world();
}

static void
test_never_answered(void **state)
{
    (void)state;
    open_world();
    planner_refresh(world.planner);
    loop_advance(world.loop, 30 * SECOND);
    world.fails = ERROR_TLS;
    want(0, &query_queues, 10, 2);
    loop_advance(world.loop, 61 * SECOND);
    assert_non_null(strstr(world.said, "since 2026-03-03T10:00:30Z"));
    close_world();
}

/* Whoever reads the configuration again ends what is about a centre that is gone
 * (deliver/self.h); one that stays keeps its count, whatever its place. */
static void
test_another_configuration(void **state)
{
    (void)state;
    open_world();
    struct conf_center turned[2] = {centers[1], centers[0]};
    struct conf both = {.centers = turned, .center_count = 2};
    want(0, &query_queues, 10, 2);
    world.fails = ERROR_NETWORK;
    loop_advance(world.loop, 40 * SECOND);
    planner_set_conf(world.planner, &both);
    loop_advance(world.loop, 15 * SECOND);
    assert_string_equal(raised(), "");
    loop_advance(world.loop, 10 * SECOND);
    assert_string_equal(raised(), "main/queues");
    struct conf other = {.centers = centers + 1, .center_count = 1};
    planner_set_conf(world.planner, &other);
    loop_advance(world.loop, 600 * SECOND);
    assert_int_equal(world.told, 1);
    close_world();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stories),
        cmocka_unit_test(test_what_is_told),
        cmocka_unit_test(test_never_answered),
        cmocka_unit_test(test_another_configuration),
    };
    log_set_level(LEVEL_ERROR + 1);
    http_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
