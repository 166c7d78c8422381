/* A batch that the centre refuses with an error in the body is halved until the ids
 * that spoil it stand alone.
 *
 * The failure may as well be the centre's own, and then no id is to blame, however
 * small the request. So a batch is split, and an id is condemned, only when the centre
 * has answered the same query well after the failure. One lot at a time, the diver, is
 * split without that proof: it is followed down to one id, which costs two requests for
 * each halving. When nothing at all was answered well by then, the centre is to blame
 * and the ids travel together again. */
#include "poll/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "net/sign.h"

/* A refused id is asked again after this time, at the earliest. */
#define REFUSED_MS ((int64_t)10 * 60 * 1000)
/* After a search in vain the next one without proof waits so long. */
#define PAUSE_MS ((int64_t)60 * 1000)
/* An id is condemned when it failed so often alone: once may be a mishap. */
#define FAILURES_ALONE 2

/* What is known of an id that spoilt a request, or is suspected to. */
struct fate {
    uint32_t center;
    uint32_t lot;
    const struct query *query;
    int64_t id;
    struct error *refusal; /* NULL: suspected */
    int64_t again_ms;      /* of a refused one */
};

/* The search among the ids of one centre and query. */
struct search {
    struct planner *planner; /* NULL: nothing was answered yet */
    uint32_t center;
    const struct query *query;
    bool is_open;
    bool has_failed;         /* batches may have failures that are not settled */
    bool is_blind;           /* nothing was answered well since it began */
    uint32_t diver, sibling; /* lots: the two halves of the same */
    uint64_t count;          /* of answers that say something about ids */
    uint64_t good_at;        /* the newest good one */
    int64_t pause_until_ms;
};

/* ---- fates ---- */

static int
compare_fate(const struct fate *fate, uint32_t center, const struct query *query,
             int64_t id)
{
    if (fate->center != center)
        return fate->center < center ? -1 : 1;
    if (fate->query != query)
        return query_number(fate->query) < query_number(query) ? -1 : 1;
    return (fate->id > id) - (fate->id < id);
}

