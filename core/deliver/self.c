#include "deliver/self.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"

/* No script can have this name: it is no file's. */
#define SCRIPT "ccgate/core"

struct self {
    struct notify *notify;
    struct connector *connector;
    const struct conf *conf;
};

static const char *const rules[TROUBLES] = {
    [TROUBLE_CENTER] = "ccgate-center", [TROUBLE_SCRIPT] = "ccgate-script",
    [TROUBLE_RULE] = "ccgate-rule",     [TROUBLE_DESTINATION] = "ccgate-destination",
    [TROUBLE_STORE] = "ccgate-store",
};

/* "main" of "main/agent-gateway": free it. */
static char *
head_of(const char *name)
{
    return mem_copy(name, strcspn(name, "/"));
}

/* The entries of an alert's plan: everybody but who it is about. Free the array. */
static const char **
list_told(const struct self *self, enum trouble trouble, const char *name,
          size_t *count)
{
    const struct conf *conf = self->conf;
    const char **told = mem_grow(NULL, conf->notify_count + 1, sizeof(*told));
    *count = 0;
    for (size_t i = 0; i < conf->notify_count; i++)
        if (trouble != TROUBLE_DESTINATION || strcmp(conf->notify[i], name) != 0)
            told[(*count)++] = conf->notify[i];
    return told;
}

static void
change(struct self *self, enum trouble trouble, const char *name, const char *kind,
       const char *text)
{
    struct error error = {0};
    size_t count;
    const char **told = list_told(self, trouble, name, &count);
    char *center = trouble == TROUBLE_CENTER ? head_of(name) : mem_text("");
    struct connector_trouble described = {rules[trouble], name, center, SCRIPT,
                                          text,           told, count};
    char *event = connector_trouble(self->connector, &described, &error);
    struct notify_batch *batch = notify_begin(self->notify, SCRIPT, clock_wall_ms());
    if (event && notify_alert(batch, center, rules[trouble], name, kind, event,
                              strlen(event), &error)) {
        notify_commit(batch);
    } else {
        log_error("gateway", "%s/%s: %s", rules[trouble], name, error.message);
        notify_drop(batch);
    }
    free(event);
    free(center);
    free(told);
}

/* ---- what is over ---- */

struct ending {
    struct self *self;
    enum trouble trouble;
    const char *name;
    bool is_prefix;
    self_is_there *is_there; /* NULL: the name decides */
    void *arg;
};

static bool
is_over(const struct ending *ending, const char *name)
{
    if (!ending->is_there)
        return ending->is_prefix
                   ? strncmp(name, ending->name, strlen(ending->name)) == 0
                   : strcmp(name, ending->name) == 0;
    char *head = head_of(name);
    bool is_gone = !ending->is_there(ending->arg, ending->trouble, head);
    free(head);
    return is_gone;
}

static void
end_if_over(void *arg, const struct alert_record *record)
{
    const struct ending *ending = arg;
    if (is_over(ending, record->key))
        change(ending->self, ending->trouble, record->key, "clear",
               ending->is_there ? "it is no longer there" : "it is over");
}

static void
on_news(void *arg, enum trouble trouble, const char *name, bool is_prefix,
        const char *text)
{
    struct self *self = arg;
    struct ending ending = {self, trouble, name, is_prefix, NULL, NULL};
    if (text)
        change(self, trouble, name, "raise", text);
    else
        notify_each_raised(self->notify, rules[trouble], end_if_over, &ending);
}

void
self_sweep(struct self *self, self_is_there *is_there, void *arg)
{
    for (int i = 0; i < TROUBLES; i++) {
        struct ending ending = {self, (enum trouble)i, NULL, false, is_there, arg};
        notify_each_raised(self->notify, rules[i], end_if_over, &ending);
    }
}

/* ---- life ---- */

struct self *
self_new(struct notify *notify, struct connector *connector, const struct conf *conf)
{
    struct self *self = mem_zero(sizeof(*self));
    *self = (struct self){notify, connector, conf};
    trouble_listen(on_news, self);
    return self;
}

void
self_delete(struct self *self)
{
    if (self)
        trouble_listen(NULL, NULL);
    free(self);
}

void
self_set_conf(struct self *self, const struct conf *conf)
{
    self->conf = conf;
}
