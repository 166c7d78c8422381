/* IP addresses and ranges of them: which are private, which a person allows.
 *
 * An address is 16 bytes, as of IPv6; an IPv4 address is written ::ffff:a.b.c.d. Pure:
 * no names are looked up. */
#ifndef CCGATE_BASE_RANGE_H
#define CCGATE_BASE_RANGE_H

#include <stdbool.h>
#include <stddef.h>

#define ADDRESS_SIZE 16

struct address {
    unsigned char bytes[ADDRESS_SIZE];
};

/* All addresses that begin as `first` does, for `bits` bits of 128. */
struct range {
    struct address first;
    unsigned bits;
};

/* "10.0.0.7", "fd00::7", without a zone or a port. False for anything else: the short
 * and octal spellings that resolvers read are none. */
bool address_parse(const char *text, struct address *address);

/* "10.0.0.0/8", "fd00::/8", or one address. False for anything else, and when bits
 * behind the slash are set: 10.0.0.7/8 is a mistake. */
bool range_parse(const char *text, struct range *range);

bool range_holds(const struct range *range, const struct address *address);

/* Everything that is not an address of the public internet: private, loopback,
 * link-local, metadata services, multicast, reserved; and the IPv6 forms that carry
 * such an IPv4 address (mapped, NAT64, 6to4). */
bool address_is_private(const struct address *address);

#endif
