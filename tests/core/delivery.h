/* A gateway's outbox and a receiver on one loop, for the tests of delivery. */
#ifndef CCGATE_TESTS_DELIVERY_H
#define CCGATE_TESTS_DELIVERY_H

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
#include "deliver/deliver.h"
#include "net/http.h"
#include "net/server.h"
#include "net/sign.h"

#define SECRET     "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define TEXT(text) ((char *)(uintptr_t)(text))

/* ---- the receiver ---- */

struct seen {
    char *path, *id, *timestamp, *signature, *type, *agent, *token, *body;
    struct server_request *held;
};

static struct {
    struct server *server;
    struct seen seen[64];
    size_t count;
    int status; /* of the coming answers; 0: they are held */
    const char *answer, *retry_after;
    char url[64], other_url[64];
} receiver;

static inline void
answer(struct server_request *request, int status)
{
    if (receiver.retry_after)
        server_add_header(request, "Retry-After", receiver.retry_after);
    server_reply(request, status, "text/plain", receiver.answer,
                 strlen(receiver.answer));
}

static inline void
on_request(void *arg, struct server_request *request)
{
    (void)arg;
    size_t size;
    const char *body = server_body(request, &size);
    assert_true(receiver.count < 64);
    struct seen *seen = &receiver.seen[receiver.count++];
    *seen = (struct seen){
        .path = mem_text(server_path(request)),
        .id = mem_text(server_header(request, "webhook-id")),
        .timestamp = mem_text(server_header(request, "webhook-timestamp")),
        .signature = mem_text(server_header(request, "webhook-signature")),
        .type = mem_text(server_header(request, "content-type")),
        .agent = mem_text(server_header(request, "user-agent")),
        .token = mem_text(server_header(request, "x-token")),
        .body = mem_copy(body, size),
        .held = receiver.status ? NULL : request,
    };
    if (receiver.status)
        answer(request, receiver.status);
}

static inline void
release(size_t number, int status)
{
    assert_non_null(receiver.seen[number].held);
    answer(receiver.seen[number].held, status);
    receiver.seen[number].held = NULL;
}

static inline void
forget_seen(void)
{
    for (size_t i = 0; i < receiver.count; i++) {
        struct seen *seen = &receiver.seen[i];
        if (seen->held)
            release(i, 500);
        char *texts[] = {seen->path, seen->id,    seen->timestamp, seen->signature,
                         seen->type, seen->agent, seen->token,     seen->body};
        for (size_t j = 0; j < sizeof(texts) / sizeof(*texts); j++)
            free(texts[j]);
    }
    receiver.count = 0;
}

/* ---- the gateway ---- */

static struct {
    char dir[64], path[80];
    struct conf conf;
    struct conf_destination destinations[4];
    struct conf_header header;
    struct loop *loop;
    struct connector *connector;
    struct store *store;
    struct deliver *deliver;
} gateway;

static inline void
on_message(void *arg, const struct outbox_record *record)
{
    deliver_add(arg, record);
}

static inline void
start_gateway(void)
{
    struct error error = {0};
    gateway.store = store_open(gateway.loop, gateway.dir, &error);
    if (!gateway.store)
        fail_msg("%s", error.message);
    gateway.connector = connector_new(&error);
    gateway.deliver =
        deliver_new(gateway.loop, gateway.store, gateway.connector, &gateway.conf);
    store_each_ready(gateway.store, on_message, gateway.deliver);
    store_set_on_added(gateway.store, on_message, gateway.deliver);
}

static inline void
stop_gateway(void)
{
    deliver_delete(gateway.deliver);
    connector_delete(gateway.connector);
    store_close(gateway.store);
}

static inline void
configure(void)
{
    gateway.header = (struct conf_header){TEXT("X-Token"), TEXT("s3cret-token")};
    gateway.destinations[0] = (struct conf_destination){.name = TEXT("plain"),
                                                        .kind = TEXT("webhook"),
                                                        .url = receiver.url,
                                                        .method = TEXT("POST"),
                                                        .is_private_allowed = true,
                                                        .headers = &gateway.header,
                                                        .header_count = 1};
    gateway.destinations[1] = (struct conf_destination){.name = TEXT("signed"),
                                                        .kind = TEXT("webhook"),
                                                        .url = receiver.other_url,
                                                        .method = TEXT("PUT"),
                                                        .is_private_allowed = true,
                                                        .secret = TEXT(SECRET)};
    gateway.destinations[2] =
        (struct conf_destination){.name = TEXT("nobody"),
                                  .kind = TEXT("webhook"),
                                  .url = TEXT("http://127.0.0.1:1/"),
                                  .method = TEXT("POST"),
                                  .is_private_allowed = true};
    gateway.destinations[3] =
        (struct conf_destination){.name = TEXT("log"), .kind = TEXT("log")};
    gateway.conf =
        (struct conf){.destinations = gateway.destinations, .destination_count = 4};
}

