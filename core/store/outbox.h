/* Reading the outbox while the gateway runs: what people ask for.
 *
 * The storage thread reads, one page between two commits: no commit waits for more than
 * a page, and the loop for nothing. A page looks at PAGE_LOOKS messages at most,
 * newest first, and has those of them that are asked for; who wants more asks for the
 * next page. While commits fail, reading goes on. */
#ifndef CCGATE_STORE_OUTBOX_H
#define CCGATE_STORE_OUTBOX_H

#include "store/store.h"

#define OUTBOX_PAGE_LOOKS 1000
#define OUTBOX_PAGE_MOST  100 /* messages in a page */
#define OUTBOX_ANY        (-1)

struct outbox_filter {
    const char *id;          /* this message alone, with its attempts; NULL: any */
    const char *id_begins;   /* only ids that begin so, by id and not by age, in one
                                page, whatever else is said here; NULL: any */
    const char *destination; /* NULL: any */
    int state;               /* enum outbox_state, or OUTBOX_ANY */
    int64_t before;          /* only what was created before this position; 0: all */
};

struct outbox_attempt {
    int64_t number, at_ms;
    long status; /* 0: no answer came */
    int curl_code;
    char *answer; /* the beginning of it, or what went wrong */
};

struct outbox_page {
    struct error error; /* ERROR_NONE, or nothing could be read */
    struct outbox_record *records;
    size_t count;
    int64_t before; /* ask for the next page with this; 0: that was all */
    struct outbox_attempt *attempts; /* of a filter with an id */
    size_t attempt_count;
};

/* Called on the loop; the page is borrowed. */
typedef void store_on_page(void *arg, const struct outbox_page *page);

/* Copies the filter. The callback comes later, never from inside, and not at all after
 * store_read_cancel() or store_close(). */
struct store_read;
struct store_read *store_read_outbox(struct store *store,
                                     const struct outbox_filter *filter,
                                     store_on_page *on_page, void *arg);
/* Before its callback. */
void store_read_cancel(struct store_read *read);

#endif
