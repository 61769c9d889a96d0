/* SPDX-License-Identifier: MIT */
/* `alloccheck report' of what is no report: a live process, a core.  Offline.
 */
#ifndef ALCK_TOOLS_REPORT_STATE_H
#define ALCK_TOOLS_REPORT_STATE_H

#include "inspect/memory.h"

/* Is NAME a process ID of digits alone, or the file of a core? */
int alck_report_is_state(const char *name);

/* Makes a file of the report that the state in NAME comes to; PLACES as
 * for alck_memory_of_core.  Returns its path, which lives as long as this
 * process, or NULL after it has said on stderr why not. */
const char *alck_report_of_state(const char *name,
				 const struct alck_core_places *places);

/* Prints on stdout whose the block is that ADDRESS, a number, leads to in NAME.
 * Returns the exit status. */
int alck_report_who(const char *name, const struct alck_core_places *places,
		    const char *address);

#endif
