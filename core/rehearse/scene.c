#include "rehearse/scene.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

enum { MANY_WORDS = 64 };

/* What there is of one query at one centre. */
struct corner {
    const struct query *query;
    const struct conf_center *center;
    struct scene_rows has;
    struct error failure; /* ERROR_NONE: it answers */
};

struct scene {
    const struct conf *conf;
    struct corner *corners;
    size_t corner_count;
    struct block answer; /* the last one */
    struct lane_player player;
};

/* ---- answers ---- */

static struct corner *
find_corner(const struct scene *scene, const struct conf_center *center,
            const struct query *query)
{
    for (size_t i = 0; i < scene->corner_count; i++)
        if (scene->corners[i].query == query &&
            !strcmp(scene->corners[i].center->name, center->name))
            return &scene->corners[i];
    return NULL;
}

/* Operations are of the agent who is asked about, and begin in the span. */
static bool
is_in_span(const struct query *query, const int64_t *row, const struct errand *errand)
{
    int agent = query_field(query, "agent"), began = query_field(query, "began_at");
    size_t of_agent = (size_t)agent, at = (size_t)began;
    if (row_has(row, of_agent) && row[1 + of_agent] != errand->id)
        return false;
    return row_has(row, at) && row[1 + at] >= errand->span.begin &&
           row[1 + at] < errand->span.end;
}

static bool
is_asked_for(const struct corner *corner, size_t index, const struct errand *errand)
{
    const struct query *query = corner->query;
    const int64_t *row = block_row(&corner->has.rows, index);
    int64_t argument = corner->has.arguments[index];
    if (query->is_list && argument != SCENE_ANY && argument != errand->id)
        return false;
    return !query->has_span || is_in_span(query, row, errand);
}

/* What nobody asked for the planner leaves out, where rows are found by their key. */
static void
fill(struct block *answer, const struct corner *corner, const struct errand *errand)
{
    const struct block *has = &corner->has.rows;
    size_t width = query_width(corner->query);
    for (size_t i = 0; i < has->row_count; i++)
        if (is_asked_for(corner, i, errand))
            memcpy(block_add(answer), block_row(has, i), width * sizeof(int64_t));
    if (has->text.size)
        buf_add(&answer->text, has->text.data, has->text.size);
}

static void
on_ask(void *arg, const struct conf_center *center, const struct errand *errand,
       struct poll_answer *answer)
{
    struct scene *scene = arg;
    const struct corner *corner = find_corner(scene, center, errand->query);
    block_fini(&scene->answer);
    block_init(&scene->answer, errand->query);
    answer->rows = &scene->answer;
    if (corner && corner->failure.kind != ERROR_NONE) {
        answer->error = corner->failure;
        answer->status = 0;
    } else if (corner) {
        fill(&scene->answer, corner, errand);
    }
}

void
scene_open(struct scene *scene, bool is_open)
{
    scene->player.is_closed = !is_open;
}

const struct lane_player *
scene_player(const struct scene *scene)
{
    return &scene->player;
}

/* ---- life ---- */

struct scene *
scene_new(const struct conf *conf)
{
    struct scene *scene = mem_zero(sizeof *scene);
    scene->conf = conf;
    scene->player = (struct lane_player){on_ask, scene, .is_closed = true};
    return scene;
}

void
scene_delete(struct scene *scene)
{
    if (!scene)
        return;
    for (size_t i = 0; i < scene->corner_count; i++)
        scene_rows_fini(&scene->corners[i].has);
    free(scene->corners);
    block_fini(&scene->answer);
    free(scene);
}

/* ---- what the caller says ---- */

/* "; there are a, b" or a guess. */
static void
fail_name(struct error *error, const char *what, const char *name,
          const char *const *names)
{
    struct buf known = {0};
    const char *guess = text_nearest(name, names);
    for (size_t i = 0; names[i]; i++)
        buf_format(&known, "%s%s", i ? ", " : "", names[i]);
    if (guess)
        error_set(error, ERROR_LIMIT, "", "no %s '%.60s' (did you mean '%s'?)", what,
                  name, guess);
    else
        error_set(error, ERROR_LIMIT, "", "no %s '%.60s'; there is %s", what, name,
                  known.size ? known.data : "none");
    buf_fini(&known);
}

static const struct conf_center *
find_center(const struct scene *scene, const char *name, struct error *error)
{
    const struct conf *conf = scene->conf;
    const struct conf_center *center =
        name ? conf_find_center(conf, name) : conf_default_center(conf);
    const char *names[MANY_WORDS] = {0};
    for (size_t i = 0; i < conf->center_count && i < MANY_WORDS - 1; i++)
        names[i] = conf->centers[i].name;
    if (!center && name)
        fail_name(error, "center", name, names);
    else if (!center)
        error_set(error, ERROR_LIMIT, "",
                  "which center? %s has several, and none is the default", conf->file);
    return center;
}

static const struct query *
find_query(const char *name, struct error *error)
{
    const char *names[MANY_WORDS] = {0};
    for (size_t i = 0; queries[i]; i++)
        names[i] = queries[i]->name;
    const struct query *query = query_find(name);
    if (!query)
        fail_name(error, "query", name, names);
    return query;
}

/* Made when it is first spoken of; NULL with `error`. */
static struct corner *
obtain(struct scene *scene, const char *center_name, const char *query_name,
       struct error *error)
{
    const struct conf_center *center = find_center(scene, center_name, error);
    const struct query *query = center ? find_query(query_name, error) : NULL;
    if (!query)
        return NULL;
    struct corner *corner = find_corner(scene, center, query);
    if (corner)
        return corner;
    scene->corners = mem_grow(scene->corners, scene->corner_count + 1, sizeof *corner);
    corner = &scene->corners[scene->corner_count++];
    *corner = (struct corner){.query = query, .center = center};
    block_init(&corner->has.rows, query);
    return corner;
}

bool
scene_put(struct scene *scene, const char *center, const char *query, const char *json,
          size_t size, int64_t now_s, struct error *error)
{
    struct corner *corner = obtain(scene, center, query, error);
    struct scene_rows fresh;
    if (!corner || !scene_read(corner->query, json, size, now_s, &fresh, error))
        return false;
    scene_rows_fini(&corner->has);
    corner->has = fresh;
    corner->failure = (struct error){0};
    return true;
}

bool
scene_fail(struct scene *scene, const char *center, const char *query, const char *word,
           struct error *error)
{
    struct corner *corner = obtain(scene, center, query, error);
    const char *words[ERROR_KINDS] = {0};
    if (!corner)
        return false;
    for (int kind = ERROR_NONE + 1; kind < ERROR_KINDS; kind++)
        words[kind - 1] = error_word((enum error_kind)kind);
    enum error_kind kind = word ? error_kind_of(word) : ERROR_NONE;
    if (word && kind == ERROR_NONE) {
        fail_name(error, "kind of failure", word, words);
        return false;
    }
    if (word)
        error_set(&corner->failure, kind, "", "%s, as the test wants it", word);
    else
        corner->failure = (struct error){0};
    return true;
}

void
scene_window(struct scene *scene)
{
    for (size_t i = 0; i < scene->corner_count; i++) {
        struct block *rows = &scene->corners[i].has.rows;
        const struct query *query = scene->corners[i].query;
        for (size_t r = 0; r < rows->row_count; r++)
            for (size_t f = 0; f < query->field_count; f++)
                if (query->fields[f].window_5m)
                    rows->cells[r * query_width(query) + 1 + f] = 0;
    }
}
