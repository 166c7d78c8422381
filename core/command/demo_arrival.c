#include "command/demo_arrival.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/json.h"
#include "sim/receiver.h"

/* The texts of a line of the sink, by key. */
enum { LINE_TO, LINE_SERVICE, LINE_PATH, LINE_BODY, LINE_REFUSED, LINE_TEXTS };
static const char *const line_keys[LINE_TEXTS] = {"to", "service", "path", "body",
                                                  "refused"};

static void
read_value(struct json *json, const struct json_text *key, struct buf texts[LINE_TEXTS],
           struct arrival *arrival)
{
    struct json_text text;
    if (json_is(key, "at", 2) && json_number(json, &text))
        json_integer(text.data, text.size, &arrival->at_ms);
    else if (json_is(key, "signed", 6) && json_accept(json, "true", 4))
        arrival->is_verified = true;
    else if (json_peek(json) != '"')
        json_skip(json);
    else if (json_string(json, &text))
        for (int i = 0; i < LINE_TEXTS; i++)
            if (json_is(key, line_keys[i], strlen(line_keys[i])))
                json_unescape(&text, &texts[i]);
}

static void
fill_arrival(struct arrival *arrival, const struct buf texts[LINE_TEXTS])
{
    const char *service = texts[LINE_SERVICE].data;
    const char *path = texts[LINE_PATH].size ? texts[LINE_PATH].data : "/";
    const struct receiver *receiver = receiver_at(path);
    arrival->duration_ms = -1;
    arrival->to = mem_text(texts[LINE_TO].size ? texts[LINE_TO].data : path);
    arrival->service = receiver ? receiver_title(receiver) : "webhook";
    arrival->is_for_people = receiver != NULL;
    if (texts[LINE_REFUSED].size)
        arrival->refused = mem_text(texts[LINE_REFUSED].data);
    shown_read(&arrival->shown, service,
               texts[LINE_BODY].size ? texts[LINE_BODY].data : "",
               texts[LINE_BODY].size);
}

struct arrival *
arrival_read(const char *line)
{
    struct arrival *arrival = mem_zero(sizeof *arrival);
    struct buf texts[LINE_TEXTS] = {{0}};
    struct json json;
    struct json_text key;
    bool first = true;
    json_init(&json, line, strlen(line));
    if (json_open(&json, '{'))
        while (json_more(&json, '}', &first) && json_key(&json, &key))
            read_value(&json, &key, texts, arrival);
    fill_arrival(arrival, texts);
    for (int i = 0; i < LINE_TEXTS; i++)
        buf_fini(&texts[i]);
    return arrival;
}

void
arrival_delete(struct arrival *arrival)
{
    shown_fini(&arrival->shown);
    free(arrival->to);
    free(arrival->refused);
    free(arrival);
}
