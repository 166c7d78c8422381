#include "sim/receiver.h"

#include <string.h>

#include "sim/strict.h"

struct receiver {
    const char *name, *title, *prefix;
    const struct strict_kind *kinds;
    size_t size_most; /* bytes of a body */
    struct receiver_answer taken, refused;
};

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define KINDS(...) ((const struct strict_kind[]){__VA_ARGS__, {NULL, NULL, NULL}})
#define END                                                                            \
    {                                                                                  \
        .name = NULL                                                                   \
    }

/* ---- Slack: https://docs.slack.dev/reference/block-kit/blocks ---- */

static const struct strict_key slack_plain[] = {
    {"type", STRICT_TEXT, 0, true, WORDS("plain_text"), NULL},
    {"text", STRICT_TEXT, 150, true, NULL, NULL},
    {"emoji", STRICT_ANY, 0, false, NULL, NULL},
    END,
};

#define SLACK_TEXT(most)                                                               \
    {"type", STRICT_TEXT, 0, true, WORDS("mrkdwn", "plain_text"), NULL},               \
        {"text", STRICT_TEXT, most, true, NULL, NULL},                                 \
        {"emoji", STRICT_ANY, 0, false, NULL, NULL},                                   \
        {"verbatim", STRICT_ANY, 0, false, NULL, NULL}, END

static const struct strict_key slack_text[] = {SLACK_TEXT(3000)};
static const struct strict_key slack_field[] = {SLACK_TEXT(2000)};

#define SLACK_BLOCK                                                                    \
    {"type", STRICT_TEXT, 0, true, NULL, NULL},                                        \
    {                                                                                  \
        "block_id", STRICT_TEXT, 255, false, NULL, NULL                                \
    }

static const struct strict_key slack_header[] = {
    SLACK_BLOCK,
    {"text", STRICT_OBJECT, 0, true, NULL, KINDS({NULL, NULL, slack_plain})},
    END,
};

static const struct strict_key slack_section[] = {
    SLACK_BLOCK,
    {"text", STRICT_OBJECT, 0, false, NULL, KINDS({NULL, NULL, slack_text})},
    {"fields", STRICT_LIST, 10, false, NULL, KINDS({NULL, NULL, slack_field})},
    {"accessory", STRICT_ANY, 0, false, NULL, NULL},
    END,
};

static const struct strict_key slack_context[] = {
    SLACK_BLOCK,
    {"elements", STRICT_LIST, 10, true, NULL, KINDS({NULL, NULL, slack_text})},
    END,
};

static const struct strict_key slack_divider[] = {SLACK_BLOCK, END};

static const struct strict_key slack_message[] = {
    {"text", STRICT_TEXT, 40000, true, NULL, NULL},
    {"blocks", STRICT_LIST, 50, false, NULL,
     KINDS({"type", "header", slack_header}, {"type", "section", slack_section},
           {"type", "context", slack_context}, {"type", "divider", slack_divider})},
    {"attachments", STRICT_LIST, 100, false, NULL, NULL},
    {"mrkdwn", STRICT_ANY, 0, false, NULL, NULL},
    {"thread_ts", STRICT_TEXT, 0, false, NULL, NULL},
    {"unfurl_links", STRICT_ANY, 0, false, NULL, NULL},
    {"unfurl_media", STRICT_ANY, 0, false, NULL, NULL},
    END,
};

/* ---- Teams: https://adaptivecards.io/explorer, version 1.4 ---- */

#define CARD_ELEMENT                                                                   \
    {"type", STRICT_TEXT, 0, true, NULL, NULL},                                        \
    {                                                                                  \
        "spacing", STRICT_TEXT, 0, false, NULL, NULL                                   \
    }

static const struct strict_key card_text[] = {
    CARD_ELEMENT,
    {"text", STRICT_TEXT, 0, true, NULL, NULL},
    {"wrap", STRICT_ANY, 0, false, NULL, NULL},
    {"weight", STRICT_TEXT, 0, false, WORDS("Default", "Lighter", "Bolder"), NULL},
    {"size", STRICT_TEXT, 0, false,
     WORDS("Default", "Small", "Medium", "Large", "ExtraLarge"), NULL},
    {"color", STRICT_TEXT, 0, false,
     WORDS("Default", "Dark", "Light", "Accent", "Good", "Warning", "Attention"), NULL},
    {"isSubtle", STRICT_ANY, 0, false, NULL, NULL},
    END,
};

static const struct strict_key card_fact[] = {
    {"title", STRICT_TEXT, 0, true, NULL, NULL},
    {"value", STRICT_TEXT, 0, true, NULL, NULL},
    END,
};

static const struct strict_key card_facts[] = {
    CARD_ELEMENT,
    {"facts", STRICT_LIST, 0, true, NULL, KINDS({NULL, NULL, card_fact})},
    END,
};

static const struct strict_key card_column[] = {
    CARD_ELEMENT,
    {"width", STRICT_TEXT, 0, false, NULL, NULL},
    {"items", STRICT_LIST, 0, true, NULL, KINDS({"type", "TextBlock", card_text})},
    END,
};

static const struct strict_key card_columns[] = {
    CARD_ELEMENT,
    {"columns", STRICT_LIST, 0, true, NULL, KINDS({"type", "Column", card_column})},
    END,
};

