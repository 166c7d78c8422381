/* How a line of the demo's timeline looks: the clock, who, what, and the text, in
 * columns. */
#ifndef CCGATE_COMMAND_DEMO_LINE_H
#define CCGATE_COMMAND_DEMO_LINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/zone.h"

struct demo_style {
    FILE *out;               /* flushed behind each line */
    const struct zone *zone; /* of the clock that is shown; NULL: UTC */
    bool has_color;
    int width; /* columns of the terminal: longer lines are cut; 0: they are not */
};

struct demo_line {
    int64_t at_ms;
    const char *who, *what;
    const char *color; /* of what (base/color.h) */
    const char *text;
};

void demo_line_print(const struct demo_style *style, const struct demo_line *line);

/* What else there is to say of the line before, below its text. */
void demo_line_print_below(const struct demo_style *style, const char *text);

#endif