/* Where the fate of an id is, or would be. */
static size_t
find_place(const struct planner *planner, uint32_t center, const struct query *query,
           int64_t id)
{
    size_t low = 0, high = planner->fate_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_fate(&planner->fates[middle], center, query, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct fate *
find_fate(const struct planner *planner, uint32_t center, const struct query *query,
          int64_t id)
{
    size_t at = find_place(planner, center, query, id);
    if (at == planner->fate_count ||
        compare_fate(&planner->fates[at], center, query, id) != 0)
        return NULL;
    return &planner->fates[at];
}

static struct fate *
obtain_fate(const struct batch *batch, int64_t id)
{
    struct planner *planner = batch->planner;
    struct fate *fate = find_fate(planner, batch->center, batch->query, id);
    if (fate)
        return fate;
    size_t at = find_place(planner, batch->center, batch->query, id);
    planner->fates =
        mem_grow(planner->fates, planner->fate_count + 1, sizeof *planner->fates);
    fate = &planner->fates[at];
    memmove(fate + 1, fate, (planner->fate_count++ - at) * sizeof *fate);
    *fate = (struct fate){.center = batch->center, .query = batch->query, .id = id};
    return fate;
}

static void
drop_fate(struct planner *planner, struct fate *fate)
{
    size_t after = planner->fate_count - (size_t)(fate - planner->fates) - 1;
    free(fate->refusal);
    memmove(fate, fate + 1, after * sizeof *fate);
    planner->fate_count--;
}

const struct error *
search_refusal(const struct planner *planner, uint32_t center,
               const struct query *query, int64_t id)
{
    const struct fate *fate = find_fate(planner, center, query, id);
    return fate ? fate->refusal : NULL;
}

int64_t
search_wait_ms(const struct batch *batch)
{
    const struct fate *fate =
        find_fate(batch->planner, batch->center, batch->query, batch->ids[0]);
    return fate->again_ms - clock_mono_ms();
}

void
search_postpone(const struct batch *batch)
{
    find_fate(batch->planner, batch->center, batch->query, batch->ids[0])->again_ms =
        clock_mono_ms() + REFUSED_MS;
}

void
search_set_apart(const struct planner *planner, struct demand *demand)
{
    if (!planner->fate_count)
        return;
    for (size_t i = 0; i < demand->claim_count; i++) {
        struct claim *claim = &demand->claims[i];
        const struct fate *fate =
            find_fate(planner, claim->center, claim->query, claim->id);
        if (!fate)
            continue;
        claim->lot = fate->lot;
        if (fate->refusal && claim->every_ms < REFUSED_MS)
            claim->every_ms = REFUSED_MS;
    }
}

/* The searches of a centre, one for each query; NULL: there are none at all. */
static struct search *
searches_of(const struct planner *planner, uint32_t center)
{
    return planner->searches ? planner->searches + center * query_count() : NULL;
}

bool
search_is_open(const struct planner *planner, uint32_t center)
{
    const struct search *searches = searches_of(planner, center);
    bool is_open = false;
    for (size_t i = 0; searches && i < query_count(); i++)
        is_open |= searches[i].is_open;
    return is_open;
}

/* ---- verdicts ---- */

static const char *
center_of(const struct batch *batch)
{
    return plan_center(batch->planner, batch->center)->name;
}

/* The line of the script where a subscriber asks for this id; 0: unknown. */
static uint32_t
line_of(const struct subscription *subscription, const struct batch *batch)
{
    for (size_t i = 0; i < subscription->want_count; i++) {
        const struct planner_want *want = &subscription->wants[i];
        if (want->center == batch->center && want->query == batch->query &&
            bsearch(batch->ids, want->ids, want->id_count, sizeof *want->ids,
                    plan_by_id))
            return want->line;
    }
    return 0;
}

/* "queue_wait:6, other". */
static void
add_names(const struct batch *batch, struct buf *names)
{
    for (size_t i = 0; i < batch->feed_count; i++) {
        const struct subscription *subscription = batch->feeds[i].subscription;
        uint32_t line = line_of(subscription, batch);
        buf_format(names, i ? ", %s" : "%s", subscription->name);
        if (line)
            buf_format(names, ":%u", line);
    }
}

static void
condemn(const struct batch *batch)
{
    struct fate *fate = obtain_fate(batch, batch->ids[0]);
    struct buf names = {0};
    fate->lot = ++batch->planner->last_lot;
    fate->refusal = mem_copy(&batch->error, sizeof batch->error);
    fate->again_ms = clock_mono_ms() + REFUSED_MS;
    add_names(batch, &names);
    log_warn(
        "poll",
        "center %s: %s %lld is refused: %s %s: %s; wanted by %s; it is asked alone "
        "every 10m from now on",
        center_of(batch), batch->query->argument, (long long)fate->id,
        error_word(batch->error.kind), batch->error.code, batch->error.message,
        names.size ? names.data : "nobody any more");
    buf_fini(&names);
    plan_change(batch->planner);
}

static void
acquit(struct batch *batch)
{
    log_info("poll", "center %s: %s %lld is not refused any more", center_of(batch),
             batch->query->argument, (long long)batch->ids[0]);
    drop_fate(batch->planner,
              find_fate(batch->planner, batch->center, batch->query, batch->ids[0]));
    batch->is_refused = false;
    plan_change(batch->planner);
}

/* ---- the search ---- */

static bool
concerns(const struct search *search, const struct batch *batch)
{
    return search->center == batch->center && search->query == batch->query &&
           !batch->is_refused;
}

static bool
is_proven(const struct search *search, const struct batch *batch)
{
    return search->good_at > batch->failed_at;
}

static bool
may_split(const struct search *search, const struct batch *batch)
{
    if (is_proven(search, batch))
        return true;
    if (search->is_open)
        return batch->lot == search->diver;
    return clock_mono_ms() >= search->pause_until_ms;
}

static void
split(struct search *search, struct batch *batch)
{
    struct planner *planner = search->planner;
    uint32_t lots[] = {planner->last_lot + 1, planner->last_lot + 2};
    planner->last_lot += 2;
    for (size_t i = 0; i < batch->id_count; i++)
        obtain_fate(batch, batch->ids[i])->lot = lots[i >= batch->id_count / 2];
    if (!search->is_open || batch->lot == search->diver) {
        /* Another way each time: bad ids may lie so that one way finds nothing good. */
        bool is_upper = sign_random_share() < 0.5;
        search->diver = lots[is_upper];
        search->sibling = lots[!is_upper];
    }
    if (!search->is_open)
        search->is_blind = !is_proven(search, batch);
    search->is_open = true;
    batch->failures = 0; /* it is over with the next rebuilding */
    plan_change(planner);
}

/* Looks at all batches, so only as long as there are failures: most answers are good,
 * and a good one must not cost more because others are asked, too. */
static void
go_on(struct search *search)
{
    if (!search->has_failed)
        return;
    search->has_failed = false;
    for (struct batch *batch = search->planner->batches; batch; batch = batch->next) {
        if (!concerns(search, batch) || !batch->failures)
            continue;
        if (batch->id_count > 1) {
            if (may_split(search, batch))
                split(search, batch);
        } else if (batch->failures >= FAILURES_ALONE && is_proven(search, batch)) {
            batch->failures = 0;
            condemn(batch);
        }
        search->has_failed |= batch->failures > 0;
    }
}

/* The suspects travel together again. */
static void
close_search(struct search *search)
{
    struct planner *planner = search->planner;
    size_t kept = 0;
    for (size_t i = 0; i < planner->fate_count; i++) {
        const struct fate *fate = &planner->fates[i];
        if (fate->refusal || fate->center != search->center ||
            fate->query != search->query)
            planner->fates[kept++] = *fate;
    }
    planner->fate_count = kept;
    search->is_open = false;
    plan_change(planner);
}

/* The search is over when every lot was answered well, or, as long as it is blind, none
 * was: then no id can be told from the others. */
static void
end_if_over(struct search *search)
{
    size_t bad = 0;
    if (!search->is_open || search->planner->is_changed)
        return;
    for (struct batch *batch = search->planner->batches; batch; batch = batch->next) {
        if (!concerns(search, batch) || !batch->lot)
            continue;
        if (!batch->is_judged)
            return;
        bad += batch->failures > 0;
    }
    if (bad && !search->is_blind)
        return;
    if (bad)
        search->pause_until_ms = clock_mono_ms() + PAUSE_MS;
    close_search(search);
}

static struct search *
obtain_search(const struct batch *batch)
{
    struct planner *planner = batch->planner;
    if (!planner->searches)
        planner->searches =
            mem_zero(planner->center_count * query_count() * sizeof *planner->searches);
    struct search *search =
        searches_of(planner, batch->center) + query_number(batch->query);
    search->planner = planner;
    search->center = batch->center;
    search->query = batch->query;
    return search;
}

void
search_learn(struct batch *batch, const struct error *error)
{
    bool is_good = error->kind == ERROR_NONE;
    if (!is_good && error->kind != ERROR_API)
        return;
    struct search *search = obtain_search(batch);
    search->count++;
    batch->is_judged = true;
    if (is_good) {
        search->good_at = search->count;
        search->is_blind = false;
        batch->failures = 0;
        if (batch->lot && batch->lot == search->diver)
            search->diver = search->sibling; /* the fault is in the other half */
        if (batch->is_refused)
            acquit(batch);
    } else if (!batch->is_refused) {
        batch->failures++;
        search->has_failed = true;
        batch->failed_at = search->count;
    }
    go_on(search);
    end_if_over(search);
}

void
search_forget(struct planner *planner)
{
    free(planner->searches);
    planner->searches = NULL;
    while (planner->fate_count)
        free(planner->fates[--planner->fate_count].refusal);
    free(planner->fates);
    planner->fates = NULL;
}
