/* Where the keys of a rule stand, while hosts and rules come and go. */
#include "supervising.h"

#include "base/text.h"

/* Every answer of the centre has calls that wait: it is pending for three seconds. The
 * machine may be slow, so that only a minute between samples starts a hold anew. */
#define HELD(name)                                                                     \
    "local gw = require \"gateway\"\n"                                                 \
    "gw.rule \"" name "\" { from = gw.queues { 1 }, every = \"1s\", hold = \"3s\",\n"  \
    "  stale_after = \"1m\", when = gw.above(\"calls_waiting\", 0), send = \"book\" }\n"

struct heard {
    size_t count;
    char script[64], text[256];
};

static void
on_state(void *arg, const struct key_state_record *record)
{
    struct heard *heard = arg;
    heard->count++;
    snprintf(heard->script, sizeof heard->script, "%s", record->script);
    snprintf(heard->text, sizeof heard->text, "%s", record->state);
}

static struct heard
states_of(const char *rule)
{
    struct heard heard = {0};
    notify_each_state(gateway.notify, rule, on_state, &heard);
    return heard;
}

static struct heard
wait_for_state(const char *rule, const char *word)
{
    struct heard heard = {0};
    for (int64_t until = clock_mono_ms() + 15000; !strstr(heard.text, word);) {
        if (clock_mono_ms() > until)
            fail_msg("rule %s: '%s' has no %s", rule, heard.text, word);
        polling_run_for(gateway.polling, 2);
        heard = states_of(rule);
    }
    return heard;
}

/* What stands behind the "@": since when it has been true. */
static int64_t
since_of(const struct heard *heard)
{
    int64_t since;
    const char *at = strchr(heard->text, '@');
    assert_non_null(at);
    assert_true(text_integer(at + 1, &since));
    return since;
}

static void
test_hold_survives_its_host(void **state)
{
    (void)state;
    write_script("a", HELD("held"));
    supervisor_start(gateway.supervisor);
    struct heard pending = wait_for_state("held", "pending@");
    assert_int_equal(raised_of("held"), 0);
    kill(only_host(), SIGKILL);
    struct heard raised = wait_for_state("held", "raised@");
    assert_int_equal(since_of(&raised), since_of(&pending));
    assert_int_equal(raised_of("held"), 1);
}

static void
test_hold_moves_with_its_rule(void **state)
{
    (void)state;
    write_script("a", HELD("held"));
    supervisor_start(gateway.supervisor);
    struct heard pending = wait_for_state("held", "pending@");
    assert_string_equal(pending.script, "a");
    delete_script("a");
    write_script("b", HELD("held"));
    reload(&gateway.conf, true);
    struct heard raised = wait_for_state("held", "raised@");
    assert_string_equal(raised.script, "b");
    assert_int_equal(since_of(&raised), since_of(&pending));
}

static void
test_states_go_with_their_rule(void **state)
{
    (void)state;
    write_script("a", HELD("held"));
    supervisor_start(gateway.supervisor);
    wait_for_state("held", "pending@");
    write_script("a", HELD("other"));
    reload(&gateway.conf, true);
    assert_int_equal(states_of("held").count, 0);
    wait_for_state("other", "pending@");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_hold_survives_its_host, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hold_moves_with_its_rule, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_states_go_with_their_rule, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
