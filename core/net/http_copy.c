#include "net/http_copy.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"

enum {
    TIMEOUT_DEFAULT_MS = 10000,
    TIMEOUT_MAX_MS = 24 * 3600 * 1000, /* curl's sums of it stay in range */
    BODY_MAX_DEFAULT = 4 << 20,
    URL_MAX = 64 << 10,
    HOST_SHOWN = HTTP_AUTHORITY_SIZE - 8, /* the rest is for the port */
};

/* Where the URL names none. */
static const char *
port_of(const char *url)
{
    static const char *const ports[][2] = {
        {"http:", ":80"}, {"smtp:", ":25"}, {"smtps:", ":465"}};
    for (size_t i = 0; i < sizeof ports / sizeof *ports; i++)
        if (strncasecmp(url, ports[i][0], strlen(ports[i][0])) == 0)
            return ports[i][1];
    return ":443";
}

char *
http_copy_authority(const char *url, char out[HTTP_AUTHORITY_SIZE])
{
    const char *host = strstr(url, "://");
    host = host ? host + 3 : url;
    const char *end = host + strcspn(host, "/?#");
    const char *user_end = memrchr(host, '@', (size_t)(end - host));
    if (user_end)
        host = user_end + 1;
    const char *colon = memrchr(host, ':', (size_t)(end - host));
    bool has_port = colon && !memchr(colon, ']', (size_t)(end - colon));
    const char *port = port_of(url);
    int size = end - host < HOST_SHOWN ? (int)(end - host) : HOST_SHOWN;
    snprintf(out, HTTP_AUTHORITY_SIZE, "%.*s%s", size, host, has_port ? "" : port);
    return out;
}

/* ---- refusing ---- */

/* A token of RFC 9110: what a method or a header's name may be. */
static bool
is_token(const char *text)
{
    if (!*text)
        return false;
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && !strchr("!#$%&'*+-.^_`|~", *text))
            return false;
    return true;
}

/* One that could end its line, or be taken for several, is none. */
static bool
is_mailbox(const char *text)
{
    return text && *text && text_is_printable(text) && !strpbrk(text, " <>,;\"");
}

static const char *
find_mail_fault(const struct http_mail *mail, const char **part)
{
    *part = mail->from ? mail->from : "";
    if (!is_mailbox(mail->from))
        return "not the address of a sender: ";
    for (size_t i = 0; i < mail->to_count; i++) {
        *part = mail->to[i];
        if (!is_mailbox(*part))
            return "not the address of a recipient: ";
    }
    *part = "";
    return mail->to_count ? NULL : "a letter to nobody";
}

/* What is wrong with the request, and with which part; NULL when nothing is. */
static const char *
find_fault(const struct http_request *request, const char **part)
{
    *part = "";
    if (!text_is_printable(request->url))
        return "control character in the URL";
    if (strlen(request->url) > URL_MAX)
        return "URL too long";
    *part = request->method;
    if (!is_token(request->method))
        return "not a method: ";
    if (request->mail)
        return find_mail_fault(request->mail, part);
    for (size_t i = 0; i < request->header_count; i++) {
        *part = request->headers[i].name;
        if (!is_token(*part))
            return "not the name of a header: ";
        if (!text_is_printable(request->headers[i].value))
            return "control character in header ";
    }
    return NULL;
}

/* ---- copying ---- */

static const char *
put_text(char **at, const char *text)
{
    const char *copy = *at;
    size_t size = strlen(text) + 1;
    memcpy(*at, text, size);
    *at += size;
    return copy;
}

/* For curl "Name:" means to leave the header out, "Name;" that it is empty. */
static const char *
put_line(char **at, const struct http_header *header)
{
    bool is_blank = header->value[strspn(header->value, " ")] == '\0';
    const char *line = put_text(at, header->name);
    (*at)--;
    put_text(at, is_blank ? ";" : ": ");
    if (is_blank)
        return line;
    (*at)--;
    put_text(at, header->value);
    return line;
}

