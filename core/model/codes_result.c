/* What the codes of failed answers mean. */
#include <stddef.h>
#include <string.h>

#include "model/codes.h"

struct meaning {
    const char *code, *text; /* a code that ends in '-' begins all of its family */
};

/* The result codes of the CMS interface; the success code is not among them. */
static const struct meaning result_codes[] = {
    {"0100001", "invocation failed"},
    {"0100002", "invalid parameter"},
    {"0100003", "the platform is too old for this query"},
    {"0100999", "unknown error"},
    {"0101001", "the inspection interface is abnormal"},
    {"0101002", "the number is not on the platform"},
    {"0101003", "insufficient permission"},
    {NULL, NULL},
};

/* The return codes of the agent gateway. A family stands behind its members. */
static const struct meaning return_codes[] = {
    {"000-001", "wrong way of fetching events"},
    {"000-002", "a URL, address or parameter is invalid"},
    {"000-003", "no right to ask this, or the sign-in is not valid any more"},
    {"000-004", "the agent is being switched to another server"},
    {"000-005", "the agent to be inspected is an inspector"},
    {"000-006", "a parameter of the message is wrong"},
    {"000-007", "asked again too soon"},
    {"100-001", "a parameter of the sign-in is empty or invalid"},
    {"100-002", "the agent is signed in already"},
    {"100-003", "a resource for the sign-in is unavailable"},
    {"100-004", "wrong agent or password"},
    {"100-005", "a parameter of the sign-out is invalid"},
    {"100-006", "the agent is not signed in"},
    {"100-007", "the platform cannot be reached, or failed"},
    {"100-008", "the agent has signed out"},
    {"100-009", "the state could not be set, or there is no right to"},
    {"100-010", "the agent's state does not allow a sign-out"},
    {"100-011", "a parameter of the sign-in is invalid"},
    {"100-012", "the agent's type is invalid"},
    {"100-013", "the phone to be bound is invalid"},
    {"100-014", "the phone is outside of the configured range"},
    {"100-015", "the agent is signed in already and cannot be forced out"},
    {"100-016", "the address at the sign-in is invalid"},
    {"100-060", "the account is abnormal"},
    {"100-061", "the account is locked"},
    {"100-062", "wrong password"},
    {"101-001", "there is no conference"},
    {"101-002", "the agent does not chair the conference"},
    {"107-000", "the cached sign-in is not valid any more"},
    {"107-", "signing in for the configuration failed"},
    {"110-016", "the account is locked"},
    {"200-001", "wrong number"},
    {"200-", "the call is not there, or its state does not allow this"},
    {"210-001", "no URL is known"},
    {"300-001", "no right to ask about agents"},
    {"300-002", "there is no such agent"},
    {"300-003", "there is no such agent in the group"},
    {"300-004", "there is no such group"},
    {"400-001", "there is no data of the call"},
    {"400-003", "there is no call on hold"},
    {"500-", "the state of recording or playing does not allow this"},
    {"600-001", "there is no agent, or no skill"},
    {"600-002", "the VDN has no skills"},
    {"600-003", "there is no access code"},
    {"600-004", "there is no IVR"},
    {"600-005", "the agent's VDN has no skills"},
    {"700-003", "the message could not be sent"},
    {"700-", "the conference does not allow this"},
    {"701-", "the message could not be sent"},
    {"800-001", "there is no proxy service"},
    {"800-002", "asking for the configuration failed"},
    {"800-003", "there is no default media gateway"},
    {"900-002", "no right to control quality"},
    {"900-004", "nothing is known of the agent"},
    {"900-", "controlling quality failed"},
    {"999-001", "the address of the platform is wrong in the server's configuration"},
    {NULL, NULL},
};

static const char *
meaning_of(const struct meaning *meaning, const char *code)
{
    for (; meaning->code; meaning++) {
        size_t size = strlen(meaning->code);
        bool is_family = meaning->code[size - 1] == '-';
        if (!strncmp(meaning->code, code, size) && (is_family || !code[size]))
            return meaning->text;
    }
    return NULL;
}

const char *
result_code_text(const char *code)
{
    return meaning_of(result_codes, code);
}

const char *
retcode_text(const char *code)
{
    return meaning_of(return_codes, code);
}
