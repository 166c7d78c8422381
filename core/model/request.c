#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "model/schema.h"

struct request {
    int64_t cc_id, vdn;
    const int64_t *ids;
    size_t id_count;
    const struct query_span *span;
};

/* "2024-08-02 06:15:00" */
static void
add_time(int64_t at, struct buf *out)
{
    char time[32];
    text_format_time(at * 1000, false, time, sizeof time);
    buf_format(out, "%.10s %.8s", time, time + 11);
}

static void
add_ids(const int64_t *ids, size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_add(out, ",", 1);
        buf_add_integer(out, ids[i]);
    }
}

static void
add_part(const struct request *request, char part, struct buf *out)
{
    switch (part) {
    case 'c': buf_add_integer(out, request->cc_id); return;
    case 'v': buf_add_integer(out, request->vdn); return;
    case 'i': add_ids(request->ids, request->id_count, out); return;
    case 'b': add_time(request->span->begin, out); return;
    case 'e': add_time(request->span->end, out); return;
    case 't':
        if (request->span->type != OPERATION_ANY)
            buf_format(out, "\"operateType\":%" PRId64 ",", request->span->type);
        return;
    }
}

static void
add_body(const struct query *query, const struct request *request, struct buf *out)
{
    const char *at = query->body;
    for (const char *part; (part = strchr(at, '$')); at = part + 2) {
        buf_add(out, at, (size_t)(part - at));
        add_part(request, part[1], out);
    }
    buf_add_text(out, at);
}

void
query_body(const struct query *query, int64_t cc_id, int64_t vdn, const int64_t *ids,
           size_t id_count, struct buf *out)
{
    add_body(query, &(struct request){cc_id, vdn, ids, id_count, NULL}, out);
}

void
query_body_span(const struct query *query, int64_t cc_id, int64_t vdn, int64_t id,
                const struct query_span *span, struct buf *out)
{
    add_body(query, &(struct request){cc_id, vdn, &id, 1, span}, out);
}

size_t
query_fit(const struct query *query, const int64_t *ids, size_t id_count)
{
    /* Each id brings a comma or a bracket, and one bracket is left over. */
    size_t bytes = 1;
    for (size_t i = 0; i < id_count; i++) {
        bytes += (size_t)snprintf(NULL, 0, "%" PRId64, ids[i]) + 1;
        if (bytes > query->batch_bytes)
            return i ? i : 1;
    }
    return id_count;
}
