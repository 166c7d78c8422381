/* Which of two formats a client would rather have: its header Accept. */
#ifndef CCGATE_COMMAND_ACCEPT_H
#define CCGATE_COMMAND_ACCEPT_H

#include <stdbool.h>

/* True when `accept` names `type` itself, with a weight that is not 0 and not below
 * that of `usual`; what asterisks stand for is no wish. NULL names nothing. */
bool accept_prefers(const char *accept, const char *type, const char *usual);

#endif
