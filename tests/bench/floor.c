/* The floor of `make bench`: what the bare stack costs. libcurl's multi interface on
 * libevent, connections kept alive, TLS, signed POSTs; answers are received and
 * dropped. What another client costs beyond this is its own.
 *
 *   floor URL CA_FILE LOAD IN_FLIGHT
 *
 * LOAD has one line per request, "EVERY_MS ID,ID,…": it is made every so often, from a
 * moment of its own on. At most IN_FLIGHT are under way, the others wait. Runs until it
 * is killed; the first request that fails ends it with 1. */
#include <curl/curl.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/sign.h"

#define STATEINFO    "/rest/cmsapp/v1/openapi/skill/stateinfo"
#define CONTENT_TYPE "application/json; charset=UTF-8"

enum { DESCRIPTORS = 1024 };

struct floor;

/* One line of LOAD. */
struct request {
    struct floor *floor;
    struct event *timer;
    struct timeval every;
    struct buf body;
    int is_under_way; /* waiting or in flight: not asked twice at a time */
    struct request *next;
};

/* An easy handle, used again and again. */
struct slot {
    CURL *easy;
    struct curl_slist *headers;
    struct buf authorization;
    struct request *request;
    struct slot *next;
};

struct floor {
    struct event_base *base;
    CURLM *multi;
    struct event *timer; /* curl's */
    struct event *sockets[DESCRIPTORS];
    struct slot *idle;
    struct request *first, **last; /* due, without a slot */
    char *url;
    const char *host, *ca_file;
};

static _Noreturn void
fail(const char *what, const char *why)
{
    fprintf(stderr, "floor: %s: %s\n", what, why);
    exit(1);
}

/* ---- requests ---- */

static size_t
on_body(char *data, size_t size, size_t count, void *arg)
{
    (void)data, (void)arg;
    return size * count;
}

static void
sign(struct slot *slot, const struct floor *floor, const struct request *request)
{
    static const struct sign_options keys = {.access_key = "bench",
                                             .secret_key = "bench-secret"};
    const struct sign_message message = {
        .method = "POST",
        .path = STATEINFO,
        .host = floor->host,
        .content_type = CONTENT_TYPE,
        .body = request->body.data,
        .body_size = request->body.size,
    };
    buf_clear(&slot->authorization);
    buf_add_text(&slot->authorization, "Authorization: ");
    sign_request(&keys, &message, clock_wall_ms(), &slot->authorization);
}

static void
start(struct floor *floor, struct slot *slot, struct request *request)
{
    sign(slot, floor, request);
    curl_slist_free_all(slot->headers);
    slot->headers = curl_slist_append(NULL, "Content-Type: " CONTENT_TYPE);
    slot->headers = curl_slist_append(slot->headers, slot->authorization.data);
    slot->headers = curl_slist_append(slot->headers, "Expect:");
    slot->request = request;
    curl_easy_setopt(slot->easy, CURLOPT_HTTPHEADER, slot->headers);
    curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDSIZE, (long)request->body.size);
    curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDS, request->body.data);
    if (curl_multi_add_handle(floor->multi, slot->easy) != CURLM_OK)
        fail("curl", "curl_multi_add_handle");
}

static void
start_due(struct floor *floor)
{
    while (floor->idle && floor->first) {
        struct slot *slot = floor->idle;
        struct request *request = floor->first;
        floor->idle = slot->next;
        floor->first = request->next;
        if (!floor->first)
            floor->last = &floor->first;
        start(floor, slot, request);
    }
}

static void
finish(struct floor *floor, const CURLMsg *message)
{
    struct slot *slot;
    CURL *easy = message->easy_handle;
    CURLcode code = message->data.result;
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &slot);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK || status != 200)
        fail("a request", code ? curl_easy_strerror(code) : "the status is not 200");
    curl_multi_remove_handle(floor->multi, easy);
    slot->request->is_under_way = 0;
    slot->next = floor->idle;
    floor->idle = slot;
}

static void
on_due(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct request *request = arg;
    struct floor *floor = request->floor;
    event_add(request->timer, &request->every);
    if (request->is_under_way)
        return;
    request->is_under_way = 1;
    request->next = NULL;
    *floor->last = request;
    floor->last = &request->next;
    start_due(floor);
}

/* ---- curl on libevent ---- */

static void
run_curl(struct floor *floor, curl_socket_t fd, int mode)
{
    int count;
    curl_multi_socket_action(floor->multi, fd, mode, &count);
    for (CURLMsg *message; (message = curl_multi_info_read(floor->multi, &count));)
        finish(floor, message);
    start_due(floor);
}

static void
on_ready(evutil_socket_t fd, short what, void *arg)
{
    run_curl(arg, fd,
             (what & EV_READ ? CURL_CSELECT_IN : 0) |
                 (what & EV_WRITE ? CURL_CSELECT_OUT : 0));
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    run_curl(arg, CURL_SOCKET_TIMEOUT, 0);
}

