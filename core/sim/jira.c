#include "sim/jira.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/pick.h"
#include "sim/strict.h"

#define ROOT   "/rest/api/3/"
#define ISSUES "issue"
#define SITE   "https://example.atlassian.net"
#define DONE   "31" /* the transition that leads there */

struct issue {
    char *labels; /* the list as it was written */
    bool is_done;
};

struct jira {
    struct issue *issues; /* number 1 is the first */
    size_t count;
};

/* ---- bodies: https://developer.atlassian.com/cloud/jira/platform/rest/v3/ ---- */

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define KINDS(...) ((const struct strict_kind[]){__VA_ARGS__, {NULL, NULL, NULL}})
#define END                                                                            \
    {                                                                                  \
        .name = NULL                                                                   \
    }

static const struct strict_key text_node[] = {
    {"type", STRICT_TEXT, 0, true, NULL, NULL},
    {"text", STRICT_TEXT, 0, true, NULL, NULL},
    {"marks", STRICT_LIST, 0, false, NULL, NULL},
    END,
};
static const struct strict_key break_node[] = {
    {"type", STRICT_TEXT, 0, true, NULL, NULL}, END};
static const struct strict_key mention_node[] = {
    {"type", STRICT_TEXT, 0, true, NULL, NULL},
    {"attrs", STRICT_OBJECT, 0, true, NULL,
     KINDS({NULL, NULL,
            ((const struct strict_key[]){{"id", STRICT_TEXT, 0, true, NULL, NULL},
                                         {"text", STRICT_TEXT, 0, false, NULL, NULL},
                                         END})})},
    END,
};
static const struct strict_key block[] = {
    {"type", STRICT_TEXT, 0, true, WORDS("paragraph", "codeBlock"), NULL},
    {"content", STRICT_LIST, 0, false, NULL,
     KINDS({"type", "text", text_node}, {"type", "hardBreak", break_node},
           {"type", "mention", mention_node})},
    END,
};
static const struct strict_key document[] = {
    {"type", STRICT_TEXT, 0, true, WORDS("doc"), NULL},
    {"version", STRICT_ANY, 0, true, NULL, NULL},
    {"content", STRICT_LIST, 0, true, NULL, KINDS({NULL, NULL, block})},
    END,
};
static const struct strict_key project[] = {{"key", STRICT_TEXT, 0, true, NULL, NULL},
                                            END};
static const struct strict_key issue_type[] = {
    {"name", STRICT_TEXT, 0, true, NULL, NULL}, END};
static const struct strict_key fields[] = {
    {"project", STRICT_OBJECT, 0, true, NULL, KINDS({NULL, NULL, project})},
    {"issuetype", STRICT_OBJECT, 0, true, NULL, KINDS({NULL, NULL, issue_type})},
    {"summary", STRICT_TEXT, 255, true, NULL, NULL},
    {"description", STRICT_OBJECT, 0, false, NULL, KINDS({NULL, NULL, document})},
    {"labels", STRICT_LIST, 0, false, NULL, NULL},
    {"priority", STRICT_ANY, 0, false, NULL, NULL},
    END,
};
static const struct strict_key create_body[] = {
    {"fields", STRICT_OBJECT, 0, true, NULL, KINDS({NULL, NULL, fields})}, END};
static const struct strict_key search_body[] = {
    {"jql", STRICT_TEXT, 0, true, NULL, NULL},
    {"fields", STRICT_LIST, 0, false, NULL, NULL},
    {"maxResults", STRICT_ANY, 0, false, NULL, NULL},
    END,
};
static const struct strict_key comment_body[] = {
    {"body", STRICT_OBJECT, 0, true, NULL, KINDS({NULL, NULL, document})}, END};
static const struct strict_key added[] = {
    {"add", STRICT_OBJECT, 0, true, NULL, KINDS({NULL, NULL, comment_body})}, END};
static const struct strict_key update[] = {
    {"comment", STRICT_LIST, 0, false, NULL, KINDS({NULL, NULL, added})}, END};
static const struct strict_key transition[] = {
    {"id", STRICT_TEXT, 0, true, WORDS("11", DONE), NULL}, END};
static const struct strict_key transition_body[] = {
    {"transition", STRICT_OBJECT, 0, true, NULL, KINDS({NULL, NULL, transition})},
    {"update", STRICT_OBJECT, 0, false, NULL, KINDS({NULL, NULL, update})},
    END,
};

/* ---- life ---- */

struct jira *
jira_new(void)
{
    return mem_zero(sizeof(struct jira));
}

void
jira_delete(struct jira *jira)
{
    for (size_t i = 0; i < jira->count; i++)
        free(jira->issues[i].labels);
    free(jira->issues);
    free(jira);
}

bool
jira_is_at(const char *path)
{
    return strncmp(path, ROOT, strlen(ROOT)) == 0;
}

/* ---- what is asked ---- */

static void
add_issue(struct buf *out, size_t number)
{
    buf_format(out,
               "{\"id\":\"%zu\",\"key\":\"OPS-%zu\",\"self\":\"" SITE ROOT ISSUES
               "/%zu\"}",
               10000 + number, number, 10000 + number);
}

