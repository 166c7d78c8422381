/* What is raised, who takes care of it, and what nobody is to hear of. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "command/api_inside.h"
#include "model/pick.h"

/* ---- alerts ---- */

#define HELD_NOTE                                                                      \
    "HELD: nobody watches it now; it waits for its script, or for `ccgate alerts "     \
    "clear RULE/KEY`"

struct alerts {
    struct alert_record *list;
    size_t count;
};

static void
keep(void *arg, const struct alert_record *record)
{
    struct alerts *alerts = arg;
    alerts->list = mem_grow(alerts->list, alerts->count + 1, sizeof *alerts->list);
    alert_record_init(&alerts->list[alerts->count++], record);
}

/* The newest first. */
static int
compare(const void *a, const void *b)
{
    const struct alert_record *left = a, *right = b;
    int64_t since = pick_integer(left->state, "started_at"),
            other = pick_integer(right->state, "started_at");
    return since != other ? (since < other ? 1 : -1)
                          : strcmp(left->fingerprint, right->fingerprint);
}

/* "floor-chat, pager" of [{"to":"floor-chat",…},…]. */
static void
add_told(const struct json_text *told, struct buf *out)
{
    struct json json;
    bool first = true;
    json_init(&json, told->data, told->size);
    if (json_peek(&json) != '[' || !json_open(&json, '['))
        return;
    while (json_more(&json, ']', &first)) {
        json_peek(&json);
        const char *begin = json.at;
        if (!json_skip(&json))
            return;
        char *object = mem_copy(begin, (size_t)(json.at - begin));
        char *to = object[0] == '{' ? pick_text(object, "to") : NULL;
        if (to)
            buf_format(out, "%s%s", out->size ? ", " : "", to);
        free(to);
        free(object);
    }
}

static void
add_told_cell(struct listing *listing, const char *state)
{
    struct json_text told = pick(state, "told");
    struct buf text = {0};
    add_told(&told, &text);
    listing_raw(listing, told.data, told.size, text.size ? text.data : "nobody");
    buf_fini(&text);
}

static void
add_acked_cell(struct listing *listing, const char *state)
{
    struct json_text acked = pick(state, "acked");
    char *object = mem_copy(acked.data, acked.size);
    char *by = acked.data[0] == '{' ? pick_text(object, "by") : NULL;
    listing_raw(listing, acked.data, acked.size, by ? by : "-");
    free(by);
    free(object);
}

static const struct listing_column alert_columns[] = {
    {"started_at", "AGE"}, {"severity", "SEVERITY"}, {"rule", "RULE"},
    {"key", "KEY"},        {"center", "CENTER"},     {"script", NULL},
    {"held", "HELD"},      {"told", "TOLD"},         {"acked", "ACKED"},
    {"id", "ID"},          {"labels", NULL},         {"refs", NULL},
    {"why", NULL},         {"summary", "SUMMARY"},   {NULL, NULL},
};

static void
add_refs_cell(struct listing *listing, const struct notify *notify, const char *id)
{
    struct buf refs = {0};
    notify_refs(notify, id, &refs);
    listing_raw(listing, refs.data, refs.size, "");
    buf_fini(&refs);
}

/* The gateway's own are of no script. */
static bool
is_own(const char *rule)
{
    return strncmp(rule, "ccgate-", strlen("ccgate-")) == 0;
}

static void
add_held_cell(struct listing *listing, const struct supervisor *supervisor,
              const struct alert_record *alert)
{
    struct buf why = {0};
    if (!is_own(alert->rule) &&
        supervisor_is_held(supervisor, alert->rule, alert->script, &why))
        listing->note = HELD_NOTE;
    listing_text(listing, why.data);
    buf_fini(&why);
}

