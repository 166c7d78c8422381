/* SHA-256 (FIPS 180-4), for names alone: what is signed is OpenSSL's (net/sign.h),
 * which a script host, behind its fence, does not have. */
#ifndef CCGATE_BASE_SHA256_H
#define CCGATE_BASE_SHA256_H

#include <stddef.h>

#define SHA256_SIZE 32

void sha256(const void *data, size_t size, unsigned char out[SHA256_SIZE]);

#endif
