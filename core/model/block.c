/* Rows: keeping them, and what they mean where they are read. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/schema.h"

#define ROW_ROOM_MIN 16

void
block_init(struct block *block, const struct query *query)
{
    *block = (struct block){.query = query};
}

void
block_fini(struct block *block)
{
    free(block->cells);
    buf_fini(&block->text);
    *block = (struct block){.query = block->query};
}

void
block_clear(struct block *block)
{
    block->row_count = 0;
    buf_clear(&block->text);
}

int64_t *
block_add(struct block *block)
{
    size_t width = query_width(block->query);
    if (block->row_count == block->row_room) {
        size_t room = block->row_room ? block->row_room * 2 : ROW_ROOM_MIN;
        block->cells = mem_grow(block->cells, room, width * sizeof *block->cells);
        block->row_room = room;
    }
    int64_t *row = block->cells + block->row_count++ * width;
    memset(row, 0, width * sizeof *row);
    return row;
}

void
block_copy(struct block *block, struct row from)
{
    int64_t *row = block_add(block);
    size_t size;
    memcpy(row, from.cells, query_width(block->query) * sizeof *row);
    for (size_t i = 0; i < block->query->field_count; i++) {
        if (!field_is_in_heap(&block->query->fields[i]) || !row_has(row, i))
            continue;
        const char *text = row_heap(from, i, &size);
        row[1 + i] = (int64_t)block->text.size << 32 | (int64_t)size;
        buf_add(&block->text, text, size);
    }
}

/* ---- rows of several answers ---- */

static const char *
text_of(const char *heap, int64_t cell, size_t *size)
{
    *size = (size_t)(cell & UINT32_MAX);
    return heap + (cell >> 32);
}

/* What the fields of a row become in a block whose text already has `offset` bytes. */
static void
adopt(int64_t *row, const struct query *query, int64_t argument, size_t offset)
{
    for (size_t i = 0; i < query->field_count; i++) {
        enum field_kind kind = query->fields[i].kind;
        if (field_is_in_heap(&query->fields[i]) && row_has(row, i))
            row[1 + i] += (int64_t)offset << 32;
        if (kind == FIELD_ARGUMENT) {
            row[0] = (int64_t)((uint64_t)row[0] | (uint64_t)1 << i);
            row[1 + i] = argument;
        }
    }
}

void
block_join(struct block *block, const struct block *answer, int64_t argument,
           int64_t vdn)
{
    const struct query *query = block->query;
    size_t offset = block->text.size;
    for (size_t i = 0; i < answer->row_count; i++) {
        const int64_t *from = block_row(answer, i);
        if (query->vdn && row_has(from, query->vdn) && from[1 + query->vdn] != vdn)
            continue;
        int64_t *row = block_add(block);
        memcpy(row, from, query_width(query) * sizeof *row);
        adopt(row, query, argument, offset);
    }
    if (answer->text.size)
        buf_add(&block->text, answer->text.data, answer->text.size);
}

/* By key; rows with the same key as they stand in the block. */
static int
compare_rows(const void *a, const void *b, void *arg)
{
    const struct block *block = arg;
    const int64_t *row_a = *(int64_t *const *)a, *row_b = *(int64_t *const *)b;
    size_t key = block->query->key, size_a, size_b;
    int64_t key_a = row_a[1 + key], key_b = row_b[1 + key];
    int order = (key_a > key_b) - (key_a < key_b);
    if (block->query->fields[key].kind == FIELD_TEXT) {
        const char *text_a = text_of(block->text.data, key_a, &size_a);
        const char *text_b = text_of(block->text.data, key_b, &size_b);
        order = memcmp(text_a, text_b, size_a < size_b ? size_a : size_b);
        if (order == 0)
            order = (size_a > size_b) - (size_a < size_b);
    }
    return order ? order : (row_a > row_b) - (row_a < row_b);
}

static bool
have_same_key(struct block *block, const int64_t *a, const int64_t *b)
{
    size_t key = block->query->key, size_a, size_b;
    if (block->query->fields[key].kind != FIELD_TEXT)
        return a[1 + key] == b[1 + key];
    const char *text_a = text_of(block->text.data, a[1 + key], &size_a);
    const char *text_b = text_of(block->text.data, b[1 + key], &size_b);
    return size_a == size_b && memcmp(text_a, text_b, size_a) == 0;
}

