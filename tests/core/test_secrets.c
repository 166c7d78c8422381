/* script/secrets.h: marks become values, and go nowhere else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "script/secrets.h"

#define TOKEN "00112233445566778899aabbccddeeff"
#define MARK  "<secret:" TOKEN ":crm>"

static struct conf_secret list[] = {
    {(char[]){"crm"}, 1, (char[]){"a\"b c/\xc3\xa4"},
     (char[]){"https://crm.example.com"}},
    {(char[]){"other"}, 2, (char[]){"value-of-other"},
     (char[]){"http://10.0.0.7:8080"}},
};
static const struct conf conf = {.secrets = list, .secret_count = 2};

static char *
fill(enum secrets_form form, const char *text, struct secrets *secrets)
{
    struct buf out = {0};
    struct error error = {0};
    *secrets = (struct secrets){.conf = &conf, .token = TOKEN};
    assert_true(secrets_fill(secrets, form, text, &out, &error));
    return buf_take(&out);
}

static void
expect(enum secrets_form form, const char *text, const char *filled, size_t used)
{
    struct secrets secrets;
    char *got = fill(form, text, &secrets);
    assert_string_equal(got, filled);
    assert_int_equal(secrets.used_count, used);
    free(got);
}

static void
test_marks_become_values(void **state)
{
    (void)state;
    expect(SECRETS_PLAIN, "Bearer " MARK, "Bearer a\"b c/\xc3\xa4", 1);
    expect(SECRETS_IN_URL, "?k=" MARK "&k=" MARK,
           "?k=a%22b%20c%2F%C3%A4&k=a%22b%20c%2F%C3%A4", 1);
    expect(SECRETS_IN_JSON, "{\"k\":\"" MARK "\"}", "{\"k\":\"a\\\"b c/\xc3\xa4\"}", 1);
    expect(SECRETS_PLAIN, MARK "<secret:" TOKEN ":other>.",
           "a\"b c/\xc3\xa4value-of-other.", 2);
}

/* Text from elsewhere is text. */
static void
test_what_is_no_mark(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "<secret:crm>",
        "<secret:00112233445566778899aabbccddeefe:crm>",
        "<secret:" TOKEN "crm>",
        "<secret:" TOKEN ":crm",
        "<secret:" TOKEN,
        "<secret::crm>",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect(SECRETS_PLAIN, texts[i], texts[i], 0);
}

static void
test_unknown_secret(void **state)
{
    (void)state;
    struct secrets secrets = {.conf = &conf, .token = TOKEN};
    struct buf out = {0};
    struct error error = {0};
    assert_false(
        secrets_fill(&secrets, SECRETS_PLAIN, "<secret:" TOKEN ":gone>", &out, &error));
    assert_string_equal(error.message,
                        "a secret that it uses is no longer in the configuration");
    buf_fini(&out);
}

static void
test_where_they_go(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        bool may_go;
    } cases[] = {
        {"https://crm.example.com", true},
        {"https://crm.example.com/calls?x=1", true},
        {"https://CRM.example.com:443/calls", true},
        /* Others read this in another way; the call goes where this says. */
        {"https://evil.example\\@crm.example.com/", true},
        {"http://crm.example.com/", false},
        {"https://crm.example.com:8443/", false},
        {"https://crm.example.com.evil.example/", false},
        {"https://crm.example.com@evil.example/", false},
        {"https://evil.example/https://crm.example.com/", false},
        {"https://evil.example#@crm.example.com/", false},
        {"https://evil.example/?https://crm.example.com", false},
        {"https://crm.example.com.", false},
        {"crm.example.com", false},
        {"", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct secrets secrets;
        struct error error = {0};
        free(fill(SECRETS_PLAIN, MARK, &secrets));
        if (secrets_may_go(&secrets, cases[i].url, &error) != cases[i].may_go)
            fail_msg("%s", cases[i].url);
        if (!cases[i].may_go)
            assert_string_equal(error.message,
                                "secret 'crm' goes to https://crm.example.com alone");
    }
    struct secrets none = {.conf = &conf, .token = TOKEN};
    assert_true(secrets_may_go(&none, "https://anywhere.example/", NULL));
}

static void
test_two_that_go_to_two_places(void **state)
{
    (void)state;
    struct secrets secrets;
    free(fill(SECRETS_PLAIN, MARK "<secret:" TOKEN ":other>", &secrets));
    assert_false(secrets_may_go(&secrets, "https://crm.example.com/", NULL));
    assert_false(secrets_may_go(&secrets, "http://10.0.0.7:8080/", NULL));
}

static void
test_answers_have_none(void **state)
{
    (void)state;
    struct secrets secrets;
    free(fill(SECRETS_PLAIN, "<secret:" TOKEN ":other>", &secrets));
    char text[] = "x\0you sent value-of-other, value-of-other";
    secrets_blot_out(&secrets, text, sizeof text - 1);
    assert_memory_equal(text, "x\0you sent **************, **************",
                        sizeof text);
}

/* A server repeats the path or the body as it came, and each has its own writing. */
static void
test_answers_have_none_in_any_form(void **state)
{
    (void)state;
    struct secrets secrets;
    free(fill(SECRETS_PLAIN, MARK, &secrets));
    char text[] = "a\"b c/\xc3\xa4 /a%22b%20c%2F%C3%A4?x {\"k\":\"a\\\"b c/\xc3\xa4\"}";
    secrets_blot_out(&secrets, text, sizeof text - 1);
    assert_string_equal(text, "******** /******************?x {\"k\":\"*********\"}");
}

static void
test_tokens_differ(void **state)
{
    (void)state;
    char one[SECRETS_TOKEN_SIZE], other[SECRETS_TOKEN_SIZE];
    secrets_make_token(one);
    secrets_make_token(other);
    assert_int_equal(strlen(one), SECRETS_TOKEN_SIZE - 1);
    assert_string_not_equal(one, other);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_marks_become_values),
        cmocka_unit_test(test_what_is_no_mark),
        cmocka_unit_test(test_unknown_secret),
        cmocka_unit_test(test_where_they_go),
        cmocka_unit_test(test_two_that_go_to_two_places),
        cmocka_unit_test(test_answers_have_none),
        cmocka_unit_test(test_answers_have_none_in_any_form),
        cmocka_unit_test(test_tokens_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
