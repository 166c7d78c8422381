/* Frames between the core and a script host, over one stream socket.
 *
 * A frame is a 24-byte header and a payload, padded with zeroes to a multiple of 8, so
 * that cells of a row block lie aligned in the receiver's buffer. Both ends are the
 * same build on the same machine: native byte order. Both readers treat a frame that
 * breaks a rule below as the end of the peer (the core kills and counts the host).
 * script/message.h reads and writes whole payloads and checks every range.
 *
 * Payload items: u8, u32, i64, f64 in native order, unaligned unless said otherwise;
 * text = u32 length, bytes, NUL, so that a reader needs no copy; list = u32 count,
 * items. A payload must be used up exactly. The id is 0 in frames that name none. An
 * entry is a rule or a job of the script, numbered from 0 in the order of LOADED; a
 * center is numbered as in the setup of LOAD, a query as in model/schema.h. A spot is
 * where something is written: number of the file × SPOT_LINES + line; file 0 is the
 * script, so that its own spots are lines, the others are its modules in the order of
 * LOAD. Line 0: in no line in particular.
 *
 * core → host
 *
 * LOAD: i64 cpu_ms, cpu_load_ms, memory_bytes, source_bytes, tasks, wants, alerts,
 * store_bytes; f64 sends_per_s, logs_per_s; text instance (base/message_id.h); text
 * token (script/secrets.h); text name; text source; text setup (JSON, see
 * lua/gateway/init.lua); list of modules { text name, text file, text source, text
 * trouble ("": none) } that it may require; text names, one a line, of all modules that
 * there are, for messages. Source and sources of modules together are at most
 * source_bytes. The first frame, once.
 *
 * RESTORE: list of { u32 entry, u32 center, text key, text state }: with state "" an
 * alert that is raised, else what ITEM_STATE gave last; of one key in this order. After
 * LOADED and before the first ROWS, as many as it takes.
 *
 * STORE: list of { text key, i64 written_ms, text value }: what gw.store() has. After
 * LOADED and before the first ROWS, as many as it takes.
 *
 * ROWS: id = by how much the intervals of the centre are stretched, in thousandths (0:
 * as asked for); u32 center, u32 query, u32 row_count, u32 width, i64 argument (of a
 * query that is a list: the id whose rows these are, all of them; else 0), then
 * row_count × width cells (i64, aligned; model/schema.h), then text (the heap of the
 * text cells): a sample. now = wall time of the answer.
 *
 * RUN: id = entry; i64 scheduled_ms: a job is due.
 *
 * WAKE: id = wait: the sleep is over.
 *
 * FETCHED: id = wait; i64 ok; ok 1: as ROWS, argument 0 (ids that are unknown to the
 * centre are rows with ROW_GONE; of a list, the rows of all ids, none twice); ok 0:
 * text kind, text code, text message.
 *
 * HANDLE: id = run, counted from 1; text origin (of what it sends, base/message_id.h);
 * u32 entry, a rule; text kind ("raise" | "level" | "remind" | "clear"); text alert
 * (JSON, see lua/gateway/notify.lua); i64 attempt; text note ("" for none); text refs
 * (JSON, alert.refs; "" for none): the rule's own handler is due.
 *
 * CANCEL: id = run: it took too long. It ends, and says so, unless it has ended.
 *
 * ANSWER: id = wait; i64 ok; ok 1: text answer (JSON); ok 0: text kind, text code, text
 * message.
 *
 * DISABLE: id = entry: switched off after three strikes; never run again. Its runs end
 * without a word; those of a handler are the next host's.
 *
 * TICK: id = entry, a rule that asked for it: time has passed, samples or not; the
 * first within a second.
 *
 * STEP: i64 by_ms: the wall clock was put forward by so much (back: < 0). Every time
 * that the host has stored goes along; now is the new time.
 *
 * host → core
 *
 * LOADED: list of problems { u32 spot, u8 severity (LEVEL_*), text }, list of entries {
 * u8 kind (ENTRY_*), text name, of a job: schedule, of a rule: i64 every_ms (of its
 * ticks, 0 for none), u8 makes_rows (1: which keys it has is known to the host alone;
 * without wants they are of the first centre), text about }, list of wants { u32 entry,
 * u32 center, u32 query, i64 every_ms, i64 last_ms (of a query with a span: how far
 * back the first request reaches; else 0), u32 line (of the script itself, 0: unknown),
 * list of i64 ids }. A problem of LEVEL_ERROR means: not loaded, the host ends. A
 * schedule is i64 every_ms (0: by cron), text cron ("": at the interval), text zone, u8
 * missed (MISSED_*), u8 has_during, text during, text during_zone (base/calendar.h).
 *
 * COMMIT: what one activation did, to be committed together. id = entry; i64
 * scheduled_ms (of the job's run, 0 for rules), list of items, at least one: of a rule
 * u8 ITEM_ALERT, u32 center, text key, text kind ("raise" | "level" | "clear"), text
 * event (JSON, see lua/gateway/notify.lua), or u8 ITEM_STATE, u32 center, text key,
 * text state (latch_step.h, opaque to the core; "" for none): what RESTORE has to give
 * back from now on; of a job u8 ITEM_SEND, text destination, u32 ordinal, text path (of
 * the task in its run, script/task.h; "": the run itself), text key (""
 * for none), text message (JSON); of both, behind these, u8 ITEM_KEEP, text key, text
 * value ("" for none): what gw.store() has from now on. With scheduled_ms = run a
 * commit of a rule is that of a handler: it has what a job has, and behind it u8
 * ITEM_NOTE, text note: alert.note from now on, and u8 ITEM_DONE: the run has ended.
 *
 * DONE: id = entry; i64 scheduled_ms; text trouble: a job's run has ended, well ("") or
 * not (its error, the first line); behind what it did. Each RUN has one, but for a job
 * that is switched off.
 *
 * SLEEP: id = wait; i64 ms.
 *
 * FETCH: id = wait; u32 center, u32 query, i64 max_age_ms, i64 begin, end, type (of a
 * query with a span: struct query_span; else 0, 0, OPERATION_ANY), list of i64 ids.
 *
 * ASK: id = wait; text word, text question (JSON): something else of the core. The
 * words, what each asks and what it is answered: script/resident_ask.h.
 *
 * FORGET: id = wait: nobody waits for it any more. It may be over.
 *
 * METRIC: u8 kind (METRIC_*), text name, text help, list of { text label, text value }
 * in the order of the labels, f64 value: what was added to a counter since the last
 * one, or what a gauge is.
 *
 * LOG: u8 level; text room ("rule queue-wait"); text message.
 *
 * STRIKE: id = entry; text message ("cpu limit", "memory limit"): stopped from inside.
 *
 * FULL: id = entry, a rule; u8 is_waiting (1: what it would raise waits, because as
 * many alerts of the script are open as its limit says; 0: nothing of it waits any
 * more).
 *
 * FAILED: id = entry; i64 count, text message (of the last one, its first line): so
 * many errors of the script's code since the last such frame. At most one for each
 * entry and turn of the host, behind all else.
 */