static void
add_alert(struct listing *listing, const struct api_world *world,
          const struct alert_record *alert)
{
    char *severity = pick_text(alert->state, "severity");
    char *summary = pick_text(alert->state, "summary");
    char *why = pick_text(alert->state, "why");
    char *id = mem_format("%s-%" PRId64, alert->fingerprint, alert->opening);
    struct json_text labels = pick(alert->state, "labels");
    listing_age(listing, pick_integer(alert->state, "started_at") * 1000);
    listing_text(listing, severity);
    listing_text(listing, alert->rule);
    listing_text(listing, alert->key);
    listing_text(listing, alert->center);
    listing_text(listing, alert->script);
    add_held_cell(listing, world->supervisor, alert);
    add_told_cell(listing, alert->state);
    add_acked_cell(listing, alert->state);
    listing_text(listing, id);
    listing_raw(listing, labels.data, labels.size, "");
    add_refs_cell(listing, world->notify, id);
    listing_text(listing, why);
    listing_text(listing, summary);
    free(id);
    free(why);
    free(summary);
    free(severity);
}

void
api_alerts(struct api_call *call)
{
    struct alerts alerts = {0};
    struct listing listing;
    listing_init(&listing, alert_columns, "nothing is raised", clock_wall_ms());
    notify_each_raised(call->api->world.notify, NULL, keep, &alerts);
    if (alerts.count)
        qsort(alerts.list, alerts.count, sizeof *alerts.list, compare);
    for (size_t i = 0; i < alerts.count; i++) {
        add_alert(&listing, &call->api->world, &alerts.list[i]);
        alert_record_fini(&alerts.list[i]);
    }
    free(alerts.list);
    api_list(call, &listing);
}

/* ---- silences ---- */

static const struct listing_column silence_columns[] = {
    {"id", "ID"},         {"matcher", "WHAT"}, {"until", "UNTIL"}, {"active", "NOW"},
    {"created_at", NULL}, {"by", "BY"},        {"note", "NOTE"},   {NULL, NULL},
};

/* {"rule":"a","key":"7","labels":{"queue":"x"}} as people read it: without the marks.
 */
static void
add_matcher_cell(struct listing *listing, const char *matcher)
{
    struct buf text = {0};
    for (const char *at = matcher; *at; at++)
        if (!strchr("{}\"", *at))
            buf_format(&text, "%c%s", *at == ':' ? '=' : *at, *at == ',' ? " " : "");
    listing_raw(listing, matcher, strlen(matcher),
                text.size ? text.data : "everything");
    buf_fini(&text);
}

static void
add_silence(void *arg, const struct silence_record *silence)
{
    struct listing *listing = arg;
    listing_text(listing, silence->id);
    add_matcher_cell(listing, silence->matcher);
    listing_time(listing, silence->until_ms);
    listing_flag(listing, silence->until_ms > listing->now_ms, "in force", "over");
    listing_time(listing, silence->created_ms);
    listing_text(listing, silence->by);
    listing_text(listing, silence->note);
}

void
api_silences(struct api_call *call)
{
    struct listing listing;
    listing_init(&listing, silence_columns, "no silences", clock_wall_ms());
    notify_each_silence(call->api->world.notify, add_silence, &listing);
    api_list(call, &listing);
}

/* The names and values of the labels, one after the other, in a copy; false when one is
 * not NAME=VALUE. */
static bool
read_labels(const struct args *args, char **texts, struct silence_wish *wish)
{
    bool is_good = true;
    const char **labels = mem_grow(NULL, 2 * args->count + 1, sizeof *labels);
    wish->labels = labels;
    for (size_t i = 0; i < args->count; i++) {
        char *text = texts[i] = mem_text(args->list[i].value);
        char *equals = strchr(text, '=');
        if (strcmp(args->list[i].name, "label") != 0)
            continue;
        is_good &= equals && equals > text;
        if (!equals)
            continue;
        *equals = '\0';
        labels[2 * wish->label_count] = text;
        labels[2 * wish->label_count++ + 1] = equals + 1;
    }
    return is_good;
}

struct rule_names {
    const char **list; /* ends with a NULL */
    size_t count;
};

