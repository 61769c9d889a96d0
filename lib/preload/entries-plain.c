/* SPDX-License-Identifier: MIT */
/*
 * The hot path: malloc, calloc, realloc, free and an allocator's own operators,
 * called by the program itself and with nothing out of the ordinary about the
 * entry.  What is rare is left to the handlers in entries.c, which know
 * everything; they are entered by a jump, so that they see the program's call.
 * Signal-safe.
 */
#include "preload/entries-hot.h"
#include "preload/hooks.h"
#include "preload/judge.h"
#include "preload/passing.h"

/* ------------------------------------------------------------- allocation */

/* What the records are made of of blocks that the forwarding operator under way
 * gets from E, in *BASE; or returns 0. */
ALCK_INLINE int base_above(const struct alck_thread *t,
			   const struct alck_entry *e, uint64_t *base)
{
	const struct alck_entry *through = t->outer;
	const struct alck_here *there =
		(const void *)(t->frame - offsetof(struct alck_here, sp));

	return alck_provider_forwards(through->provider, e->provider->id) &&
	       alck_hot_base(t, through, there, base);
}

/* Called by a forwarding operator, or not: then it is anybody's call. */
ALCK_JUMPED uintptr_t alck_hot_malloc_under(uintptr_t size,
					    struct alck_entry *e)
{
	const struct alck_here *here = ALCK_HERE;
	struct alck_thread *t = &alck_thread;
	uint32_t context;
	uint64_t base;
	uintptr_t r;

	if (!alck_hot_is_forwarded(t, here) || e->provider->hooks)
		return alck_on_alloc(size, 0, 0, 0, 0, e);
	t->produced = 0;
	r = ((uintptr_t(*)(uintptr_t))e->real)(size);
	if (alck_unlikely(!r))
		return 0;
	if (alck_unlikely(t->produced) || alck_unlikely(r % 16) ||
	    alck_unlikely(!e->provider->produced))
		return alck_hot_note_rare(r, size, e);
	/* The operator has the caller that the user knows, and its context. */
	t->noted = (uint8_t)base_above(t, e, &base);
	context = t->noted ? alck_word_context(base) : 0;
	base = alck_word_base(alck_hot_live(e), context);
	if (alck_unlikely(!alck_hot_store(base, e->leaf, r, size)))
		alck_entry_install(e, r, size, context);
	alck_thread_produced(t, r, e->provider->id);
	return r;
}

ALCK_INLINE uintptr_t plain_malloc(uintptr_t size, struct alck_entry *e,
				   int throws)
{
	struct alck_thread *t = &alck_thread;
	uintptr_t r;

	alck_hot_enter(t, e, 0, ALCK_HERE);
	r = throws ? alck_call_throwing(e->real, size, 0, 0, 0, 0)
		   : ((uintptr_t(*)(uintptr_t))e->real)(size);
	return alck_hot_note(r, size, e);
}

uintptr_t alck_on_malloc(uintptr_t size, struct alck_entry *e)
{
	if (alck_unlikely(alck_thread.engaged))
		return alck_hot_malloc_under(size, e);
	return plain_malloc(size, e, 0);
}

uintptr_t alck_on_hooked_malloc(uintptr_t size, struct alck_entry *e)
{
	if (alck_unlikely(alck_thread.engaged) ||
	    alck_unlikely(!alck_hooks_let_allocate(e->provider->hooks)))
		return alck_on_alloc(size, 0, 0, 0, 0, e);
	return plain_malloc(size, e, 0);
}

/* An allocator's own operator new. */
uintptr_t alck_on_throwing_malloc(uintptr_t size, struct alck_entry *e)
{
	if (alck_unlikely(alck_thread.engaged))
		return alck_on_alloc(size, 0, 0, 0, 0, e);
	return plain_malloc(size, e, 1);
}

ALCK_INLINE uintptr_t plain_calloc(uintptr_t count, uintptr_t size,
				   struct alck_entry *e)
{
	struct alck_thread *t = &alck_thread;
	uintptr_t r;

