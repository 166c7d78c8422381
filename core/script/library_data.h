/* What lua/embed.lua generates from lua/gateway: every module, compiled. */
#ifndef CCGATE_SCRIPT_LIBRARY_DATA_H
#define CCGATE_SCRIPT_LIBRARY_DATA_H

#include <stddef.h>

struct library_module {
    const char *name; /* "gateway.rule" */
    const unsigned char *bytes;
    size_t size;
};

/* Ends with a module without a name. */
extern const struct library_module library_data[];
/* The same names, ends with NULL. */
extern const char *const library_data_names[];

#endif
