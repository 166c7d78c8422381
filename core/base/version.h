/* The version of this program: `ccgate version`, the User-Agent of what it sends. */
#ifndef CCGATE_BASE_VERSION_H
#define CCGATE_BASE_VERSION_H

#define CCGATE_VERSION "0.1.0"

#endif
