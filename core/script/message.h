/* Whole payloads of frames: what they hold (frame.h) as structs, read and written.
 *
 * A reader checks everything: counts, ranges, words, indexes against what the reader of
 * it knows, exact use of the payload. What it returns needs no further check. False
 * with `error` (ERROR_DECODE, names the frame and the fault): the peer is broken; `out`
 * then holds nothing. Texts in a struct point into the frame's payload and live as long
 * as the receiver's buffer, except for struct message_loaded, which keeps a copy. What
 * has no _fini owns nothing: a Lua error may jump over it.
 *
 * A writer adds one frame to `out`. False: it would be larger than FRAME_MAX and `out`
 * is unchanged. Writers believe what they are given; misuse by a script is found before
 * (names, keys and ids within the bounds below). */
#ifndef CCGATE_SCRIPT_MESSAGE_H
#define CCGATE_SCRIPT_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/error.h"
#include "model/schema.h"
#include "script/frame.h"

/* Bytes of the name of an entry ([a-z0-9-], '-' not first), a destination, a strike
 * (printable). */
#define MESSAGE_NAME_MAX 200
/* Bytes of a key and of a room: printable; only a send's key may be empty. */
#define MESSAGE_KEY_MAX 255
/* Bytes of a key's state. */
#define MESSAGE_STATE_MAX 255
/* Bytes of the path of a task in its run, digits with '.' and '/' between them. */
#define MESSAGE_PATH_MAX 120
/* Ids of one want or fetch; at least one. */
#define MESSAGE_IDS_MAX 10000
/* Rules and jobs of one script; no name twice in a kind. */
#define MESSAGE_ENTRIES_MAX 10000
/* Of a want and of a job. */
#define MESSAGE_PERIOD_MIN_MS 100
#define MESSAGE_PERIOD_MAX_MS ((int64_t)10 * 366 * 86400 * 1000)
/* Bytes of the times of a job, and of a zone's name. */
#define MESSAGE_CRON_MAX 1000
/* Modules of a script, and bytes of the name of one. */
#define MESSAGE_MODULES_MAX 255
#define MESSAGE_MODULE_MAX  120

/* Items of a list under construction; a zeroed struct is an empty list. */
struct message_list {
    struct buf items;
    uint32_t count;
};
void message_list_fini(struct message_list *list);
/* Forgets the items, keeps the room. */
void message_list_clear(struct message_list *list);
/* Bytes of texts that the list can still take so that its frame, with an item's own
 * overhead, stays within FRAME_MAX: when the next item needs more, write what is there
 * (a rule's COMMIT, RESTORE) or refuse it (a job's send). */
size_t message_list_room(const struct message_list *list);
/* Adds the list as a payload item. */
void message_list_put(struct buf *out, const struct message_list *list);

/* Adds what went wrong, as cursor_error() reads it. */
void message_put_error(struct buf *out, const struct error *error);

/* ---- core → host ---- */

/* A module that a script may require. */
struct message_module {
    const char *name; /* "lib.shifts" */
    const char *file; /* as messages name it */
    const char *source;
    size_t source_size;  /* may hold NULs */
    const char *trouble; /* why it cannot be had; "": it can */
};
struct message_load {
    struct conf_limits limits;
    const char *instance; /* of the database; "" where there is none */
    const char *token;    /* of the marks of secrets */
    const char *name;
    const char *source;
    size_t source_size; /* may hold NULs */
    const char *setup;
    size_t setup_size;
    struct message_module *modules; /* of one that was read owned */
    uint32_t module_count;
    const char *module_names; /* of all that there are, a line each */
};
bool message_write_load(struct buf *out, int64_t now_ms,
                        const struct message_load *load);
bool message_read_load(const struct frame *frame, struct message_load *out,
                       struct error *error);
void message_load_fini(struct message_load *load); /* of one that was read */

/* An alert that is raised, or the state of a key of a rule. */
struct message_kept {
    uint32_t entry;
    uint32_t center;
    const char *key;
    const char *state; /* "": raised */
};
struct message_restore {
    struct message_kept *kept; /* owned */
    uint32_t count;
};
void message_put_kept(struct message_list *list, const struct message_kept *kept);
bool message_write_restore(struct buf *out, int64_t now_ms,
                           const struct message_list *list);
