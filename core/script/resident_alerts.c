/* What tasks ask of alerts, and what they say of them: lua/gateway/alerts.lua. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/pick.h"
#include "script/ask_json.h"
#include "script/resident_ask.h"
#include "script/resident_inside.h"

#define SILENCE_MOST_MS ((int64_t)366 * 24 * 3600 * 1000)

bool
resident_ask_alerts(struct resident *resident, struct wait *wait,
                    const struct message_ask *ask, struct error *error)
{
    (void)error;
    struct error refusal = {0};
    char *answer =
        notify_search(resident->world.notify, ask->word, ask->question, &refusal);
    if (answer) {
        wait_answer(wait, answer, strlen(answer));
    } else {
        refusal.kind = ERROR_LIMIT;
        wait_fail(wait, &refusal);
    }
    free(answer);
    return true;
}

/* Who does it when the script does not say: free it. */
static char *
by_of(const struct resident *resident, const char *question)
{
    char *by = pick_text(question, "by");
    return by ? by : mem_format("script %s", resident->name);
}

bool
resident_ask_ack(struct resident *resident, struct wait *wait,
                 const struct message_ask *ask, struct error *error)
{
    struct error refusal = {0};
    char *id = pick_text(ask->question, "id");
    char *by = by_of(resident, ask->question);
    char *note = pick_text(ask->question, "note");
    bool is_question = id != NULL;
    if (!is_question)
        error_set(error, ERROR_DECODE, "", "ASK: ack: no id");
    else if (notify_ack(resident->world.notify, id, by, note, &refusal))
        wait_answer(wait, "true", 4);
    else
        wait_fail(wait, &refusal);
    free(note);
    free(by);
    free(id);
    return is_question;
}

/* The texts that ask_pairs() put one after the other; free the list alone. */
static const char **
list_texts(const struct buf *texts, size_t count)
{
    const char **list = mem_zero((count + 1) * sizeof *list), *at = texts->data;
    for (size_t i = 0; i < count; i++, at += strlen(at) + 1)
        list[i] = at;
    return list;
}

static void
answer_silence(struct wait *wait, const struct silence_record *made)
{
    struct buf answer = {0};
    buf_format(&answer, "{\"id\":\"%s\",\"until_at\":%lld}", made->id,
               (long long)(made->until_ms / 1000));
    wait_answer(wait, answer.data, answer.size);
    buf_fini(&answer);
}

bool
resident_ask_silence(struct resident *resident, struct wait *wait,
                     const struct message_ask *ask, struct error *error)
{
    struct buf texts = {0};
    size_t count = ask_pairs(ask, "labels", &texts);
    const char **labels = list_texts(&texts, 2 * count);
    char *rule = pick_text(ask->question, "rule");
    char *key = pick_text(ask->question, "key");
    char *by = by_of(resident, ask->question);
    char *note = pick_text(ask->question, "note");
    struct silence_wish wish = {
        .rule = rule,
        .key = key,
        .labels = labels,
        .label_count = count,
        .lasts_ms = pick_integer(ask->question, "lasts_ms"),
        .by = by,
        .note = note,
    };
    struct silence_record made = {0};
    bool is_question = wish.lasts_ms > 0 && wish.lasts_ms <= SILENCE_MOST_MS &&
                       notify_silence_for(resident->world.notify, &wish, &made);
    if (is_question)
        answer_silence(wait, &made);
    else
        error_set(error, ERROR_DECODE, "", "ASK: silence: of what, for how long?");
    silence_record_fini(&made);
    free(labels);
    buf_fini(&texts);
    free(note);
    free(by);
    free(key);
    free(rule);
    return is_question;
}
