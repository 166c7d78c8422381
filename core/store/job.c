#include "store/job.h"

#include <stdlib.h>

#include "base/mem.h"

/* ---- jobs ---- */

static void
page_fini(struct outbox_page *page)
{
    for (size_t i = 0; i < page->count; i++)
        outbox_record_fini(&page->records[i]);
    for (size_t i = 0; i < page->attempt_count; i++)
        free(page->attempts[i].answer);
    free(page->records);
    free(page->attempts);
}

static void
read_delete(struct store_read *read)
{
    if (!read)
        return;
    page_fini(&read->page);
    free((char *)(uintptr_t)read->filter.id);
    free((char *)(uintptr_t)read->filter.id_begins);
    free((char *)(uintptr_t)read->filter.destination);
    free(read);
}

void
job_delete(struct job *job)
{
    if (job->txn)
        txn_delete(job->txn);
    read_delete(job->read);
    free(job);
}

void
job_tell_page(const struct job *job)
{
    const struct store_read *read = job->read;
    if (read->on_page)
        read->on_page(read->arg, &read->page);
}

void
store_read_cancel(struct store_read *read)
{
    read->on_page = NULL;
}

/* ---- queues ---- */

void
queue_init(struct job_queue *queue)
{
    queue->head = NULL;
    queue->tail = &queue->head;
}

void
queue_push(struct job_queue *queue, struct job *job)
{
    job->next = NULL;
    *queue->tail = job;
    queue->tail = &job->next;
}

struct job *
queue_pop(struct job_queue *queue)
{
    struct job *job = queue->head;
    if (!job)
        return NULL;
    queue->head = job->next;
    if (!queue->head)
        queue->tail = &queue->head;
    return job;
}

void
queue_move(struct job_queue *to, struct job_queue *from)
{
    if (!from->head)
        return;
    *to->tail = from->head;
    to->tail = from->tail;
    queue_init(from);
}

void
queue_fini(struct job_queue *queue)
{
    struct job *job;
    while ((job = queue_pop(queue)))
        job_delete(job);
}
