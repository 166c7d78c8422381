/* The commands of `ccgate`: one file each, one line each in main.c's table. */
#ifndef CCGATE_COMMAND_COMMAND_H
#define CCGATE_COMMAND_COMMAND_H

#include <stdbool.h>

/* Exit codes of every command. */
enum { EXIT_FINE = 0, EXIT_PROBLEM = 1, EXIT_USAGE = 2 };

struct command {
    const char *name;
    const char *arguments; /* for the usage line */
    const char *sentence;  /* what it does */
    const char *help;      /* options, one per line; printed by --help */
    int (*run)(const struct command *command, int argc, char **argv);
};

extern const struct command command_run;
extern const struct command command_check;
extern const struct command command_plan;
extern const struct command command_query;
extern const struct command command_center;
extern const struct command command_status;
extern const struct command command_rules;
extern const struct command command_alerts;
extern const struct command command_silence;
extern const struct command command_outbox;
extern const struct command command_send;
extern const struct command command_job;
extern const struct command command_reload;
extern const struct command command_test;
extern const struct command command_demo;
extern const struct command command_simulate;
extern const struct command command_sink;
extern const struct command command_config;
extern const struct command command_stubs;
extern const struct command command_version;

/* "usage: ccgate NAME ARGUMENTS", the sentence and the options, on standard output. */
int command_help(const struct command *command);

/* The word behind -o where there is text or json; false for another one. */
bool command_read_output(const char *word, bool *is_json);

/* A usage mistake: the message, the usage line and how to get help, on standard error;
 * returns EXIT_USAGE. */
int command_misused(const struct command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

struct option;

/* What to say when getopt_long() gave '?' for `options`: which option there is not
 * (with a guess), needs a value or takes none. Returns EXIT_USAGE. */
int command_wrong_option(const struct command *command, const struct option *options,
                         char *const argv[]);

#endif
