/* SPDX-License-Identifier: MIT */
/*
 * Slots that another tool has rewritten: some profilers put a function of
 * theirs into the GOT slots of whole processes.  A slot for NAME that holds an
 * address inside an object which does not define NAME there was not filled by
 * the loader: it is proven (T18).  So is, where that function leaves by a jump,
 * that it went where its code says.  For findings; reads slots.  Signal-safe.
 */
#ifndef ALCK_PRELOAD_REBOUND_H
#define ALCK_PRELOAD_REBOUND_H

#include <stdint.h>

#include "preload/modules.h"
#include "preload/providers.h"

struct alck_rebound {
	const struct alck_module *object; /* whose slot it is */
	const struct alck_module *tool;	  /* whose function is in it */
	const struct alck_entry *entry;	  /* that it was for */
	int tail_call; /* the function went on by a jump, and left no frame */
};

/* Was E called, with PC as return address, by way of a function that a tool has
 * put into somebody's slot for the same name?  Fills in REBOUND and returns 1,
 * or returns 0. */
int alck_rebound_find(const struct alck_entry *e, uintptr_t pc,
		      struct alck_rebound *rebound);

#endif
