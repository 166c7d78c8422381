/* Handlers whose rule is switched off, or was removed: with real hosts. */
#include "supervising.h"

#define BUSY(when, handlers)                                                           \
    "local gw = require 'gateway'\n"                                                   \
    "local kept, samples = gw.store(), 0\n"                                            \
    "gw.rule 'busy' { from = gw.queues { 1 }, every = '1s', when = " when ",\n"        \
    "  summary = 'x', send = 'book', " handlers " }\n"

/* Raises at the first sample, which asks twice, and is switched off after three others.
 */
#define SPIN                                                                           \
    "function () samples = samples + 1\n"                                              \
    "  while samples > 2 do end return true end"

#define RAISE "gw.above('calls_waiting', 0)"

#define SLEEPS "on_raise = function () gw.sleep '1h' end"
#define KEEPS  "on_raise = function (_, alert) kept.run = 'run ' .. alert.attempt end"

struct search {
    const char *wanted;
    bool is_found;
};

static void
on_kept(void *arg, const struct kept_record *record)
{
    struct search *search = arg;
    search->is_found |= memmem(record->value, record->size, search->wanted,
                               strlen(search->wanted)) != NULL;
}

static bool
is_kept(const char *wanted)
{
    struct search search = {.wanted = wanted};
    notify_each_kept(gateway.notify, "a", on_kept, &search);
    return search.is_found;
}

static void
look_for_off(void *arg, const struct entry_look *look)
{
    *(bool *)arg |= !strcmp(look->state, "switched off");
}

static bool
is_off(void)
{
    bool found = false;
    supervisor_each_entry(gateway.supervisor, look_for_off, &found);
    return found;
}

#define wait_until(condition)                                                          \
    for (int64_t until = clock_mono_ms() + 20000; !(condition);) {                     \
        if (clock_mono_ms() > until)                                                   \
            fail_msg("never: %s", #condition);                                         \
        polling_run_for(gateway.polling, 5);                                           \
    }

/* The run that was under way is not done: it runs again with the mended script. */
static void
those_of_a_rule_that_is_switched_off_wait(void **state)
{
    (void)state;
    gateway.conf.limits.cpu_ms = 50;
    write_script("a", BUSY(SPIN, SLEEPS));
    start();
    wait_until_raised("busy", 1);
    wait_until(is_off());
    write_script("a", BUSY(RAISE, KEEPS));
    reload(&gateway.conf, true);
    wait_until(is_kept("run 2"));
}

static bool
is_any(const void *arg, const char *rule)
{
    (void)arg, (void)rule;
    return true;
}

static void
those_of_a_removed_rule_end(void **state)
{
    (void)state;
    write_script("a", BUSY(RAISE, "on_clear = function () end"));
    start();
    wait_until_raised("busy", 1);
    write_script("a", RULE("other", 2));
    reload(&gateway.conf, true);
    wait_until_raised("busy", 0);
    wait_until_raised("other", 1);
    assert_false(notify_claim(gateway.notify, NULL, is_any));
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        test(those_of_a_rule_that_is_switched_off_wait),
        test(those_of_a_removed_rule_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
