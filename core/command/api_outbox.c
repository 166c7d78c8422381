/* Messages: listed, shown, tried now, dropped; and a test message. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "command/api_inside.h"

/* ---- a list ---- */

static const struct listing_column columns[] = {
    {"id", "ID"},
    {"state", "STATE"},
    {"destination", "DESTINATION"},
    {"kind", "KIND"},
    {"created_at", "CREATED"},
    {"attempts", "ATTEMPTS"},
    {"next_at", "NEXT"},
    {NULL, NULL},
};

static void
add_record(struct listing *listing, const struct outbox_record *record)
{
    bool waits = record->state == OUTBOX_READY;
    listing_text(listing, record->id);
    listing_text(listing, outbox_word(record->state));
    listing_text(listing, record->destination);
    listing_text(listing, record->kind);
    listing_time(listing, record->created_ms);
    listing_number(listing, record->attempts);
    listing_time(listing, waits ? record->next_ms : 0);
}

/* OUTBOX_ANY without a word; OUTBOX_STATES for another one. */
static int
read_state(const char *word)
{
    int state = OUTBOX_READY;
    if (!word)
        return OUTBOX_ANY;
    while (state < OUTBOX_STATES && strcmp(outbox_word(state), word) != 0)
        state++;
    return state;
}

static void read_more(struct api_call *call, int64_t before, store_on_page *on_page);

static void
on_list(void *arg, const struct outbox_page *page)
{
    struct api_call *call = arg;
    call->read = NULL;
    for (size_t i = 0; i < page->count && call->count < OUTBOX_PAGE_MOST; i++) {
        add_record(&call->listing, &page->records[i]);
        call->count++;
    }
    if (page->error.kind)
        api_say(call, 503, "%s", page->error.message);
    else if (page->before && call->count < OUTBOX_PAGE_MOST)
        read_more(call, page->before, on_list);
    else
        api_list(call, &call->listing);
}

static void
read_more(struct api_call *call, int64_t before, store_on_page *on_page)
{
    struct outbox_filter filter = {
        .destination = args_get(&call->args, "destination"),
        .state = args_get(&call->args, "all-dead")
                     ? OUTBOX_DEAD
                     : read_state(args_get(&call->args, "state")),
        .before = before,
    };
    call->read = store_read_outbox(call->api->world.store, &filter, on_page, call);
}

void
api_outbox(struct api_call *call)
{
    const char *state = args_get(&call->args, "state");
    if (read_state(state) == OUTBOX_STATES) {
        api_say(call, 400, "'%s' is none of ready, in_flight, done, dead, superseded",
                state);
        return;
    }
    listing_init(&call->listing, columns, "no messages", clock_wall_ms());
    read_more(call, 0, on_list);
}

/* ---- one message ---- */

static const struct listing_column attempt_columns[] = {
    {"number", "ATTEMPT"}, {"at", "AT"},         {"status", "STATUS"},
    {"curl_code", NULL},   {"answer", "ANSWER"}, {NULL, NULL},
};

static void
add_attempt(struct listing *listing, const struct outbox_attempt *attempt)
{
    listing_number(listing, attempt->number);
    listing_time(listing, attempt->at_ms);
    listing_number(listing, attempt->status ? attempt->status : -1);
    listing_number(listing, attempt->curl_code);
    listing_text(listing, attempt->answer);
}

/* The list of one, opened, with what only one message is shown with. */
static void
add_message_json(const struct listing *one, const struct listing *attempts,
                 const struct outbox_record *record, struct buf *out)
{
    struct buf list = {0};
    listing_json(one, &list);
    buf_add(out, list.data + 1, list.size - strlen("[}]"));
    buf_format(out, ",\"message\":%s,\"body\":", record->message);
    if (record->body)
        buf_add_json(out, record->body, strlen(record->body));
    else
        buf_add_text(out, "null");
    buf_add_text(out, ",\"attempt_list\":");
    listing_json(attempts, out);
    buf_add_text(out, "}\n");
    buf_fini(&list);
}

static void
add_message_lines(const struct listing *one, const struct listing *attempts,
                  const struct outbox_record *record, struct buf *out)
{
    listing_lines(one, out);
    buf_add_text(out, "\n");
    listing_lines(attempts, out);
    buf_format(out, "\n%s\n", record->message);
}

/* The message that was asked for; otherwise the call is answered, and NULL. */
static const struct outbox_record *
one_of(struct api_call *call, const struct outbox_page *page)
{
    call->read = NULL;
    if (page->error.kind)
        api_say(call, 503, "%s", page->error.message);
    else if (!page->count)
        api_say(call, 404, "no message '%s'; `ccgate outbox list` shows them",
                call->name);
    return page->count ? &page->records[0] : NULL;
}

