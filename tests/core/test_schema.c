/* The descriptors are well-formed, requests are what the documents show, blocks and
 * derived values behave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/schema.h"

static void
descriptors_are_whole(void **state)
{
    (void)state;
    for (size_t q = 0; queries[q]; q++) {
        assert_ptr_equal(query_find(queries[q]->name), queries[q]);
        assert_int_equal(query_number(queries[q]), q);
    }
    for (size_t q = 0; queries[q]; q++) {
        const struct query *query = queries[q];
        assert_true(query->field_count <= 62);
        assert_true(query->fields[query->key].required);
        assert_non_null(query_range(query, 2023));
        assert_non_null(query_range(query, 2025));
        assert_null(query_range(query, 2024));
        for (size_t i = 0; i < query->field_count; i++) {
            const struct field *field = &query->fields[i];
            assert_int_equal(query_field(query, field->name), i);
            bool is_sent = field->kind <= FIELD_SKILLS;
            assert_int_equal(field->wire != NULL, is_sent && !query->is_bare);
            assert_int_equal(field->codes != NULL, field->kind == FIELD_WORD);
            if (field->codes)
                assert_int_equal(query->fields[field->over].kind, FIELD_INTEGER);
            assert_int_equal(field->doc[strlen(field->doc) - 1], '.');
            bool ends_so = strlen(field->name) > 3 &&
                           !strcmp(field->name + strlen(field->name) - 3, "_5m");
            assert_int_equal(field->window_5m, ends_so);
        }
    }
    assert_null(query_find("queue"));
    assert_int_equal(query_field(&query_queues, "callWaitNums"), -1);
}

/* The names that rules are written with, their wire names and units. */
static const struct {
    const char *name, *wire;
    enum field_unit unit;
} queue_fields[] = {
    {"id", "skillId", UNIT_NONE},
    {"name", NULL, UNIT_NONE},
    {"agents_signed_in", "agentLoginNums", UNIT_COUNT},
    {"agents_talking", "agentTalkingNums", UNIT_COUNT},
    {"agents_idle", "agentIdleNums", UNIT_COUNT},
    {"agents_available", "agentAvailableNums", UNIT_COUNT},
    {"agents_busy", "agentSetBusyNums", UNIT_COUNT},
    {"agents_resting", "agentRestNums", UNIT_COUNT},
    {"agents_after_call", "agentWorkNums", UNIT_COUNT},
    {"agents_studying", "agentStudyNums", UNIT_COUNT},
    {"agents_occupied", "agentOccupyNums", UNIT_COUNT},
    {"agents_preoccupied", "agentPreOccupyNums", UNIT_COUNT},
    {"longest_idle_5m", "agentMaxIdleTimeIn5", UNIT_SECONDS},
    {"calls_total", "totalCallNums", UNIT_COUNT},
    {"calls_in_progress", "processingCallNums", UNIT_COUNT},
    {"calls_waiting", "callWaitNums", UNIT_COUNT},
    {"longest_wait_5m", "maxCallWaitTimesIn5", UNIT_SECONDS},
    {"mean_call_5m", "evenCallTimeIn5", UNIT_SECONDS},
    {"mean_wait_5m", "evenWaitTimeIn5", UNIT_SECONDS},
    {"calls_offered_5m", "allCallCount", UNIT_COUNT},
    {"answered_20s_5m", "cnnedIn20sCallCount", UNIT_COUNT},
    {"service_level_5m", NULL, UNIT_RATIO},
};

static void
queues_have_these_fields(void **state)
{
    (void)state;
    size_t count = sizeof queue_fields / sizeof *queue_fields;
    assert_int_equal(query_queues.field_count, count);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(query_queues.fields[i].name, queue_fields[i].name);
        assert_int_equal(query_queues.fields[i].unit, queue_fields[i].unit);
        if (queue_fields[i].wire)
            assert_string_equal(query_queues.fields[i].wire, queue_fields[i].wire);
    }
}

/* Scripts read rows of both queries by the same names. */
static void
both_agents_have_the_same_fields(void **state)
{
    (void)state;
    assert_int_equal(query_agents.field_count, query_agent.field_count);
    for (size_t i = 0; i < query_agent.field_count; i++)
        assert_string_equal(query_agents.fields[i].name, query_agent.fields[i].name);
    assert_string_equal(query_agents.row_name, query_agent.row_name);
}

