#include "sim/spoil.h"

#include <stdbool.h>
#include <string.h>

#include "sim/bomb.h"

#define LEVELS 10000 /* of FAULT_DEEP */

/* A new body comes out while one walks through the old one. */
struct edit {
    const char *at, *end;
    struct buf *out;
};

/* ---- something behind the opening bracket ---- */

static void
put_first(struct buf *body, const struct buf *what)
{
    struct buf out = {0};
    buf_add(&out, body->data, 1);
    buf_add(&out, what->data, what->size);
    buf_add(&out, body->data + 1, body->size - 1);
    buf_fini(body);
    *body = out;
}

static void
put_text_first(struct buf *body, const char *text)
{
    struct buf what = {0};
    buf_add_text(&what, text);
    put_first(body, &what);
    buf_fini(&what);
}

static void
make_huge(const struct fault *fault, struct buf *body)
{
    struct buf what = {0};
    memset(buf_reserve(&what, (size_t)fault->number), ' ', (size_t)fault->number);
    what.size = (size_t)fault->number;
    put_first(body, &what);
    buf_fini(&what);
}

static void
make_deep(const struct fault *fault, struct buf *body)
{
    struct buf what = {0};
    (void)fault;
    buf_add_text(&what, "\"more\":");
    for (int i = 0; i < LEVELS; i++)
        buf_add(&what, "[", 1);
    for (int i = 0; i < LEVELS; i++)
        buf_add(&what, "]", 1);
    buf_add(&what, ",", 1);
    put_first(body, &what);
    buf_fini(&what);
}

static void
double_keys(const struct fault *fault, struct buf *body)
{
    (void)fault;
    put_text_first(body, "\"resultCode\":\"0100001\",\"retcode\":\"100-007\",");
}

/* "Success" in GBK is not UTF-8. */
static void
make_gbk(const struct fault *fault, struct buf *body)
{
    (void)fault;
    put_text_first(body, "\"description\":\"\xb3\xc9\xb9\xa6\",");
}

/* ---- every string and every number ---- */

typedef void edit_callback(struct edit *edit, const char *text, size_t size);

static size_t
string_size(const struct edit *edit)
{
    size_t size = 1;
    while (edit->at[size] != '"')
        size += edit->at[size] == '\\' ? 2 : 1;
    return size + 1;
}

static void
keep(struct edit *edit, const char *text, size_t size)
{
    buf_add(edit->out, text, size);
}

/* Strings come with their quotes; keys are kept. */
static void
edit_values(struct buf *body, edit_callback *on_string, edit_callback *on_number)
{
    struct buf out = {0};
    struct edit edit = {body->data, body->data + body->size, &out};
    while (edit.at < edit.end) {
        size_t size = strspn(edit.at, "-0123456789");
        edit_callback *on_value = size ? on_number : keep;
        if (*edit.at == '"') {
            size = string_size(&edit);
            on_value = edit.at[size] == ':' ? keep : on_string;
        }
        on_value(&edit, edit.at, size ? size : 1);
        edit.at += size ? size : 1;
    }
    buf_fini(body);
    *body = out;
}

static void
quote(struct edit *edit, const char *text, size_t size)
{
    buf_add(edit->out, "\"", 1);
    buf_add(edit->out, text, size);
    buf_add(edit->out, "\"", 1);
}

/* What is a number inside, and the same number outside. */
static void
unquote(struct edit *edit, const char *text, size_t size)
{
    size_t inside = size - 2;
    bool is_number = inside > 0 && strspn(text + 1, "0123456789") == inside &&
                     (text[1] != '0' || inside == 1);
    buf_add(edit->out, text + is_number, is_number ? inside : size);
}

static void
put_nan(struct edit *edit, const char *text, size_t size)
{
    (void)text, (void)size;
    buf_add_text(edit->out, "NaN");
}

static void
make_nan(const struct fault *fault, struct buf *body)
{
    (void)fault;
    edit_values(body, keep, put_nan);
}

static void
put_overflow(struct edit *edit, const char *text, size_t size)
{
    (void)text, (void)size;
    buf_add_text(edit->out, "1e400");
}

static void
make_overflow(const struct fault *fault, struct buf *body)
{
    (void)fault;
    edit_values(body, keep, put_overflow);
}

static void
put_hex(struct edit *edit, const char *text, size_t size)
{
    (void)text, (void)size;
    buf_add_text(edit->out, "0x1f");
}

static void
make_hex(const struct fault *fault, struct buf *body)
{
    (void)fault;
    edit_values(body, keep, put_hex);
}

/* Half a character, and a byte that no character has. What looks like a number or a
 * time stays: codes are read before words. */
static void
break_word(struct edit *edit, const char *text, size_t size)
{
    bool is_word = strspn(text + 1, "0123456789-: ") < size - 2;
    buf_add(edit->out, text, size - 1);
    buf_add_text(edit->out, is_word ? "\xe4\xb8\xff\"" : "\"");
}

static void
make_bad_utf8(const struct fault *fault, struct buf *body)
{
    edit_values(body, break_word, keep);
    (void)fault;
    put_text_first(body, "\"description\":\"\xe4\xb8\xff\",");
}