static size_t
room_of(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

static size_t
mail_size(const struct http_mail *mail)
{
    size_t size = mail->to_count * sizeof(char *) + room_of(mail->from) +
                  room_of(mail->user) + room_of(mail->password);
    for (size_t i = 0; i < mail->to_count; i++)
        size += room_of(mail->to[i]);
    return size;
}

/* The addresses behind `to`, whose room is there. */
static void
copy_mail(struct http_copy *copy, const struct http_mail *mail, char **at)
{
    for (size_t i = 0; i < mail->to_count; i++)
        copy->to[i] = put_text(at, mail->to[i]);
    copy->from = put_text(at, mail->from);
    copy->user = mail->user ? put_text(at, mail->user) : NULL;
    copy->password = mail->password ? put_text(at, mail->password) : NULL;
    copy->is_plain = mail->plain != 0;
}

static size_t
size_of(const struct http_request *request)
{
    size_t size = sizeof(struct http_copy) + strlen(request->method) + 1 +
                  strlen(request->url) + 1 + request->body_size + 1 +
                  request->allowed_count * sizeof(struct range) +
                  (request->mail ? mail_size(request->mail) : 0);
    if (request->ca_file)
        size += strlen(request->ca_file) + 1;
    if (request->unix_socket)
        size += strlen(request->unix_socket) + 1;
    for (size_t i = 0; i < request->header_count; i++)
        size += sizeof(char *) + strlen(request->headers[i].name) + sizeof ": " +
                strlen(request->headers[i].value);
    return size;
}

/* A server may wait for the length of a body that these methods imply. */
static bool
implies_body(const char *method)
{
    return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ||
           strcmp(method, "PATCH") == 0;
}

static long
clamp_timeout(int64_t timeout_ms)
{
    if (timeout_ms <= 0)
        return TIMEOUT_DEFAULT_MS;
    return timeout_ms < TIMEOUT_MAX_MS ? (long)timeout_ms : TIMEOUT_MAX_MS;
}

struct http_copy *
http_copy_new(const struct http_request *request, struct error *refusal)
{
    const char *part;
    const char *fault = find_fault(request, &part);
    if (fault) {
        char authority[HTTP_AUTHORITY_SIZE];
        error_set(refusal, ERROR_LIMIT, "", "%s: %s%s",
                  http_copy_authority(request->url, authority), fault, part);
        return NULL;
    }
    struct http_copy *copy = mem_zero(size_of(request));
    copy->lines = (const char **)(copy + 1);
    copy->line_count = request->header_count;
    copy->to = copy->lines + copy->line_count;
    copy->to_count = request->mail ? request->mail->to_count : 0;
    struct range *allowed = (struct range *)(copy->to + copy->to_count);
    copy->allowed = allowed;
    copy->allowed_count = request->allowed_count;
    for (size_t i = 0; i < copy->allowed_count; i++)
        allowed[i] = request->allowed[i];
    char *at = (char *)(allowed + copy->allowed_count);
    if (request->mail)
        copy_mail(copy, request->mail, &at);
    for (size_t i = 0; i < copy->line_count; i++)
        copy->lines[i] = put_line(&at, &request->headers[i]);
    copy->method = put_text(&at, request->method);
    copy->url = put_text(&at, request->url);
    if (request->ca_file)
        copy->ca_file = put_text(&at, request->ca_file);
    if (request->unix_socket)
        copy->unix_socket = put_text(&at, request->unix_socket);
    if (request->body || implies_body(request->method))
        copy->body = at;
    if (request->body && request->body_size > 0)
        memcpy(at, request->body, request->body_size);
    copy->body_size = request->body ? request->body_size : 0;
    copy->body_max = request->body_max ? request->body_max : BODY_MAX_DEFAULT;
    copy->timeout_ms = clamp_timeout(request->timeout_ms);
    copy->is_fresh = request->fresh != 0;
    copy->is_public_only = request->public_only != 0;
    return copy;
}
