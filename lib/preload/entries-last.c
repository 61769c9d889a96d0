/* SPDX-License-Identifier: MIT */
/*
 * The hot path of malloc, calloc and free of allocators that call no other one
 * (alck_entry_is_last), where each block has a record: nothing has to be known
 * of who calls whom, so their entries are never under way, and a free is a
 * jump.  Each handler is there twice: for a thunk, which knows its entry, and
 * for the exported function, whose entry stands where is known when this is
 * linked (alck_next). Signal-safe.
 */
#include "preload/entries-hot.h"

ALCK_INLINE uintptr_t do_malloc(uintptr_t size, struct alck_of of)
{
	uintptr_t r;

	if (alck_unlikely(alck_thread.engaged))
		return alck_hot_malloc_under(size, *of.entry);
	r = alck_real_1(of, size);
	return alck_hot_note_last(r, size, *of.entry);
}

ALCK_INLINE uintptr_t do_calloc(uintptr_t count, uintptr_t size,
				struct alck_of of)
{
	uintptr_t r;

	if (alck_unlikely(alck_thread.engaged))
		return alck_on_alloc(count, size, 0, 0, 0, *of.entry);
	r = alck_real_2(of, count, size);
	/* Where there is a block, the product did not overflow. */
	return alck_hot_note_last(r, count * size, *of.entry);
}

/* A call that comes by for the first time, or one that is out of the ordinary.
 */
static ALCK_JUMPED uintptr_t free_new(uintptr_t block, struct alck_entry *e)
{
	const struct alck_here *here = ALCK_HERE;

	if (!block || !alck_hot_take(&alck_thread, e, block, here->pc, 0, here))
		return alck_on_free(block, 0, 0, 0, 0, e);
	return alck_real_1(ALCK_OF(e), block);
}

ALCK_INLINE uintptr_t do_free(uintptr_t block, struct alck_of of, int keep)
{
	if (alck_unlikely(alck_thread.engaged))
		return alck_hot_free_under(block, *of.entry);
	/* For the record of a crash. */
	alck_thread.freeing = block;
	if (alck_unlikely(!alck_hot_take(&alck_thread, *of.entry, block,
					 ALCK_CALLER, keep, NULL)))
		return free_new(block, *of.entry);
	return alck_real_1(of, block);
}

uintptr_t alck_on_last_malloc(uintptr_t size, struct alck_entry *e)
{
	return do_malloc(size, ALCK_OF(e));
}

uintptr_t alck_on_placed_last_malloc(uintptr_t size)
{
	return do_malloc(size, ALCK_OF_NEXT(0));
}

uintptr_t alck_on_last_calloc(uintptr_t count, uintptr_t size,
			      struct alck_entry *e)
{
	return do_calloc(count, size, ALCK_OF(e));
}

uintptr_t alck_on_placed_last_calloc(uintptr_t count, uintptr_t size)
{
	return do_calloc(count, size, ALCK_OF_NEXT(2));
}

/* Where nothing is kept of frees. */
uintptr_t alck_on_last_free(uintptr_t block, struct alck_entry *e)
{
	return do_free(block, ALCK_OF(e), ALCK_KEEP_NOTHING);
}

uintptr_t alck_on_placed_last_free(uintptr_t block)
{
	return do_free(block, ALCK_OF_NEXT(1), ALCK_KEEP_NOTHING);
}

/* Where their callers are. */
uintptr_t alck_on_last_called_free(uintptr_t block, struct alck_entry *e)
{
	return do_free(block, ALCK_OF(e), ALCK_KEEP_CALLER);
}

uintptr_t alck_on_placed_last_called_free(uintptr_t block)
{
	return do_free(block, ALCK_OF_NEXT(1), ALCK_KEEP_CALLER);
}
