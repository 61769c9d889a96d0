/* SPDX-License-Identifier: MIT */
/* C++ names as people write them.  Offline, not signal-safe. */
#ifndef ALCK_REPORT_DEMANGLE_H
#define ALCK_REPORT_DEMANGLE_H

#include "report/arena.h"

/* NAME demangled into ARENA, or NAME itself where it is not a mangled one, or
 * memory is refused, or the build has no demangler. */
const char *alck_demangle(struct alck_arena *arena, const char *name);

#endif
