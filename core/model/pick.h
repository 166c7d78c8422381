/* Single values out of small JSON objects, each found anew: the state of an alert, a
 * body that is played with. */
#ifndef CCGATE_MODEL_PICK_H
#define CCGATE_MODEL_PICK_H

#include <stdint.h>

#include "model/json.h"

/* The value of a key as it is written, in place; "null" when there is none. */
struct json_text pick(const char *object, const char *name);
/* A string's value, to free; NULL of anything else. */
char *pick_text(const char *object, const char *name);
/* 0 of anything but an integer. */
int64_t pick_integer(const char *object, const char *name);

#endif
