/* What a batch's answers become, and who gets it. */
#include "poll/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

/* ---- making ---- */

/* Answers mostly come in the order asked: the search starts where the last row was. */
void
sample_arrange(struct block *out, const int64_t *ids, size_t id_count,
               const struct block *answer)
{
    const struct query *query = out->query;
    size_t width = query_width(query), expected = 0;
    block_clear(out);
    buf_add(&out->text, answer->text.data, answer->text.size);
    for (size_t i = 0; i < id_count; i++) {
        int64_t *row = block_add(out);
        row[0] = (int64_t)(ROW_GONE | (uint64_t)1 << query->key);
        row[1 + query->key] = ids[i];
    }
    for (size_t r = 0; r < answer->row_count; r++) {
        const int64_t *row = block_row(answer, r);
        for (size_t tries = 0; tries < id_count; tries++) {
            size_t at = (expected + tries) % id_count;
            if (ids[at] != row[1 + query->key])
                continue;
            memcpy(out->cells + at * width, row, width * sizeof *row);
            expected = at + 1;
            break;
        }
    }
}

void
sample_of_slots(struct block *rows, struct block *former, const struct block *answer,
                int64_t argument, int64_t vdn)
{
    struct block both, fresh;
    block_init(&both, rows->query);
    block_join(&both, former, argument, vdn);
    block_join(&both, answer, argument, vdn);
    block_unique(&both); /* the former ones, without doubles, stay in front */
    fresh = both;
    fresh.cells = both.cells + former->row_count * query_width(rows->query);
    fresh.row_count = both.row_count - former->row_count;
    block_clear(rows);
    block_join(rows, &fresh, argument, vdn);
    block_fini(&both);
    block_clear(former);
    block_join(former, answer, argument, vdn);
    block_unique(former);
}

/* An id that the centre does not know is mostly a mistake in a script: said once. */
static void
tell_unknown(const struct batch *batch)
{
    for (size_t i = 0; i < batch->id_count; i++) {
        bool was_gone =
            batch->former.row_count && row_is_gone(block_row(&batch->former, i));
        if (row_is_gone(block_row(&batch->rows, i)) && !was_gone)
            log_warn("poll",
                     "center %s: %s %lld is not in the answer: the centre does not "
                     "know it (any more)",
                     plan_center(batch->planner, batch->center)->name,
                     batch->query->argument, (long long)batch->ids[i]);
    }
}

void
sample_take(struct batch *batch, const struct block *answer)
{
    const struct query *query = batch->query;
    int64_t vdn = plan_center(batch->planner, batch->center)->vdn;
    if (query->has_span) {
        sample_of_slots(&batch->rows, &batch->former, answer, batch->ids[0], vdn);
    } else if (query->is_list) {
        block_clear(&batch->rows);
        block_join(&batch->rows, answer, batch->ids[0], vdn);
        block_unique(&batch->rows);
    } else {
        struct block before = batch->rows;
        batch->rows = batch->former;
        batch->former = before;
        sample_arrange(&batch->rows, batch->ids, batch->id_count, answer);
        tell_unknown(batch);
    }
    batch->rows_wall_ms = clock_wall_ms();
    batch->rows_mono_ms = clock_mono_ms();
    log_debug("poll", "polled %s: %zu rows", query->name, batch->rows.row_count);
}

/* ---- giving ---- */

/* The rows of one feed; the batch's own block where it gets all. */
static const struct block *
rows_of(struct batch *batch, const struct feed *feed)
{
    struct block *scratch = &batch->planner->scratch;
    if (!feed->rows)
        return &batch->rows;
    if (scratch->query == batch->query) {
        block_clear(scratch);
    } else {
        block_fini(scratch); /* its rows have another width */
        block_init(scratch, batch->query);
    }
    buf_add(&scratch->text, batch->rows.text.data, batch->rows.text.size);
    for (size_t i = 0; i < feed->count; i++)
        memcpy(block_add(scratch), block_row(&batch->rows, feed->rows[i]),
               query_width(batch->query) * sizeof(int64_t));
    return scratch;
}

void
sample_send(struct batch *batch, struct feed *feed)
{
    struct subscription *to = feed->subscription;
    int64_t argument = batch->query->is_list ? batch->ids[0] : 0;
    feed->refused = !to->on_rows(to->arg, batch->center, argument, rows_of(batch, feed),
                                 batch->rows_wall_ms);
}

void
sample_send_all(struct batch *batch)
{
    for (size_t i = 0; i < batch->feed_count; i++)
        sample_send(batch, &batch->feeds[i]);
}

/* What happened in a slot stays true; what was counted does not. */
bool
sample_is_fresh(const struct batch *batch)
{
    return batch->rows_mono_ms &&
           (batch->query->has_span ||
            clock_mono_ms() - batch->rows_mono_ms <= batch->period_ms);
}
