/* The contact centre's code tables: what its numbers mean, in words. */
#ifndef CCGATE_MODEL_CODES_H
#define CCGATE_MODEL_CODES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* Tables end with a NULL word. */
struct code {
    int64_t code;
    const char *word;
};

/* The code of "signed_out" where no number on the wire says so (ROW_EXPECTED). */
#define CODE_SIGNED_OUT INT64_MIN

/* `status` of skill/agentbyconfigedskill; in the agent gateway's answers the same
 * numbers mean other states. */
extern const struct code codes_agent_state[];
extern const struct code codes_agent_gateway_state[];
extern const struct code codes_cti_state[];
extern const struct code codes_operation[];

/* What an agent is signed in to, as bits and their words. */
enum { MEDIA_CTI = 1, MEDIA_WEB = 2, MEDIA_MAIL = 4 };
extern const struct code codes_media[];

/* Adds the word, "code 11" when the table has none. */
void code_add_word(const struct code *codes, int64_t code, struct buf *out);

/* The code for a word: of the table, or "code 11". False: the table cannot give it. */
bool code_of_word(const struct code *codes, const char *word, int64_t *code);

/* The meaning of a CMS resultCode: "invalid parameter"; NULL when unknown. */
const char *result_code_text(const char *code);

/* The meaning of an agent-gateway retcode, "100-006", or of its family; NULL when
 * unknown. */
const char *retcode_text(const char *code);

/* Is this the record that a conversation leaves every five minutes while it goes on? */
bool operation_is_interim(int64_t operation, int64_t cause);

/* Why an operation happened; NULL where the table does not know. */
const char *operation_cause_text(int64_t operation, int64_t cause);

#endif
