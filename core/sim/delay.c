#include "sim/delay.h"

#include <stdlib.h>

#include "base/mem.h"

struct delay {
    struct delays *delays;
    struct delay *next;
    struct timer *timer;
    struct server_request *request;
    struct delayed_reply reply;
    char *body;
};

static void
send(struct server_request *request, const struct delayed_reply *reply)
{
    if (reply->sent == SIZE_MAX)
        server_drop(request);
    else if (reply->sent < reply->size)
        server_reply_cut(request, reply->status, reply->content_type, reply->body,
                         reply->size, reply->sent);
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

static void
on_time(void *arg)
{
    struct delay *delay = arg;
    send(delay->request, &delay->reply);
    forget(delay);
}

void
delays_reply(struct delays *delays, struct server_request *request, int64_t delay_ms,
             const struct delayed_reply *reply)
{
    if (delay_ms == 0) {
        send(request, reply);
        return;
    }
    struct delay *delay = mem_zero(sizeof *delay);
    delay->delays = delays;
    delay->next = delays->first;
    delay->request = request;
    delay->reply = *reply;
    delay->body = mem_copy(reply->body, reply->size);
    delay->reply.body = delay->body;
    delay->timer = timer_new(delays->loop, on_time, delay);
    delays->first = delay;
    timer_start(delay->timer, delay_ms);
}

void
delays_fini(struct delays *delays)
{
    while (delays->first) {
        server_drop(delays->first->request);
        forget(delays->first);
    }
}
