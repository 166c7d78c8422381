/* Whether a request is signed as the documents say. They leave three things open; all
 * forms are accepted unless only some are asked for. */
#ifndef CCGATE_SIM_SIGNATURE_H
#define CCGATE_SIM_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/sign.h"

/* Pairs of forms: a signature has one of each pair. */
enum signature_form {
    FORM_ALL_HEADERS = 1, /* content-length;content-type;host */
    FORM_HOST_ONLY = 2,
    FORM_SECONDS = 4, /* 2024-08-02T00:00:00Z */
    FORM_MILLIS = 8,
    FORM_NO_LINE = 16, /* nothing stands for a query that is not there */
    FORM_EMPTY_LINE = 32,
};

struct signature_policy {
    const char *access_key, *secret_key;
    unsigned forms; /* of enum signature_form; of a pair with none both are accepted */
};

/* "all-headers", "host-only", "seconds", "millis", "no-line", "empty-line"; 0 for
 * another word. */
enum signature_form signature_form_of(const char *word);

/* NULL when `authorization` fits the message, whose content_type is that of the
 * request; otherwise why not. */
const char *signature_check(const struct signature_policy *policy,
                            const struct sign_message *message,
                            const char *authorization);

/* The time that a signature which fits gives as its own. */
int64_t signature_time_ms(const char *authorization);

#endif
