#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/sign.h"

/* 2024-08-02T00:00:00Z */
#define VECTOR_TIME INT64_C(1722556800000)

#define PATH_CALLS "/rest/cmsapp/v1/openapi/agent/queryagentcalls"
#define BODY_CALLS "{\"ccId\":1,\"vdn\":170,\"agentId\":1099}"
#define BODY_UTF8  "{\"ccId\":1,\"vdn\":1,\"d\":\"café 中~*'()\"}"

static const struct sign_pair query_v5[] = {{"b", "2 /é"}, {"a", ""}, {"a1", "x&y=z"}};

struct vector {
    const char *name;
    bool host_only, millis, empty_line;
    const char *method, *path;
    const struct sign_pair *query;
    size_t query_count;
    const char *body;
    const char *signature;
};

static const struct vector vectors[] = {
    {"V1", false, false, false, "POST", PATH_CALLS, NULL, 0, BODY_CALLS,
     "26ad3cb70f9cf7c8bb3f0cda182c3451e33f7b8e0d803811e54f41e32229f3d2"},
    {"V2", false, true, false, "POST", PATH_CALLS, NULL, 0, BODY_CALLS,
     "283c730b53ac4baa28f599fc6bae24f9dde3d6ed496d37131526fb0cd8e30718"},
    {"V3", false, true, true, "POST", PATH_CALLS, NULL, 0, BODY_CALLS,
     "5aaa6de93ae303ff965586dccc149656d62c4b8ec976468437b31254b23fdbcb"},
    {"V4", true, false, false, "POST", PATH_CALLS, NULL, 0, BODY_CALLS,
     "3ff8bcd03b5afa5dde1b072d833f7a1f3f46f4f1c8e996281daa3ea51e974a9c"},
    {"V5", true, false, false, "GET", "/rest/cmsapp/v1/openapi/x", query_v5, 3, NULL,
     "e6721cb1625b82d5ee6e652193e1fce10465207f579899957e698d26f7ced7bb"},
    {"V6", false, false, false, "POST", PATH_CALLS, NULL, 0, BODY_UTF8,
     "f29d943e363778c2dcac57347c98e311da6f58f1212d648e1b87179f25d4f830"},
    {"V7", false, false, true, "POST", PATH_CALLS, NULL, 0, BODY_CALLS,
     "a488ffb3fbc1cd0c3e091c92afd071e92bef1475faca61922d39fc2f7413481f"},
};

static struct sign_options
options_of(const struct vector *vector)
{
    return (struct sign_options){
        .access_key = "globalaktest",
        .secret_key = "0123456789abcdef0123456789abcdef",
        .host_only = vector->host_only,
        .timestamp_millis = vector->millis,
        .empty_query_line = vector->empty_line,
    };
}

static struct sign_message
message_of(const struct vector *vector)
{
    return (struct sign_message){
        .method = vector->method,
        .path = vector->path,
        .query = vector->query,
        .query_count = vector->query_count,
        .host = "10.22.26.181:28080",
        .content_type = "application/json;charset=UTF-8",
        .body = vector->body,
        .body_size = vector->body ? strlen(vector->body) : 0,
    };
}

static void
test_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        const struct vector *vector = &vectors[i];
        struct sign_options options = options_of(vector);
        struct sign_message message = message_of(vector);
        struct buf expected = {0}, got = {0};
        buf_format(&expected, "auth-v2/globalaktest/2024-08-02T00:00:00%sZ/%s/%s",
                   vector->millis ? ".000" : "",
                   vector->host_only ? "host" : "content-length;content-type;host",
                   vector->signature);
        sign_request(&options, &message, VECTOR_TIME, &got);
        if (strcmp(got.data, expected.data) != 0)
            fail_msg("%s: %s", vector->name, got.data);
        buf_fini(&expected);
        buf_fini(&got);
    }
}

static void
check_canonical(const struct vector *vector, const char *expected)
{
    struct sign_options options = options_of(vector);
    struct sign_message message = message_of(vector);
    struct buf got = {0};
    sign_canonical(&options, &message, &got);
    assert_string_equal(got.data, expected);
    buf_fini(&got);
}

static void
test_canonical(void **state)
{
    (void)state;
    check_canonical(&vectors[0],
                    "POST\n" PATH_CALLS "\ncontent-length;content-type;host\n"
                    "content-length:35\n"
                    "content-type:application%2Fjson%3Bcharset%3DUTF-8\n"
                    "host:10.22.26.181%3A28080\n"
                    "%7B%22ccId%22%3A1%2C%22vdn%22%3A170%2C%22agentId%22%3A1099%7D");
    check_canonical(&vectors[4], "GET\n/rest/cmsapp/v1/openapi/x\n"
                                 "a1=x%26y%3Dz&a=&b=2%20%2F%C3%A9\n"
                                 "host\nhost:10.22.26.181%3A28080\n");
}

static void
test_query_is_a_set(void **state)
{
    (void)state;
    static const struct sign_pair query[] = {
        {"b", "1"}, {"a", "2"}, {"b", "1"}, {"a", "1"}};
    struct vector vector = vectors[4];
    vector.query = query;
    vector.query_count = 4;
    check_canonical(&vector, "GET\n/rest/cmsapp/v1/openapi/x\na=1&a=2&b=1\n"
                             "host\nhost:10.22.26.181%3A28080\n");
}

