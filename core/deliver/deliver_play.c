/* Receivers that are played: what leaves goes to the player, and nothing to the
 * network. */
#include "deliver/deliver_inside.h"

#include <stdlib.h>

#include "base/mem.h"

void
deliver_play(struct deliver *deliver, const struct deliver_player *player)
{
    deliver->player = player;
}

bool
deliver_play_call(const struct deliver *deliver, const struct http_request *request,
                  struct http_response *response)
{
    const struct deliver_player *player = deliver->player;
    if (!player)
        return false;
    *response = (struct http_response){
        .status = 200, .body = "", .content_type = "", .retry_after_ms = -1};
    player->on_call(player->arg, request, response);
    if (request->body_max && response->body_size > request->body_max) {
        *response = (struct http_response){.body = ""};
        error_set(&response->error, ERROR_LIMIT, "", "more than %zu bytes",
                  request->body_max);
    }
    return true;
}

char *
deliver_stand_in(const struct deliver_departure *departure, size_t number, long *status)
{
    const struct flight *flight = departure->flight;
    const struct outlet *outlet = flight->outlet;
    struct connector_request request = flight->request;
    /* That of a first request has gone to the message, which keeps it. */
    request.body = (char *)(uintptr_t)departure->body;
    return connector_play(outlet->deliver->connector, outlet->conf->kind, &request,
                          number, status);
}

void
flight_play(struct flight *flight, const char *body, struct http_response *response)
{
    const struct deliver_player *player = flight->outlet->deliver->player;
    const struct connector_request *request = &flight->request;
    bool is_http = !request->to && !request->log;
    const char **texts = mem_grow(NULL, 3 * flight->count, sizeof(*texts));
    for (size_t i = 0; i < flight->count; i++) {
        texts[i] = flight->messages[i]->id;
        texts[flight->count + i] = flight->messages[i]->kind;
        texts[2 * flight->count + i] = flight->messages[i]->event;
    }
    const struct deliver_departure departure = {
        .to = flight->outlet->name,
        .ids = texts,
        .kinds = texts + flight->count,
        .messages = texts + 2 * flight->count,
        .count = flight->count,
        .asks = flight->asks,
        .method = is_http ? flight_method(flight) : NULL,
        .path = request->path,
        .step = request->step,
        .body = body,
        .log = request->log,
        .flight = flight,
    };
    player->on_leave(player->arg, &departure, response);
    free(texts);
}
