/* base/message_id.h and the hash below it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/message_id.h"
#include "base/sha256.h"
#include "net/sign.h"

/* Each way in which the end of the data may lie in a block. */
static void
test_hash_is_that_of_openssl(void **state)
{
    (void)state;
    char data[300];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (char)(i * 7);
    for (size_t size = 0; size <= sizeof data; size++) {
        unsigned char got[SHA256_SIZE], want[SIGN_SHA256_SIZE];
        sha256(data, size, got);
        sign_sha256(data, size, want);
        assert_memory_equal(got, want, SHA256_SIZE);
    }
}

static void
test_known_hash(void **state)
{
    (void)state;
    unsigned char hash[SHA256_SIZE];
    struct buf hex = {0};
    sha256("abc", 3, hash);
    sign_add_hex(&hex, hash, sizeof hash);
    assert_memory_equal(
        hex.data, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        64);
    buf_fini(&hex);
}

static void
expect(char *id, const char *same_as, bool is_same)
{
    assert_int_equal(!strcmp(id, same_as), is_same);
    free(id);
}

static void
test_what_makes_an_id(void **state)
{
    (void)state;
    char *origin = message_id_job("a", "sweep", 1763661900000);
    assert_string_equal(origin, "job/a/sweep/1763661900000");
    char *child = message_id_origin(origin, "2.7");
    assert_string_equal(child, "job/a/sweep/1763661900000/2.7");
    char *id = message_id_of_send("i", origin, "chat", 1, NULL);
    assert_int_equal(strlen(id), 4 + 43);
    assert_int_equal(strspn(id, "msg_"), 4);
    expect(message_id_origin(origin, ""), origin, true);
    expect(message_id_of_send("i", origin, "chat", 1, ""), id, true);
    expect(message_id_new("i", origin, "chat", 1), id, true);
    expect(message_id_of_send("i", origin, "chat", 2, ""), id, false);
    expect(message_id_of_send("i", child, "chat", 1, ""), id, false);
    expect(message_id_of_send("j", origin, "chat", 1, ""), id, false);
    expect(message_id_of_send("i", origin, "mail", 1, ""), id, false);
    free(id);
    id = message_id_of_send("i", origin, "chat", 1, "k");
    expect(message_id_of_send("i", child, "chat", 2, "k"), id, true);
    expect(message_id_of_send("i", origin, "mail", 1, "k"), id, false);
    free(id);
    free(child);
    free(origin);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hash_is_that_of_openssl),
        cmocka_unit_test(test_known_hash),
        cmocka_unit_test(test_what_makes_an_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
