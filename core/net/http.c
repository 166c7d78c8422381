#include "net/http.h"

#include <curl/curl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "net/http_copy.h"
#include "net/http_slot.h"

/* Idle connections that are kept beyond one for each call at once. */
enum { SPARE_CONNECTIONS = 8 };

/* The bits of curl go into a watch, and come out of it, as they are. */
_Static_assert(WATCH_READ == CURL_POLL_IN && WATCH_WRITE == CURL_POLL_OUT &&
                   WATCH_READ == CURL_CSELECT_IN && WATCH_WRITE == CURL_CSELECT_OUT,
               "bits of curl and of watches");

enum call_state { CALL_WAITING, CALL_RUNNING, CALL_DONE, CALL_TOLD };

struct http_call {
    TAILQ_ENTRY(http_call) link; /* in the pool's list of its state */
    struct http_pool *pool;
    enum call_state state;
    http_callback *on_done;
    void *arg;
    struct http_copy *request; /* NULL when it was refused */
    struct error refusal;
    struct http_slot *slot; /* from running on */
    int code;               /* from done on */
    uint64_t turn;          /* in which it was done */
};
TAILQ_HEAD(calls, http_call);

/* A descriptor that curl has mentioned. */
struct spot {
    struct http_pool *pool;
    int fd;
    int wanted;   /* what curl waits for; 0 while its connection is idle */
    bool is_ours; /* made by open_socket(), so that close_socket() will come */
    const struct http_slot *slot; /* that has it alone: a letter's; or NULL */
    struct watch *watch;
};

struct http_pool {
    struct loop *loop;
    CURLM *multi;
    size_t at_once, in_use, busy; /* slots allowed, slots taken, calls */
    struct calls waiting, running, done;
    struct http_slot *idle; /* the newest first: it has the newest TLS session */
    struct spot **spots;    /* by descriptor */
    size_t spot_room;
    struct timer *timer;
    int64_t due_ms, armed_ms; /* when curl, and when the loop's timer, is due */
    bool is_due_now;
    bool is_scheduled, is_in_turn, is_dying;
    uint64_t turn;
};

/* ---- turns ----
 * Calls begin and end in a turn of their pool, at the end of a turn of the loop: never
 * inside curl, never inside http_start(). */

static void run_turn(void *arg);

static void
schedule_turn(struct http_pool *pool)
{
    if (pool->is_scheduled || pool->is_in_turn)
        return;
    pool->is_scheduled = true;
    loop_defer(pool->loop, run_turn, pool);
}

/* ---- curl on the loop ---- */

static void
finish_call(struct http_call *call, int code)
{
    call->code = code;
    call->state = CALL_DONE;
    call->turn = call->pool->turn;
    TAILQ_INSERT_TAIL(&call->pool->done, call, link);
    schedule_turn(call->pool);
}

/* Lets curl work; what ended meanwhile is told in the next turn. */
static void
run_curl(struct http_pool *pool, curl_socket_t fd, int mode)
{
    int count;
    curl_multi_socket_action(pool->multi, fd, mode, &count);
    for (CURLMsg *message; (message = curl_multi_info_read(pool->multi, &count));) {
        /* The message dies with the handle's removal. */
        CURL *easy = message->easy_handle;
        CURLcode code = message->data.result;
        struct http_call *call = http_slot_of(easy)->call;
        curl_multi_remove_handle(pool->multi, easy);
        TAILQ_REMOVE(&pool->running, call, link);
        finish_call(call, (int)code);
    }
}

/* The loop's timer is moved to earlier times only: one that comes too early is started
 * again, which happens less often than curl changes its mind. */
static void
on_timer(void *arg)
{
    struct http_pool *pool = arg;
    pool->armed_ms = INT64_MAX;
    if (pool->due_ms == INT64_MAX)
        return;
    int64_t left_ms = pool->due_ms - clock_real_mono_ms();
    if (left_ms > 0) {
        pool->armed_ms = pool->due_ms;
        timer_start(pool->timer, left_ms);
        return;
    }
    pool->due_ms = INT64_MAX;
    run_curl(pool, CURL_SOCKET_TIMEOUT, 0);
}

