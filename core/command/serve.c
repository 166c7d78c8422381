#include "command/serve.h"

#include <signal.h>

static void
on_signal(void *arg, int mode)
{
    (void)mode;
    loop_stop(arg);
}

void
serve_until_signal(struct loop *loop, const struct server *server, bool tls, FILE *out)
{
    struct watch *on_term = watch_signal(loop, SIGTERM, on_signal, loop);
    struct watch *on_int = watch_signal(loop, SIGINT, on_signal, loop);
    fprintf(out, "listening on %s://%s\n", tls ? "https" : "http",
            server_address(server));
    fflush(out);
    loop_run(loop);
    watch_delete(on_term);
    watch_delete(on_int);
}
