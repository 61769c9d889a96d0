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
#include "preload/malloc-contract.h"
#include "preload/page-table.h"

/* From thunks-*.S, and known to it by name. */
#define TAKES_1(name) \
	uintptr_t name(uintptr_t a, struct alck_entry *e) ALCK_HIDDEN
#define TAKES_2(name)                                                  \
	uintptr_t name(uintptr_t a, uintptr_t b, struct alck_entry *e) \
		ALCK_HIDDEN

TAKES_1(alck_on_malloc);
TAKES_1(alck_on_hooked_malloc);
TAKES_1(alck_on_throwing_malloc);
TAKES_2(alck_on_calloc);
TAKES_2(alck_on_hooked_calloc);
TAKES_2(alck_on_plain_realloc);
TAKES_2(alck_on_hooked_realloc);
TAKES_1(alck_on_plain_free);
TAKES_1(alck_on_hooked_free);
TAKES_2(alck_on_sized_free);
TAKES_1(alck_on_guarded_malloc);
TAKES_2(alck_on_guarded_calloc);
TAKES_2(alck_on_guarded_realloc);
TAKES_1(alck_on_guarded_free);

__attribute__((cold)) uintptr_t
alck_hot_note_rare(struct alck_thread *t, struct alck_entry *e, uintptr_t block,
		   uint64_t size, const struct alck_here *here)
{
	struct alck_frame frame = alck_hot_frame(here);

	alck_entry_note(t, e, block, size, &frame);
	return block;
}

__attribute__((cold)) uint32_t alck_hot_capture(struct alck_thread *t,
						const struct alck_entry *e,
						const struct alck_here *here,
						uintptr_t block, uint64_t size)
{
	struct alck_frame frame = alck_hot_frame(here);

	/* Of calls that come by for the first time, which is enough to tell.
	 * What an operator hands on has been looked at below it. */
	if (alck_unlikely(block % 16) && !e->forwards)
		alck_contract_check_size(e, block, size, &frame);
	/* Nothing is remembered of E until it has come by here. */
	if (alck_unlikely(!e->provider->produced) && !e->forwards)
		e->provider->produced = 1;
	return alck_capture_new(t, e, &frame);
}

static __attribute__((noinline, cold)) uint32_t
capture_freeing(struct alck_thread *t, const struct alck_entry *e,
		const struct alck_here *here, uint32_t previous)
{
	struct alck_frame frame = alck_hot_frame(here);

	return alck_capture_freeing(t, e, &frame, previous);
}

/* ------------------------------------------------------------- allocation */

/* BLOCK of SIZE bytes came from E. */
ALCK_INLINE uintptr_t note(struct alck_thread *t, struct alck_entry *e,
			   uintptr_t block, uint64_t size,
			   const struct alck_here *here)
{
	uint32_t context;

	if (alck_unlikely(!block))
		return 0;
	/* An entry under this one has produced something: this, perhaps. */
	if (alck_unlikely(t->produced))
		return alck_hot_note_rare(t, e, block, size, here);
	context = alck_hot_context(t, e, here, block, size);
	if (alck_unlikely(!alck_hot_store(alck_hot_live(e), e->leaf, block,
					  size, context)))
		alck_entry_install(e, block, size, context);
	return block;
}

/* Called by a forwarding operator, or not: then it is anybody's call. */
static __attribute__((noinline)) uintptr_t malloc_under(uintptr_t size,
							struct alck_entry *e)
{
	const struct alck_here *here = ALCK_HERE;
	struct alck_thread *t = &alck_thread;
	uintptr_t r;

	if (!alck_hot_is_forwarded(t, here) || e->provider->hooks)
		return alck_on_alloc(size, 0, 0, 0, 0, e);
	t->produced = 0;
	r = ((uintptr_t(*)(uintptr_t))e->real)(size);
	if (alck_unlikely(!r))
		return 0;
	if (alck_unlikely(t->produced) || alck_unlikely(r % 16) ||
	    alck_unlikely(!e->provider->produced))
		return alck_hot_note_rare(t, e, r, size, here);
	/* The operator has the caller that the user knows, and its context. */
	if (alck_unlikely(
		    !alck_hot_store(alck_hot_live(e), e->leaf, r, size, 0)))
		alck_entry_install(e, r, size, 0);
	t->produced = r;
	t->producer = e->provider->id;
	return r;
}

