#include <string.h>

#include "model/schema.h"

/* The result codes of the CMS interface; the success code is not among them. */
static const struct {
    const char *code, *meaning;
} result_codes[] = {
    {"0100001", "invocation failed"},
    {"0100002", "invalid parameter"},
    {"0100003", "the platform is too old for this query"},
    {"0100999", "unknown error"},
    {"0101001", "the inspection interface is abnormal"},
    {"0101002", "the number is not on the platform"},
    {"0101003", "insufficient permission"},
};

const char *
result_code_text(const char *code)
{
    for (size_t i = 0; i < sizeof result_codes / sizeof *result_codes; i++)
        if (strcmp(result_codes[i].code, code) == 0)
            return result_codes[i].meaning;
    return NULL;
}
