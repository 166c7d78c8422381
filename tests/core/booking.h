/* A book of alerts with a real store and without destinations, for the tests of who is
 * told. */
#ifndef CCGATE_TESTS_BOOKING_H
#define CCGATE_TESTS_BOOKING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/log.h"
#include "base/mem.h"
#include "deliver/notify.h"
#include "net/http.h"

/* A gateway without destinations: everything waits where it can be seen. */
static struct {
    char dir[64];
    struct conf conf;
    struct loop *loop;
    struct connector *connector;
    struct store *store;
    struct deliver *deliver;
    struct notify *notify;
} gateway;

static inline void
start_gateway(void)
{
    struct error error = {0};
    gateway.loop = loop_new();
    gateway.store = store_open(gateway.loop, gateway.dir, &error);
    if (!gateway.store)
        fail_msg("%s", error.message);
    gateway.connector = connector_new(&error);
    gateway.deliver =
        deliver_new(gateway.loop, gateway.store, gateway.connector, &gateway.conf);
    gateway.notify = notify_new(gateway.loop, gateway.store, gateway.connector,
                                gateway.deliver, "ccgate");
}

static inline void
stop_gateway(void)
{
    notify_delete(gateway.notify);
    deliver_delete(gateway.deliver);
    connector_delete(gateway.connector);
    store_close(gateway.store);
    loop_delete(gateway.loop);
}

static inline int
set_up(void **state)
{
    (void)state;
    log_set_level(LEVEL_ERROR + 1);
    http_init();
    snprintf(gateway.dir, sizeof(gateway.dir), "%s", P_tmpdir "/ccgate-notify-XXXXXX");
    assert_non_null(mkdtemp(gateway.dir));
    start_gateway();
    return 0;
}

static inline int
tear_down(void **state)
{
    (void)state;
    stop_gateway();
    const char *const files[] = {"state.db", "state.db-wal", "state.db-shm", "lock"};
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        char *file = mem_format("%s/%s", gateway.dir, files[i]);
        unlink(file);
        free(file);
    }
    assert_int_equal(rmdir(gateway.dir), 0);
    return 0;
}

static inline void
restart_gateway(void)
{
    stop_gateway();
    start_gateway();
}

static struct timer *look;

static inline void
on_look(void *arg)
{
    (void)arg;
    if (store_pending(gateway.store))
        timer_start(look, 1);
    else
        loop_stop(gateway.loop);
}

static inline void
settle(void)
{
    look = timer_new(gateway.loop, on_look, NULL);
    timer_start(look, 0);
    loop_run(gateway.loop);
    timer_free(look);
}

#endif
