/* The option table of gateway.conf and what its rows need. Private to conf*.c. */
#ifndef CCGATE_BASE_CONF_TABLE_H
#define CCGATE_BASE_CONF_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/conf.h"

enum conf_kind {
    CONF_GATEWAY,
    CONF_CENTER,
    CONF_DESTINATION,
    CONF_CALENDAR,
    CONF_PEOPLE,
    CONF_SECRET,
    CONF_SCRIPT, /* the last: its defaults are printed at the end */
    CONF_KINDS,
};

/* The words of the sections, ends with NULL: "gateway", "center", … */
extern const char *const conf_kind_words[CONF_KINDS + 1];

/* Where the sections of a kind are kept: those that have names, in an array of structs
 * that begin as struct conf_head does; the others are struct conf itself. */
struct conf_head {
    char *name;
    int line;
};
struct conf_shape {
    size_t size;         /* of one struct; 0: a section without a name */
    size_t items, count; /* offsets in struct conf */
};
extern const struct conf_shape conf_shapes[CONF_KINDS];

struct conf_word {
    const char *word; /* NULL ends a list */
    int64_t value;
};

struct conf_option;

/* What a reader is given. */
struct conf_input {
    const struct conf_option *option;
    const char *suffix; /* N of queue.N; "" for plain keys */
    const char *text;   /* not empty, printable */
    const char *shown;  /* the text as messages quote it: *** for a secret */
    const char *dir;    /* what paths are relative to */
    int line;
};

/* Reads into the section's struct (struct conf for [gateway]). Returns NULL, or what is
 * wrong and how it is written right: the caller frees it. */
typedef char *conf_reader(const struct conf_input *input, void *section);

struct conf_option {
    enum conf_kind kind;
    const char *key; /* a '*' at its end stands for any word */
    conf_reader *read;
    size_t offset;        /* of the field in the section's struct */
    int64_t least, most;  /* of numbers, in the unit of the field (rates: per s); of
                           * texts, the most bytes, 0 for any number */
    const char *fallback; /* the default as one would write it; NULL: none */
    const struct conf_word *words; /* of choices */
    bool is_required;
    bool is_secret; /* even when it stands in the file itself */
    bool is_idle;   /* checked and shown, and nothing makes use of it yet */
    const char *sentence;
};

#define CONF_OPTIONS_MAX 80 /* room for one thing per option */
extern const struct conf_option conf_options[];
extern const size_t conf_option_count;

/* The option of `key`, exact; NULL when there is none. */
const struct conf_option *conf_option_find(enum conf_kind kind, const char *key);

/* True when the option's key has a '*': it may be given several times. */
bool conf_option_is_open(const struct conf_option *option);

/* What stands for the '*' in `key`, "" for plain options. */
const char *conf_option_suffix(const struct conf_option *option, const char *key);

/* One line of what `ccgate config` prints. */
struct conf_setting {
    enum conf_kind kind;
    char *section;  /* NULL for [gateway] and for the limits of all other scripts */
    size_t ordinal; /* of the section in the file */
    const struct conf_option *option;
    char *key;
    char *value; /* expanded */
    int line;    /* 0: a default */
    bool is_secret;
};

conf_reader conf_read_text, conf_read_path, conf_read_origin, conf_read_url,
    conf_read_webhook_secret, conf_read_integer, conf_read_duration, conf_read_size,
    conf_read_rate, conf_read_choice, conf_read_flag, conf_read_word, conf_read_queue,
    conf_read_header, conf_read_listen, conf_read_zone, conf_read_days, conf_read_hours,
    conf_read_holidays, conf_read_exception, conf_read_person, conf_read_private,
    conf_read_mailboxes, conf_read_starttls, conf_read_script_private, conf_read_notify,
    conf_read_severities;

/* Replaces ${env:NAME}, ${file:PATH} and ${credential:NAME} in `text`; `is_secret` is
 * set when there was one. NULL with `complaint` (free it) when one cannot be had. */
char *conf_expand(const char *text, const char *dir, bool *is_secret, char **complaint);

/* What a kind says about an option of [destination]. */
enum conf_need conf_need_of(const struct conf_kinds *kinds, const char *kind,
                            const struct conf_option *option);

void conf_setting_fini(struct conf_setting *setting);
void conf_calendar_fini(struct conf_calendar *calendar);
void conf_person_fini(struct conf_person *person);

/* The next of the words between commas, without the blanks around it (free it); moves
 * `*at` behind the comma, to NULL after the last one. */
char *conf_take_word(const char **at);

void conf_queue_fini(struct conf_queue *queue);

/* "(did you mean 'url'?)" with a blank before it, or "": free it. */
char *conf_guess(const char *word, const char *const *candidates);

#endif
