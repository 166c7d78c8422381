/* The request body that the simulated contact centre accepts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "sim/params.h"

#define BODY "{\"queryParam\":{\"ccId\":1,\"vdn\":1,\"skillIds\":[1,2]}}"

static const struct {
    const char *body, *problem; /* NULL: good */
} bodies[] = {
    {BODY, NULL},
    {" { \"queryParam\" : { \"skillIds\" : [ 1 , 2 ] , \"vdn\" : 5000 ,\r\n\t\"ccId\" : "
     "65535 } } ",
     NULL},
    {"{\"ccId\":1,\"vdn\":1,\"skillIds\":[1]}", "unknown key"},
    {"{\"queryParam\":{\"ccId\":0,\"vdn\":1,\"skillIds\":[1]}}",
     "ccId must be 1 to 65535"},
    {"{\"queryParam\":{\"ccId\":65536,\"vdn\":1,\"skillIds\":[1]}}",
     "ccId must be 1 to 65535"},
    {"{\"queryParam\":{\"ccId\":99999999999,\"vdn\":1,\"skillIds\":[1]}}",
     "ccId must be 1 to 65535"},
    {"{\"queryParam\":{\"ccId\":\"1\",\"vdn\":1,\"skillIds\":[1]}}",
     "ccId must be 1 to 65535"},
    {"{\"queryParam\":{\"ccId\":01,\"vdn\":1,\"skillIds\":[1]}}",
     "ccId must be 1 to 65535"},
    {"{\"queryParam\":{\"ccId\":1,\"vdn\":5001,\"skillIds\":[1]}}",
     "vdn must be 1 to 5000"},
    {"{\"queryParam\":{\"ccId\":1,\"vdn\":1,\"skillIds\":[0]}}",
     "skillIds must hold numbers from 1 to 10000"},
    {"{\"queryParam\":{\"ccId\":1,\"vdn\":1,\"skillIds\":[10001]}}",
     "skillIds must hold numbers from 1 to 10000"},
    {"{\"queryParam\":{\"ccId\":1,\"vdn\":1,\"skillIds\":[]}}",
     "skillIds must hold numbers from 1 to 10000"},
    {"{\"queryParam\":{\"ccId\":1,\"vdn\":1,\"skillIds\":[1,]}}",
     "skillIds must hold numbers from 1 to 10000"},
    {"{\"queryParam\":{\"ccId\":1,\"vdn\":1,\"skillIds\":1}}",
     "skillIds is not a list"},
    {"{\"queryParam\":{\"ccId\":1,\"vdn\":1}}", "ccId, vdn and skillIds are needed"},
    {"{\"queryParam\":{\"ccId\":1,\"ccId\":1,\"vdn\":1,\"skillIds\":[1]}}",
     "a key is there twice"},
    {"{\"queryParam\":{\"ccid\":1,\"vdn\":1,\"skillIds\":[1]}}", "unknown key"},
    {"{\"queryParam\":{\"ccId\":1,\"vdn\":1,\"skillIds\":[1]},\"x\":1}",
     "more than queryParam"},
    {BODY "x", "more text after the object"},
    {"{\"queryParam\":{\"ccId\":1,\"vdn\":1,\"skillIds\":[1]",
     "queryParam does not end"},
    {"", "not an object"},
};

static void
parameters_are_checked(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct params params;
        const char *problem =
            params_read(&params, bodies[i].body, strlen(bodies[i].body));
        if (bodies[i].problem) {
            assert_non_null(problem);
            assert_string_equal(problem, bodies[i].problem);
            continue;
        }
        assert_null(problem);
        assert_int_equal(params.id_count, 2);
        assert_int_equal(params.ids[0], 1);
        assert_int_equal(params.ids[1], 2);
    }
}

/* An array of exactly 1000 bytes is good, one more is not. */
static void
lists_have_a_limit(void **state)
{
    (void)state;
    struct params params;
    struct buf body = {0};
    buf_add_text(&body, "{\"queryParam\":{\"ccId\":1,\"vdn\":1,\"skillIds\":");
    size_t start = body.size;
    for (int i = 0; i < 199; i++)
        buf_format(&body, i ? ",%d" : "[%d", 1000 + i);
    buf_add_text(&body, ",100");
    size_t end = body.size;
    buf_add_text(&body, "]}}");
    assert_int_equal(end + 1 - start, 1000);
    assert_null(params_read(&params, body.data, body.size));
    assert_int_equal(params.id_count, 200);
    body.size = end;
    buf_add_text(&body, "1]}}");
    assert_string_equal(params_read(&params, body.data, body.size),
                        "skillIds is longer than 1000");
    buf_clear(&body);
    buf_add_text(&body, "{\"queryParam\":{\"ccId\":1,\"vdn\":1,\"skillIds\":[1");
    for (int i = 0; i < 5000; i++)
        buf_add_text(&body, ",1");
    buf_add_text(&body, "]}}");
    assert_string_equal(params_read(&params, body.data, body.size),
                        "skillIds is longer than 1000");
    buf_fini(&body);
}

/* Every beginning of a good body is refused. */
static void
truncated_bodies_are_refused(void **state)
{
    (void)state;
    struct params params;
    for (size_t size = 0; size < strlen(BODY); size++) {
        char *copy = malloc(size ? size : 1);
        assert_non_null(copy);
        memcpy(copy, BODY, size);
        assert_non_null(params_read(&params, copy, size));
        free(copy);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_are_checked),
        cmocka_unit_test(lists_have_a_limit),
        cmocka_unit_test(truncated_bodies_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
