/* What is said over the control socket, for both ends: where the socket is, how a
 * centre is named in a path, a question to it, and what came of it.
 *
 * The answer of the contact centre travels as it came; what the gateway knows about it
 * stands in headers: Ccgate-Error-Kind, -Code and -Message (none when it was good, no
 * code where the error has none), Ccgate-Status, Ccgate-Duration-Us,
 * Ccgate-Circuit-Until. */
#ifndef CCGATE_COMMAND_CONTROL_WIRE_H
#define CCGATE_COMMAND_CONTROL_WIRE_H

#include "base/buf.h"
#include "model/schema.h"
#include "net/http.h"
#include "net/server.h"

#define CONTROL_HEALTHY "/-/healthy"
#define CONTROL_CENTERS "/api/v1/centers"

/* The socket file in a state folder; free it. */
char *control_wire_socket(const char *state);

/* Adds "/api/v1/centers/NAME/ACTION". */
void control_wire_path(const char *center, const char *action, struct buf *out);

/* ---- a question ---- */

/* One request to a centre. */
struct control_question {
    const struct query *query;
    int64_t *ids; /* owned when it was read */
    size_t id_count;
    struct query_span span; /* of a query that has one */
};

/* Adds {"query":"queues","ids":[1,2]}, with "span":{"begin":…,"end":…,"type":…} where
 * the query has one: seconds since the epoch; without "type" operations of all types.
 */
void control_wire_ask(const struct control_question *question, struct buf *out);

/* Reads that, strictly. False with a sentence in `problem`: no such object, an unknown
 * query or key, no ids or more than one request takes, a span that is missing, too
 * much, or not on quarters of an hour. `question` is to be cleared either way. */
bool control_wire_read(const char *data, size_t size, struct control_question *question,
                       struct buf *problem);
void control_question_fini(struct control_question *question);

/* ---- what came of it ---- */

struct control_outcome {
    struct error error;
    long status;              /* of the centre's answer; 0: none came */
    int64_t duration_us;      /* of the request; 0: none was made */
    int64_t circuit_until_ms; /* wall time; 0: the circuit is closed */
};

/* Adds the headers to the coming answer. */
void control_wire_tell(struct server_request *request,
                       const struct control_outcome *outcome);
void control_wire_hear(const struct http_response *response,
                       struct control_outcome *outcome);

/* Adds "circuit open until 14:02 UTC". */
void control_wire_until(int64_t wall_ms, struct buf *out);

#endif
