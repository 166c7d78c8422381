#include "sim/shown.h"

#include <stdbool.h>
#include <string.h>

#include "model/json.h"

/* Longer texts end in "…": who wants all of it asks for JSON. */
#define TEXT_MOST ((size_t)400)

enum place {
    PLACE_NONE,
    PLACE_TITLE, /* the first is the title, others are lines */
    PLACE_HEAD,  /* the title, whatever came before it: that is a line */
    PLACE_SPARE, /* the title when there is no other */
    PLACE_LINE,
    PLACE_NAME,  /* "Why", whose value comes next: */
    PLACE_VALUE, /* "Why: …", or with the label of its rule */
    PLACE_LINK,
    PLACE_WORD, /* of the last line, in the order of the table */
    PLACE_ANY,  /* the values of an object stand in one line, with their keys */
};

/* What the text at a path of the body is: the first that fits. Lists are not part of
 * the path, and a '*' at its end stands for anything. */
struct part {
    const char *path; /* NULL ends a list */
    enum place place;
    const char *label;
};

static const struct part slack_parts[] = {
    {"blocks.text.text", PLACE_TITLE, NULL},
    {"blocks.fields.text", PLACE_LINE, NULL},
    {"blocks.elements.text", PLACE_LINE, NULL},
    {"text", PLACE_SPARE, NULL},
    {NULL, PLACE_NONE, NULL},
};

#define CARD "attachments.content."
static const struct part teams_parts[] = {
    {CARD "body.text", PLACE_TITLE, NULL},
    {CARD "body.facts.title", PLACE_NAME, NULL},
    {CARD "body.facts.value", PLACE_VALUE, NULL},
    {CARD "body.columns.items.text", PLACE_LINE, NULL},
    {CARD "actions.url", PLACE_LINK, NULL},
    {NULL, PLACE_NONE, NULL},
};

static const struct part pager_parts[] = {
    {"payload.summary", PLACE_TITLE, NULL},
    {"payload.custom_details.why", PLACE_VALUE, "Why"},
    {"links.href", PLACE_LINK, NULL},
    {"event_action", PLACE_WORD, NULL},
    {"payload.severity", PLACE_WORD, NULL},
    {"dedup_key", PLACE_WORD, "incident "},
    {NULL, PLACE_NONE, NULL},
};

static const struct part jira_parts[] = {
    {"fields.summary", PLACE_TITLE, NULL},
    {"fields.description.content.content.text", PLACE_LINE, NULL},
    {"body.content.content.text", PLACE_LINE, NULL},
    {"update.comment.add.body.content.content.text", PLACE_LINE, NULL},
    {"jql", PLACE_WORD, "looks for "},
    {"transition.id", PLACE_WORD, "transition "},
    {NULL, PLACE_NONE, NULL},
};

static const struct part event_parts[] = {
    {"data.summary", PLACE_TITLE, NULL},      {"data.message", PLACE_TITLE, NULL},
    {"data.cleared", PLACE_HEAD, NULL},       {"data.message.title", PLACE_HEAD, NULL},
    {"data.message.text", PLACE_TITLE, NULL}, {"data.message.*", PLACE_ANY, NULL},
    {"data.details", PLACE_LINE, NULL},       {"data.why", PLACE_VALUE, "Why"},
    {"data.link", PLACE_LINK, NULL},          {"data.kind", PLACE_WORD, NULL},
    {"data.severity", PLACE_WORD, NULL},      {"data.rule", PLACE_WORD, NULL},
    {"data.reason", PLACE_WORD, NULL},        {NULL, PLACE_NONE, NULL},
};
#define WORDS_MAX 16

static const struct part other_parts[] = {
    {"*", PLACE_ANY, NULL},
    {NULL, PLACE_NONE, NULL},
};

static const struct {
    const char *service;
    const struct part *parts;
} services[] = {
    {"slack", slack_parts},
    {"teams", teams_parts},
    {"pagerduty", pager_parts},
    {"jira", jira_parts},
};

