/* Names of alerts and messages that are the same after every restart. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "deliver/notify.h"
#include "net/sign.h"

#define FINGERPRINT_BYTES 8

static void
add_part(struct buf *parts, const char *part)
{
    buf_add(parts, part, strlen(part) + 1);
}

static void
hash_parts(const char *const *list, size_t count, unsigned char out[SIGN_SHA256_SIZE])
{
    struct buf parts = {0};
    for (size_t i = 0; i < count; i++)
        add_part(&parts, list[i]);
    sign_sha256(parts.data, parts.size, out);
    buf_fini(&parts);
}

void
notify_fingerprint(const char *name, const char *center, const char *rule,
                   const char *key, char out[17])
{
    unsigned char hash[SIGN_SHA256_SIZE];
    hash_parts((const char *const[]){name, center, rule, key}, 4, hash);
    struct buf hex = {0};
    sign_add_hex(&hex, hash, FINGERPRINT_BYTES);
    memcpy(out, hex.data, 17);
    buf_fini(&hex);
}
