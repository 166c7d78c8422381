#include "script/message.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "script/cursor.h"

/* ---- lists ---- */

void
message_list_fini(struct message_list *list)
{
    buf_fini(&list->items);
    list->count = 0;
}

void
message_list_clear(struct message_list *list)
{
    buf_clear(&list->items);
    list->count = 0;
}

size_t
message_list_room(const struct message_list *list)
{
    /* More than the fixed items of any payload and of any list item together. */
    const size_t overhead = 256;
    size_t taken = list->items.size + overhead;
    return taken < FRAME_MAX ? FRAME_MAX - taken : 0;
}

void
message_list_put(struct buf *out, const struct message_list *list)
{
    frame_put_u32(out, list->count);
    if (list->count > 0)
        buf_add(out, list->items.data, list->items.size);
}

/* ---- LOAD ---- */

struct limit {
    size_t at; /* in struct conf_limits */
    const char *fault;
};

static const struct limit whole_limits[] = {
    {offsetof(struct conf_limits, cpu_ms), "limit cpu"},
    {offsetof(struct conf_limits, cpu_load_ms), "limit cpu while loading"},
    {offsetof(struct conf_limits, memory_bytes), "limit memory"},
    {offsetof(struct conf_limits, source_bytes), "limit source"},
    {offsetof(struct conf_limits, tasks), "limit tasks"},
    {offsetof(struct conf_limits, wants), "limit wants"},
    {offsetof(struct conf_limits, alerts), "limit alerts"},
    {offsetof(struct conf_limits, store_bytes), "limit store"},
};

