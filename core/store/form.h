/* The form of state.db: whose file it is, which version it has, and how an older one
 * becomes the newest. Private to store. */
#ifndef CCGATE_STORE_FORM_H
#define CCGATE_STORE_FORM_H

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

#include "base/error.h"

/* Fills `version` (0 for an empty file). False with `error`: another program's file, a
 * newer ccgate's, or damaged. Changes nothing. */
bool form_check(sqlite3 *handle, const char *path, int64_t *version,
                struct error *error);

/* Brings a file of this version to the newest form. Each step is one transaction: what
 * is cut off between two goes on at the next start. False: see sqlite3_errmsg(). */
bool form_take_steps(sqlite3 *handle, int64_t version);

/* False, with SQLite's last error as `error`, in words for people. */
bool form_fail(const char *path, sqlite3 *handle, struct error *error);

/* The first column of the first row as a text to free; NULL when there is none. */
char *form_text(sqlite3 *handle, const char *text);

#endif
