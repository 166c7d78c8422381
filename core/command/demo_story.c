#include "command/demo_story.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/color.h"
#include "base/mem.h"
#include "base/text.h"
#include "command/demo_arrival.h"

/* A message that only says how things are is told when nothing else was for so long. */
#define QUIET_MS ((int64_t)60 * 1000)

/* An alert that is raised, so that later lines can say what it was about. */
struct topic {
    struct topic *next;
    char *id; /* "queue-wait/7" */
    char *summary;
};

struct story {
    struct demo_style style;
    int64_t now_ms;  /* of the last line of the log */
    int64_t told_ms; /* of the last that was told */
    struct arrival *arrivals;
    struct topic *topics;
    struct story_sum sum;
    int64_t *durations;
};

struct story *
story_new(const struct demo_style *style)
{
    struct story *story = mem_zero(sizeof *story);
    story->style = *style;
    return story;
}

static void
topic_delete(struct topic *topic)
{
    free(topic->id);
    free(topic->summary);
    free(topic);
}

void
story_delete(struct story *story)
{
    if (!story)
        return;
    while (story->arrivals) {
        struct arrival *next = story->arrivals->next;
        arrival_delete(story->arrivals);
        story->arrivals = next;
    }
    while (story->topics) {
        struct topic *next = story->topics->next;
        topic_delete(story->topics);
        story->topics = next;
    }
    free(story->durations);
    free(story);
}

static void
tell(struct story *story, int64_t at_ms, const char *who, const char *what,
     const char *color, const char *text)
{
    const struct demo_line line = {at_ms, who, what, color, text};
    story->told_ms = at_ms;
    demo_line_print(&story->style, &line);
}

void
story_trouble(struct story *story, const char *text)
{
    story->sum.troubles++;
    tell(story, story->now_ms, "demo", "TROUBLE", COLOR_YELLOW, text);
}

/* ---- what arrives ---- */

static void
add_remarks(const struct arrival *arrival, struct buf *text)
{
    if (arrival->is_verified)
        buf_add_text(text, "  (signature verified)");
    if (arrival->refused)
        buf_format(text, "  (refused: %s)", arrival->refused);
    else if (arrival->duration_ms >= 0)
        buf_format(text, "  (delivered within %lld ms)",
                   (long long)arrival->duration_ms + 1);
}

/* Titles first; the why of a raise, or what else a message says, below. What a script
 * tells a program is a view of the floor, for quiet times. */
static void
tell_arrival(struct story *story, const struct arrival *arrival)
{
    const struct shown *shown = &arrival->shown;
    const char *lines = shown->lines.size ? shown->lines.data : "";
    const char *title = shown->title.size ? shown->title.data : lines;
    bool is_plain = shown->mood == SHOWN_PLAIN && !arrival->refused;
    bool is_view = is_plain && !arrival->is_for_people;
    if (is_view && arrival->at_ms < story->told_ms + QUIET_MS)
        return;
    /* Nothing that anybody reads there: the service is asked something. */
    if (is_plain && arrival->is_for_people && !shown->title.size)
        return;
    struct buf text = {0};
    buf_format(&text, "%.*s", (int)strcspn(title, "\n"), title);
    add_remarks(arrival, &text);
    tell(story, arrival->at_ms, arrival->to, arrival->service, COLOR_BLUE, text.data);
    buf_fini(&text);
    if (is_view || title == lines || shown->mood == SHOWN_CLEARED || !*lines)
        return;
    buf_format(&text, "%.*s", (int)strcspn(lines, "\n"), lines);
    demo_line_print_below(&story->style, text.data);
    buf_fini(&text);
}

static struct arrival *
take_arrival(struct story *story, const char *to)
{
    struct arrival **at = &story->arrivals;
    while (*at && strcmp((*at)->to, to) != 0)
        at = &(*at)->next;
    struct arrival *found = *at;
    if (found)
        *at = found->next;
    return found;
}

