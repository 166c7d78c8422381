#include "script/cursor.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "model/span.h"
#include "script/message.h"

struct cursor
cursor_open(const struct frame *frame, const char *name, struct error *error)
{
    struct cursor cursor = {.name = name, .error = error};
    frame_read(&cursor.in, frame);
    return cursor;
}

void
cursor_demand(struct cursor *cursor, bool good, const char *fault)
{
    if (good || cursor->in.bad)
        return;
    cursor->in.bad = true;
    cursor->told = true;
    error_set(cursor->error, ERROR_DECODE, "", "%s: %s", cursor->name, fault);
}

bool
cursor_finish(struct cursor *cursor)
{
    if (frame_done(&cursor->in))
        return true;
    if (!cursor->told)
        error_set(cursor->error, ERROR_DECODE, "",
                  "%s: the payload does not hold what it announces", cursor->name);
    return false;
}

int64_t
cursor_number(struct cursor *cursor, int64_t low, int64_t high, const char *fault)
{
    int64_t value = frame_get_i64(&cursor->in);
    cursor_demand(cursor, value >= low && value <= high, fault);
    return value;
}

uint32_t
cursor_index(struct cursor *cursor, size_t count, const char *fault)
{
    uint32_t value = frame_get_u32(&cursor->in);
    cursor_demand(cursor, value < count, fault);
    return value;
}

void
cursor_no_id(struct cursor *cursor, const struct frame *frame)
{
    cursor_demand(cursor, frame->header.id == 0, "an id that says nothing");
}

uint32_t
cursor_entry(struct cursor *cursor, const struct frame *frame, size_t entry_count)
{
    cursor_demand(cursor, frame->header.id < entry_count, "no such entry");
    return (uint32_t)frame->header.id;
}

const char *
cursor_word(struct cursor *cursor, size_t least, size_t most, const char *fault)
{
    const char *word = frame_get_string(&cursor->in);
    size_t size = strlen(word);
    cursor_demand(cursor, size >= least && size <= most && text_is_printable(word),
                  fault);
    return word;
}

const char *
cursor_text(struct cursor *cursor, size_t *size, const char *fault)
{
    const char *text = frame_get_string(&cursor->in);
    *size = strlen(text);
    cursor_demand(cursor, *size > 0, fault);
    return text;
}

const struct query *
cursor_query(struct cursor *cursor)
{
    uint32_t number = frame_get_u32(&cursor->in);
    const struct query *const *query = queries;
    while (*query && number > 0) {
        query++;
        number--;
    }
    cursor_demand(cursor, *query != NULL, "no such query");
    return cursor->in.bad ? NULL : *query;
}

static bool
is_id(const struct query *query, int64_t id)
{
    for (const struct id_range *range = query->ranges; range->edition != 0; range++)
        if (id >= range->low && id <= range->high)
            return true;
    return false;
}

int64_t *
cursor_room_for_ids(const struct frame *frame)
{
    return mem_grow(NULL, frame->header.size / sizeof(int64_t), sizeof(int64_t));
}

uint32_t
cursor_ids(struct cursor *cursor, const struct query *query, int64_t *room)
{
    uint32_t count = frame_get_count(&cursor->in, sizeof *room);
    cursor_demand(cursor, count > 0 && count <= MESSAGE_IDS_MAX, "the number of ids");
    const char *ids = frame_get_cells(&cursor->in, count);
    if (cursor->in.bad)
        return 0;
    memcpy(room, ids, count * sizeof *room);
    for (uint32_t i = 0; i < count; i++)
        cursor_demand(cursor, is_id(query, room[i]), "an id is out of range");
    return cursor->in.bad ? 0 : count;
}

/* ---- errors ---- */

void
cursor_error(struct cursor *cursor, struct error *out)
{
    enum error_kind kind = error_kind_of(frame_get_string(&cursor->in));
    cursor_demand(cursor, kind != ERROR_NONE, "the kind of the error");
    const char *code = cursor_word(cursor, 0, sizeof out->code - 1, "the code");
    const char *text = cursor_word(cursor, 0, sizeof out->message - 1, "the text");
    error_set(out, kind, code, "%s", text);
}

/* ---- spans ---- */

int64_t
cursor_span_max_ms(const struct query *query)
{
    return query && query->has_span ? SPAN_MAX * 1000 : 0;
}

struct query_span
cursor_span(struct cursor *cursor, const struct query *query)
{
    int64_t most = query && query->has_span ? INT64_MAX / 1000 : 0;
    struct query_span span;
    span.begin = cursor_number(cursor, 0, most, "the begin of a span");
    span.end = cursor_number(cursor, 0, most, "the end of a span");
    span.type = cursor_number(cursor, OPERATION_ANY, most ? INT32_MAX : OPERATION_ANY,
                              "the type of an operation");
    int64_t length = span.end - span.begin;
    cursor_demand(cursor,
                  !most || (length > 0 && length <= SPAN_MAX &&
                            !(length % SPAN_QUARTER) && !(span.begin % SPAN_QUARTER)),
                  "a span that cannot be");
    return span;
}
