/* SPDX-License-Identifier: MIT */
/* Which handler an entry is served by: see entries.h. */
#include "preload/entries.h"
#include "preload/providers.h"
#include "preload/runtime.h"

void *alck_entry_handler(const struct alck_entry *e)
{
	static void (*const by_shape[ALCK_SHAPES])(void) = {
		[ALCK_ALLOC] = alck_enter_alloc,
		[ALCK_ALLOC_ARRAY] = alck_enter_alloc,
		[ALCK_ALLOC_ALIGNED] = alck_enter_alloc,
		[ALCK_ALLOC_OUT] = alck_enter_alloc_out,
		[ALCK_REALLOC] = alck_enter_realloc,
		[ALCK_FREE] = alck_enter_free,
		[ALCK_FREE_SIZED] = alck_enter_free,
		[ALCK_QUERY] = alck_enter_query,
		[ALCK_SATELLITE] = alck_on_noted,
	};
	static void (*const plain[ALCK_SHAPES])(void) = {
		[ALCK_ALLOC] = alck_enter_malloc,
		[ALCK_ALLOC_ARRAY] = alck_enter_calloc,
		[ALCK_FREE] = alck_enter_plain_free,
	};

	/* Hooks are looked at in each call, and so are the classes of blocks
	 * where that is asked for; a home-made allocator proves itself in
	 * one. */
	if (e->plain && plain[e->shape] && !e->provider->hooks &&
	    alck_runtime.options.mismatch == ALCK_MISMATCH_OFF &&
	    !(e->provider->family->flags & ALCK_UNPROVEN))
		return (void *)plain[e->shape];
	return (void *)by_shape[e->shape];
}