ALCK_INLINE uintptr_t plain_malloc(uintptr_t size, struct alck_entry *e,
				   int throws, const struct alck_here *here)
{
	struct alck_thread *t = &alck_thread;
	uintptr_t r;

	alck_hot_enter(t, e, 0, here);
	r = throws ? alck_call_throwing(e->real, size, 0, 0, 0, 0)
		   : ((uintptr_t(*)(uintptr_t))e->real)(size);
	alck_hot_leave(t);
	return note(t, e, r, size, here);
}

uintptr_t alck_on_malloc(uintptr_t size, struct alck_entry *e)
{
	if (alck_unlikely(alck_thread.engaged))
		return malloc_under(size, e);
	return plain_malloc(size, e, 0, ALCK_HERE);
}

uintptr_t alck_on_hooked_malloc(uintptr_t size, struct alck_entry *e)
{
	if (alck_unlikely(alck_thread.engaged) ||
	    alck_unlikely(!alck_hooks_let_allocate(e->provider->hooks)))
		return alck_on_alloc(size, 0, 0, 0, 0, e);
	return plain_malloc(size, e, 0, ALCK_HERE);
}

/* An allocator's own operator new. */
uintptr_t alck_on_throwing_malloc(uintptr_t size, struct alck_entry *e)
{
	if (alck_unlikely(alck_thread.engaged))
		return alck_on_alloc(size, 0, 0, 0, 0, e);
	return plain_malloc(size, e, 1, ALCK_HERE);
}

ALCK_INLINE uintptr_t plain_calloc(uintptr_t count, uintptr_t size,
				   struct alck_entry *e,
				   const struct alck_here *here)
{
	struct alck_thread *t = &alck_thread;
	uintptr_t r;

	alck_hot_enter(t, e, 0, here);
	r = ((uintptr_t(*)(uintptr_t, uintptr_t))e->real)(count, size);
	alck_hot_leave(t);
	/* Where there is a block, the product did not overflow. */
	return note(t, e, r, count * size, here);
}

uintptr_t alck_on_calloc(uintptr_t count, uintptr_t size, struct alck_entry *e)
{
	if (alck_unlikely(alck_thread.engaged))
		return alck_on_alloc(count, size, 0, 0, 0, e);
	return plain_calloc(count, size, e, ALCK_HERE);
}

uintptr_t alck_on_hooked_calloc(uintptr_t count, uintptr_t size,
				struct alck_entry *e)
{
	if (alck_unlikely(alck_thread.engaged) ||
	    alck_unlikely(!alck_hooks_let_allocate(e->provider->hooks)))
		return alck_on_alloc(count, size, 0, 0, 0, e);
	return plain_calloc(count, size, e, ALCK_HERE);
}

/* ------------------------------------------------------------------ freeing */

/* The context for the tombstone of a block with the context PREVIOUS, freed
 * from HERE; the call came from PC. */
ALCK_INLINE uint32_t freed_by(struct alck_thread *t, const struct alck_entry *e,
			      uint32_t previous, uintptr_t pc,
			      const struct alck_here *here)
{
	uint32_t context;

	if (alck_keeping.free == ALCK_KEEP_NOTHING)
		return previous;
	if (alck_likely(alck_keeping.free == ALCK_KEEP_CALLER)) {
		context = alck_site_context(t, pc, e->id, previous);
		if (alck_likely(context != 0))
			return context;
	}
	return capture_freeing(t, e, here, previous);
}

/* E's own live BLOCK, freed by a call from PC, out of the table before the
 * allocator sees it.  Returns 0 where it is not that simple, and nothing was
 * done. */
