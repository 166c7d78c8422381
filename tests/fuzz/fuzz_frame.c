/* Any bytes as a stream of frames, in both directions: cut, read and, because a payload
 * can be written in one way only, written again as it was. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../core/frame_again.h"
#include "base/mem.h"

enum { CENTERS = 2, WANTS = 500 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int holds)
{
    if (!holds)
        abort();
}

/* A script for streams that do not begin with LOADED. */
static struct message_entry usual_entries[] = {
    {ENTRY_RULE, "queue-wait", {0}, "", 0, false},
    {ENTRY_JOB, "digest", {60000, "", "UTC", 0, false, "", "UTC"}, "", 0, false},
};
static const struct message_loaded usual = {.entries = usual_entries, .entry_count = 2};

static void
require_same(const struct frame *frame, const struct buf *out)
{
    struct frame again;
    size_t used = 0;
    require(frame_next(out->data, out->size, &used, FRAME_LOAD, FRAME_LAST_TO_CORE,
                       &again) == FRAME_OK);
    require(used == out->size);
    require(again.header.type == frame->header.type);
    require(again.header.id == frame->header.id);
    require(again.header.now_ms == frame->header.now_ms);
    require(again.header.size == frame->header.size);
    require(memcmp(again.payload, frame->payload, frame->header.size) == 0);
}

/* A LOADED takes the place of what was known, as in the core. */
static void
learn(const struct frame *frame, struct known *known, struct message_loaded *loaded)
{
    if (frame->header.type != FRAME_LOADED)
        return;
    message_loaded_fini(loaded);
    require(message_read_loaded(frame, CENTERS, WANTS, loaded, NULL));
    known->loaded = loaded->entry_count ? loaded : &usual;
}

/* As a receiver does: up to the first frame that breaks a rule. */
static void
receive(const char *data, size_t size, enum frame_type low, enum frame_type high)
{
    struct known known = {&usual, CENTERS, WANTS};
    struct message_loaded loaded = {0};
    struct frame frame;
    size_t used = 0;
    bool is_good = true;
    while (is_good && frame_next(data, size, &used, low, high, &frame) == FRAME_OK) {
        struct buf out = {0};
        require(used <= size && used % 8 == 0);
        is_good = frame_again(&frame, &known, &out, NULL);
        if (is_good) {
            require_same(&frame, &out);
            learn(&frame, &known, &loaded);
        }
        buf_fini(&out);
    }
    message_loaded_fini(&loaded);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* Aligned, as frame_next() wants it, and not a byte longer than it is. */
    char *copy = mem_zero(size);
    memcpy(copy, data, size);
    receive(copy, size, FRAME_LOAD, FRAME_LAST_TO_HOST);
    receive(copy, size, FRAME_LOADED, FRAME_LAST_TO_CORE);
    free(copy);
    return 0;
}
