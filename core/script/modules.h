/* The modules of a script: files in sub-folders of its folder, lib/shifts.lua for
 * require "lib.shifts".
 *
 * Hosts have no files, so the core has to know what a script will require before it
 * runs. It hands over each module whose name stands between quotes in the script, or in
 * a module that is handed over, whatever it is there for: mostly for require. A script
 * is loaded anew when one of these has changed, and no other script is. */
#ifndef CCGATE_SCRIPT_MODULES_H
#define CCGATE_SCRIPT_MODULES_H

#include "script/folder.h"

/* Sets modules, module_count and module_names of a script that has its source. `path`
 * is where the script is.
 *
 * A name has letters, digits, '_' and '-', and at least one folder in it: what is
 * called otherwise, is hidden or ends in _spec.lua is no module. A script has at most
 * 255 (MESSAGE_MODULES_MAX). A symbolic link, a file behind one, and what cannot be
 * read, is a module with trouble. Looked at are 8 folders deep and 2,000 files. */
void modules_read(struct script_file *file, const char *path);

#endif
