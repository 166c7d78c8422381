/* What tasks wait for: a time, rows, an answer. */
#include <stdlib.h>

#include "base/mem.h"
#include "script/resident_ask.h"
#include "script/resident_inside.h"

/* A task that only sleeps and sleeps must not keep gateway and host busy. */
#define SLEEP_LEAST_MS ((int64_t)10)

static struct wait *
find(const struct resident *resident, uint64_t id)
{
    struct wait *wait = resident->waits;
    while (wait && wait->id != id)
        wait = wait->next;
    return wait;
}

/* NULL with `error`: each task waits for one thing, so there are no more waits than
 * tasks, and none has the name of another. */
static struct wait *
wait_new(struct resident *resident, uint64_t id, struct error *error)
{
    bool is_known = find(resident, id) != NULL;
    if (is_known ||
        resident->wait_count >= (size_t)resident->task_max + RESIDENT_RUNS_MAX) {
        error_set(error, ERROR_DECODE, "", "wait %llu: %s", (unsigned long long)id,
                  is_known ? "is there already" : "too many");
        return NULL;
    }
    struct wait *wait = mem_zero(sizeof *wait);
    wait->resident = resident;
    wait->id = id;
    wait->next = resident->waits;
    resident->waits = wait;
    resident->wait_count++;
    return wait;
}

/* What it waits for is cancelled, unless it has ended. */
static void
wait_delete(struct wait *wait)
{
    struct wait **at = &wait->resident->waits;
    if (wait->cancel)
        wait->cancel(wait->work);
    while (*at != wait)
        at = &(*at)->next;
    *at = wait->next;
    wait->resident->wait_count--;
    timer_free(wait->timer);
    free(wait);
}

void
resident_drop_waits(struct resident *resident)
{
    while (resident->waits)
        wait_delete(resident->waits);
}

void
wait_set_work(struct wait *wait, void (*cancel)(void *work), void *work)
{
    wait->cancel = cancel;
    wait->work = work;
}

/* ---- sleeping ---- */

static void
on_slept(void *arg)
{
    struct wait *wait = arg;
    message_write_wake(process_out(wait->resident->process), clock_wall_ms(), wait->id);
    wait_delete(wait);
}

bool
resident_take_sleep(struct resident *resident, const struct frame *frame,
                    struct error *error)
{
    struct message_sleep sleep;
    if (!message_read_sleep(frame, &sleep, error))
        return false;
    struct wait *wait = wait_new(resident, sleep.wait, error);
    if (!wait)
        return false;
    wait->timer = timer_new(resident->world.loop, on_slept, wait);
    timer_start(wait->timer, sleep.ms < SLEEP_LEAST_MS ? SLEEP_LEAST_MS : sleep.ms);
    return true;
}

/* ---- fetching ---- */

static void
on_fetched(void *arg, const struct error *error, const struct block *rows,
           int64_t wall_ms)
{
    struct wait *wait = arg;
    struct message_fetched fetched = {.wait = wait->id, .error = *error};
    if (error->kind == ERROR_NONE)
        fetched.rows = (struct message_rows){.center = wait->center,
                                             .query = rows->query,
                                             .row_count = (uint32_t)rows->row_count,
                                             .cells = rows->cells,
                                             .text = rows->text.data,
                                             .text_size = rows->text.size};
    (void)wall_ms;
    wait->cancel = NULL; /* the fetch ends itself after this call */
    if (!message_write_fetched(process_out(wait->resident->process), clock_wall_ms(),
                               &fetched)) {
        error_set(&fetched.error, ERROR_LIMIT, "",
                  "an answer of %u rows is more than a script can be given, %zu MB; "
                  "ask for less at a time",
                  fetched.rows.row_count, FRAME_MAX >> 20);
        message_write_fetched(process_out(wait->resident->process), clock_wall_ms(),
                              &fetched);
    }
    wait_delete(wait);
}

static void
cancel_fetch(void *work)
{
    fetch_cancel(work);
}

/* A script that was replaced together with the configuration counts centres as before:
 * the planner has to be asked by name. */
static void
ask(struct wait *wait, const struct message_fetch *fetch)
{
    struct resident *resident = wait->resident;
    const char *name = resident->world.conf->centers[fetch->center].name;
    int center = planner_find_center(resident->world.planner, name);
    struct error error;
    wait->center = fetch->center;
    if (center >= 0) {
        wait_set_work(wait, cancel_fetch,
                      planner_fetch(resident->world.planner, (uint32_t)center,
                                    fetch->query, fetch->ids, fetch->id_count,
                                    &fetch->span, fetch->max_age_ms, on_fetched, wait));
        return;
    }
    error_set(&error, ERROR_CANCELLED, "", "center %s is no longer configured", name);
    on_fetched(wait, &error, NULL, 0);
}

bool
resident_take_fetch(struct resident *resident, const struct frame *frame,
                    struct error *error)
{
    struct message_fetch fetch;
    if (!message_read_fetch(frame, resident->world.conf->center_count, &fetch, error))
        return false;
    struct wait *wait = wait_new(resident, fetch.wait, error);
    if (wait)
        ask(wait, &fetch);
    message_fetch_fini(&fetch);
    return wait != NULL;
}

/* ---- asking ---- */

static void
end(struct wait *wait, struct message_answer *answer)
{
    struct buf *out = process_out(wait->resident->process);
    answer->wait = wait->id;
    if (!message_write_answer(out, clock_wall_ms(), answer)) {
        error_set(&answer->error, ERROR_LIMIT, "",
                  "an answer of %zu bytes is more than a script can be given, %zu MB; "
                  "ask for less at a time",
                  answer->answer_size, FRAME_MAX >> 20);
        message_write_answer(out, clock_wall_ms(), answer);
    }
    wait->cancel = NULL; /* what it waited for has ended */
    wait_delete(wait);
}

void
wait_answer(struct wait *wait, const char *answer, size_t size)
{
    end(wait, &(struct message_answer){.answer = answer, .answer_size = size});
}

void
wait_fail(struct wait *wait, const struct error *error)
{
    end(wait, &(struct message_answer){.error = *error});
}

bool
resident_take_ask(struct resident *resident, const struct frame *frame,
                  struct error *error)
{
    struct message_ask ask;
    if (!message_read_ask(frame, &ask, error))
        return false;
    struct wait *wait = wait_new(resident, ask.wait, error);
    return wait && resident_ask(resident, wait, &ask, error);
}

/* ---- nobody waits any more ---- */

bool
resident_take_forget(struct resident *resident, const struct frame *frame,
                     struct error *error)
{
    uint64_t id;
    if (!message_read_forget(frame, &id, error))
        return false;
    struct wait *wait = find(resident, id);
    if (wait)
        wait_delete(wait);
    return true;
}