bool message_read_restore(const struct frame *frame, size_t entry_count,
                          size_t center_count, struct message_restore *out,
                          struct error *error);
void message_restore_fini(struct message_restore *restore);

/* What gw.store() has under a key. */
struct message_stored {
    const char *key;
    int64_t written_ms;
    const char *value; /* bytes of any kind; of size 0 in a commit: nothing any more */
    size_t value_size;
};
struct message_store {
    struct message_stored *kept; /* owned */
    uint32_t count;
};
void message_put_stored(struct message_list *list, const struct message_stored *kept);
bool message_write_store(struct buf *out, int64_t now_ms,
                         const struct message_list *list);
bool message_read_store(const struct frame *frame, struct message_store *out,
                        struct error *error);
void message_store_fini(struct message_store *store);

/* A sample, or what a fetch got. Read, the cells lie in the frame, aligned, and every
 * presence word fits the query: no bits beyond its fields, the key always there, in a
 * row that is gone nothing else; and every text cell lies in the heap. */
struct message_rows {
    uint32_t center;
    const struct query *query;
    uint32_t row_count;
    const int64_t *cells; /* row_count × query_width(query) */
    int64_t argument;     /* frame.h */
    const char *text;     /* NULL: none */
    size_t text_size;
    uint32_t stretch; /* of a sample; frame.h */
};
static inline struct row
message_row(const struct message_rows *rows, size_t row)
{
    return (struct row){rows->cells + row * query_width(rows->query),
                        rows->text ? rows->text : ""};
}
bool message_write_rows(struct buf *out, int64_t now_ms,
                        const struct message_rows *rows);
bool message_read_rows(const struct frame *frame, size_t center_count,
                       struct message_rows *out, struct error *error);

struct message_fetched {
    uint64_t wait;
    struct error error; /* ERROR_NONE: `rows` is the answer */
    struct message_rows rows;
};
bool message_write_fetched(struct buf *out, int64_t now_ms,
                           const struct message_fetched *fetched);
bool message_read_fetched(const struct frame *frame, size_t center_count,
                          struct message_fetched *out, struct error *error);

struct message_answer {
    uint64_t wait;
    struct error error; /* ERROR_NONE: `answer` is the answer */
    const char *answer; /* JSON */
    size_t answer_size;
};
bool message_write_answer(struct buf *out, int64_t now_ms,
                          const struct message_answer *answer);
bool message_read_answer(const struct frame *frame, struct message_answer *out,
                         struct error *error);

struct message_run {
    uint32_t entry;
    int64_t scheduled_ms;
};
void message_write_run(struct buf *out, int64_t now_ms, const struct message_run *run);
bool message_read_run(const struct frame *frame, size_t entry_count,
                      struct message_run *out, struct error *error);

/* A run of a rule's handler. */
struct message_handle {
    uint64_t run;       /* from 1 */
    const char *origin; /* of what it sends */
    uint32_t entry;
    const char *kind;  /* "raise", "level", "remind" or "clear" */
    const char *alert; /* JSON */
    size_t alert_size;
    int64_t attempt;
    const char *note; /* bytes of any kind */
    size_t note_size; /* 0: none */
    const char *refs; /* JSON: what destinations remember of the alert */
    size_t refs_size; /* 0: nothing */
};
bool message_write_handle(struct buf *out, int64_t now_ms,
                          const struct message_handle *handle);
bool message_read_handle(const struct frame *frame, size_t entry_count,
                         struct message_handle *out, struct error *error);

void message_write_cancel(struct buf *out, int64_t now_ms, uint64_t run);
bool message_read_cancel(const struct frame *frame, uint64_t *run, struct error *error);

void message_write_wake(struct buf *out, int64_t now_ms, uint64_t wait);
bool message_read_wake(const struct frame *frame, uint64_t *wait, struct error *error);

void message_write_tick(struct buf *out, int64_t now_ms, uint32_t entry);
bool message_read_tick(const struct frame *frame, size_t entry_count, uint32_t *entry,
                       struct error *error);

void message_write_disable(struct buf *out, int64_t now_ms, uint32_t entry);
bool message_read_disable(const struct frame *frame, size_t entry_count,
                          uint32_t *entry, struct error *error);

