/* Rows as a table or as JSON. */
#include "command/query_print.h"

#include <string.h>

#include "base/text.h"
#include "model/json.h"

/* Of the table: a terminal that somebody shares with a second window. */
#define TABLE_WIDTH 100
#define LABEL_WIDTH 19
#define UNIT_WIDTH  9
#define GAP         2

#define NONE "none" /* a list that is empty; what is unknown is a dash */

/* One value where it is printed. */
struct cell {
    const struct conf_center *center;
    const struct block *rows;
    struct row row;
    size_t index;
    bool is_json;
};

static const struct field *
field_of(const struct cell *cell)
{
    return &cell->rows->query->fields[cell->index];
}

/* ---- values: each adds it, or is false when it is unknown ---- */

static bool
add_text(const struct cell *cell, struct buf *out)
{
    return row_text(cell->rows->query, cell->row, cell->index, out);
}

/* FIELD_NAME comes from the configuration. */
static bool
add_name(const struct cell *cell, struct buf *out)
{
    const struct conf_center *center = cell->center;
    int64_t id = cell->row.cells[1 + cell->rows->query->key];
    for (size_t i = 0; i < center->queue_count; i++)
        if (center->queues[i].id == id) {
            buf_add_text(out, center->queues[i].name);
            return true;
        }
    buf_format(out, "skill %lld", (long long)id);
    return true;
}

static bool
add_number(const struct cell *cell, struct buf *out)
{
    double value;
    if (!row_number(cell->rows->query, cell->row.cells, cell->index, &value))
        return false;
    if (row_has(cell->row.cells, cell->index))
        buf_add_integer(out, cell->row.cells[1 + cell->index]);
    else
        buf_format(out, field_of(cell)->kind == FIELD_RATIO ? "%.4g" : "%.0f", value);
    return true;
}

static bool
add_time(const struct cell *cell, struct buf *out)
{
    char time[32];
    if (cell->is_json || !row_has(cell->row.cells, cell->index))
        return add_number(cell, out);
    int64_t seconds = cell->row.cells[1 + cell->index];
    buf_add_text(out, text_format_time(seconds * 1000, false, time, sizeof time));
    return true;
}

static bool
add_truth(const struct cell *cell, struct buf *out)
{
    double value;
    if (!row_number(cell->rows->query, cell->row.cells, cell->index, &value))
        return false;
    buf_add_text(out, value != 0 ? "true" : "false");
    return true;
}

static void
add_media_json(int64_t bits, struct buf *out)
{
    const char *before = "{";
    for (const struct code *media = codes_media; media->word; media++, before = ",")
        buf_format(out, "%s\"%s\":%s", before, media->word,
                   bits & media->code ? "true" : "false");
    buf_add_text(out, "}");
}

/* "cti, web" */
static bool
add_media(const struct cell *cell, struct buf *out)
{
    int64_t bits = cell->row.cells[1 + cell->index];
    if (!row_has(cell->row.cells, cell->index))
        return false;
    if (cell->is_json) {
        add_media_json(bits, out);
        return true;
    }
    const char *before = "";
    for (const struct code *media = codes_media; media->word; media++)
        if (bits & media->code) {
            buf_format(out, "%s%s", before, media->word);
            before = ", ";
        }
    buf_add_text(out, bits ? "" : NONE);
    return true;
}

/* "Sales (10)", or the half of it that is known. */
static void
add_skill(struct json *json, struct buf *out)
{
    struct json_text key, id = {0}, name = {0};
    bool is_first = true;
    json_open(json, '{');
    while (json_more(json, '}', &is_first) && json_key(json, &key)) {
        if (json_is(&key, "id", strlen("id")))
            json_number(json, &id);
        else if (json_is(&key, "name", strlen("name")))
            json_string(json, &name);
        else
            json_skip(json);
    }
    json_unescape(&name, out);
    if (id.size)
        buf_format(out, name.size ? " (%.*s)" : "%.*s", (int)id.size, id.data);
}

static bool
add_skills(const struct cell *cell, struct buf *out)
{
    struct json json;
    size_t size;
    const char *text = row_heap(cell->row, cell->index, &size);
    if (cell->is_json || !size)
        return add_text(cell, out);
    bool is_first = true, is_one = true;
    json_init(&json, text, size);
    json_open(&json, '[');
    for (; json_more(&json, ']', &is_first); is_one = false) {
        buf_add_text(out, is_one ? "" : ", ");
        add_skill(&json, out);
    }
    if (is_one)
        buf_add_text(out, NONE);
    return true;
}

static bool
add_nothing(const struct cell *cell, struct buf *out)
{
    (void)cell;
    (void)out;
    return false;
}

static const struct {
    bool (*add)(const struct cell *cell, struct buf *out);
    bool is_string; /* in JSON */
} kinds[] = {
    [FIELD_INTEGER] = {add_number, false},  [FIELD_TEXT] = {add_text, true},
    [FIELD_TIME_MS] = {add_time, false},    [FIELD_TIME_UTC] = {add_time, false},
    [FIELD_BOOLEAN] = {add_truth, false},   [FIELD_MEDIA] = {add_media, false},
    [FIELD_SKILLS] = {add_skills, false},   [FIELD_ARGUMENT] = {add_number, false},
    [FIELD_ABSENT] = {add_nothing, false},  [FIELD_NAME] = {add_name, true},
    [FIELD_RATIO] = {add_number, false},    [FIELD_WORD] = {add_text, true},
    [FIELD_DURATION] = {add_number, false}, [FIELD_INTERIM] = {add_truth, false},
    [FIELD_CAUSE] = {add_text, true},
};

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
shown(const struct conf_center *center, const struct block *rows, size_t r, size_t f,
      struct buf *out)
{
    const struct cell cell = {center, rows, block_at(rows, r), f, false};
    struct buf text = {0};
    buf_clear(out);
    if (kinds[field_of(&cell)->kind].add(&cell, &text))
        add_shown(&text, out);
    buf_fini(&text);
    return out->size ? out->data : "–";
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
            int width = width_of(shown(center, rows, first + count, f, &cell));
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
        if (field->kind == FIELD_ABSENT)
            continue;
        buf_format(out, "%-*s", LABEL_WIDTH, field->name);
        for (size_t i = 0; i < count; i++) {
            const char *text = shown(center, rows, first + i, f, &cell);
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
add_json(const struct cell *cell, struct buf *out)
{
    struct buf text = {0};
    enum field_kind kind = field_of(cell)->kind;
    if (!kinds[kind].add(cell, &text))
        buf_add_text(out, "null");
    else if (kinds[kind].is_string)
        buf_add_json(out, text.data, text.size);
    else
        buf_add(out, text.data, text.size);
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
            add_json(&(struct cell){center, rows, block_at(rows, r), f, true}, out);
        }
        buf_add_text(out, "}");
    }
    buf_add_text(out, rows->row_count ? "\n]\n" : "]\n");
}
