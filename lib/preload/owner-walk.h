/* SPDX-License-Identifier: MIT */
/*
 * All live blocks in the ownership table, one after the other.  Takes some
 * milliseconds: for the end of a process.  Signal-safe; blocks that come and go
 * meanwhile may be among them or not.
 */
#ifndef ALCK_PRELOAD_OWNER_WALK_H
#define ALCK_PRELOAD_OWNER_WALK_H

#include "preload/owner-table.h"

/* Calls VISIT for each of them.  Of level=guard no block is known. */
void alck_table_each(void (*visit)(const struct alck_block *block, void *data),
		     void *data);

#endif
