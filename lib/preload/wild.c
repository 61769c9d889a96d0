/* SPDX-License-Identifier: MIT */
/* Pointers that no allocator returned: see wild.h.  Signal-safe. */
#include <stddef.h>

#include "preload/arch.h"
#include "preload/loader.h"
#include "preload/mapped.h"
#include "preload/modules.h"
#include "preload/owner-table.h"
#include "preload/rebind.h"
#include "preload/wild.h"

/* How far above its stack pointer a thread's stack is believed to go. */
#define STACK_REACH (64 * 1024UL)

/* Is POINTER in the stack that FRAME is on?  The main thread's ends where the
 * loader found it; another thread's ends at its thread control block, unless
 * it runs on a stack of its own making, so only a short way is believed. */
static int is_on_stack(uintptr_t pointer, const struct alck_frame *frame)
{
	uintptr_t end = (uintptr_t)alck_loader_stack_end;

	if (pointer < frame->sp)
		return 0;
	if (frame->sp < end && end - frame->sp < (1UL << 30))
		return pointer < end;
	end = alck_arch_thread_pointer();
	return frame->sp < end && pointer < end &&
	       pointer - frame->sp < STACK_REACH;
}

enum alck_wild alck_wild_kind(uintptr_t pointer, const struct alck_frame *frame,
			      uintptr_t *inside)
{
	struct alck_block block;
	uintptr_t start;

	if (is_on_stack(pointer, frame))
		return ALCK_WILD_STACK;
	if (alck_module_at(pointer))
		return ALCK_WILD_STATIC;
	if (alck_rebind_is_whole() &&
	    alck_table_find_inside(pointer, &start, &block) &&
	    start != pointer && !alck_provider(block.owner)->has_more) {
		if (inside)
			*inside = start;
		return ALCK_WILD_INSIDE;
	}
	return ALCK_WILD_NO;
}

struct alck_module *alck_wild_hidden(uintptr_t pointer,
				     const struct alck_provider *freer)
{
	struct alck_module *m;

	/* Blocks of these may come by unseen, or lie where others map. */
	if (!alck_rebind_is_whole() || freer->is_part || freer->unknown_frees ||
	    (freer->family->flags &
	     (ALCK_TOLERANT | ALCK_FORWARDER | ALCK_LOADER | ALCK_UNPROVEN)))
		return NULL;
	m = alck_mapped_by(pointer);
	return m != freer->module ? m : NULL;
}