static void
test_header_values_are_trimmed(void **state)
{
    (void)state;
    struct sign_options options = options_of(&vectors[0]);
    struct sign_message message = message_of(&vectors[0]);
    struct buf plain = {0}, padded = {0};
    sign_request(&options, &message, VECTOR_TIME, &plain);
    message.content_type = " application/json;charset=UTF-8 \t";
    message.host = "\t10.22.26.181:28080 ";
    sign_request(&options, &message, VECTOR_TIME, &padded);
    assert_string_equal(padded.data, plain.data);
    buf_fini(&plain);
    buf_fini(&padded);
}

static void
test_hashes(void **state)
{
    (void)state;
    unsigned char hash[SIGN_SHA256_SIZE];
    struct buf text = {0};
    sign_sha256("abc", 3, hash);
    sign_add_hex(&text, hash, sizeof hash);
    assert_string_equal(
        text.data, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    /* RFC 4231, case 2 */
    buf_clear(&text);
    sign_hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, hash);
    sign_add_hex(&text, hash, sizeof hash);
    assert_string_equal(
        text.data, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    buf_clear(&text);
    sign_hmac_sha256("", 0, NULL, 0, hash);
    sign_add_hex(&text, hash, sizeof hash);
    assert_string_equal(
        text.data, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
    buf_fini(&text);
}

struct text_case {
    const char *data;
    size_t size;
    const char *hex, *base64;
};

static void
test_texts(void **state)
{
    (void)state;
    static const struct text_case cases[] = {
        {"", 0, "", ""},
        {"\x00", 1, "00", "AA=="},
        {"\xff", 1, "ff", "/w=="},
        {"\x00\xff", 2, "00ff", "AP8="},
        {"foo", 3, "666f6f", "Zm9v"},
        {"foob", 4, "666f6f62", "Zm9vYg=="},
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
         "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
         32, "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
         "//////////////////////////////////////////8="},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf text = {0};
        sign_add_hex(&text, cases[i].data, cases[i].size);
        buf_add_text(&text, " ");
        sign_add_base64(&text, cases[i].data, cases[i].size);
        struct buf expected = {0};
        buf_format(&expected, "%s %s", cases[i].hex, cases[i].base64);
        assert_string_equal(text.data, expected.data);
        buf_fini(&text);
        buf_fini(&expected);
    }
}

static void
test_standard_webhook(void **state)
{
    (void)state;
    static const char body[] = "{\"test\": 2432232314}";
    struct buf text = {0};
    assert_true(sign_standard_webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                                      "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body,
                                      sizeof body - 1, &text));
    assert_string_equal(text.data, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    buf_fini(&text);
}

static void
test_webhook_secrets(void **state)
{
    (void)state;
    static const struct {
        const char *secret;
        bool is_one;
    } cases[] = {
        {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", true}, /* 24 bytes */
        {"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", false},
        {"whsec_", false},
        {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaA=", false}, /* 23 bytes */
        {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAA==", true},
        {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAA", false}, /* not padded */
        {"whsec_MfKQ9r8GKYqrTwjU PD8ILPZIo2LaLaS", false},
        {"whsec_MfKQ9r8GKYqrTwjUPD8I=PZIo2LaLaSw", false},
        {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaL===", false},
        {"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
         "AAAAAAAAAAAAAAAAAAAAAA==",
         true}, /* 64 bytes */
        {"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
         "AAAAAAAAAAAAAAAAAAAAAAA=",
         false}, /* 65 bytes */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf text = {0};
        if (sign_is_webhook_secret(cases[i].secret) != cases[i].is_one)
            fail_msg("%s", cases[i].secret);
        assert_int_equal(
            sign_standard_webhook(cases[i].secret, "msg_1", 1, "x", 1, &text),
            cases[i].is_one);
        assert_int_equal(text.size > 0, cases[i].is_one);
        buf_fini(&text);
    }
}

static void
test_equal(void **state)
{
    (void)state;
    assert_true(sign_equal("", ""));
    assert_true(sign_equal("v1,abc", "v1,abc"));
    assert_false(sign_equal("v1,abc", "v1,abd"));
    assert_false(sign_equal("v1,abc", "v1,ab"));
    assert_false(sign_equal("", "v1"));
}

static void
test_random(void **state)
{
    (void)state;
    unsigned char one[32] = {0}, two[32] = {0};
    sign_random(one, sizeof one);
    sign_random(two, sizeof two);
    assert_memory_not_equal(one, two, sizeof one);
    for (int i = 0; i < 100; i++) {
        double share = sign_random_share();
        assert_true(share >= 0 && share < 1);
    }
    assert_true(sign_random_share() != sign_random_share() ||
                sign_random_share() != sign_random_share());
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_canonical),
        cmocka_unit_test(test_query_is_a_set),
        cmocka_unit_test(test_header_values_are_trimmed),
        cmocka_unit_test(test_hashes),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_standard_webhook),
        cmocka_unit_test(test_webhook_secrets),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