/* A message may take several requests; the last was it. */
static void
take_sent(struct story *story, const char *to, int64_t duration_ms)
{
    struct story_sum *sum = &story->sum;
    struct arrival *arrival = take_arrival(story, to), *next;
    story->durations =
        mem_grow(story->durations, sum->delivered + 1, sizeof *story->durations);
    story->durations[sum->delivered++] = duration_ms;
    for (; arrival; arrival = next) {
        next = take_arrival(story, to);
        arrival->duration_ms = next ? -1 : duration_ms;
        tell_arrival(story, arrival);
        arrival_delete(arrival);
    }
}

void
story_arrival(struct story *story, const char *line)
{
    struct arrival *arrival = arrival_read(line), **at = &story->arrivals;
    if (arrival->refused) {
        tell_arrival(story, arrival);
        arrival_delete(arrival);
        return;
    }
    while (*at)
        at = &(*at)->next;
    *at = arrival;
}

void
story_flush(struct story *story)
{
    for (const struct arrival *at = story->arrivals; at; at = at->next)
        tell_arrival(story, at);
}

/* ---- the gateway's log ---- */

/* "queue-wait/7 (critical): sales: 7 waiting": the rule is who. */
static void
tell_alert(struct story *story, const char *id, const char *what, const char *color,
           const char *text)
{
    char *rule = mem_copy(id, strcspn(id, "/"));
    tell(story, story->now_ms, rule, what, color, text);
    free(rule);
}

/* Where the topic with this id is, or would be. */
static struct topic **
find_topic(struct story *story, const char *id, size_t size)
{
    struct topic **at = &story->topics;
    while (*at && (strlen((*at)->id) != size || strncmp((*at)->id, id, size) != 0))
        at = &(*at)->next;
    return at;
}

/* A key may have blanks, but the bracket behind it begins with one. */
static void
on_raised(struct story *story, const char *text)
{
    const char *bracket = strstr(text, " ("),
               *end = bracket ? strstr(bracket, "): ") : 0;
    if (!end)
        return;
    struct topic **at = find_topic(story, text, (size_t)(bracket - text));
    if (!*at) {
        *at = mem_zero(sizeof **at);
        (*at)->id = mem_copy(text, (size_t)(bracket - text));
    }
    free((*at)->summary);
    (*at)->summary = mem_text(end + strlen("): "));
    story->sum.raised++;
    struct buf line = {0};
    buf_format(&line, "%s%.*s", (*at)->summary, (int)(end + 1 - bracket), bracket);
    tell_alert(story, text, "RAISED", COLOR_RED, line.data);
    buf_fini(&line);
}

/* "queue-wait/7 after 8m15s (recovered)" */
static void
on_cleared(struct story *story, const char *text)
{
    const char *after_id = strstr(text, " after ");
    if (!after_id)
        return;
    struct topic **at = find_topic(story, text, (size_t)(after_id - text)),
                 *topic = *at;
    struct buf line = {0};
    const char *why = strstr(after_id, "(hours)");
    buf_format(&line, "%s — over%.*s%s", topic ? topic->summary : "an alert",
               (int)(why ? why - after_id : (ptrdiff_t)strlen(after_id)), after_id,
               why ? "(outside its hours)" : "");
    story->sum.cleared++;
    tell_alert(story, text, "CLEARED", COLOR_GREEN, line.data);
    buf_fini(&line);
    if (!topic)
        return;
    *at = topic->next;
    topic_delete(topic);
}

/* "nobody-free/7: pager, 3m after the raise" */
static void
on_tells(struct story *story, const char *text)
{
    const char *colon = strstr(text, ": ");
    if (!colon)
        return;
    struct topic *topic = *find_topic(story, text, (size_t)(colon - text));
    struct buf line = {0};
    buf_format(&line, "%s: %s", colon + 2, topic ? topic->summary : "");
    tell_alert(story, text, "now also", COLOR_YELLOW, line.data);
    buf_fini(&line);
}

