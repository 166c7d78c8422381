/* The scope of a rule over a list: the requests it watches, whom it expects, and who is
 * missing.
 *
 * The newest answers of a rule's requests are one list: an agent of two queues is one
 * row, and gone only when neither queue has them (lifecycle.md §2). */
#ifndef CCGATE_SCRIPT_SCOPE_H
#define CCGATE_SCRIPT_SCOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/schema.h"
#include "script/attendance.h"
#include "script/crowd.h"
#include "script/latch.h"

struct scope_request {
    uint32_t center;
    int64_t argument;
    int64_t type; /* of operations: rows of another type are not judged */
    const struct attendance *attendance; /* the roster's; NULL: of no list */
};

struct scope_expected {
    uint32_t center;
    int64_t id;
};

/* A zeroed struct is an empty scope. */
struct scope {
    struct scope_request *requests; /* owned; by centre and argument */
    size_t request_count;
    struct scope_expected *expected; /* owned; by centre and id */
    size_t expected_count;
    struct crowd crowd; /* who is in the newest answers */
};

void scope_fini(struct scope *scope);

/* Building; scope_close() ends it. Twice the same is once. */
void scope_add(struct scope *scope, const struct scope_request *request);
void scope_expect(struct scope *scope, uint32_t center, int64_t id);
void scope_close(struct scope *scope);

/* Does the rule judge this row, which is in an answer for `argument`? */
bool scope_accepts(const struct scope *scope, uint32_t center, int64_t argument,
                   const struct query *query, struct row row);

/* The newest answer to one of the requests, whose attendance is this, is about to be
 * another one; it is. One after the other, around attendance_take(). */
void scope_leave(struct scope *scope, uint32_t center,
                 const struct attendance *attendance);
void scope_enter(struct scope *scope, uint32_t center,
                 const struct attendance *attendance);

/* Adds to `out` (of the rows' query) those who are expected and are in none of the
 * newest answers, ROW_EXPECTED, once all requests of the centre have been answered. */
void scope_expected(const struct scope *scope, uint32_t center, struct block *out);

/* After a sample of the centre: adds to `out` (of the latch's query) a row for each key
 * that is in none of the newest answers and has to be judged all the same: those of
 * scope_expected(); ROW_GONE of others that the latch keeps, those that were only
 * restored once all have been answered. */
void scope_absent(const struct scope *scope, const struct latch *latch, uint32_t center,
                  struct block *out);

#endif
