#include "command/accept.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* One of the ranges between commas: "text/plain; version=0.0.4; q=0.5". */
struct range {
    const char *type, *end; /* `end`: of all of it */
    size_t type_size;
};

static struct range
range_at(const char *text)
{
    text += strspn(text, " \t,");
    return (struct range){text, text + strcspn(text, ","), strcspn(text, " \t,;")};
}

/* What is no number is the least that is not nothing. */
static double
weight_of(const struct range *range)
{
    const char *at = range->type;
    while ((at = memchr(at, ';', (size_t)(range->end - at)))) {
        at += 1 + strspn(at + 1, " \t");
        if (strncasecmp(at, "q=", 2) != 0)
            continue;
        char *end;
        double weight = strtod(at + 2, &end);
        return end == at + 2 || !isfinite(weight) ? 0.001 : weight;
    }
    return 1;
}

static bool
is_type(const struct range *range, const char *type)
{
    return range->type_size == strlen(type) &&
           !strncasecmp(range->type, type, range->type_size);
}

/* The greatest weight that `type` was given, 0 when it is not named. */
static double
named_weight(const char *accept, const char *type)
{
    double most = 0;
    for (struct range range = range_at(accept); *range.type;
         range = range_at(range.end)) {
        double weight = is_type(&range, type) ? weight_of(&range) : 0;
        most = weight > most ? weight : most;
    }
    return most;
}

bool
accept_prefers(const char *accept, const char *type, const char *usual)
{
    double weight = accept ? named_weight(accept, type) : 0;
    return weight > 0 && weight >= named_weight(accept, usual);
}
