#include "store/store_inside.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/trouble.h"
#include "store/lock.h"

#define GROUP_CHANGES   256
#define RETRY_MS        5000
#define CLOSE_RETRY_MS  100
#define CLOSE_MS        10000
#define GROUP_JOBS_ROOM 16

/* ---- the storage thread ---- */

/* Waits at most `ms` for a change of the shared fields. */
static void
wait_changed(struct store *store, int64_t ms)
{
    int64_t until_ms = clock_real_mono_ms() + ms;
    struct timespec until = {until_ms / 1000, until_ms % 1000 * 1000000};
    pthread_cond_timedwait(&store->changed, &store->mutex, &until);
}

/* Takes the jobs of the next group. */
static void
take_group(struct store *store, struct job_queue *group)
{
    size_t changes = 0;
    queue_init(group);
    while (store->waiting.head) {
        changes += store->waiting.head->txn->count;
        if (group->head && changes > GROUP_CHANGES)
            return;
        queue_push(group, queue_pop(&store->waiting));
    }
}

static bool
write_group(struct store *store, const struct job_queue *group, struct error *error)
{
    struct txn **txns = NULL;
    size_t count = 0, room = 0;
    for (struct job *job = group->head; job; job = job->next) {
        if (txn_is_empty(job->txn))
            continue;
        if (count == room) {
            room = room ? 2 * room : GROUP_JOBS_ROOM;
            txns = mem_grow(txns, room, sizeof(*txns));
        }
        txns[count++] = job->txn;
    }
    bool written = count == 0 || database_write(store->database, txns, count, error);
    free(txns);
    return written;
}

/* Wakes the loop. Fails only when the counter is full, and then it will look anyway. */
static void
ring(struct store *store)
{
    uint64_t one = 1;
    if (write(store->event_fd, &one, sizeof(one)) < 0)
        return;
}

static void
set_failing(struct store *store, bool failing, const struct error *error)
{
    if (store->failing == failing)
        return;
    store->failing = failing;
    store->reason = *error;
    ring(store);
    if (failing)
        log_error("store", "cannot write: %s; nothing is lost, trying every %ds",
                  error->message, RETRY_MS / 1000);
    else
        log_info("store", "writing again");
}

static void
report(struct store *store, struct job_queue *jobs)
{
    for (const struct job *job = jobs->head; job; job = job->next)
        store->open_count--;
    queue_move(&store->done, jobs);
    ring(store);
}

/* One page, if one is waited for. Called and left with the mutex held. */
static bool
serve_read(struct store *store)
{
    struct job *job = queue_pop(&store->reads);
    struct job_queue served;
    if (!job)
        return false;
    pthread_mutex_unlock(&store->mutex);
    database_read_page(store->database, &job->read->filter, &job->read->page);
    queue_init(&served);
    queue_push(&served, job);
    pthread_mutex_lock(&store->mutex);
    report(store, &served);
    return true;
}

/* Called and left with the mutex held. False when the store was told to give up. */
static bool
write_until_done(struct store *store, const struct job_queue *group)
{
    for (;;) {
        struct error error = {0};
        pthread_mutex_unlock(&store->mutex);
        bool written = write_group(store, group, &error);
        pthread_mutex_lock(&store->mutex);
        set_failing(store, !written, &error);
        if (written)
            return true;
        int64_t until_ms = clock_real_mono_ms() + RETRY_MS;
        while (!store->retry && !store->stopping && clock_real_mono_ms() < until_ms)
            if (!serve_read(store))
                wait_changed(store, until_ms - clock_real_mono_ms());
        store->retry = false;
        if (store->stopping && !store->given_up)
            wait_changed(store, CLOSE_RETRY_MS);
        if (store->given_up)
            return false;
    }
}

