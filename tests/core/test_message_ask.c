/* script/message.h: what is asked of the core by a word, and its answer. */
#include "message_bench.h"

static void
test_there_and_back(void **state)
{
    (void)state;
    struct bench bench = {0};
    struct message_ask ask = {7, "receipt", "{\"id\":1}", 8}, asked;
    assert_true(message_write_ask(&bench.out, NOW, &ask));
    assert_true(message_read_ask(bench_frame(&bench), &asked, &bench.error));
    assert_int_equal(asked.wait, 7);
    assert_string_equal(asked.word, "receipt");
    assert_int_equal(asked.question_size, 8);
    assert_string_equal(asked.question, "{\"id\":1}");

    struct message_answer answer = {.wait = 7, .answer = "[]", .answer_size = 2}, got;
    assert_true(message_write_answer(&bench.out, NOW, &answer));
    assert_true(message_read_answer(bench_frame(&bench), &got, &bench.error));
    assert_int_equal(got.wait, 7);
    assert_int_equal(got.error.kind, ERROR_NONE);
    assert_string_equal(got.answer, "[]");

    error_set(&answer.error, ERROR_TIMEOUT, "28", "no answer in 5s");
    assert_true(message_write_answer(&bench.out, NOW, &answer));
    assert_true(message_read_answer(bench_frame(&bench), &got, &bench.error));
    assert_int_equal(got.error.kind, ERROR_TIMEOUT);
    assert_string_equal(got.error.code, "28");
    assert_string_equal(got.error.message, "no answer in 5s");
    assert_null(got.answer);

    uint64_t wait;
    message_write_forget(&bench.out, NOW, UINT64_MAX);
    assert_true(message_read_forget(bench_frame(&bench), &wait, &bench.error));
    assert_true(wait == UINT64_MAX);
    bench_fini(&bench);
}

static void
test_questions_refused(void **state)
{
    (void)state;
    static const struct {
        const char *word, *question;
        size_t size;
        const char *fault;
    } cases[] = {
        {"", "{}", 2, "ASK: the word of a question"},
        {"a\nb", "{}", 2, "ASK: the word of a question"},
        {"http", "", 0, "ASK: no question"},
        {"http", "{\0}", 3, "ASK: the payload does not hold what it announces"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct bench bench = {0};
        struct message_ask ask = {1, cases[i].word, cases[i].question, cases[i].size},
                           out;
        assert_true(message_write_ask(&bench.out, NOW, &ask));
        assert_false(message_read_ask(bench_frame(&bench), &out, &bench.error));
        assert_fault(&bench, cases[i].fault);
        bench_fini(&bench);
    }
}

static void
test_answers_refused(void **state)
{
    (void)state;
    static const struct {
        int64_t ok;
        const char *first, *fault;
    } cases[] = {
        {1, "", "ANSWER: no answer"},
        {2, "{}", "ANSWER: ok is neither 0 nor 1"},
        {0, "none", "ANSWER: the kind of the error"},
        {0, "{}", "ANSWER: the kind of the error"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct bench bench = {0};
        struct message_answer out;
        size_t begin = frame_begin(&bench.out, FRAME_ANSWER, 1, NOW);
        frame_put_i64(&bench.out, cases[i].ok);
        frame_put_string(&bench.out, cases[i].first);
        if (cases[i].ok == 0) {
            frame_put_string(&bench.out, "");
            frame_put_string(&bench.out, "");
        }
        frame_end(&bench.out, begin);
        assert_false(message_read_answer(bench_frame(&bench), &out, &bench.error));
        assert_fault(&bench, cases[i].fault);
        bench_fini(&bench);
    }
}

/* What no frame can hold is not written, and harms nothing. */
static void
test_too_large(void **state)
{
    (void)state;
    struct bench bench = {0};
    char *text = mem_zero(FRAME_MAX);
    memset(text, 'x', FRAME_MAX);
    struct message_answer answer = {
        .wait = 1, .answer = text, .answer_size = FRAME_MAX};
    assert_false(message_write_answer(&bench.out, NOW, &answer));
    assert_int_equal(bench.out.size, 0);
    free(text);
    bench_fini(&bench);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_questions_refused),
        cmocka_unit_test(test_answers_refused),
        cmocka_unit_test(test_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
