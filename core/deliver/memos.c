#include "deliver/memos.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct memo {
    struct memo_record record;
    struct memo *next; /* of the same fingerprint */
};

static void
list_delete(struct memo *list)
{
    while (list) {
        struct memo *memo = list;
        list = memo->next;
        memo_record_fini(&memo->record);
        free(memo);
    }
}

static void
on_stored(void *arg, const struct memo_record *record)
{
    memos_put(arg, record);
}

void
memos_load(struct memos *memos, struct store *store)
{
    store_each_memo(store, on_stored, memos);
}

void
memos_fini(struct memos *memos)
{
    for (size_t i = 0; i < memos->by_fingerprint.room; i++)
        if (memos->by_fingerprint.slots[i].key)
            list_delete(memos->by_fingerprint.slots[i].value);
    table_fini(&memos->by_fingerprint);
}

static struct memo *
find(const struct memos *memos, const char *destination, const char *fingerprint)
{
    struct memo *memo = table_get(&memos->by_fingerprint, fingerprint);
    while (memo && strcmp(memo->record.destination, destination) != 0)
        memo = memo->next;
    return memo;
}

const struct memo_record *
memos_find(const struct memos *memos, const char *destination, const char *fingerprint)
{
    const struct memo *memo = find(memos, destination, fingerprint);
    return memo ? &memo->record : NULL;
}

/* The table's key is a text of the first of the list, which stays the first. */
static struct memo *
add(struct memos *memos, const struct memo_record *record)
{
    struct memo *memo = mem_zero(sizeof(*memo));
    struct memo *first = table_get(&memos->by_fingerprint, record->fingerprint);
    memo_record_init(&memo->record, record);
    if (first) {
        memo->next = first->next;
        first->next = memo;
    } else {
        table_put(&memos->by_fingerprint, memo->record.fingerprint, memo);
    }
    return memo;
}

void
memos_put(struct memos *memos, const struct memo_record *record)
{
    struct memo *memo = find(memos, record->destination, record->fingerprint);
    if (!memo) {
        add(memos, record);
        return;
    }
    char *alert = mem_text(record->alert), *text = mem_text(record->text);
    free(memo->record.alert);
    free(memo->record.text);
    memo->record.alert = alert;
    memo->record.text = text;
    memo->record.written_ms = record->written_ms;
}

/* The first of a list is the table's key: its follower takes its place there. */
static void
take_out(struct memos *memos, struct memo *first, struct memo *memo)
{
    if (memo != first) {
        while (first->next != memo)
            first = first->next;
        first->next = memo->next;
    } else {
        table_remove(&memos->by_fingerprint, memo->record.fingerprint);
        if (memo->next)
            table_put(&memos->by_fingerprint, memo->next->record.fingerprint,
                      memo->next);
    }
    memo->next = NULL;
    list_delete(memo);
}

void
memos_forget(struct memos *memos, const char *destination, const char *fingerprint,
             const char *alert)
{
    struct memo *memo = find(memos, destination, fingerprint);
    if (memo && !strcmp(memo->record.alert, alert))
        take_out(memos, table_get(&memos->by_fingerprint, fingerprint), memo);
}

void
memos_write(const struct memos *memos, const char *fingerprint, const char *alert,
            struct buf *out)
{
    const struct memo *memo = table_get(&memos->by_fingerprint, fingerprint);
    const char *before = "";
    buf_add_text(out, "{");
    for (; memo; memo = memo->next) {
        if (strcmp(memo->record.alert, alert) != 0)
            continue;
        buf_add_text(out, before);
        buf_add_json(out, memo->record.destination, strlen(memo->record.destination));
        buf_format(out, ":%s", memo->record.text);
        before = ",";
    }
    buf_add_text(out, "}");
}
