#include "net/server_strict.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Where in a head the next byte stands. */
enum place {
    FIRST,     /* "GET / HTTP/1.1" */
    BEGINNING, /* of a line */
    NAME,      /* of a header */
    VALUE,
    BEHIND, /* the head is over */
    REFUSED,
};

/* libevent does not tell when a connection ends: each is known by its descriptor, which
 * the next one uses again, and by its stream, which may have the address of an older
 * one. */
static struct head {
    const struct bufferevent *stream;
    enum place place;
} * heads; /* by descriptor */
static size_t count;

static struct head *
head_of(const struct bufferevent *stream, size_t fd)
{
    if (fd >= count) {
        heads = mem_grow(heads, fd + 1, sizeof *heads);
        memset(heads + count, 0, (fd + 1 - count) * sizeof *heads);
        count = fd + 1;
    }
    if (heads[fd].stream != stream)
        heads[fd] = (struct head){.stream = stream};
    return &heads[fd];
}

static bool
is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* The place behind a byte that is neither a NUL nor the end of a line. */
static enum place
pass(enum place place, char byte)
{
    switch (place) {
    case BEGINNING: return is_blank(byte) ? REFUSED : byte == '\r' ? BEGINNING : NAME;
    case NAME: return is_blank(byte) ? REFUSED : byte == ':' ? VALUE : NAME;
    default: return place;
    }
}

static enum place
look(enum place place, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size && place != BEHIND && place != REFUSED; i++)
        place = !bytes[i]          ? REFUSED
                : bytes[i] == '\n' ? (place == BEGINNING ? BEHIND : BEGINNING)
                                   : pass(place, bytes[i]);
    return place;
}

static void
on_bytes(struct evbuffer *buffer, const struct evbuffer_cb_info *change, void *arg)
{
    struct bufferevent *stream = arg;
    evutil_socket_t fd = bufferevent_getfd(stream);
    char bytes[1024];
    struct evbuffer_ptr at;
    size_t left = change->n_added;
    if (fd < 0 || !left)
        return;
    struct head *head = head_of(stream, (size_t)fd);
    evbuffer_ptr_set(buffer, &at, evbuffer_get_length(buffer) - left, EVBUFFER_PTR_SET);
    while (left > 0 && head->place != BEHIND && head->place != REFUSED) {
        size_t size = left < sizeof bytes ? left : sizeof bytes;
        evbuffer_copyout_from(buffer, &at, bytes, size);
        head->place = look(head->place, bytes, size);
        left -= size;
        evbuffer_ptr_set(buffer, &at, size, EVBUFFER_PTR_ADD);
    }
}

void
server_strict_watch(struct bufferevent *stream)
{
    for (size_t i = 0; i < count; i++)
        if (heads[i].stream == stream)
            heads[i].stream = NULL;
    if (!evbuffer_add_cb(bufferevent_get_input(stream), on_bytes, stream))
        mem_give_up("libevent", "evbuffer_add_cb");
}

bool
server_strict_refuses(struct bufferevent *stream)
{
    evutil_socket_t fd = bufferevent_getfd(stream);
    return fd >= 0 && head_of(stream, (size_t)fd)->place == REFUSED;
}
