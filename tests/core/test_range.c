/* Addresses and ranges: what is written right, what holds what, what is private. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/range.h"

static struct address
address(const char *text)
{
    struct address found;
    if (!address_parse(text, &found))
        fail_msg("%s is no address", text);
    return found;
}

static void
ranges_are_read(void **state)
{
    (void)state;
    static const char *const good[] = {
        "10.0.0.0/8", "10.1.2.3", "10.1.2.3/32",  "0.0.0.0/0",           "fd00::/8",
        "fd00::7",    "::/0",     "10.128.0.0/9", "::ffff:10.0.0.0/104",
    };
    static const char *const bad[] = {
        "",          "10.0.0.7/8",   "10.0.0.0/33", "10.0.0.0/",  "10.0.0.0/-1",
        "10.1",      "0x7f.0.0.1",   "10.0.0.0/8 ", "fd00::/129", "fd00::1/8",
        "localhost", "10.0.0.0/8/8", "/8",          "[::1]",      "10.0.0.0/+8",
    };
    struct range range;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!range_parse(good[i], &range))
            fail_msg("%s is refused", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (range_parse(bad[i], &range))
            fail_msg("%s is taken", bad[i]);
}

static void
ranges_hold_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *range, *address;
        bool is_held;
    } cases[] = {
        {"10.0.0.0/8", "10.255.0.1", true},
        {"10.0.0.0/8", "11.0.0.0", false},
        {"10.128.0.0/9", "10.128.0.0", true},
        {"10.128.0.0/9", "10.127.255.255", false},
        {"10.0.0.7", "10.0.0.7", true},
        {"10.0.0.7", "10.0.0.6", false},
        {"0.0.0.0/0", "8.8.8.8", true},
        {"0.0.0.0/0", "2000::1", false},
        {"10.0.0.0/8", "::ffff:10.0.0.1", true},
        {"fd00::/8", "fdff::1", true},
        {"fd00::/8", "fe00::1", false},
        {"::/0", "10.0.0.1", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct range range;
        struct address held = address(cases[i].address);
        assert_true(range_parse(cases[i].range, &range));
        if (range_holds(&range, &held) != cases[i].is_held)
            fail_msg("%s and %s", cases[i].range, cases[i].address);
    }
}

static const char *const inside[] = {
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.0",
    "10.255.255.255",
    "100.64.0.0",
    "100.127.255.255",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.255",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.0",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "4000::1",
};

static const char *const outside[] = {
    "1.1.1.1",          "8.8.8.8",         "9.255.255.255",   "11.0.0.0",
    "100.63.255.255",   "100.128.0.0",     "126.255.255.255", "128.0.0.0",
    "168.63.129.17",    "169.253.255.255", "169.255.0.0",     "172.15.255.255",
    "172.32.0.0",       "192.0.1.0",       "192.167.255.255", "192.169.0.0",
    "198.17.255.255",   "198.20.0.0",      "223.255.255.255", "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8", "2002:808:808::1", "2606:4700::1111", "2001:4860::8888",
    "2a00:1450::200e"};

static void
all_are(const char *const *list, size_t count, bool is_private)
{
    for (size_t i = 0; i < count; i++) {
        struct address found = address(list[i]);
        if (address_is_private(&found) != is_private)
            fail_msg("%s is said to be %s", list[i], is_private ? "public" : "private");
    }
}

static void
private_addresses_are_known(void **state)
{
    (void)state;
    all_are(inside, sizeof inside / sizeof *inside, true);
    all_are(outside, sizeof outside / sizeof *outside, false);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_are_read),
        cmocka_unit_test(ranges_hold_addresses),
        cmocka_unit_test(private_addresses_are_known),
    };
    return cmocka_run_group_tests_name("range", tests, NULL, NULL);
}
