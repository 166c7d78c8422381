/* What is added to a request as it leaves: secrets in their places. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "deliver/outgoing.h"

#define TEXT(text) ((char *)(uintptr_t)(text))

static void
secrets_are_filled_in(void **state)
{
    (void)state;
    static const struct {
        const char *body, *filled; /* NULL: refused */
    } cases[] = {
        {"{\"k\":\1routing_key\1}", "{\"k\":\"r\\\"1\"}"},
        {"\1routing_key\1\1routing_key\1", "\"r\\\"1\"\"r\\\"1\""},
        {"{}", "{}"},
        {"", ""},
        {"{\"k\":\1secret\1}", NULL},
        {"{\"k\":\1routing\1}", NULL},
        {"{\"k\":\1\1}", NULL},
        {"{\"k\":\1routing_key", NULL},
    };
    const struct conf_destination conf = {.routing_key = TEXT("r\"1"),
                                          .secret = TEXT("whsec_x")};
    const struct connector_request request = {.fill = true};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct outgoing outgoing;
        bool is_good =
            outgoing_init(&outgoing, &conf, &request, "id", cases[i].body, 7);
        assert_int_equal(is_good, cases[i].filled != NULL);
        if (is_good)
            assert_string_equal(outgoing.body, cases[i].filled);
        outgoing_fini(&outgoing);
    }
}

static void
only_where_the_kind_says_so(void **state)
{
    (void)state;
    static const char body[] = "{\"k\":\1routing_key\1}";
    const struct conf_destination conf = {.routing_key = TEXT("hidden-key")};
    const struct connector_request request = {0};
    struct outgoing outgoing;
    assert_true(outgoing_init(&outgoing, &conf, &request, "id", body, 7));
    assert_ptr_equal(outgoing.body, body);
    outgoing_fini(&outgoing);
    assert_true(outgoing_init(&outgoing, &conf, &request, "id", NULL, 7));
    assert_null(outgoing.body);
    outgoing_fini(&outgoing);
}

static void
a_key_that_is_missing_sends_nothing(void **state)
{
    (void)state;
    const struct conf_destination conf = {0};
    const struct connector_request request = {.fill = true};
    struct outgoing outgoing;
    assert_false(outgoing_init(&outgoing, &conf, &request, "id", "\1routing_key\1", 7));
    outgoing_fini(&outgoing);
}

static void
an_answer_does_not_bring_it_back(void **state)
{
    (void)state;
    const struct conf_destination conf = {.routing_key = TEXT("hidden-key")};
    char *kept = outgoing_keep_answer(&conf, "no service for hidden-key");
    assert_string_equal(kept, "no service for **********");
    free(kept);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_are_filled_in),
        cmocka_unit_test(only_where_the_kind_says_so),
        cmocka_unit_test(a_key_that_is_missing_sends_nothing),
        cmocka_unit_test(an_answer_does_not_bring_it_back),
    };
    return cmocka_run_group_tests_name("outgoing", tests, NULL, NULL);
}
