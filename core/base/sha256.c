#include "base/sha256.h"

#include <stdint.h>
#include <string.h>

#define BLOCK 64

/* The fractions of the cube roots of the first 64 primes. */
static const uint32_t round_words[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
    0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
    0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
    0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
    0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
    0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
    0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
    0xc67178f2,
};

static uint32_t
turn(uint32_t word, unsigned bits)
{
    return word >> bits | word << (32 - bits);
}

static void
spread(const unsigned char *block, uint32_t words[64])
{
    for (size_t i = 0; i < 16; i++)
        words[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
                   (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
    for (size_t i = 16; i < 64; i++) {
        uint32_t far = words[i - 15], near = words[i - 2];
        words[i] = words[i - 16] + words[i - 7] +
                   (turn(far, 7) ^ turn(far, 18) ^ far >> 3) +
                   (turn(near, 17) ^ turn(near, 19) ^ near >> 10);
    }
}

static void
mix(uint32_t state[8], const unsigned char *block)
{
    uint32_t words[64], s[8];
    spread(block, words);
    memcpy(s, state, sizeof s);
    for (size_t i = 0; i < 64; i++) {
        uint32_t choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
        uint32_t most = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
        uint32_t one = s[7] + (turn(s[4], 6) ^ turn(s[4], 11) ^ turn(s[4], 25)) +
                       choice + round_words[i] + words[i];
        uint32_t two = (turn(s[0], 2) ^ turn(s[0], 13) ^ turn(s[0], 22)) + most;
        memmove(s + 1, s, 7 * sizeof *s);
        s[4] += one;
        s[0] = one + two;
    }
    for (size_t i = 0; i < 8; i++)
        state[i] += s[i];
}

/* The rest of the data, a bit that ends it, zeroes, and how many bits it had. */
static void
mix_end(uint32_t state[8], const unsigned char *rest, size_t rest_size, size_t size)
{
    unsigned char blocks[2 * BLOCK] = {0};
    size_t end = rest_size + 9 <= BLOCK ? BLOCK : 2 * BLOCK;
    uint64_t bits = (uint64_t)size * 8;
    if (rest_size)
        memcpy(blocks, rest, rest_size);
    blocks[rest_size] = 0x80;
    for (size_t i = 1; i <= 8; i++, bits >>= 8)
        blocks[end - i] = (unsigned char)bits;
    for (size_t at = 0; at < end; at += BLOCK)
        mix(state, blocks + at);
}

void
sha256(const void *data, size_t size, unsigned char out[SHA256_SIZE])
{
    uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    const unsigned char *at = data;
    size_t left = size;
    for (; left >= BLOCK; left -= BLOCK, at += BLOCK)
        mix(state, at);
    mix_end(state, at, left, size);
    for (size_t i = 0; i < SHA256_SIZE; i++)
        out[i] = (unsigned char)(state[i / 4] >> (24 - 8 * (i % 4)));
}
