/* The half of script/message.h that travels from the host to the core: what is read
 * here comes from a process that a hostile script may have taken over. */
#include "script/message.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "script/cursor.h"
#include "script/message_job.h"

/* ---- LOADED ---- */

void
message_put_problem(struct message_list *list, const struct message_problem *problem)
{
    list->count++;
    frame_put_u32(&list->items, problem->spot);
    frame_put_u8(&list->items, problem->level);
    frame_put_text(&list->items, problem->text, problem->text_size);
}

static void
put_rule(struct buf *out, const struct message_entry *entry)
{
    frame_put_i64(out, entry->schedule.every_ms);
    frame_put_u8(out, entry->makes_rows);
}

void
message_put_entry(struct message_list *list, const struct message_entry *entry)
{
    list->count++;
    frame_put_u8(&list->items, entry->kind);
    frame_put_string(&list->items, entry->name);
    if (entry->kind == ENTRY_JOB)
        message_put_schedule(&list->items, &entry->schedule);
    else
        put_rule(&list->items, entry);
    frame_put_text(&list->items, entry->about, entry->about_size);
}

void
message_put_want(struct message_list *list, const struct message_want *want)
{
    list->count++;
    frame_put_u32(&list->items, want->entry);
    frame_put_u32(&list->items, want->center);
    frame_put_u32(&list->items, (uint32_t)query_number(want->query));
    frame_put_i64(&list->items, want->every_ms);
    frame_put_i64(&list->items, want->last_ms);
    frame_put_u32(&list->items, want->line);
    frame_put_u32(&list->items, want->id_count);
    frame_put_cells(&list->items, want->ids, want->id_count);
}

bool
message_write_loaded(struct buf *out, int64_t now_ms,
                     const struct message_list *problems,
                     const struct message_list *entries,
                     const struct message_list *wants)
{
    size_t begin = frame_begin(out, FRAME_LOADED, 0, now_ms);
    message_list_put(out, problems);
    message_list_put(out, entries);
    message_list_put(out, wants);
    return frame_end(out, begin);
}

static void
get_problems(struct cursor *cursor, struct message_loaded *out)
{
    out->problem_count = frame_get_count(&cursor->in, 4 + 1 + 5);
    out->problems = mem_zero(out->problem_count * sizeof *out->problems);
    for (uint32_t i = 0; i < out->problem_count && !cursor->in.bad; i++) {
        struct message_problem *problem = &out->problems[i];
        problem->spot = frame_get_u32(&cursor->in);
        problem->level = frame_get_u8(&cursor->in);
        cursor_demand(cursor,
                      problem->level == LEVEL_WARN || problem->level == LEVEL_ERROR,
                      "the level of a problem");
        problem->text = frame_get_text(&cursor->in, &problem->text_size);
        out->failed = out->failed || problem->level == LEVEL_ERROR;
    }
}

static bool
is_entry_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    size_t size = strlen(name);
    return size > 0 && size <= MESSAGE_NAME_MAX && name[0] != '-' &&
           strspn(name, letters) == size;
}

static void
get_rule(struct cursor *cursor, struct message_entry *entry)
{
    entry->schedule.every_ms =
        cursor_number(cursor, 0, MESSAGE_PERIOD_MAX_MS, "the period of an entry");
    uint8_t makes_rows = frame_get_u8(&cursor->in);
    cursor_demand(cursor, makes_rows <= 1, "whether a rule makes its rows");
    entry->makes_rows = makes_rows;
}

static void
get_entry(struct cursor *cursor, struct message_entry *entry)
{
    entry->kind = frame_get_u8(&cursor->in);
    cursor_demand(cursor, entry->kind == ENTRY_RULE || entry->kind == ENTRY_JOB,
                  "the kind of an entry");
    entry->name = frame_get_string(&cursor->in);
    cursor_demand(cursor, is_entry_name(entry->name), "the name of an entry");
    if (entry->kind == ENTRY_JOB)
        message_get_schedule(cursor, &entry->schedule);
    else
        get_rule(cursor, entry);
    entry->about = frame_get_text(&cursor->in, &entry->about_size);
}

static int
compare_entries(const void *a, const void *b)
{
    const struct message_entry *const *one = a, *const *other = b;
    int order = (int)(*one)->kind - (int)(*other)->kind;
    return order != 0 ? order : strcmp((*one)->name, (*other)->name);
}

static bool
are_distinct(const struct message_entry *entries, size_t count)
{
    const struct message_entry **sorted = mem_zero(count * sizeof(void *));
    for (size_t i = 0; i < count; i++)
        sorted[i] = &entries[i];
    qsort(sorted, count, sizeof(void *), compare_entries);
    bool distinct = true;
    for (size_t i = 1; i < count; i++)
        distinct = distinct && compare_entries(&sorted[i - 1], &sorted[i]) != 0;
    free(sorted);
    return distinct;
}

