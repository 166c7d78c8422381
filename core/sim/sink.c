#include "sim/sink.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/color.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/sign.h"
#include "sim/delay.h"
#include "sim/jira.h"
#include "sim/receiver.h"
#include "sim/shown.h"

#define TOLERANCE_S 300 /* the Standard Webhooks libraries' own */

struct sink {
    struct sink_options options;
    struct delays delays;
    struct jira *jira;
    int64_t requests;
    struct buf line;
};

struct sink *
sink_new(struct loop *loop, const struct sink_options *options)
{
    struct sink *sink = mem_zero(sizeof *sink);
    sink->options = *options;
    sink->delays.loop = loop;
    sink->jira = jira_new();
    return sink;
}

void
sink_delete(struct sink *sink)
{
    delays_fini(&sink->delays);
    jira_delete(sink->jira);
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

/* The place's own secret counts, if places are known at all. */
static const char *
secret_of(const struct sink_options *options, const struct sink_request *request)
{
    return request->place ? request->place->secret : options->secret;
}

/* ---- for people ---- */

#define INDENT   10 /* the time and two blanks */
#define WHO_SIZE 22

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
add_time(const struct sink_options *options, int64_t at_ms, struct buf *out)
{
    struct civil at;
    civil_of(zone_local(options->zone, at_ms / 1000), &at);
    buf_format(out, "%02d:%02d:%02d  ", at.hour, at.minute, at.second);
}

/* "floor-chat (Slack)  ", at least WHO_SIZE wide. */
static void
add_who(const struct sink_request *request, struct buf *out)
{
    const char *service =
        request->receiver ? receiver_title(request->receiver) : request->method;
    const char *name = request->place ? request->place->name : request->path;
    size_t start = out->size;
    add_plain(out, name, strlen(name));
    buf_format(out, " (");
    if (request->place && !request->receiver)
        service = "webhook";
    add_plain(out, service, strlen(service));
    buf_add_text(out, ")");
    do
        buf_add_text(out, " ");
    while (out->size - start < WHO_SIZE);
}

/* The title, or what stands first when there is none; returns the lines behind it. */
static const char *
add_title(const struct sink_options *options, const struct sink_request *request,
          const struct shown *shown, struct buf *out)
{
    static const char *const colors[] = {
        [SHOWN_PLAIN] = COLOR_BOLD,
        [SHOWN_RAISED] = COLOR_RED,
        [SHOWN_CLEARED] = COLOR_GREEN,
    };
    const char *lines = shown->lines.size ? shown->lines.data : "";
    const char *title = shown->title.size ? shown->title.data : lines;
    int size = (int)strcspn(title, "\n");
    if (title == lines)
        lines += size + (size > 0);
    if (options->has_color)
        buf_format(out, "\033[%sm%.*s\033[0m", colors[shown->mood], size, title);
    else
        buf_format(out, "%.*s", size, title);
    if (size == 0)
        buf_format(out, "%zu bytes", request->body_size);
    buf_add_text(out, "\n");
    return lines;
}

/* "signature verified · answered 503", when there is something to say. */
static void
add_remarks(const struct sink_options *options, const struct sink_request *request,
            struct buf *out)
{
    const char *secret = secret_of(options, request);
    struct buf remarks = {0};
    if (secret)
        buf_add_text(&remarks, sink_is_signed(request, secret)
                                   ? " · signature verified"
                                   : " · signature does not fit");
    if (request->problem) {
        buf_format(&remarks, " · %s refuses it: ", receiver_title(request->receiver));
        add_plain(&remarks, request->problem, strlen(request->problem));
    }
    if (request->status < 200 || request->status > 299)
        buf_format(&remarks, " · answered %d", request->status);
    if (remarks.size)
        buf_format(out, "%*s%s\n", INDENT, "", remarks.data + strlen(" · "));
    buf_fini(&remarks);
}

void
sink_print(const struct sink_options *options, const struct sink_request *request,
           struct buf *out)
{
    struct shown shown = {0};
    const char *service = request->receiver ? receiver_name(request->receiver) : NULL;
    shown_read(&shown, service, request->body, request->body_size);
    add_time(options, request->at_ms, out);
    add_who(request, out);
    const char *lines = add_title(options, request, &shown, out);
    while (*lines) {
        int size = (int)strcspn(lines, "\n");
        buf_format(out, "%*s%.*s\n", INDENT, "", size, lines);
        lines += size + 1;
    }
    add_remarks(options, request, out);
    shown_fini(&shown);
}

/* ---- for programs ---- */

static void
add_text(struct buf *out, const char *text)
{
    buf_add_json(out, text, strlen(text));
}

void
sink_print_json(const struct sink_options *options, const struct sink_request *request,
                struct buf *out)
{
    const char *secret = secret_of(options, request);
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
    if (request->place) {
        buf_add_text(out, ",\"to\":");
        add_text(out, request->place->name);
    }
    if (secret)
        buf_format(out, ",\"signed\":%s",
                   sink_is_signed(request, secret) ? "true" : "false");
    if (request->receiver) {
        buf_add_text(out, ",\"service\":");
        add_text(out, receiver_name(request->receiver));
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

/* It remembers what it was sent, and answers accordingly. */
static struct receiver_answer
judge_ticket(const struct sink *sink, struct sink_request *request, struct buf *problem,
             struct buf *reply)
{
    const struct jira_request asked = {
        .method = request->method,
        .path = request->path,
        .authorization = header_of(request, "authorization"),
        .body = request->body,
        .body_size = request->body_size,
    };
    int status = jira_answer(sink->jira, &asked, problem, reply);
    request->problem = problem->data;
    return (struct receiver_answer){status, "application/json",
                                    reply->data ? reply->data : ""};
}

/* What is not to fail is judged by the service of the path. `reply` has room for an
 * answer that is made anew. */
static struct receiver_answer
judge(const struct sink *sink, struct sink_request *request, struct buf *problem,
      struct buf *reply)
{
    if (sink->requests <= sink->options.fail_first)
        return (struct receiver_answer){503, NULL, ""};
    if (jira_is_at(request->path) && sink->options.status == 200)
        return judge_ticket(sink, request, problem, reply);
    if (!request->receiver || sink->options.status != 200)
        return (struct receiver_answer){(int)sink->options.status, NULL, ""};
    struct receiver_answer answer =
        receiver_judge(request->receiver, request->body, request->body_size, problem);
    request->problem = problem->data;
    return answer;
}

/* The longest address at or below which the path is. */
static const struct sink_place *
find_place(const struct sink_options *options, const char *path)
{
    const struct sink_place *found = NULL;
    for (size_t i = 0; i < options->place_count; i++) {
        const struct sink_place *place = &options->places[i];
        size_t size = strlen(place->path);
        bool is_below =
            strncmp(place->path, path, size) == 0 &&
            (!path[size] || path[size] == '/' || place->path[size - 1] == '/');
        if (is_below && (!found || size > strlen(found->path)))
            found = place;
    }
    return found;
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
    struct buf problem = {0}, made = {0};
    arrived.place = find_place(&sink->options, arrived.path);
    arrived.receiver = receiver_at(arrived.path);
    arrived.body = server_body(request, &arrived.body_size);
    sink->requests++;
    const struct receiver_answer answer = judge(sink, &arrived, &problem, &made);
    arrived.status = answer.status;
    buf_clear(&sink->line);
    if (sink->options.json)
        sink_print_json(&sink->options, &arrived, &sink->line);
    else
        sink_print(&sink->options, &arrived, &sink->line);
    fwrite(sink->line.data, 1, sink->line.size, sink->options.out);
    fflush(sink->options.out);
    const struct delayed_reply reply = {.status = answer.status,
                                        .content_type = answer.content_type,
                                        .body = answer.body,
                                        .size = strlen(answer.body)};
    delays_reply(&sink->delays, request, sink->options.delay_ms, &reply);
    buf_fini(&problem);
    buf_fini(&made);
}