/* What raises and what clears, as each service is told so. */
static const struct {
    const char *path, *begins;
    enum shown_mood mood;
} moods[] = {
    {"blocks.text.text", "🟢", SHOWN_CLEARED},
    {"blocks.text.text", "🔴", SHOWN_RAISED},
    {"blocks.text.text", "🟠", SHOWN_RAISED},
    {CARD "body.color", "Good", SHOWN_CLEARED},
    {CARD "body.color", "Attention", SHOWN_RAISED},
    {CARD "body.color", "Warning", SHOWN_RAISED},
    {"event_action", "resolve", SHOWN_CLEARED},
    {"event_action", "trigger", SHOWN_RAISED},
    {"fields.summary", "", SHOWN_RAISED},
    {"transition.id", "", SHOWN_CLEARED},
    {"data.kind", "clear", SHOWN_CLEARED},
    {"data.kind", "raise", SHOWN_RAISED},
    {"data.kind", "level", SHOWN_RAISED},
    {"data.kind", "remind", SHOWN_RAISED},
};

struct walk {
    struct json json;
    const struct part *parts;
    struct shown *shown;
    struct buf path, text, spare;
    struct buf words[WORDS_MAX];
    bool is_found, is_in_line; /* by PLACE_ANY, something stands in the last line */
};

/* ---- texts ---- */

static const struct {
    const char *from;
    const char *to;
} marks[] = {{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"*\n", ": "},
             {"```", ""},    {"\n", " / "}, {"*", ""}};

/* Adds the text without marks of Slack and without what would end or colour a line. */
static void
add_plain(struct buf *out, const char *text, size_t size)
{
    size_t start = out->size, i = 0;
    while (i < size && out->size - start < TEXT_MOST) {
        size_t skipped = 0;
        for (size_t m = 0; m < sizeof marks / sizeof *marks && !skipped; m++) {
            size_t length = strlen(marks[m].from);
            if (length > size - i || memcmp(text + i, marks[m].from, length) != 0)
                continue;
            buf_add_text(out, marks[m].to);
            skipped = length;
        }
        if (!skipped) {
            bool is_control = (unsigned char)text[i] < 0x20 || text[i] == 0x7f;
            buf_add(out, is_control ? " " : &text[i], 1);
            skipped = 1;
        }
        i += skipped;
    }
    if (i < size)
        buf_add_text(out, "…");
}

static void
add_line(struct walk *walk, const char *label, const struct buf *text)
{
    struct buf *lines = &walk->shown->lines;
    if (label)
        buf_format(lines, "%s: ", label);
    add_plain(lines, text->data, text->size);
    /* "Why: " in letters of another kind: what it is about follows. */
    if (lines->size < 2 || strcmp(lines->data + lines->size - 2, ": ") != 0)
        buf_add_text(lines, "\n");
}

static void
place_any(struct walk *walk)
{
    struct buf *lines = &walk->shown->lines;
    const char *dot = walk->path.size ? strrchr(walk->path.data, '.') : NULL;
    if (walk->is_in_line)
        buf_add_text(lines, ", ");
    buf_format(lines, "%s ", dot ? dot + 1 : walk->path.size ? walk->path.data : "");
    add_plain(lines, walk->text.data, walk->text.size);
    walk->is_in_line = true;
}

static void
end_line(struct walk *walk)
{
    if (walk->is_in_line)
        buf_add_text(&walk->shown->lines, "\n");
    walk->is_in_line = false;
}

/* What it begins with anyway is not said twice. */
static void
place_head(struct walk *walk)
{
    struct buf *title = &walk->shown->title, before = *title;
    *title = (struct buf){0};
    add_plain(title, walk->text.data, walk->text.size);
    if (!title->size)
        *title = before;
    else if (before.size && strncmp(title->data, before.data, before.size) != 0)
        add_line(walk, NULL, &before);
    if (title->data != before.data)
        buf_fini(&before);
}

static void
place_text(struct walk *walk, const struct part *part)
{
    struct shown *shown = walk->shown;
    struct buf *word = &walk->words[part - walk->parts];
    walk->is_found = true;
    switch (part->place) {
    case PLACE_TITLE:
        if (shown->title.size)
            add_line(walk, NULL, &walk->text);
        else
            add_plain(&shown->title, walk->text.data, walk->text.size);
        break;
    case PLACE_HEAD: place_head(walk); break;
    case PLACE_SPARE: add_plain(&walk->spare, walk->text.data, walk->text.size); break;
    case PLACE_NAME:
        add_plain(&shown->lines, walk->text.data, walk->text.size);
        buf_add_text(&shown->lines, ": ");
        break;
    case PLACE_LINE:
    case PLACE_VALUE: add_line(walk, part->label, &walk->text); break;
    case PLACE_LINK: add_line(walk, "Open", &walk->text); break;
    case PLACE_WORD:
        buf_add_text(word, part->label ? part->label : "");
        add_plain(word, walk->text.data, walk->text.size);
        break;
    case PLACE_ANY: place_any(walk); break;
    case PLACE_NONE: break;
    }
}

