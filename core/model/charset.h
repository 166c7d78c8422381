/* Answers in Chinese character sets: older platforms write GBK. */
#ifndef CCGATE_MODEL_CHARSET_H
#define CCGATE_MODEL_CHARSET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* True when `content_type` (a header's value; NULL: there was none) says GBK, GB2312,
 * GB18030 or CP936 in any spelling, and the text is not UTF-8 as it is: some servers
 * say so of everything they send. Then `out` has the text in UTF-8 added, with U+FFFD
 * where there is no character, and `out` replaces the text. False when there is nothing
 * to do, and nothing was added. Keeps nothing of what it is given. */
bool charset_read(const char *content_type, const char *data, size_t size,
                  struct buf *out);

#endif
