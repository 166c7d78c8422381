/* The contact centre of a rehearsal: what it has of each query, and how it fails. */
#ifndef CCGATE_REHEARSE_SCENE_H
#define CCGATE_REHEARSE_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/conf.h"
#include "base/error.h"
#include "model/schema.h"
#include "poll/lane.h"

/* Of a row that every id of a list has, whichever is asked for. */
#define SCENE_ANY INT64_MIN

/* All centres of the configuration. */
struct scene;

/* `conf` is borrowed. */
struct scene *scene_new(const struct conf *conf);
void scene_delete(struct scene *scene); /* NULL is allowed */

/* At first it answers nobody; polls wait. */
void scene_open(struct scene *scene, bool is_open);

/* Answers polls out of it, as long as it lives. */
const struct lane_player *scene_player(const struct scene *scene);

/* As rehearsal.h says of rehearsal_rows(), _fail() and _window(). `now_s` is when an
 * operation began that does not say so. */
bool scene_put(struct scene *scene, const char *center, const char *query,
               const char *json, size_t size, int64_t now_s, struct error *error);
bool scene_fail(struct scene *scene, const char *center, const char *query,
                const char *word, struct error *error);
void scene_window(struct scene *scene);

/* ---- scene_read.c ---- */

/* Rows by the names of our fields. `arguments` has one for each: the id of the list
 * that it is in, or SCENE_ANY; free it. */
struct scene_rows {
    struct block rows;
    int64_t *arguments;
};
bool scene_read(const struct query *query, const char *json, size_t size, int64_t now_s,
                struct scene_rows *out, struct error *error);
void scene_rows_fini(struct scene_rows *rows);

#endif
