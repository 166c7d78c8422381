/* A source that has gone stale: a query that somebody polls and that gets no good
 * answer for three of its intervals, at least for a minute. That is an alert of the
 * gateway's own, CENTRE/QUERY, until the next good answer.
 *
 * Silence alone proves nothing, since this process may have stood still itself: there
 * must have been failures, and for ten seconds. An id that fails alone is no stale
 * source, the others are answered. While the circuit is open nobody asks, which is an
 * alert already, and what was failing before counts anew when it closes. A minute is
 * also how long nobody must want the query until its alert is over: hosts end and begin
 * again, and so does the gateway, whose next process does not know at first what was
 * told. */
#include "poll/lane_inside.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/trouble.h"

#define INTERVALS  3
#define LEAST_MS   ((int64_t)60 * 1000)
#define FAILING_MS ((int64_t)10 * 1000)

/* Of one query. Times are monotonic unless they say otherwise. */
struct quiet {
    int64_t every_ms;   /* the shortest interval; 0: nobody wants it */
    int64_t left_ms;    /* then: since when */
    int64_t from_ms;    /* what is counted from */
    int64_t since_wall; /* ms: the last good answer, or the first wish; 0: neither */
    int64_t failing_ms; /* the first failure after from_ms; 0: none yet */
    struct error error; /* the newest failure */
    enum {
        NEWS_UNKNOWN, /* a process before this one may have told */
        NEWS_NONE,
        NEWS_TOLD,
    } news;
};

static void
begin(struct quiet *quiet)
{
    quiet->from_ms = clock_mono_ms();
    quiet->since_wall = clock_wall_ms();
    quiet->failing_ms = 0;
}

/* ---- news ---- */

static void
tell(const struct lane *lane, const struct query *query, struct quiet *quiet)
{
    const struct error *error = &quiet->error;
    const char *center = lane->center->name;
    char *name = mem_format("%s/%s", center, query->name);
    char since[32];
    char *text = mem_format(
        "center %s: no good answer to %s since %s, the newest is %s%s%s: %s; alerts "
        "are held",
        center, query->name,
        text_format_time(quiet->since_wall, false, since, sizeof since),
        error_word(error->kind), error->code[0] ? " " : "", error->code,
        error->message);
    quiet->news = NEWS_TOLD;
    log_warn("poll", "%s", text);
    trouble_tell(TROUBLE_CENTER, name, "%s", text);
    free(text);
    free(name);
}

static void
take_back(const struct lane *lane, const struct query *query, struct quiet *quiet)
{
    char *name = mem_format("%s/%s", lane->center->name, query->name);
    quiet->news = NEWS_NONE;
    trouble_over(TROUBLE_CENTER, name);
    free(name);
}

/* ---- when ---- */

static int64_t
later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* When there is news of the query if nothing happens before; 0: none. */
static int64_t
due_of(const struct lane *lane, const struct quiet *quiet)
{
    if (!quiet->every_ms)
        return quiet->news == NEWS_NONE ? 0 : quiet->left_ms + LEAST_MS;
    if (quiet->news == NEWS_TOLD || !quiet->failing_ms || lane->is_open)
        return 0;
    return later(quiet->from_ms + later(INTERVALS * quiet->every_ms, LEAST_MS),
                 quiet->failing_ms + FAILING_MS);
}

/* Of all queries: tells what is due, and comes back for what will be. */
static void
review(void *arg)
{
    struct lane *lane = arg;
    int64_t now = clock_mono_ms(), next = 0;
    for (size_t i = 0; queries[i] && !lane->is_draining; i++) {
        struct quiet *quiet = &lane->quiets[i];
        int64_t due = queries[i]->door == lane->door ? due_of(lane, quiet) : 0;
        if (due > now && (!next || due < next))
            next = due;
        if (!due || due > now)
            continue;
        if (quiet->every_ms)
            tell(lane, queries[i], quiet);
        else
            take_back(lane, queries[i], quiet);
    }
    if (next)
        timer_start(lane->quiet_timer, next - now);
}

/* ---- what happens ---- */

void
lane_quiet_init(struct lane *lane)
{
    size_t count = query_count();
    lane->quiets = mem_zero(count * sizeof *lane->quiets);
    for (size_t i = 0; i < count; i++)
        lane->quiets[i].left_ms = clock_mono_ms();
    lane->quiet_timer = timer_new(lane->loop, review, lane);
    review(lane);
}

void
lane_quiet_fini(struct lane *lane)
{
    timer_free(lane->quiet_timer);
    free(lane->quiets);
}

void
lane_expect(struct lane *lane, const struct query *query, int64_t every_ms)
{
    struct quiet *quiet = &lane->quiets[query_number(query)];
    int64_t now = clock_mono_ms();
    if (quiet->every_ms == every_ms)
        return;
    bool is_new = !quiet->since_wall || now - quiet->left_ms >= LEAST_MS;
    if (!quiet->every_ms && is_new)
        begin(quiet);
    if (!every_ms)
        quiet->left_ms = now;
    quiet->every_ms = every_ms;
    review(lane);
}

void
lane_count_anew(struct lane *lane)
{
    for (size_t i = 0; queries[i]; i++) {
        lane->quiets[i].from_ms = clock_mono_ms();
        lane->quiets[i].failing_ms = 0;
    }
}

void
lane_hear(struct lane *lane, int query, const struct error *error)
{
    struct quiet *quiet = &lane->quiets[query];
    if (error->kind == ERROR_NONE) {
        begin(quiet);
        if (quiet->news == NEWS_TOLD)
            log_info("poll", "center %s: %s is answered well again", lane->center->name,
                     queries[query]->name);
        if (quiet->news != NEWS_NONE)
            take_back(lane, queries[query], quiet);
    } else if (error->kind != ERROR_CANCELLED) {
        quiet->error = *error;
        if (!quiet->failing_ms)
            quiet->failing_ms = clock_mono_ms();
        review(lane);
    }
}