ALCK_INLINE int take(struct alck_thread *t, const struct alck_entry *e,
		     uintptr_t block, uintptr_t pc,
		     const struct alck_here *here)
{
	uint64_t *at, word, freed;
	int alone;

	if (alck_unlikely(!alck_table_find_live(block, alck_hot_live(e), &at,
						&word, &alone)))
		return 0; /* NULL is never there */
	freed = alck_word_freed(
		word, freed_by(t, e, alck_word_context(word), pc, here));
	if (alone && alck_one_thread())
		__atomic_store_n(at, freed, __ATOMIC_RELAXED);
	else if (alck_unlikely(!alck_word_change(at, word, freed)))
		return 0;
	return 1;
}

/* Called by a forwarding operator, or not: then it is anybody's call. */
static __attribute__((noinline)) uintptr_t free_under(uintptr_t block,
						      struct alck_entry *e)
{
	const struct alck_here *here = ALCK_HERE;
	struct alck_thread *t = &alck_thread;

	if (!alck_hot_is_forwarded(t, here) || t->freeing != block ||
	    e->provider->hooks ||
	    !take(t, e, block, ((const uintptr_t *)t->frame)[-1], here))
		return alck_on_free(block, 0, 0, 0, 0, e);
	t->freed = 1;
	return ((uintptr_t(*)(uintptr_t))e->real)(block);
}

ALCK_INLINE uintptr_t release(uintptr_t block, uintptr_t size,
			      struct alck_entry *e,
			      const struct alck_here *here)
{
	struct alck_thread *t = &alck_thread;
	uintptr_t r;

	alck_hot_enter(t, e, block, here);
	r = ((uintptr_t(*)(uintptr_t, uintptr_t))e->real)(block, size);
	alck_hot_leave(t);
	return r;
}

uintptr_t alck_on_plain_free(uintptr_t block, struct alck_entry *e)
{
	const struct alck_here *here = ALCK_HERE;

	if (alck_unlikely(alck_thread.engaged))
		return free_under(block, e);
	if (alck_unlikely(!take(&alck_thread, e, block, here->pc, here)))
		return alck_on_free(block, 0, 0, 0, 0, e);
	return release(block, 0, e, here);
}

uintptr_t alck_on_hooked_free(uintptr_t block, struct alck_entry *e)
{
	const struct alck_here *here = ALCK_HERE;

	if (alck_unlikely(alck_thread.engaged) ||
	    alck_unlikely(!alck_hooks_let_free(e->provider->hooks)) ||
	    alck_unlikely(!take(&alck_thread, e, block, here->pc, here)))
		return alck_on_free(block, 0, 0, 0, 0, e);
	return release(block, 0, e, here);
}

/* An allocator's own operator delete that is told the size. */
uintptr_t alck_on_sized_free(uintptr_t block, uintptr_t size,
			     struct alck_entry *e)
{
	const struct alck_here *here = ALCK_HERE;

	if (alck_unlikely(alck_thread.engaged) ||
	    alck_unlikely(!take(&alck_thread, e, block, here->pc, here)))
		return alck_on_free(block, size, 0, 0, 0, e);
	return release(block, size, e, here);
}

/* ------------------------------------------------------------------ realloc */

/* The block that AT's record WORD was of has moved away, from HERE. */
static __attribute__((noinline)) void
bury(struct alck_thread *t, const struct alck_entry *e, uintptr_t block,
     uint64_t *at, uint64_t word, const struct alck_here *here)
{
	uint64_t removed = alck_word_removed(word);
	uint32_t context =
		freed_by(t, e, alck_word_context(word), here->pc, here);
	struct alck_block was;

	if (alck_likely(alck_word_change(at, removed,
					 alck_word_freed(word, context))))
		return;
	/* Its granule has got a leaf meanwhile, or somebody has its memory. */
	alck_table_decode(removed, block, &was);
	alck_table_tombstone(block, &was, context);
}

/* It has not. */
static __attribute__((noinline, cold)) void restore(uintptr_t block,
						    uint64_t word)
{
	struct alck_block was;

	alck_table_decode(alck_word_removed(word), block, &was);
	alck_table_restore(block, &was);
}