	alck_hot_enter(t, e, 0, ALCK_HERE);
	r = ((uintptr_t(*)(uintptr_t, uintptr_t))e->real)(count, size);
	/* Where there is a block, the product did not overflow. */
	return alck_hot_note(r, count * size, e);
}

uintptr_t alck_on_calloc(uintptr_t count, uintptr_t size, struct alck_entry *e)
{
	if (alck_unlikely(alck_thread.engaged))
		return alck_on_alloc(count, size, 0, 0, 0, e);
	return plain_calloc(count, size, e);
}

uintptr_t alck_on_hooked_calloc(uintptr_t count, uintptr_t size,
				struct alck_entry *e)
{
	if (alck_unlikely(alck_thread.engaged) ||
	    alck_unlikely(!alck_hooks_let_allocate(e->provider->hooks)))
		return alck_on_alloc(count, size, 0, 0, 0, e);
	return plain_calloc(count, size, e);
}

/* ------------------------------------------------------------------ freeing */

uint64_t alck_hot_bury_new(struct alck_thread *t, const struct alck_entry *e,
			   uint64_t word, uintptr_t pc,
			   const struct alck_here *here)
{
	struct alck_frame frame = alck_hot_frame(here);
	uint64_t freed;

	if (alck_hot_bury(t, e, word, pc, alck_keeping.free, &freed))
		return freed;
	return alck_word_freed(
		word,
		alck_capture_freeing(t, e, &frame, alck_word_context(word)));
}

/* Called by a forwarding operator, or not: then it is anybody's call. */
ALCK_JUMPED uintptr_t alck_hot_free_under(uintptr_t block, struct alck_entry *e)
{
	const struct alck_here *here = ALCK_HERE;
	struct alck_thread *t = &alck_thread;

	if (!alck_hot_is_forwarded(t, here) || t->freeing != block ||
	    e->provider->hooks ||
	    !alck_hot_take(t, e, block, ((const uintptr_t *)t->frame)[-1], 0,
			   here))
		return alck_on_free(block, 0, 0, 0, 0, e);
	t->freed = 1;
	return ((uintptr_t(*)(uintptr_t))e->real)(block);
}

/* Gives E's BLOCK, which is out of the table, to the allocator.  To be jumped
 * to. */
static ALCK_JUMPED uintptr_t release(uintptr_t block, uintptr_t size,
				     struct alck_entry *e)
{
	struct alck_thread *t = &alck_thread;
	uintptr_t r;

	alck_hot_enter(t, e, block, ALCK_HERE);
	r = ((uintptr_t(*)(uintptr_t, uintptr_t))e->real)(block, size);
	alck_hot_leave(t);
	if (alck_unlikely(e->jumps))
		alck_passing_settle(e);
	return r;
}

/* A call that comes by for the first time, or one that is out of the ordinary.
 */
static ALCK_JUMPED uintptr_t free_new(uintptr_t block, uintptr_t size,
				      struct alck_entry *e)
{
	const struct alck_here *here = ALCK_HERE;

	if (!block || !alck_hot_take(&alck_thread, e, block, here->pc, 0, here))
		return alck_on_free(block, size, 0, 0, 0, e);
	return release(block, size, e);
}

ALCK_INLINE uintptr_t plain_free(uintptr_t block, uintptr_t size,
				 struct alck_entry *e)
{
	if (alck_unlikely(!alck_hot_take(&alck_thread, e, block, ALCK_CALLER,
					 alck_keeping.free, NULL)))
		return free_new(block, size, e);
	return release(block, size, e);
}

uintptr_t alck_on_plain_free(uintptr_t block, struct alck_entry *e)
{
	if (alck_unlikely(alck_thread.engaged))
		return alck_hot_free_under(block, e);
	return plain_free(block, 0, e);
}