static const struct strict_key card_action[] = {
    {"type", STRICT_TEXT, 0, true, WORDS("Action.OpenUrl"), NULL},
    {"title", STRICT_TEXT, 0, true, NULL, NULL},
    {"url", STRICT_TEXT, 0, true, NULL, NULL},
    END,
};

static const struct strict_key card_content[] = {
    {"$schema", STRICT_TEXT, 0, false, NULL, NULL},
    {"type", STRICT_TEXT, 0, true, WORDS("AdaptiveCard"), NULL},
    {"version", STRICT_TEXT, 0, true, WORDS("1.2", "1.3", "1.4", "1.5"), NULL},
    {"body", STRICT_LIST, 0, true, NULL,
     KINDS({"type", "TextBlock", card_text}, {"type", "FactSet", card_facts},
           {"type", "ColumnSet", card_columns})},
    {"actions", STRICT_LIST, 6, false, NULL, KINDS({NULL, NULL, card_action})},
    {"msteams", STRICT_ANY, 0, false, NULL, NULL},
    END,
};

static const struct strict_key teams_attachment[] = {
    {"contentType", STRICT_TEXT, 0, true,
     WORDS("application/vnd.microsoft.card.adaptive"), NULL},
    {"contentUrl", STRICT_ANY, 0, false, NULL, NULL},
    {"content", STRICT_OBJECT, 0, true, NULL, KINDS({NULL, NULL, card_content})},
    END,
};

static const struct strict_key teams_message[] = {
    {"type", STRICT_TEXT, 0, true, WORDS("message"), NULL},
    {"attachments", STRICT_LIST, 0, true, NULL, KINDS({NULL, NULL, teams_attachment})},
    END,
};

/* ---- PagerDuty: Events API v2 ---- */

static const struct strict_key pager_payload[] = {
    {"summary", STRICT_TEXT, 1024, true, NULL, NULL},
    {"source", STRICT_TEXT, 0, true, NULL, NULL},
    {"severity", STRICT_TEXT, 0, true, WORDS("critical", "error", "warning", "info"),
     NULL},
    {"timestamp", STRICT_TEXT, 0, false, NULL, NULL},
    {"component", STRICT_TEXT, 0, false, NULL, NULL},
    {"group", STRICT_TEXT, 0, false, NULL, NULL},
    {"class", STRICT_TEXT, 0, false, NULL, NULL},
    {"custom_details", STRICT_ANY, 0, false, NULL, NULL},
    END,
};

#define PAGER_EVENT(has_payload, has_key)                                              \
    {"routing_key", STRICT_TEXT, 0, true, NULL, NULL},                                 \
        {"event_action", STRICT_TEXT, 0, true, NULL, NULL},                            \
        {"dedup_key", STRICT_TEXT, 255, has_key, NULL, NULL},                          \
        {"payload",   STRICT_OBJECT, 0,                                                \
         has_payload, NULL,          KINDS({NULL, NULL, pager_payload})},              \
        {"links", STRICT_LIST, 0, false, NULL, NULL},                                  \
        {"images", STRICT_LIST, 0, false, NULL, NULL},                                 \
        {"client", STRICT_TEXT, 0, false, NULL, NULL},                                 \
        {"client_url", STRICT_TEXT, 0, false, NULL, NULL}, END

static const struct strict_key pager_trigger[] = {PAGER_EVENT(true, false)};
static const struct strict_key pager_resolve[] = {PAGER_EVENT(false, true)};

/* ---- which there are ---- */

static const struct receiver receivers[] = {
    {"slack",
     "Slack",
     "/services/",
     KINDS({NULL, NULL, slack_message}),
     64 << 10,
     {200, "text/plain", "ok"},
     {400, "text/plain", "invalid_payload"}},
    {"teams",
     "Teams",
     "/workflows/",
     KINDS({NULL, NULL, teams_message}),
     28 << 10,
     {202, NULL, ""},
     {400, "application/json", "{\"error\":{\"code\":\"BadRequest\"}}"}},
    {"pagerduty",
     "PagerDuty",
     "/v2/enqueue",
     KINDS({"event_action", "trigger", pager_trigger},
           {"event_action", "acknowledge", pager_resolve},
           {"event_action", "resolve", pager_resolve}),
     512 << 10,
     {202, "application/json",
      "{\"status\":\"success\",\"message\":\"Event processed\"}"},
     {400, "application/json",
      "{\"status\":\"invalid event\",\"message\":\"Event object is invalid\"}"}},
    /* What it answers depends on what it was told before: sim/jira.h. */
    {.name = "jira", .title = "Jira", .prefix = "/rest/api/3/"},
};

const struct receiver *
receiver_at(const char *path)
{
    for (size_t i = 0; i < sizeof receivers / sizeof *receivers; i++)
        if (strncmp(path, receivers[i].prefix, strlen(receivers[i].prefix)) == 0)
            return &receivers[i];
    return NULL;
}

const char *
receiver_name(const struct receiver *receiver)
{
    return receiver->name;
}

const char *
receiver_title(const struct receiver *receiver)
{
    return receiver->title;
}

struct receiver_answer
receiver_judge(const struct receiver *receiver, const char *body, size_t size,
               struct buf *problem)
{
    if (size > receiver->size_most)
        buf_format(problem, "the body: %zu bytes, %zu are allowed", size,
                   receiver->size_most);
    else if (strict_check(receiver->kinds, body, size, problem))
        return receiver->taken;
    return receiver->refused;
}
