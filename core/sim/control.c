#include "sim/control.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

static int
hex_value(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c | 0x20) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* Resolves percent-encoding in place; what is no encoding stays as it is. */
static void
decode_percent(char *text)
{
    char *out = text;
    for (; *text; text++) {
        if (*text == '%' && hex_value(text[1]) >= 0 && hex_value(text[2]) >= 0) {
            *out++ = (char)(hex_value(text[1]) * 16 + hex_value(text[2]));
            text += 2;
        } else {
            *out++ = *text;
        }
    }
    *out = '\0';
}

static int
complain(struct buf *out, const char *problem)
{
    buf_clear(out);
    buf_add_text(out, "{\"error\":");
    buf_add_json(out, problem, strlen(problem));
    buf_add_text(out, "}");
    return 400;
}

static int
agree(struct buf *out)
{
    buf_add_text(out, "{}");
    return 200;
}

static int
get_count(const struct control *control, const char *rest, char *query, struct buf *out)
{
    (void)rest, (void)query;
    buf_format(out,
               "{\"requests\":%" PRId64 ",\"refused\":%" PRId64
               ",\"connections\":%" PRIu64 ",\"calls\":{",
               control->requests, control->refused, control->connections);
    for (size_t i = 0; i < control->tally_count; i++)
        buf_format(out, "%s\"%s\":%" PRId64, i ? "," : "", control->tallies[i].name,
                   control->tallies[i].count);
    buf_add_text(out, "}}");
    return 200;
}

static int
put_fault(const struct control *control, const char *rest, char *query, struct buf *out)
{
    static const char key[] = "spec=";
    struct buf problem = {0};
    (void)rest;
    if (strncmp(query, key, strlen(key)) != 0)
        return complain(out,
                        "PUT /-/fault?spec=KIND[=VALUE][:first=N][:count=N][:id=N]");
    decode_percent(query);
    bool is_good = faults_add(control->faults, query + strlen(key), &problem);
    int status = is_good ? agree(out) : complain(out, problem.data);
    buf_fini(&problem);
    return status;
}

static int
delete_fault(const struct control *control, const char *rest, char *query,
             struct buf *out)
{
    (void)rest, (void)query;
    faults_clear(control->faults);
    return agree(out);
}

/* The queue that a path names, 0 when there is none. */
static int64_t
queue_of(const struct control *control, const char *rest)
{
    int64_t id;
    return text_integer(rest, &id) && id >= 1 && id <= control->pins->count ? id : 0;
}

/* One KEY=NUMBER, or "gone". */
static bool
pin(struct pins *pins, int64_t id, char *part)
{
    char *value = strchr(part, '=');
    int64_t number;
    if (value == NULL && strcmp(part, "gone") == 0) {
        pins_set_gone(pins, id);
        return true;
    }
    if (value == NULL)
        return false;
    *value++ = '\0';
    return text_integer(value, &number) && pins_set(pins, id, part, number);
}

static int
put_queue(const struct control *control, const char *rest, char *query, struct buf *out)
{
    int64_t id = queue_of(control, rest);
    if (id == 0)
        return complain(out, "no such queue");
    while (query) {
        char *part = strsep(&query, "&");
        if (pin(control->pins, id, part))
            continue;
        const char *guess = text_nearest(part, wave_keys);
        char *problem =
            guess && strcmp(guess, part) != 0
                ? mem_format("no key '%s' (did you mean '%s'?)", part, guess)
                : mem_format("'%s' needs KEY=NUMBER, or gone", part);
        int status = complain(out, problem);
        free(problem);
        return status;
    }
    return agree(out);
}

static int
delete_queue(const struct control *control, const char *rest, char *query,
             struct buf *out)
{
    (void)query;
    int64_t id = queue_of(control, rest);
    if (id == 0)
        return complain(out, "no such queue");
    pins_clear(control->pins, id);
    return agree(out);
}

static const struct route {
    const char *method, *path; /* a path that ends with '/' takes something behind it */
    int (*answer)(const struct control *control, const char *rest, char *query,
                  struct buf *out);
} routes[] = {
    {"GET", "/-/count", get_count},        {"PUT", "/-/fault", put_fault},
    {"DELETE", "/-/fault", delete_fault},  {"PUT", "/-/queue/", put_queue},
    {"DELETE", "/-/queue/", delete_queue},
};

static bool
leads_here(const struct route *route, const char *method, const char *path)
{
    size_t size = strlen(route->path);
    return strcmp(route->method, method) == 0 &&
           strncmp(route->path, path, size) == 0 &&
           (path[size] == '\0' || route->path[size - 1] == '/');
}

int
control_answer(const struct control *control, const char *method, const char *path,
               const char *query, struct buf *out)
{
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (!leads_here(&routes[i], method, path))
            continue;
        char *copy = mem_text(query ? query : "");
        int status =
            routes[i].answer(control, path + strlen(routes[i].path), copy, out);
        free(copy);
        return status;
    }
    complain(out, "no such path");
    return 404;
}
