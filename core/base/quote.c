#include "base/quote.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"

#define DELETE 0x7f

/* The letter behind the backslash of what has a short escape. */
static const char short_escapes[128] = {
    ['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
    ['\n'] = 'n', ['\r'] = 'r',  ['\t'] = 't',
};

static bool
is_plain(unsigned char byte)
{
    return byte >= 0x20 && byte < DELETE && byte != '"' && byte != '\\';
}

size_t
quote_run(const char *text, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t at = 0;
    while (at < size) {
        if (is_plain(bytes[at])) {
            at++;
            continue;
        }
        size_t length = bytes[at] > DELETE ? text_utf8(bytes + at, size - at) : 0;
        if (!length)
            break;
        at += length;
    }
    return at;
}

static size_t
put(char *out, const char *text, size_t size)
{
    memcpy(out, text, size);
    return size;
}

size_t
quote_byte(char byte, char *out)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char code = (unsigned char)byte;
    if (code > DELETE)
        return put(out, "\xef\xbf\xbd", 3);
    if (short_escapes[code])
        return put(out, (const char[]){'\\', short_escapes[code]}, 2);
    return put(
        out, (const char[]){'\\', 'u', '0', '0', digits[code >> 4], digits[code & 15]},
        6);
}
