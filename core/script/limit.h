/* What people are told of a limit that a script has met: how much it may use, and the
 * key of gateway.conf that allows more. */
#ifndef CCGATE_SCRIPT_LIMIT_H
#define CCGATE_SCRIPT_LIMIT_H

#include "base/buf.h"
#include "base/conf.h"

enum limit { LIMIT_CPU, LIMIT_CPU_LOAD, LIMIT_MEMORY };

/* Adds "it may use 32 MB: memory = 64MB in [script NAME] allows more". */
void limit_tell(enum limit limit, const struct conf_limits *limits, const char *script,
                struct buf *out);

#endif
