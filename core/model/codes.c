#include "model/codes.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "base/text.h"

const struct code codes_agent_state[] = {
    {0, "unknown"}, {2, "error"},   {3, "busy"}, {4, "idle"},
    {5, "wrap_up"}, {7, "talking"}, {8, "rest"}, {CODE_SIGNED_OUT, "signed_out"},
    {0, NULL},
};

const struct code codes_agent_gateway_state[] = {
    {0, "unknown"}, {2, "signed_out"}, {3, "busy"},     {4, "idle"}, {5, "wrap_up"},
    {7, "talking"}, {8, "rest"},       {9, "pre_rest"}, {0, NULL},
};

const struct code codes_cti_state[] = {
    {0, "signed_out"}, {1, "idle"},    {2, "preoccupied"}, {3, "occupied"},
    {4, "answering"},  {5, "talking"}, {6, "working"},     {7, "busy"},
    {8, "rest"},       {9, "study"},   {10, "adjusting"},  {0, NULL},
};

const struct code codes_media[] = {
    {MEDIA_CTI, "cti"},
    {MEDIA_WEB, "web"},
    {MEDIA_MAIL, "mail"},
    {0, NULL},
};

enum { TEXT_CONVERSATION = 4, CONVERSATION = 60, CAUSE_INTERIM = 1 };

const struct code codes_operation[] = {
    {0, "sign_out"},
    {1, "sign_in"},
    {2, "idle"},
    {3, "busy"},
    {TEXT_CONVERSATION, "text_conversation"},
    {5, "waiting_answer"},
    {6, "waiting_connect"},
    {7, "release"},
    {8, "disconnect"},
    {9, "waiting_ring"},
    {10, "three_party"},
    {11, "channel_down"},
    {12, "channel_restored"},
    {13, "suspended_to_ivr"},
    {20, "intruding"},
    {21, "intruding_ended"},
    {22, "voice_playing"},
    {26, "rest"},
    {27, "wrap_up"},
    {28, "listen_and_intrude"},
    {29, "forced_sign_out"},
    {30, "forced_idle"},
    {31, "forced_busy"},
    {32, "mute"},
    {33, "unmute"},
    {34, "study"},
    {38, "hold"},
    {39, "retrieve"},
    {40, "internal_help"},
    {41, "internal_call"},
    {42, "connect_held"},
    {43, "intercept"},
    {44, "voice_stopped"},
    {45, "internal_transfer"},
    {46, "transfer_out"},
    {47, "media_sign_in"},
    {50, "image_screening"},
    {51, "image_audio_screening"},
    {52, "media_sign_out"},
    {53, "queued_call_transfer"},
    {54, "release_transfer"},
    {55, "transfer_to_device"},
    {56, "custom_status"},
    {57, "swap_held"},
    {58, "conference"},
    {59, "collaboration"},
    {CONVERSATION, "conversation"},
    {0, NULL},
};

bool
code_of_word(const struct code *codes, const char *word, int64_t *code)
{
    for (const struct code *known = codes; known->word; known++) {
        *code = known->code;
        if (!strcmp(known->word, word))
            return true;
    }
    return !strncmp(word, "code ", 5) && text_integer(word + 5, code);
}

void
code_add_word(const struct code *codes, int64_t code, struct buf *out)
{
    for (; codes->word; codes++) {
        if (codes->code != code)
            continue;
        buf_add_text(out, codes->word);
        return;
    }
    buf_format(out, "code %" PRId64, code);
}

/* ---- causes of operations ---- */

/* Types whose causes have a meaning of their own; each row is a range of causes. */
static const struct {
    int16_t operation, low, high;
    const char *text;
} causes[] = {
    {0, 1, 255, "a reason that the agent's program gave"},
    {0, 256, 256, "the console was disconnected"},
    {0, 257, 257, "forced by an inspector"},
    {0, 258, 258, "the agent's own wish"},
    {0, 259, 259, "before signing in again"},
    {0, 260, 260, "media server and CCS lost touch"},
    {0, 261, 261, "CCS and UIS lost touch"},
    {0, 262, 262, "the media server was lost"},
    {0, 263, 263, "UIS and console lost touch"},
    {0, 264, 264, "the same agent was signed in elsewhere by force"},
    {3, 1, 1, "the agent's own wish"},
    {3, 2, 2, "forced after a call was long not answered"},
    {3, 3, 3, "forced by an inspector"},
    {3, 4, 4, "rest"},
    {3, 5, 5, "the phone is unavailable"},
    {3, 7, 7, "a call was rejected"},
    {3, 200, 250, "a reason of the service's own"},
    {TEXT_CONVERSATION, 0, 0, "the end"},
    {TEXT_CONVERSATION, CAUSE_INTERIM, CAUSE_INTERIM, "a record every five minutes"},
    {20, 0, 0, "of an agent"},
    {20, 2, 2, "of a trunk"},
    {27, 0, 0, "by itself after a call"},
    {27, 1, 255, "as the agent asked for it"},
    {38, 1, 1, "held by an inspector"},
    {40, 0, 0, "not certain"},
    {40, 1, 1, "two parties"},
    {40, 2, 2, "three parties"},
    {40, 3, 3, "transfer"},
    {40, 4, 4, "transfer of three parties"},
    {40, 5, 5, "conversation of three parties"},
    {40, 6, 6, "connection"},
    {59, 0, 0, "starts it"},
    {59, 1, 1, "joins it"},
    {CONVERSATION, 0, 0, "the end"},
    {CONVERSATION, CAUSE_INTERIM, CAUSE_INTERIM, "a record every five minutes"},
};

bool
operation_is_interim(int64_t operation, int64_t cause)
{
    return (operation == TEXT_CONVERSATION || operation == CONVERSATION) &&
           cause == CAUSE_INTERIM;
}

const char *
operation_cause_text(int64_t operation, int64_t cause)
{
    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
        if (causes[i].operation == operation && cause >= causes[i].low &&
            cause <= causes[i].high)
            return causes[i].text;
    return NULL;
}
