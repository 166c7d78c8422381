#include "base/range.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define BITS_ALL  (8 * ADDRESS_SIZE)
#define BITS_IPV4 32

/* ---- reading ---- */

static struct address
of_ipv4(const unsigned char bytes[4])
{
    struct address address = {{[10] = 0xff, [11] = 0xff}};
    memcpy(address.bytes + 12, bytes, 4);
    return address;
}

/* `spare` are the bits that its family does not use. */
static bool
parse(const char *text, struct address *address, unsigned *spare)
{
    unsigned char ipv4[4];
    *spare = 0;
    if (inet_pton(AF_INET6, text, address->bytes) == 1)
        return true;
    if (inet_pton(AF_INET, text, ipv4) != 1)
        return false;
    *address = of_ipv4(ipv4);
    *spare = BITS_ALL - BITS_IPV4;
    return true;
}

bool
address_parse(const char *text, struct address *address)
{
    unsigned spare;
    return parse(text, address, &spare);
}

/* Every bit behind the first `bits` is zero. */
static bool
ends_at(const struct address *address, unsigned bits)
{
    for (unsigned at = bits; at < BITS_ALL; at++)
        if (address->bytes[at / 8] & (0x80 >> at % 8))
            return false;
    return true;
}

static bool
parse_range(char *text, struct range *range)
{
    int64_t bits = BITS_ALL;
    unsigned spare;
    char *slash = strchr(text, '/');
    if (slash)
        *slash = '\0';
    if (!parse(text, &range->first, &spare))
        return false;
    if (slash &&
        (!text_integer(slash + 1, &bits) || bits < 0 || bits > BITS_ALL - spare))
        return false;
    range->bits = slash ? (unsigned)bits + spare : BITS_ALL;
    return ends_at(&range->first, range->bits);
}

bool
range_parse(const char *text, struct range *range)
{
    char *copy = mem_text(text);
    bool is_range = parse_range(copy, range);
    free(copy);
    return is_range;
}

bool
range_holds(const struct range *range, const struct address *address)
{
    unsigned whole = range->bits / 8, rest = range->bits % 8;
    if (memcmp(range->first.bytes, address->bytes, whole) != 0)
        return false;
    unsigned differ =
        rest ? (unsigned)(range->first.bytes[whole] ^ address->bytes[whole]) : 0;
    return differ >> (8 - rest) == 0;
}

/* ---- what is private ---- */

enum what {
    WHAT_PRIVATE,
    WHAT_PUBLIC,
    WHAT_CARRIER, /* as private as the IPv4 address that it carries at `offset` */
};

/* The first one that holds an address decides; IANA's special-purpose registries, and
 * where clouds serve their metadata. An IPv6 address that is not in 2000::/3 is not
 * routed at all, so the last rows say no. */
static const struct {
    unsigned char first[ADDRESS_SIZE];
    unsigned bits;
    enum what what;
    size_t offset;
} special[] = {
#define IPV4(a, b, c, d, bits)                                                         \
    {                                                                                  \
        {[10] = 0xff, [11] = 0xff, [12] = a, [13] = b, [14] = c, [15] = d},            \
            96 + (bits), WHAT_PRIVATE, 0                                               \
    }
    IPV4(0, 0, 0, 0, 8),        /* this host */
    IPV4(10, 0, 0, 0, 8),       /* private */
    IPV4(100, 64, 0, 0, 10),    /* carriers' NAT; 100.100.100.200 */
    IPV4(127, 0, 0, 0, 8),      /* loopback */
    IPV4(168, 63, 129, 16, 32), /* a cloud's host */
    IPV4(169, 254, 0, 0, 16),   /* link-local; 169.254.169.254 */
    IPV4(172, 16, 0, 0, 12),    /* private */
    IPV4(192, 0, 0, 0, 24),     /* protocols; 192.0.0.192 */
    IPV4(192, 0, 2, 0, 24),     /* documentation */
    IPV4(192, 88, 99, 0, 24),   /* 6to4 relays */
    IPV4(192, 168, 0, 0, 16),   /* private */
    IPV4(198, 18, 0, 0, 15),    /* benchmarks */
    IPV4(198, 51, 100, 0, 24),  /* documentation */
    IPV4(203, 0, 113, 0, 24),   /* documentation */
    IPV4(224, 0, 0, 0, 3),      /* multicast, reserved, broadcast */
#undef IPV4
    {{[10] = 0xff, [11] = 0xff}, 96, WHAT_PUBLIC, 0},
    {{0x00, 0x64, 0xff, 0x9b}, 96, WHAT_CARRIER, 12}, /* NAT64 */
    {{0x20, 0x02}, 16, WHAT_CARRIER, 2},              /* 6to4 */
    {{0x20, 0x01}, 23, WHAT_PRIVATE, 0},              /* protocols, Teredo */
    {{0x20, 0x01, 0x0d, 0xb8}, 32, WHAT_PRIVATE, 0},  /* documentation */
    {{0x3f, 0xff}, 20, WHAT_PRIVATE, 0},              /* documentation */
    {{0x20}, 3, WHAT_PUBLIC, 0},
    {{0}, 0, WHAT_PRIVATE, 0},
};

bool
address_is_private(const struct address *address)
{
    size_t at = 0;
    struct range range;
    do {
        memcpy(range.first.bytes, special[at].first, ADDRESS_SIZE);
        range.bits = special[at].bits;
    } while (!range_holds(&range, address) && ++at);
    if (special[at].what != WHAT_CARRIER)
        return special[at].what == WHAT_PRIVATE;
    struct address carried = of_ipv4(address->bytes + special[at].offset);
    return address_is_private(&carried);
}
