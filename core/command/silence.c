/* What nobody is to hear of for a while. */
#include "command/client.h"

static const struct verb verbs[] = {
    {"add", NULL, "POST", "/api/v1/silences", "rule key label lasts by note ", false,
     false, 0},
    {"list", NULL, "GET", "/api/v1/silences", NULL, true, false, 0},
    {"expire", "ID", "POST", "/api/v1/silences/*/expire", NULL, false, true, 0},
    {0},
};

static int
run(const struct command *command, int argc, char **argv)
{
    return client_run(command, verbs, argc, argv);
}

const struct command command_silence = {
    .name = "silence",
    .arguments = "add|list|expire ID… [OPTIONS]",
    .sentence = "holds messages of some alerts back for a while",
    .help =
        "  add               messages of alerts that fit all of these are held back:\n"
        "  --rule NAME         of this rule\n"
        "  --key KEY           of this key, such as a queue's number\n"
        "  --label NAME=VALUE  with this label; may be said several times\n"
        "  --lasts 2h          for how long; must be said\n"
        "  --by NAME           who says so (default: your user name)\n"
        "  --note TEXT         why\n"
        "  list              those of today, and of the last 7 days\n"
        "  expire ID…        ends one now; what is still raised is told then. The\n"
        "                    beginning of an ID is enough, as far as no other begins so\n"
        "  -c, --conf FILE   the configuration (default gateway.conf)\n"
        "  -o text|json      how to list\n"
        "\n"
        "The state of alerts goes on: one that is still raised when the silence ends\n"
        "is told then, one that cleared before was never heard of. Who was told\n"
        "before hears of the clear all the same.\n",
    .run = run,
};
