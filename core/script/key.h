/* Keys of rows: what tells one alert of a rule from another. */
#ifndef CCGATE_SCRIPT_KEY_H
#define CCGATE_SCRIPT_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/schema.h"
#include "script/message.h"

/* Of a text, `id` is its hash. Where only that is kept (attendance.h) two keys of 64
 * bits that are the same would have to meet within one rule: of a million keys that is
 * one in 37 million, and the worst of it is that a row counts as there while it is
 * gone. Alerts themselves go by the text. */
struct key {
    int64_t id;
    bool is_text;
    char text[MESSAGE_KEY_MAX + 1]; /* not set unless is_text */
};

/* A text that cannot be the key of an alert (over MESSAGE_KEY_MAX bytes, not printable)
 * becomes "#" and its hash. */
void key_of_row(struct key *key, const struct query *query, struct row row);

/* Of an alert's key. False: no row of the query can have this one. */
bool key_of_text(struct key *key, const struct query *query, const char *text);

void key_of_id(struct key *key, int64_t id);

/* Adds a row with its key and the mark (ROW_GONE, ROW_EXPECTED) alone. */
void key_add_row(struct block *out, const struct key *key, uint64_t mark);

/* What the alert is called: "1099", "1605492949-1447". The result is in the key, or in
 * `room` of KEY_ROOM bytes. */
#define KEY_ROOM 24
const char *key_text(const struct key *key, char *room);

/* FNV-1a. */
uint64_t key_hash(const char *data, size_t size);

#endif
