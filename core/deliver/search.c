/* Every alert that is known, one after the other, for who asks. */
#include <stdlib.h>

#include "base/mem.h"
#include "deliver/book.h"

struct search {
    const struct notify *notify;
    size_t at; /* in the table */
};

static const struct alert_record *
next(void *arg)
{
    struct search *search = arg;
    const struct table *alerts = &search->notify->alerts;
    while (search->at < alerts->room && !alerts->slots[search->at].key)
        search->at++;
    return search->at < alerts->room ? alerts->slots[search->at++].value : NULL;
}

static char *
refs(void *arg, const struct alert_record *record)
{
    const struct search *search = arg;
    struct buf out = {0};
    char *id = mem_format("%s-%lld", record->fingerprint, (long long)record->opening);
    deliver_refs(search->notify->deliver, record->fingerprint, id, &out);
    free(id);
    return buf_take(&out);
}

char *
notify_search(struct notify *notify, const char *word, const char *question,
              struct error *error)
{
    struct search search = {notify, 0};
    const struct connector_source source = {next, refs, &search};
    return connector_search(notify->connector, word, question, clock_wall_ms(), &source,
                            error);
}