static void
on_message(void *arg, const struct outbox_page *page)
{
    struct api_call *call = arg;
    const struct outbox_record *record = one_of(call, page);
    struct listing attempts;
    if (!record)
        return;
    int64_t now_ms = clock_wall_ms();
    listing_init(&call->listing, columns, "", now_ms);
    listing_init(&attempts, attempt_columns, "no attempt yet", now_ms);
    add_record(&call->listing, record);
    for (size_t i = 0; i < page->attempt_count; i++)
        add_attempt(&attempts, &page->attempts[i]);
    if (call->is_text)
        add_message_lines(&call->listing, &attempts, record, &call->said);
    else
        add_message_json(&call->listing, &attempts, record, &call->said);
    listing_fini(&attempts);
    api_reply(call, 200, &call->said);
}

static void
choose(struct api_call *call, const struct outbox_page *page)
{
    struct choice choice = {.word = call->name};
    for (size_t i = 0; i < page->count; i++) {
        const struct outbox_record *record = &page->records[i];
        char *about = mem_format("%s for %s", record->kind, record->destination);
        choice_offer(&choice, record->id, NULL, about);
        free(about);
    }
    if (api_is_chosen(call, &choice, "message", "ccgate outbox list")) {
        free(call->name);
        call->name = mem_text(choice.list[0].id);
        struct outbox_filter filter = {.id = call->name, .state = OUTBOX_ANY};
        call->read =
            store_read_outbox(call->api->world.store, &filter, call->on_page, call);
    }
    choice_fini(&choice);
}

static void
on_candidates(void *arg, const struct outbox_page *page)
{
    struct api_call *call = arg;
    call->read = NULL;
    if (page->error.kind)
        api_say(call, 503, "%s", page->error.message);
    else
        choose(call, page);
}

static void
read_one(struct api_call *call, store_on_page *on_page)
{
    struct outbox_filter filter = {.id_begins = call->name, .state = OUTBOX_ANY};
    call->on_page = on_page;
    call->read =
        store_read_outbox(call->api->world.store, &filter, on_candidates, call);
}

void
api_message(struct api_call *call)
{
    read_one(call, on_message);
}

/* ---- what is done to it ---- */

static void
on_retry(void *arg, const struct outbox_page *page)
{
    struct api_call *call = arg;
    struct error error = {0};
    const struct outbox_record *record = one_of(call, page);
    if (!record)
        return;
    if (deliver_retry(call->api->world.deliver, record, &error))
        api_say_when_durable(call, "%s is tried now", call->name);
    else
        api_say(call, 409, "%s", error.message);
}

void
api_retry(struct api_call *call)
{
    read_one(call, on_retry);
}

static void
on_drop(void *arg, const struct outbox_page *page)
{
    struct api_call *call = arg;
    struct error error = {0};
    const struct outbox_record *record = one_of(call, page);
    if (!record)
        return;
    if (deliver_drop(call->api->world.deliver, record, &error))
        api_say_when_durable(call, "%s is not sent any more", call->name);
    else
        api_say(call, 409, "%s", error.message);
}

void
api_drop(struct api_call *call)
{
    read_one(call, on_drop);
}

/* The pages come newest first; within one the oldest goes first. */
static void
on_dead(void *arg, const struct outbox_page *page)
{
    struct api_call *call = arg;
    call->read = NULL;
    for (size_t i = page->count; i > 0; i--) {
        struct error error = {0};
        call->count +=
            deliver_retry(call->api->world.deliver, &page->records[i - 1], &error);
    }
    if (page->error.kind)
        api_say(call, 503, "%s", page->error.message);
    else if (page->before)
        read_more(call, page->before, on_dead);
    else
        api_say_when_durable(call, "%zu dead message%s tried now", call->count,
                             call->count == 1 ? " is" : "s are");
}

void
api_retry_dead(struct api_call *call)
{
    if (args_get(&call->args, "all-dead"))
        read_more(call, 0, on_dead);
    else
        api_say(call, 400, "which one? Its ID, or --all-dead");
}

/* ---- a test message ---- */

static void
on_tried(void *arg, const struct outbox_page *page)
{
    struct api_call *call = arg;
    struct buf text = {0};
    bool is_delivered = trial_tell(call->name, page, &text);
    api_say(call, is_delivered ? 200 : 502, "%s", text.data);
    buf_fini(&text);
}

static void
refuse_destination(struct api_call *call)
{
    const struct conf *conf = call->api->world.conf;
    const char **names = mem_zero((conf->destination_count + 1) * sizeof *names);
    for (size_t i = 0; i < conf->destination_count; i++)
        names[i] = conf->destinations[i].name;
    const char *guess = text_nearest(call->name, names);
    free(names);
    api_say(call, 404, "no [destination %s] in force%s%s%s", call->name,
            guess ? " (did you mean '" : "", guess ? guess : "", guess ? "'?)" : "");
}

void
api_send(struct api_call *call)
{
    const struct api_world *world = &call->api->world;
    const char *text = args_get(&call->args, "text");
    struct error error = {0};
    if (!conf_find_destination(world->conf, call->name)) {
        refuse_destination(call);
        return;
    }
    call->trial = trial_start(world->loop, world->store, world->notify, call->name,
                              text ? text : "a test of ccgate", on_tried, call, &error);
    if (!call->trial)
        api_say(call, 409, "%s", error.message);
}
