#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "script/latch_step.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define S            ((int64_t)1000)

enum { F = TRUTH_FALSE, T = TRUTH_TRUE, U = TRUTH_UNKNOWN };

/* A sample every so often; the line says what came of it. */
struct step {
    int64_t at_s;
    const char *says; /* "when clear" of each level: "T-", "F-T-", '-' is unknown;
                       * "gone", "hours", "stale" */
    const char *expected;
};

static enum truth
truth_of(char letter)
{
    return letter == 'T' ? TRUTH_TRUE : letter == 'F' ? TRUTH_FALSE : TRUTH_UNKNOWN;
}

static struct latch_input
input_of(const struct step *step)
{
    struct latch_input input = {.now_ms = step->at_s * S + S};
    input.is_gone = !strcmp(step->says, "gone");
    input.end = !strcmp(step->says, "hours")   ? LATCH_HOURS
                : !strcmp(step->says, "stale") ? LATCH_GONE
                                               : LATCH_NO_REASON;
    for (size_t i = 0; i < LATCH_LEVELS_MAX; i++)
        input.when[i] = input.clear[i] = TRUTH_UNKNOWN;
    if (input.is_gone || input.end)
        return input;
    for (size_t i = 0; step->says[2 * i]; i++) {
        input.when[i] = truth_of(step->says[2 * i]);
        input.clear[i] = truth_of(step->says[2 * i + 1]);
    }
    return input;
}

/* "raise 1", "level 1 to 2", "clear 1 recovered", and the phase that is left. */
static void
show(const struct latch_outcome *outcome, const struct latch_state *state, char *out,
     size_t size)
{
    static const char *const moves[] = {"", "raise ", "level ", "clear "};
    static const char *const reasons[] = {"", " recovered", " gone", " hours"};
    static const char letters[] = "cprl";
    char number[32] = "";
    if (outcome->move == LATCH_LEVEL)
        snprintf(number, sizeof number, "%u to %u", outcome->was, outcome->level);
    else if (outcome->move != LATCH_STAY)
        snprintf(number, sizeof number, "%u", outcome->level);
    snprintf(out, size, "%s%s%s%s%c%c", moves[outcome->move], number,
             reasons[outcome->reason], outcome->move ? " " : "",
             letters[state->levels[0].phase], letters[state->levels[1].phase]);
}

static void
assert_steps(const struct latch_terms *terms, const struct step *steps)
{
    struct latch_state state = {0};
    for (size_t i = 0; steps[i].says; i++) {
        char shown[100];
        struct latch_input input = input_of(&steps[i]);
        struct latch_outcome outcome = latch_step(terms, &input, &state);
        show(&outcome, &state, shown, sizeof shown);
        if (strcmp(shown, steps[i].expected) != 0)
            fail_msg("step %zu (%lld s, %s): '%s', not '%s'", i,
                     (long long)steps[i].at_s, steps[i].says, shown, steps[i].expected);
    }
}

static const struct latch_terms plain = {
    .level_count = 1, .has_clear = {true}, .stale_after_ms = 30 * S};
static const struct latch_terms simple = {.level_count = 1, .stale_after_ms = 30 * S};
static const struct latch_terms held = {.level_count = 1,
                                        .has_clear = {true},
                                        .hold_ms = 20 * S,
                                        .linger_ms = 20 * S,
                                        .cooldown_ms = 60 * S,
                                        .stale_after_ms = 30 * S};

