/* One poll: a signed request to a contact centre, or a question at its agent gateway,
 * and the decoded answer. */
#ifndef CCGATE_POLL_POLL_H
#define CCGATE_POLL_POLL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/conf.h"
#include "base/error.h"
#include "model/schema.h"
#include "net/http.h"
#include "net/session.h"
#include "net/sign.h"

/* What is the same for every poll of one centre and query. */
struct poll_line {
    const struct conf_center *center; /* borrowed */
    const struct query *query;
    struct sign_options sign; /* points into center */
    char *url;
    char *host; /* of the Host header, as it is signed */
};

void poll_line_init(struct poll_line *line, const struct conf_center *center,
                    const struct query *query);
void poll_line_fini(struct poll_line *line);

struct poll_answer {
    struct error error;       /* ERROR_NONE: rows are valid */
    const struct block *rows; /* in the order of the server, valid during the callback;
                                 with an error NULL or empty */
    const char *body;         /* as it came; "" when nothing came */
    size_t body_size;
    const char *content_type; /* of the body; NULL or "" when nothing came */
    long status;              /* 0 when no answer came */
    bool is_stranger;         /* its certificate is by an authority that is not known */
    int64_t retry_after_ms;   /* -1 when absent */
    int64_t duration_us;
};

struct poll;
typedef void poll_callback(void *arg, const struct poll_answer *answer);

/* `body` is signed and sent as it is (query_body); it and the line are copied. */
struct poll *poll_start(struct http_pool *pool, const struct poll_line *line,
                        const char *body, size_t body_size, poll_callback *on_done,
                        void *arg);
/* The same of a query at the agent gateway, about one id, in the session. A failure of
 * the session is of kind auth or one of http.h; retry_after_ms says how long no sign-in
 * is tried then, -1 that the asker had better open its circuit. */
struct poll *poll_start_in(struct session *session, const struct poll_line *line,
                           int64_t id, poll_callback *on_done, void *arg);
/* Its callback will not come. Not from inside it. */
void poll_cancel(struct poll *poll);

/* Decodes an answer of status 200 as a poll does: its body may be in a Chinese
 * character set, which the content type names. `rows` (of the query that was asked) is
 * filled, or `error`. */
void poll_decode(const char *content_type, const char *body, size_t size,
                 struct block *rows, struct error *error);

/* The canonical request and the Authorization header as poll_start() would make them
 * now: for people who look for the mistake in a signature. */
void poll_show_signature(const struct poll_line *line, const char *body,
                         size_t body_size, int64_t wall_ms, struct buf *out);

#endif
