/* What tasks ask the core for by a word (ASK of script/frame.h): one row of a table for
 * each word. A question and its answer are JSON.
 *
 * The library asks well: a question that cannot be read ends the host, as every broken
 * frame does. */
#ifndef CCGATE_SCRIPT_RESIDENT_ASK_H
#define CCGATE_SCRIPT_RESIDENT_ASK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "script/message.h"
#include "script/resident.h"

struct wait;

/* Looks the word up and begins; the wait is answered, now or later. False with `error`:
 * there is no such word, or the question is not what it must be; the wait is as before.
 */
bool resident_ask(struct resident *resident, struct wait *wait,
                  const struct message_ask *ask, struct error *error);

/* ---- the rows, each in a file of its own; as resident_ask() ---- */

typedef bool asker(struct resident *resident, struct wait *wait,
                   const struct message_ask *ask, struct error *error);

/* { id, ms }: what became of a message of this script, within that time. Answered with
 * the receiver's last answer (ask_json.h), of which a message that has ended before has
 * the first KB and no headers. */
asker resident_ask_receipt;

/* lua/gateway/alert_search.lua: the alerts that fit, or how often such were raised. Too
 * many of them are an error of kind limit. */
asker resident_ask_alerts;
/* { id, by, note }: somebody takes care of an alert; true. */
asker resident_ask_ack;
/* { rule, key, labels, lasts_ms, by, note }: { id, until_at }. */
asker resident_ask_silence;

/* { method, url, headers = { name = text }, json = text | body = text, ms }: one
 * request at once, to where the script may go ([script NAME] allow_private), with the
 * secrets whose marks are in it. Answered with what came (ask_json.h), of any status.
 * In a rehearsal nothing leaves: cancelled.
 */
asker resident_ask_http;

/* ---- for the rows: how a wait ends; it is gone afterwards ---- */

void wait_answer(struct wait *wait, const char *answer, size_t size);
void wait_fail(struct wait *wait, const struct error *error);

/* Until it ends: cancel(work) when nobody waits any more. Neither of the above may be
 * called from inside it, nor after it. */
void wait_set_work(struct wait *wait, void (*cancel)(void *work), void *work);

#endif