/* The rows of the contract's table, each with the sentence that it is. */
static const struct {
    const char *what;
    const struct latch_terms *terms;
    struct step steps[12];
} table[] = {
    {"clear, when true: raised at once if hold is 0",
     &plain,
     {{0, "T-", "raise 1 rc"}}},
    {"clear, when not true",
     &plain,
     {{0, "F-", "cc"}, {1, "--", "cc"}, {2, "FT", "cc"}}},
    {"clear, when true: pending since now",
     &held,
     {{0, "T-", "pc"}, {10, "T-", "pc"}, {20, "T-", "raise 1 rc"}}},
    {"pending, when false",
     &held,
     {{0, "T-", "pc"}, {10, "F-", "cc"}, {20, "T-", "pc"}}},
    {"pending, gone", &held, {{0, "T-", "pc"}, {10, "gone", "cc"}}},
    {"pending, unknown resets no timer",
     &held,
     {{0, "T-", "pc"}, {10, "--", "pc"}, {20, "T-", "raise 1 rc"}}},
    {"judged at samples only", &held, {{0, "T-", "pc"}, {29, "T-", "raise 1 rc"}}},
    {"raised, clear: lingers, and is cleared once that is over",
     &held,
     {{0, "T-", "pc"},
      {20, "T-", "raise 1 rc"},
      {30, "FT", "lc"},
      {40, "FT", "lc"},
      {50, "FT", "clear 1 recovered cc"}}},
    {"cleared at once if linger is 0",
     &plain,
     {{0, "T-", "raise 1 rc"}, {1, "FT", "clear 1 recovered cc"}}},
    {"raised, gone", &plain, {{0, "T-", "raise 1 rc"}, {1, "gone", "clear 1 gone cc"}}},
    {"raised, gone, lingers",
     &held,
     {{0, "T-", "pc"},
      {20, "T-", "raise 1 rc"},
      {30, "gone", "lc"},
      {50, "gone", "clear 1 gone cc"}}},
    {"raised, between when and clear nothing moves",
     &plain,
     {{0, "T-", "raise 1 rc"}, {1, "FF", "rc"}, {2, "F-", "rc"}, {3, "--", "rc"}}},
    {"if both are true, when wins", &plain, {{0, "T-", "raise 1 rc"}, {1, "TT", "rc"}}},
    {"when unknown does not keep clear from clearing",
     &plain,
     {{0, "T-", "raise 1 rc"}, {1, "-T", "clear 1 recovered cc"}}},
    {"lingering, neither clear nor gone: raised, no message",
     &held,
     {{0, "T-", "pc"},
      {20, "T-", "raise 1 rc"},
      {30, "FT", "lc"},
      {40, "FF", "rc"},
      {50, "FT", "lc"},
      {60, "FT", "lc"},
      {70, "FT", "clear 1 recovered cc"}}},
    {"lingering, when true: raised",
     &held,
     {{0, "T-", "pc"}, {20, "T-", "raise 1 rc"}, {30, "FT", "lc"}, {40, "TT", "rc"}}},
    {"lingering, unknown: no change",
     &held,
     {{0, "T-", "pc"},
      {20, "T-", "raise 1 rc"},
      {30, "FT", "lc"},
      {40, "--", "lc"},
      {50, "FT", "clear 1 recovered cc"}}},
    {"without clear: when is false, unknown is not",
     &simple,
     {{0, "T-", "raise 1 rc"}, {1, "--", "rc"}, {2, "F-", "clear 1 recovered cc"}}},
    {"samples further apart than stale_after start a hold anew",
     &held,
     {{0, "T-", "pc"}, {31, "T-", "pc"}, {50, "T-", "pc"}, {51, "T-", "raise 1 rc"}}},
    {"and so does unknown for that long",
     &held,
     {{0, "T-", "pc"}, {15, "--", "pc"}, {31, "T-", "pc"}, {51, "T-", "raise 1 rc"}}},
    {"exactly stale_after is not too far",
     &held,
     {{0, "T-", "pc"}, {30, "T-", "raise 1 rc"}}},
    {"linger goes on over an outage",
     &held,
     {{0, "T-", "pc"},
      {20, "T-", "raise 1 rc"},
      {30, "FT", "lc"},
      {300, "FT", "clear 1 recovered cc"}}},
    {"cooldown holds back the next raise, and goes on over an outage",
     &held,
     {{0, "T-", "pc"},
      {20, "T-", "raise 1 rc"},
      {30, "FT", "lc"},
      {50, "FT", "clear 1 recovered cc"},
      {60, "T-", "pc"},
      {80, "T-", "pc"},
      {100, "T-", "pc"},
      {110, "T-", "raise 1 rc"}}},
    {"put back, the clock takes hold, linger and cooldown along",
     &held,
     {{9000, "T-", "pc"},
      {9010, "T-", "pc"},
      {5010, "T-", "pc"},
      {5020, "T-", "raise 1 rc"},
      {5030, "FT", "lc"},
      {1030, "FT", "lc"},
      {1050, "FT", "clear 1 recovered cc"},
      {500, "T-", "pc"},
      {520, "T-", "pc"},
      {540, "T-", "pc"},
      {560, "T-", "raise 1 rc"}}},
    {"hours: cleared at once, what is pending is forgotten",
     &held,
     {{0, "T-", "pc"},
      {10, "hours", "cc"},
      {20, "T-", "pc"},
      {40, "T-", "raise 1 rc"},
      {41, "hours", "clear 1 hours cc"}}},
    {"stale: cleared",
     &plain,
     {{0, "T-", "raise 1 rc"}, {90, "stale", "clear 1 gone cc"}}},
};

static void
test_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        print_message("  %s\n", table[i].what);
        assert_steps(table[i].terms, table[i].steps);
    }
}

