/* ccgate-script, the real program: rules whose rows a function finds. */
#include "host_peer.h"

#define RULE(body)                                                                     \
    "local gw = require 'gateway'\n"                                                   \
    "gw.rule 'r' { every = '10s', fields = { load = 'ratio' },\n"                      \
    "when = gw.above('load', '50%'), summary = '{id}: {load:percent}',\n"              \
    "from = function(now)\n" body "\nend }\n"

static void
tick(struct peer *peer)
{
    struct buf out = {0};
    message_write_tick(&out, peer->now_ms += 1000, 0);
    peer_send(peer, &out);
}

static void
test_asks_to_be_ticked(void **state)
{
    (void)state;
    struct peer *peer = peer_with(RULE("return {}"));
    assert_int_equal(0, peer->loaded.want_count);
    assert_int_equal(10000, peer->loaded.entries[0].schedule.every_ms);
    peer_end(peer);
}

static void
test_raises_and_clears(void **state)
{
    (void)state;
    struct peer *peer = peer_with(RULE("n = (n or 0) + 1 if n == 2 then return {} end "
                                       "return { { id = 7, load = 0.75 } }"));
    tick(peer);
    peer_expect_alert(peer, "raise", "7", "7: 75%");
    tick(peer);
    peer_expect_alert(peer, "clear", "7", "");
    tick(peer);
    peer_expect_alert(peer, "raise", "7", "7: 75%");
    assert_true(peer_is_quiet(peer));
    peer_end(peer);
}

/* Ticks that come meanwhile begin nothing; what it found is judged when it has ended.
 */
static void
test_waits_and_never_overlaps_itself(void **state)
{
    (void)state;
    struct peer *peer =
        peer_with(RULE("gw.sleep '5s' return { { id = 7, load = 0.75 } }"));
    tick(peer);
    uint64_t wait = peer_expect_sleep(peer, 5000);
    tick(peer);
    tick(peer);
    assert_true(peer_is_quiet(peer));
    peer_wake(peer, wait);
    peer_expect_alert(peer, "raise", "7", "7: 75%");
    tick(peer);
    peer_expect_sleep(peer, 5000);
    peer_end(peer);
}

/* Neither raises nor clears, and is asked again. */
static void
test_what_fails_is_no_sample(void **state)
{
    (void)state;
    struct peer *peer =
        peer_with(RULE("n = (n or 0) + 1 if n == 2 then error 'no' end "
                       "if n == 3 then return nil, 'away' end "
                       "if n == 4 then gw.destination 'chat':send 'x' end "
                       "return { { id = 7, load = n < 6 and 0.75 or 0.1 } }"));
    tick(peer);
    peer_expect_alert(peer, "raise", "7", "7: 75%");
    tick(peer);
    peer_expect_log(peer, "rule r", "no");
    tick(peer);
    peer_expect_log(peer, "rule r", "from: no sample: away");
    tick(peer); /* its second failure is counted */
    tick(peer);
    assert_true(peer_is_quiet(peer));
    tick(peer);
    peer_expect_alert(peer, "clear", "7", "");
    peer_end(peer);
}

static void
test_one_that_is_switched_off_ends(void **state)
{
    (void)state;
    struct peer *peer =
        peer_with(RULE("gw.sleep '5s' return { { id = 7, load = 0.75 } }"));
    tick(peer);
    uint64_t wait = peer_expect_sleep(peer, 5000);
    peer_disable(peer, 0);
    peer_expect_forget(peer, wait);
    tick(peer);
    assert_true(peer_is_quiet(peer));
    peer_end(peer);
}

/* Its children send nothing either. */
static void
test_may_ask_several_at_once(void **state)
{
    (void)state;
    struct peer *peer = peer_with(RULE(
        "local loads = gw.map({ 1, 2 }, function(n) return n / 2 end)\n"
        "return { { id = 'a', load = loads[1] }, { id = 'b', load = loads[2] } }"));
    tick(peer);
    peer_expect_alert(peer, "raise", "b", "b: 100%");
    peer_end(peer);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_asks_to_be_ticked),
        cmocka_unit_test(test_raises_and_clears),
        cmocka_unit_test(test_waits_and_never_overlaps_itself),
        cmocka_unit_test(test_what_fails_is_no_sample),
        cmocka_unit_test(test_one_that_is_switched_off_ends),
        cmocka_unit_test(test_may_ask_several_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
