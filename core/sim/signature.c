#include "sim/signature.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/mem.h"

static const struct {
    const char *word;
    enum signature_form form;
} forms[] = {
    {"all-headers", FORM_ALL_HEADERS}, {"host-only", FORM_HOST_ONLY},
    {"seconds", FORM_SECONDS},         {"millis", FORM_MILLIS},
    {"no-line", FORM_NO_LINE},         {"empty-line", FORM_EMPTY_LINE},
};

enum signature_form
signature_form_of(const char *word)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (strcmp(forms[i].word, word) == 0)
            return forms[i].form;
    return 0;
}

/* True when the policy names `form`, or neither it nor the other of its pair. */
static bool
allows(const struct signature_policy *policy, enum signature_form form,
       enum signature_form other)
{
    return (policy->forms & form) || !(policy->forms & (form | other));
}

/* The parts of auth-v2/AK/TS/SH/signature. */
enum part { PART_SCHEME, PART_KEY, PART_TIME, PART_HEADERS, PART_SIGNATURE, PARTS };

static bool
split(char *text, char *parts[PARTS])
{
    for (int i = 0; i < PARTS; i++)
        if ((parts[i] = strsep(&text, "/")) == NULL)
            return false;
    return text == NULL;
}

/* Reads both forms of the time. It need not be exact: the whole header is built again
 * from the result and compared. */
static bool
read_time(const char *text, int64_t *wall_ms, bool *is_millis)
{
    struct tm parts = {0};
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &parts);
    int millis = 0;
    if (rest == NULL)
        return false;
    *is_millis = *rest == '.';
    if (*is_millis)
        sscanf(rest, ".%3d", &millis);
    *wall_ms = (int64_t)timegm(&parts) * 1000 + millis;
    return true;
}

static bool
fits(const struct sign_options *options, const struct sign_message *message,
     int64_t wall_ms, const char *authorization)
{
    struct buf expected = {0};
    sign_request(options, message, wall_ms, &expected);
    bool is_same = sign_equal(expected.data, authorization);
    buf_fini(&expected);
    return is_same;
}

static const char *
check_parts(const struct signature_policy *policy, const struct sign_message *message,
            const char *authorization, char *parts[PARTS])
{
    struct sign_options options = {.access_key = policy->access_key,
                                   .secret_key = policy->secret_key};
    int64_t wall_ms;
    if (strcmp(parts[PART_SCHEME], "auth-v2") != 0)
        return "the scheme is not auth-v2";
    if (strcmp(parts[PART_KEY], policy->access_key) != 0)
        return "unknown access key";
    if (!read_time(parts[PART_TIME], &wall_ms, &options.timestamp_millis))
        return "the time cannot be read";
    options.host_only = strcmp(parts[PART_HEADERS], "host") == 0;
    if (!options.host_only &&
        strcmp(parts[PART_HEADERS], "content-length;content-type;host") != 0)
        return "unknown list of signed headers";
    if (options.timestamp_millis ? !allows(policy, FORM_MILLIS, FORM_SECONDS)
                                 : !allows(policy, FORM_SECONDS, FORM_MILLIS))
        return "this form of the time is not accepted";
    if (options.host_only ? !allows(policy, FORM_HOST_ONLY, FORM_ALL_HEADERS)
                          : !allows(policy, FORM_ALL_HEADERS, FORM_HOST_ONLY))
        return "this list of signed headers is not accepted";
    if (allows(policy, FORM_NO_LINE, FORM_EMPTY_LINE) &&
        fits(&options, message, wall_ms, authorization))
        return NULL;
    options.empty_query_line = true;
    if (allows(policy, FORM_EMPTY_LINE, FORM_NO_LINE) &&
        fits(&options, message, wall_ms, authorization))
        return NULL;
    return "wrong signature";
}

const char *
signature_check(const struct signature_policy *policy,
                const struct sign_message *message, const char *authorization)
{
    char *parts[PARTS];
    if (authorization == NULL)
        return "no Authorization header";
    if (message->host == NULL)
        return "no Host header";
    char *text = mem_text(authorization);
    const char *problem = split(text, parts)
                              ? check_parts(policy, message, authorization, parts)
                              : "the Authorization header does not have five parts";
    free(text);
    return problem;
}

int64_t
signature_time_ms(const char *authorization)
{
    char *parts[PARTS], *text = mem_text(authorization);
    int64_t wall_ms = 0;
    bool is_millis;
    if (split(text, parts))
        read_time(parts[PART_TIME], &wall_ms, &is_millis);
    free(text);
    return wall_ms;
}