/* lifecycle.md §2: up a level at once after its hold, down like a clear. */
static void
test_levels(void **state)
{
    (void)state;
    static const struct latch_terms terms = {.level_count = 2,
                                             .hold_ms = 20 * S,
                                             .linger_ms = 10 * S,
                                             .stale_after_ms = 30 * S};
    static const struct latch_terms sudden = {
        .level_count = 2, .has_clear = {true, true}, .stale_after_ms = 30 * S};
    static const struct step up_and_down[] = {
        {0, "T-F-", "pc"},
        {10, "T-T-", "pp"},
        {20, "T-T-", "raise 1 rp"},
        {30, "T-T-", "level 1 to 2 rr"},
        {40, "T-F-", "rl"},
        {50, "T-F-", "level 2 to 1 rc"},
        {60, "F-F-", "lc"},
        {70, "F-F-", "clear 1 recovered cc"},
        {0},
    };
    static const struct step jump[] = {
        {0, "F-T-", "raise 2 rr"}, /* the worse one is enough for both */
        {1, "FFF-", "rr"},
        {2, "FTF-", "cr"}, /* the first is over, the alert is not */
        {0},
    };
    static const struct step both[] = {
        {0, "T-T-", "raise 2 rr"},
        {1, "FTFT", "clear 2 recovered cc"},
        {0},
    };
    static const struct step unknown[] = {
        {0, "T-T-", "raise 2 rr"},
        {1, "T---", "rr"}, /* unknown is not over */
        {2, "T--T", "level 2 to 1 rc"},
        {0},
    };
    assert_steps(&terms, up_and_down);
    assert_steps(&sudden, both);
    assert_steps(&sudden, jump);
    assert_steps(&sudden, unknown);
}

static void
test_gone(void **state)
{
    (void)state;
    struct latch_terms terms = plain;
    static const struct step hold[] = {
        {0, "gone", "cc"}, {1, "T-", "raise 1 rc"}, {2, "gone", "rc"}, {0}};
    static const struct step raise[] = {{0, "gone", "raise 1 rc"},
                                        {1, "gone", "rc"},
                                        {2, "FT", "clear 1 recovered cc"},
                                        {0}};
    static const struct step raise_first[] = {{0, "gone", "raise 1 rc"},
                                              {1, "FFT-", "level 1 to 2 rr"},
                                              {2, "gone", "rr"},
                                              {0}};
    terms.gone = GONE_HOLD;
    assert_steps(&terms, hold);
    terms.gone = GONE_RAISE;
    assert_steps(&terms, raise);
    terms.level_count = 2;
    assert_steps(&terms, raise_first);
}

static void
test_facts(void **state)
{
    (void)state;
    struct latch_state key = {0};
    struct latch_input input = input_of(&(struct step){0, "T-", NULL});
    struct latch_outcome outcome = latch_step(&held, &input, &key);
    assert_true(outcome.is_usable);
    assert_true(latch_state_is_pending(&key));
    input.now_ms += 25 * S;
    outcome = latch_step(&held, &input, &key);
    assert_int_equal(outcome.pending_ms, 25 * S);
    assert_int_equal(outcome.was, 0);
    input = input_of(&(struct step){26, "--", NULL});
    assert_false(latch_step(&held, &input, &key).is_usable);
}

/* What is calm is all zero, so that nothing is kept of it. */
/* The room for alerts is full, and then it is not. */
static void
test_full(void **state)
{
    (void)state;
    static const struct {
        int64_t at_s;
        bool is_full;
        enum truth when;
        enum latch_move move;
        enum latch_phase phase;
        bool is_waiting;
    } steps[] = {
        {0, true, TRUTH_TRUE, LATCH_STAY, PHASE_PENDING, false},
        {20, true, TRUTH_TRUE, LATCH_STAY, PHASE_PENDING, true}, /* the hold is over */
        {40, true, TRUTH_UNKNOWN, LATCH_STAY, PHASE_PENDING, true},
        {45, true, TRUTH_FALSE, LATCH_STAY, PHASE_CLEAR,
         false}, /* nobody has missed it */
        {50, true, TRUTH_TRUE, LATCH_STAY, PHASE_PENDING, false},
        {75, true, TRUTH_TRUE, LATCH_STAY, PHASE_PENDING, true},
        {100, false, TRUTH_TRUE, LATCH_RAISE, PHASE_RAISED,
         false}, /* without another hold */
        {110, true, TRUTH_TRUE, LATCH_STAY, PHASE_RAISED, false},
        {120, true, TRUTH_FALSE, LATCH_STAY, PHASE_LINGERING, false},
        {140, true, TRUTH_FALSE, LATCH_CLEAR, PHASE_CLEAR, false},
        {150, true, TRUTH_TRUE, LATCH_STAY, PHASE_PENDING, false},
        {175, true, TRUTH_TRUE, LATCH_STAY, PHASE_PENDING, false}, /* a cooldown runs */
        {200, true, TRUTH_TRUE, LATCH_STAY, PHASE_PENDING, true},
    };
    struct latch_terms terms = held;
    struct latch_state key = {0};
    terms.has_clear[0] = false;
    for (size_t i = 0; i < COUNT(steps); i++) {
        struct latch_input input = {.now_ms = steps[i].at_s * S + S,
                                    .is_full = steps[i].is_full,
                                    .when = {steps[i].when}};
        struct latch_outcome outcome = latch_step(&terms, &input, &key);
        if (outcome.move != steps[i].move || key.levels[0].phase != steps[i].phase ||
            outcome.is_waiting != steps[i].is_waiting)
            fail_msg("step %zu: move %d, phase %d, %s", i, outcome.move,
                     key.levels[0].phase, outcome.is_waiting ? "waits" : "does not");
    }
}

