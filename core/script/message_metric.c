/* METRIC: what a script counts. */
#include <string.h>

#include "base/text.h"
#include "script/cursor.h"
#include "script/message.h"

static bool
is_word(const char *name)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
        "0123456789";
    size_t size = strlen(name);
    return size && size <= MESSAGE_NAME_MAX && strspn(name, letters) == size &&
           !strchr("0123456789", name[0]);
}

/* Prometheus reads all of /metrics or, for one label of its own, nothing; the script is
 * the core's to say. */
static bool
is_reserved(const char *label)
{
    static const char *const reserved[] = {"script", "le", "quantile"};
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (!strcmp(label, reserved[i]))
            return true;
    return !strncmp(label, "__", 2);
}

/* In order, so that none comes twice. */
static bool
is_label(const char *const *labels, uint32_t index)
{
    const char *name = labels[2 * index];
    return is_word(name) && !is_reserved(name) &&
           (!index || strcmp(labels[2 * index - 2], name) < 0);
}

static bool
is_utf8(const char *text)
{
    const unsigned char *at = (const unsigned char *)text, *end = at + strlen(text);
    size_t size = 1;
    for (; size && at < end; at += size)
        size = text_utf8(at, (size_t)(end - at));
    return size != 0;
}

/* Who reads /metrics takes none of it, if one text is not UTF-8. */
static const char *
get_text(struct cursor *cursor, const char *fault)
{
    const char *text = cursor_word(cursor, 0, MESSAGE_KEY_MAX, fault);
    cursor_demand(cursor, is_utf8(text), fault);
    return text;
}

bool
message_is_metric_name(const char *name)
{
    static const char own[] = "ccgate_", end[] = "_total";
    size_t size = strlen(name), tail = sizeof end - 1;
    return is_word(name) && strncmp(name, own, sizeof own - 1) != 0 &&
           (size < tail || strcmp(name + size - tail, end) != 0);
}

void
message_write_metric(struct buf *out, int64_t now_ms,
                     const struct message_metric *metric)
{
    size_t begin = frame_begin(out, FRAME_METRIC, 0, now_ms);
    frame_put_u8(out, metric->kind);
    frame_put_string(out, metric->name);
    frame_put_string(out, metric->help);
    frame_put_u32(out, metric->label_count);
    for (uint32_t i = 0; i < 2 * metric->label_count; i++)
        frame_put_string(out, metric->labels[i]);
    frame_put_f64(out, metric->value);
    frame_end(out, begin);
}

bool
message_read_metric(const struct frame *frame, struct message_metric *out,
                    struct error *error)
{
    struct cursor cursor = cursor_open(frame, "METRIC", error);
    *out = (struct message_metric){0};
    cursor_no_id(&cursor, frame);
    out->kind = frame_get_u8(&cursor.in);
    cursor_demand(&cursor, out->kind == METRIC_COUNTER || out->kind == METRIC_GAUGE,
                  "the kind of a metric");
    out->name = frame_get_string(&cursor.in);
    cursor_demand(&cursor, message_is_metric_name(out->name), "the name of a metric");
    out->help = get_text(&cursor, "the help of a metric");
    uint32_t count = frame_get_count(&cursor.in, 2 * 5);
    cursor_demand(&cursor, count <= MESSAGE_LABELS_MAX, "the labels of a metric");
    out->label_count = cursor.in.bad ? 0 : count;
    for (uint32_t i = 0; i < out->label_count; i++) {
        out->labels[2 * i] = frame_get_string(&cursor.in);
        cursor_demand(&cursor, is_label(out->labels, i), "the name of a label");
        out->labels[2 * i + 1] = get_text(&cursor, "the value of a label");
    }
    out->value = frame_get_f64(&cursor.in);
    cursor_demand(&cursor,
                  __builtin_isfinite(out->value) &&
                      (out->kind == METRIC_GAUGE || out->value >= 0),
                  "the value of a metric");
    return cursor_finish(&cursor);
}
