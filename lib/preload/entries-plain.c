/* SPDX-License-Identifier: MIT */
/*
 * The hot path: malloc(size), calloc(count, size) and free(block), called by
 * the program itself and with nothing out of the ordinary about the entry: no
 * hooks, no exceptions.  What is rare is left to the handlers in entries.c,
 * which know everything; they are entered by a jump, so that they see the
 * program's call.  Signal-safe.
 */
#include "preload/capture.h"
#include "preload/entries.h"
#include "preload/malloc-contract.h"
#include "preload/owner-word.h"
#include "preload/page-table.h"
#include "preload/providers.h"
#include "preload/runtime.h"
#include "preload/thread.h"

/* From thunks-*.S, and known to it by name. */
uintptr_t alck_on_malloc(uintptr_t size, struct alck_entry *e) ALCK_HIDDEN;
uintptr_t alck_on_calloc(uintptr_t count, uintptr_t size,
			 struct alck_entry *e) ALCK_HIDDEN;
uintptr_t alck_on_plain_free(uintptr_t block, struct alck_entry *e) ALCK_HIDDEN;
uintptr_t alck_on_guarded_malloc(uintptr_t size,
				 struct alck_entry *e) ALCK_HIDDEN;
uintptr_t alck_on_guarded_free(uintptr_t block,
			       struct alck_entry *e) ALCK_HIDDEN;

/* A handler's own frame: the caller's frame pointer, the return address, and
 * what lies above them.  Kept in this way until somebody asks for more. */
struct here {
	uintptr_t fp, pc, sp[];
};

#define HERE ((const struct here *)__builtin_frame_address(0))

static struct alck_frame frame_of(const struct here *here)
{
	return (struct alck_frame){
		.pc = here->pc, .sp = (uintptr_t)here->sp, .fp = here->fp};
}

ALCK_INLINE void enter(struct alck_thread *t, struct alck_entry *e,
		       uintptr_t freeing, const struct here *here)
{
	t->depth = 1;
	t->outer = e;
	t->frame = (uintptr_t)here->sp;
	t->freeing = freeing;
	t->produced = 0;
	/* The provider may be interrupted by a handler that allocates. */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

ALCK_INLINE void leave(struct alck_thread *t)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	t->depth = 0;
}

static __attribute__((noinline, cold)) uintptr_t
note_produced(struct alck_thread *t, struct alck_entry *e, uintptr_t block,
	      uint64_t size, const struct here *here)
{
	struct alck_frame frame = frame_of(here);

	alck_entry_note(t, e, block, size, &frame);
	return block;
}

static __attribute__((noinline, cold)) uint32_t
capture(struct alck_thread *t, const struct alck_entry *e,
	const struct here *here, uintptr_t block, uint64_t size)
{
	struct alck_frame frame = frame_of(here);

	/* Of calls that come by for the first time, which is enough to tell. */
	if (alck_unlikely(block % 16))
		alck_contract_check_size(e, block, size, &frame);
	/* Nothing is remembered of E until it has come by here. */
	if (alck_unlikely(!e->provider->produced))
		e->provider->produced = 1;
	return alck_capture_new(t, e, &frame);
}

static __attribute__((noinline, cold)) uint32_t
capture_freeing(struct alck_thread *t, const struct alck_entry *e,
		const struct here *here, uint32_t previous)
{
	struct alck_frame frame = frame_of(here);

	return alck_capture_freeing(t, e, &frame, previous);
}

ALCK_INLINE uint64_t live_of(const struct alck_entry *e)
{
	return (uint64_t)e->mark << ALCK_MARK_SHIFT;
}

/* BLOCK of SIZE bytes came from E. */
ALCK_INLINE uintptr_t note(struct alck_thread *t, struct alck_entry *e,
			   uintptr_t block, uint64_t size,
			   const struct here *here)
{
	uint32_t context;

	if (alck_unlikely(!block))
		return 0;
	/* An entry under this one has produced something: this, perhaps. */
	if (alck_unlikely(t->produced))
		return note_produced(t, e, block, size, here);
	context = alck_capture_known(t, e, here->pc, (uintptr_t)here->sp,
				     here->fp);
	if (alck_unlikely(!context))
		context = capture(t, e, here, block, size);
	if (alck_unlikely(size >= ALCK_WORD_SIZE_MASK) ||
	    alck_unlikely(!alck_table_store(
		    block, alck_word(live_of(e), block, context, size), e->leaf,
		    size)))
		alck_entry_install(e, block, size, context);
	return block;
}

