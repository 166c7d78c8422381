/* The messages of the running gateway: what waits, what was told, what was given up. */
#include "command/client.h"

static const struct verb verbs[] = {
    {"list", NULL, "GET", "/api/v1/outbox", "destination state ", true, false, 0},
    {"show", "ID", "GET", "/api/v1/outbox/*", NULL, true, false, 0},
    {"retry", "ID", "POST", "/api/v1/outbox/*/retry", NULL, false, true, 0},
    {"retry", NULL, "POST", "/api/v1/outbox/retry", "all-dead destination ", false,
     false, 0},
    {"drop", "ID", "POST", "/api/v1/outbox/*/drop", NULL, false, true, 0},
    {0},
};

static int
run(const struct command *command, int argc, char **argv)
{
    return client_run(command, verbs, argc, argv);
}

const struct command command_outbox = {
    .name = "outbox",
    .arguments = "list|show ID|retry ID…|retry --all-dead|drop ID… [OPTIONS]",
    .sentence = "messages: what waits, what was told, what was given up",
    .help =
        "  list              the newest hundred\n"
        "  --destination D     only those for D\n"
        "  --state S           only ready, in_flight, done, dead or superseded\n"
        "  show ID           one message, with every attempt\n"
        "  retry ID…         one that waits or is dead is tried now; a dead one's\n"
        "                    schedule begins anew\n"
        "  retry --all-dead  that for all dead ones (of --destination D)\n"
        "  drop ID…          one that waits or is dead is not sent any more\n"
        "  ID                its beginning is enough, as far as no other begins so\n"
        "  -c, --conf FILE   the configuration (default gateway.conf)\n"
        "  -o text|json      how to list\n",
    .run = run,
};