#ifndef CCGATE_SCRIPT_FRAME_H
#define CCGATE_SCRIPT_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum frame_type {
    FRAME_LOAD = 1,
    FRAME_RESTORE,
    FRAME_ROWS,
    FRAME_RUN,
    FRAME_WAKE,
    FRAME_FETCHED,
    FRAME_DISABLE,
    FRAME_TICK,
    FRAME_STORE,
    FRAME_HANDLE,
    FRAME_CANCEL,
    FRAME_ANSWER,
    FRAME_STEP,
    FRAME_LAST_TO_HOST = FRAME_STEP,
    FRAME_LOADED = 64,
    FRAME_COMMIT,
    FRAME_SLEEP,
    FRAME_FETCH,
    FRAME_LOG,
    FRAME_STRIKE,
    FRAME_DONE,
    FRAME_ASK,
    FRAME_FORGET,
    FRAME_METRIC,
    FRAME_FULL,
    FRAME_FAILED,
    FRAME_LAST_TO_CORE = FRAME_FAILED,
};

enum { ENTRY_RULE = 1, ENTRY_JOB = 2 };
enum { METRIC_COUNTER = 1, METRIC_GAUGE };
enum { MISSED_SKIP, MISSED_ONCE, MISSED_ALL };
enum { ITEM_ALERT = 1, ITEM_SEND, ITEM_STATE, ITEM_KEEP = 16, ITEM_NOTE, ITEM_DONE };