/* ---- the body ---- */

static bool
fits(const char *pattern, const char *path)
{
    size_t size = strcspn(pattern, "*");
    return strncmp(pattern, path, size) == 0 && (pattern[size] || !path[size]);
}

static void
take_text(struct walk *walk)
{
    const char *path = walk->path.size ? walk->path.data : "";
    for (size_t i = 0; i < sizeof moods / sizeof *moods; i++)
        if (!strcmp(moods[i].path, path) && walk->shown->mood == SHOWN_PLAIN &&
            !strncmp(walk->text.data, moods[i].begins, strlen(moods[i].begins)))
            walk->shown->mood = moods[i].mood;
    const struct part *part = walk->parts;
    while (part->path && !fits(part->path, path))
        part++;
    if (part->path)
        place_text(walk, part);
}

static void walk_value(struct walk *walk);

static void
walk_object(struct walk *walk)
{
    struct json_text key;
    bool first = true;
    size_t above = walk->path.size;
    json_open(&walk->json, '{');
    while (json_more(&walk->json, '}', &first) && json_key(&walk->json, &key)) {
        if (above)
            buf_add_text(&walk->path, ".");
        json_unescape(&key, &walk->path);
        walk_value(walk);
        walk->path.size = above;
        if (walk->path.data)
            walk->path.data[above] = '\0';
    }
    end_line(walk);
}

static void
walk_value(struct walk *walk)
{
    struct json_text text;
    bool first = true;
    buf_clear(&walk->text);
    switch (json_peek(&walk->json)) {
    case '{': walk_object(walk); break;
    case '[':
        json_open(&walk->json, '[');
        while (json_more(&walk->json, ']', &first))
            walk_value(walk);
        break;
    case '"':
        if (!json_string(&walk->json, &text))
            break;
        json_unescape(&text, &walk->text);
        if (walk->text.size)
            take_text(walk);
        break;
    case 'n': json_skip(&walk->json); break;
    default: {
        const char *begin = walk->json.at;
        if (json_skip(&walk->json)) {
            buf_add(&walk->text, begin, (size_t)(walk->json.at - begin));
            take_text(walk);
        }
    }
    }
}

/* A name may be the last that is said. */
static void
end_lines(struct buf *lines)
{
    if (lines->size && lines->data[lines->size - 1] != '\n')
        buf_add_text(lines, "\n");
}

static void
add_words(struct walk *walk)
{
    struct buf *lines = &walk->shown->lines;
    bool has_words = false;
    for (int i = 0; i < WORDS_MAX; i++) {
        if (walk->words[i].size == 0)
            continue;
        buf_format(lines, "%s%s", has_words ? " · " : "", walk->words[i].data);
        has_words = true;
    }
    if (has_words)
        buf_add_text(lines, "\n");
}

/* False when nothing of it is as `parts` say. */
static bool
read_parts(struct shown *shown, const struct part *parts, const char *body, size_t size)
{
    struct walk walk = {.parts = parts, .shown = shown};
    json_init(&walk.json, body, size);
    walk_value(&walk);
    bool is_read = json_end(&walk.json) && walk.is_found;
    end_lines(&shown->lines);
    add_words(&walk);
    if (is_read && !shown->title.size && walk.spare.size)
        buf_add(&shown->title, walk.spare.data, walk.spare.size);
    buf_fini(&walk.path);
    buf_fini(&walk.text);
    buf_fini(&walk.spare);
    for (int i = 0; i < WORDS_MAX; i++)
        buf_fini(&walk.words[i]);
    return is_read;
}

void
shown_read(struct shown *shown, const char *service, const char *body, size_t size)
{
    const struct part *parts = event_parts;
    for (size_t i = 0; service && i < sizeof services / sizeof *services; i++)
        if (strcmp(services[i].service, service) == 0)
            parts = services[i].parts;
    if (read_parts(shown, parts, body, size))
        return;
    shown_fini(shown);
    if (read_parts(shown, other_parts, body, size))
        return;
    shown_fini(shown);
    add_plain(&shown->title, body, size);
}

void
shown_fini(struct shown *shown)
{
    buf_fini(&shown->title);
    buf_fini(&shown->lines);
    *shown = (struct shown){0};
}