/* Nothing but this function ends curl's timer: curl does not repeat itself. */
static int
on_curl_timer(CURLM *multi, long delay_ms, void *arg)
{
    (void)multi;
    struct http_pool *pool = arg;
    pool->due_ms = INT64_MAX;
    pool->is_due_now = delay_ms == 0;
    if (pool->is_due_now)
        schedule_turn(pool);
    if (delay_ms <= 0)
        return 0;
    pool->due_ms = clock_real_mono_ms() + delay_ms;
    if (pool->due_ms < pool->armed_ms) {
        pool->armed_ms = pool->due_ms;
        timer_start(pool->timer, delay_ms);
    }
    return 0;
}

static void
on_ready(void *arg, int mode)
{
    struct spot *spot = arg;
    if (spot->wanted)
        run_curl(spot->pool, spot->fd, mode);
    else
        watch_set(spot->watch, 0);
}

static struct spot *
find_spot(struct http_pool *pool, int fd)
{
    return (size_t)fd < pool->spot_room ? pool->spots[fd] : NULL;
}

static struct spot *
add_spot(struct http_pool *pool, int fd)
{
    size_t room = pool->spot_room;
    if ((size_t)fd >= room) {
        pool->spot_room = (size_t)fd + 64;
        pool->spots = mem_grow(pool->spots, pool->spot_room, sizeof(struct spot *));
        for (size_t i = room; i < pool->spot_room; i++)
            pool->spots[i] = NULL;
    }
    struct spot *spot = pool->spots[fd] = mem_zero(sizeof *spot);
    spot->pool = pool;
    spot->fd = fd;
    return spot;
}

static void
remove_spot(struct http_pool *pool, int fd)
{
    struct spot *spot = find_spot(pool, fd);
    if (!spot)
        return;
    pool->spots[fd] = NULL;
    watch_delete(spot->watch);
    free(spot);
}

static curl_socket_t
open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)purpose;
    struct http_slot *slot = arg;
    struct http_pool *pool = slot->call->pool;
    if (!http_slot_may_dial(slot, &address->addr))
        return CURL_SOCKET_BAD;
    int fd =
        socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd < 0)
        return CURL_SOCKET_BAD;
    remove_spot(pool, fd); /* a new descriptor: what was known of the number is past */
    struct spot *spot = add_spot(pool, fd);
    spot->is_ours = true;
    spot->slot = slot->is_mail ? slot : NULL;
    return fd;
}

static int
close_socket(void *arg, curl_socket_t fd)
{
    remove_spot(arg, fd);
    return close(fd);
}

/* What curl says to a mail server. It takes leave with QUIT and would wait for the
 * answer without giving back to the loop, two minutes if the server wants it so. The
 * fate of the letter is known by then: nothing more is read. */
static int
on_said(CURL *easy, curl_infotype what, char *text, size_t size, void *arg)
{
    static const char leave[] = "QUIT\r\n";
    struct http_slot *slot = arg;
    const struct http_pool *pool = slot->call->pool;
    (void)easy;
    if (what != CURLINFO_HEADER_OUT)
        return 0;
    http_slot_note_command(slot, text, size);
    if (size != sizeof leave - 1 || memcmp(text, leave, size) != 0)
        return 0;
    for (size_t fd = 0; fd < pool->spot_room; fd++)
        if (pool->spots[fd] && pool->spots[fd]->slot == slot)
            shutdown((int)fd, SHUT_RD);
    return 0;
}

/* Between two requests curl drops the connection's descriptor and takes it up again.
 * Ours stay watched meanwhile, which saves two system calls a request: their closing
 * does not go unnoticed. The others are the resolver's. */
