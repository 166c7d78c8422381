#include "net/http_slot.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <curl/curl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/mem.h"

enum {
    HEADERS_MAX = 64 << 10, /* bytes of all header lines of an answer */
    BODY_KEPT = 256 << 10,  /* an idle slot keeps no larger buffer */
};

/* A certificate was refused, so that a ca_file may have been replaced: curl keeps what
 * it has parsed for a second only, until an answer comes. */
static bool is_in_doubt;
enum { CA_KEPT_S = 3600, CA_KEPT_IN_DOUBT_S = 1 };

/* For a curl that was built without one. */
static const char *system_ca_file = "/etc/ssl/certs/ca-certificates.crt";

/* Options fail on missing memory, or with a curl that lacks the feature. */
#define set(easy, option, value)                                                       \
    do {                                                                               \
        if (curl_easy_setopt(easy, option, value) != CURLE_OK)                         \
            mem_give_up("curl", #option);                                              \
    } while (0)

void
http_slot_setup(void)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        mem_give_up("curl", "curl_global_init");
    const curl_version_info_data *version = curl_version_info(CURLVERSION_NOW);
    if (version->cainfo)
        system_ca_file = version->cainfo;
}

/* ---- receiving ---- */

/* Returning another size than the given one makes curl end the transfer. */
static size_t
on_body(char *data, size_t size, size_t count, void *arg)
{
    struct http_slot *slot = arg;
    size *= count;
    if (size > slot->request->body_max - slot->body.size) {
        slot->is_too_large = true;
        return 0;
    }
    buf_add(&slot->body, data, size);
    return size;
}

static size_t
on_header(char *data, size_t size, size_t count, void *arg)
{
    struct http_slot *slot = arg;
    size *= count;
    slot->header_size += size;
    if (slot->is_mail)
        http_slot_note_reply(slot, data, size);
    if (slot->header_size <= HEADERS_MAX)
        return size;
    slot->is_too_large = true;
    return 0;
}

/* ---- where to ---- */

static bool
is_allowed(const struct http_copy *request, const struct address *address)
{
    if (!address_is_private(address))
        return true;
    for (size_t i = 0; i < request->allowed_count; i++)
        if (range_holds(&request->allowed[i], address))
            return true;
    return false;
}

/* What is no address of the internet is judged by nobody, and so refused. */
static bool
judge(struct http_slot *slot, const char *text)
{
    struct address address;
    if (address_parse(text, &address) && is_allowed(slot->request, &address))
        return true;
    snprintf(slot->refused, sizeof slot->refused, "%s", text);
    return false;
}

bool
http_slot_may_dial(struct http_slot *slot, const struct sockaddr *address)
{
    char text[HTTP_ADDRESS_SIZE] = "";
    if (!slot->request->is_public_only)
        return true;
    if (address->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, text,
                  sizeof text);
    else if (address->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)address)->sin6_addr, text,
                  sizeof text);
    return judge(slot, text);
}

/* A connection that was used before is not dialled: another request, which may go
 * further, may have opened it. */
