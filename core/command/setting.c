#include "command/setting.h"

#include <getopt.h>

#include "base/text.h"

/* Values of getopt_long() for options without a letter begin here. */
#define WITHOUT_LETTER 256

static bool
set_value(const struct setting *setting, void *options, const char *value,
          struct buf *problem)
{
    void *variable = (char *)options + setting->offset;
    int64_t *number = variable;
    switch (setting->kind) {
    case SETTING_FLAG: *(bool *)variable = true; return true;
    case SETTING_TEXT: *(const char **)variable = value; return *value != '\0';
    case SETTING_INTEGER:
        return text_integer(value, number) && *number >= setting->low &&
               *number <= setting->high;
    case SETTING_DURATION:
        return text_duration(value, number) && *number >= setting->low &&
               *number <= setting->high;
    case SETTING_OWN: return setting->set(options, value, problem);
    }
    return false;
}

static int
fail_value(const struct command *command, const struct setting *setting,
           const char *value, const struct buf *problem)
{
    if (problem->size)
        return command_misused(command, "--%s: %s", setting->name, problem->data);
    return command_misused(command, "--%s: '%s' is not %s", setting->name, value,
                           setting->expected);
}

/* What getopt_long() needs to know, from the table. */
static void
list_options(const struct setting *settings, struct option options[SETTINGS_MAX + 1],
             struct buf *letters)
{
    for (int i = 0; i < SETTINGS_MAX && settings[i].name; i++) {
        bool has_value = settings[i].kind != SETTING_FLAG;
        options[i].name = settings[i].name;
        options[i].has_arg = has_value ? required_argument : no_argument;
        options[i].val = settings[i].letter ? settings[i].letter : WITHOUT_LETTER + i;
        if (settings[i].letter)
            buf_format(letters, "%c%s", settings[i].letter, has_value ? ":" : "");
    }
}

static const struct setting *
find_setting(const struct setting *settings, const struct option *options, int chosen)
{
    for (int i = 0; options[i].name; i++)
        if (options[i].val == chosen)
            return &settings[i];
    return NULL;
}

int
settings_read(const struct command *command, const struct setting *settings,
              void *options, int argc, char **argv)
{
    struct option listed[SETTINGS_MAX + 1] = {{NULL, 0, NULL, 0}};
    struct buf letters = {0}, problem = {0};
    int chosen, code = EXIT_FINE;
    list_options(settings, listed, &letters);
    const char *short_forms = letters.data ? letters.data : "";
    while (code == EXIT_FINE &&
           (chosen = getopt_long(argc, argv, short_forms, listed, NULL)) != -1) {
        const struct setting *setting = find_setting(settings, listed, chosen);
        if (setting == NULL)
            code = command_wrong_option(command, listed, argv);
        else if (!set_value(setting, options, optarg, &problem))
            code = fail_value(command, setting, optarg, &problem);
    }
    if (code == EXIT_FINE && optind < argc)
        code = command_misused(command, "unexpected '%s'", argv[optind]);
    buf_fini(&letters);
    buf_fini(&problem);
    return code;
}