void
block_unique(struct block *block)
{
    size_t width = query_width(block->query), kept = 0;
    int64_t **rows = mem_zero((block->row_count + 1) * sizeof *rows);
    bool *is_again = mem_zero((block->row_count + 1) * sizeof *is_again);
    for (size_t i = 0; i < block->row_count; i++)
        rows[i] = block->cells + i * width;
    qsort_r(rows, block->row_count, sizeof *rows, compare_rows, block);
    for (size_t i = 1; i < block->row_count; i++)
        is_again[(size_t)(rows[i] - block->cells) / width] =
            have_same_key(block, rows[i - 1], rows[i]);
    for (size_t i = 0; i < block->row_count; i++)
        if (!is_again[i])
            memmove(block->cells + kept++ * width, block->cells + i * width,
                    width * sizeof *block->cells);
    block->row_count = kept;
    free(is_again);
    free(rows);
}

/* ---- values ---- */

static bool
row_ratio(const struct field *field, const int64_t *row, double *value)
{
    if (row[1 + field->under] == 0)
        return false;
    double ratio = (double)row[1 + field->over] / (double)row[1 + field->under];
    *value = ratio < 1 ? ratio : 1;
    return true;
}

static bool
row_duration(const struct field *field, const int64_t *row, double *value)
{
    *value = (double)row[1 + field->over] - (double)row[1 + field->under];
    return *value >= 0;
}

bool
row_number(const struct query *query, const int64_t *row, size_t index, double *value)
{
    const struct field *field = &query->fields[index];
    bool is_whole = row_has(row, field->over) && row_has(row, field->under);
    switch (field->kind) {
    case FIELD_RATIO: return is_whole && row_ratio(field, row, value);
    case FIELD_DURATION: return is_whole && row_duration(field, row, value);
    case FIELD_INTERIM: /* one without a cause is none */
        *value = operation_is_interim(row[1 + field->over], row[1 + field->under]);
        return row_has(row, field->over);
    case FIELD_REAL: *value = real_of_cell(row[1 + index]); return row_has(row, index);
    default:
        if (!row_has(row, index))
            return false;
        *value = (double)row[1 + index];
        return true;
    }
}

static bool
add_cause(const struct field *field, const int64_t *row, struct buf *out)
{
    if (!row_has(row, field->over) || !row_has(row, field->under))
        return false;
    const char *text =
        operation_cause_text(row[1 + field->over], row[1 + field->under]);
    if (text)
        buf_add_text(out, text);
    return text != NULL;
}

bool
row_code(const struct query *query, const int64_t *row, size_t index, int64_t *code)
{
    const struct field *field = &query->fields[index];
    if (((uint64_t)row[0] & ROW_EXPECTED) &&
        code_of_word(field->codes, "signed_out", code))
        return true;
    *code = row[1 + field->over];
    return row_has(row, field->over);
}

const char *
row_heap(struct row row, size_t index, size_t *size)
{
    *size = 0;
    return row_has(row.cells, index) ? text_of(row.text, row.cells[1 + index], size)
                                     : "";
}

bool
row_text(const struct query *query, struct row row, size_t index, struct buf *out)
{
    const struct field *field = &query->fields[index];
    int64_t code;
    size_t size;
    if (field->kind == FIELD_CAUSE)
        return add_cause(field, row.cells, out);
    if (field->kind == FIELD_WORD) {
        bool is_known = row_code(query, row.cells, index, &code);
        if (is_known)
            code_add_word(field->codes, code, out);
        return is_known;
    }
    const char *text = row_heap(row, index, &size);
    buf_add(out, text, size);
    return row_has(row.cells, index);
}

void
row_expect(const struct query *query, int64_t id, int64_t *cells, struct buf *text)
{
    size_t offset = text->size;
    int name = query_field(query, "name");
    cells[0] = (int64_t)(ROW_EXPECTED | (uint64_t)1 << query->key);
    cells[1 + query->key] = id;
    if (name < 0 || query->fields[name].kind != FIELD_TEXT)
        return;
    buf_format(text, "agent %lld", (long long)id);
    cells[0] |= (int64_t)1 << name;
    cells[1 + name] = (int64_t)offset << 32 | (int64_t)(text->size - offset);
}
