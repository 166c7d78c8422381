/* ccgate-script, the real program, with scripts over lists. */
#include "host_peer.h"

/* A sample of agents who are at rest; ends with 0. */
static void
sample_resting(struct peer *peer, int64_t queue, const int64_t *agents)
{
    struct buf out = {0};
    struct block block;
    block_init(&block, &query_agents);
    size_t name = (size_t)query_field(&query_agents, "name");
    size_t code = (size_t)query_field(&query_agents, "state_code");
    for (; *agents; agents++) {
        int64_t *row = block_add(&block);
        row[0] = 1 | (int64_t)1 << name | (int64_t)1 << code;
        row[1] = *agents;
        row[1 + name] = (int64_t)block.text.size << 32 | 3;
        row[1 + code] = 8;
        buf_add(&block.text, "Ann", 3);
    }
    struct message_rows rows = {.query = &query_agents,
                                .row_count = (uint32_t)block.row_count,
                                .cells = block.cells,
                                .argument = queue,
                                .text = block.text.data,
                                .text_size = block.text.size};
    assert_true(message_write_rows(&out, peer->now_ms += 1000, &rows));
    peer_send(peer, &out);
    block_fini(&block);
}

#define LONG_REST                                                                      \
    "local gw = require 'gateway'\n"                                                   \
    "gw.rule 'long-rest' { from = gw.agents { queues = { 7, 8 } },\n"                  \
    "when = gw.equal('state', 'rest'), summary = '{name} is at {state}' }\n"

static void
test_agents(void **state)
{
    (void)state;
    struct peer *peer = peer_with(LONG_REST);
    assert_ptr_equal(peer->loaded.wants[0].query, &query_agents);
    assert_int_equal(peer->loaded.wants[0].id_count, 2);
    sample_resting(peer, 7, (int64_t[]){1099, 0});
    peer_expect_alert(peer, "raise", "1099", "\"summary\":\"Ann is at rest\"");
    sample_resting(peer, 8, (int64_t[]){1099, 0});
    sample_resting(peer, 7, (int64_t[]){0});
    assert_true(peer_is_quiet(peer));
    sample_resting(peer, 8, (int64_t[]){0});
    peer_expect_alert(peer, "clear", "1099", "\"reason\":\"gone\"");
    peer_end(peer);
}

static void
test_agents_after_a_restart(void **state)
{
    (void)state;
    struct peer *peer = peer_with(LONG_REST);
    struct buf out = {0};
    struct message_list list = {0};
    message_put_kept(&list, &(struct message_kept){0, 0, "1099", ""});
    message_put_kept(&list, &(struct message_kept){0, 0, "1100", ""});
    assert_true(message_write_restore(&out, peer->now_ms, &list));
    message_list_fini(&list);
    peer_send(peer, &out);
    sample_resting(peer, 7, (int64_t[]){1100, 0});
    assert_true(peer_is_quiet(peer)); /* queue 8 has not been answered */
    sample_resting(peer, 8, (int64_t[]){0});
    peer_expect_alert(peer, "clear", "1099", "\"reason\":\"gone\"");
    assert_true(peer_is_quiet(peer));
    peer_end(peer);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agents),
        cmocka_unit_test(test_agents_after_a_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
