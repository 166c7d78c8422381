#include "command/listing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define GAP 2 /* blanks between columns */

struct listing_cell {
    char *json, *text;
};

void
listing_init(struct listing *listing, const struct listing_column *columns,
             const char *empty, int64_t now_ms)
{
    *listing = (struct listing){.columns = columns, .empty = empty, .now_ms = now_ms};
    while (columns[listing->column_count].name)
        listing->column_count++;
}

void
listing_fini(struct listing *listing)
{
    for (size_t i = 0; i < listing->count; i++) {
        free(listing->cells[i].json);
        free(listing->cells[i].text);
    }
    free(listing->cells);
    *listing = (struct listing){0};
}

/* ---- cells ---- */

/* A row is a line, whatever the text says. */
static char *
one_line(const char *text)
{
    char *line = mem_text(text);
    for (char *at = line; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = ' ';
    return line;
}

void
listing_raw(struct listing *listing, const char *json, size_t size, const char *text)
{
    if ((listing->count & (listing->count - 1)) == 0)
        listing->cells =
            mem_grow(listing->cells, listing->count ? 2 * listing->count : 1,
                     sizeof *listing->cells);
    listing->cells[listing->count++] =
        (struct listing_cell){mem_copy(json, size), one_line(text)};
}

static void
add_null(struct listing *listing)
{
    listing_raw(listing, "null", 4, "-");
}

void
listing_text(struct listing *listing, const char *text)
{
    struct buf json = {0};
    if (!text) {
        add_null(listing);
        return;
    }
    buf_add_json(&json, text, strlen(text));
    listing_raw(listing, json.data, json.size, text);
    buf_fini(&json);
}

void
listing_number(struct listing *listing, int64_t number)
{
    char digits[32];
    if (number < 0) {
        add_null(listing);
        return;
    }
    int size = snprintf(digits, sizeof digits, "%" PRId64, number);
    listing_raw(listing, digits, (size_t)size, digits);
}

void
listing_flag(struct listing *listing, bool flag, const char *yes, const char *no)
{
    const char *json = flag ? "true" : "false";
    listing_raw(listing, json, strlen(json), flag ? yes : no);
}

static void
add_time(struct listing *listing, int64_t ms, const char *text)
{
    char seconds[32];
    int size = snprintf(seconds, sizeof seconds, "%" PRId64, ms / 1000);
    listing_raw(listing, seconds, (size_t)size, text);
}

void
listing_time(struct listing *listing, int64_t ms)
{
    char text[32];
    if (ms)
        add_time(listing, ms, text_format_time(ms, false, text, sizeof text));
    else
        add_null(listing);
}

void
listing_age(struct listing *listing, int64_t since_ms)
{
    struct buf text = {0};
    if (!since_ms) {
        add_null(listing);
        return;
    }
    listing_format_age(listing->now_ms - since_ms, &text);
    add_time(listing, since_ms, text.data);
    buf_fini(&text);
}

void
listing_format_age(int64_t ms, struct buf *out)
{
    static const struct {
        int64_t seconds;
        char unit;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    int64_t left = ms > 0 ? ms / 1000 : 0;
    size_t unit = 0;
    while (unit < 3 && left < units[unit].seconds)
        unit++;
    buf_format(out, "%" PRId64 "%c", left / units[unit].seconds, units[unit].unit);
    left %= units[unit].seconds;
    if (unit < 3 && left >= units[unit + 1].seconds)
        buf_format(out, " %" PRId64 "%c", left / units[unit + 1].seconds,
                   units[unit + 1].unit);
}

/* ---- for programs ---- */

void
listing_json(const struct listing *listing, struct buf *out)
{
    buf_add_text(out, "[");
    for (size_t i = 0; i < listing->count; i++) {
        size_t column = i % listing->column_count;
        buf_format(out, "%s\"%s\":%s",
                   column ? ","
                   : i    ? ",{"
                          : "{",
                   listing->columns[column].name, listing->cells[i].json);
        if (column == listing->column_count - 1)
            buf_add_text(out, "}");
    }
    buf_add_text(out, "]");
}

/* ---- for people ---- */

/* In letters; those that are twice as wide stand out. */
static size_t
width_of(const char *text)
{
    size_t width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static size_t
width_of_column(const struct listing *listing, size_t column)
{
    size_t most = width_of(listing->columns[column].heading);
    for (size_t i = column; i < listing->count; i += listing->column_count) {
        size_t width = width_of(listing->cells[i].text);
        most = width > most ? width : most;
    }
    return most;
}

static bool
is_last(const struct listing *listing, size_t column)
{
    while (++column < listing->column_count)
        if (listing->columns[column].heading)
            return false;
    return true;
}

static void
add_cell(const struct listing *listing, size_t column, const char *text,
         struct buf *out)
{
    buf_add_text(out, text);
    if (is_last(listing, column)) {
        buf_add_text(out, "\n");
        return;
    }
    size_t width = width_of_column(listing, column) + GAP;
    for (size_t at = width_of(text); at < width; at++)
        buf_add_text(out, " ");
}

void
listing_lines(const struct listing *listing, struct buf *out)
{
    if (!listing->count) {
        buf_format(out, "%s\n", listing->empty);
        return;
    }
    for (size_t i = 0; i < listing->column_count; i++)
        if (listing->columns[i].heading)
            add_cell(listing, i, listing->columns[i].heading, out);
    for (size_t i = 0; i < listing->count; i++)
        if (listing->columns[i % listing->column_count].heading)
            add_cell(listing, i % listing->column_count, listing->cells[i].text, out);
    if (listing->note)
        buf_format(out, "%s\n", listing->note);
}
