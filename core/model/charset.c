#include "model/charset.h"

#include <iconv.h>
#include <string.h>

#include "base/text.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */
#define PIECE       4096           /* bytes that are converted at a time */
#define SPREAD      2              /* no character needs twice the bytes in UTF-8 */

/* All are GB18030, or a part of it. */
static const char *const names[] = {"gbk", "gb2312", "gb18030", "cp936"};

static bool
is_chinese(const char *content_type)
{
    const char *at = content_type ? strcasestr(content_type, "charset") : NULL;
    if (!at)
        return false;
    at += strlen("charset");
    at += strspn(at, " \t=\"'");
    size_t size = strcspn(at, " \t;,\"'");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == size && strncasecmp(at, names[i], size) == 0)
            return true;
    return false;
}

static bool
is_utf8(const char *data, size_t size)
{
    size_t step = 1;
    for (size_t at = 0; at < size && step; at += step)
        step = text_utf8((const unsigned char *)data + at, size - at);
    return step != 0;
}

/* Piece by piece, so that each byte that begins no character costs the same, however
 * much follows it. A character that the end of a piece cuts begins the next one. */
static void
convert(iconv_t converter, const char *data, size_t size, struct buf *out)
{
    char *in = (char *)data; /* iconv() only reads */
    char text[PIECE * SPREAD];
    while (size) {
        size_t piece = size < PIECE ? size : PIECE, left = piece, room = sizeof text;
        char *to = text;
        iconv(converter, &in, &left, &to, &room);
        buf_add(out, text, sizeof text - room);
        size -= piece - left;
        if (left < piece)
            continue;
        buf_add_text(out, REPLACEMENT);
        in++;
        size--;
    }
}

bool
charset_read(const char *content_type, const char *data, size_t size, struct buf *out)
{
    if (!is_chinese(content_type) || is_utf8(data, size))
        return false;
    iconv_t converter = iconv_open("UTF-8", "GB18030");
    if (converter == (iconv_t)-1)
        return false; /* a system without the table: the decoder replaces the bytes */
    convert(converter, data, size, out);
    iconv_close(converter);
    return true;
}
