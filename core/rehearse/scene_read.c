/* From rows by the names of our fields to an answer as a centre would send it, which
 * then takes the way of all answers: what is wrong with a value is told as ever. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "model/json.h"
#include "rehearse/scene.h"

/* The row that is being read. */
struct reading {
    const struct query *query;
    size_t row; /* from 1 */
    struct json json;
    uint64_t seen;    /* a bit for each field, and for its source */
    int64_t argument; /* SCENE_ANY: none was given */
    struct buf name;  /* of FIELD_NAME; empty: none was given */
    struct buf *wire; /* the answer */
    bool has_members; /* of this row */
    struct error *error;
};

static bool __attribute__((format(printf, 3, 4)))
fail(struct reading *reading, const char *field, const char *format, ...)
{
    char text[200];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    error_set(reading->error, ERROR_DECODE, "", "%s[%zu]%s%s: %s", reading->query->name,
              reading->row, field ? "." : "", field ? field : "", text);
    return false;
}

static bool
fail_grammar(struct reading *reading)
{
    return fail(reading, NULL, "%s", reading->json.problem);
}

/* ---- values ---- */

static int64_t
to_whole(double value)
{
    return (int64_t)(value + (value < 0 ? -0.5 : 0.5));
}

/* Begins a member on the wire. */
static void
begin(struct reading *reading, size_t field)
{
    const char *wire = reading->query->fields[field].wire;
    if (reading->query->is_bare)
        return;
    buf_format(reading->wire, "%s\"%s\":", reading->has_members ? "," : "", wire);
    reading->has_members = true;
}

/* The value as it stands. */
static bool
copy(struct reading *reading, size_t field)
{
    json_peek(&reading->json);
    const char *start = reading->json.at;
    if (!json_skip(&reading->json))
        return fail_grammar(reading);
    begin(reading, field);
    buf_add(reading->wire, start, (size_t)(reading->json.at - start));
    return true;
}

/* A text, into an emptied buffer that ends with a NUL. */
static bool
read_text(struct reading *reading, const char *field, struct buf *out)
{
    struct json_text text;
    if (json_peek(&reading->json) != '"')
        return fail(reading, field, "expected a text");
    if (!json_string(&reading->json, &text))
        return fail_grammar(reading);
    buf_clear(out);
    json_unescape(&text, out);
    return true;
}

static bool
read_number(struct reading *reading, const char *field, double *value)
{
    struct json_text text;
    char digits[64];
    char next = json_peek(&reading->json);
    if (next != '-' && (next < '0' || next > '9'))
        return fail(reading, field, "expected a number");
    if (!json_number(&reading->json, &text))
        return fail_grammar(reading);
    snprintf(digits, sizeof digits, "%.*s", (int)text.size, text.data);
    *value = strtod(digits, NULL);
    return true;
}

/* Seconds may be written as people write them: "2m15s". */
static bool
add_integer(struct reading *reading, size_t field)
{
    const struct field *is = &reading->query->fields[field];
    int64_t ms;
    struct buf text = {0};
    if (is->unit != UNIT_SECONDS || json_peek(&reading->json) != '"')
        return copy(reading, field);
    bool is_good = read_text(reading, is->name, &text);
    if (is_good && !text_duration(text.data ? text.data : "", &ms))
        is_good = fail(reading, is->name, "'%.40s' is not a duration; write \"2m15s\"",
                       text.data ? text.data : "");
    if (is_good) {
        begin(reading, field);
        buf_add_integer(reading->wire, ms / 1000);
    }
    buf_fini(&text);
    return is_good;
}

static bool
add_time_ms(struct reading *reading, size_t field)
{
    double seconds;
    if (!read_number(reading, reading->query->fields[field].name, &seconds))
        return false;
    begin(reading, field);
    buf_add_integer(reading->wire, to_whole(seconds * 1000));
    return true;
}

static void
write_time_utc(struct reading *reading, size_t field, int64_t at)
{
    char text[32];
    text_format_time(at * 1000, false, text, sizeof text);
    begin(reading, field);
    buf_format(reading->wire, "\"%.10s %.8s\"", text, text + strlen("2026-11-20T"));
}

static bool
add_time_utc(struct reading *reading, size_t field)
{
    double seconds;
    if (!read_number(reading, reading->query->fields[field].name, &seconds))
        return false;
    write_time_utc(reading, field, to_whole(seconds));
    return true;
}

