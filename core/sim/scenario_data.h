/* What lua/embed_text.lua generates from core/sim/scenarios: every file as text, so
 * that mistakes can be shown with their lines. */
#ifndef CCGATE_SIM_SCENARIO_DATA_H
#define CCGATE_SIM_SCENARIO_DATA_H

struct scenario_file {
    const char *name, *text; /* "rush_hour" */
};

/* Ends with a file without a name. */
extern const struct scenario_file scenario_files[];
/* The same names, ends with NULL. */
extern const char *const scenario_names[];

#endif
