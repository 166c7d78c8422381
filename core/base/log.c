#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/text.h"

static const char *const words[] = {
    [LEVEL_DEBUG] = "debug",
    [LEVEL_INFO] = "info",
    [LEVEL_WARN] = "warn",
    [LEVEL_ERROR] = "error",
};

static atomic_int least_level = LEVEL_INFO;
static _Thread_local const struct log_taker *diverted;

const struct log_taker *
log_divert(const struct log_taker *taker)
{
    const struct log_taker *before = diverted;
    diverted = taker;
    return before;
}

void
log_set_level(enum log_level least)
{
    atomic_store(&least_level, (int)least);
}

const char *
log_word(enum log_level level)
{
    return words[level];
}

int
log_level_of(const char *word)
{
    for (int level = LEVEL_DEBUG; level <= LEVEL_ERROR; level++)
        if (strcmp(words[level], word) == 0)
            return level;
    return -1;
}

/* The C1 controls U+0080 to U+009F move cursors, too. */
static bool
is_control(const unsigned char *at, size_t length)
{
    return *at < 0x20 || *at == 0x7f || (length == 2 && *at == 0xc2 && at[1] < 0xa0);
}

static void
add_escaped(struct buf *line, const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t left = strlen(text);
    while (left > 0) {
        size_t length = text_utf8(at, left);
        size_t step = length ? length : 1;
        if (length > 0 && !is_control(at, length))
            buf_add(line, at, step);
        else if (*at == '\n')
            buf_add_text(line, "\\n");
        else if (*at == '\t')
            buf_add_text(line, "\\t");
        else
            for (size_t i = 0; i < step; i++)
                buf_format(line, "\\x%02x", at[i]);
        at += step;
        left -= step;
    }
}

static void
write_line(enum log_level level, const char *room, const char *message)
{
    char time[32];
    struct buf line = {0};
    buf_format(&line, "%s %-5s ",
               text_format_time(clock_wall_ms(), true, time, sizeof time),
               words[level]);
    size_t start = line.size;
    add_escaped(&line, room);
    while (line.size - start < 8)
        buf_add(&line, " ", 1);
    buf_add(&line, " ", 1);
    add_escaped(&line, message);
    buf_add(&line, "\n", 1);
    /* A log that cannot be written must not stop the gateway. */
    ssize_t written = write(STDERR_FILENO, line.data, line.size);
    (void)written;
    buf_fini(&line);
}

void
log_write(enum log_level level, const char *room, const char *format, ...)
{
    const struct log_taker *taker = diverted;
    if (!taker && (int)level < atomic_load(&least_level))
        return;
    int saved_errno = errno;
    va_list args;
    va_start(args, format);
    char *message;
    if (vasprintf(&message, format, args) < 0)
        message = mem_text(format);
    va_end(args);
    if (taker)
        taker->on_line(taker->arg, level, room, message);
    else
        write_line(level, room, message);
    free(message);
    errno = saved_errno;
}