/* An alert that is open changes its level all the same. */
static void
test_full_is_for_raises(void **state)
{
    (void)state;
    const struct latch_terms terms = {.level_count = 2, .stale_after_ms = 30 * S};
    struct latch_state key = {0};
    struct latch_input input = {.now_ms = S, .when = {TRUTH_TRUE, TRUTH_FALSE}};
    assert_int_equal(latch_step(&terms, &input, &key).move, LATCH_RAISE);
    input = (struct latch_input){
        .now_ms = 2 * S, .is_full = true, .when = {TRUTH_TRUE, TRUTH_TRUE}};
    assert_int_equal(latch_step(&terms, &input, &key).move, LATCH_LEVEL);
}

static void
test_calm(void **state)
{
    (void)state;
    static const struct latch_state none;
    struct latch_state key = {0};
    static const struct step steps[] = {{0, "T-", ""}, {1, "FT", ""}};
    for (size_t i = 0; i < COUNT(steps); i++) {
        struct latch_input input = input_of(&steps[i]);
        latch_step(&plain, &input, &key);
        assert_int_equal(latch_state_is_calm(&key), i == 1);
    }
    assert_memory_equal(&key, &none, sizeof key);
}

static void
test_text(void **state)
{
    (void)state;
    struct latch_state key = {.sample_ms = 5, .cooldown_until_ms = 7}, back;
    struct buf text = {0};
    latch_state_write(&key, &text);
    assert_string_equal(text.data, "5 7");
    key.levels[0] = (struct latch_level){PHASE_RAISED, 11};
    key.levels[2] = (struct latch_level){PHASE_PENDING, 13};
    buf_clear(&text);
    latch_state_write(&key, &text);
    assert_string_equal(text.data, "5 7 raised@11 clear@0 pending@13");
    assert_true(latch_state_read(text.data, &back));
    assert_memory_equal(&key, &back, sizeof key);
    for (size_t i = 0; i < LATCH_LEVELS_MAX; i++)
        key.levels[i] = (struct latch_level){PHASE_LINGERING, INT64_MAX};
    key.sample_ms = key.cooldown_until_ms = INT64_MAX;
    buf_clear(&text);
    latch_state_write(&key, &text);
    assert_true(latch_state_read(text.data, &back));
    static const char *const wrong[] = {
        "",
        "5",
        "5 ",
        "x 7",
        "5 7 ",
        "5 7 up@1",
        "5 7 raised",
        "5 7 raised@",
        "5 7 raised@-1",
        "5 7 raised@1x",
        "-5 7",
        "5 99999999999999999999",
        "5 7 c@1",
        "5 7 clear@0 clear@0 clear@0 clear@0 clear@0 clear@0 clear@0 clear@0 "
        "clear@0",
    };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        if (latch_state_read(wrong[i], &back))
            fail_msg("'%s' was read", wrong[i]);
        assert_true(latch_state_is_calm(&back));
    }
    buf_fini(&text);
}

static void
test_text_that_moves_with_the_clock(void **state)
{
    (void)state;
    struct buf text = {0};
    assert_true(latch_text_shift("5000 0 raised@4000 pending@9", -1000, &text));
    assert_string_equal(text.data, "4000 0 raised@3000 pending@1");
    buf_clear(&text);
    assert_true(latch_text_shift("5000 7000 clear@0 pending@4000", 100, &text));
    assert_string_equal(text.data, "5100 7100 clear@0 pending@4100");
    buf_clear(&text);
    assert_false(latch_text_shift("5000 0 up@1", 100, &text));
    assert_int_equal(text.size, 0);
    buf_fini(&text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_gone),
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_full_is_for_raises),
        cmocka_unit_test(test_calm),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_text_that_moves_with_the_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
