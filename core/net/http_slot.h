/* A slot: one easy handle of curl, what was set on it last, and what it receives.
 * Private to the HTTP client. Slots are used again and again, because a new handle
 * costs more than a request's options and would not know the TLS session. */
#ifndef CCGATE_NET_HTTP_SLOT_H
#define CCGATE_NET_HTTP_SLOT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "net/http.h"
#include "net/http_copy.h"

struct curl_slist;
struct sockaddr;

#define HTTP_ADDRESS_SIZE 48

struct http_slot {
    struct http_slot *next; /* for the owner */
    struct http_call *call; /* for the owner */
    void *easy;             /* CURL */

    /* private */
    char *method, *url, *ca_file, *unix_socket;
    bool has_body, is_fresh;
    long timeout_ms, ca_kept_s;
    struct curl_slist *headers;
    size_t header_room;
    bool is_mail; /* and serves for nothing else */
    struct curl_slist *recipients;
    size_t written;  /* bytes of the letter */
    size_t asked;    /* recipients that the server was asked about */
    bool is_asked;   /* about the last of them just now */
    size_t accepted; /* by the server, of these */
    /* Whom it refused, and how; its first reply that says "later"; its last reply, and
     * whom it refused when it took the letter. */
    struct buf refusals, later, answer;
    const struct http_copy *request;
    struct buf body;
    size_t header_size;
    bool is_too_large;
    char *detail;
    char refused[HTTP_ADDRESS_SIZE]; /* an address that is not public; "": none */
};

/* Once per process, before the first slot. */
void http_slot_setup(void);

/* A slot for requests, or one for a single letter. */
struct http_slot *http_slot_new(bool is_mail);
void http_slot_delete(struct http_slot *slot);

/* The slot of an easy handle. */
struct http_slot *http_slot_of(void *easy);

/* Makes the handle ready for `request`, which must live until the slot is cleared. */
void http_slot_prepare(struct http_slot *slot, const struct http_copy *request);

/* ---- http_mail.c: of a slot for a letter ---- */

void http_slot_prepare_mail(struct http_slot *slot);
/* A command to the server, and a line of its replies. */
void http_slot_note_command(struct http_slot *slot, const char *line, size_t size);
void http_slot_note_reply(struct http_slot *slot, const char *line, size_t size);
/* False when it is not the server that ended it. */
bool http_slot_read_mail(struct http_slot *slot, struct http_response *response);
void http_slot_fini_mail(struct http_slot *slot);

/* Whether the slot's request may go to this address; notes one that it may not. */
bool http_slot_may_dial(struct http_slot *slot, const struct sockaddr *address);

/* What came of it, after curl ended it with `code` (a CURLcode). The body stays the
 * slot's. */
void http_slot_read(struct http_slot *slot, int code, struct http_response *response);

/* Forgets the request and its answer. */
void http_slot_clear(struct http_slot *slot);

#endif
