#include "poll/lane_inside.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void pump(void *arg);

struct lane *
lane_new(struct loop *loop, struct http_pool *pool, const struct conf_center *center,
         enum query_door door, struct rate *rate)
{
    struct lane *lane = mem_zero(sizeof *lane);
    size_t count = query_count();
    lane->loop = loop;
    lane->pool = pool;
    lane->center = center;
    lane->door = door;
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
    lane_quiet_init(lane);
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

static void answer_played(void *arg);

/* Calls back what nobody waits for. */
static void
cancel_flights(struct lane *lane)
{
    for (struct flight *flight = lane->flights, *next; flight; flight = next) {
        next = flight->next;
        if (flight->errand)
            continue;
        if (flight->poll)
            poll_cancel(flight->poll);
        else
            loop_forget(lane->loop, answer_played, flight);
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
    lane_quiet_fini(lane);
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

void
lane_play(struct lane *lane, const struct lane_player *player)
{
    lane->player = player;
    session_delete(lane->session);
    lane->session = NULL;
}

void
lane_wake(struct lane *lane)
{
    timer_start(lane->pump_timer, 0);
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
    int query = flight->query;
    count(&lane->counts[query], answer);
    flight_delete(flight);
    if (errand) {
        errand->flight = NULL;
        errand->lane = NULL;
    }
    lane_judge(lane, answer);
    lane_hear(lane, query, &answer->error);
    if (is_waited_in(lane))
        timer_start(lane->pump_timer, 0);
    if (errand)
        errand->on_answer(errand, answer);
}

static void
answer_played(void *arg)
{
    struct flight *flight = arg;
    const struct lane *lane = flight->lane;
    struct poll_answer answer = {
        .body = "", .content_type = "", .status = 200, .retry_after_ms = -1};
    if (flight->errand)
        lane->player->on_ask(lane->player->arg, lane->center, flight->errand, &answer);
    on_answer(flight, &answer);
}

/* At once, and not from inside lane_add(). */
static void
send_played(struct flight *flight)
{
    loop_defer(flight->lane->loop, answer_played, flight);
}

static void
send_real(struct flight *flight)
{
    struct lane *lane = flight->lane;
    const struct errand *errand = flight->errand;
    const struct poll_line *line = line_of(lane, errand->query);
    flight->poll = lane->session ? poll_start_in(lane->session, line, errand->id,
                                                 on_answer, flight)
                                 : poll_start(lane->pool, line, errand->body,
                                              errand->body_size, on_answer, flight);
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
    if (lane->player)
        send_played(flight);
    else
        send_real(flight);
}

/* How long until the lane may send: 0 now, -1 when nothing is to be sent before
 * something else happens. */
static int64_t
wait_of(struct lane *lane)
{
    size_t most = lane->player      ? SIZE_MAX
                  : lane->is_proven ? (size_t)lane->center->concurrency
                                    : 1;
    int64_t wait = 0;
    bool is_closed = lane->is_draining || (lane->player && lane->player->is_closed);
    if (is_closed || !is_waited_in(lane) || lane->in_flight >= most)
        wait = -1;
    else if (lane->held_until > clock_mono_ms())
        wait = lane->held_until - clock_mono_ms();
    if (wait)
        rate_leave(lane->rate, &lane->turn);
    else if (!lane->player)
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
