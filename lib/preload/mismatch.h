/* SPDX-License-Identifier: MIT */
/*
 * The right allocator, and the wrong function of it (T20): what malloc returned
 * given to delete, what new[] returned to delete, a sized delete that is told
 * another size.  Only with mismatch=api.
 *
 * The class of a block is that of the outermost entry that returned it, which
 * its context names; libstdc++'s operator new is one, though malloc is under
 * it.  Only standard names have a class.  Signal-safe.
 */
#ifndef ALCK_PRELOAD_MISMATCH_H
#define ALCK_PRELOAD_MISMATCH_H

#include <stdint.h>

#include "preload/owner-table.h"
#include "preload/providers.h"
#include "preload/runtime.h"
#include "preload/thread.h"
#include "preload/unwind.h"

/* What an entry under another one is given is no concern of the program's. */
static inline int alck_mismatch_wanted(const struct alck_thread *t)
{
	return alck_runtime.options.mismatch == ALCK_MISMATCH_API && !t->depth;
}

/* The program gives BLOCK, of which WAS is known, to E, which is right as far
 * as allocators go; to a sized free it says GIVEN.  Reports what is wrong. */
void alck_mismatch_check(struct alck_entry *e, uintptr_t block,
			 const struct alck_block *was, uint64_t given,
			 const struct alck_frame *frame);

#endif