static void *
work(void *arg)
{
    struct store *store = arg;
    struct job_queue group;
    pthread_mutex_lock(&store->mutex);
    for (;;) {
        while (!store->waiting.head && !store->reads.head && !store->stopping)
            pthread_cond_wait(&store->changed, &store->mutex);
        if (!store->stopping && serve_read(store) && !store->waiting.head)
            continue;
        if (!store->waiting.head || store->given_up)
            break;
        take_group(store, &group);
        if (!write_until_done(store, &group)) {
            queue_move(&group, &store->waiting);
            queue_move(&store->waiting, &group);
            break;
        }
        report(store, &group);
    }
    store->ended = true;
    pthread_cond_broadcast(&store->changed);
    pthread_mutex_unlock(&store->mutex);
    return NULL;
}

/* Signals are the loop's. */
static void
start_thread(struct store *store)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&store->thread, NULL, work, store);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed) {
        log_error("store", "cannot start the storage thread: %s", strerror(failed));
        abort();
    }
    store->has_thread = true;
}

/* ---- opening and closing ---- */

static bool
open_files(struct store *store, const char *dir, struct error *error)
{
    if (mkdir(dir, 0700) != 0 && errno != EEXIST) {
        error_set(error, ERROR_LIMIT, "", "%s: %s", dir, strerror(errno));
        return false;
    }
    store->lock_fd = lock_take(dir, error);
    if (store->lock_fd < 0)
        return false;
    char *path = mem_format("%s/state.db", dir);
    store->database = store->is_played ? database_open_played(path, error)
                                       : database_open(path, error);
    free(path);
    return store->database != NULL;
}

/* The alert waits with what cannot be written; whoever runs the gateway sees the log.
 */
static void
tell_trouble(struct store *store, bool is_failing, const struct error *reason)
{
    if (is_failing == store->is_trouble_told)
        return;
    store->is_trouble_told = is_failing;
    if (is_failing)
        trouble_tell(TROUBLE_STORE, "store", "the store could not write: %s",
                     reason->message);
    else
        trouble_over(TROUBLE_STORE, "store");
}

static void
tell_change(const struct store *store, const struct store_change *change)
{
    if (change->kind == CHANGE_ADD && change->added.position && store->on_added)
        store->on_added(store->on_added_arg, &change->added);
    else if (change->kind == CHANGE_SWEEP && store->on_swept)
        store->on_swept(store->on_swept_arg, &change->sweep);
}

static void
on_event(void *arg, int mode)
{
    (void)mode;
    struct store *store = arg;
    uint64_t count;
    if (read(store->event_fd, &count, sizeof(count)) < 0)
        return;
    struct job_queue done;
    queue_init(&done);
    pthread_mutex_lock(&store->mutex);
    queue_move(&done, &store->done);
    bool is_failing = store->failing;
    struct error reason = store->reason;
    pthread_mutex_unlock(&store->mutex);
    tell_trouble(store, is_failing, &reason);
    struct job *job;
    while ((job = queue_pop(&done))) {
        if (job->read) {
            job_tell_page(job);
            job_delete(job);
            continue;
        }
        store->pending--;
        for (size_t i = 0; i < job->txn->count; i++)
            tell_change(store, &job->txn->changes[i]);
        if (job->on_done)
            job->on_done(job->arg);
        job_delete(job);
    }
}

/* The thread has not done everything it was given. */
static enum watch_owed
owed(const void *arg)
{
    struct store *store = (struct store *)(uintptr_t)arg;
    pthread_mutex_lock(&store->mutex);
    bool is_busy = store->open_count > 0;
    pthread_mutex_unlock(&store->mutex);
    return is_busy ? OWED_ALL : OWED_NOTHING;
}

static struct store *
open_store(struct loop *loop, const char *dir, bool is_played, struct error *error)
{
    struct store *store = mem_zero(sizeof(*store));
    store->is_played = is_played;
    store->lock_fd = -1;
    if (!open_files(store, dir, error)) {
        if (store->lock_fd >= 0)
            close(store->lock_fd);
        free(store);
        return NULL;
    }
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&store->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&store->mutex, NULL);
    queue_init(&store->waiting);
    queue_init(&store->reads);
    queue_init(&store->done);
    store->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (store->event_fd < 0) {
        log_error("store", "no event descriptor: %s", strerror(errno));
        abort();
    }
    store->watch = watch_new(loop, store->event_fd, WATCH_READ, on_event, store);
    watch_expect(store->watch, owed);
    return store;
}

