/* What a script may know of the configuration, as JSON: names, never secrets. */
#ifndef CCGATE_SCRIPT_SETUP_H
#define CCGATE_SCRIPT_SETUP_H

#include "base/buf.h"
#include "base/conf.h"

/* `file` is the script's path as messages name it. The form is documented where it is
 * read: lua/gateway/query.lua (centers), lua/gateway/rule.lua (destinations). */
void setup_write(const struct conf *conf, const char *file, struct buf *out);

/* Adds the limits, for telling whether anything that a script depends on has changed.
 */
void setup_add_limits(const struct conf_limits *limits, struct buf *out);

#endif
