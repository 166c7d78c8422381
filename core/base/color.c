#include "base/color.h"

#include <stdlib.h>
#include <unistd.h>

bool
color_wanted(int fd)
{
    const char *no_color = getenv("NO_COLOR");
    return isatty(fd) && !(no_color && *no_color);
}
