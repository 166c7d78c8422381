/* Measures a client of `make bench` over one window.
 *
 *   meter URL CA_FILE SECONDS PID
 *
 * Asks the simulator how many requests it has answered, reads the processor time of PID
 * and its children, waits, does both again, and prints one line:
 *
 *   polls N connections N refused N cpu_us N rss_kb N children_rss_kb N
 *
 * Exits with 1 when the processes at the end are not those of the beginning, since the
 * time of one that ended would be missing. */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/http.h"

enum { PROCESSES_MAX = 64 };

struct snapshot {
    int64_t polls, refused, connections;
    int64_t cpu_us;
    pid_t pids[PROCESSES_MAX]; /* the first is the client itself */
    size_t count;
};

struct meter {
    struct loop *loop;
    struct http_pool *pool;
    struct timer *timer;
    char *url;
    const char *ca_file;
    int64_t window_ms;
    pid_t pid;
    struct snapshot before, after;
    struct snapshot *current; /* the one that is being taken */
};

static _Noreturn void
fail(const char *what, const char *why)
{
    fprintf(stderr, "meter: %s: %s\n", what, why);
    exit(1);
}

/* ---- processes ---- */

static pid_t
parent_of(pid_t pid)
{
    char path[64];
    int parent = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return 0; /* has ended meanwhile */
    if (fscanf(file, "%*d (%*[^)]) %*c %d", &parent) != 1)
        parent = 0;
    fclose(file);
    return parent;
}

static void
find_processes(struct snapshot *snapshot, pid_t pid)
{
    DIR *folder = opendir("/proc");
    struct dirent *entry;
    int64_t number;
    if (!folder)
        fail("/proc", "cannot be read");
    snapshot->pids[0] = pid;
    snapshot->count = 1;
    while ((entry = readdir(folder)))
        if (text_integer(entry->d_name, &number) && parent_of((pid_t)number) == pid &&
            snapshot->count < PROCESSES_MAX)
            snapshot->pids[snapshot->count++] = (pid_t)number;
    closedir(folder);
}

static void
read_clocks(struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->count; i++) {
        int64_t cpu_us = clock_process_cpu_us(snapshot->pids[i]);
        if (cpu_us < 0)
            fail("the client", "a process of it has ended");
        snapshot->cpu_us += cpu_us;
    }
}

static long
rss_kb(pid_t pid)
{
    char path[64];
    long pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    FILE *file = fopen(path, "r");
    if (!file || fscanf(file, "%*d %ld", &pages) != 1)
        fail(path, "cannot be read");
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* ---- the window ---- */

static void
report(const struct meter *meter)
{
    const struct snapshot *before = &meter->before, *after = &meter->after;
    long children_kb = 0;
    if (before->count != after->count ||
        memcmp(before->pids, after->pids, before->count * sizeof *before->pids) != 0)
        fail("the client", "its processes have changed");
    for (size_t i = 1; i < after->count; i++)
        children_kb += rss_kb(after->pids[i]);
    printf("polls %" PRId64 " connections %" PRId64 " refused %" PRId64
           " cpu_us %" PRId64 " rss_kb %ld children_rss_kb %ld\n",
           after->polls - before->polls, after->connections - before->connections,
           after->refused - before->refused, after->cpu_us - before->cpu_us,
           rss_kb(meter->pid), children_kb);
}

static void
on_count(void *arg, const struct http_response *response)
{
    struct meter *meter = arg;
    struct snapshot *current = meter->current;
    if (response->status != 200 ||
        sscanf(response->body,
               "{\"requests\":%" SCNd64 ",\"refused\":%" SCNd64
               ",\"connections\":%" SCNd64 ",", /* more follows */
               &current->polls, &current->refused, &current->connections) != 3)
        fail(meter->url, response->error.message);
    read_clocks(current);
    if (current == &meter->before)
        timer_start(meter->timer, meter->window_ms);
    else
        loop_stop(meter->loop);
}

static void
take(struct meter *meter, struct snapshot *snapshot)
{
    const struct http_request request = {
        .method = "GET", .url = meter->url, .ca_file = meter->ca_file};
    meter->current = snapshot;
    find_processes(snapshot, meter->pid);
    http_start(meter->pool, &request, on_count, meter);
}

static void
on_window_end(void *arg)
{
    struct meter *meter = arg;
    take(meter, &meter->after);
}

int
main(int argc, char **argv)
{
    struct meter meter = {0};
    int64_t seconds, pid;
    if (argc != 5 || !text_integer(argv[3], &seconds) || !text_integer(argv[4], &pid))
        fail("usage", "meter URL CA_FILE SECONDS PID");
    meter.url = mem_format("%s/-/count", argv[1]);
    meter.ca_file = argv[2];
    meter.window_ms = seconds * 1000;
    meter.pid = (pid_t)pid;
    http_init();
    meter.loop = loop_new();
    meter.pool = http_pool_new(meter.loop, 1);
    meter.timer = timer_new(meter.loop, on_window_end, &meter);
    take(&meter, &meter.before);
    loop_run(meter.loop);
    report(&meter);
    timer_free(meter.timer);
    http_pool_delete(meter.pool);
    loop_delete(meter.loop);
    free(meter.url);
    return 0;
}
