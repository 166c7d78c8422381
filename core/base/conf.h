/* gateway.conf: an INI file read against one option table.
 *
 * Every key has one row in the table of conf_table.c: section kind, name, type, range,
 * default, one sentence. Reading, checking, `ccgate config` and the documentation
 * derive from it. All mistakes of a file are collected, each with file:line and a
 * guess. Paths in the structs below are absolute. */
#ifndef CCGATE_BASE_CONF_H
#define CCGATE_BASE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/range.h"

/* Collected mistakes: "gateway.conf:12: [center main]: unknown key 'urll' (did you mean
 * 'url'?)". A zeroed struct is empty. */
struct problems {
    char **lines;
    size_t count;
};
void problems_add(struct problems *problems, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void problems_fini(struct problems *problems);

struct conf_queue {
    int64_t id;
    char *name;
    char **tags; /* tag_count words */
    size_t tag_count;
    int line;
};

struct conf_center {
    char *name; /* of the section: [center NAME] */
    int line;
    char *url; /* https://host:port, no path, no trailing slash */
    int64_t cc_id, vdn;
    char *access_key;
    char *secret_key; /* a secret */
    char *ca_file;    /* NULL: the system's authorities */
    char *zone;       /* NULL: the gateway's */
    int64_t edition;  /* 2023 or 2025 */
    bool is_default;  /* at most one centre is; the only one always */
    double rate;      /* requests per second */
    int64_t concurrency;
    int64_t timeout_ms;
    struct conf_queue *queues; /* sorted by id */
    size_t queue_count;
    /* Signature variants that the documents leave open (upstream.md §1.3). */
    bool sign_host_only; /* signed_headers = host; default "all": content-length;… */
    bool timestamp_millis; /* default no */
    bool empty_query_line; /* default no */
    /* The agent gateway and the agent who signs in there; agent_gateway NULL: none, and
     * the others mean nothing. */
    char *agent_gateway;    /* https://host:port */
    int64_t operator_id;    /* the agent */
    char *password;         /* a secret */
    char *phone;            /* that the agent signs in with; NULL: none */
    bool is_sign_in_forced; /* in the place of another session; default no */
};

struct conf_header {
    char *name;
    char *value; /* may be a secret */
};

struct conf_destination {
    char *name;
    int line;
    char *kind; /* a file of lua/gateway/destinations */
    char *url;  /* a secret in most cases; NULL where the kind needs none */
    char *method;
    char *secret;      /* whsec_… : Standard Webhooks; NULL for none */
    char *routing_key; /* of the service that is paged, a secret; NULL for none */
    char *user;        /* who signs in there; NULL: nobody, or by the password alone */
    char *password;    /* or a token, a secret; NULL for none */
    char *from;        /* the address of who writes letters; NULL for none */
    char *to;          /* addresses, with commas between; NULL for none */
    bool is_plain;     /* letters may go without TLS */
    char *project;     /* that tickets go into; NULL for none */
    char *issue_type;  /* of these tickets; NULL for none */
    char *shape;       /* of a webhook's body: "event" or "alertmanager" */
    char *ca_file;
    struct conf_header *headers;
    size_t header_count;
    int64_t timeout_ms;
    double rate; /* messages a second, at most; 0: what its kind says */
    /* Whether it may be on an address that is not public: anywhere, or within these. */
    bool is_private_allowed;
    struct range *private_ranges;
    size_t private_range_count;
};

/* Limits of one script (runtime.md §1); [script NAME] overrides the defaults. */
struct conf_limits {
    int64_t cpu_ms;       /* per activation, CPU time of the host */
    int64_t cpu_load_ms;  /* while loading: 1 s, or cpu_ms when that is longer */
    int64_t memory_bytes; /* of the Lua state */
    int64_t source_bytes;
    int64_t tasks;
    int64_t wants;
    double sends_per_s;
    int64_t alerts;      /* open at a time */
    int64_t store_bytes; /* of gw.store(): keys, values and 32 bytes for each */
    double logs_per_s;
};

struct conf_script {
    char *name;
    int line;
    struct conf_limits limits;
    /* Where gw.http may go besides the public internet: anywhere, or within these. */
    bool is_private_allowed;
    struct range *private_ranges;
    size_t private_range_count;
};

/* Opening hours: [calendar NAME]. Texts that have been checked (base/hours.h). */
struct conf_calendar {
    char *name;
    int line;
    char *zone;     /* NULL: that of the gateway */
    char *days;     /* "mon-fri" */
    char *hours;    /* "09:00-12:00,13:00-18:00"; NULL: all day */
    char *holidays; /* "2026-10-29, 2026-12-25"; NULL: none */
    struct conf_exception {
        char *day, *hours; /* "2026-10-28", "09:00-13:00" */
    } * exceptions;
    size_t exception_count;
};

/* A secret that scripts may use without seeing it: [secret NAME]. */
struct conf_secret {
    char *name;
    int line;
    char *value; /* a secret */
    char *to;    /* the only origin that it is sent to */
};

/* Somebody who can be mentioned: a line of [people]. */
struct conf_person {
    char *name;
    struct conf_contact {
        char *service, *id; /* "slack", "U024BE7LH" */
    } * contacts;
    size_t contact_count;
};

#define CONF_SEVERITIES_MAX 10

struct conf {
    char *file;   /* as given */
    bool is_open; /* what a script names as a destination is one (core/rehearse); never
                   * so in a file */
    char *dir;    /* the file's folder: paths in the file are relative to it */
    char *name;   /* part of every fingerprint */
    char *scripts;
    char *state;
    char *listen;      /* host:port of the HTTP surface; NULL: none */
    char *token;       /* a secret; NULL: none */
    int64_t record_ms; /* how long recorded polls are kept */
    char *zone;        /* of calendars and jobs; NULL: the machine's */
    char **notify;     /* the destinations of the gateway's own alerts */
    size_t notify_count;
    char **severities; /* from the least to the worst; none: info, warning, critical */
    size_t severity_count;
    struct conf_limits limits; /* the defaults */
    struct conf_center *centers;
    size_t center_count;
    struct conf_destination *destinations;
    size_t destination_count;
    struct conf_script *overrides;
    size_t override_count;
    struct conf_calendar *calendars;
    size_t calendar_count;
    struct conf_secret *secrets;
    size_t secret_count;
    struct conf_person *people;
    size_t person_count;
    struct problems notes; /* warnings: what is right and does not do what one hopes */
    struct conf_setting *settings; /* what `ccgate config` prints; private */
    size_t setting_count;
};

/* Reads and checks `file`. Mistakes go to `problems`; the result is then not fit for
 * use but may be printed. NULL only when the file cannot be read (which is a problem,
 * too). Values may contain ${env:NAME}, ${file:PATH} (trailing newline removed; refused
 * when others may read the file) and ${credential:NAME} (likewise, of a file in
 * systemd's $CREDENTIALS_DIRECTORY); what comes from there is a secret. */
struct conf *conf_load(const char *file, struct problems *problems);
/* The same for what is only played (core/rehearse): where ${…} cannot be had something
 * else stands in, of the right form. */
struct conf *conf_load_played(const char *file, struct problems *problems);
void conf_delete(struct conf *conf);

/* What a kind of destination does with a key of its section. */
enum conf_need { CONF_NEEDLESS, CONF_OPTIONAL, CONF_REQUIRED };

/* The kinds that there are, and what each says about a key ("url", "header.*"). */
struct conf_kinds {
    const char *const *names; /* ends with NULL */
    enum conf_need (*need)(void *arg, const char *kind, const char *key);
    bool (*is_mail)(void *arg, const char *kind); /* its url is smtp:// or smtps:// */
    void *arg;
};

/* Every destination against its kind: kinds that are unknown, keys that mean nothing to
 * a kind, keys that it needs and that are missing. Forgets the defaults of keys that
 * mean nothing. */
void conf_check_destinations(struct conf *conf, const struct conf_kinds *kinds,
                             struct problems *problems);

/* What to say behind a kind that is not one of `kinds`: " (did you mean 'webhook'?)",
 * or which there are. Free it. */
char *conf_advise_kind(const char *kind, const char *const *kinds);

/* [script NAME]; NULL when there is none. */
const struct conf_script *conf_find_script(const struct conf *conf, const char *name);
/* The limits of script `name`: its own, or the defaults. */
const struct conf_limits *conf_limits_of(const struct conf *conf, const char *name);

/* The centre that bare gw.* means; NULL when there is none, or several and none says
 * that it is the default. */
const struct conf_center *conf_default_center(const struct conf *conf);
const struct conf_center *conf_find_center(const struct conf *conf, const char *name);
const struct conf_destination *conf_find_destination(const struct conf *conf,
                                                     const char *name);

/* The effective configuration in the file's own form, or as JSON: secrets as "***",
 * defaults marked. */
void conf_print(const struct conf *conf, bool json, struct buf *out);

/* The keys that a kind of destination takes, one per line or as JSON: type, default,
 * sentence. `sentence` is the kind's own. */
void conf_print_kind(const struct conf_kinds *kinds, const char *kind,
                     const char *sentence, bool json, struct buf *out);

#endif
