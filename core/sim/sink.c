#include "sim/sink.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "model/json.h"
#include "net/sign.h"
#include "sim/delay.h"
#include "sim/receiver.h"

#define TOLERANCE_S 300 /* the Standard Webhooks libraries' own */

struct sink {
    struct sink_options options;
    struct delays delays;
    int64_t requests;
    struct buf line;
};

struct sink *
sink_new(struct loop *loop, const struct sink_options *options)
{
    struct sink *sink = mem_zero(sizeof *sink);
    sink->options = *options;
    sink->delays.loop = loop;
    return sink;
}

void
sink_delete(struct sink *sink)
{
    delays_fini(&sink->delays);
    buf_fini(&sink->line);
    free(sink);
}

/* ---- signatures ---- */

static const char *
header_of(const struct sink_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (strcmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    return NULL;
}

/* The header is a list of signatures; during a change of secrets it has two. */
static bool
is_listed(const char *list, const char *signature)
{
    char *copy = mem_text(list);
    char *rest = copy;
    bool is_found = false;
    while (rest && !is_found)
        is_found = sign_equal(strsep(&rest, " "), signature);
    free(copy);
    return is_found;
}

bool
sink_is_signed(const struct sink_request *request, const char *secret)
{
    const char *id = header_of(request, "webhook-id");
    const char *time = header_of(request, "webhook-timestamp");
    const char *list = header_of(request, "webhook-signature");
    int64_t time_s;
    if (!id || !time || !list || !text_integer(time, &time_s))
        return false;
    int64_t now_s = request->at_ms / 1000;
    if (time_s < now_s - TOLERANCE_S || time_s > now_s + TOLERANCE_S)
        return false;
    struct buf signature = {0};
    bool is_good = sign_standard_webhook(secret, id, time_s, request->body,
                                         request->body_size, &signature) &&
                   is_listed(list, signature.data);
    buf_fini(&signature);
    return is_good;
}

/* ---- the event in the body ---- */

enum event_text { EVENT_KIND, EVENT_SEVERITY, EVENT_SUMMARY, EVENT_TEXTS };

struct event {
    struct buf texts[EVENT_TEXTS];
};

/* A plain message of a script has no summary; its text stands there instead. */
static const struct {
    const char *key;
    enum event_text text;
} event_keys[] = {
    {"kind", EVENT_KIND},
    {"severity", EVENT_SEVERITY},
    {"summary", EVENT_SUMMARY},
    {"message", EVENT_SUMMARY},
};

static struct buf *
find_text(struct event *event, const struct json_text *key)
{
    for (size_t i = 0; i < sizeof event_keys / sizeof *event_keys; i++)
        if (json_is(key, event_keys[i].key, strlen(event_keys[i].key)))
            return &event->texts[event_keys[i].text];
    return NULL;
}

/* The strings of an event's data; what is no string is passed over. */
static void
read_texts(struct json *json, struct event *event)
{
    struct json_text key, text;
    bool first = true;
    json_open(json, '{');
    while (json_more(json, '}', &first) && json_key(json, &key)) {
        struct buf *found = find_text(event, &key);
        if (found == NULL || json_peek(json) != '"') {
            json_skip(json);
        } else if (json_string(json, &text)) {
            buf_clear(found);
            json_unescape(&text, found);
        }
    }
}

/* {"type":…,"data":{"kind":…,"severity":…,"summary":…}}: false for another body. */
static bool
read_event(const char *body, size_t size, struct event *event)
{
    struct json json;
    struct json_text key;
    bool first = true, has_data = false;
    json_init(&json, body, size);
    if (!json_open(&json, '{'))
        return false;
    while (json_more(&json, '}', &first) && json_key(&json, &key)) {
        if (!json_is(&key, "data", 4) || json_peek(&json) != '{') {
            json_skip(&json);
            continue;
        }
        has_data = true;
        read_texts(&json, event);
    }
    return json_end(&json) && has_data;
}

/* Adds text from outside: what would end or colour the line becomes a blank. */
static void
add_plain(struct buf *out, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        bool is_control = (unsigned char)text[i] < 0x20 || text[i] == 0x7f;
        buf_add(out, is_control ? " " : &text[i], 1);
    }
}

static void
add_event(const struct event *event, struct buf *out)
{
    static const size_t widths[EVENT_TEXTS] = {8, 9, 0};
    for (int i = 0; i < EVENT_TEXTS; i++) {
        const struct buf *text = &event->texts[i];
        size_t size = text->size ? text->size : 1;
        buf_add_text(out, " ");
        add_plain(out, text->size ? text->data : "-", size);
        for (; size < widths[i]; size++)
            buf_add_text(out, " ");
    }
}