static int
on_curl_timer(CURLM *multi, long delay_ms, void *arg)
{
    (void)multi;
    struct floor *floor = arg;
    struct timeval delay = {delay_ms / 1000, delay_ms % 1000 * 1000};
    if (delay_ms < 0)
        event_del(floor->timer);
    else
        event_add(floor->timer, &delay);
    return 0;
}

static int
on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *unused)
{
    (void)easy, (void)unused;
    struct floor *floor = arg;
    if (fd >= DESCRIPTORS)
        fail("curl", "too many descriptors");
    if (!floor->sockets[fd])
        floor->sockets[fd] = mem_zero(event_get_struct_event_size());
    else
        event_del(floor->sockets[fd]);
    if (what == CURL_POLL_REMOVE)
        return 0;
    short events = EV_PERSIST;
    events |= what & CURL_POLL_IN ? EV_READ : 0;
    events |= what & CURL_POLL_OUT ? EV_WRITE : 0;
    event_assign(floor->sockets[fd], floor->base, fd, events, on_ready, floor);
    event_add(floor->sockets[fd], NULL);
    return 0;
}

/* ---- set-up ---- */

static void
add_slot(struct floor *floor)
{
    struct slot *slot = mem_zero(sizeof *slot);
    slot->easy = curl_easy_init();
    curl_easy_setopt(slot->easy, CURLOPT_URL, floor->url);
    curl_easy_setopt(slot->easy, CURLOPT_CAINFO, floor->ca_file);
    /* Without this every new connection reads the system's folder of certificates. */
    curl_easy_setopt(slot->easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(slot->easy, CURLOPT_PROXY, "");
    curl_easy_setopt(slot->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(slot->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(slot->easy, CURLOPT_TIMEOUT_MS, 10000L);
    curl_easy_setopt(slot->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(slot->easy, CURLOPT_PRIVATE, slot);
    slot->next = floor->idle;
    floor->idle = slot;
}

static void
set_up_curl(struct floor *floor, long in_flight)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
    floor->multi = curl_multi_init();
    floor->timer = evtimer_new(floor->base, on_timer, floor);
    curl_multi_setopt(floor->multi, CURLMOPT_MAXCONNECTS, in_flight);
    curl_multi_setopt(floor->multi, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
    curl_multi_setopt(floor->multi, CURLMOPT_SOCKETDATA, floor);
    curl_multi_setopt(floor->multi, CURLMOPT_TIMERFUNCTION, on_curl_timer);
    curl_multi_setopt(floor->multi, CURLMOPT_TIMERDATA, floor);
    for (long i = 0; i < in_flight; i++)
        add_slot(floor);
}

/* Steps of the golden ratio spread the first times, whatever the intervals are. */
static struct timeval
first_time(const struct request *request, size_t index)
{
    double share = (double)index * 0.6180339887498949;
    share -= (double)(size_t)share;
    double every_us =
        (double)request->every.tv_sec * 1e6 + (double)request->every.tv_usec;
    long after_us = (long)(share * every_us);
    return (struct timeval){after_us / 1000000, after_us % 1000000};
}

static void
add_request(struct floor *floor, char *line, size_t index)
{
    char *ids = strchr(line, ' ');
    int64_t every_ms;
    if (ids)
        *ids++ = '\0';
    if (!ids || !text_integer(line, &every_ms))
        fail("LOAD", "a line is not 'EVERY_MS ID,ID,…'");
    struct request *request = mem_zero(sizeof *request);
    request->floor = floor;
    request->every = (struct timeval){every_ms / 1000, every_ms % 1000 * 1000};
    request->timer = evtimer_new(floor->base, on_due, request);
    buf_format(&request->body,
               "{\"queryParam\":{\"ccId\":1,\"vdn\":1,\"skillIds\":[%.*s]}}",
               (int)strcspn(ids, "\n"), ids);
    struct timeval first = first_time(request, index);
    event_add(request->timer, &first);
}

static void
read_load(struct floor *floor, const char *path)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t room = 0;
    if (!file)
        fail(path, "cannot be read");
    for (size_t i = 0; getline(&line, &room, file) > 0; i++)
        add_request(floor, line, i);
    free(line);
    fclose(file);
}

int
main(int argc, char **argv)
{
    struct floor floor = {0};
    int64_t in_flight;
    if (argc != 5 || !strstr(argv[1], "://") || !text_integer(argv[4], &in_flight))
        fail("usage", "floor URL CA_FILE LOAD IN_FLIGHT");
    floor.last = &floor.first;
    floor.url = mem_format("%s" STATEINFO, argv[1]);
    floor.host = strstr(argv[1], "://") + 3;
    floor.ca_file = argv[2];
    floor.base = event_base_new();
    set_up_curl(&floor, (long)in_flight);
    read_load(&floor, argv[3]);
    event_base_dispatch(floor.base);
    return 0;
}
