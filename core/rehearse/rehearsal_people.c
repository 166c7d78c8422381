/* The centre, the receivers and the people of a rehearsal: what its caller says of
 * them, and sees. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/pick.h"
#include "rehearse/rehearsal_inside.h"

/* ---- the centre ---- */

bool
rehearsal_rows(struct rehearsal *rehearsal, const char *center, const char *query,
               const char *json, size_t size, struct error *error)
{
    return scene_put(rehearsal->scene, center, query, json, size,
                     rehearsal_now(rehearsal) / 1000, error);
}

bool
rehearsal_fail(struct rehearsal *rehearsal, const char *center, const char *query,
               const char *word, struct error *error)
{
    return scene_fail(rehearsal->scene, center, query, word, error);
}

void
rehearsal_window(struct rehearsal *rehearsal)
{
    scene_window(rehearsal->scene);
}

/* ---- receivers ---- */

bool
rehearsal_answer(struct rehearsal *rehearsal, const char *who,
                 const struct rehearsal_reply *reply, struct error *error)
{
    return audience_answer(rehearsal->audience, who, reply, error);
}

bool
rehearsal_answer_next(struct rehearsal *rehearsal, const char *who,
                      const struct rehearsal_reply *replies, size_t count,
                      struct error *error)
{
    return audience_answer_next(rehearsal->audience, who, replies, count, error);
}

size_t
rehearsal_sent_count(const struct rehearsal *rehearsal)
{
    return audience_count(rehearsal->audience);
}

const struct rehearsal_sent *
rehearsal_sent(const struct rehearsal *rehearsal, size_t index)
{
    return audience_sent(rehearsal->audience, index);
}

/* ---- alerts ---- */

static void
add_text(struct buf *json, const char *name, const char *text)
{
    buf_format(json, ",\"%s\":", name);
    if (text)
        buf_add_json(json, text, strlen(text));
    else
        buf_add_text(json, "null");
}

static void
add_alert(void *arg, const struct alert_record *alert)
{
    struct buf *json = arg;
    char *severity = pick_text(alert->state, "severity");
    char *summary = pick_text(alert->state, "summary");
    struct json_text acked = pick(alert->state, "acked");
    bool is_acked = acked.size && acked.data[0] == '{';
    buf_format(json, "%s{\"id\":\"%s-%" PRId64 "\"",
               json->data[json->size - 1] == '[' ? "" : ",", alert->fingerprint,
               alert->opening);
    add_text(json, "rule", alert->rule);
    add_text(json, "key", alert->key);
    add_text(json, "center", alert->center);
    add_text(json, "script", alert->script);
    add_text(json, "severity", severity);
    add_text(json, "summary", summary);
    buf_format(json, ",\"acked\":%s}", is_acked ? "true" : "false");
    free(severity);
    free(summary);
}

void
rehearsal_alerts(struct rehearsal *rehearsal, struct buf *json)
{
    buf_add_text(json, "[");
    notify_each_raised(rehearsal->engine.notify, NULL, add_alert, json);
    buf_add_text(json, "]");
}

/* Whom somebody means by a key, "rule/key", an id or a fingerprint. */
struct search {
    const char *words;
    struct buf id;
    size_t count;
};

static void
compare(void *arg, const struct alert_record *alert)
{
    struct search *search = arg;
    char *id = mem_format("%s-%" PRId64, alert->fingerprint, alert->opening);
    char *path = mem_format("%s/%s", alert->rule, alert->key);
    const char *const names[] = {id, path, alert->key, alert->fingerprint};
    bool is_meant = false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        is_meant |= strcmp(names[i], search->words) == 0;
    if (is_meant) {
        search->count++;
        buf_clear(&search->id);
        buf_add_text(&search->id, id);
    }
    free(path);
    free(id);
}

bool
rehearsal_ack(struct rehearsal *rehearsal, const char *alert, const char *by,
              struct error *error)
{
    struct search search = {.words = alert};
    struct outside outside = rehearsal_enter(rehearsal);
    bool is_good = false;
    notify_each_raised(rehearsal->engine.notify, NULL, compare, &search);
    if (search.count == 1)
        is_good = notify_ack(rehearsal->engine.notify, search.id.data, by, NULL, error);
    else if (search.count)
        error_set(error, ERROR_LIMIT, "",
                  "%zu raised alerts have the key '%.60s'; write \"RULE/KEY\"",
                  search.count, alert);
    else
        error_set(error, ERROR_LIMIT, "", "no raised alert has the key '%.60s'", alert);
    rehearsal_settle(rehearsal);
    rehearsal_leave(rehearsal, outside);
    buf_fini(&search.id);
    return is_good;
}

bool
rehearsal_silence(struct rehearsal *rehearsal, const char *matcher, int64_t lasts_ms,
                  const char *by, struct error *error)
{
    struct json json;
    json_init(&json, matcher, strlen(matcher));
    if (json_peek(&json) != '{' || !json_skip(&json) || !json_end(&json)) {
        error_set(error, ERROR_LIMIT, "", "a silence has a rule, a key or labels");
        return false;
    }
    struct outside outside = rehearsal_enter(rehearsal);
    char *id = mem_format("s-%u", ++rehearsal->silences);
    int64_t now_ms = rehearsal_now(rehearsal);
    struct silence_record record = {.id = id,
                                    .matcher = (char *)(uintptr_t)matcher,
                                    .created_ms = now_ms,
                                    .until_ms = now_ms + lasts_ms,
                                    .by = (char *)(uintptr_t)by};
    notify_silence(rehearsal->engine.notify, &record);
    rehearsal_settle(rehearsal);
    rehearsal_leave(rehearsal, outside);
    free(id);
    return true;
}

bool
rehearsal_run_job(struct rehearsal *rehearsal, const char *name, struct error *error)
{
    struct outside outside = rehearsal_enter(rehearsal);
    bool is_good = supervisor_run_job(rehearsal->engine.supervisor, name, NULL, error);
    rehearsal_settle(rehearsal);
    rehearsal_leave(rehearsal, outside);
    return is_good;
}
