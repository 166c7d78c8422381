/* The request of skill/stateinfo as the documents write it, and nothing more lenient:
 * {"queryParam":{"ccId":1,"vdn":1,"skillIds":[1,2]}}, keys in any order. */
#ifndef CCGATE_SIM_PARAMS_H
#define CCGATE_SIM_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PARAMS_ARRAY_MAX 1000 /* bytes of the array, brackets included */
#define PARAMS_IDS_MAX   (PARAMS_ARRAY_MAX / 2)
#define PARAMS_ID_MAX    10000

struct params {
    int64_t cc_id, vdn;
    int64_t ids[PARAMS_IDS_MAX]; /* each once, in the order asked */
    size_t id_count;
};

/* NULL when all is well, otherwise what is wrong. */
const char *params_read(struct params *params, const char *body, size_t size);

#endif
