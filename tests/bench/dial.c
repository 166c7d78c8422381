/* What a new connection costs the gateway's HTTP client, for `make bench`.
 *
 *   dial URL CA_FILE COUNT
 *
 * Asks URL/-/count so often, one request after the other: first over a connection that
 * is kept, then over a new one each time. Prints the difference of processor time:
 *
 *   connection_us N
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/http.h"

struct dial {
    struct loop *loop;
    struct http_pool *pool;
    struct http_request request;
    int64_t left;
};

static _Noreturn void
fail(const char *what, const char *why)
{
    fprintf(stderr, "dial: %s: %s\n", what, why);
    exit(1);
}

static void
on_answer(void *arg, const struct http_response *response)
{
    struct dial *dial = arg;
    if (response->status != 200)
        fail(dial->request.url, response->error.message);
    if (--dial->left > 0)
        http_start(dial->pool, &dial->request, on_answer, dial);
    else
        loop_stop(dial->loop);
}

/* The processor time of `count` requests. */
static int64_t
ask(struct dial *dial, int64_t count)
{
    int64_t before_us = clock_process_cpu_us(getpid());
    dial->left = count;
    http_start(dial->pool, &dial->request, on_answer, dial);
    loop_run(dial->loop);
    return clock_process_cpu_us(getpid()) - before_us;
}

int
main(int argc, char **argv)
{
    struct dial dial = {0};
    int64_t count;
    if (argc != 4 || !text_integer(argv[3], &count) || count < 1)
        fail("usage", "dial URL CA_FILE COUNT");
    char *url = mem_format("%s/-/count", argv[1]);
    dial.request =
        (struct http_request){.method = "GET", .url = url, .ca_file = argv[2]};
    http_init();
    dial.loop = loop_new();
    dial.pool = http_pool_new(dial.loop, 1);
    ask(&dial, 1); /* reads the authority's file, once for all */
    int64_t kept_us = ask(&dial, count);
    dial.request.fresh = true;
    int64_t new_us = ask(&dial, count);
    printf("connection_us %" PRId64 "\n", (new_us - kept_us) / count);
    http_pool_delete(dial.pool);
    loop_delete(dial.loop);
    free(url);
    return 0;
}
