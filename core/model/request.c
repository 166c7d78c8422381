#include <inttypes.h>
#include <stdio.h>

#include "model/schema.h"

void
query_body(const struct query *query, int64_t cc_id, int64_t vdn, const int64_t *ids,
           size_t id_count, struct buf *out)
{
    buf_format(out,
               "{\"queryParam\":{\"ccId\":%" PRId64 ",\"vdn\":%" PRId64 ",\"%s\":[",
               cc_id, vdn, query->id_field);
    for (size_t i = 0; i < id_count; i++)
        buf_format(out, i ? ",%" PRId64 : "%" PRId64, ids[i]);
    buf_add_text(out, "]}}");
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
