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

/* What a handler needs of its entry, read where it is needed: nothing has to be
 * kept while the allocator is called. */
struct entry {
	struct alck_entry *const *at;
	void *const *real;
	const uint32_t *page;
};

#define OF(e)                                \
	(struct entry)                       \
	{                                    \
		&(e), &(e)->real, &(e)->page \
	}

/* By place in alck_rows_c. */
#define NEXT(place)                                              \
	(struct entry)                                           \
	{                                                        \
		&alck_next[place].entry, &alck_next[place].real, \
			&alck_next[place].page                   \
	}

#define CALL_1(e, a)	((uintptr_t(*)(uintptr_t)) * (e).real)(a)
#define CALL_2(e, a, b) ((uintptr_t(*)(uintptr_t, uintptr_t)) * (e).real)(a, b)

/* E's BLOCK is out.  Its size is nothing that pages keep. */
ALCK_INLINE uintptr_t out(struct entry e, uintptr_t block)
{
	if (alck_unlikely(!alck_page_add(block, e.page)) && block)
		return alck_entry_install(*e.at, block, 0, 0);
	return block;
}

ALCK_INLINE uintptr_t do_malloc(uintptr_t size, struct entry e)
{
	return out(e, CALL_1(e, size));
}

ALCK_INLINE uintptr_t do_calloc(uintptr_t count, uintptr_t size, struct entry e)
{
	return out(e, CALL_2(e, count, size));
}

ALCK_INLINE uintptr_t do_realloc(uintptr_t block, uintptr_t size,
				 struct entry e)
{
	uintptr_t r;

	if (alck_unlikely(!size) ||
	    alck_unlikely(!alck_page_take(block, e.page)))
		return alck_on_realloc(block, size, 0, 0, 0, *e.at);
	r = CALL_2(e, block, size);
	if (alck_unlikely(!r)) {
		out(e, block); /* as before */
		return 0;
	}
	return out(e, r);
}

ALCK_INLINE uintptr_t do_free(uintptr_t block, struct entry e)
{
	if (alck_unlikely(!alck_page_take(block, e.page)))
		return alck_on_free(block, 0, 0, 0, 0, *e.at);
	return CALL_1(e, block);
}

uintptr_t alck_on_guarded_malloc(uintptr_t size, struct alck_entry *e)
{
	if (alck_unlikely(alck_thread.engaged))
		return alck_on_alloc(size, 0, 0, 0, 0, e);
	return do_malloc(size, OF(e));
}

uintptr_t alck_on_guarded_calloc(uintptr_t count, uintptr_t size,
				 struct alck_entry *e)
{
	if (alck_unlikely(alck_thread.engaged))
		return alck_on_alloc(count, size, 0, 0, 0, e);
	return do_calloc(count, size, OF(e));
}

uintptr_t alck_on_guarded_realloc(uintptr_t block, uintptr_t size,
				  struct alck_entry *e)
{
	if (alck_unlikely(alck_thread.engaged))
		return alck_on_realloc(block, size, 0, 0, 0, e);
	return do_realloc(block, size, OF(e));
}

uintptr_t alck_on_guarded_free(uintptr_t block, struct alck_entry *e)
{
	if (alck_unlikely(alck_thread.engaged))
		return alck_on_free(block, 0, 0, 0, 0, e);
	return do_free(block, OF(e));
}

uintptr_t alck_on_placed_guarded_malloc(uintptr_t size)
{
	return do_malloc(size, NEXT(0));
}

uintptr_t alck_on_placed_guarded_free(uintptr_t block)
{
	return do_free(block, NEXT(1));
}

uintptr_t alck_on_placed_guarded_calloc(uintptr_t count, uintptr_t size)
{
	return do_calloc(count, size, NEXT(2));
}

uintptr_t alck_on_placed_guarded_realloc(uintptr_t block, uintptr_t size)
{
	return do_realloc(block, size, NEXT(3));
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
