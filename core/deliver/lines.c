#include "deliver/lines.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct line {
    char *key; /* "" for a line that nobody joins */
    struct message *head, *last;
    struct line *previous, *next; /* in lines->all */
};

/* ---- the heap of those that may go ---- */

static bool
goes_before(const struct message *a, const struct message *b)
{
    return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->number < b->number;
}

static void
heap_push(struct lines *lines, struct message *message)
{
    if (lines->heap_count == lines->heap_room) {
        lines->heap_room = lines->heap_room ? 2 * lines->heap_room : 16;
        lines->heap = mem_grow(lines->heap, lines->heap_room, sizeof(*lines->heap));
    }
    size_t at = lines->heap_count++;
    while (at > 0 && goes_before(message, lines->heap[(at - 1) / 2])) {
        lines->heap[at] = lines->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    lines->heap[at] = message;
}

static struct message *
heap_pop(struct lines *lines)
{
    struct message *first = lines->heap[0];
    struct message *last = lines->heap[--lines->heap_count];
    size_t at = 0, child;
    while ((child = 2 * at + 1) < lines->heap_count) {
        if (child + 1 < lines->heap_count &&
            goes_before(lines->heap[child + 1], lines->heap[child]))
            child++;
        if (!goes_before(lines->heap[child], last))
            break;
        lines->heap[at] = lines->heap[child];
        at = child;
    }
    lines->heap[at] = last;
    return first;
}

/* ---- lines ---- */

static struct line *
line_new(struct lines *lines, const char *key)
{
    struct line *line = mem_zero(sizeof(*line));
    line->key = mem_text(key);
    line->next = lines->all;
    if (lines->all)
        lines->all->previous = line;
    lines->all = line;
    if (*key)
        table_put(&lines->by_key, line->key, line);
    return line;
}

static void
line_delete(struct lines *lines, struct line *line)
{
    if (*line->key)
        table_remove(&lines->by_key, line->key);
    if (line->previous)
        line->previous->next = line->next;
    else
        lines->all = line->next;
    if (line->next)
        line->next->previous = line->previous;
    free(line->key);
    free(line);
}

static void
message_delete(struct message *message)
{
    free(message->id);
    free(message->kind);
    free(message->event);
    free(message->body);
    free(message);
}

void
lines_fini(struct lines *lines)
{
    while (lines->all) {
        struct message *message = lines->all->head;
        while (message) {
            struct message *next = message->next;
            message_delete(message);
            message = next;
        }
        line_delete(lines, lines->all);
    }
    table_fini(&lines->by_key);
    free(lines->heap);
    *lines = (struct lines){0};
}

static bool
is_kind(const struct message *message, const char *const *kinds)
{
    while (*kinds && strcmp(*kinds, message->kind) != 0)
        kinds++;
    return *kinds != NULL;
}

/* Between a reminder and what follows in its line no alert ends: they are of the same.
 */
static bool
supersedes(const struct message *message, const struct message *last)
{
    static const char *const newer[] = {"remind", "level", "clear", NULL};
    static const char *const older[] = {"remind", "level", NULL};
    return last && !last->is_taken && is_kind(message, newer) && is_kind(last, older);
}

/* The message takes the place of the last one, which goes; its place in the heap, if it
 * has one, depends on its time and number alone. */
static char *
take_place(struct message *message, struct message *last)
{
    struct message gone = *last;
    *last = *message;
    last->due_ms = gone.due_ms;
    last->number = gone.number;
    last->line = gone.line;
    last->next = NULL;
    free(message);
    free(gone.kind);
    free(gone.event);
    free(gone.body);
    return gone.id;
}

char *
lines_add(struct lines *lines, struct message *message, const char *order_key)
{
    struct line *line = *order_key ? table_get(&lines->by_key, order_key) : NULL;
    if (line && supersedes(message, line->last))
        return take_place(message, line->last);
    if (!line)
        line = line_new(lines, order_key);
    message->line = line;
    message->next = NULL;
    message->number = lines->added++;
    if (line->head)
        line->last->next = message;
    else
        line->head = message;
    line->last = message;
    lines->count++;
    if (line->head == message)
        heap_push(lines, message);
    return NULL;
}

const char *
lines_key_of(const struct message *message)
{
    return message->line->key;
}

const struct message *
lines_first(const struct lines *lines)
{
    return lines->heap_count ? lines->heap[0] : NULL;
}

struct message *
lines_take(struct lines *lines)
{
    struct message *message = lines->heap_count ? heap_pop(lines) : NULL;
    if (message)
        message->is_taken = true;
    return message;
}

void
lines_give_back(struct lines *lines, struct message *message)
{
    message->is_taken = false;
    heap_push(lines, message);
}

void
lines_finish(struct lines *lines, struct message *message)
{
    struct line *line = message->line;
    line->head = message->next;
    lines->count--;
    if (line->head)
        heap_push(lines, line->head);
    else
        line_delete(lines, line);
    message_delete(message);
}

/* ---- people ---- */

int64_t
lines_oldest(const struct lines *lines)
{
    int64_t oldest = 0;
    for (const struct line *line = lines->all; line; line = line->next)
        for (const struct message *at = line->head; at; at = at->next)
            if (!oldest || at->created_ms < oldest)
                oldest = at->created_ms;
    return oldest;
}

static struct message *
find(const struct lines *lines, const char *id)
{
    for (const struct line *line = lines->all; line; line = line->next)
        for (struct message *at = line->head; at; at = at->next)
            if (strcmp(at->id, id) == 0)
                return at;
    return NULL;
}

/* The first of every line may go, unless it is taken. */
static void
heap_rebuild(struct lines *lines)
{
    lines->heap_count = 0;
    for (struct line *line = lines->all; line; line = line->next)
        if (!line->head->is_taken)
            heap_push(lines, line->head);
}

bool
lines_has(const struct lines *lines, const char *id)
{
    return find(lines, id) != NULL;
}

bool
lines_hurry(struct lines *lines, const char *id, int64_t due_ms)
{
    struct message *message = find(lines, id);
    if (!message || message->is_taken)
        return false;
    message->due_ms = due_ms;
    heap_rebuild(lines);
    return true;
}

bool
lines_drop(struct lines *lines, const char *id)
{
    struct message *message = find(lines, id), *before = NULL;
    if (!message || message->is_taken)
        return false;
    struct line *line = message->line;
    struct message **at = &line->head;
    for (; *at != message; at = &(*at)->next)
        before = *at;
    *at = message->next;
    if (line->last == message)
        line->last = before;
    lines->count--;
    message_delete(message);
    if (!line->head)
        line_delete(lines, line);
    heap_rebuild(lines);
    return true;
}