struct store *
store_open(struct loop *loop, const char *dir, struct error *error)
{
    return open_store(loop, dir, false, error);
}

struct store *
store_open_played(struct loop *loop, const char *dir, struct error *error)
{
    return open_store(loop, dir, true, error);
}

/* Lets the thread write what waits; gives up after CLOSE_MS. */
static void
end_thread(struct store *store)
{
    pthread_mutex_lock(&store->mutex);
    store->stopping = true;
    pthread_cond_broadcast(&store->changed);
    int64_t until_ms = clock_real_mono_ms() + CLOSE_MS;
    while (!store->ended && clock_real_mono_ms() < until_ms)
        wait_changed(store, until_ms - clock_real_mono_ms());
    store->given_up = true;
    pthread_cond_broadcast(&store->changed);
    pthread_mutex_unlock(&store->mutex);
    pthread_join(store->thread, NULL);
    if (store->waiting.head)
        log_error("store", "closed without having written everything");
}

void
store_close(struct store *store)
{
    if (!store)
        return;
    if (store->has_thread)
        end_thread(store);
    queue_fini(&store->waiting);
    queue_fini(&store->reads);
    queue_fini(&store->done);
    watch_delete(store->watch);
    close(store->event_fd);
    pthread_mutex_destroy(&store->mutex);
    pthread_cond_destroy(&store->changed);
    database_close(store->database);
    close(store->lock_fd);
    free(store);
}

/* ---- the loop's side ---- */

void
store_set_on_added(struct store *store, store_on_outbox *on_added, void *arg)
{
    store->on_added = on_added;
    store->on_added_arg = arg;
}

void
store_set_on_swept(struct store *store, store_on_swept *on_swept, void *arg)
{
    store->on_swept = on_swept;
    store->on_swept_arg = arg;
}

static void
hand_over(struct store *store, struct job_queue *queue, struct job *job)
{
    if (!store->has_thread)
        start_thread(store);
    pthread_mutex_lock(&store->mutex);
    queue_push(queue, job);
    store->open_count++;
    pthread_cond_broadcast(&store->changed);
    pthread_mutex_unlock(&store->mutex);
}

void
store_commit(struct store *store, struct txn *txn, loop_callback *on_done, void *arg)
{
    struct job *job = mem_zero(sizeof(*job));
    *job = (struct job){.txn = txn, .on_done = on_done, .arg = arg};
    store->pending++;
    hand_over(store, &store->waiting, job);
}

struct store_read *
store_read_outbox(struct store *store, const struct outbox_filter *filter,
                  store_on_page *on_page, void *arg)
{
    struct job *job = mem_zero(sizeof(*job));
    struct store_read *read = mem_zero(sizeof(*read));
    read->filter = *filter;
    read->filter.id = mem_text(filter->id);
    read->filter.id_begins = mem_text(filter->id_begins);
    read->filter.destination = mem_text(filter->destination);
    read->on_page = on_page;
    read->arg = arg;
    job->read = read;
    hand_over(store, &store->reads, job);
    return read;
}

size_t
store_pending(const struct store *store)
{
    return store->pending;
}

bool
store_is_failing(const struct store *store)
{
    pthread_mutex_t *mutex = (pthread_mutex_t *)(uintptr_t)&store->mutex;
    pthread_mutex_lock(mutex);
    bool failing = store->failing;
    pthread_mutex_unlock(mutex);
    return failing;
}

void
store_retry(struct store *store)
{
    pthread_mutex_lock(&store->mutex);
    store->retry = true;
    pthread_cond_broadcast(&store->changed);
    pthread_mutex_unlock(&store->mutex);
}
