/* JSON against const tables, as strict as the service that is played: keys it does not
 * know, keys that are missing, texts and lists that are too long. */
#ifndef CCGATE_SIM_STRICT_H
#define CCGATE_SIM_STRICT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum strict_form { STRICT_ANY, STRICT_TEXT, STRICT_OBJECT, STRICT_LIST };

struct strict_key {
    const char *name; /* NULL ends a list */
    enum strict_form form;
    size_t most;              /* characters of a text, items of a list; 0: any number */
    bool is_required;         /* and then a text or a list is not empty */
    const char *const *words; /* the text is one of these; NULL: any */
    const struct strict_kind *kinds; /* of the object, or of the list's items */
};

/* What an object is when its text `by` says `word`; by NULL: whatever it says. The
 * first that fits counts. */
struct strict_kind {
    const char *by, *word;
    const struct strict_key *keys; /* NULL ends a list */
};

/* True when the text is an object of one of these kinds; else adds to `problem` what is
 * wrong: "text: 151 characters, 150 are allowed". */
bool strict_check(const struct strict_kind *kinds, const char *text, size_t size,
                  struct buf *problem);

#endif
