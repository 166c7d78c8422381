/* The keys of a latch: many of them, freed ones, and texts. */
#include "latching.h"

/* A latch of which only the keys are looked at. */
struct listed {
    struct condition when;
    struct latch latch;
};

static void
listed_init(struct listed *listed, const struct query *query)
{
    *listed = (struct listed){.when.query = query};
    const struct latch_terms terms = {.level_count = 1};
    const struct latch_conditions level = {&listed->when, NULL};
    latch_init(&listed->latch, &terms, &level);
}

static void
listed_fini(struct listed *listed)
{
    latch_fini(&listed->latch);
    condition_fini(&listed->when);
}

static bool
on_any_move(void *arg, const struct latch_transition *transition)
{
    (void)arg, (void)transition;
    return true;
}

static void
on_any_state(void *arg, uint32_t center, const struct key *key, const char *text)
{
    (void)arg, (void)center, (void)key, (void)text;
}

/* Raises it, or lets its row be gone. */
static void
listed_set(struct listed *listed, const struct key *key, bool raised)
{
    struct latch_round round = {.on_move = on_any_move, .on_state = on_any_state};
    struct block gone;
    if (raised) {
        latch_restore_raised(&listed->latch, 0, key);
        return;
    }
    block_init(&gone, listed->latch.query);
    key_add_row(&gone, key, ROW_GONE);
    struct row row = block_at(&gone, 0);
    latch_row(&listed->latch, &round, &row);
    block_fini(&gone);
}

/* 10,000 keys in two centres, with ids that a weak hash would put together. */
static void
test_many_keys(void **state)
{
    (void)state;
    enum { EACH = 5000 };
    static const int64_t strides[] = {1, 64, (int64_t)1 << 32, -1};
    for (size_t s = 0; s < COUNT(strides); s++) {
        struct listed listed;
        listed_init(&listed, &query_queues);
        for (int64_t i = 0; i < EACH; i++)
            for (uint32_t center = 0; center < 2; center++) {
                latch_watch(&listed.latch, center, i * strides[s]);
                if (i % 3 == center)
                    set(&listed.latch, center, i * strides[s]);
            }
        assert_int_equal(listed.latch.slot_count, 2 * EACH);
        for (int64_t i = 0; i < EACH; i++)
            for (uint32_t center = 0; center < 2; center++) {
                int64_t id = i * strides[s];
                assert_true(latch_is_watched(&listed.latch, center, id));
                assert_int_equal(is_raised(&listed.latch, center, id), i % 3 == center);
            }
        assert_false(latch_is_watched(&listed.latch, 0, EACH * strides[s]));
        assert_false(latch_is_watched(&listed.latch, 2, 0));
        listed_fini(&listed);
    }
}

/* Sets and frees keys as a bitmap does, with ids that fall into runs. */
static void
test_slots_are_freed(void **state)
{
    (void)state;
    enum { IDS = 300, STEPS = 20000 };
    struct listed listed;
    bool raised[IDS] = {false};
    size_t count = 0;
    uint32_t random = 1;
    listed_init(&listed, &query_agents);
    for (int i = 0; i < STEPS; i++) {
        random = random * 1664525u + 1013904223u;
        size_t id = random >> 8 & 0xffff;
        bool is_set = (id & 1) == 0 && count < 40;
        id = (id >> 1) % IDS;
        count += (size_t)is_set - raised[id];
        raised[id] = is_set;
        struct key key;
        key_of_id(&key, (int64_t)id << 40);
        listed_set(&listed, &key, is_set);
        assert_int_equal(listed.latch.slot_count, count);
        for (size_t j = 0; i % 50 == 0 && j < IDS; j++)
            assert_int_equal(is_raised(&listed.latch, 0, (int64_t)j << 40), raised[j]);
    }
    assert_true(listed.latch.slot_room <= 128);
    listed_fini(&listed);
}

static void
test_text_keys(void **state)
{
    (void)state;
    struct listed listed;
    struct key key, same_id;
    struct latch_kept kept;
    listed_init(&listed, &query_agent_calls);
    assert_true(key_of_text(&key, &query_agent_calls, "1-2"));
    listed_set(&listed, &key, true);
    assert_true(latch_is_raised(&listed.latch, 0, &key));
    assert_false(latch_is_raised(&listed.latch, 1, &key));
    /* The hash alone is not the key. */
    key_of_text(&same_id, &query_agent_calls, "1-3");
    same_id.id = key.id;
    assert_false(latch_is_raised(&listed.latch, 0, &same_id));
    listed_set(&listed, &same_id, true);
    assert_int_equal(listed.latch.slot_count, 2);
    listed_set(&listed, &key, false);
    assert_true(latch_is_raised(&listed.latch, 0, &same_id));
    size_t at = 0;
    assert_true(latch_next(&listed.latch, 0, &at, &kept));
    assert_string_equal(kept.key.text, "1-3");
    assert_false(kept.is_seen);
    assert_false(latch_next(&listed.latch, 0, &at, &kept));
    listed_fini(&listed);
}

/* Each at its turn, also what comes to the place of one that is freed; what cannot be
 * handed over stays. */
static bool
on_move_but_one(void *arg, const struct latch_transition *transition)
{
    return transition->key->id != *(const int64_t *)arg;
}

static void
test_all_that_is_stale_ends(void **state)
{
    (void)state;
    enum { IDS = 9 };
    for (int64_t stays = 0; stays <= IDS; stays++) {
        struct listed listed;
        struct latch_round round = {.end = LATCH_GONE,
                                    .on_move = on_move_but_one,
                                    .on_state = on_any_state,
                                    .arg = &stays};
        listed_init(&listed, &query_agents);
        for (int64_t id = 1; id <= IDS; id++)
            set(&listed.latch, id == 4, id);
        latch_end_stale(&listed.latch, &round, 0);
        for (int64_t id = 1; id <= IDS; id++)
            assert_int_equal(is_raised(&listed.latch, id == 4, id),
                             id == stays || id == 4);
        listed_fini(&listed);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_keys),
        cmocka_unit_test(test_slots_are_freed),
        cmocka_unit_test(test_text_keys),
        cmocka_unit_test(test_all_that_is_stale_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
