/* What is raised now, and who takes care of it. */
#include "command/client.h"

static const struct verb verbs[] = {
    {NULL, NULL, "GET", "/api/v1/alerts", NULL, true, false, 0},
    {"list", NULL, "GET", "/api/v1/alerts", NULL, true, false, 0},
    {"ack", "ID", "POST", "/api/v1/alerts/*/ack", "by note ", false, true, 0},
    {"clear", "ID", "POST", "/api/v1/alerts/*/clear", "by note ", false, true, 0},
    {0},
};

static int
run(const struct command *command, int argc, char **argv)
{
    return client_run(command, verbs, argc, argv);
}

const struct command command_alerts = {
    .name = "alerts",
    .arguments =
        "[list | ack|clear ID… [--by NAME] [--note TEXT]] [-c FILE] [-o text|json]",
    .sentence = "what is raised now; takes care of it, ends it",
    .help =
        "  list              the raised alerts, the default: since when, how bad, what,\n"
        "                    who was told, who takes care\n"
        "  ack ID…           somebody takes care: no reminders, and nobody else is\n"
        "                    told, until it gets worse\n"
        "  clear ID…         somebody ends it: all who were told hear that it is over.\n"
        "                    One that is held waits for a script that may never come\n"
        "                    back; one whose rule runs is raised anew once it has been\n"
        "                    clear, or the script starts again\n"
        "  ID                the beginning of an id, as far as no other begins so; or\n"
        "                    RULE/KEY; or 'RULE/*', all of that rule\n"
        "  --by NAME         who (default: your user name)\n"
        "  --note TEXT       what they do about it\n"
        "  -c, --conf FILE   the configuration (default gateway.conf)\n"
        "  -o text|json      how to list\n",
    .run = run,
};
