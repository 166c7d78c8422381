#include "sim/delay.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

struct delay {
    struct delays *delays;
    struct delay *next;
    struct timer *timer;
    struct server_request *request;
    struct delayed_reply reply;
    char *body;
    bool is_started;
    size_t sent;
};

enum {
    DRIP_MS = 1000,
    ENDLESS_MS = 10,
    BLANKS = 256 << 10,      /* at once, of bodies without an end */
    ENDLESS_MAX = 256 << 20, /* even a client that never has enough */
};

/* What is sent at once. */
static void
send(struct server_request *request, const struct delayed_reply *reply)
{
    if (reply->form == DELAY_NOTHING)
        server_drop(request);
    else if (reply->form == DELAY_CUT)
        server_reply_cut(request, reply->status, reply->content_type, reply->body,
                         reply->size, reply->size / 2);
    else
        server_reply(request, reply->status, reply->content_type, reply->body,
                     reply->size);
}

static void
forget(struct delay *delay)
{
    struct delay **link = &delay->delays->first;
    while (*link != delay)
        link = &(*link)->next;
    *link = delay->next;
    timer_free(delay->timer);
    free(delay->body);
    free(delay);
}

/* How a body comes in pieces. */
static const struct pace {
    size_t piece; /* bytes */
    int pause_ms; /* after it */
} paces[] = {
    [DELAY_DRIP] = {1, DRIP_MS},
    [DELAY_ENDLESS] = {BLANKS, ENDLESS_MS},
    [DELAY_LONG] = {BLANKS, ENDLESS_MS},
    [DELAY_HEADERS] = {1, DRIP_MS},
};

/* Bytes of the whole body. */
static size_t
whole_size(const struct delayed_reply *reply)
{
    switch (reply->form) {
    case DELAY_ENDLESS: return ENDLESS_MAX;
    case DELAY_LONG:
        return reply->announced > (int64_t)reply->size ? (size_t)reply->announced
                                                       : reply->size;
    default: return reply->size;
    }
}

/* The next piece of a body that comes in pieces; false when it was the last. */
static bool
send_piece(struct delay *delay)
{
    static char blanks[BLANKS];
    const struct delayed_reply *reply = &delay->reply;
    size_t size = paces[reply->form].piece;
    bool is_blank = delay->sent >= reply->size;
    size_t rest = (is_blank ? whole_size(reply) : reply->size) - delay->sent;
    memset(blanks, ' ', sizeof blanks);
    const char *piece = is_blank ? blanks : delay->body + delay->sent;
    size = size < rest ? size : rest;
    delay->sent += size;
    return (reply->form == DELAY_HEADERS ? server_send_raw : server_reply_more)(
               delay->request, piece, size) &&
           delay->sent < whole_size(reply);
}

static void
end_reply(struct delay *delay, bool whole)
{
    if (delay->reply.form == DELAY_HEADERS)
        server_drop(delay->request);
    else
        server_reply_end(delay->request, whole);
}

static void
continue_reply(struct delay *delay)
{
    const struct delayed_reply *reply = &delay->reply;
    if (!delay->is_started && reply->form != DELAY_HEADERS)
        server_reply_start(delay->request, reply->status, reply->content_type,
                           reply->form == DELAY_ENDLESS ? SIZE_MAX : whole_size(reply));
    delay->is_started = true;
    if (send_piece(delay)) {
        timer_start(delay->timer, paces[reply->form].pause_ms);
        return;
    }
    end_reply(delay, true);
    forget(delay);
}

static bool
comes_in_pieces(const struct delayed_reply *reply)
{
    return reply->form < sizeof paces / sizeof *paces && paces[reply->form].piece > 0;
}

static void
on_time(void *arg)
{
    struct delay *delay = arg;
    if (comes_in_pieces(&delay->reply)) {
        continue_reply(delay);
        return;
    }
    send(delay->request, &delay->reply);
    forget(delay);
}

/* An answer that is written without the server's help. */
static void
put_head(struct delay *delay)
{
    struct delayed_reply *reply = &delay->reply;
    struct buf whole = {0};
    buf_format(&whole,
               "HTTP/1.1 %d OK\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
               reply->status, reply->content_type, reply->size);
    buf_add(&whole, reply->body, reply->size);
    reply->size = whole.size;
    delay->body = whole.data;
}

void
delays_reply(struct delays *delays, struct server_request *request, int64_t delay_ms,
             const struct delayed_reply *reply)
{
    if (delay_ms == 0 && !comes_in_pieces(reply)) {
        send(request, reply);
        return;
    }
    struct delay *delay = mem_zero(sizeof *delay);
    delay->delays = delays;
    delay->next = delays->first;
    delay->request = request;
    delay->reply = *reply;
    if (reply->form == DELAY_HEADERS)
        put_head(delay);
    else
        delay->body = mem_copy(reply->body, reply->size);
    delay->reply.body = delay->body;
    delay->timer = timer_new(delays->loop, on_time, delay);
    delays->first = delay;
    timer_start(delay->timer, delay_ms);
}

struct server_request *
delays_take(struct delays *delays, int64_t tag)
{
    for (struct delay *delay = delays->first; delay; delay = delay->next) {
        if (delay->reply.tag != tag || delay->is_started)
            continue;
        struct server_request *request = delay->request;
        forget(delay);
        return request;
    }
    return NULL;
}

void
delays_fini(struct delays *delays)
{
    while (delays->first) {
        if (delays->first->is_started)
            end_reply(delays->first, false);
        else
            server_drop(delays->first->request);
        forget(delays->first);
    }
}