static void
make_strings(const struct fault *fault, struct buf *body)
{
    (void)fault;
    edit_values(body, keep, quote);
}

static void
make_numbers(const struct fault *fault, struct buf *body)
{
    (void)fault;
    edit_values(body, unquote, keep);
}

/* ---- the values of some keys ---- */

struct substitute {
    const char *key, *value; /* as JSON; a key of NULL ends the table */
};

#define NO_TIME    "4294967295"
#define NO_TIME_MS "4294967295000"
#define NO_CALL    "\"4294967295-4294967295\""

static const struct substitute sentinels[] = {
    {"agentMaxIdleTimeIn5", NO_TIME},
    {"maxCallWaitTimesIn5", NO_TIME},
    {"evenCallTimeIn5", NO_TIME},
    {"evenWaitTimeIn5", NO_TIME},
    {"currentStateTime", NO_TIME},
    {"currentstatetime", NO_TIME},
    {"loginDate", NO_TIME_MS},
    {"logindate", NO_TIME_MS},
    {"callId", NO_CALL},
    {"operateCause", "65535"},
    {"operateObject", "65535"},
    {"currentSkillId", "65535"},
    {"mediaType", "65535"},
    {"locationId", "65535"},
    {0},
};

static const struct substitute unknown_codes[] = {
    {"status", "99"},
    {"ctiStatus", "99"},
    {"mediaType", "98"},
    {"operateType", "97"},
    {"operateCause", "9999"},
    {"callType", "96"},
    {"currentStateReason", "95"},
    {0},
};

static const struct substitute *
find_substitute(const struct substitute *table, const char *key, size_t size)
{
    for (; table->key; table++)
        if (strlen(table->key) == size && memcmp(table->key, key, size) == 0)
            return table;
    return NULL;
}

/* Bytes of a value that is neither a list nor an object. */
static size_t
plain_size(const struct edit *edit)
{
    return *edit->at == '"' ? string_size(edit) : strcspn(edit->at, ",]}");
}

static void
substitute(struct buf *body, const struct substitute *table)
{
    struct buf out = {0};
    buf_add(body, "", 1);
    struct edit edit = {body->data, body->data + body->size - 1, &out};
    while (edit.at < edit.end) {
        size_t size = *edit.at == '"' ? string_size(&edit) : 1;
        const struct substitute *found =
            size > 2 && edit.at[size] == ':'
                ? find_substitute(table, edit.at + 1, size - 2)
                : NULL;
        size += found != NULL;
        buf_add(&out, edit.at, size);
        edit.at += size;
        if (!found)
            continue;
        buf_add_text(&out, found->value);
        edit.at += plain_size(&edit);
    }
    buf_fini(body);
    *body = out;
}

static void
put_sentinels(const struct fault *fault, struct buf *body)
{
    (void)fault;
    substitute(body, sentinels);
}

static void
put_unknown_codes(const struct fault *fault, struct buf *body)
{
    (void)fault;
    substitute(body, unknown_codes);
}

/* ---- the lists and objects of the result ---- */

/* Puts `text` where a list or an object is the value of one of the outermost keys. */
static void
replace_results(struct buf *body, const char *text)
{
    struct buf out = {0};
    struct edit edit = {body->data, body->data + body->size, &out};
    int level = 0;
    while (edit.at < edit.end) {
        size_t size = *edit.at == '"' ? string_size(&edit) : 1;
        bool opens = strchr("[{", *edit.at) != NULL;
        level -= strchr("]}", *edit.at) != NULL;
        if (level <= 1 && !(level == 1 && strchr("[]{}", *edit.at)))
            buf_add(&out, edit.at, size);
        else if (level == 1 && opens)
            buf_add_text(&out, text);
        level += opens;
        edit.at += size;
    }
    buf_fini(body);
    *body = out;
}

static void
make_null(const struct fault *fault, struct buf *body)
{
    (void)fault;
    replace_results(body, "null");
}

static void
make_result_string(const struct fault *fault, struct buf *body)
{
    (void)fault;
    replace_results(body, "\"Success\"");
}

static void
make_bomb(const struct fault *fault, struct buf *body)
{
    buf_clear(body);
    bomb_write(fault->number, body);
}

static void (*const spoilers[FAULT_KINDS])(const struct fault *fault,
                                           struct buf *body) = {
    [FAULT_HUGE] = make_huge,
    [FAULT_DEEP] = make_deep,
    [FAULT_DUPLICATE_KEYS] = double_keys,
    [FAULT_NAN] = make_nan,
    [FAULT_STRINGS] = make_strings,
    [FAULT_NUMBERS] = make_numbers,
    [FAULT_NULL_LIST] = make_null,
    [FAULT_RESULT_STRING] = make_result_string,
    [FAULT_GBK] = make_gbk,
    [FAULT_GZIP] = make_bomb,
    [FAULT_BAD_UTF8] = make_bad_utf8,
    [FAULT_OVERFLOW] = make_overflow,
    [FAULT_HEX] = make_hex,
    [FAULT_SENTINELS] = put_sentinels,
    [FAULT_UNKNOWN_CODES] = put_unknown_codes,
};

void
spoil(const struct fault *fault, struct buf *body)
{
    if (spoilers[fault->kind])
        spoilers[fault->kind](fault, body);
}