static int
on_connected(void *arg, char *to, char *from, int to_port, int from_port)
{
    (void)from;
    (void)to_port;
    (void)from_port;
    struct http_slot *slot = arg;
    bool is_fine = !slot->request->is_public_only || judge(slot, to);
    return is_fine ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

/* ---- what never changes ---- */

static const struct {
    CURLoption option;
    long value;
} constants[] = {
    {CURLOPT_NOSIGNAL, 1},
    {CURLOPT_FOLLOWLOCATION, 0},
    {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
    {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
    {CURLOPT_PATH_AS_IS, 1}, /* it is signed as it was given */
};

struct http_slot *
http_slot_new(bool is_mail)
{
    struct http_slot *slot = mem_zero(sizeof *slot);
    slot->detail = mem_zero(CURL_ERROR_SIZE);
    CURL *easy = slot->easy = curl_easy_init();
    if (!easy)
        mem_give_up("curl", "curl_easy_init");
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
        set(easy, constants[i].option, constants[i].value);
    set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    set(easy, CURLOPT_PROXY, ""); /* whatever the environment says */
    /* With a folder of certificates, Debian's default, curl reads all of them again for
     * each new connection, which costs 20 ms; without one it keeps them. */
    set(easy, CURLOPT_CAPATH, NULL);
    /* Without it curl waits, inside the loop, for the thread that asks the name server,
     * however long that has been given up. */
    set(easy, CURLOPT_QUICK_EXIT, 1L);
    set(easy, CURLOPT_PRIVATE, slot);
    set(easy, CURLOPT_ERRORBUFFER, slot->detail);
    set(easy, CURLOPT_WRITEFUNCTION, on_body);
    set(easy, CURLOPT_WRITEDATA, slot);
    set(easy, CURLOPT_HEADERFUNCTION, on_header);
    set(easy, CURLOPT_HEADERDATA, slot);
    set(easy, CURLOPT_PREREQFUNCTION, on_connected);
    set(easy, CURLOPT_PREREQDATA, slot);
    slot->is_mail = is_mail;
    return slot;
}

void
http_slot_delete(struct http_slot *slot)
{
    curl_easy_cleanup(slot->easy);
    buf_fini(&slot->body);
    free(slot->headers);
    http_slot_fini_mail(slot);
    free(slot->method);
    free(slot->url);
    free(slot->ca_file);
    free(slot->unix_socket);
    free(slot->detail);
    free(slot);
}

struct http_slot *
http_slot_of(void *easy)
{
    struct http_slot *slot = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &slot);
    return slot;
}

/* ---- preparing: sets only what differs from the slot's last request ---- */

static bool
replace(char **kept, const char *text)
{
    if (*kept && strcmp(*kept, text) == 0)
        return false;
    free(*kept);
    *kept = mem_text(text);
    return true;
}

static void
set_method(struct http_slot *slot, const struct http_copy *request)
{
    CURL *easy = slot->easy;
    bool has_body = request->body != NULL;
    if (has_body) {
        set(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_size);
        set(easy, CURLOPT_POSTFIELDS, request->body);
    }
    bool is_other = replace(&slot->method, request->method);
    if (!is_other && slot->has_body == has_body)
        return;
    slot->has_body = has_body;
    bool is_head = strcmp(request->method, "HEAD") == 0;
    set(easy, CURLOPT_NOBODY, (long)is_head);
    if (!has_body && !is_head)
        set(easy, CURLOPT_HTTPGET, 1L);
    bool is_implied =
        is_head || strcmp(request->method, has_body ? "POST" : "GET") == 0;
    set(easy, CURLOPT_CUSTOMREQUEST, is_implied ? NULL : request->method);
}

static bool
is_content_type(const char *line)
{
    static const char name[] = "Content-Type";
    size_t size = sizeof name - 1;
    return strncasecmp(line, name, size) == 0 && line[size] && strchr(":;", line[size]);
}

/* Curl's list over the lines of the request, without copying them. */
static void
set_headers(struct http_slot *slot, const struct http_copy *request)
{
    size_t count = request->line_count, room = count + 2;
    if (room > slot->header_room) {
        slot->headers = mem_grow(slot->headers, room, sizeof *slot->headers);
        slot->header_room = room;
    }
    struct curl_slist *list = slot->headers;
    bool has_type = false;
    for (size_t i = 0; i < count; i++) {
        list[i] = (struct curl_slist){(char *)request->lines[i], &list[i + 1]};
        has_type = has_type || is_content_type(request->lines[i]);
    }
    /* Left alone, curl would call every body a form. */
    if (!has_type) {
        list[count] = (struct curl_slist){(char *)"Content-Type:", &list[count + 1]};
        count++;
    }
    list[count] = (struct curl_slist){(char *)"Expect:", NULL};
    set(slot->easy, CURLOPT_HTTPHEADER, list);
}

void
http_slot_prepare(struct http_slot *slot, const struct http_copy *request)
{
    CURL *easy = slot->easy;
    const char *ca_file = request->ca_file ? request->ca_file : system_ca_file;
    slot->request = request;
    if (slot->is_mail) {
        http_slot_prepare_mail(slot);
    } else {
        set_method(slot, request);
        set_headers(slot, request);
    }
    if (replace(&slot->url, request->url))
        set(easy, CURLOPT_URL, request->url);
    if (replace(&slot->unix_socket, request->unix_socket ? request->unix_socket : ""))
        set(easy, CURLOPT_UNIX_SOCKET_PATH, request->unix_socket);
    if (replace(&slot->ca_file, ca_file))
        set(easy, CURLOPT_CAINFO, ca_file);
    long ca_kept_s = is_in_doubt ? CA_KEPT_IN_DOUBT_S : CA_KEPT_S;
    if (slot->ca_kept_s != ca_kept_s) {
        slot->ca_kept_s = ca_kept_s;
        set(easy, CURLOPT_CA_CACHE_TIMEOUT, ca_kept_s);
    }
    if (slot->timeout_ms != request->timeout_ms) {
        slot->timeout_ms = request->timeout_ms;
        set(easy, CURLOPT_TIMEOUT_MS, request->timeout_ms);
    }
    /* Whether a connection to a mail server was encrypted, and by whom, is nothing that
     * curl looks at when it takes one that is there. */
    bool is_fresh = request->is_fresh || slot->is_mail;
    if (slot->is_fresh != is_fresh) {
        slot->is_fresh = is_fresh;
        set(easy, CURLOPT_FRESH_CONNECT, (long)is_fresh);
        set(easy, CURLOPT_FORBID_REUSE, (long)is_fresh);
    }
}

void
http_slot_clear(struct http_slot *slot)
{
    if (slot->body.room > BODY_KEPT)
        buf_fini(&slot->body);
    buf_clear(&slot->body);
    slot->request = NULL;
    slot->header_size = 0;
    slot->is_too_large = false;
    slot->detail[0] = '\0';
    slot->refused[0] = '\0';
}

/* ---- what came of it ---- */

/* Codes that are not here are troubles of the network. */
static const struct {
    CURLcode code;
    enum error_kind kind;
} kinds[] = {
    {CURLE_OPERATION_TIMEDOUT, ERROR_TIMEOUT},
    {CURLE_SSL_CONNECT_ERROR, ERROR_TLS},
    {CURLE_PEER_FAILED_VERIFICATION, ERROR_TLS},
    {CURLE_SSL_CACERT_BADFILE, ERROR_TLS},
    {CURLE_SSL_CERTPROBLEM, ERROR_TLS},
    {CURLE_SSL_CIPHER, ERROR_TLS},
    {CURLE_SSL_ISSUER_ERROR, ERROR_TLS},
    {CURLE_SSL_INVALIDCERTSTATUS, ERROR_TLS},
    {CURLE_SSL_PINNEDPUBKEYNOTMATCH, ERROR_TLS},
    {CURLE_SSL_CLIENTCERT, ERROR_TLS},
    {CURLE_USE_SSL_FAILED, ERROR_TLS},
    /* What curl itself refuses to ask for. */
    {CURLE_URL_MALFORMAT, ERROR_LIMIT},
    {CURLE_UNSUPPORTED_PROTOCOL, ERROR_LIMIT},
};

/* Of a socket file curl says no more than that it could not connect to the URL's host.
 */
static const char *
reason_of(const struct http_slot *slot, CURLcode code)
{
    long problem = 0;
    if (slot->request->unix_socket && code == CURLE_COULDNT_CONNECT)
        curl_easy_getinfo(slot->easy, CURLINFO_OS_ERRNO, &problem);
    if (problem)
        return strerror((int)problem);
    if (code == CURLE_USE_SSL_FAILED)
        return "the mail server takes no STARTTLS; smtps:// is TLS from the first byte, "
               "starttls = off goes without";
    return slot->detail[0] ? slot->detail : curl_easy_strerror(code);
}

/* How curl ends what http_slot_may_dial() and on_connected() refuse; of several
 * addresses another one may have failed by itself. */
static bool
is_refusal(CURLcode code)
{
    return code == CURLE_COULDNT_CONNECT || code == CURLE_ABORTED_BY_CALLBACK;
}

static void
set_error(const struct http_slot *slot, CURLcode code, struct error *error)
{
    enum error_kind kind = ERROR_NETWORK;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].code == code)
            kind = kinds[i].kind;
    char authority[HTTP_AUTHORITY_SIZE], digits[16];
    const char *where = slot->request->unix_socket;
    if (!where)
        where = http_copy_authority(slot->request->url, authority);
    snprintf(digits, sizeof digits, "%d", (int)code);
    if (slot->refused[0] && is_refusal(code))
        error_set(error, ERROR_LIMIT, digits,
                  "%s: %s is a private address; allow_private = yes in its section "
                  "of gateway.conf allows it",
                  where, slot->refused);
    else if (!slot->is_too_large)
        error_set(error, kind, digits, "%s: %s", where, reason_of(slot, code));
    else if (slot->header_size > HEADERS_MAX)
        error_set(error, ERROR_LIMIT, digits, "%s: headers of more than %d bytes",
                  where, HEADERS_MAX);
    else
        error_set(error, ERROR_LIMIT, digits, "%s: answer of more than %zu bytes",
                  where, slot->request->body_max);
}

