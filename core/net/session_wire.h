/* What goes over the wire in a session: GUIDs, cookies, envelopes. Private to the
 * session. */
#ifndef CCGATE_NET_SESSION_WIRE_H
#define CCGATE_NET_SESSION_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/conf.h"
#include "net/http.h"

#define SESSION_COOKIES_MAX 8

/* What an answer of the gateway says about itself. */
struct session_reply {
    char code[24];     /* retcode; "" when the body is no envelope */
    char message[160]; /* the server's words */
    bool is_shutdown;  /* the event says that the system has signed the agent out */
};

/* `reply` is filled whatever the body is. */
void session_read_reply(const char *body, size_t size, struct session_reply *reply);

/* Does the code say that the GUID opens no session? */
bool session_code_is_stale(const char *code);

/* The GUID of an answer's Set-GUID or Guid header, with or without JSESSIONID= before
 * it, goes to `guid`, in place of what is there. False, and nothing changed, when there
 * is none that is fit to be sent back. */
bool session_read_guid(const struct http_response *response, struct buf *guid);

/* The cookies of a load balancer, sent back as they came; all else that a cookie may
 * say is ignored, except that it is over. A zeroed struct is empty. */
struct session_cookies {
    char *pairs[SESSION_COOKIES_MAX]; /* "name=value" */
    size_t count;
};
void session_cookies_read(struct session_cookies *cookies,
                          const struct http_response *response);
/* Adds "a=1; b=2". */
void session_cookies_write(const struct session_cookies *cookies, struct buf *out);
void session_cookies_fini(struct session_cookies *cookies);

/* The body of a sign-in: busy, never idle by itself, no queues. */
void session_write_sign_in(const char *password, const char *phone, struct buf *out);

#endif
