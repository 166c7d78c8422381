/* Which format a client would rather have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "command/accept.h"

#define OPEN "application/openmetrics-text"

static void
test_preferred(void **state)
{
    (void)state;
    static const struct {
        const char *accept;
        bool is_open;
    } cases[] = {
        {NULL, false},
        {"", false},
        {",,", false},
        {"*/*", false},
        {"application/*", false},
        {"text/plain", false},
        {OPEN, true},
        {"Application/OpenMetrics-Text", true},
        {OPEN "; version=1.0.0", true},
        {OPEN ";q=0", false},
        {OPEN "; Q=0.0, */*", false},
        {OPEN "ual", false},
        {"text/html;q=0.1, " OPEN, true},
        {"text/plain, " OPEN, true},
        {"text/plain;q=0.9," OPEN ";q=0.8", false},
        {"text/plain;q=0.8 ,\t" OPEN " ; q=0.9", true},
        {OPEN ";q=", true},
        {OPEN ";q=nan", true},
        {OPEN ";q=,text/plain;q=0.1", false},
        {OPEN ";", true},
        /* Prometheus, as of 2.42. */
        {OPEN ";version=1.0.0," OPEN ";version=0.0.1;q=0.75,"
              "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
         true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (accept_prefers(cases[i].accept, OPEN, "text/plain") != cases[i].is_open)
            fail_msg("%s", cases[i].accept);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_preferred),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
