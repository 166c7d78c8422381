/* Problems, look-ups, the end of a configuration. */
#include "base/conf_table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
problems_add(struct problems *problems, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *line;
    if (vasprintf(&line, format, args) < 0)
        line = mem_text(format);
    va_end(args);
    /* A file may hold anything; a terminal shows what is left of it. */
    for (char *at = line; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = ' ';
    problems->lines =
        mem_grow(problems->lines, problems->count + 1, sizeof *problems->lines);
    problems->lines[problems->count++] = line;
}

void
problems_fini(struct problems *problems)
{
    for (size_t i = 0; i < problems->count; i++)
        free(problems->lines[i]);
    free(problems->lines);
    *problems = (struct problems){0};
}

const struct conf_script *
conf_find_script(const struct conf *conf, const char *name)
{
    for (size_t i = 0; i < conf->override_count; i++)
        if (strcmp(conf->overrides[i].name, name) == 0)
            return &conf->overrides[i];
    return NULL;
}

const struct conf_limits *
conf_limits_of(const struct conf *conf, const char *name)
{
    const struct conf_script *script = conf_find_script(conf, name);
    return script ? &script->limits : &conf->limits;
}

const struct conf_center *
conf_default_center(const struct conf *conf)
{
    for (size_t i = 0; i < conf->center_count; i++)
        if (conf->centers[i].is_default)
            return &conf->centers[i];
    return NULL;
}

const struct conf_center *
conf_find_center(const struct conf *conf, const char *name)
{
    for (size_t i = 0; i < conf->center_count; i++)
        if (strcmp(conf->centers[i].name, name) == 0)
            return &conf->centers[i];
    return NULL;
}

const struct conf_destination *
conf_find_destination(const struct conf *conf, const char *name)
{
    for (size_t i = 0; i < conf->destination_count; i++)
        if (strcmp(conf->destinations[i].name, name) == 0)
            return &conf->destinations[i];
    return NULL;
}

void
conf_setting_fini(struct conf_setting *setting)
{
    free(setting->section);
    free(setting->key);
    free(setting->value);
}

void
conf_queue_fini(struct conf_queue *queue)
{
    for (size_t i = 0; i < queue->tag_count; i++)
        free(queue->tags[i]);
    free(queue->tags);
    free(queue->name);
}

static void
center_fini(struct conf_center *center)
{
    for (size_t i = 0; i < center->queue_count; i++)
        conf_queue_fini(&center->queues[i]);
    free(center->queues);
    free(center->name);
    free(center->url);
    free(center->access_key);
    free(center->secret_key);
    free(center->ca_file);
    free(center->agent_gateway);
    free(center->password);
    free(center->phone);
    free(center->zone);
}

static void
script_fini(struct conf_script *script)
{
    free(script->name);
    free(script->private_ranges);
}

static void
secret_fini(struct conf_secret *secret)
{
    free(secret->name);
    free(secret->value);
    free(secret->to);
}

static void
destination_fini(struct conf_destination *destination)
{
    for (size_t i = 0; i < destination->header_count; i++) {
        free(destination->headers[i].name);
        free(destination->headers[i].value);
    }
    free(destination->headers);
    free(destination->name);
    free(destination->kind);
    free(destination->url);
    free(destination->method);
    free(destination->secret);
    free(destination->routing_key);
    free(destination->user);
    free(destination->password);
    free(destination->from);
    free(destination->to);
    free(destination->project);
    free(destination->issue_type);
    free(destination->shape);
    free(destination->private_ranges);
    free(destination->ca_file);
}

void
conf_delete(struct conf *conf)
{
    if (conf == NULL)
        return;
    for (size_t i = 0; i < conf->center_count; i++)
        center_fini(&conf->centers[i]);
    for (size_t i = 0; i < conf->destination_count; i++)
        destination_fini(&conf->destinations[i]);
    for (size_t i = 0; i < conf->override_count; i++)
        script_fini(&conf->overrides[i]);
    for (size_t i = 0; i < conf->calendar_count; i++)
        conf_calendar_fini(&conf->calendars[i]);
    for (size_t i = 0; i < conf->secret_count; i++)
        secret_fini(&conf->secrets[i]);
    for (size_t i = 0; i < conf->person_count; i++)
        conf_person_fini(&conf->people[i]);
    for (size_t i = 0; i < conf->setting_count; i++)
        conf_setting_fini(&conf->settings[i]);
    free(conf->centers);
    free(conf->destinations);
    free(conf->overrides);
    free(conf->calendars);
    free(conf->secrets);
    free(conf->people);
    problems_fini(&conf->notes);
    free(conf->settings);
    free(conf->file);
    free(conf->dir);
    free(conf->name);
    free(conf->scripts);
    free(conf->state);
    free(conf->listen);
    free(conf->token);
    free(conf->zone);
    for (size_t i = 0; i < conf->notify_count; i++)
        free(conf->notify[i]);
    free(conf->notify);
    for (size_t i = 0; i < conf->severity_count; i++)
        free(conf->severities[i]);
    free(conf->severities);
    free(conf);
}