#define MESSAGE_STEP_MAX_MS ((int64_t)4000000000000) /* 126 years */
void message_write_step(struct buf *out, int64_t now_ms, int64_t by_ms);
bool message_read_step(const struct frame *frame, int64_t *by_ms, struct error *error);

/* ---- host → core ---- */

struct message_problem {
    uint32_t spot; /* frame.h */
    uint8_t level; /* LEVEL_WARN or LEVEL_ERROR */
    const char *text;
    size_t text_size; /* bytes of any kind: a script may have made them */
};
/* When a job runs: at an interval, or at the times of `cron` on the clock of `zone`,
 * while the calendar is open (base/calendar.h has the form of its text). */
struct message_schedule {
    int64_t every_ms; /* 0: by cron */
    const char *cron; /* "": at the interval */
    const char *zone;
    uint8_t missed; /* MISSED_* */
    bool has_during;
    const char *during, *during_zone;
};
struct message_entry {
    uint8_t kind; /* ENTRY_* */
    const char *name;
    struct message_schedule schedule; /* of a job; of a rule every_ms: of its ticks */
    const char *about;
    size_t about_size;
    bool makes_rows; /* of a rule; frame.h */
};
struct message_want {
    uint32_t entry; /* a rule */
    uint32_t center;
    const struct query *query;
    int64_t every_ms;
    int64_t last_ms;    /* frame.h */
    const int64_t *ids; /* each in the range of some edition */
    uint32_t id_count;
    uint32_t line; /* of the script itself, 0: unknown */
};
struct message_loaded {
    struct message_problem *problems;
    uint32_t problem_count;
    struct message_entry *entries;
    uint32_t entry_count;
    struct message_want *wants;
    uint32_t want_count;
    bool failed;   /* one of the problems is an error: the script is not loaded */
    char *payload; /* the copy that the texts point into */
    int64_t *ids;  /* those of all wants */
};
void message_put_problem(struct message_list *list,
                         const struct message_problem *problem);
void message_put_entry(struct message_list *list, const struct message_entry *entry);
void message_put_want(struct message_list *list, const struct message_want *want);
bool message_write_loaded(struct buf *out, int64_t now_ms,
                          const struct message_list *problems,
                          const struct message_list *entries,
                          const struct message_list *wants);
/* At most `want_max` wants. The result is what the readers below hold a host to. */
bool message_read_loaded(const struct frame *frame, size_t center_count,
                         int64_t want_max, struct message_loaded *out,
                         struct error *error);
void message_loaded_fini(struct message_loaded *loaded);

/* Of a rule. */
struct message_alert {
    uint32_t center;
    const char *key;
    const char *kind; /* "raise", "level" or "clear" */
    const char *event;
    size_t event_size;
};
/* Of a rule. */
struct message_state {
    uint32_t center;
    const char *key;
    const char *state; /* at most MESSAGE_STATE_MAX bytes, printable; "": none */
};
/* Of a job. */
struct message_send {
    const char *destination;
    uint32_t ordinal; /* counts the sends of one task */
    const char *path; /* of that task in its run; "": the run itself */
    const char *key;  /* "" for none */
    const char *message;
    size_t message_size;
};
/* A rule's commit has alerts and states, a job's and a handler's have sends, all may
 * change what is kept. The origin of its sends is made by the core: no host can speak
 * in the name of another. */
struct message_commit {
    uint32_t entry;
    int64_t scheduled_ms;         /* of the job's run; of a rule its handler's, or 0 */
    struct message_alert *alerts; /* owned */
    uint32_t alert_count;
    struct message_state *states; /* owned */
    uint32_t state_count;
    struct message_send *sends; /* owned */
    uint32_t send_count;
    struct message_stored *kept; /* owned; written_ms is that of the frame */
    uint32_t kept_count;
    const char *note; /* of a handler: bytes; of size 0: as it was */
    size_t note_size;
    bool is_done; /* the handler has ended */
};
void message_put_alert(struct message_list *list, const struct message_alert *alert);
void message_put_state(struct message_list *list, const struct message_state *state);
void message_put_send(struct message_list *list, const struct message_send *send);
void message_put_change(struct message_list *list, const struct message_stored *kept);
void message_put_note(struct message_list *list, const char *note, size_t size);
void message_put_done(struct message_list *list);
/* `items` is not empty. */
bool message_write_commit(struct buf *out, int64_t now_ms, uint32_t entry,
                          int64_t scheduled_ms, const struct message_list *items);
