#include "base/conf_table.h"

#include <string.h>

const char *const conf_kind_words[CONF_KINDS + 1] = {
    [CONF_GATEWAY] = "gateway",         [CONF_CENTER] = "center",
    [CONF_DESTINATION] = "destination", [CONF_CALENDAR] = "calendar",
    [CONF_PEOPLE] = "people",           [CONF_SECRET] = "secret",
    [CONF_SCRIPT] = "script",
};

#define SHAPE(kind, array, number)                                                     \
    [kind] = {sizeof *((struct conf *)0)->array, offsetof(struct conf, array),         \
              offsetof(struct conf, number)}

const struct conf_shape conf_shapes[CONF_KINDS] = {
    SHAPE(CONF_CENTER, centers, center_count),
    SHAPE(CONF_DESTINATION, destinations, destination_count),
    SHAPE(CONF_CALENDAR, calendars, calendar_count),
    SHAPE(CONF_SECRET, secrets, secret_count),
    SHAPE(CONF_SCRIPT, overrides, override_count),
};

static const struct conf_word yes_no[] = {{"yes", true}, {"no", false}, {NULL, 0}};
static const struct conf_word editions[] = {{"2023", 2023}, {"2025", 2025}, {NULL, 0}};
static const struct conf_word signed_headers[] = {
    {"all", false}, {"host", true}, {NULL, 0}};
static const struct conf_word sign_ins[] = {
    {"normal", false}, {"force", true}, {NULL, 0}};
static const struct conf_word shapes[] = {{"event", 0}, {"alertmanager", 0}, {NULL, 0}};
static const struct conf_word methods[] = {{"POST", 0},   {"PUT", 0}, {"PATCH", 0},
                                           {"DELETE", 0}, {"GET", 0}, {NULL, 0}};

#define KB INT64_C(1024)
#define MB (1024 * KB)
#define GB (1024 * MB)

#define GATEWAY(field) CONF_GATEWAY, .offset = offsetof(struct conf, field)
#define CENTER(field)  CONF_CENTER, .offset = offsetof(struct conf_center, field)
#define DESTINATION(field)                                                             \
    CONF_DESTINATION, .offset = offsetof(struct conf_destination, field)
#define CALENDAR(field) CONF_CALENDAR, .offset = offsetof(struct conf_calendar, field)
#define SECRET(field)   CONF_SECRET, .offset = offsetof(struct conf_secret, field)
#define SCRIPT(field)   CONF_SCRIPT, .offset = offsetof(struct conf_script, field)
#define LIMIT(field)    CONF_SCRIPT, .offset = offsetof(struct conf_script, limits.field)

