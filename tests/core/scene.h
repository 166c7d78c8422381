/* The default scenario, for tests of its parts. */
#ifndef CCGATE_TESTS_SCENE_H
#define CCGATE_TESTS_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "sim/scenario.h"

static struct scenario scene;

/* A group's set-up. */
static inline int
read_scene(void **state)
{
    struct buf problem = {0};
    (void)state;
    return scenario_read(&scene, SCENARIO_DEFAULT, &problem) ? 0 : -1;
}

#endif