/* "raise of queue-wait/7 to floor-chat (200, 3 ms)": read from its end, for names of
 * messages are anything. */
static void
on_sent(struct story *story, const char *text)
{
    const char *bracket = strrchr(text, '('), *comma = strrchr(text, ',');
    if (!bracket || bracket == text || !comma || comma < bracket)
        return;
    const char *to = bracket - 1;
    while (to > text && to[-1] != ' ')
        to--;
    char *name = mem_copy(to, (size_t)(bracket - 1 - to));
    take_sent(story, name, strtoll(comma + 1, NULL, 10));
    free(name);
}

/* ---- the log, line by line ---- */

static void
on_reloaded(struct story *story, const char *text)
{
    tell(story, story->now_ms, "gateway", "reloaded", COLOR_GREY, text);
}

/* By room and beginning; what is not here is not told. */
static const struct happening {
    const char *room, *begins;
    void (*on)(struct story *story, const char *text);
} happenings[] = {
    {"notify", "raised", on_raised},      {"notify", "cleared", on_cleared},
    {"notify", "tells", on_tells},        {"deliver", "sent", on_sent},
    {"gateway", "reloaded", on_reloaded},
};

/* The rest of `text` when it begins with `beginning`, without blanks; else NULL. */
static const char *
after(const char *text, const char *beginning)
{
    size_t size = strlen(beginning);
    if (strncmp(text, beginning, size) != 0)
        return NULL;
    return text + size + strspn(text + size, " ");
}

static const char *
skip_word(const char *at)
{
    at += strcspn(at, " ");
    return at + strspn(at, " ");
}

/* The room is who, unless it is a script, whose name is. Without the traceback, which
 * the log has in the same line. */
static void
tell_trouble(struct story *story, const char *place)
{
    const char *named = after(place, "script "), *end;
    const char *who = named ? named : place, *text = skip_word(who);
    char *room = mem_copy(who, strcspn(who, " "));
    end = strstr(text, "\\nstack traceback");
    char *said = end ? mem_copy(text, (size_t)(end - text)) : mem_text(text);
    story->sum.troubles++;
    tell(story, story->now_ms, room, "TROUBLE", COLOR_YELLOW, said);
    free(said);
    free(room);
}

static void
tell_script(struct story *story, const char *text)
{
    char *name = mem_copy(text, strcspn(text, " "));
    const char *said = skip_word(text);
    bool is_live = after(said, "live: ") != NULL;
    tell(story, story->now_ms, name, is_live ? "loaded" : "says", COLOR_GREY,
         is_live ? after(said, "live: ") : said);
    free(name);
}

void
story_log(struct story *story, const char *line)
{
    const char *level = skip_word(line), *place = skip_word(level), *text;
    int64_t at_s;
    if (!text_time(line, strnlen(line, 19), &at_s))
        return;
    story->now_ms = at_s * 1000;
    if (!strncmp(level, "warn", 4) || !strncmp(level, "error", 5)) {
        tell_trouble(story, place);
        return;
    }
    if ((text = after(place, "script "))) {
        tell_script(story, text);
        return;
    }
    for (size_t i = 0; i < sizeof happenings / sizeof *happenings; i++) {
        text = after(place, happenings[i].room);
        text = text ? after(text, happenings[i].begins) : NULL;
        if (text) {
            happenings[i].on(story, text);
            return;
        }
    }
}

/* ---- the sum ---- */

static int
compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

struct story_sum
story_sum(struct story *story)
{
    struct story_sum sum = story->sum;
    if (sum.delivered) {
        qsort(story->durations, sum.delivered, sizeof *story->durations, compare);
        sum.median_ms = story->durations[sum.delivered / 2];
        sum.slowest_ms = story->durations[sum.delivered - 1];
    }
    return sum;
}