/* Returns 0 where it is not that simple, and nothing was done. */
ALCK_INLINE int plain_realloc(uintptr_t block, uintptr_t size,
			      struct alck_entry *e,
			      const struct alck_here *here, uintptr_t *moved)
{
	struct alck_thread *t = &alck_thread;
	uint64_t *at, word;
	uintptr_t r;
	int alone;

	if (alck_unlikely(!size))
		return 0;
	if (alck_unlikely(!alck_table_find_live(block, alck_hot_live(e), &at,
						&word, &alone)) ||
	    alck_unlikely(!alck_word_change(at, word, alck_word_removed(word))))
		return 0;
	alck_hot_enter(t, e, block, here);
	r = ((uintptr_t(*)(uintptr_t, uintptr_t))e->real)(block, size);
	alck_hot_leave(t);
	*moved = r;
	if (alck_unlikely(!r)) {
		restore(block, word);
		return 1;
	}
	if (r != block)
		bury(t, e, block, at, word, here);
	note(t, e, r, size, here);
	return 1;
}

uintptr_t alck_on_plain_realloc(uintptr_t block, uintptr_t size,
				struct alck_entry *e)
{
	uintptr_t r;

	if (alck_unlikely(alck_thread.engaged) ||
	    alck_unlikely(!plain_realloc(block, size, e, ALCK_HERE, &r)))
		return alck_on_realloc(block, size, 0, 0, 0, e);
	return r;
}

uintptr_t alck_on_hooked_realloc(uintptr_t block, uintptr_t size,
				 struct alck_entry *e)
{
	uintptr_t r;

	if (alck_unlikely(alck_thread.engaged) ||
	    alck_unlikely(!alck_hooks_let_free(e->provider->hooks)) ||
	    alck_unlikely(!plain_realloc(block, size, e, ALCK_HERE, &r)))
		return alck_on_realloc(block, size, 0, 0, 0, e);
	return r;
}

/* -------------------------------------------------------------------- guard */

/*
 * level=guard, for allocators that call no other one: so nothing has to be
 * known of who calls whom, and a free is a jump.
 */
static uint32_t owner_of(const struct alck_entry *e)
{
	return (e->mark >> (ALCK_WORD_OWNER_SHIFT - ALCK_MARK_SHIFT)) &
	       ALCK_WORD_OWNER_MASK;
}

/* E's BLOCK is out. */
ALCK_INLINE uintptr_t guarded(const struct alck_entry *e, uintptr_t block,
			      uint64_t size)
{
	if (alck_unlikely(!alck_page_count(block, owner_of(e), 1)) && block)
		alck_entry_install(e, block, size, 0);
	return block;
}

uintptr_t alck_on_guarded_malloc(uintptr_t size, struct alck_entry *e)
{
	uintptr_t r;

	if (alck_unlikely(alck_thread.engaged))
		return alck_on_alloc(size, 0, 0, 0, 0, e);
	r = ((uintptr_t(*)(uintptr_t))e->real)(size);
	return guarded(e, r, size);
}

uintptr_t alck_on_guarded_calloc(uintptr_t count, uintptr_t size,
				 struct alck_entry *e)
{
	uintptr_t r;

	if (alck_unlikely(alck_thread.engaged))
		return alck_on_alloc(count, size, 0, 0, 0, e);
	r = ((uintptr_t(*)(uintptr_t, uintptr_t))e->real)(count, size);
	return guarded(e, r, count * size);
}

uintptr_t alck_on_guarded_realloc(uintptr_t block, uintptr_t size,
				  struct alck_entry *e)
{
	uintptr_t r;

	if (alck_unlikely(alck_thread.engaged) || alck_unlikely(!size) ||
	    alck_unlikely(!alck_page_count(block, owner_of(e), -1)))
		return alck_on_realloc(block, size, 0, 0, 0, e);
	r = ((uintptr_t(*)(uintptr_t, uintptr_t))e->real)(block, size);
	/* Where it failed the old one is out as before. */
	guarded(e, r ? r : block, size);
	return r;
}

uintptr_t alck_on_guarded_free(uintptr_t block, struct alck_entry *e)
{
	if (alck_unlikely(alck_thread.engaged) ||
	    alck_unlikely(!alck_page_count(block, owner_of(e), -1)))
		return alck_on_free(block, 0, 0, 0, 0, e);
	return ((uintptr_t(*)(uintptr_t))e->real)(block);
}
