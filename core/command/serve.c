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

bool
serve_set_clock(const char *value, struct clock_speed *speed)
{
    if (!clock_parse_speed(value, speed))
        return false;
    clock_set_speed(speed);
    return true;
}

void
serve_refused(const struct command *command, const struct error *error)
{
    bool is_address = error->kind == ERROR_NETWORK;
    fprintf(stderr, "ccgate %s: %s%s\n", command->name, error->message,
            is_address ? "; --listen 127.0.0.1:0 picks a free port" : "");
}
