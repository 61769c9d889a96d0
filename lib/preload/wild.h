/* SPDX-License-Identifier: MIT */
/*
 * Pointers that no allocator returned, as far as that can be proven.  Reads
 * what is known of stacks, modules and live blocks; signal-safe.
 */
#ifndef ALCK_PRELOAD_WILD_H
#define ALCK_PRELOAD_WILD_H

#include <stdint.h>

#include "preload/providers.h"
#include "preload/unwind.h"

/* Where a pointer that no allocator returned points to, if it can be told. */
enum alck_wild {
	ALCK_WILD_NO,	  /* it may be a block that was never seen */
	ALCK_WILD_STACK,  /* into the caller's stack */
	ALCK_WILD_STATIC, /* into a module's data or code */
	ALCK_WILD_INSIDE, /* into a live block, past its start */
	ALCK_WILD_HIDDEN, /* into what an object mapped for itself */
};

/* INSIDE (may be NULL) is set to the start of the block for
 * ALCK_WILD_INSIDE. */
enum alck_wild alck_wild_kind(uintptr_t pointer, const struct alck_frame *frame,
			      uintptr_t *inside);

/* The module with an allocator that nobody knows, if POINTER, which FREER is
 * given and no allocator that is known has handed out, must be that one's: it
 * lies in memory that the module mapped for itself.  Else NULL. */
struct alck_module *alck_wild_hidden(uintptr_t pointer,
				     const struct alck_provider *freer);

#endif
