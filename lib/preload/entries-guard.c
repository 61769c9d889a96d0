/* SPDX-License-Identifier: MIT */
/*
 * The hot path at level=guard, of allocators that call no other one: so nothing
 * has to be known of who calls whom, and a free is a jump.  Signal-safe.
 *
 * The handlers are there twice: guarded, for a thunk, which knows its entry;
 * and placed, for the exported functions.  Their entry, and what belongs to it,
 * stands where is known when this is linked; and they are in use only as long
 * as there is no allocator that may call others (alck_interposer_bind), so they
 * need not ask whether one of those is at work.
 */
#include "preload/entries-hot.h"
#include "preload/page-table.h"

/* BLOCK is out.  Its size is nothing that pages keep. */
ALCK_INLINE uintptr_t out(struct alck_of of, uintptr_t block)
{
	if (alck_unlikely(!alck_page_add(block, of.page)) && block)
		return alck_entry_install(*of.entry, block, 0, 0);
	return block;
}

ALCK_INLINE uintptr_t do_malloc(uintptr_t size, struct alck_of of)
{
	return out(of, alck_real_1(of, size));
}

ALCK_INLINE uintptr_t do_calloc(uintptr_t count, uintptr_t size,
				struct alck_of of)
{
	return out(of, alck_real_2(of, count, size));
}

ALCK_INLINE uintptr_t do_realloc(uintptr_t block, uintptr_t size,
				 struct alck_of of)
{
	uintptr_t r;

	if (alck_unlikely(!size) ||
	    alck_unlikely(!alck_page_take(block, of.page)))
		return alck_on_realloc(block, size, 0, 0, 0, *of.entry);
	r = alck_real_2(of, block, size);
	if (alck_unlikely(!r)) {
		out(of, block); /* as before */
		return 0;
	}
	return out(of, r);
}

ALCK_INLINE uintptr_t do_free(uintptr_t block, struct alck_of of)
{
	if (alck_unlikely(!alck_page_take(block, of.page)))
		return alck_on_free(block, 0, 0, 0, 0, *of.entry);
	return alck_real_1(of, block);
}

uintptr_t alck_on_guarded_malloc(uintptr_t size, struct alck_entry *e)
{
	if (alck_unlikely(alck_thread.engaged))
		return alck_on_alloc(size, 0, 0, 0, 0, e);
	return do_malloc(size, ALCK_OF(e));
}

uintptr_t alck_on_guarded_calloc(uintptr_t count, uintptr_t size,
				 struct alck_entry *e)
{
	if (alck_unlikely(alck_thread.engaged))
		return alck_on_alloc(count, size, 0, 0, 0, e);
	return do_calloc(count, size, ALCK_OF(e));
}

uintptr_t alck_on_guarded_realloc(uintptr_t block, uintptr_t size,
				  struct alck_entry *e)
{
	if (alck_unlikely(alck_thread.engaged))
		return alck_on_realloc(block, size, 0, 0, 0, e);
	return do_realloc(block, size, ALCK_OF(e));
}

uintptr_t alck_on_guarded_free(uintptr_t block, struct alck_entry *e)
{
	if (alck_unlikely(alck_thread.engaged))
		return alck_on_free(block, 0, 0, 0, 0, e);
	return do_free(block, ALCK_OF(e));
}

uintptr_t alck_on_placed_guarded_malloc(uintptr_t size)
{
	return do_malloc(size, ALCK_OF_NEXT(0));
}

uintptr_t alck_on_placed_guarded_free(uintptr_t block)
{
	return do_free(block, ALCK_OF_NEXT(1));
}

uintptr_t alck_on_placed_guarded_calloc(uintptr_t count, uintptr_t size)
{
	return do_calloc(count, size, ALCK_OF_NEXT(2));
}

uintptr_t alck_on_placed_guarded_realloc(uintptr_t block, uintptr_t size)
{
	return do_realloc(block, size, ALCK_OF_NEXT(3));
}

/* Reads what belongs to a block, and changes nothing: so it is nobody's
 * business whose call it is, if the block is E's. */
uintptr_t alck_on_guarded_query(uintptr_t a0, uintptr_t a1, uintptr_t a2,
				uintptr_t a3, uintptr_t a4,
				struct alck_entry *e)
{
	if (alck_unlikely(!alck_page_is(a0, e->page)))
		return alck_on_query(a0, a1, a2, a3, a4, e);
	return ((uintptr_t(*)(uintptr_t, uintptr_t, uintptr_t, uintptr_t,
			      uintptr_t))e->real)(a0, a1, a2, a3, a4);
}

uintptr_t alck_on_placed_guarded_query(uintptr_t block)
{
	struct alck_of of = ALCK_OF_NEXT(13);

	if (alck_unlikely(!alck_page_is(block, *of.page)))
		return alck_on_query(block, 0, 0, 0, 0, *of.entry);
	return alck_real_1(of, block);
}