uintptr_t alck_on_malloc(uintptr_t size, struct alck_entry *e)
{
	struct alck_thread *t = &alck_thread;
	uintptr_t r;

	if (alck_unlikely(t->engaged))
		return alck_on_alloc(size, 0, 0, 0, 0, e);
	enter(t, e, 0, HERE);
	r = ((uintptr_t(*)(uintptr_t))e->real)(size);
	leave(t);
	return note(t, e, r, size, HERE);
}

uintptr_t alck_on_calloc(uintptr_t count, uintptr_t size, struct alck_entry *e)
{
	struct alck_thread *t = &alck_thread;
	uintptr_t r;

	if (alck_unlikely(t->engaged))
		return alck_on_alloc(count, size, 0, 0, 0, e);
	enter(t, e, 0, HERE);
	r = ((uintptr_t(*)(uintptr_t, uintptr_t))e->real)(count, size);
	leave(t);
	/* Where there is a block, the product did not overflow. */
	return note(t, e, r, count * size, HERE);
}

/* The context for the tombstone of a block with the context PREVIOUS. */
ALCK_INLINE uint32_t freed_by(struct alck_thread *t, const struct alck_entry *e,
			      uint32_t previous, const struct here *here)
{
	uint32_t context;

	if (alck_keeping.free == ALCK_KEEP_NOTHING)
		return previous;
	if (alck_likely(alck_keeping.free == ALCK_KEEP_CALLER)) {
		context = alck_site_context(t, here->pc, e->id, previous);
		if (alck_likely(context != 0))
			return context;
	}
	return capture_freeing(t, e, here, previous);
}

uintptr_t alck_on_plain_free(uintptr_t block, struct alck_entry *e)
{
	struct alck_thread *t = &alck_thread;
	uint64_t *at, word, freed;
	uintptr_t r;
	int alone;

	if (alck_unlikely(t->engaged))
		return alck_on_free(block, 0, 0, 0, 0, e);
	at = alck_table_find_live(block, live_of(e), &word, &alone);
	if (alck_unlikely(!at)) /* NULL is never there */
		return alck_on_free(block, 0, 0, 0, 0, e);
	freed = alck_word_freed(word,
				freed_by(t, e, alck_word_context(word), HERE));
	/* Out of the table before the allocator sees it. */
	if (alone && alck_one_thread())
		__atomic_store_n(at, freed, __ATOMIC_RELAXED);
	else if (alck_unlikely(!alck_word_change(at, word, freed)))
		return alck_on_free(block, 0, 0, 0, 0, e);
	enter(t, e, block, HERE);
	r = ((uintptr_t(*)(uintptr_t))e->real)(block);
	leave(t);
	return r;
}

/*
 * level=guard, for allocators that call no other one: so nothing has to be
 * known of who calls whom, and a free is a jump.
 */
static uint32_t owner_of(const struct alck_entry *e)
{
	return (e->mark >> (ALCK_WORD_OWNER_SHIFT - ALCK_MARK_SHIFT)) &
	       ALCK_WORD_OWNER_MASK;
}

uintptr_t alck_on_guarded_malloc(uintptr_t size, struct alck_entry *e)
{
	uintptr_t r;

	if (alck_unlikely(alck_thread.engaged))
		return alck_on_alloc(size, 0, 0, 0, 0, e);
	r = ((uintptr_t(*)(uintptr_t))e->real)(size);
	if (alck_unlikely(!alck_page_count(r, owner_of(e), 1)) && r)
		alck_entry_install(e, r, size, 0);
	return r;
}

uintptr_t alck_on_guarded_free(uintptr_t block, struct alck_entry *e)
{
	if (alck_unlikely(alck_thread.engaged) ||
	    alck_unlikely(!alck_page_count(block, owner_of(e), -1)))
		return alck_on_free(block, 0, 0, 0, 0, e);
	return ((uintptr_t(*)(uintptr_t))e->real)(block);
}
