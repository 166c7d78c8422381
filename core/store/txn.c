#include "store/txn.h"

#include <stdlib.h>

#include "base/mem.h"

static const char *const state_words[] = {
    [OUTBOX_READY] = "ready",
    [OUTBOX_IN_FLIGHT] = "in_flight",
    [OUTBOX_DONE] = "done",
    [OUTBOX_DEAD] = "dead",
    [OUTBOX_SUPERSEDED] = "superseded",
};

const char *
outbox_word(enum outbox_state state)
{
    return state_words[state];
}

void
alert_record_init(struct alert_record *record, const struct alert_record *from)
{
    *record = (struct alert_record){
        .fingerprint = mem_text(from->fingerprint),
        .center = mem_text(from->center),
        .rule = mem_text(from->rule),
        .key = mem_text(from->key),
        .script = mem_text(from->script),
        .raised = from->raised,
        .opening = from->opening,
        .state = mem_text(from->state),
        .due_ms = from->due_ms,
        .note = from->note ? mem_copy(from->note, from->note_size) : NULL,
        .note_size = from->note_size,
        .ended_ms = from->ended_ms,
    };
}

void
alert_record_fini(struct alert_record *record)
{
    free(record->fingerprint);
    free(record->center);
    free(record->rule);
    free(record->key);
    free(record->script);
    free(record->state);
    free(record->note);
    *record = (struct alert_record){0};
}

void
silence_record_init(struct silence_record *record, const struct silence_record *from)
{
    *record = (struct silence_record){
        .id = mem_text(from->id),
        .matcher = mem_text(from->matcher),
        .created_ms = from->created_ms,
        .until_ms = from->until_ms,
        .by = mem_text(from->by),
        .note = mem_text(from->note),
    };
}

void
silence_record_fini(struct silence_record *record)
{
    free(record->id);
    free(record->matcher);
    free(record->by);
    free(record->note);
    *record = (struct silence_record){0};
}

void
key_state_record_init(struct key_state_record *record,
                      const struct key_state_record *from)
{
    *record = (struct key_state_record){
        .rule = mem_text(from->rule),
        .center = mem_text(from->center),
        .key = mem_text(from->key),
        .script = mem_text(from->script),
        .state = mem_text(from->state),
    };
}

void
kept_record_init(struct kept_record *record, const struct kept_record *from)
{
    *record = (struct kept_record){
        .script = mem_text(from->script),
        .key = mem_text(from->key),
        .value = from->value ? mem_copy(from->value, from->size) : NULL,
        .size = from->size,
        .written_ms = from->written_ms,
    };
}

void
key_state_record_fini(struct key_state_record *record)
{
    free(record->rule);
    free(record->center);
    free(record->key);
    free(record->script);
    free(record->state);
    *record = (struct key_state_record){0};
}

void
kept_record_fini(struct kept_record *record)
{
    free(record->script);
    free(record->key);
    free(record->value);
    *record = (struct kept_record){0};
}

void
memo_record_init(struct memo_record *record, const struct memo_record *from)
{
    *record = (struct memo_record){
        .destination = mem_text(from->destination),
        .fingerprint = mem_text(from->fingerprint),
        .alert = mem_text(from->alert),
        .text = mem_text(from->text),
        .written_ms = from->written_ms,
    };
}

void
memo_record_fini(struct memo_record *record)
{
    free(record->destination);
    free(record->fingerprint);
    free(record->alert);
    free(record->text);
    *record = (struct memo_record){0};
}

void
handler_record_init(struct handler_record *record, const struct handler_record *from)
{
    *record = (struct handler_record){
        .id = mem_text(from->id),
        .rule = mem_text(from->rule),
        .kind = mem_text(from->kind),
        .alert = mem_text(from->alert),
        .attempts = from->attempts,
        .created_ms = from->created_ms,
    };
}

void
handler_record_fini(struct handler_record *record)
{
    free(record->id);
    free(record->rule);
    free(record->kind);
    free(record->alert);
    *record = (struct handler_record){0};
}

void
outbox_record_fini(struct outbox_record *record)
{
    free(record->id);
    free(record->destination);
    free(record->order_key);
    free(record->kind);
    free(record->message);
    free(record->body);
    *record = (struct outbox_record){0};
}

void
sweep_forget(struct sweep *sweep)
{
    for (size_t i = 0; i < sweep->row_count; i++)
        for (size_t j = 0; j < SWEPT_TEXTS; j++)
            free(sweep->rows[i].texts[j]);
    free(sweep->rows);
    *sweep = (struct sweep){.now_ms = sweep->now_ms, .from = sweep->from};
}