bool message_read_commit(const struct frame *frame, const struct message_loaded *loaded,
                         size_t center_count, struct message_commit *out,
                         struct error *error);
void message_commit_fini(struct message_commit *commit);

/* A run has ended, well or not. */
struct message_done {
    uint32_t entry; /* a job */
    int64_t scheduled_ms;
    const char *trouble; /* the error's first line */
    size_t trouble_size; /* bytes of any kind; 0: it ended well */
};
void message_write_done(struct buf *out, int64_t now_ms,
                        const struct message_done *done);
bool message_read_done(const struct frame *frame, const struct message_loaded *loaded,
                       struct message_done *out, struct error *error);

struct message_sleep {
    uint64_t wait;
    int64_t ms; /* 0 to MESSAGE_PERIOD_MAX_MS */
};
void message_write_sleep(struct buf *out, int64_t now_ms,
                         const struct message_sleep *sleep);
bool message_read_sleep(const struct frame *frame, struct message_sleep *out,
                        struct error *error);

struct message_fetch {
    uint64_t wait;
    uint32_t center;
    const struct query *query;
    int64_t max_age_ms; /* 0 to MESSAGE_PERIOD_MAX_MS */
    struct query_span span;
    const int64_t *ids; /* owned by what message_read_fetch() fills, else borrowed */
    uint32_t id_count;
};
bool message_write_fetch(struct buf *out, int64_t now_ms,
                         const struct message_fetch *fetch);
bool message_read_fetch(const struct frame *frame, size_t center_count,
                        struct message_fetch *out, struct error *error);
/* Only of one that was read. */
void message_fetch_fini(struct message_fetch *fetch);

struct message_ask {
    uint64_t wait;
    const char *word;
    const char *question; /* JSON */
    size_t question_size;
};
bool message_write_ask(struct buf *out, int64_t now_ms, const struct message_ask *ask);
bool message_read_ask(const struct frame *frame, struct message_ask *out,
                      struct error *error);

void message_write_forget(struct buf *out, int64_t now_ms, uint64_t wait);
bool message_read_forget(const struct frame *frame, uint64_t *wait,
                         struct error *error);

/* Of the script: what was added to a counter, or the value of a gauge. */
#define MESSAGE_LABELS_MAX 10
struct message_metric {
    uint8_t kind; /* METRIC_* */
    const char *name;
    const char *help;
    const char
        *labels[2 * MESSAGE_LABELS_MAX]; /* names, in order, and values by turns */
    uint32_t label_count;
    double value;
};
/* Letters, digits and '_', no digit first. Names that begin with ccgate_ are the
 * gateway's own, and _total is how a counter's samples end. */
bool message_is_metric_name(const char *name);
void message_write_metric(struct buf *out, int64_t now_ms,
                          const struct message_metric *metric);
bool message_read_metric(const struct frame *frame, struct message_metric *out,
                         struct error *error);

struct message_log {
    uint8_t level; /* enum log_level */
    const char *room;
    const char *text;
    size_t text_size; /* bytes of any kind */
};
bool message_write_log(struct buf *out, int64_t now_ms, const struct message_log *log);
bool message_read_log(const struct frame *frame, struct message_log *out,
                      struct error *error);

struct message_strike {
    uint32_t entry;
    const char *text; /* "cpu limit", "memory limit" */
};
void message_write_strike(struct buf *out, int64_t now_ms,
                          const struct message_strike *strike);
bool message_read_strike(const struct frame *frame, const struct message_loaded *loaded,
                         struct message_strike *out, struct error *error);

struct message_full {
    uint32_t entry; /* a rule */
    bool is_waiting;
};
void message_write_full(struct buf *out, int64_t now_ms,
                        const struct message_full *full);
bool message_read_full(const struct frame *frame, const struct message_loaded *loaded,
                       struct message_full *out, struct error *error);

struct message_failed {
    uint32_t entry;
    int64_t count;
    const char *text;
    size_t text_size; /* bytes of any kind */
};
void message_write_failed(struct buf *out, int64_t now_ms,
                          const struct message_failed *failed);
bool message_read_failed(const struct frame *frame, const struct message_loaded *loaded,
                         struct message_failed *out, struct error *error);

#endif
