/* A slot that carries a letter. The server's replies come as headers; what matters is
 * the last one: it took the letter, or says why it did not. Before, it is asked about
 * each recipient: those whom it refuses keep the letter from nobody else. */
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "net/http_slot.h"

static void
set_text(struct http_slot *slot, CURLoption option, const char *value)
{
    if (curl_easy_setopt(slot->easy, option, value) == CURLE_OK)
        return;
    log_error("http", "curl: an option for letters failed");
    abort();
}

static void
set_number(struct http_slot *slot, CURLoption option, long value)
{
    if (curl_easy_setopt(slot->easy, option, value) == CURLE_OK)
        return;
    log_error("http", "curl: an option for letters failed");
    abort();
}

static size_t
on_read(char *out, size_t size, size_t count, void *arg)
{
    struct http_slot *slot = arg;
    size_t left = slot->request->body_size - slot->written, room = size * count;
    size_t taken = left < room ? left : room;
    memcpy(out, slot->request->body + slot->written, taken);
    slot->written += taken;
    return taken;
}

static void
set_recipients(struct http_slot *slot)
{
    const struct http_copy *request = slot->request;
    slot->recipients =
        mem_grow(slot->recipients, request->to_count, sizeof *slot->recipients);
    for (size_t i = 0; i < request->to_count; i++)
        slot->recipients[i] = (struct curl_slist){
            (char *)request->to[i],
            i + 1 < request->to_count ? &slot->recipients[i + 1] : NULL};
    if (curl_easy_setopt(slot->easy, CURLOPT_MAIL_RCPT, slot->recipients) != CURLE_OK)
        abort();
}

void
http_slot_prepare_mail(struct http_slot *slot)
{
    const struct http_copy *request = slot->request;
    slot->written = 0;
    set_text(slot, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    set_text(slot, CURLOPT_MAIL_FROM, request->from);
    set_recipients(slot);
    set_text(slot, CURLOPT_USERNAME, request->user);
    set_text(slot, CURLOPT_PASSWORD, request->user ? request->password : NULL);
    set_number(slot, CURLOPT_USE_SSL,
               request->is_plain ? CURLUSESSL_NONE : CURLUSESSL_ALL);
    set_number(slot, CURLOPT_UPLOAD, 1);
    set_number(slot, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1);
    if (curl_easy_setopt(slot->easy, CURLOPT_READFUNCTION, on_read) != CURLE_OK ||
        curl_easy_setopt(slot->easy, CURLOPT_READDATA, slot) != CURLE_OK)
        abort();
}

void
http_slot_note_command(struct http_slot *slot, const char *line, size_t size)
{
    static const char about[] = "RCPT TO:";
    slot->is_asked = size > sizeof about && !memcmp(line, about, sizeof about - 1);
    slot->asked += slot->is_asked;
}

/* The answer about one recipient. */
static void
note_recipient(struct http_slot *slot)
{
    const char *reply = slot->body.data;
    if (*reply == '2') {
        slot->accepted++;
        return;
    }
    if (*reply == '4' && !slot->later.size)
        buf_add_text(&slot->later, reply);
    buf_format(&slot->refusals, "%s%s: %s", slot->refusals.size ? "; " : "",
               slot->request->to[slot->asked - 1], reply);
}

void
http_slot_note_reply(struct http_slot *slot, const char *line, size_t size)
{
    while (size && (line[size - 1] == '\r' || line[size - 1] == '\n'))
        size--;
    buf_clear(&slot->body);
    buf_add(&slot->body, line, size);
    /* "250-…" goes on. */
    bool is_whole = size == 3 || (size > 3 && line[3] != '-');
    if (slot->is_asked && is_whole && slot->asked <= slot->request->to_count) {
        slot->is_asked = false;
        note_recipient(slot);
    }
}

/* Its last reply. Where it wanted nobody, but somebody only for now, that is worth
 * another attempt. */
static const char *
last_reply(struct http_slot *slot, bool is_sent, long *status)
{
    if (is_sent && slot->refusals.size)
        buf_format(&slot->answer, "%s; refused: %s", slot->body.data,
                   slot->refusals.data);
    else if (!is_sent && !slot->accepted && slot->later.size &&
             slot->asked == slot->request->to_count)
        buf_add_text(&slot->answer, slot->later.data);
    else
        return slot->body.size ? slot->body.data : "";
    if (!is_sent)
        *status = strtol(slot->answer.data, NULL, 10);
    return slot->answer.data;
}

/* Curl calls a refusal an error of its own, by the step in which it came. A server that
 * refuses STARTTLS has said nothing of the letter. */
bool
http_slot_read_mail(struct http_slot *slot, struct http_response *response)
{
    long status = 0;
    curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &status);
    bool is_sent = response->curl_code == CURLE_OK;
    bool is_refused =
        status >= 400 && status <= 599 && response->curl_code != CURLE_USE_SSL_FAILED;
    if (!is_sent && !is_refused)
        return false;
    response->body = last_reply(slot, is_sent, &status);
    response->body_size = strlen(response->body);
    response->status = status;
    response->refused = is_sent && slot->refusals.size ? slot->refusals.data : NULL;
    return true;
}

void
http_slot_fini_mail(struct http_slot *slot)
{
    free(slot->recipients);
    buf_fini(&slot->refusals);
    buf_fini(&slot->later);
    buf_fini(&slot->answer);
}