static void
change_fini(struct store_change *change)
{
    switch (change->kind) {
    case CHANGE_ALERT: alert_record_fini(&change->alert); break;
    case CHANGE_ADD: outbox_record_fini(&change->added); break;
    case CHANGE_MARK:
        free(change->mark.id);
        free(change->mark.body);
        break;
    case CHANGE_ATTEMPT:
        free(change->attempt.message_id);
        free(change->attempt.answer);
        break;
    case CHANGE_SLOT:
        free(change->slot.center);
        free(change->slot.query);
        break;
    case CHANGE_SILENCE: silence_record_fini(&change->silence); break;
    case CHANGE_KEY_STATE: key_state_record_fini(&change->key_state); break;
    case CHANGE_KEPT: kept_record_fini(&change->kept); break;
    case CHANGE_MEMO: memo_record_fini(&change->memo); break;
    case CHANGE_RUN:
        free(change->run.script);
        free(change->run.job);
        break;
    case CHANGE_HANDLER:
    case CHANGE_HANDLED: handler_record_fini(&change->handler); break;
    case CHANGE_SWEEP: sweep_forget(&change->sweep); break;
    case CHANGE_ROLL: free(change->roll.scripts); break;
    case CHANGE_SHIFT: break;
    }
}

struct txn *
txn_new(void)
{
    return mem_zero(sizeof(struct txn));
}

void
txn_delete(struct txn *txn)
{
    if (!txn)
        return;
    for (size_t i = 0; i < txn->count; i++)
        change_fini(&txn->changes[i]);
    free(txn->changes);
    free(txn);
}

bool
txn_is_empty(const struct txn *txn)
{
    return txn->count == 0;
}

static struct store_change *
add_change(struct txn *txn, enum change_kind kind)
{
    if (txn->count == txn->room) {
        txn->room = txn->room ? 2 * txn->room : 4;
        txn->changes = mem_grow(txn->changes, txn->room, sizeof(*txn->changes));
    }
    struct store_change *change = &txn->changes[txn->count++];
    change->kind = kind;
    return change;
}

void
txn_put_alert(struct txn *txn, const struct alert_record *record)
{
    alert_record_init(&add_change(txn, CHANGE_ALERT)->alert, record);
}

void
txn_add_outbox(struct txn *txn, const struct outbox_record *record)
{
    add_change(txn, CHANGE_ADD)->added = (struct outbox_record){
        .id = mem_text(record->id),
        .destination = mem_text(record->destination),
        .order_key = mem_text(record->order_key),
        .kind = mem_text(record->kind),
        .message = mem_text(record->message),
        .body = mem_text(record->body),
        .state = record->state,
        .created_ms = record->created_ms,
        .next_ms = record->next_ms,
        .attempts = record->attempts,
    };
}

void
txn_mark_outbox(struct txn *txn, const char *id, enum outbox_state state,
                int64_t next_ms, int64_t attempts, const char *body)
{
    add_change(txn, CHANGE_MARK)->mark = (struct change_mark){
        .id = mem_text(id),
        .state = state,
        .next_ms = next_ms,
        .attempts = attempts,
        .body = mem_text(body),
    };
}

void
txn_add_attempt(struct txn *txn, const struct attempt_record *record)
{
    add_change(txn, CHANGE_ATTEMPT)->attempt = (struct change_attempt){
        .message_id = mem_text(record->message_id),
        .number = record->number,
        .at_ms = record->at_ms,
        .status = record->status,
        .curl_code = record->curl_code,
        .answer = mem_text(record->answer),
    };
}

void
txn_put_slot(struct txn *txn, const struct slot_record *record)
{
    add_change(txn, CHANGE_SLOT)->slot = (struct slot_record){
        .center = mem_text(record->center),
        .query = mem_text(record->query),
        .argument = record->argument,
        .until = record->until,
    };
}

void
txn_put_silence(struct txn *txn, const struct silence_record *record)
{
    silence_record_init(&add_change(txn, CHANGE_SILENCE)->silence, record);
}

void
txn_put_key_state(struct txn *txn, const struct key_state_record *record)
{
    key_state_record_init(&add_change(txn, CHANGE_KEY_STATE)->key_state, record);
}

void
txn_put_kept(struct txn *txn, const struct kept_record *record)
{
    kept_record_init(&add_change(txn, CHANGE_KEPT)->kept, record);
}

void
txn_put_run(struct txn *txn, const struct run_record *record)
{
    add_change(txn, CHANGE_RUN)->run = (struct run_record){
        .script = mem_text(record->script),
        .job = mem_text(record->job),
        .scheduled_ms = record->scheduled_ms,
        .is_over = record->is_over,
    };
}

void
txn_put_handler(struct txn *txn, const struct handler_record *record)
{
    handler_record_init(&add_change(txn, CHANGE_HANDLER)->handler, record);
}

void
txn_end_handler(struct txn *txn, const char *id)
{
    add_change(txn, CHANGE_HANDLED)->handler =
        (struct handler_record){.id = mem_text(id)};
}

void
txn_put_memo(struct txn *txn, const struct memo_record *record)
{
    memo_record_init(&add_change(txn, CHANGE_MEMO)->memo, record);
}

void
txn_sweep(struct txn *txn, enum retained from, int64_t now_ms)
{
    add_change(txn, CHANGE_SWEEP)->sweep =
        (struct sweep){.from = from, .now_ms = now_ms};
}

void
txn_call_roll(struct txn *txn, const char *scripts, int64_t now_ms)
{
    add_change(txn, CHANGE_ROLL)->roll =
        (struct change_roll){mem_text(scripts), now_ms};
}

void
txn_shift_missed(struct txn *txn, int64_t by_ms)
{
    add_change(txn, CHANGE_SHIFT)->shift_ms = by_ms;
}