static int
create(struct jira *jira, struct issue *issue, const char *body, struct buf *reply)
{
    (void)issue;
    struct json_text given = pick(body, "fields");
    char *object = mem_copy(given.data, given.size);
    struct json_text labels = pick(object, "labels");
    jira->issues = mem_grow(jira->issues, jira->count + 1, sizeof *jira->issues);
    jira->issues[jira->count++] =
        (struct issue){mem_copy(labels.data, labels.size), false};
    free(object);
    add_issue(reply, jira->count);
    return 201;
}

/* Knows one question: … labels = "X". */
static int
search(struct jira *jira, struct issue *issue, const char *body, struct buf *reply)
{
    (void)issue;
    static const char before[] = "labels = ";
    char *jql = pick_text(body, "jql");
    const char *label = strstr(jql, before);
    label = label ? label + strlen(before) : "?";
    size_t found = 0;
    while (found < jira->count && !strstr(jira->issues[found].labels, label))
        found++;
    buf_add_text(reply, "{\"issues\":[");
    if (found < jira->count)
        add_issue(reply, found + 1);
    buf_add_text(reply, "],\"isLast\":true}");
    free(jql);
    return 200;
}

static int
comment(struct jira *jira, struct issue *issue, const char *body, struct buf *reply)
{
    (void)jira, (void)issue, (void)body;
    buf_add_text(reply, "{\"id\":\"1\"}");
    return 201;
}

#define TO_DO "{\"name\":\"To Do\",\"statusCategory\":{\"key\":\"new\"}}"
#define DOING "{\"name\":\"Doing\",\"statusCategory\":{\"key\":\"indeterminate\"}}"
#define OVER  "{\"name\":\"Done\",\"statusCategory\":{\"key\":\"done\"}}"

static int
look(struct jira *jira, struct issue *issue, const char *body, struct buf *reply)
{
    (void)jira, (void)body;
    buf_format(reply,
               "{\"fields\":{\"status\":%s},\"transitions\":["
               "{\"id\":\"11\",\"to\":%s},{\"id\":\"" DONE "\",\"to\":%s}]}",
               issue->is_done ? OVER : TO_DO, DOING, OVER);
    return 200;
}

static int
move(struct jira *jira, struct issue *issue, const char *body, struct buf *reply)
{
    (void)jira, (void)reply;
    struct json_text given = pick(body, "transition");
    char *object = mem_copy(given.data, given.size), *id = pick_text(object, "id");
    issue->is_done = strcmp(id, DONE) == 0;
    free(id);
    free(object);
    return 204;
}

static const struct {
    const char *method, *path, *rest; /* rest: behind the key of an issue */
    const struct strict_key *keys;    /* of the body; NULL: none */
    int (*answer)(struct jira *jira, struct issue *issue, const char *body,
                  struct buf *reply);
} calls[] = {
    {"POST", "search/jql", NULL, search_body, search},
    {"POST", ISSUES, NULL, create_body, create},
    {"POST", ISSUES, "/comment", comment_body, comment},
    {"POST", ISSUES, "/transitions", transition_body, move},
    {"GET", ISSUES, "", NULL, look},
};
#define CALLS (sizeof calls / sizeof *calls)

/* The call of this method and path, CALLS for none; *number of its issue, 0 for none.
 */
static size_t
find_call(const struct jira_request *request, size_t *number)
{
    const char *path = request->path + strlen(ROOT);
    int size = 0;
    *number = 0;
    if (sscanf(path, ISSUES "/OPS-%zu%n", number, &size) != 1)
        *number = 0;
    for (size_t i = 0; i < CALLS; i++)
        if (strcmp(request->method, calls[i].method) == 0 &&
            (calls[i].rest ? *number && strcmp(path + size, calls[i].rest) == 0
                           : strcmp(path, calls[i].path) == 0))
            return i;
    return CALLS;
}

static int
refuse(int status, const char *why, struct buf *problem, struct buf *reply)
{
    if (problem->size == 0)
        buf_add_text(problem, why);
    buf_add_text(reply, "{\"errorMessages\":[");
    buf_add_json(reply, problem->data, problem->size);
    buf_add_text(reply, "],\"errors\":{}}");
    return status;
}

int
jira_answer(struct jira *jira, const struct jira_request *request, struct buf *problem,
            struct buf *reply)
{
    size_t number, call = find_call(request, &number);
    const char *authorization = request->authorization;
    if (!authorization || (strncmp(authorization, "Basic ", 6) != 0 &&
                           strncmp(authorization, "Bearer ", 7) != 0))
        return refuse(401, "nobody is signed in", problem, reply);
    if (call == CALLS || number > jira->count)
        return refuse(404, "there is no such thing", problem, reply);
    const struct strict_key *keys = calls[call].keys;
    if (keys && !strict_check(KINDS({NULL, NULL, keys}), request->body,
                              request->body_size, problem))
        return refuse(400, "", problem, reply);
    struct issue *issue = number ? &jira->issues[number - 1] : NULL;
    char *body = mem_copy(request->body, request->body_size);
    int status = calls[call].answer(jira, issue, body, reply);
    free(body);
    return status;
}
