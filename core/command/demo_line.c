#include "command/demo_line.h"

#include <string.h>

#include "base/buf.h"
#include "base/color.h"
#include "base/text.h"

#define WHO_WIDTH  12
#define WHAT_WIDTH 9
#define TEXT_AT    (10 + WHO_WIDTH + 1 + WHAT_WIDTH + 1)

/* The columns of the character that begins here. */
static int
width_of(const char *at)
{
    unsigned char lead = (unsigned char)*at;
    if ((lead & 0xc0) == 0x80)
        return 0;
    return lead >= 0xf0 ? 2 : 1;
}

/* Adds the text, cut to the columns that are left behind `at`. */
static void
add_cut(const struct demo_style *style, const char *text, int at, struct buf *line)
{
    int left = style->width - at;
    while (*text) {
        size_t size = text_utf8((const unsigned char *)text, strlen(text));
        size += size == 0;
        left -= width_of(text);
        if (style->width && (left < 0 || (left == 0 && text[size]))) {
            buf_add_text(line, "…");
            return;
        }
        buf_add(line, text, size);
        text += size;
    }
}

static void
add_column(const char *text, int width, struct buf *line)
{
    buf_add_text(line, text);
    for (const char *at = text; *at; at++)
        width -= width_of(at);
    buf_format(line, "%*s ", width > 0 ? width : 0, "");
}

static void
add_color(const struct demo_style *style, const char *color, struct buf *line)
{
    if (style->has_color)
        buf_format(line, "\033[%sm", color);
}

static void
put_line(const struct demo_style *style, struct buf *line)
{
    fprintf(style->out, "%s\n", line->data);
    fflush(style->out);
    buf_fini(line);
}

void
demo_line_print(const struct demo_style *style, const struct demo_line *told)
{
    struct buf line = {0};
    struct civil at;
    civil_of(zone_local(style->zone, told->at_ms / 1000), &at);
    add_color(style, COLOR_GREY, &line);
    buf_format(&line, "%02d:%02d:%02d", at.hour, at.minute, at.second);
    add_color(style, "0", &line);
    buf_add_text(&line, "  ");
    add_column(told->who, WHO_WIDTH, &line);
    add_color(style, told->color, &line);
    add_column(told->what, WHAT_WIDTH, &line);
    add_color(style, "0", &line);
    add_cut(style, told->text, TEXT_AT, &line);
    put_line(style, &line);
}

void
demo_line_print_below(const struct demo_style *style, const char *text)
{
    struct buf line = {0};
    buf_format(&line, "%*s", TEXT_AT, "");
    add_color(style, COLOR_GREY, &line);
    add_cut(style, text, TEXT_AT, &line);
    add_color(style, "0", &line);
    put_line(style, &line);
}
