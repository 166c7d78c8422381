/* Any bytes as the answer of a contact centre, to each query.
 *
 * The decoder has shortcuts for rows that are written like the row before and for a
 * list that is written like another. Blanks whose number changes from row to row keep
 * it from taking them, and change nothing that an answer means. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "model/json.h"
#include "model/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int holds)
{
    if (!holds)
        abort();
}

static void
check_text(const struct buf *text, int64_t cell)
{
    size_t at = (size_t)(cell >> 32), size = (size_t)(cell & UINT32_MAX);
    require(size > 0 && at <= text->size && size <= text->size - at);
    const unsigned char *bytes = (const unsigned char *)text->data + at;
    for (size_t step; size > 0; bytes += step, size -= step)
        require((step = text_utf8(bytes, size)) != 0);
}

/* What others print and parse as JSON is JSON. */
static void
check_json(struct row row, size_t field)
{
    size_t size;
    const char *text = row_heap(row, field, &size);
    struct json json;
    json_init(&json, text, size);
    require(json_peek(&json) == '[' && json_skip(&json) && json_end(&json));
}

/* What is derived can be read, whatever the cells are. */
static void
check_derived(const struct block *block, size_t row)
{
    const int64_t *cells = block_row(block, row);
    struct buf text = {0};
    double value;
    for (size_t i = 0; i < block->query->field_count; i++) {
        const struct field *field = &block->query->fields[i];
        if (field->kind == FIELD_DURATION && row_number(block->query, cells, i, &value))
            require(value >= 0);
        if (field_is_text(field))
            row_text(block->query, block_at(block, row), i, &text);
    }
    buf_fini(&text);
}

/* The cell of a value that is known. */
static void
check_value(const struct block *block, size_t row, size_t field)
{
    int64_t cell = block_row(block, row)[1 + field];
    switch (block->query->fields[field].kind) {
    case FIELD_SKILLS: check_json(block_at(block, row), field); /* fall through */
    case FIELD_TEXT: check_text(&block->text, cell); return;
    case FIELD_BOOLEAN: require(cell == 0 || cell == 1); return;
    case FIELD_MEDIA:
        require((cell & ~(MEDIA_CTI | MEDIA_WEB | MEDIA_MAIL)) == 0);
        return;
    default: return;
    }
}

/* Presence bits only where there is a field on the wire, and the key always. Texts are
 * UTF-8, not empty and in the block. */
static void
check_row(const struct block *block, size_t row)
{
    const struct query *query = block->query;
    const int64_t *cells = block_row(block, row);
    require(!row_is_gone(cells));
    require((uint64_t)cells[0] >> query->field_count == 0);
    require(row_has(cells, query->key));
    for (size_t i = 0; i < query->field_count; i++) {
        const struct field *field = &query->fields[i];
        bool is_sent = field->wire || (query->is_bare && i == query->key);
        require(row_has(cells, i) ? is_sent : cells[1 + i] == 0);
        if (row_has(cells, i))
            check_value(block, row, i);
    }
    check_derived(block, row);
}

/* The same text with 0 to 4 blanks behind each brace that opens and each comma, outside
 * of strings: one more with each brace. */
static void
widen(const char *text, size_t size, struct buf *out)
{
    static const char blanks[] = "    ";
    size_t braces = 0;
    bool in_string = false;
    for (size_t i = 0; i < size; i++) {
        buf_add(out, text + i, 1);
        if (in_string && text[i] == '\\' && i + 1 < size) {
            buf_add(out, text + ++i, 1);
            continue;
        }
        if (text[i] == '"')
            in_string = !in_string;
        if (in_string)
            continue;
        braces += text[i] == '{';
        if (text[i] == '{' || text[i] == ',')
            buf_add(out, blanks, braces % sizeof blanks);
    }
}

/* Decodes into `block`, which is empty after a failure. */
static void
decode(const struct query *query, const char *text, size_t size, struct block *block,
       struct error *error)
{
    block_init(block, query);
    bool is_good = answer_decode(query, text, size, block, error);
    require(is_good == (error->kind == ERROR_NONE));
    require(is_good || error->kind == ERROR_API || error->kind == ERROR_DECODE);
    require(is_good || (block->row_count == 0 && error->message[0]));
}

static void
check_same(const struct block *a, const struct block *b)
{
    size_t row_size = query_width(a->query) * sizeof *a->cells;
    require(a->row_count == b->row_count);
    require(a->row_count == 0 ||
            memcmp(a->cells, b->cells, a->row_count * row_size) == 0);
    require(a->text.size == b->text.size);
    require(a->text.size == 0 || memcmp(a->text.data, b->text.data, a->text.size) == 0);
}

static void
check_same_error(const struct error *a, const struct error *b)
{
    require(a->kind == b->kind);
    require(strcmp(a->code, b->code) == 0);
    /* Blanks move what is counted in bytes. */
    require(strstr(a->message, ": byte ") || strcmp(a->message, b->message) == 0);
}

static void
check_query(const struct query *query, const char *text, size_t size,
            const struct buf *wide)
{
    struct block block, wide_block;
    struct error error = {0}, wide_error = {0};
    decode(query, text, size, &block, &error);
    /* The shortest rows are the calls of [1,1]. */
    require(block.row_count <= size / 2);
    for (size_t i = 0; i < block.row_count; i++)
        check_row(&block, i);
    decode(query, wide->data ? wide->data : "", wide->size, &wide_block, &wide_error);
    check_same(&block, &wide_block);
    check_same_error(&error, &wide_error);
    block_fini(&wide_block);
    block_fini(&block);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf wide = {0};
    widen((const char *)data, size, &wide);
    for (size_t i = 0; queries[i]; i++)
        check_query(queries[i], (const char *)data, size, &wide);
    buf_fini(&wide);
    return 0;
}
