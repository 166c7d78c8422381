/* What the store has swept is forgotten here, too. */
#include "deliver/book.h"

static void
forget_memo(struct notify *notify, const struct swept *row)
{
    deliver_forget(notify->deliver, row);
}

/* Of the others there is no copy here. */
static void (*const forgetters[RETAINED_KINDS])(struct notify *notify,
                                                const struct swept *row) = {
    [RETAINED_SILENCES] = silences_forget, [RETAINED_HANDLERS] = handlers_forget,
    [RETAINED_ALERTS] = book_forget,       [RETAINED_MEMOS] = forget_memo,
    [RETAINED_KEPT] = shelves_forget,      [RETAINED_KEY_STATES] = states_forget,
};

void
notify_forget(struct notify *notify, const struct swept *row)
{
    if (forgetters[row->what])
        forgetters[row->what](notify, row);
}
