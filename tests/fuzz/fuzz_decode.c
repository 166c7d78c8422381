/* Any bytes as the answer of a contact centre.
 *
 * The decoder has shortcuts for rows that are written like the row before and for a
 * list that is written like another. Blanks whose number changes from row to row keep
 * it from taking them, and change nothing that an answer means. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "model/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int holds)
{
    if (!holds)
        abort();
}

/* Presence bits only where there is a field on the wire, and the key always. */
static void
check_row(const struct block *block, size_t row)
{
    const struct query *query = block->query;
    const int64_t *cells = block_row(block, row);
    require(!row_is_gone(cells));
    require((uint64_t)cells[0] >> query->field_count == 0);
    require(row_has(cells, query->key));
    for (size_t i = 0; i < query->field_count; i++)
        require(row_has(cells, i) ? query->fields[i].wire != NULL : cells[1 + i] == 0);
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
decode(const char *text, size_t size, struct block *block, struct error *error)
{
    block_init(block, &query_queues);
    bool is_good = answer_decode(&query_queues, text, size, block, error);
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
}

static void
check_same_error(const struct error *a, const struct error *b)
{
    require(a->kind == b->kind);
    require(strcmp(a->code, b->code) == 0);
    /* Blanks move what is counted in bytes. */
    require(strstr(a->message, ": byte ") || strcmp(a->message, b->message) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct block block, wide_block;
    struct error error = {0}, wide_error = {0};
    struct buf wide = {0};
    decode((const char *)data, size, &block, &error);
    /* The shortest row is {"skillId":1}. */
    require(block.row_count <= size / strlen("{\"skillId\":1}"));
    for (size_t i = 0; i < block.row_count; i++)
        check_row(&block, i);
    widen((const char *)data, size, &wide);
    decode(wide.data ? wide.data : "", wide.size, &wide_block, &wide_error);
    check_same(&block, &wide_block);
    check_same_error(&error, &wide_error);
    buf_fini(&wide);
    block_fini(&wide_block);
    block_fini(&block);
    return 0;
}
