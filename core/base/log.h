/* The log: one line per event on standard error, written with one write(2).
 *
 *   2026-11-20T18:05:00.123Z warn  poll     center main: timeout after 10s
 *
 * Control characters in a message are escaped, so that no text from outside can forge a
 * line. May be called from any thread. */
#ifndef CCGATE_BASE_LOG_H
#define CCGATE_BASE_LOG_H

enum log_level { LEVEL_DEBUG, LEVEL_INFO, LEVEL_WARN, LEVEL_ERROR };

/* Lines below `least` are dropped; the default is LEVEL_INFO. */
void log_set_level(enum log_level least);

/* The level of "debug", "info", "warn" or "error"; -1 for another word. */
int log_level_of(const char *word);
const char *log_word(enum log_level level);

/* `room` names the part that speaks: "poll", "deliver", "script queue_wait". */
void log_write(enum log_level level, const char *room, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Takes the lines of this thread, whatever their level, in place of standard error. */
struct log_taker {
    void (*on_line)(void *arg, enum log_level level, const char *room,
                    const char *message);
    void *arg;
};

/* From here to the next call; NULL: none. Returns who took them before, to be put back.
 */
const struct log_taker *log_divert(const struct log_taker *taker);

#define log_debug(...) log_write(LEVEL_DEBUG, __VA_ARGS__)
#define log_info(...)  log_write(LEVEL_INFO, __VA_ARGS__)
#define log_warn(...)  log_write(LEVEL_WARN, __VA_ARGS__)
#define log_error(...) log_write(LEVEL_ERROR, __VA_ARGS__)

#endif
