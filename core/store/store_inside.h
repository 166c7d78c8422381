/* The store's inside, shared by store.c (the thread, opening and closing) and
 * store_read.c (what is read before the thread has begun) alone. */
#ifndef CCGATE_STORE_STORE_INSIDE_H
#define CCGATE_STORE_STORE_INSIDE_H

#include <pthread.h>

#include "store/job.h"
#include "store/store.h"

struct store {
    struct database *database; /* the loop's before, the thread's after its start */
    int lock_fd;

    /* The loop's. */
    int event_fd; /* the thread rings it when something is done */
    struct watch *watch;
    store_on_outbox *on_added;
    void *on_added_arg;
    store_on_swept *on_swept;
    void *on_swept_arg;
    size_t pending;
    bool is_played;
    bool is_trouble_told; /* that it cannot write */
    bool has_thread;
    pthread_t thread;

    pthread_mutex_t mutex; /* over all of the following */
    pthread_cond_t changed;
    struct job_queue waiting, done;
    struct job_queue reads; /* served between groups, and while commits fail */
    bool stopping;          /* write what waits, then end */
    bool given_up;          /* end at once */
    size_t open_count;      /* jobs handed over and not yet in `done` */
    bool failing, retry;
    struct error reason; /* of failing */
    bool ended;
};

#endif