static void
add_rule_name(void *arg, const struct entry_look *look)
{
    struct rule_names *names = arg;
    if (!look->is_rule)
        return;
    names->list = mem_grow(names->list, names->count + 2, sizeof *names->list);
    names->list[names->count++] = look->name;
    names->list[names->count] = NULL;
}

static bool
has_name(const struct rule_names *names, const char *rule)
{
    for (size_t i = 0; i < names->count; i++)
        if (!strcmp(names->list[i], rule))
            return true;
    return false;
}

/* A silence may be made before its rule; more often the name is misspelt, and everybody
 * thinks that it is quiet now. Appends what to say of that; NULL is no rule. */
static void
add_doubt(const struct api_call *call, const char *rule, struct buf *out)
{
    struct rule_names names = {0};
    supervisor_each_entry(call->api->world.supervisor, add_rule_name, &names);
    if (rule && !has_name(&names, rule) && !is_own(rule)) {
        const char *guess = names.list ? text_nearest(rule, names.list) : NULL;
        buf_format(out, "; no rule '%s' is loaded now", rule);
        if (guess)
            buf_format(out, " (did you mean '%s'?)", guess);
    }
    buf_reserve(out, 0); /* a text, also when there is nothing to say */
    free((void *)names.list);
}

static void
put_silence(struct api_call *call, const struct silence_wish *wish)
{
    struct silence_record made;
    struct buf doubt = {0};
    char until[32];
    if (!notify_silence_for(call->api->world.notify, wish, &made)) {
        api_say(call, 400,
                "what? --rule, --key or --label says it; there is no silence for all");
        return;
    }
    add_doubt(call, wish->rule, &doubt);
    api_say_when_durable(call, "silence %s, until %s%s", made.id,
                         text_format_time(made.until_ms, false, until, sizeof until),
                         doubt.data);
    buf_fini(&doubt);
    silence_record_fini(&made);
}

void
api_silence(struct api_call *call)
{
    const struct args *args = &call->args;
    const char *lasts = args_get(args, "lasts");
    const size_t count = args->count; /* an answer ends the call */
    char **texts = mem_grow(NULL, count + 1, sizeof *texts);
    struct silence_wish wish = {
        .rule = args_get(args, "rule"),
        .key = args_get(args, "key"),
        .by = api_by(call),
        .note = args_get(args, "note"),
    };
    bool is_label = read_labels(args, texts, &wish);
    if (!lasts)
        api_say(call, 400, "for how long? --lasts says it, such as --lasts 2h");
    else if (!text_duration(lasts, &wish.lasts_ms) || wish.lasts_ms <= 0)
        api_say(call, 400, "--lasts: '%s' is not a duration; write 30m, 2h or 1d",
                lasts);
    else if (!is_label)
        api_say(call, 400, "--label takes NAME=VALUE, such as --label queue=sales");
    else
        put_silence(call, &wish);
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    free(texts);
    free((void *)wish.labels);
}

/* ---- the end of one ---- */

static void
offer(void *arg, const struct silence_record *record)
{
    choice_offer(arg, record->id, NULL, record->by);
}

struct silence_search {
    const char *id;
    struct silence_record found; /* id NULL: there is none */
};

static void
find_silence(void *arg, const struct silence_record *record)
{
    struct silence_search *search = arg;
    if (!strcmp(record->id, search->id))
        silence_record_init(&search->found, record);
}

static void
expire(struct api_call *call, const char *id)
{
    struct silence_search search = {.id = id};
    struct notify *notify = call->api->world.notify;
    notify_each_silence(notify, find_silence, &search);
    if (search.found.until_ms > clock_wall_ms())
        search.found.until_ms = clock_wall_ms();
    notify_silence(notify, &search.found);
    silence_record_fini(&search.found);
    api_say_when_durable(call, "silence %s is over", id);
}

void
api_expire(struct api_call *call)
{
    struct choice choice = {.word = call->name};
    notify_each_silence(call->api->world.notify, offer, &choice);
    if (api_is_chosen(call, &choice, "silence", "ccgate silence list"))
        expire(call, choice.list[0].id);
    choice_fini(&choice);
}
