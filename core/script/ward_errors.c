/* Errors of a script's own code: counted for each rule and job, and told when they come
 * again and again. */
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "script/ward.h"

#define PERIODS 3

/* Three periods of an entry that runs more seldom than every few minutes: its errors
 * would never meet in ten. */
static int64_t
within_ms(const struct ward *ward, uint32_t entry)
{
    int64_t periods_ms = PERIODS * resident_period_ms(ward->resident, entry);
    return periods_ms < STRIKES_WITHIN_MS ? STRIKES_WITHIN_MS : periods_ms;
}

void
ward_note_error(struct entry_record *record, const char *text, size_t size)
{
    free(record->trouble);
    record->trouble = mem_copy(text, size);
    record->trouble_ms = clock_wall_ms();
}

void
ward_take_errors(struct ward *ward, const struct message_failed *failed)
{
    struct entry_record *record = ward_record_at(ward, failed->entry);
    record->error_count += (uint64_t)failed->count;
    record->errors.within_ms = within_ms(ward, failed->entry);
    ward_note_error(record, failed->text, failed->text_size);
    bool is_again = strikes_add(&record->errors, clock_mono_ms());
    /* That it is switched off has been told, with the reason. */
    if (is_again && !record->is_failing && !record->strikes.out_since_ms)
        ward_tell_failing(ward, record, failed->text, failed->text_size);
}