static void
ranges_follow_the_edition(void **state)
{
    (void)state;
    assert_int_equal(query_range(&query_queues, 2023)->low, 1);
    assert_int_equal(query_range(&query_queues, 2023)->high, 2000);
    assert_int_equal(query_range(&query_queues, 2025)->high, 10000);
    static const struct {
        const struct query *query;
        int edition;
        const char *text;
        int64_t inside[4], outside[4];
    } ranges[] = {
        {&query_agents, 2023, "1…2000", {1, 1, 2000, 2000}, {0, -1, 2001, 10000}},
        {&query_agents, 2025, "1…10000", {1, 2001, 9999, 10000}, {0, -1, 10001, 99999}},
        {&query_agent_calls,
         2023,
         "101…59999",
         {101, 102, 20011, 59999},
         {0, 100, 60000, 70000}},
        {&query_agent_calls,
         2025,
         "101…59999 and 70000…999999",
         {101, 59999, 70000, 999999},
         {100, 60000, 69999, 1000000}},
        {&query_agent_operations,
         2023,
         "0…99999",
         {0, 100, 60000, 99999},
         {-1, -1, 100000, 999999}},
        {&query_agent_operations,
         2025,
         "0…999999",
         {0, 60000, 100000, 999999},
         {-1, -1, 1000000, 1000000}},
        {&query_agent,
         2023,
         "101…59999",
         {101, 102, 20011, 59999},
         {0, 100, 60000, -1}},
        {&query_agent,
         2025,
         "101…999999",
         {101, 59999, 65000, 999999},
         {0, 100, 1000000, -1}},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        struct buf text = {0};
        query_range_text(ranges[i].query, ranges[i].edition, &text);
        assert_string_equal(text.data, ranges[i].text);
        buf_fini(&text);
        for (size_t j = 0; j < 4; j++) {
            assert_true(
                query_allows(ranges[i].query, ranges[i].edition, ranges[i].inside[j]));
            assert_false(
                query_allows(ranges[i].query, ranges[i].edition, ranges[i].outside[j]));
        }
    }
}

static void
bodies_are_compact(void **state)
{
    (void)state;
    static const int64_t ids[] = {1, 2};
    struct buf out = {0};
    query_body(&query_queues, 1, 170, ids, 2, &out);
    assert_string_equal(out.data,
                        "{\"queryParam\":{\"ccId\":1,\"vdn\":170,\"skillIds\":[1,2]}}");
    buf_clear(&out);
    query_body(&query_queues, 65535, 5000, ids, 1, &out);
    assert_string_equal(
        out.data, "{\"queryParam\":{\"ccId\":65535,\"vdn\":5000,\"skillIds\":[1]}}");
    buf_fini(&out);
}

/* Adds the file without the blanks outside of its strings. */
static void
read_compact(const char *name, struct buf *out)
{
    FILE *file = fopen(name, "rb");
    assert_non_null(file);
    bool in_string = false;
    for (int c; (c = fgetc(file)) != EOF;) {
        in_string ^= c == '"';
        if (in_string || !strchr(" \n", c))
            buf_add(out, &(char){(char)c}, 1);
    }
    fclose(file);
}

/* Wrapped or flat, and in the order of the documents. */
static void
bodies_are_the_documented_ones(void **state)
{
    (void)state;
    /* 2024-08-02 from 00:00 to 23:00 */
    static const struct query_span span = {1722556800, 1722639600, 2};
    static const struct {
        const struct query *query;
        int64_t vdn, id;
        const char *file;
    } samples[] = {
        {&query_agents, 1, 1, "tests/fixtures/agentbyconfigedskill.request.json"},
        {&query_agent_calls, 170, 1099, "tests/fixtures/queryagentcalls.request.json"},
        {&query_agent_operations, 1, 35001, "tests/fixtures/agentoprinfo.request.json"},
    };
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct buf body = {0}, documented = {0};
        read_compact(samples[i].file, &documented);
        query_body_span(samples[i].query, 1, samples[i].vdn, samples[i].id, &span,
                        &body);
        assert_string_equal(body.data, documented.data);
        buf_fini(&documented);
        buf_fini(&body);
    }
}