static inline int
set_up(void **state)
{
    (void)state;
    log_set_level(LEVEL_ERROR + 1);
    http_init();
    memset(&receiver, 0, sizeof(receiver));
    receiver.status = 200;
    receiver.answer = "ok";
    snprintf(gateway.dir, sizeof(gateway.dir), "%s", P_tmpdir "/ccgate-deliver-XXXXXX");
    assert_non_null(mkdtemp(gateway.dir));
    snprintf(gateway.path, sizeof(gateway.path), "%s/state.db", gateway.dir);
    gateway.loop = loop_new();
    struct error error = {0};
    struct server_options options = {.listen = "127.0.0.1:0", .on_request = on_request};
    receiver.server = server_new(gateway.loop, &options, &error);
    if (!receiver.server)
        fail_msg("%s", error.message);
    const char *address = server_address(receiver.server);
    snprintf(receiver.url, sizeof(receiver.url), "http://%s/plain", address);
    snprintf(receiver.other_url, sizeof(receiver.other_url), "http://%s/signed",
             address);
    configure();
    start_gateway();
    return 0;
}

static inline int
tear_down(void **state)
{
    (void)state;
    stop_gateway();
    forget_seen();
    server_delete(receiver.server);
    loop_delete(gateway.loop);
    const char *const files[] = {"state.db", "state.db-wal", "state.db-shm", "lock"};
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        char *file = mem_format("%s/%s", gateway.dir, files[i]);
        unlink(file);
        free(file);
    }
    assert_int_equal(rmdir(gateway.dir), 0);
    return 0;
}

/* ---- waiting ---- */

struct wait {
    bool (*is_over)(size_t number);
    size_t number;
    struct timer *timer;
    int turns, settled;
};

/* Looks in a row that must agree: what is due now has begun by then. */
#define SETTLED 5

static inline void
on_look(void *arg)
{
    struct wait *wait = arg;
    wait->settled = wait->is_over(wait->number) ? wait->settled + 1 : 0;
    if (wait->settled == SETTLED || ++wait->turns > 5000)
        loop_stop(gateway.loop);
    else
        timer_start(wait->timer, 1);
}

static inline void
wait_until(bool (*is_over)(size_t number), size_t number)
{
    struct wait wait = {.is_over = is_over, .number = number};
    wait.timer = timer_new(gateway.loop, on_look, &wait);
    timer_start(wait.timer, 0);
    loop_run(gateway.loop);
    timer_free(wait.timer);
    assert_true(is_over(number));
}

static inline bool
has_seen(size_t number)
{
    return receiver.count >= number;
}

/* Nothing in flight, and all of it on disk. */
static inline bool
is_quiet(size_t waiting)
{
    return deliver_busy(gateway.deliver) == 0 && store_pending(gateway.store) == 0 &&
           deliver_waiting(gateway.deliver) == waiting;
}

static inline bool
is_later(size_t number)
{
    (void)number;
    return true;
}

/* Time for what must not begin. */
static inline void
give_it_time(void)
{
    wait_until(is_later, 0);
}

/* ---- messages ---- */

#define EVENT(key)                                                                     \
    "{\"data\":{\"kind\":\"raise\",\"rule\":\"queue-wait\",\"key\":\"" key             \
    "\",\"severity\":\"info\",\"summary\":\"Sales\"}}"

static inline void
add(const char *id, const char *destination, const char *order_key)
{
    struct txn *txn = txn_new();
    struct outbox_record record = {
        .id = TEXT(id),
        .destination = TEXT(destination),
        .order_key = TEXT(order_key),
        .kind = TEXT("raise"),
        .message = TEXT(EVENT("7")),
        .created_ms = clock_wall_ms(),
        .next_ms = clock_wall_ms(),
    };
    txn_add_outbox(txn, &record);
    store_commit(gateway.store, txn, NULL, NULL);
}

static inline void
add_many(const char *destination, int count)
{
    for (int i = 0; i < count; i++) {
        char *id = mem_format("%s-%d", destination, i);
        add(id, destination, id);
        free(id);
    }
}

/* Runs `sql` with ?1 = id; the first column as a number. */
static inline int64_t
ask(const char *sql, const char *id)
{
    sqlite3 *handle;
    sqlite3_stmt *statement;
    int64_t value = -1;
    assert_int_equal(sqlite3_open(gateway.path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(handle, sql, -1, &statement, NULL), SQLITE_OK);
    sqlite3_bind_text(statement, 1, id, -1, SQLITE_STATIC);
    if (sqlite3_step(statement) == SQLITE_ROW)
        value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(handle);
    return value;
}

static inline bool
is_in_state(const char *id, const char *state)
{
    char *sql = mem_format("SELECT state = '%s' FROM outbox WHERE id = ?1", state);
    bool is = ask(sql, id) == 1;
    free(sql);
    return is;
}

static inline int64_t
attempts(const char *id)
{
    int64_t count = ask("SELECT attempts FROM outbox WHERE id = ?1", id);
    assert_int_equal(ask("SELECT count(*) FROM attempt WHERE message_id = ?1", id),
                     count);
    return count;
}

/* As after the wait, without the wait. */
static inline void
restart_when_due(void)
{
    stop_gateway();
    ask("UPDATE outbox SET next_ms = 0 WHERE state = 'ready'", "");
    start_gateway();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