/* Whether it is the certificate's authority that was not known: not its age or name. */
static bool
is_stranger(const struct http_slot *slot)
{
    /* Of OpenSSL's x509_vfy.h: the leaf is its own authority, the last of the chain is,
     * the authority is not there, the leaf alone is there. */
    static const long results[] = {18, 19, 20, 21};
    long result = 0;
    curl_easy_getinfo(slot->easy, CURLINFO_SSL_VERIFYRESULT, &result);
    bool is_found = false;
    for (size_t i = 0; i < sizeof results / sizeof *results; i++)
        is_found |= results[i] == result;
    return is_found;
}

/* A date as HTTP writes it begins with the name of a day, while curl_getdate() would
 * take nearly any number for one. -1: it is none. */
static int64_t
parse_date_ms(const char *text)
{
    time_t date = isalpha((unsigned char)*text) ? curl_getdate(text, NULL) : -1;
    return date == -1 ? -1 : (int64_t)date * 1000;
}

int64_t
http_date_ms(const struct http_response *response)
{
    const char *text = http_header_of(response, "Date");
    return text ? parse_date_ms(text) : -1;
}

/* Seconds, or a date (or NULL). */
static int64_t
parse_retry_after(const char *text)
{
    if (!text)
        return -1;
    if (isalpha((unsigned char)*text)) {
        int64_t date_ms = parse_date_ms(text);
        if (date_ms == -1)
            return -1;
        int64_t wait_ms = date_ms - clock_wall_ms();
        return wait_ms > 0 ? wait_ms : 0;
    }
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || text[digits] != '\0')
        return -1;
    intmax_t seconds = strtoimax(text, NULL, 10); /* the largest one on overflow */
    return seconds > INT64_MAX / 1000 ? INT64_MAX : seconds * 1000;
}

