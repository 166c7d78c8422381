/* The supervisor's inside, shared by supervisor.c and supervisor_look.c alone. */
#ifndef CCGATE_SCRIPT_SUPERVISOR_INSIDE_H
#define CCGATE_SCRIPT_SUPERVISOR_INSIDE_H

#include "script/supervisor.h"
#include "script/ward.h"

struct supervisor {
    struct resident_world world;
    const char *const *files; /* NULL: the configuration's folder */
    size_t file_count;
    struct ward *wards; /* in name order */
    struct retiree *retirees;
    struct timer *round_timer, *trial_timer, *settle_timer;
    struct supervisor_reload reload; /* conf NULL: none under way */
    bool is_whole;    /* the configuration shows scripts something else: all or none */
    uint64_t reloads; /* so far */
    bool has_new;     /* alerts and runs may have lost who looks after them since the
                       * last sweep */
    bool is_draining;
};

#endif