static void
the_type_of_operation_may_be_left_out(void **state)
{
    (void)state;
    struct buf body = {0};
    const struct query_span span = {1722556800, 1722557700, OPERATION_ANY};
    query_body_span(&query_agent_operations, 1, 1, 7, &span, &body);
    assert_string_equal(body.data,
                        "{\"ccId\":1,\"currentAgentId\":7,\"beginTime\":\"2024-08-02 "
                        "00:00:00\",\"endTime\":\"2024-08-02 00:15:00\"}");
    buf_fini(&body);
}

static void
one_id_a_request_without_a_batch(void **state)
{
    (void)state;
    static const int64_t ids[] = {1, 2};
    assert_int_equal(query_fit(&query_agents, ids, 2), 1);
    assert_int_equal(query_fit(&query_agents, ids, 1), 1);
    assert_int_equal(query_fit(&query_agents, ids, 0), 0);
}

/* The serialised array of what fits is at most 1000 bytes, one more id is too many. */
static void
batches_fill_the_array(void **state)
{
    (void)state;
    static const int64_t firsts[] = {1, 9, 95, 990, 1500, 9900};
    for (size_t i = 0; i < sizeof firsts / sizeof *firsts; i++) {
        int64_t ids[600];
        for (size_t j = 0; j < 600; j++)
            ids[j] = firsts[i] + (int64_t)j;
        size_t count = query_fit(&query_queues, ids, 600);
        struct buf out = {0};
        query_body(&query_queues, 1, 1, ids, count, &out);
        size_t array = strlen(strchr(out.data, '[')) - 2;
        assert_true(array <= 1000);
        buf_clear(&out);
        query_body(&query_queues, 1, 1, ids, count + 1, &out);
        assert_true(strlen(strchr(out.data, '[')) - 2 > 1000);
        buf_fini(&out);
        assert_int_equal(query_fit(&query_queues, ids, count), count);
        assert_int_equal(query_fit(&query_queues, ids, 1), 1);
        assert_int_equal(query_fit(&query_queues, ids, 0), 0);
    }
}

static void
blocks_keep_their_rows(void **state)
{
    (void)state;
    struct block block;
    block_init(&block, &query_queues);
    for (int64_t i = 0; i < 100; i++) {
        int64_t *row = block_add(&block);
        assert_int_equal(row[0], 0);
        row[1] = i;
    }
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(block_row(&block, i)[1], i);
    block_clear(&block);
    assert_int_equal(block.row_count, 0);
    assert_int_equal(block_add(&block)[1], 0);
    block_fini(&block);
    assert_null(block.cells);
    assert_ptr_equal(block.query, &query_queues);
}

/* "a/7 b/7 " for the ids and agents of calls, "a b " for those of operations. */
static char *
ids_of(const struct block *block)
{
    struct buf out = {0};
    int agent = query_field(block->query, "agent");
    for (size_t i = 0; i < block->row_count; i++) {
        const int64_t *row = block_row(block, i);
        assert_true(row_text(block->query, block_at(block, i), 0, &out));
        if (row_has(row, (size_t)agent))
            buf_format(&out, "/%d", (int)row[1 + agent]);
        buf_add_text(&out, " ");
    }
    return buf_take(&out);
}

static void
join(struct block *block, const char *list, int64_t argument, int64_t vdn)
{
    struct buf text = {0};
    struct block answer;
    struct error error;
    buf_format(&text, "{\"resultCode\":\"0100000\",\"resultDesc\":%s}", list);
    block_init(&answer, block->query);
    assert_true(answer_decode(block->query, text.data, text.size, &answer, &error));
    block_join(block, &answer, argument, vdn);
    block_fini(&answer);
    buf_fini(&text);
}

static void
check_ids(struct block *block, const char *expected)
{
    char *ids = ids_of(block);
    assert_string_equal(ids, expected);
    free(ids);
}

static void
answers_are_joined(void **state)
{
    (void)state;
    struct block block;
    block_init(&block, &query_agent_calls);
    join(&block, "[\"1-2\",\"1-3\"]", 7, 1);
    join(&block, "[]", 8, 1);
    join(&block, "[\"1-4\",\"1-2\"]", 9, 1);
    check_ids(&block, "1-2/7 1-3/7 1-4/9 1-2/9 ");
    block_unique(&block);
    check_ids(&block, "1-2/7 1-3/7 1-4/9 ");
    block_clear(&block);
    block_unique(&block);
    check_ids(&block, "");
    block_fini(&block);
}

