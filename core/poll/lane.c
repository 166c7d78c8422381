#include "poll/lane.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/trouble.h"
#include "net/sign.h"

#define BACKOFF_FIRST_MS ((int64_t)1000)
#define BACKOFF_MOST_MS  ((int64_t)60 * 1000)
#define CIRCUIT_FIRST_MS ((int64_t)10 * 60 * 1000)
#define CIRCUIT_MOST_MS  ((int64_t)60 * 60 * 1000)

/* A request on its way. */
struct flight {
    struct lane *lane;
    struct errand *errand; /* NULL: nobody waits for the answer any more */
    struct poll *poll;
    int query; /* its number */
    struct flight *next;
};

/* Errands that wait, the longest first. */
struct queue {
    struct errand *first, **last;
};

struct lane {
    struct loop *loop;
    struct http_pool *pool;
    const struct conf_center *center;
    struct session *session; /* of the agent gateway; NULL at the other door */
    struct rate *rate;       /* the centre's, shared */
    struct rate_turn turn;
    char *shown;                /* what it is called in alerts */
    struct poll_line *lines;    /* one per query, made when first needed */
    struct lane_counts *counts; /* likewise one per query */
    struct queue queues[2];     /* of the patient, and of the impatient */
    bool is_for_impatient;      /* whose turn it is, when both wait */
    struct flight *flights;
    size_t in_flight;
    struct timer *pump_timer;
    bool is_proven; /* has answered well since the last failure */
    bool is_draining;
    bool is_open;       /* the circuit */
    int64_t held_until; /* monotonic; 0: not held */
    int64_t hold_ms;    /* length of the last hold, doubles */
    int64_t failing_since;
    int64_t failures; /* in a row */
    struct error reason;
};

static void pump(void *arg);

struct lane *
lane_new(struct loop *loop, struct http_pool *pool, const struct conf_center *center,
         enum query_door door, struct rate *rate)
{
    struct lane *lane = mem_zero(sizeof *lane);
    size_t count = 0;
    while (queries[count])
        count++;
    lane->loop = loop;
    lane->pool = pool;
    lane->center = center;
    bool is_agent_gateway = door == DOOR_AGENT_GATEWAY;
    lane->shown =
        mem_format("%s%s", center->name, is_agent_gateway ? "/agent-gateway" : "");
    if (is_agent_gateway)
        lane->session = session_new(loop, pool, center);
    lane->rate = rate;
    lane->lines = mem_zero(count * sizeof *lane->lines);
    lane->counts = mem_zero(count * sizeof *lane->counts);
    for (size_t i = 0; i < 2; i++)
        lane->queues[i].last = &lane->queues[i].first;
    lane->pump_timer = timer_new(loop, pump, lane);
    return lane;
}

static void
forget_lines(struct lane *lane)
{
    for (size_t i = 0; queries[i]; i++)
        poll_line_fini(&lane->lines[i]);
}

static void
flight_delete(struct flight *flight)
{
    struct flight **at = &flight->lane->flights;
    while (*at != flight)
        at = &(*at)->next;
    *at = flight->next;
    flight->lane->in_flight--;
    free(flight);
}

/* Calls back what nobody waits for. */
static void
cancel_flights(struct lane *lane)
{
    for (struct flight *flight = lane->flights, *next; flight; flight = next) {
        next = flight->next;
        if (flight->errand)
            continue;
        poll_cancel(flight->poll);
        flight_delete(flight);
    }
}

void
lane_delete(struct lane *lane)
{
    if (!lane)
        return;
    rate_leave(lane->rate, &lane->turn);
    cancel_flights(lane);
    forget_lines(lane);
    session_delete(lane->session);
    timer_free(lane->pump_timer);
    free(lane->lines);
    free(lane->counts);
    free(lane->shown);
    free(lane);
}

struct session *
lane_end(struct lane *lane)
{
    struct session *session = lane->session;
    if (session)
        session_stop(session);
    cancel_flights(lane);
    lane->session = NULL;
    lane_delete(lane);
    return session;
}

const struct conf_center *
lane_center(const struct lane *lane)
{
    return lane->center;
}

size_t
lane_busy(const struct lane *lane)
{
    size_t busy = 0;
    for (const struct flight *flight = lane->flights; flight; flight = flight->next)
        busy += flight->errand != NULL;
    if (lane->session)
        busy += session_is_busy(lane->session);
    return busy;
}

void
lane_drain(struct lane *lane)
{
    lane->is_draining = true;
    if (lane->session)
        session_stop(lane->session);
}

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

void
lane_want(struct lane *lane, bool is_wanted)
{
    if (lane->session)
        session_want(lane->session, is_wanted);
}

void
lane_retry(struct lane *lane)
{
    lane->is_proven = false;
    lane->held_until = 0;
    if (lane->session)
        session_retry(lane->session);
    timer_start(lane->pump_timer, 0);
}

void
lane_look(const struct lane *lane, struct lane_state *state)
{
    int64_t left_ms = lane->held_until ? lane->held_until - clock_mono_ms() : 0;
    *state = (struct lane_state){.is_open = lane->is_open,
                                 .left_ms = left_ms > 0 ? left_ms : 0,
                                 .failures = lane->failures,
                                 .error = lane->reason};
}

/* ---- the queue ---- */

