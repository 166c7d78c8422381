/* Rows as a table or as JSON. */
#include "command/query_print.h"

#include <string.h>

#include "base/text.h"

/* Of the table: a terminal that somebody shares with a second window. */
#define TABLE_WIDTH 100
#define LABEL_WIDTH 19
#define UNIT_WIDTH  9
#define GAP         2

/* FIELD_NAME comes from the configuration. */
static void
add_name(const struct conf_center *center, int64_t id, struct buf *out)
{
    for (size_t i = 0; i < center->queue_count; i++)
        if (center->queues[i].id == id) {
            buf_add_text(out, center->queues[i].name);
            return;
        }
    buf_format(out, "skill %lld", (long long)id);
}

static bool
is_time(const struct field *field)
{
    return field->kind == FIELD_TIME_MS || field->kind == FIELD_TIME_UTC;
}

/* Adds what is a text; false when it is unknown. */
static bool
add_text(const struct conf_center *center, const struct block *rows, const int64_t *row,
         size_t index, struct buf *out)
{
    if (rows->query->fields[index].kind != FIELD_NAME)
        return row_text(rows->query, (struct row){row, rows->text.data}, index, out);
    add_name(center, row[1 + rows->query->key], out);
    return true;
}

/* Adds what is a number, as people read it or as JSON; false when it is unknown. */
static bool
add_number(const struct block *rows, const int64_t *row, size_t index, bool is_json,
           struct buf *out)
{
    const struct field *field = &rows->query->fields[index];
    char time[32];
    double value;
    if (!row_number(rows->query, row, index, &value))
        return false;
    if (is_time(field) && !is_json)
        buf_add_text(out,
                     text_format_time(row[1 + index] * 1000, false, time, sizeof time));
    else if (row_has(row, index))
        buf_format(out, "%lld", (long long)row[1 + index]);
    else if (field->kind == FIELD_INTERIM)
        buf_add_text(out, value != 0 ? "true" : "false");
    else
        buf_format(out, field->kind == FIELD_RATIO ? "%.4g" : "%.0f", value);
    return true;
}

/* ---- the table ---- */

/* What a terminal would obey is no part of a name: controls become '?'. */
static void
add_shown(const struct buf *text, struct buf *out)
{
    for (size_t i = 0; i < text->size; i++) {
        unsigned char byte = (unsigned char)text->data[i];
        bool is_high = byte == 0xc2 && (unsigned char)text->data[i + 1] < 0xa0;
        bool is_control = byte < 0x20 || byte == 0x7f || is_high;
        buf_add(out, is_control ? "?" : text->data + i, 1);
        i += is_high;
    }
}

/* The cell as it is shown; valid until the next one. */
static const char *
cell_of(const struct conf_center *center, const struct block *rows, size_t r, size_t f,
        struct buf *cell)
{
    const int64_t *row = block_row(rows, r);
    const struct field *field = &rows->query->fields[f];
    buf_clear(cell);
    if (field_is_text(field) || field->kind == FIELD_NAME) {
        struct buf text = {0};
        if (add_text(center, rows, row, f, &text))
            add_shown(&text, cell);
        buf_fini(&text);
    } else {
        add_number(rows, row, f, false, cell);
    }
    return cell->size ? cell->data : "–";
}

/* Characters, as far as a terminal shows one column for each. */
static int
width_of(const char *text)
{
    int width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

/* Puts the widths of the columns of as many rows as fit a line, from `first` on, and at
 * least one; returns how many. */
static size_t
measure(const struct conf_center *center, const struct block *rows, size_t first,
        int widths[TABLE_WIDTH])
{
    struct buf cell = {0};
    size_t count = 0;
    int left = TABLE_WIDTH - LABEL_WIDTH - UNIT_WIDTH;
    for (; first + count < rows->row_count && count < TABLE_WIDTH; count++) {
        widths[count] = 0;
        for (size_t f = 0; f < rows->query->field_count; f++) {
            int width = width_of(cell_of(center, rows, first + count, f, &cell));
            if (width > widths[count])
                widths[count] = width;
        }
        left -= GAP + widths[count];
        if (count && left < 0)
            break;
    }
    buf_fini(&cell);
    return count;
}

static const char *
unit_of(const struct field *field)
{
    return field->unit == UNIT_COUNT ? "" : unit_word(field->unit);
}

/* Fields down and rows across: there are many fields, and people compare rows. */
static void
add_part(const struct conf_center *center, const struct block *rows, size_t first,
         size_t count, const int widths[TABLE_WIDTH], struct buf *out)
{
    struct buf cell = {0};
    for (size_t f = 0; f < rows->query->field_count; f++) {
        const struct field *field = &rows->query->fields[f];
        buf_format(out, "%-*s", LABEL_WIDTH, field->name);
        for (size_t i = 0; i < count; i++) {
            const char *text = cell_of(center, rows, first + i, f, &cell);
            buf_format(out, "%*s%s", GAP + widths[i] - width_of(text), "", text);
        }
        const char *unit = unit_of(field);
        buf_format(out, "%s%s\n", unit[0] ? "  " : "", unit);
    }
    buf_fini(&cell);
}

void
query_table(const struct conf_center *center, const struct block *rows, struct buf *out)
{
    int widths[TABLE_WIDTH];
    for (size_t first = 0, count; first < rows->row_count; first += count) {
        count = measure(center, rows, first, widths);
        if (first)
            buf_add(out, "\n", 1);
        add_part(center, rows, first, count, widths, out);
    }
}

/* ---- JSON ---- */

static void
add_json(const struct conf_center *center, const struct block *rows, const int64_t *row,
         size_t index, struct buf *out)
{
    const struct field *field = &rows->query->fields[index];
    struct buf text = {0};
    bool is_text = field_is_text(field) || field->kind == FIELD_NAME;
    bool is_known = is_text ? add_text(center, rows, row, index, &text)
                            : add_number(rows, row, index, true, out);
    if (!is_known)
        buf_add_text(out, "null");
    else if (is_text)
        buf_add_json(out, text.data, text.size);
    buf_fini(&text);
}

void
query_json(const struct conf_center *center, const struct block *rows, struct buf *out)
{
    buf_add_text(out, "[");
    for (size_t r = 0; r < rows->row_count; r++) {
        buf_add_text(out, r ? ",\n {" : "\n {");
        for (size_t f = 0; f < rows->query->field_count; f++) {
            buf_format(out, "%s\"%s\":", f ? "," : "", rows->query->fields[f].name);
            add_json(center, rows, block_row(rows, r), f, out);
        }
        buf_add_text(out, "}");
    }
    buf_add_text(out, rows->row_count ? "\n]\n" : "]\n");
}