/* A prefix is another key; a row that does not say its vdn stays. */
static void
operations_of_another_vdn_are_dropped(void **state)
{
    (void)state;
    struct block block;
    block_init(&block, &query_agent_operations);
    join(&block,
         "[{\"id\":\"ab\",\"vdn\":1},{\"id\":\"b\",\"vdn\":2},{\"id\":\"a\"},"
         "{\"id\":\"ab\",\"vdn\":\"1\"}]",
         7, 1);
    check_ids(&block, "ab a ab ");
    block_unique(&block);
    check_ids(&block, "ab a ");
    block_fini(&block);
}

static void
an_agent_of_two_queues_is_one_row(void **state)
{
    (void)state;
    struct block block;
    block_init(&block, &query_agents);
    join(&block, "[{\"workNo\":102,\"vdnId\":9},{\"workNo\":101}]", 1, 1);
    join(&block, "[{\"workNo\":103},{\"workNo\":102}]", 2, 1);
    block_unique(&block);
    assert_int_equal(block.row_count, 3);
    assert_int_equal(block_row(&block, 0)[1], 102);
    assert_int_equal(block_row(&block, 1)[1], 101);
    assert_int_equal(block_row(&block, 2)[1], 103);
    block_fini(&block);
}

static void
ratios_are_derived(void **state)
{
    (void)state;
    static const struct {
        bool has_answered, has_offered;
        int64_t answered, offered;
        bool is_known;
        double value;
    } cases[] = {
        {true, true, 3, 4, true, 0.75}, {true, true, 5, 4, true, 1},
        {true, true, 0, 4, true, 0},    {true, true, 0, 0, false, 0},
        {false, true, 0, 4, false, 0},  {true, false, 3, 0, false, 0},
    };
    size_t answered = (size_t)query_field(&query_queues, "answered_20s_5m");
    size_t offered = (size_t)query_field(&query_queues, "calls_offered_5m");
    size_t level = (size_t)query_field(&query_queues, "service_level_5m");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t row[64] = {0};
        row[0] = (int64_t)((uint64_t)cases[i].has_answered << answered |
                           (uint64_t)cases[i].has_offered << offered);
        row[1 + answered] = cases[i].answered;
        row[1 + offered] = cases[i].offered;
        double value = -1;
        assert_int_equal(row_number(&query_queues, row, level, &value),
                         cases[i].is_known);
        if (cases[i].is_known)
            assert_true(value == cases[i].value);
        assert_int_equal(row_number(&query_queues, row, answered, &value),
                         cases[i].has_answered);
    }
}

static void
words_and_codes(void **state)
{
    (void)state;
    assert_string_equal(unit_word(UNIT_NONE), "");
    assert_string_equal(unit_word(UNIT_COUNT), "count");
    assert_string_equal(unit_word(UNIT_SECONDS), "seconds");
    assert_string_equal(unit_word(UNIT_RATIO), "ratio");
    assert_string_equal(result_code_text("0100002"), "invalid parameter");
    assert_string_equal(result_code_text("0101003"), "insufficient permission");
    assert_null(result_code_text("0100000"));
    assert_null(result_code_text("1"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(descriptors_are_whole),
        cmocka_unit_test(queues_have_these_fields),
        cmocka_unit_test(both_agents_have_the_same_fields),
        cmocka_unit_test(ranges_follow_the_edition),
        cmocka_unit_test(bodies_are_compact),
        cmocka_unit_test(bodies_are_the_documented_ones),
        cmocka_unit_test(the_type_of_operation_may_be_left_out),
        cmocka_unit_test(one_id_a_request_without_a_batch),
        cmocka_unit_test(batches_fill_the_array),
        cmocka_unit_test(blocks_keep_their_rows),
        cmocka_unit_test(answers_are_joined),
        cmocka_unit_test(operations_of_another_vdn_are_dropped),
        cmocka_unit_test(an_agent_of_two_queues_is_one_row),
        cmocka_unit_test(ratios_are_derived),
        cmocka_unit_test(words_and_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