static void
get_entries(struct cursor *cursor, struct message_loaded *out)
{
    uint32_t count = frame_get_count(&cursor->in, 1 + 5 + 5);
    cursor_demand(cursor, count <= MESSAGE_ENTRIES_MAX, "too many entries");
    if (cursor->in.bad)
        return;
    out->entry_count = count;
    out->entries = mem_zero(count * sizeof *out->entries);
    for (uint32_t i = 0; i < count && !cursor->in.bad; i++)
        get_entry(cursor, &out->entries[i]);
    if (!cursor->in.bad)
        cursor_demand(cursor, are_distinct(out->entries, count),
                      "two entries of one name");
}

static void
get_wants(struct cursor *cursor, size_t center_count, int64_t want_max,
          struct message_loaded *out)
{
    uint32_t count = frame_get_count(&cursor->in, 4 + 4 + 4 + 8 + 4 + 8);
    cursor_demand(cursor, count <= want_max, "more wants than the limit");
    if (cursor->in.bad)
        return;
    out->want_count = count;
    out->wants = mem_zero(count * sizeof *out->wants);
    int64_t *ids = out->ids;
    for (uint32_t i = 0; i < count && !cursor->in.bad; i++) {
        struct message_want *want = &out->wants[i];
        want->entry = cursor_index(cursor, out->entry_count, "no such entry");
        cursor_demand(cursor,
                      want->entry < out->entry_count &&
                          out->entries[want->entry].kind == ENTRY_RULE,
                      "a want of an entry that is no rule");
        want->center = cursor_index(cursor, center_count, "no such centre");
        want->query = cursor_query(cursor);
        want->every_ms = cursor_number(cursor, MESSAGE_PERIOD_MIN_MS,
                                       MESSAGE_PERIOD_MAX_MS, "the period of a want");
        want->last_ms = cursor_number(cursor, 0, cursor_span_max_ms(want->query),
                                      "how far back a want reaches");
        want->line = frame_get_u32(&cursor->in);
        want->ids = ids;
        want->id_count = cursor_ids(cursor, want->query, ids);
        ids += want->id_count;
    }
}

bool
message_read_loaded(const struct frame *frame, size_t center_count, int64_t want_max,
                    struct message_loaded *out, struct error *error)
{
    *out = (struct message_loaded){
        .payload = mem_copy(frame->payload, frame->header.size),
        .ids = cursor_room_for_ids(frame),
    };
    struct frame copy = {.header = frame->header, .payload = out->payload};
    struct cursor cursor = cursor_open(&copy, "LOADED", error);
    cursor_no_id(&cursor, frame);
    get_problems(&cursor, out);
    get_entries(&cursor, out);
    get_wants(&cursor, center_count, want_max, out);
    if (cursor_finish(&cursor))
        return true;
    message_loaded_fini(out);
    return false;
}

void
message_loaded_fini(struct message_loaded *loaded)
{
    free(loaded->problems);
    free(loaded->entries);
    free(loaded->wants);
    free(loaded->payload);
    free(loaded->ids);
    *loaded = (struct message_loaded){0};
}

/* ---- COMMIT ---- */

void
message_put_alert(struct message_list *list, const struct message_alert *alert)
{
    list->count++;
    frame_put_u8(&list->items, ITEM_ALERT);
    frame_put_u32(&list->items, alert->center);
    frame_put_string(&list->items, alert->key);
    frame_put_string(&list->items, alert->kind);
    frame_put_text(&list->items, alert->event, alert->event_size);
}

void
message_put_state(struct message_list *list, const struct message_state *state)
{
    list->count++;
    frame_put_u8(&list->items, ITEM_STATE);
    frame_put_u32(&list->items, state->center);
    frame_put_string(&list->items, state->key);
    frame_put_string(&list->items, state->state);
}

void
message_put_send(struct message_list *list, const struct message_send *send)
{
    list->count++;
    frame_put_u8(&list->items, ITEM_SEND);
    frame_put_string(&list->items, send->destination);
    frame_put_u32(&list->items, send->ordinal);
    frame_put_string(&list->items, send->path);
    frame_put_string(&list->items, send->key);
    frame_put_text(&list->items, send->message, send->message_size);
}

void
message_put_change(struct message_list *list, const struct message_stored *kept)
{
    list->count++;
    frame_put_u8(&list->items, ITEM_KEEP);
    frame_put_string(&list->items, kept->key);
    frame_put_text(&list->items, kept->value, kept->value_size);
}

void
message_put_note(struct message_list *list, const char *note, size_t size)
{
    list->count++;
    frame_put_u8(&list->items, ITEM_NOTE);
    frame_put_text(&list->items, note, size);
}

void
message_put_done(struct message_list *list)
{
    list->count++;
    frame_put_u8(&list->items, ITEM_DONE);
}

bool
message_write_commit(struct buf *out, int64_t now_ms, uint32_t entry,
                     int64_t scheduled_ms, const struct message_list *items)
{
    size_t begin = frame_begin(out, FRAME_COMMIT, entry, now_ms);
    frame_put_i64(out, scheduled_ms);
    message_list_put(out, items);
    return frame_end(out, begin);
}

