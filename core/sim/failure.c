#include "sim/failure.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "sim/desk.h"
#include "sim/signature.h"
#include "sim/spoil.h"

#define JSON_GBK "application/json;charset=GBK"
/* How far the time of a signature may be off, once clocks matter at all. */
#define SKEW_MOST_MS ((int64_t)15 * 60 * 1000)
/* Where a client that follows redirects would find a cloud's secrets. */
#define METADATA "http://169.254.169.254/latest/meta-data/"

/* The body of a failure above the interface, as Spring Boot writes it. */
void
failure_write_http(struct buf *body, int status, const char *path, int64_t now_ms)
{
    static const struct {
        int status;
        const char *words;
    } reasons[] = {
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {418, "I'm a teapot"},
        {415, "Unsupported Media Type"},
        {418, "I'm a teapot"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
    };
    const char *words = "Error";
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].status == status)
            words = reasons[i].words;
    buf_format(body,
               "{\"timestamp\":%" PRId64 ",\"status\":%d,\"error\":\"%s\","
               "\"message\":\"No message available\",\"path\":",
               now_ms, status, words);
    buf_add_json(body, path, strlen(path));
    buf_add_text(body, "}");
}

void
failure_write_api(struct buf *body, const char *code, const char *text,
                  const char *detail)
{
    buf_format(body, "{\"resultCode\":\"%s\",\"resultDesc\":\"%s: %s\"}", code, text,
               detail);
}

/* Writes the answer of a fault that leaves nothing of the right one. */
bool
failure_replaces(const struct fault *fault, bool is_desk, const char *path,
                 int64_t now_ms, struct buf *body, struct centre_reply *reply)
{
    switch (fault->kind) {
    case FAULT_STATUS:
    case FAULT_REDIRECT:
        reply->status = fault->kind == FAULT_STATUS ? (int)fault->number : 302;
        failure_write_http(body, reply->status, path, now_ms);
        return true;
    case FAULT_SKEW:
        if (reply->refusal)
            failure_write_http(body, reply->status, path, now_ms);
        return reply->refusal != NULL;
    case FAULT_API:
        if (is_desk)
            desk_write_failure(fault->code, "Failure", body);
        else
            failure_write_api(body, fault->code, "Failure", "simulated");
        return true;
    case FAULT_HTML:
        reply->content_type = "text/html";
        buf_add_text(body, "<html><body><h1>Login</h1></body></html>\n");
        return true;
    default: return false;
    }
}

/* As HTTP writes it. */
static void
format_date(int64_t wall_ms, char *out, size_t size)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm parts;
    strftime(out, size, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&seconds, &parts));
}

/* With a clock that is off, a signature may seem too old, or not to be true yet. */
void
failure_check_clock(const struct fault *fault, const struct centre_request *request,
                    int64_t now_ms, struct centre_reply *reply)
{
    if (fault->kind != FAULT_SKEW)
        return;
    int64_t age_ms = now_ms + fault->number - signature_time_ms(request->authorization);
    if (age_ms <= SKEW_MOST_MS && age_ms >= -SKEW_MOST_MS)
        return;
    reply->status = 401;
    reply->refusal = "the time of the signature is too far from ours";
}

/* The faults of bodies that are right otherwise, and the headers that faults add. */
void
failure_finish(const struct fault *fault, int64_t now_ms, struct buf *body,
               struct centre_reply *reply)
{
    spoil(fault, body);
    if (fault->kind == FAULT_GBK)
        reply->content_type = JSON_GBK;
    if (fault->kind == FAULT_REDIRECT) {
        reply->header = "Location";
        snprintf(reply->header_value, sizeof reply->header_value, METADATA);
    }
    if (fault->kind == FAULT_WRONG_LENGTH) {
        reply->header = "Content-Length";
        snprintf(reply->header_value, sizeof reply->header_value, "%zu",
                 body->size / 2);
    }
    if (fault->kind == FAULT_GZIP) {
        reply->header = "Content-Encoding";
        snprintf(reply->header_value, sizeof reply->header_value, "gzip");
    }
    if (fault->kind == FAULT_SKEW) {
        reply->header = "Date";
        format_date(now_ms + fault->number, reply->header_value,
                    sizeof reply->header_value);
    }
}