/* The word's code, in the field that it is made of. */
static bool
add_word(struct reading *reading, size_t field)
{
    const struct field *is = &reading->query->fields[field];
    struct buf word = {0};
    int64_t code;
    bool is_good = read_text(reading, is->name, &word);
    if (is_good && !code_of_word(is->codes, word.data ? word.data : "", &code)) {
        const char *words[64] = {0};
        for (size_t i = 0; i < 63 && is->codes[i].word; i++)
            words[i] = is->codes[i].word;
        const char *guess = text_nearest(word.data ? word.data : "", words);
        is_good = fail(reading, is->name, "there is no '%.40s'%s%s%s",
                       word.data ? word.data : "", guess ? " (did you mean '" : "",
                       guess ? guess : "", guess ? "'?)" : "");
    }
    if (is_good) {
        begin(reading, is->over);
        buf_add_integer(reading->wire, code);
        reading->seen |= (uint64_t)1 << is->over;
    }
    buf_fini(&word);
    return is_good;
}

/* { cti = true } → "TFF" */
static bool
add_media(struct reading *reading, size_t field)
{
    struct json *json = &reading->json;
    struct json_text key;
    bool first = true;
    int64_t bits = 0;
    if (json_peek(json) != '{')
        return fail(reading, reading->query->fields[field].name,
                    "expected { cti = true, web = false, mail = false }");
    json_open(json, '{');
    while (json_more(json, '}', &first) && json_key(json, &key)) {
        bool is_on = json_peek(json) == 't';
        for (const struct code *media = codes_media; media->word; media++)
            if (json_is(&key, media->word, strlen(media->word)) && is_on)
                bits |= media->code;
        json_skip(json);
    }
    if (json->problem)
        return fail_grammar(reading);
    begin(reading, field);
    buf_add_text(reading->wire, "\"");
    for (const struct code *media = codes_media; media->word; media++)
        buf_add_text(reading->wire, bits & media->code ? "T" : "F");
    buf_add_text(reading->wire, "\"");
    return true;
}

static bool
add_name(struct reading *reading, size_t field)
{
    return read_text(reading, reading->query->fields[field].name, &reading->name);
}

static bool
add_argument(struct reading *reading, size_t field)
{
    double id;
    (void)field;
    if (!read_number(reading, reading->query->argument, &id))
        return false;
    reading->argument = to_whole(id);
    return true;
}

static bool
refuse_derived(struct reading *reading, size_t field)
{
    const struct field *is = &reading->query->fields[field];
    const struct field *fields = reading->query->fields;
    return fail(reading, is->name, "it is made of %s and %s; give these",
                fields[is->over].name, fields[is->under].name);
}

static bool
refuse_absent(struct reading *reading, size_t field)
{
    const struct field *is = &reading->query->fields[field];
    return fail(reading, is->name, "no answer has it: %s", is->doc);
}

static bool (*const adders[])(struct reading *reading, size_t field) = {
    [FIELD_INTEGER] = add_integer,
    [FIELD_TEXT] = copy,
    [FIELD_TIME_MS] = add_time_ms,
    [FIELD_TIME_UTC] = add_time_utc,
    [FIELD_BOOLEAN] = copy,
    [FIELD_MEDIA] = add_media,
    [FIELD_SKILLS] = copy,
    [FIELD_ARGUMENT] = add_argument,
    [FIELD_ABSENT] = refuse_absent,
    [FIELD_NAME] = add_name,
    [FIELD_RATIO] = refuse_derived,
    [FIELD_WORD] = add_word,
    [FIELD_DURATION] = refuse_derived,
    [FIELD_INTERIM] = refuse_derived,
    [FIELD_CAUSE] = refuse_derived,
};

/* ---- rows ---- */

static bool
fail_unknown(struct reading *reading, const char *name)
{
    const char *names[64] = {0};
    for (size_t i = 0; i < reading->query->field_count && i < 62; i++)
        names[i] = reading->query->fields[i].name;
    const char *guess = text_nearest(name, names);
    return fail(reading, NULL, "unknown field '%.60s'%s%s%s", name,
                guess ? " (did you mean '" : "", guess ? guess : "",
                guess ? "'?)" : "");
}

static bool
read_member(struct reading *reading, const char *name)
{
    const struct query *query = reading->query;
    int field = query_field(query, name);
    if (field < 0 && query->is_list && strcmp(name, query->argument) == 0)
        return add_argument(reading, 0);
    if (field < 0)
        return fail_unknown(reading, name);
    reading->seen |= (uint64_t)1 << field;
    /* A null says that it is unknown, of counts too. */
    if (json_null(&reading->json))
        return true;
    return adders[query->fields[field].kind](reading, (size_t)field);
}