static int
on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *unused)
{
    (void)easy;
    (void)unused;
    struct http_pool *pool = arg;
    struct spot *spot = find_spot(pool, fd);
    if (what == CURL_POLL_REMOVE) {
        if (spot && spot->is_ours)
            spot->wanted = 0;
        else
            remove_spot(pool, fd);
        return 0;
    }
    if (!spot)
        spot = add_spot(pool, fd);
    spot->wanted = what;
    if (spot->watch)
        watch_set(spot->watch, what);
    else
        spot->watch = watch_new(pool->loop, fd, what, on_ready, spot);
    return 0;
}

/* ---- slots ---- */

static struct http_slot *
take_slot(struct http_pool *pool, bool is_mail)
{
    pool->in_use++;
    struct http_slot *slot = is_mail ? NULL : pool->idle;
    if (slot) {
        pool->idle = slot->next;
        return slot;
    }
    slot = http_slot_new(is_mail);
    if (curl_easy_setopt(slot->easy, CURLOPT_OPENSOCKETFUNCTION, open_socket) ||
        curl_easy_setopt(slot->easy, CURLOPT_OPENSOCKETDATA, slot) ||
        curl_easy_setopt(slot->easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket) ||
        curl_easy_setopt(slot->easy, CURLOPT_CLOSESOCKETDATA, pool) ||
        curl_easy_setopt(slot->easy, CURLOPT_DEBUGFUNCTION, on_said) ||
        curl_easy_setopt(slot->easy, CURLOPT_DEBUGDATA, slot) ||
        curl_easy_setopt(slot->easy, CURLOPT_VERBOSE, (long)is_mail))
        mem_give_up("curl", "setting callbacks");
    return slot;
}

static void
release_slot(struct http_pool *pool, struct http_slot *slot)
{
    pool->in_use--;
    if (slot->is_mail) {
        http_slot_delete(slot);
        return;
    }
    http_slot_clear(slot);
    slot->next = pool->idle;
    pool->idle = slot;
}

/* ---- calls ---- */

struct http_call *
http_start(struct http_pool *pool, const struct http_request *request,
           http_callback *on_done, void *arg)
{
    struct http_call *call = mem_zero(sizeof *call);
    call->pool = pool;
    call->on_done = on_done;
    call->arg = arg;
    call->request = http_copy_new(request, &call->refusal);
    pool->busy++;
    if (call->request) {
        TAILQ_INSERT_TAIL(&pool->waiting, call, link);
        schedule_turn(pool);
    } else {
        finish_call(call, CURLE_OK);
    }
    return call;
}

static void
begin_call(struct http_call *call)
{
    struct http_pool *pool = call->pool;
    TAILQ_REMOVE(&pool->waiting, call, link);
    TAILQ_INSERT_TAIL(&pool->running, call, link);
    call->state = CALL_RUNNING;
    call->slot = take_slot(pool, call->request->from != NULL);
    call->slot->call = call;
    http_slot_prepare(call->slot, call->request);
    if (curl_multi_add_handle(pool->multi, call->slot->easy) != CURLM_OK)
        mem_give_up("curl", "curl_multi_add_handle");
}

static void
delete_call(struct http_call *call)
{
    if (call->slot)
        release_slot(call->pool, call->slot);
    call->pool->busy--;
    free(call->request);
    free(call);
}

static void
tell_call(struct http_call *call)
{
    TAILQ_REMOVE(&call->pool->done, call, link);
    call->state = CALL_TOLD;
    struct http_response response = {
        .error = call->refusal, .body = "", .content_type = "", .retry_after_ms = -1};
    if (call->slot)
        http_slot_read(call->slot, call->code, &response);
    call->on_done(call->arg, &response);
    delete_call(call);
}

