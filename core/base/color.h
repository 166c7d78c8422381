/* Colours of a terminal. */
#ifndef CCGATE_BASE_COLOR_H
#define CCGATE_BASE_COLOR_H

#include <stdbool.h>

/* What goes between "\033[" and "m". */
#define COLOR_BOLD   "1"
#define COLOR_RED    "31"
#define COLOR_GREEN  "32"
#define COLOR_YELLOW "33"
#define COLOR_BLUE   "36"
#define COLOR_GREY   "90"

/* Whether what is written to this descriptor should have colours: it is a terminal, and
 * NO_COLOR does not say no (https://no-color.org). */
bool color_wanted(int fd);

#endif
