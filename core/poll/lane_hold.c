/* When a lane sends nothing: back-off after failures, the circuit that opens when the
 * key is refused, and what an answer says about the centre. */
#include "poll/lane_inside.h"

#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "base/trouble.h"
#include "net/sign.h"

#define BACKOFF_FIRST_MS ((int64_t)1000)
#define BACKOFF_MOST_MS  ((int64_t)60 * 1000)
#define CIRCUIT_FIRST_MS ((int64_t)10 * 60 * 1000)
#define CIRCUIT_MOST_MS  ((int64_t)60 * 60 * 1000)

bool
lane_is_held(const struct lane *lane, struct error *reason)
{
    if (lane->is_draining) {
        error_set(reason, ERROR_CANCELLED, "", "the gateway is stopping");
        return true;
    }
    if (!lane->held_until || clock_mono_ms() >= lane->held_until)
        return false;
    *reason = lane->reason;
    return true;
}

/* Between 0.75 and 1.25: failures of many gateways do not meet again. */
static double
spread(void)
{
    return 0.75 + sign_random_share() * 0.5;
}

/* Those who do not wait get the reason, in their order. An answer may add errands:
 * those find the lane held. */
static void
answer_impatient(struct lane *lane)
{
    struct poll_answer answer = {
        .error = lane->reason, .body = "", .retry_after_ms = -1};
    for (struct errand *errand; (errand = lane->queues[true].first);) {
        lane_remove(errand);
        errand->on_answer(errand, &answer);
    }
}

/* Nothing for exactly so long. What doubles does so from where it was. */
static void
hold_for(struct lane *lane, int64_t wait)
{
    lane->held_until = clock_mono_ms() + wait;
    rate_leave(lane->rate, &lane->turn);
    timer_start(lane->pump_timer, wait);
}

/* For how long. */
static int64_t
hold(struct lane *lane, int64_t first_ms, int64_t most_ms, int64_t least_ms)
{
    int64_t doubled = lane->hold_ms ? lane->hold_ms * 2 : first_ms;
    lane->hold_ms = doubled < first_ms ? first_ms : doubled;
    if (lane->hold_ms > most_ms)
        lane->hold_ms = most_ms;
    int64_t wait =
        lane->is_open ? lane->hold_ms : (int64_t)((double)lane->hold_ms * spread());
    if (wait < least_ms)
        wait = least_ms < most_ms ? least_ms : most_ms;
    hold_for(lane, wait);
    return wait;
}

static void
tell_trouble(const struct lane *lane)
{
    trouble_tell(TROUBLE_CENTER, lane->shown,
                 "center %s is not asked: %s; alerts are held", lane->shown,
                 lane->reason.message);
}

/* The session knows when it signs in again. */
static void
wait_for_session(struct lane *lane, const struct poll_answer *answer)
{
    char length[32];
    bool is_news = strcmp(lane->reason.message, answer->error.message) != 0;
    lane->is_open = true;
    lane->reason = answer->error;
    hold_for(lane, answer->retry_after_ms);
    tell_trouble(lane);
    log_write(is_news ? LEVEL_WARN : LEVEL_DEBUG, "poll",
              "center %s: auth: %s; alerts are held, next try in %s",
              lane->center->name, answer->error.message,
              text_format_duration(answer->retry_after_ms, length, sizeof length));
}

static void
open_circuit(struct lane *lane, const struct error *error)
{
    char length[32];
    if (!lane->is_open)
        lane->hold_ms = 0;
    lane->is_open = true;
    lane->reason = *error;
    int64_t wait = hold(lane, CIRCUIT_FIRST_MS, CIRCUIT_MOST_MS, 0);
    tell_trouble(lane);
    log_error("poll", "center %s: auth: %s; circuit open: no request for %s, then one",
              lane->center->name, error->message,
              text_format_duration(wait, length, sizeof length));
}

static const char *
hint(const struct poll_answer *answer)
{
    return answer->is_stranger
               ? "; does ca_file in its section name the authority of its certificate?"
               : "";
}

static void
back_off(struct lane *lane, const struct poll_answer *answer)
{
    char length[32];
    bool is_news = lane->reason.kind != answer->error.kind || lane->failures == 1;
    lane->reason = answer->error;
    int64_t wait =
        hold(lane, BACKOFF_FIRST_MS, BACKOFF_MOST_MS, answer->retry_after_ms);
    log_write(is_news ? LEVEL_WARN : LEVEL_DEBUG, "poll",
              "center %s: %s: %s; alerts are held, next try in %s%s",
              lane->center->name, error_word(answer->error.kind), answer->error.message,
              text_format_duration(wait, length, sizeof length), hint(answer));
}

static void
recover(struct lane *lane)
{
    char length[32];
    if (lane->failures)
        log_info(
            "poll", "center %s: answers again after %lld failures (%s)",
            lane->center->name, (long long)lane->failures,
            text_format_duration((clock_mono_ms() - lane->failing_since) / 1000 * 1000,
                                 length, sizeof length));
    if (!lane->is_proven)
        trouble_over(TROUBLE_CENTER, lane->shown);
    if (lane->is_open)
        lane_count_anew(lane);
    lane->failures = 0;
    lane->is_open = false;
    lane->is_proven = true;
    lane->held_until = 0;
    lane->hold_ms = 0;
    lane->reason = (struct error){0};
}

/* What an answer says about the centre, apart from what it says to whom. A failure in
 * the answer's body is no failure of the centre. While the lane is held, answers to
 * what left before say nothing new, unless they are the first to refuse the key. */
void
lane_judge(struct lane *lane, const struct poll_answer *answer)
{
    bool is_held = lane->held_until > clock_mono_ms();
    if (is_held && (lane->is_open || answer->error.kind != ERROR_AUTH))
        return;
    switch (answer->error.kind) {
    case ERROR_NONE:
    case ERROR_API:
    case ERROR_DECODE: recover(lane); return;
    case ERROR_CANCELLED: return; /* by the session: the gateway is stopping */
    default: break;
    }
    if (!lane->failures++)
        lane->failing_since = clock_mono_ms();
    lane->is_proven = false;
    if (answer->error.kind == ERROR_AUTH && lane->session &&
        answer->retry_after_ms >= 0)
        wait_for_session(lane, answer);
    else if (answer->error.kind == ERROR_AUTH)
        open_circuit(lane, &answer->error);
    else
        back_off(lane, answer);
    answer_impatient(lane);
}