const char *
http_header_at(const struct http_response *response, const char *name, size_t index)
{
    struct curl_header *header;
    if (!response->slot || curl_easy_header(response->slot->easy, name, index,
                                            CURLH_HEADER, -1, &header) != CURLHE_OK)
        return NULL;
    return header->value;
}

void
http_each_header(const struct http_response *response, http_on_header *on_each,
                 void *arg)
{
    struct curl_header *header = NULL;
    while (response->slot && (header = curl_easy_nextheader(response->slot->easy,
                                                            CURLH_HEADER, -1, header)))
        on_each(arg, header->name, header->value);
}

const char *
http_header_of(const struct http_response *response, const char *name)
{
    return http_header_at(response, name, 0);
}

void
http_slot_read(struct http_slot *slot, int code, struct http_response *response)
{
    curl_off_t duration_us = 0;
    curl_easy_getinfo(slot->easy, CURLINFO_TOTAL_TIME_T, &duration_us);
    *response = (struct http_response){.curl_code = code,
                                       .body = "",
                                       .content_type = "",
                                       .retry_after_ms = -1,
                                       .duration_us = duration_us};
    if (slot->is_mail && http_slot_read_mail(slot, response))
        return;
    if (code != CURLE_OK) {
        is_in_doubt = is_in_doubt || code == CURLE_PEER_FAILED_VERIFICATION;
        set_error(slot, (CURLcode)code, &response->error);
        response->is_stranger =
            code == CURLE_PEER_FAILED_VERIFICATION && is_stranger(slot);
        return;
    }
    is_in_doubt = false;
    curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &response->status);
    response->slot = slot;
    response->retry_after_ms =
        parse_retry_after(http_header_of(response, "Retry-After"));
    const char *content_type = http_header_of(response, "Content-Type");
    if (content_type)
        response->content_type = content_type;
    if (slot->body.size > 0)
        response->body = slot->body.data;
    response->body_size = slot->body.size;
}
