/* Reading in progress: sections open, take settings and close. Private to conf_load.c
 * and conf_section.c. */
#ifndef CCGATE_BASE_CONF_LOADER_H
#define CCGATE_BASE_CONF_LOADER_H

#include "base/conf_table.h"

/* The section that lines belong to. */
struct conf_section {
    enum conf_kind kind;
    char *name; /* NULL for [gateway] and the limits of all other scripts */
    int line;
    size_t ordinal;
    void *target;                /* the struct that its readers fill */
    int lines[CONF_OPTIONS_MAX]; /* where each option was given last; 0: nowhere */
};

struct conf_loader {
    struct conf *conf;
    struct problems *problems;
    int line;                    /* of the file, from 1 */
    struct conf_section section; /* meaningless while target is NULL */
    bool is_played;              /* secrets that are not there have stand-ins */
    bool is_skipping;            /* lines of a section that was refused */
    size_t section_count;
    int lines[CONF_KINDS]; /* of the sections without a name; 0: there was none yet */
};

/* A mistake in `line`, labelled with the open section. */
void conf_complain(struct conf_loader *loader, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The text, or its beginning when it is long, for a message. Free it. */
char *conf_shorten(const char *text);

/* The line of the section with this name, 0 when it is a new one. */
int conf_section_line(const struct conf_loader *loader, enum conf_kind kind,
                      const char *name);

/* Opens a section that is new; the one before has been closed. */
void conf_section_open(struct conf_loader *loader, enum conf_kind kind,
                       const char *name, int line);

/* Where the open section has this option, 0 when it does not. */
int conf_section_has(const struct conf_loader *loader,
                     const struct conf_option *option);

/* Takes a value from the current line, as it stands there. */
void conf_section_take(struct conf_loader *loader, const struct conf_option *option,
                       const char *key, const char *text);

/* Adds defaults, complains about what is missing and about what does not fit together.
 * Nothing happens when none is open. */
void conf_section_close(struct conf_loader *loader);

/* Fills conf->limits from the defaults of [script NAME]. */
void conf_section_default_limits(struct conf_loader *loader);

#endif