static void
get_alert(struct cursor *cursor, size_t center_count, struct message_alert *alert)
{
    alert->center = cursor_index(cursor, center_count, "no such centre");
    alert->key = cursor_word(cursor, 1, MESSAGE_KEY_MAX, "the key of an alert");
    alert->kind = frame_get_string(&cursor->in);
    cursor_demand(cursor,
                  strcmp(alert->kind, "raise") == 0 ||
                      strcmp(alert->kind, "level") == 0 ||
                      strcmp(alert->kind, "clear") == 0,
                  "the kind of an alert");
    alert->event = cursor_text(cursor, &alert->event_size, "an alert without an event");
}

static void
get_state(struct cursor *cursor, size_t center_count, struct message_state *state)
{
    state->center = cursor_index(cursor, center_count, "no such centre");
    state->key = cursor_word(cursor, 1, MESSAGE_KEY_MAX, "the key of a state");
    state->state = cursor_word(cursor, 0, MESSAGE_STATE_MAX, "the state of a key");
}

static void
get_send(struct cursor *cursor, struct message_send *send)
{
    send->destination =
        cursor_word(cursor, 1, MESSAGE_NAME_MAX, "the destination of a send");
    send->ordinal = frame_get_u32(&cursor->in);
    send->path = cursor_word(cursor, 0, MESSAGE_PATH_MAX, "the path of a send");
    cursor_demand(cursor, strspn(send->path, "0123456789./") == strlen(send->path),
                  "the path of a send");
    send->key = cursor_word(cursor, 0, MESSAGE_KEY_MAX, "the key of a send");
    send->message =
        cursor_text(cursor, &send->message_size, "a send without a message");
}

static void
get_kept(struct cursor *cursor, int64_t now_ms, struct message_stored *kept)
{
    kept->key = cursor_word(cursor, 1, MESSAGE_KEY_MAX, "the key of what is kept");
    kept->written_ms = now_ms;
    kept->value = frame_get_text(&cursor->in, &kept->value_size);
}

/* Behind all others, each at most once. */
static void
get_end(struct cursor *cursor, uint8_t kind, struct message_commit *out)
{
    if (kind == ITEM_NOTE && !out->note && !out->is_done) {
        out->note = frame_get_text(&cursor->in, &out->note_size);
        cursor_demand(cursor, out->note_size > 0, "an empty note");
    } else if (kind == ITEM_DONE && !out->is_done) {
        out->is_done = true;
    } else {
        cursor_demand(cursor, false, "an item behind the end of a run");
    }
}

static void
get_item(struct cursor *cursor, bool is_rule, size_t center_count, int64_t now_ms,
         struct message_commit *out)
{
    uint8_t kind = frame_get_u8(&cursor->in);
    bool is_run = is_rule && out->scheduled_ms;
    if (is_run &&
        (kind == ITEM_NOTE || kind == ITEM_DONE || out->note || out->is_done)) {
        get_end(cursor, kind, out);
        return;
    }
    is_rule = is_rule && !is_run;
    if (kind != ITEM_KEEP && out->kept_count)
        cursor_demand(cursor, false, "an item behind what is kept");
    else if (kind == ITEM_ALERT && is_rule)
        get_alert(cursor, center_count, &out->alerts[out->alert_count++]);
    else if (kind == ITEM_STATE && is_rule)
        get_state(cursor, center_count, &out->states[out->state_count++]);
    else if (kind == ITEM_SEND && !is_rule)
        get_send(cursor, &out->sends[out->send_count++]);
    else if (kind == ITEM_KEEP)
        get_kept(cursor, now_ms, &out->kept[out->kept_count++]);
    else
        cursor_demand(cursor, false, "an item that is not of this entry");
}

static void
get_items(struct cursor *cursor, bool is_rule, size_t center_count, int64_t now_ms,
          struct message_commit *out)
{
    uint32_t count = frame_get_count(&cursor->in, 1);
    cursor_demand(cursor, count > 0, "nothing to commit");
    out->alerts = mem_zero(count * sizeof *out->alerts);
    out->states = mem_zero(count * sizeof *out->states);
    out->sends = mem_zero(count * sizeof *out->sends);
    out->kept = mem_zero(count * sizeof *out->kept);
    for (uint32_t i = 0; i < count && !cursor->in.bad; i++)
        get_item(cursor, is_rule, center_count, now_ms, out);
}

bool
message_read_commit(const struct frame *frame, const struct message_loaded *loaded,
                    size_t center_count, struct message_commit *out,
                    struct error *error)
{
    struct cursor cursor = cursor_open(frame, "COMMIT", error);
    *out = (struct message_commit){
        .entry = cursor_entry(&cursor, frame, loaded->entry_count),
    };
    if (cursor.in.bad)
        return false;
    bool is_rule = loaded->entries[out->entry].kind == ENTRY_RULE;
    out->scheduled_ms = cursor_number(&cursor, 0, INT64_MAX, "the scheduled time");
    get_items(&cursor, is_rule, center_count, frame->header.now_ms, out);
    if (cursor_finish(&cursor))
        return true;
    message_commit_fini(out);
    return false;
}

void
message_commit_fini(struct message_commit *commit)
{
    free(commit->alerts);
    free(commit->states);
    free(commit->sends);
    free(commit->kept);
    *commit = (struct message_commit){0};
}

/* ---- LOG, STRIKE ---- */
