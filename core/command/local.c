#include "command/local.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const char *const hosts[] = {"127.0.0.1", "localhost", "[::1]"};

char *
local_address(const char *url)
{
    const char *end = strstr(url, "://"), *host = end ? end + 3 : url;
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        size_t size = strlen(hosts[i]);
        if (strncmp(host, hosts[i], size) != 0 || host[size] != ':')
            continue;
        /* Servers listen on addresses, not on names. */
        const char *address = hosts[i][0] == 'l' ? hosts[0] : hosts[i];
        return mem_format("%s%.*s", address, (int)strcspn(host + size, "/?#"),
                          host + size);
    }
    return NULL;
}

static bool
is_local(const char *url)
{
    char *address = local_address(url);
    bool is_here = address != NULL;
    free(address);
    return is_here;
}

const struct conf_center *
local_center(const struct command *command, const struct conf *conf)
{
    const struct conf_center *center = conf_default_center(conf);
    if (!center && conf->center_count)
        command_misused(command,
                        "%s: several centres and none is the default; to be played "
                        "here, one of them needs default = yes",
                        conf->file);
    else if (!center || !is_local(center->url))
        command_misused(command,
                        "%s: to be played here, the contact centre needs a [center] "
                        "with url = https://127.0.0.1:PORT",
                        conf->file);
    else if (!center->ca_file)
        command_misused(command,
                        "%s: [center %s] needs ca_file: the authority of the played "
                        "centre is written there",
                        conf->file, center->name);
    else
        return center;
    return NULL;
}

const struct conf_destination *
local_destination(const struct conf *conf)
{
    for (size_t i = 0; i < conf->destination_count; i++)
        if (conf->destinations[i].url && is_local(conf->destinations[i].url))
            return &conf->destinations[i];
    return NULL;
}

static const char *
path_of(const char *url)
{
    const char *host = strstr(url, "://"), *path = host ? strchr(host + 3, '/') : NULL;
    return path ? path : "/";
}

struct sink_place *
local_places(const struct conf *conf, const char *address, size_t *count)
{
    struct sink_place *places =
        mem_zero((conf->destination_count + 1) * sizeof *places);
    *count = 0;
    for (size_t i = 0; i < conf->destination_count; i++) {
        const struct conf_destination *destination = &conf->destinations[i];
        char *own = destination->url ? local_address(destination->url) : NULL;
        if (own && strcmp(own, address) == 0)
            places[(*count)++] = (struct sink_place){
                path_of(destination->url), destination->name, destination->secret};
        free(own);
    }
    return places;
}

/* ---- found elsewhere ---- */

bool
local_read_move(char *text, struct local_move *move)
{
    char *to = strchr(text, '='), *ca_file = to ? strchr(to, ',') : NULL;
    if (!to || to == text || !to[1])
        return false;
    *to++ = '\0';
    if (ca_file)
        *ca_file++ = '\0';
    *move = (struct local_move){text, to, ca_file};
    return true;
}

/* True when the address was there and has been replaced. */
static bool
move_url(char **url, const struct local_move *move)
{
    char *address = *url ? local_address(*url) : NULL;
    bool is_there = address && strcmp(address, move->from) == 0;
    free(address);
    if (!is_there)
        return false;
    const char *host = strstr(*url, "://") + strlen("://");
    char *moved = mem_format("%.*s%s%s", (int)(host - *url), *url, move->to,
                             host + strcspn(host, "/?#"));
    free(*url);
    *url = moved;
    return true;
}

void
local_apply_move(struct conf *conf, const struct local_move *move)
{
    for (size_t i = 0; i < conf->center_count; i++) {
        struct conf_center *center = &conf->centers[i];
        move_url(&center->agent_gateway, move);
        if (!move_url(&center->url, move) || !move->ca_file)
            continue;
        free(center->ca_file);
        center->ca_file = mem_text(move->ca_file);
    }
    for (size_t i = 0; i < conf->destination_count; i++)
        move_url(&conf->destinations[i].url, move);
}