#define SPOT_LINES ((uint32_t)1 << 24)

#define FRAME_MAX ((size_t)4 << 20) /* bytes of a payload */

struct frame_header {
    uint32_t size; /* of the payload, without padding */
    uint16_t type;
    uint16_t zero;
    uint64_t id;
    int64_t now_ms; /* wall time; the only clock a host knows */
};
_Static_assert(sizeof(struct frame_header) == 24, "frame header");

struct frame {
    struct frame_header header;
    const char *payload; /* inside the reader's buffer, 8-aligned */
};

/* ---- writing: begin, put…, end; several frames may follow in one buffer ---- */

/* Returns where the frame begins, for frame_end(). */
size_t frame_begin(struct buf *out, enum frame_type type, uint64_t id, int64_t now_ms);
void frame_put_u8(struct buf *out, uint8_t value);
void frame_put_u32(struct buf *out, uint32_t value);
void frame_put_i64(struct buf *out, int64_t value);
void frame_put_f64(struct buf *out, double value);
void frame_put_cells(struct buf *out, const int64_t *cells, size_t count);
void frame_put_text(struct buf *out, const char *text, size_t size);
void frame_put_string(struct buf *out, const char *text); /* NULL is "" */
/* Writes the size and the padding. False when the payload is over FRAME_MAX: the frame
 * is then taken back and `out` is as it was before frame_begin(). */
bool frame_end(struct buf *out, size_t begin);

/* ---- cutting a stream into frames ---- */

enum frame_result { FRAME_OK, FRAME_MORE, FRAME_BAD };

/* Looks for a whole frame at data[*used]; on FRAME_OK moves *used behind it. `data`
 * must be 8-aligned. Types outside low…high, sizes over FRAME_MAX and non-zero padding
 * are FRAME_BAD. */
enum frame_result frame_next(const char *data, size_t size, size_t *used,
                             enum frame_type low, enum frame_type high,
                             struct frame *out);

/* ---- reading a payload: every get returns zero or "" once `bad` is set ---- */

struct frame_reader {
    const char *at, *end;
    bool bad;
};
void frame_read(struct frame_reader *reader, const struct frame *frame);
uint8_t frame_get_u8(struct frame_reader *reader);
uint32_t frame_get_u32(struct frame_reader *reader);
int64_t frame_get_i64(struct frame_reader *reader);
double frame_get_f64(struct frame_reader *reader);
/* Both point into the payload and end with a NUL that is not counted. In a string a NUL
 * inside sets `bad`; in a text it does not. */
const char *frame_get_text(struct frame_reader *reader, size_t *size);
const char *frame_get_string(struct frame_reader *reader);
/* A count of items of at least `least` bytes each: one that cannot fit sets `bad`. */
uint32_t frame_get_count(struct frame_reader *reader, size_t least);
/* `count` i64, unaligned in general; NULL when they do not fit. */
const char *frame_get_cells(struct frame_reader *reader, size_t count);
/* True when all was well and everything was used up. */
bool frame_done(const struct frame_reader *reader);

/* ---- the shared page: what the host is doing now, without a frame ---- */

/* Written by the host, read by the core. `consumed` lets the core see how much of what
 * it sent still waits (back-pressure); the rest lets it see who holds the processor. */
struct host_page {
    _Atomic uint64_t
        consumed; /* bytes of frames taken from the socket and worked off */
    _Atomic uint64_t activation; /* number of the current or last activation */
    _Atomic uint32_t entry;      /* 1 + entry that runs; 0: none (loading, between) */
    _Atomic uint32_t busy;       /* 1 from taking frames until back at the socket */
    _Atomic uint32_t starved;    /* 1: it ends because it got no more memory */
};

#define HOST_SOCKET_FD 3 /* the inherited socket */
#define HOST_PAGE_FD   4 /* the memfd of the page; mapped, then closed */

#endif
