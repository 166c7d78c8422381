/* What travels between the loop and the storage thread: transactions to be written and
 * pages to be read. Private to store. */
#ifndef CCGATE_STORE_JOB_H
#define CCGATE_STORE_JOB_H

#include "store/database.h"
#include "store/outbox.h"
#include "store/txn.h"

/* A page that somebody waits for. The filter and the page are the thread's while it is
 * under way, the rest is the loop's. */
struct store_read {
    struct outbox_filter filter; /* owns its texts */
    struct outbox_page page;
    store_on_page *on_page; /* NULL: nobody waits any more */
    void *arg;
};

struct job {
    struct job *next;
    struct txn *txn; /* NULL: `read` */
    struct store_read *read;
    loop_callback *on_done; /* of a transaction; may be NULL */
    void *arg;
};

struct job_queue {
    struct job *head;
    struct job **tail;
};

void job_delete(struct job *job);
/* A page is read: tells who waits for it. */
void job_tell_page(const struct job *job);

void queue_init(struct job_queue *queue);
/* Deletes all that is in it. */
void queue_fini(struct job_queue *queue);
void queue_push(struct job_queue *queue, struct job *job);
/* NULL when there is none. */
struct job *queue_pop(struct job_queue *queue);
/* Everything of `from` goes to the end of `to`. */
void queue_move(struct job_queue *to, struct job_queue *from);

#endif
