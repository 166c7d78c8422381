/* Decoding in tests: rows and mistakes as texts that can be compared. */
#ifndef CCGATE_TESTS_DECODING_H
#define CCGATE_TESTS_DECODING_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/schema.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* Adds " field=value"; an unknown field is "-". */
static void
add_field(const struct block *block, size_t row, size_t index, struct buf *out)
{
    const struct field *field = &block->query->fields[index];
    const int64_t *cells = block_row(block, row);
    double value;
    buf_format(out, " %s=", field->name);
    bool is_known = field_is_text(field)
                        ? row_text(block->query, block_at(block, row), index, out)
                        : row_number(block->query, cells, index, &value);
    if (!is_known)
        buf_add_text(out, "-");
    else if (!field_is_text(field))
        buf_format(out, "%.15g", value);
}

static bool
is_asked(const char *names, const char *name)
{
    const char *at = strstr(names, name);
    size_t size = strlen(name);
    return at && (at == names || at[-1] == ' ') && (at[size] == ' ' || !at[size]);
}

/* The rows with these fields (NULL: all), one line each, or the message. Decodes a copy
 * of exactly that size, so that the sanitizer sees a read beyond it. */
static char *
outcome(const struct query *query, const char *text, size_t size, const char *names)
{
    struct block block;
    struct error error = {0};
    struct buf out = {0};
    char *copy = malloc(size ? size : 1);
    assert_non_null(copy);
    memcpy(copy, text, size);
    block_init(&block, query);
    if (!answer_decode(query, copy, size, &block, &error))
        buf_add_text(&out, error.message);
    free(copy);
    for (size_t r = 0; r < block.row_count; r++) {
        for (size_t i = 0; i < query->field_count; i++)
            if (query->fields[i].kind != FIELD_NAME &&
                (!names || is_asked(names, query->fields[i].name)))
                add_field(&block, r, i, &out);
        buf_add_text(&out, "\n");
    }
    block_fini(&block);
    return buf_take(&out);
}

struct sample {
    const char *text, *outcome;
};

static void
check(const struct query *query, const char *text, size_t size, const char *names,
      const char *expected)
{
    char *real = outcome(query, text, size, names);
    if (strcmp(real, expected) != 0)
        fail_msg("%s:\n got: %s\nwant: %s", text, real, expected);
    free(real);
}

/* Values of one key of an agent or an operation, and what the fields become. */
static void
check_values(const struct query *query, const char *row, const char *names,
             const struct sample *samples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *text = mem_format(row, samples[i].text);
        check(query, text, strlen(text), names, samples[i].outcome);
        free(text);
    }
}

static char *
read_file(const char *name)
{
    FILE *file = fopen(name, "rb");
    assert_non_null(file);
    struct buf text = {0};
    text.size = fread(buf_reserve(&text, 8192), 1, 8192, file);
    fclose(file);
    return buf_take(&text);
}

#endif