static const struct limit rate_limits[] = {
    {offsetof(struct conf_limits, sends_per_s), "limit sends"},
    {offsetof(struct conf_limits, logs_per_s), "limit log"},
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void
put_limits(struct buf *out, const struct conf_limits *limits)
{
    const char *base = (const char *)limits;
    for (size_t i = 0; i < COUNT(whole_limits); i++) {
        int64_t limit;
        memcpy(&limit, base + whole_limits[i].at, sizeof limit);
        frame_put_i64(out, limit);
    }
    for (size_t i = 0; i < COUNT(rate_limits); i++) {
        double rate;
        memcpy(&rate, base + rate_limits[i].at, sizeof rate);
        frame_put_f64(out, rate);
    }
}

static void
get_limits(struct cursor *cursor, struct conf_limits *limits)
{
    char *base = (char *)limits;
    for (size_t i = 0; i < COUNT(whole_limits); i++) {
        int64_t limit = cursor_number(cursor, 1, INT64_MAX, whole_limits[i].fault);
        memcpy(base + whole_limits[i].at, &limit, sizeof limit);
    }
    for (size_t i = 0; i < COUNT(rate_limits); i++) {
        double rate = frame_get_f64(&cursor->in);
        cursor_demand(cursor, isfinite(rate) && rate > 0, rate_limits[i].fault);
        memcpy(base + rate_limits[i].at, &rate, sizeof rate);
    }
}

void
message_put_error(struct buf *out, const struct error *error)
{
    frame_put_string(out, error_word(error->kind));
    frame_put_string(out, error->code);
    frame_put_string(out, error->message);
}

static void
put_modules(struct buf *out, const struct message_load *load)
{
    frame_put_u32(out, load->module_count);
    for (uint32_t i = 0; i < load->module_count; i++) {
        const struct message_module *module = &load->modules[i];
        frame_put_string(out, module->name);
        frame_put_string(out, module->file);
        frame_put_text(out, module->source, module->source_size);
        frame_put_string(out, module->trouble);
    }
    frame_put_string(out, load->module_names);
}

/* Takes off the bytes of their sources from what is left of the limit. */
static void
get_modules(struct cursor *cursor, struct message_load *out, uint64_t left)
{
    out->module_count = frame_get_count(&cursor->in, 4 * 5);
    out->modules = mem_zero(((size_t)out->module_count + 1) * sizeof *out->modules);
    cursor_demand(cursor, out->module_count <= MESSAGE_MODULES_MAX,
                  "the number of modules");
    for (uint32_t i = 0; i < out->module_count && !cursor->in.bad; i++) {
        struct message_module *module = &out->modules[i];
        size_t size;
        module->name = cursor_word(cursor, 1, MESSAGE_MODULE_MAX, "a module's name");
        module->file = cursor_text(cursor, &size, "a module without a file");
        module->source = frame_get_text(&cursor->in, &module->source_size);
        module->trouble = frame_get_string(&cursor->in);
        cursor_demand(cursor, module->source_size <= left,
                      "the modules are larger than the limit of the source");
        left -= cursor->in.bad ? 0 : module->source_size;
    }
    out->module_names = frame_get_string(&cursor->in);
}

bool
message_write_load(struct buf *out, int64_t now_ms, const struct message_load *load)
{
    size_t begin = frame_begin(out, FRAME_LOAD, 0, now_ms);
    put_limits(out, &load->limits);
    frame_put_string(out, load->instance);
    frame_put_string(out, load->token);
    frame_put_string(out, load->name);
    frame_put_text(out, load->source, load->source_size);
    frame_put_text(out, load->setup, load->setup_size);
    put_modules(out, load);
    return frame_end(out, begin);
}

bool
message_read_load(const struct frame *frame, struct message_load *out,
                  struct error *error)
{
    struct cursor cursor = cursor_open(frame, "LOAD", error);
    cursor_no_id(&cursor, frame);
    *out = (struct message_load){0};
    get_limits(&cursor, &out->limits);
    out->instance = cursor_word(&cursor, 0, MESSAGE_NAME_MAX, "the instance");
    out->token = cursor_word(&cursor, 0, MESSAGE_NAME_MAX, "the token");
    out->name = cursor_word(&cursor, 1, MESSAGE_NAME_MAX, "the name of the script");
    out->source = frame_get_text(&cursor.in, &out->source_size);
    cursor_demand(&cursor, out->source_size <= (uint64_t)out->limits.source_bytes,
                  "the source is larger than its limit");
    out->setup = cursor_text(&cursor, &out->setup_size, "no setup");
    get_modules(&cursor, out, (uint64_t)out->limits.source_bytes - out->source_size);
    if (cursor_finish(&cursor))
        return true;
    message_load_fini(out);
    return false;
}

void
message_load_fini(struct message_load *load)
{
    free(load->modules);
    *load = (struct message_load){0};
}

/* ---- RESTORE ---- */

void
message_put_kept(struct message_list *list, const struct message_kept *kept)
{
    list->count++;
    frame_put_u32(&list->items, kept->entry);
    frame_put_u32(&list->items, kept->center);
    frame_put_string(&list->items, kept->key);
    frame_put_string(&list->items, kept->state);
}

bool
message_write_restore(struct buf *out, int64_t now_ms, const struct message_list *list)
{
    size_t begin = frame_begin(out, FRAME_RESTORE, 0, now_ms);
    message_list_put(out, list);
    return frame_end(out, begin);
}

bool
message_read_restore(const struct frame *frame, size_t entry_count, size_t center_count,
                     struct message_restore *out, struct error *error)
{
    struct cursor cursor = cursor_open(frame, "RESTORE", error);
    cursor_no_id(&cursor, frame);
    out->count = frame_get_count(&cursor.in, 4 + 4 + 5 + 5);
    out->kept = mem_zero(out->count * sizeof *out->kept);
    for (uint32_t i = 0; i < out->count && !cursor.in.bad; i++) {
        struct message_kept *kept = &out->kept[i];
        kept->entry = cursor_index(&cursor, entry_count, "no such entry");
        kept->center = cursor_index(&cursor, center_count, "no such centre");
        kept->key = cursor_word(&cursor, 1, MESSAGE_KEY_MAX, "the key of an alert");
        kept->state = cursor_word(&cursor, 0, MESSAGE_STATE_MAX, "the state of a key");
    }
    if (cursor_finish(&cursor))
        return true;
    message_restore_fini(out);
    return false;
}

void
message_restore_fini(struct message_restore *restore)
{
    free(restore->kept);
    *restore = (struct message_restore){0};
}

/* ---- STORE ---- */

void
message_put_stored(struct message_list *list, const struct message_stored *kept)
{
    list->count++;
    frame_put_string(&list->items, kept->key);
    frame_put_i64(&list->items, kept->written_ms);
    frame_put_text(&list->items, kept->value, kept->value_size);
}

bool
message_write_store(struct buf *out, int64_t now_ms, const struct message_list *list)
{
    size_t begin = frame_begin(out, FRAME_STORE, 0, now_ms);
    message_list_put(out, list);
    return frame_end(out, begin);
}

bool
message_read_store(const struct frame *frame, struct message_store *out,
                   struct error *error)
{
    struct cursor cursor = cursor_open(frame, "STORE", error);
    cursor_no_id(&cursor, frame);
    out->count = frame_get_count(&cursor.in, 5 + 8 + 5);
    out->kept = mem_zero(out->count * sizeof *out->kept);
    for (uint32_t i = 0; i < out->count && !cursor.in.bad; i++) {
        struct message_stored *kept = &out->kept[i];
        kept->key = cursor_word(&cursor, 1, MESSAGE_KEY_MAX, "the key of what is kept");
        kept->written_ms = cursor_number(&cursor, 0, INT64_MAX, "when it was written");
        kept->value = frame_get_text(&cursor.in, &kept->value_size);
        cursor_demand(&cursor, kept->value_size > 0, "nothing is kept");
    }
    if (cursor_finish(&cursor))
        return true;
    message_store_fini(out);
    return false;
}

void
message_store_fini(struct message_store *store)
{
    free(store->kept);
    *store = (struct message_store){0};
}

/* ---- ROWS, FETCHED ---- */

static void
put_rows(struct buf *out, const struct message_rows *rows)
{
    size_t width = query_width(rows->query);
    frame_put_u32(out, rows->center);
    frame_put_u32(out, (uint32_t)query_number(rows->query));
    frame_put_u32(out, rows->row_count);
    frame_put_u32(out, (uint32_t)width);
    frame_put_i64(out, rows->argument);
    frame_put_cells(out, rows->cells, rows->row_count * width);
    frame_put_text(out, rows->text ? rows->text : "", rows->text_size);
}

/* A row that is gone has its key and nothing else; those of agents who are expected
 * (ROW_EXPECTED) are made in the host. */
static bool
is_present(const struct query *query, uint64_t present)
{
    uint64_t key = (uint64_t)1 << query->key;
    uint64_t fields = ((uint64_t)1 << query->field_count) - 1;
    return present & ~fields ? present == (ROW_GONE | key) : present & key;
}

/* Bit i: the cell of field i speaks of the heap. */
static uint64_t
texts_of(const struct query *query)
{
    uint64_t texts = 0;
    for (size_t i = 0; i < query->field_count; i++)
        if (field_is_in_heap(&query->fields[i]))
            texts |= (uint64_t)1 << i;
    return texts;
}

/* Those of `texts` that the row has lie in the heap. */
static bool
have_texts(const int64_t *row, uint64_t texts, size_t text_size)
{
    for (texts &= (uint64_t)row[0]; texts; texts &= texts - 1) {
        uint64_t cell = (uint64_t)row[1 + __builtin_ctzll(texts)];
        if ((cell >> 32) + (cell & UINT32_MAX) > text_size)
            return false;
    }
    return true;
}

static const char *
find_fault(const struct message_rows *rows)
{
    size_t width = query_width(rows->query);
    uint64_t texts = texts_of(rows->query);
    for (size_t i = 0; i < rows->row_count; i++) {
        const int64_t *row = rows->cells + i * width;
        if (!is_present(rows->query, (uint64_t)row[0]))
            return "a presence word does not fit the query";
        if (!have_texts(row, texts, rows->text_size))
            return "a text outside of the heap";
    }
    return NULL;
}

static void
get_rows(struct cursor *cursor, size_t center_count, struct message_rows *out)
{
    out->center = cursor_index(cursor, center_count, "no such centre");
    out->query = cursor_query(cursor);
    out->row_count = frame_get_u32(&cursor->in);
    uint32_t width = frame_get_u32(&cursor->in);
    if (cursor->in.bad)
        return;
    cursor_demand(cursor, width == query_width(out->query),
                  "the width is not the query's");
    cursor_demand(cursor, out->row_count <= FRAME_MAX, "the number of rows");
    out->argument = cursor_number(cursor, INT64_MIN, INT64_MAX, "the argument");
    cursor_demand(cursor, out->query->is_list || !out->argument,
                  "an argument of rows that are no list");
    if (cursor->in.bad)
        return;
    /* Aligned: the payload is, and what comes before the cells fills whole words. */
    const void *cells = frame_get_cells(&cursor->in, (size_t)out->row_count * width);
    out->cells = cells;
    out->text = frame_get_text(&cursor->in, &out->text_size);
    if (cursor->in.bad || !cells)
        return;
    const char *fault = find_fault(out);
    cursor_demand(cursor, !fault, fault);
}

bool
message_write_rows(struct buf *out, int64_t now_ms, const struct message_rows *rows)
{
    size_t begin = frame_begin(out, FRAME_ROWS, rows->stretch, now_ms);
    put_rows(out, rows);
    return frame_end(out, begin);
}

bool
message_read_rows(const struct frame *frame, size_t center_count,
                  struct message_rows *out, struct error *error)
{
    struct cursor cursor = cursor_open(frame, "ROWS", error);
    cursor_demand(&cursor, frame->header.id <= UINT32_MAX, "the stretch");
    *out = (struct message_rows){.stretch = (uint32_t)frame->header.id};
    get_rows(&cursor, center_count, out);
    return cursor_finish(&cursor);
}

bool
message_write_fetched(struct buf *out, int64_t now_ms,
                      const struct message_fetched *fetched)
{
    const struct error *failure = &fetched->error;
    size_t begin = frame_begin(out, FRAME_FETCHED, fetched->wait, now_ms);
    frame_put_i64(out, failure->kind == ERROR_NONE);
    if (failure->kind == ERROR_NONE) {
        put_rows(out, &fetched->rows);
    } else {
        message_put_error(out, failure);
    }
    return frame_end(out, begin);
}

bool
message_read_fetched(const struct frame *frame, size_t center_count,
                     struct message_fetched *out, struct error *error)
{
    struct cursor cursor = cursor_open(frame, "FETCHED", error);
    *out = (struct message_fetched){.wait = frame->header.id};
    if (cursor_number(&cursor, 0, 1, "ok is neither 0 nor 1") == 1) {
        get_rows(&cursor, center_count, &out->rows);
        return cursor_finish(&cursor);
    }
    cursor_error(&cursor, &out->error);
    return cursor_finish(&cursor);
}

/* ---- RUN, WAKE, DISABLE ---- */

void
message_write_run(struct buf *out, int64_t now_ms, const struct message_run *run)
{
    size_t begin = frame_begin(out, FRAME_RUN, run->entry, now_ms);
    frame_put_i64(out, run->scheduled_ms);
    frame_end(out, begin);
}

bool
message_read_run(const struct frame *frame, size_t entry_count, struct message_run *out,
                 struct error *error)
{
    struct cursor cursor = cursor_open(frame, "RUN", error);
    out->entry = cursor_entry(&cursor, frame, entry_count);
    out->scheduled_ms = cursor_number(&cursor, 0, INT64_MAX, "the scheduled time");
    return cursor_finish(&cursor);
}

bool
message_write_handle(struct buf *out, int64_t now_ms,
                     const struct message_handle *handle)
{
    size_t begin = frame_begin(out, FRAME_HANDLE, handle->run, now_ms);
    frame_put_string(out, handle->origin);
    frame_put_u32(out, handle->entry);
    frame_put_string(out, handle->kind);
    frame_put_text(out, handle->alert, handle->alert_size);
    frame_put_i64(out, handle->attempt);
    frame_put_text(out, handle->note, handle->note_size);
    frame_put_text(out, handle->refs, handle->refs_size);
    return frame_end(out, begin);
}

static uint64_t
get_run(struct cursor *cursor, const struct frame *frame)
{
    cursor_demand(cursor, frame->header.id && frame->header.id <= INT64_MAX,
                  "the number of a run");
    return frame->header.id;
}

bool
message_read_handle(const struct frame *frame, size_t entry_count,
                    struct message_handle *out, struct error *error)
{
    struct cursor cursor = cursor_open(frame, "HANDLE", error);
    *out = (struct message_handle){.run = get_run(&cursor, frame)};
    out->origin = cursor_word(&cursor, 1, MESSAGE_KEY_MAX, "where a run comes from");
    out->entry = cursor_index(&cursor, entry_count, "no such entry");
    out->kind = cursor_word(&cursor, 1, MESSAGE_NAME_MAX, "the kind of a run");
    out->alert = cursor_text(&cursor, &out->alert_size, "a run without an alert");
    out->attempt = cursor_number(&cursor, 1, INT64_MAX, "the attempt");
    out->note = frame_get_text(&cursor.in, &out->note_size);
    out->refs = frame_get_text(&cursor.in, &out->refs_size);
    return cursor_finish(&cursor);
}

void
message_write_cancel(struct buf *out, int64_t now_ms, uint64_t run)
{
    frame_end(out, frame_begin(out, FRAME_CANCEL, run, now_ms));
}

bool
message_read_cancel(const struct frame *frame, uint64_t *run, struct error *error)
{
    struct cursor cursor = cursor_open(frame, "CANCEL", error);
    *run = get_run(&cursor, frame);
    return cursor_finish(&cursor);
}
