/* SPDX-License-Identifier: MIT */
/*
 * Functions that are noted when they are called: what loads objects, and what
 * forks.  They are entered by a jump (alck_on_noted in
 * thunks-*.S), so they see the program as their caller.
 */
#ifndef ALCK_PRELOAD_WATCHED_H
#define ALCK_PRELOAD_WATCHED_H

#include <stdint.h>

#include "preload/entries.h"
#include "preload/modules.h"
#include "preload/providers.h"
#include "preload/unwind.h"

struct alck_watched {
	const char *name;
	/* Called with the arguments as they came in registers (those past the
	 * function's own are whatever was in there) and the caller's frame.
	 * The function is entered with what is in ARGS afterwards. */
	void (*note)(const struct alck_entry *e, uintptr_t *args,
		     const struct alck_frame *frame);
	int (*wanted)(void); /* NULL: always */
};

extern const struct alck_watched alck_watched[];
extern const unsigned int alck_nwatched;

/* Is MODULE a libc, or a part of it of its own (libdl, libpthread), whose
 * functions are to be watched? */
int alck_watched_in(const struct alck_module *module);

/* From alck_on_noted: the program calls E. */
void alck_note(const struct alck_entry *e, uintptr_t *args, uintptr_t pc,
	       uintptr_t sp, uintptr_t fp) ALCK_HIDDEN;

#endif