/* clang-format off */
const struct conf_option conf_options[] = {
    {GATEWAY(scripts), .key = "scripts", .read = conf_read_path, .fallback = "scripts",
     .sentence = "the folder of the scripts"},
    {GATEWAY(state), .key = "state", .read = conf_read_path, .fallback = "var",
     .sentence = "the folder of the database and the lock"},
    {GATEWAY(name), .key = "name", .read = conf_read_text, .fallback = "ccgate",
     .sentence = "the gateway's name, part of every fingerprint"},
    {GATEWAY(listen), .key = "listen", .read = conf_read_listen,
     .sentence = "host:port of the API and metrics"},
    {GATEWAY(token), .key = "token", .read = conf_read_text, .is_secret = true,
     .sentence = "what they ask for; needed unless on loopback"},
    {GATEWAY(record_ms), .key = "record", .read = conf_read_duration,
     .least = 60000, .most = INT64_C(366) * 86400000, .is_idle = true,
     .sentence = "how long recorded polls are kept for backtests"},
    {GATEWAY(zone), .key = "zone", .read = conf_read_zone,
     .sentence = "the time zone of calendars and jobs, instead of the machine's"},
    {GATEWAY(notify), .key = "notify", .read = conf_read_notify,
     .sentence = "the destinations that hear of the gateway's own troubles"},
    {GATEWAY(severities), .key = "severities", .read = conf_read_severities,
     .sentence = "severities of rules, the least first: info, warning, critical"},

    {CENTER(url), .key = "url", .read = conf_read_origin, .is_required = true,
     .sentence = "the contact centre's address, like https://10.22.26.181:28080"},
    {CENTER(cc_id), .key = "cc_id", .read = conf_read_integer, .least = 1, .most = 65535,
     .is_required = true, .sentence = "the id of the call centre (ccId)"},
    {CENTER(vdn), .key = "vdn", .read = conf_read_integer, .least = 1, .most = 5000,
     .is_required = true, .sentence = "the id of the virtual call centre (vdn)"},
    {CENTER(access_key), .key = "access_key", .read = conf_read_text,
     .is_required = true, .sentence = "the access key (AK) that signs requests"},
    {CENTER(secret_key), .key = "secret_key", .read = conf_read_text,
     .is_required = true, .is_secret = true,
     .sentence = "the secret key (SK), best as ${file:PATH} or ${env:NAME}"},
    {CENTER(ca_file), .key = "ca_file", .read = conf_read_path,
     .sentence = "the authorities (PEM) that are trusted, instead of the system's"},
    {CENTER(queues), .key = "queue.*", .read = conf_read_queue,
     .sentence = "a name for queue N, and tags"},
    {CENTER(zone), .key = "zone", .read = conf_read_zone,
     .sentence = "the time zone of this center, instead of the gateway's"},
    {CENTER(edition), .key = "edition", .read = conf_read_choice, .words = editions,
     .fallback = "2023", .sentence = "the edition of the server: it decides id ranges"},
    {CENTER(is_default), .key = "default", .read = conf_read_flag, .words = yes_no,
     .fallback = "no", .sentence = "bare gw.* in scripts means this center"},
    {CENTER(rate), .key = "rate", .read = conf_read_rate, .most = 100000,
     .fallback = "5/s", .sentence = "requests to this center, at most"},
    {CENTER(concurrency), .key = "concurrency", .read = conf_read_integer, .least = 1,
     .most = 1000, .fallback = "4", .sentence = "requests in flight at a time"},
    {CENTER(timeout_ms), .key = "timeout", .read = conf_read_duration, .least = 100,
     .most = 600000, .fallback = "10s", .sentence = "how long a request may take"},
    {CENTER(sign_host_only), .key = "signed_headers", .read = conf_read_flag,
     .words = signed_headers, .fallback = "all",
     .sentence = "the headers that the signature covers"},
    {CENTER(timestamp_millis), .key = "timestamp_millis", .read = conf_read_flag,
     .words = yes_no, .fallback = "no",
     .sentence = "the signature's time has milliseconds"},
    {CENTER(empty_query_line), .key = "empty_query_line", .read = conf_read_flag,
     .words = yes_no, .fallback = "no",
     .sentence = "the signature covers an empty line where the query would be"},
    {CENTER(agent_gateway), .key = "agent_gateway", .read = conf_read_origin,
     .sentence = "the agent gateway's address, like https://10.22.26.181:8043"},
    {CENTER(operator_id), .key = "operator", .read = conf_read_integer, .least = 101,
     .most = 999999, .sentence = "the agent who signs in there, for gw.agent alone"},
    {CENTER(password), .key = "password", .read = conf_read_text, .most = 32,
     .is_secret = true, .sentence = "the operator's, best as ${file:PATH} or ${env:NAME}"},
    {CENTER(phone), .key = "phone", .read = conf_read_text, .most = 24,
     .sentence = "the number that the operator signs in with, where one is needed"},
    {CENTER(is_sign_in_forced), .key = "sign_in", .read = conf_read_flag,
     .words = sign_ins, .fallback = "normal",
     .sentence = "force: ends another session of the operator; normal: waits for it"},

    {DESTINATION(kind), .key = "kind", .read = conf_read_text, .is_required = true,
     .sentence = "what receives: webhook, log, …"},
    {DESTINATION(url), .key = "url", .read = conf_read_url, .is_secret = true,
     .sentence = "where messages go"},
    {DESTINATION(method), .key = "method", .read = conf_read_word, .words = methods,
     .fallback = "POST", .sentence = "the HTTP method"},
    {DESTINATION(headers), .key = "header.*", .read = conf_read_header, .is_secret = true,
     .sentence = "a header that is sent along"},
    {DESTINATION(secret), .key = "secret", .read = conf_read_webhook_secret,
     .is_secret = true, .sentence = "the key that signs messages (Standard Webhooks)"},
    {DESTINATION(routing_key), .key = "routing_key", .read = conf_read_text, .most = 255,
     .is_secret = true, .sentence = "the integration key of the service that is paged"},
    {DESTINATION(shape), .key = "shape", .read = conf_read_word, .words = shapes,
     .fallback = "event", .sentence = "what the body looks like"},
    {DESTINATION(user), .key = "user", .read = conf_read_text, .most = 255,
     .sentence = "who signs in there"},
    {DESTINATION(password), .key = "password", .read = conf_read_text, .most = 4096,
     .is_secret = true, .sentence = "the password, or the token of the service's API"},
    {DESTINATION(from), .key = "from", .read = conf_read_mailboxes, .most = 1,
     .sentence = "the address that letters come from"},
    {DESTINATION(to), .key = "to", .read = conf_read_mailboxes, .most = 100,
     .sentence = "the addresses that letters go to"},
    {DESTINATION(is_plain), .key = "starttls", .read = conf_read_starttls,
     .fallback = "required", .sentence = "off: letters to smtp:// go without TLS"},
    {DESTINATION(project), .key = "project", .read = conf_read_text, .most = 80,
     .sentence = "the key of the project that tickets go into"},
    {DESTINATION(issue_type), .key = "issue_type", .read = conf_read_text, .most = 80,
     .sentence = "what kind of tickets these are"},
    {DESTINATION(ca_file), .key = "ca_file", .read = conf_read_path,
     .sentence = "the authorities (PEM) that are trusted, instead of the system's"},
    {DESTINATION(timeout_ms), .key = "timeout", .read = conf_read_duration, .least = 100,
     .most = 600000, .fallback = "10s", .sentence = "how long an attempt may take"},
    {DESTINATION(rate), .key = "rate", .read = conf_read_rate, .most = 1000,
     .sentence = "messages to it, at most; without it what the kind can take"},
    {DESTINATION(is_private_allowed), .key = "allow_private", .read = conf_read_private,
     .fallback = "no", .sentence = "it may have an address that is not public"},

    {CALENDAR(zone), .key = "zone", .read = conf_read_zone,
     .sentence = "its time zone, instead of the gateway's"},
    {CALENDAR(days), .key = "days", .read = conf_read_days, .fallback = "mon-sun",
     .sentence = "the days of the week, like mon-fri or mon, wed-fri"},
    {CALENDAR(hours), .key = "hours", .read = conf_read_hours,
     .sentence = "the hours of these days, like 09:00-12:00, 13:00-18:00; none: all day"},
    {CALENDAR(holidays), .key = "holidays", .read = conf_read_holidays,
     .sentence = "days that are closed, like 2026-10-29, 2026-12-25"},
    {CALENDAR(exceptions), .key = "except.*", .read = conf_read_exception,
     .sentence = "the hours of one day, whatever else is said of it"},

    {CONF_PEOPLE, .key = "*", .read = conf_read_person,
     .sentence = "somebody to mention, like slack:U024BE7LH, email:ayse@example.com"},

    {SECRET(value), .key = "value", .read = conf_read_text, .is_required = true,
     .is_secret = true,
     .sentence = "the secret, best as ${file:PATH} or ${env:NAME}"},
    {SECRET(to), .key = "to", .read = conf_read_origin, .is_required = true,
     .sentence = "the only address that it is ever sent to"},

    {LIMIT(cpu_ms), .key = "cpu", .read = conf_read_duration, .least = 1, .most = 10000,
     .fallback = "100ms", .sentence = "CPU time of one activation"},
    {LIMIT(memory_bytes), .key = "memory", .read = conf_read_size, .least = MB,
     .most = 16 * GB, .fallback = "32MB", .sentence = "memory of the script"},
    {LIMIT(source_bytes), .key = "source", .read = conf_read_size, .least = 1,
     .most = 16 * MB, .fallback = "256KB", .sentence = "size of the script's file"},
    {LIMIT(tasks), .key = "tasks", .read = conf_read_integer, .least = 1,
     .most = 1000000, .fallback = "1000", .sentence = "tasks at a time"},
    {LIMIT(wants), .key = "wants", .read = conf_read_integer, .least = 1,
     .most = 100000, .fallback = "500", .sentence = "things that are polled for it"},
    {LIMIT(sends_per_s), .key = "sends", .read = conf_read_rate, .most = 10000,
     .fallback = "100/min", .sentence = "messages that its tasks send"},
    {LIMIT(alerts), .key = "alerts", .read = conf_read_integer, .least = 1,
     .most = 1000000, .fallback = "10000", .sentence = "alerts that are open at a time"},
    {LIMIT(store_bytes), .key = "store", .read = conf_read_size, .least = 1, .most = 4 * MB,
     .fallback = "1MB", .sentence = "what it keeps in gw.store()"},
    {LIMIT(logs_per_s), .key = "log", .read = conf_read_rate, .most = 10000,
     .fallback = "200/min", .sentence = "lines that it logs"},
    {SCRIPT(is_private_allowed), .key = "allow_private", .read = conf_read_script_private,
     .fallback = "no", .sentence = "gw.http may go to addresses that are not public"},
};
/* clang-format on */

const size_t conf_option_count = sizeof conf_options / sizeof *conf_options;
_Static_assert(sizeof conf_options / sizeof *conf_options <= CONF_OPTIONS_MAX,
               "a section's state has room for every option");

/* What a key must begin with: without the '*'. */
static size_t
stem_of(const struct conf_option *option)
{
    return strcspn(option->key, "*");
}

bool
conf_option_is_open(const struct conf_option *option)
{
    return option->key[stem_of(option)] == '*';
}

static bool
matches(const struct conf_option *option, const char *key)
{
    size_t stem = stem_of(option);
    if (!conf_option_is_open(option))
        return strcmp(option->key, key) == 0;
    return strncmp(option->key, key, stem) == 0 && key[stem] != '\0';
}

const char *
conf_option_suffix(const struct conf_option *option, const char *key)
{
    return key + stem_of(option);
}

const struct conf_option *
conf_option_find(enum conf_kind kind, const char *key)
{
    for (size_t i = 0; i < conf_option_count; i++)
        if (conf_options[i].kind == kind && matches(&conf_options[i], key))
            return &conf_options[i];
    return NULL;
}
