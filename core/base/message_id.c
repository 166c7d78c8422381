#include "base/message_id.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/sha256.h"

#define DIGITS 43 /* of 256 bits, 5.954 bits each */

static void
add_part(struct buf *parts, const char *part)
{
    buf_add(parts, part, strlen(part) + 1);
}

/* The hash as one big-endian number, always with as many digits. */
static void
add_base62(struct buf *out, unsigned char number[SHA256_SIZE])
{
    static const char digits[] =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    char *at = buf_reserve(out, DIGITS);
    for (size_t digit = DIGITS; digit-- > 0;) {
        unsigned rest = 0;
        for (size_t i = 0; i < SHA256_SIZE; i++) {
            rest = rest << 8 | number[i];
            number[i] = (unsigned char)(rest / 62);
            rest %= 62;
        }
        at[digit] = digits[rest];
    }
    out->size += DIGITS;
}

char *
message_id_new(const char *instance, const char *origin, const char *destination,
               uint64_t ordinal)
{
    unsigned char hash[SHA256_SIZE];
    struct buf parts = {0}, id = {0};
    char *number = mem_format("%llu", (unsigned long long)ordinal);
    add_part(&parts, instance);
    add_part(&parts, origin);
    add_part(&parts, destination);
    add_part(&parts, number);
    sha256(parts.data, parts.size, hash);
    free(number);
    buf_fini(&parts);
    buf_add_text(&id, "msg_");
    add_base62(&id, hash);
    return buf_take(&id);
}

char *
message_id_of_send(const char *instance, const char *origin, const char *destination,
                   uint32_t ordinal, const char *key)
{
    if (!key || !*key)
        return message_id_new(instance, origin, destination, ordinal);
    char *named = mem_format("key %s", key);
    char *id = message_id_new(instance, named, destination, 0);
    free(named);
    return id;
}

char *
message_id_origin(const char *run, const char *path)
{
    return mem_format("%s%s%s", run, *path ? "/" : "", path);
}

char *
message_id_job(const char *script, const char *job, int64_t scheduled_ms)
{
    return mem_format("job/%s/%s/%lld", script, job, (long long)scheduled_ms);
}
