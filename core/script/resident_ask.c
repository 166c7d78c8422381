#include "script/resident_ask.h"

#include <string.h>

#include "script/resident_inside.h"

static const struct {
    const char *word;
    asker *ask;
} words[] = {
    {"receipt", resident_ask_receipt}, {"alerts", resident_ask_alerts},
    {"raises", resident_ask_alerts},   {"ack", resident_ask_ack},
    {"silence", resident_ask_silence}, {"http", resident_ask_http},
};

bool
resident_ask(struct resident *resident, struct wait *wait,
             const struct message_ask *ask, struct error *error)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(words[i].word, ask->word))
            return words[i].ask(resident, wait, ask, error);
    error_set(error, ERROR_DECODE, "", "ASK: no such word: %s", ask->word);
    return false;
}