/* What a row lacks is neutral. */
static void
add_neutral(struct reading *reading, int64_t now_s)
{
    const struct query *query = reading->query;
    int began_at = query->has_span ? query_field(query, "began_at") : -1;
    for (size_t i = 0; i < query->field_count; i++) {
        const struct field *field = &query->fields[i];
        if (reading->seen >> i & 1)
            continue;
        if (field->kind == FIELD_INTEGER &&
            (field->unit == UNIT_COUNT || field->window_5m)) {
            begin(reading, i);
            buf_add_text(reading->wire, "0");
        }
        if (began_at >= 0 && i == (size_t)began_at)
            write_time_utc(reading, i, now_s);
    }
}

static bool
read_row(struct reading *reading, int64_t now_s)
{
    struct json *json = &reading->json;
    struct json_text key;
    struct buf name = {0};
    bool first = true, is_good = true;
    if (json_peek(json) != '{')
        return fail(reading, NULL, "expected a table of fields");
    json_open(json, '{');
    buf_add_text(reading->wire, reading->query->is_bare ? "" : "{");
    while (is_good && json_more(json, '}', &first) && json_key(json, &key)) {
        buf_clear(&name);
        json_unescape(&key, &name);
        is_good = read_member(reading, name.data ? name.data : "");
    }
    buf_fini(&name);
    if (is_good && json->problem)
        is_good = fail_grammar(reading);
    if (is_good)
        add_neutral(reading, now_s);
    buf_add_text(reading->wire, reading->query->is_bare ? "" : "}");
    return is_good;
}

/* ---- names ---- */

/* Names that rows of their own have, in order; "" for none. */
struct names {
    char **list;
    size_t count;
};

static void
names_fini(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->list[i]);
    free(names->list);
}

static void
take_name(struct names *names, struct reading *reading)
{
    names->list = mem_grow(names->list, names->count + 1, sizeof *names->list);
    names->list[names->count++] =
        mem_text(reading->name.size ? reading->name.data : "");
    buf_clear(&reading->name);
}

static void
put_names(struct block *rows, const struct names *names)
{
    int field = query_field(rows->query, "name");
    if (field < 0 || rows->query->fields[field].kind != FIELD_NAME)
        return;
    for (size_t i = 0; i < names->count && i < rows->row_count; i++) {
        int64_t *row = rows->cells + i * query_width(rows->query);
        size_t size = strlen(names->list[i]);
        if (!size)
            continue;
        row[0] |= (int64_t)1 << field;
        row[1 + field] = (int64_t)rows->text.size << 32 | (int64_t)size;
        buf_add(&rows->text, names->list[i], size);
    }
}

/* ---- all of it ---- */

static bool
read_list(struct reading *reading, int64_t now_s, struct names *names,
          int64_t **arguments)
{
    struct json *json = &reading->json;
    bool first = true;
    if (json_peek(json) != '[')
        return fail(reading, NULL, "expected a list of rows");
    json_open(json, '[');
    while (json_more(json, ']', &first)) {
        buf_add_text(reading->wire, reading->row++ ? "," : "");
        reading->seen = 0;
        reading->has_members = false;
        reading->argument = SCENE_ANY;
        if (!read_row(reading, now_s))
            return false;
        take_name(names, reading);
        *arguments = mem_grow(*arguments, reading->row, sizeof **arguments);
        (*arguments)[reading->row - 1] = reading->argument;
    }
    return json->problem ? fail_grammar(reading) : true;
}

static const struct {
    const char *before, *after;
} envelopes[] = {
    [DOOR_CMS] = {"{\"resultCode\":\"0100000\",\"resultDesc\":[", "]}"},
    [DOOR_AGENT_GATEWAY] = {"{\"retcode\":\"0\",\"result\":[", "]}"},
};

bool
scene_read(const struct query *query, const char *json, size_t size, int64_t now_s,
           struct scene_rows *out, struct error *error)
{
    struct buf wire = {0};
    struct names names = {0};
    struct reading reading = {.query = query, .wire = &wire, .error = error};
    struct query wide = *query;
    wide.row_max = SIZE_MAX; /* of all ids together */
    *out = (struct scene_rows){0};
    block_init(&out->rows, &wide);
    json_init(&reading.json, json, size);
    buf_add_text(&wire, envelopes[query->door].before);
    bool is_good = read_list(&reading, now_s, &names, &out->arguments);
    buf_add_text(&wire, envelopes[query->door].after);
    is_good = is_good && answer_decode(&wide, wire.data, wire.size, &out->rows, error);
    out->rows.query = query;
    if (is_good)
        put_names(&out->rows, &names);
    else
        scene_rows_fini(out);
    names_fini(&names);
    buf_fini(&reading.name);
    buf_fini(&wire);
    return is_good;
}

void
scene_rows_fini(struct scene_rows *rows)
{
    free(rows->arguments);
    rows->arguments = NULL;
    block_fini(&rows->rows);
}