static struct poll_line *
line_of(struct lane *lane, const struct query *query)
{
    struct poll_line *line = &lane->lines[query_number(query)];
    if (!line->url)
        poll_line_init(line, lane->center, query);
    return line;
}

static struct queue *
queue_of(struct lane *lane, const struct errand *errand)
{
    return &lane->queues[errand->impatient];
}

static bool
is_waited_in(const struct lane *lane)
{
    return lane->queues[0].first || lane->queues[1].first;
}

/* In turn, so that whoever asks a thousand questions at once does not stop the polls of
 * all others, nor the other way round. Somebody waits. */
static struct errand *
choose(struct lane *lane)
{
    struct errand *chosen = lane->queues[lane->is_for_impatient].first;
    if (!chosen)
        chosen = lane->queues[!lane->is_for_impatient].first;
    lane->is_for_impatient = !chosen->impatient;
    return chosen;
}

bool
lane_add(struct lane *lane, struct errand *errand)
{
    if (errand->lane)
        return false;
    errand->lane = lane;
    errand->next = NULL;
    struct queue *queue = queue_of(lane, errand);
    *queue->last = errand;
    queue->last = &errand->next;
    pump(lane);
    return true;
}

static void
leave_queue(struct lane *lane, const struct errand *errand)
{
    struct queue *queue = queue_of(lane, errand);
    struct errand **at = &queue->first;
    while (*at != errand)
        at = &(*at)->next;
    *at = errand->next;
    if (!*at)
        queue->last = at;
}

void
lane_remove(struct errand *errand)
{
    struct lane *lane = errand->lane;
    if (!lane)
        return;
    if (errand->flight)
        errand->flight->errand = NULL;
    else
        leave_queue(lane, errand);
    errand->flight = NULL;
    errand->lane = NULL;
}

/* ---- holding back ---- */

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

static void
back_off(struct lane *lane, const struct poll_answer *answer)
{
    char length[32];
    bool is_news = lane->reason.kind != answer->error.kind || lane->failures == 1;
    lane->reason = answer->error;
    int64_t wait =
        hold(lane, BACKOFF_FIRST_MS, BACKOFF_MOST_MS, answer->retry_after_ms);
    log_write(is_news ? LEVEL_WARN : LEVEL_DEBUG, "poll",
              "center %s: %s: %s; alerts are held, next try in %s", lane->center->name,
              error_word(answer->error.kind), answer->error.message,
              text_format_duration(wait, length, sizeof length));
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
static void
judge(struct lane *lane, const struct poll_answer *answer)
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

void
lane_set_center(struct lane *lane, const struct conf_center *center)
{
    cancel_flights(lane); /* they speak of the configuration before */
    forget_lines(lane);
    lane->center = center;
    if (lane->session)
        session_set_center(lane->session, center);
    lane_retry(lane);
}

const struct lane_counts *
lane_counts_of(const struct lane *lane, const struct query *query)
{
    return &lane->counts[query_number(query)];
}

/* ---- sending ---- */

static void
count(struct lane_counts *counts, const struct poll_answer *answer)
{
    counts->polls++;
    counts->duration_us += answer->duration_us;
    if (answer->error.kind == ERROR_NONE)
        counts->good_ms = clock_wall_ms();
    else
        counts->failures[answer->error.kind]++;
}

static void
on_answer(void *arg, const struct poll_answer *answer)
{
    struct flight *flight = arg;
    struct lane *lane = flight->lane;
    struct errand *errand = flight->errand;
    count(&lane->counts[flight->query], answer);
    flight_delete(flight);
    if (errand) {
        errand->flight = NULL;
        errand->lane = NULL;
    }
    judge(lane, answer);
    if (is_waited_in(lane))
        timer_start(lane->pump_timer, 0);
    if (errand)
        errand->on_answer(errand, answer);
}

static void
send_next(struct lane *lane)
{
    struct errand *errand = choose(lane);
    struct flight *flight = mem_zero(sizeof *flight);
    leave_queue(lane, errand);
    errand->flight = flight;
    flight->lane = lane;
    flight->errand = errand;
    flight->query = query_number(errand->query);
    flight->next = lane->flights;
    lane->flights = flight;
    lane->in_flight++;
    const struct poll_line *line = line_of(lane, errand->query);
    flight->poll = lane->session ? poll_start_in(lane->session, line, errand->id,
                                                 on_answer, flight)
                                 : poll_start(lane->pool, line, errand->body,
                                              errand->body_size, on_answer, flight);
}

/* How long until the lane may send: 0 now, -1 when nothing is to be sent before
 * something else happens. */
static int64_t
wait_of(struct lane *lane)
{
    size_t most = lane->is_proven ? (size_t)lane->center->concurrency : 1;
    int64_t wait = 0;
    if (lane->is_draining || !is_waited_in(lane) || lane->in_flight >= most)
        wait = -1;
    else if (lane->held_until > clock_mono_ms())
        wait = lane->held_until - clock_mono_ms();
    if (wait)
        rate_leave(lane->rate, &lane->turn);
    else
        rate_take(lane->rate, &lane->turn, &wait);
    return wait;
}

static void
pump(void *arg)
{
    struct lane *lane = arg;
    int64_t wait;
    while ((wait = wait_of(lane)) == 0)
        send_next(lane);
    if (wait > 0)
        timer_start(lane->pump_timer, wait);
}