void
http_cancel(struct http_call *call)
{
    struct http_pool *pool = call->pool;
    struct calls *const lists[] = {[CALL_WAITING] = &pool->waiting,
                                   [CALL_RUNNING] = &pool->running,
                                   [CALL_DONE] = &pool->done};
    if (call->state == CALL_TOLD)
        return; /* from inside its own callback */
    TAILQ_REMOVE(lists[call->state], call, link);
    if (call->state == CALL_RUNNING)
        curl_multi_remove_handle(pool->multi, call->slot->easy);
    delete_call(call);
    schedule_turn(pool); /* another one may begin */
}

static void delete_pool(struct http_pool *pool);

static void
run_turn(void *arg)
{
    struct http_pool *pool = arg;
    struct http_call *call;
    pool->is_scheduled = false;
    pool->is_in_turn = true;
    pool->turn++;
    /* What a callback makes done at once waits for the next turn. */
    while (!pool->is_dying && (call = TAILQ_FIRST(&pool->done)) &&
           call->turn < pool->turn)
        tell_call(call);
    if (pool->is_dying) {
        delete_pool(pool);
        return;
    }
    while (pool->in_use < pool->at_once && (call = TAILQ_FIRST(&pool->waiting)))
        begin_call(call);
    if (pool->is_due_now) {
        pool->is_due_now = false;
        run_curl(pool, CURL_SOCKET_TIMEOUT, 0);
    }
    pool->is_in_turn = false;
    if (pool->is_due_now || !TAILQ_EMPTY(&pool->done))
        schedule_turn(pool);
}

/* ---- pools ---- */

void
http_init(void)
{
    http_slot_setup();
    /* OpenSSL writes without MSG_NOSIGNAL, and with CURLOPT_NOSIGNAL curl leaves this
     * to us. */
    signal(SIGPIPE, SIG_IGN);
}

struct http_pool *
http_pool_new(struct loop *loop, size_t at_once)
{
    struct http_pool *pool = mem_zero(sizeof *pool);
    pool->loop = loop;
    pool->at_once = at_once > 0 ? at_once : 1;
    pool->due_ms = pool->armed_ms = INT64_MAX;
    TAILQ_INIT(&pool->waiting);
    TAILQ_INIT(&pool->running);
    TAILQ_INIT(&pool->done);
    pool->timer = timer_new_real(loop, on_timer, pool);
    CURLM *multi = pool->multi = curl_multi_init();
    /* Left alone, curl keeps four times as many connections as there are calls just
     * now, and after a burst closes what the next burst needs. */
    long connections = (long)pool->at_once + SPARE_CONNECTIONS;
    if (!multi || curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, connections) ||
        curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_curl_socket) ||
        curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, pool) ||
        curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_curl_timer) ||
        curl_multi_setopt(multi, CURLMOPT_TIMERDATA, pool))
        mem_give_up("curl", "curl_multi_init");
    return pool;
}

static void
delete_calls(struct http_pool *pool, struct calls *calls)
{
    for (struct http_call *call; (call = TAILQ_FIRST(calls));) {
        TAILQ_REMOVE(calls, call, link);
        if (call->state == CALL_RUNNING)
            curl_multi_remove_handle(pool->multi, call->slot->easy);
        delete_call(call);
    }
}

static void
delete_pool(struct http_pool *pool)
{
    delete_calls(pool, &pool->waiting);
    delete_calls(pool, &pool->running);
    delete_calls(pool, &pool->done);
    while (pool->idle) {
        struct http_slot *slot = pool->idle;
        pool->idle = slot->next;
        http_slot_delete(slot);
    }
    curl_multi_cleanup(pool->multi);
    for (size_t i = 0; i < pool->spot_room; i++)
        remove_spot(pool, (int)i);
    free(pool->spots);
    timer_free(pool->timer);
    loop_forget(pool->loop, run_turn, pool);
    free(pool);
}

void
http_pool_delete(struct http_pool *pool)
{
    if (pool->is_in_turn)
        pool->is_dying = true; /* from inside a callback: the turn ends it */
    else
        delete_pool(pool);
}

size_t
http_pool_busy(const struct http_pool *pool)
{
    return pool->busy;
}
