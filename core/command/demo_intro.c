#include "command/demo_intro.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "script/folder.h"

/* A path as people here would write it. */
static const char *
shortened(const char *path)
{
    static char here[PATH_MAX];
    size_t size = getcwd(here, sizeof here) ? strlen(here) : 0;
    bool is_below = size && strncmp(path, here, size) == 0 && path[size] == '/';
    return is_below ? path + size + 1 : path;
}

/* ---- the scripts: by what they say about themselves ---- */

/* Prints the comment at the beginning of a script, "--- " and all lines of it. */
static void
print_doc(const struct script_file *file, FILE *out)
{
    const char *at = file->source ? file->source : "";
    fprintf(out, "    %-12s", file->name);
    if (strncmp(at, "---", 3) != 0)
        fputs(" (says nothing about itself)", out);
    while (strncmp(at, "---", 3) == 0) {
        at += 3;
        fprintf(out, "%.*s", (int)strcspn(at, "\n"), at);
        at += strcspn(at, "\n");
        at += *at == '\n';
    }
    fputs("\n", out);
}

static void
print_scripts(const struct conf *conf, FILE *out)
{
    struct script_folder folder = {0};
    folder_read(&folder, conf->scripts);
    for (size_t i = 0; i < folder.count; i++)
        print_doc(&folder.files[i], out);
    if (folder.count == 0)
        fprintf(out, "    nothing: there is no script in %s\n",
                shortened(conf->scripts));
    folder_fini(&folder);
}

int64_t
demo_scripts_stamp(const char *path)
{
    struct script_folder folder = {0};
    uint64_t stamp = 0;
    folder_read(&folder, path);
    for (size_t i = 0; i < folder.count; i++)
        for (size_t b = 0; folder.files[i].source && b < folder.files[i].size; b++)
            stamp = stamp * 31 + (unsigned char)folder.files[i].source[b] + i;
    folder_fini(&folder);
    return (int64_t)(stamp >> 1);
}

/* ---- before ---- */

static void
print_place(const char *what, const char *scheme, const char *address,
            const char *wanted, const char *about, FILE *out)
{
    fprintf(out, "  %-9s %s%s  %s", what, scheme, address, about);
    if (strcmp(address, wanted) != 0)
        fprintf(out, " (%s is taken)", wanted);
    fputs("\n", out);
}

void
demo_intro_print(const struct demo_intro *intro, FILE *out)
{
    fputs(
        "\nA contact centre, its gateway and the services that hear of it, all played "
        "on this\nmachine: nothing leaves it.\n\n",
        out);
    print_place("centre", "https://", intro->centre, intro->centre_wanted,
                "callers, agents, and an API that is asked over signed TLS", out);
    fprintf(out, "  gateway   %s and %s, as they are; its state in %s\n",
            intro->conf_file, shortened(intro->conf->scripts), intro->state);
    if (intro->services)
        print_place("services", "http://", intro->services, intro->services_wanted,
                    "Slack, Jira, PagerDuty, Teams and webhooks, as strict as they are",
                    out);
    fputs(
        "  clock     a Tuesday evening, 30 times as fast: a minute takes two seconds\n"
        "\nWatch what the scripts do:\n",
        out);
    print_scripts(intro->conf, out);
    fputs("\nCtrl-C ends it. A script that you change meanwhile is loaded again.\n\n",
          out);
    fflush(out);
}

/* ---- behind ---- */

void
demo_intro_print_next(const struct conf *conf, FILE *out)
{
    struct script_folder folder = {0};
    folder_read(&folder, conf->scripts);
    fprintf(
        out,
        "\nNext: run it again and change %s/%s.lua meanwhile: it is loaded again.\n"
        "`ccgate check` says what a script does, or what is wrong with it; README.md "
        "goes on from\nthere with \"Your first rule\".\n",
        shortened(conf->scripts),
        folder.count ? folder.files[folder.count / 2].name : "first");
    folder_fini(&folder);
    fflush(out);
}