void
sink_print(const struct sink_request *request, const char *secret, struct buf *out)
{
    struct event event = {0};
    char time[32];
    buf_add_text(out, text_format_time(request->at_ms, false, time, sizeof time));
    if (read_event(request->body, request->body_size, &event)) {
        add_event(&event, out);
    } else {
        buf_add_text(out, " ");
        add_plain(out, request->method, strlen(request->method));
        buf_add_text(out, " ");
        add_plain(out, request->path, strlen(request->path));
        buf_format(out, " %zu bytes", request->body_size);
    }
    const char *id = header_of(request, "webhook-id");
    if (id) {
        buf_add_text(out, " · ");
        add_plain(out, id, strlen(id));
    }
    if (secret)
        buf_format(out, " · signature verified: %s",
                   sink_is_signed(request, secret) ? "yes" : "no");
    if (request->service)
        buf_format(out, " · %s", request->service);
    if (request->problem) {
        buf_add_text(out, " refuses it: ");
        add_plain(out, request->problem, strlen(request->problem));
    }
    if (request->status < 200 || request->status > 299)
        buf_format(out, " · answered %d", request->status);
    buf_add_text(out, "\n");
    for (int i = 0; i < EVENT_TEXTS; i++)
        buf_fini(&event.texts[i]);
}

static void
add_text(struct buf *out, const char *text)
{
    buf_add_json(out, text, strlen(text));
}

void
sink_print_json(const struct sink_request *request, struct buf *out)
{
    buf_format(out, "{\"at\":%" PRId64 ",\"method\":", request->at_ms);
    add_text(out, request->method);
    buf_add_text(out, ",\"path\":");
    add_text(out, request->path);
    buf_add_text(out, ",\"headers\":{");
    for (size_t i = 0; i < request->header_count; i++) {
        buf_add_text(out, i ? "," : "");
        add_text(out, request->headers[i].name);
        buf_add_text(out, ":");
        add_text(out, request->headers[i].value);
    }
    buf_add_text(out, "},\"body\":");
    buf_add_json(out, request->body, request->body_size);
    if (request->service) {
        buf_add_text(out, ",\"service\":");
        add_text(out, request->service);
    }
    if (request->problem) {
        buf_add_text(out, ",\"refused\":");
        add_text(out, request->problem);
    }
    buf_add_text(out, "}\n");
}

/* ---- over the network ---- */

/* The headers that are looked for, those of the gateway's own kinds first. */
static const char *const header_names[] = {
    "webhook-id",    "webhook-timestamp", "webhook-signature",
    "authorization", "content-type",      "content-length",
    "host",          "user-agent",        "accept",
    "x-api-key",     "x-token",           "x-request-id",
};
#define HEADERS_MAX (sizeof header_names / sizeof *header_names)

static size_t
read_headers(const struct server_request *request, struct sink_header *headers)
{
    size_t count = 0;
    for (size_t i = 0; i < HEADERS_MAX; i++) {
        const char *value = server_header(request, header_names[i]);
        if (value)
            headers[count++] = (struct sink_header){header_names[i], value};
    }
    return count;
}

/* What is not to fail is judged by the service of the path. */
static struct receiver_answer
judge(const struct sink *sink, struct sink_request *request, struct buf *problem)
{
    const struct receiver *receiver = receiver_at(request->path);
    request->service = receiver ? receiver_name(receiver) : NULL;
    if (sink->requests <= sink->options.fail_first)
        return (struct receiver_answer){503, NULL, ""};
    if (!receiver || sink->options.status != 200)
        return (struct receiver_answer){(int)sink->options.status, NULL, ""};
    struct receiver_answer answer =
        receiver_judge(receiver, request->body, request->body_size, problem);
    request->problem = problem->data;
    return answer;
}

void
sink_handle(void *arg, struct server_request *request)
{
    struct sink *sink = arg;
    struct sink_header headers[HEADERS_MAX];
    struct sink_request arrived = {
        .method = server_method(request),
        .path = server_path(request),
        .headers = headers,
        .header_count = read_headers(request, headers),
        .at_ms = clock_wall_ms(),
    };
    struct buf problem = {0};
    arrived.body = server_body(request, &arrived.body_size);
    sink->requests++;
    const struct receiver_answer answer = judge(sink, &arrived, &problem);
    arrived.status = answer.status;
    buf_clear(&sink->line);
    if (sink->options.json)
        sink_print_json(&arrived, &sink->line);
    else
        sink_print(&arrived, sink->options.secret, &sink->line);
    fwrite(sink->line.data, 1, sink->line.size, sink->options.out);
    fflush(sink->options.out);
    buf_fini(&problem);
    const struct delayed_reply reply = {.status = answer.status,
                                        .content_type = answer.content_type,
                                        .body = answer.body,
                                        .size = strlen(answer.body)};
    delays_reply(&sink->delays, request, sink->options.delay_ms, &reply);
}