uintptr_t alck_on_hooked_free(uintptr_t block, struct alck_entry *e)
{
	if (alck_unlikely(alck_thread.engaged) ||
	    alck_unlikely(!alck_hooks_let_free(e->provider->hooks)))
		return alck_on_free(block, 0, 0, 0, 0, e);
	return plain_free(block, 0, e);
}

/* An allocator's own operator delete that is told the size. */
uintptr_t alck_on_sized_free(uintptr_t block, uintptr_t size,
			     struct alck_entry *e)
{
	if (alck_unlikely(alck_thread.engaged))
		return alck_on_free(block, size, 0, 0, 0, e);
	return plain_free(block, size, e);
}

/* ------------------------------------------------------------------ realloc */

/* The block that AT's record WORD was of has moved away, from HERE. */
static __attribute__((noinline)) void
leave_behind(struct alck_thread *t, const struct alck_entry *e, uintptr_t block,
	     uint64_t *at, uint64_t word, const struct alck_here *here)
{
	uint64_t removed = alck_word_removed(word);
	uint64_t freed = alck_hot_bury_new(t, e, word, here->pc, here);
	struct alck_block was;

	if (alck_likely(alck_word_change(at, removed, freed)))
		return;
	/* Its granule has got a leaf meanwhile, or somebody has its memory. */
	alck_table_decode(removed, block, &was);
	alck_table_tombstone(block, &was, alck_word_context(freed));
}

/* It has not. */
static __attribute__((noinline, cold)) void restore(uintptr_t block,
						    uint64_t word)
{
	struct alck_block was;

	alck_table_decode(alck_word_removed(word), block, &was);
	alck_table_restore(block, &was);
}

ALCK_INLINE uintptr_t plain_realloc(uintptr_t block, uintptr_t size,
				    struct alck_entry *e)
{
	const struct alck_here *here = ALCK_HERE;
	struct alck_thread *t = &alck_thread;
	uint64_t *at, word;
	uintptr_t r;
	int alone;

	if (alck_unlikely(!size) ||
	    alck_unlikely(!alck_table_find_live(block, e->mark, &at, &word,
						&alone)) ||
	    alck_unlikely(!alck_word_change(at, word, alck_word_removed(word))))
		return alck_on_realloc(block, size, 0, 0, 0, e);
	alck_hot_enter(t, e, block, here);
	r = ((uintptr_t(*)(uintptr_t, uintptr_t))e->real)(block, size);
	if (alck_unlikely(!r)) {
		alck_hot_leave(t);
		restore(block, word);
		return 0;
	}
	if (r != block)
		leave_behind(t, e, block, at, word, here);
	return alck_hot_note(r, size, e);
}

uintptr_t alck_on_plain_realloc(uintptr_t block, uintptr_t size,
				struct alck_entry *e)
{
	if (alck_unlikely(alck_thread.engaged))
		return alck_on_realloc(block, size, 0, 0, 0, e);
	return plain_realloc(block, size, e);
}

uintptr_t alck_on_hooked_realloc(uintptr_t block, uintptr_t size,
				 struct alck_entry *e)
{
	if (alck_unlikely(alck_thread.engaged) ||
	    alck_unlikely(!alck_hooks_let_free(e->provider->hooks)))
		return alck_on_realloc(block, size, 0, 0, 0, e);
	return plain_realloc(block, size, e);
}

/* -------------------------------------------------------------------- query */

/* Reads what belongs to a block, and changes nothing: so it is nobody's
 * business whose call it is, if the block is E's. */
uintptr_t alck_on_plain_query(uintptr_t a0, uintptr_t a1, uintptr_t a2,
			      uintptr_t a3, uintptr_t a4, struct alck_entry *e)
{
	uint64_t *at, word;
	int alone;

	if (alck_unlikely(
		    !alck_table_find_live(a0, e->mark, &at, &word, &alone)))
		return alck_on_query(a0, a1, a2, a3, a4, e);
	return ((uintptr_t(*)(uintptr_t, uintptr_t, uintptr_t, uintptr_t,
			      uintptr_t))e->real)(a0, a1, a2, a3, a4);
}
