/* SPDX-License-Identifier: MIT */
/*
 * The operators of the C++ runtime, which hand every call on: operator new to
 * malloc, operator new[] to operator new, and so on.  The entry under them
 * finds out whose the block is; they have the caller that the user knows.  Like
 * all of the hot path, for what is ordinary: see entries-hot.h.  Signal-safe.
 */
#include "preload/entries-hot.h"
#include "preload/judge.h"
#include "preload/passing.h"

/* From thunks-*.S, and known to it by name. */
uintptr_t alck_on_forward_new(uintptr_t size, struct alck_entry *e) ALCK_HIDDEN;
uintptr_t alck_on_forward_delete(uintptr_t block, uintptr_t size,
				 struct alck_entry *e) ALCK_HIDDEN;

/* BLOCK of SIZE bytes came through E, from an entry under it that has entered
 * it into the table, with its context (alck_thread's noted) or without.  Leaves
 * E; to be jumped to. */
static ALCK_JUMPED uintptr_t note_forwarded(uintptr_t block, uint64_t size,
					    struct alck_entry *e)
{
	const struct alck_here *here = ALCK_HERE;
	struct alck_thread *t = &alck_thread;
	struct alck_inner inner = alck_thread_inner(t);
	uint32_t owner = inner.producer, context;
	uint64_t base;

	if (alck_unlikely(inner.block != block) ||
	    alck_unlikely(!alck_provider_forwards(e->provider, owner)))
		return alck_hot_note_rare(block, size, e);
	alck_hot_leave(t);
	if (alck_likely(t->noted) && alck_likely(size))
		return block;
	if (alck_likely(alck_hot_base(t, e, here, &base)))
		context = alck_word_context(base);
	else
		context = alck_hot_capture(t, e, here, block, size);
	base = alck_word_base(alck_word_live(owner), context);
	if (alck_unlikely(
		    !alck_hot_store(base, alck_table_leaf(owner), block, size)))
		alck_table_install(block, size, owner, context);
	return block;
}

uintptr_t alck_on_forward_new(uintptr_t size, struct alck_entry *e)
{
	const struct alck_here *here = ALCK_HERE;
	struct alck_thread *t = &alck_thread;
	uintptr_t r;

	if (alck_unlikely(t->engaged)) {
		/* operator new[]'s call of operator new. */
		if (alck_hot_is_forwarded(t, here))
			return ((uintptr_t(*)(uintptr_t))e->real)(size);
		return alck_on_alloc(size, 0, 0, 0, 0, e);
	}
	alck_hot_enter(t, e, 0, here);
	t->noted = 0;
	r = alck_call_throwing(e->real, size, 0, 0, 0, 0);
	return note_forwarded(r, size, e);
}

/* Nobody under the operator has taken BLOCK out of the table: it went where we
 * do not see. */
static __attribute__((noinline, cold)) void settle(uintptr_t block)
{
	struct alck_block was;

	if (alck_table_lookup(block, &was) == ALCK_LIVE)
		alck_table_remove(block, &was);
}

uintptr_t alck_on_forward_delete(uintptr_t block, uintptr_t size,
				 struct alck_entry *e)
{
	const struct alck_here *here = ALCK_HERE;
	struct alck_thread *t = &alck_thread;
	uintptr_t r;

	if (alck_unlikely(t->engaged)) {
		if (alck_hot_is_forwarded(t, here) && t->freeing == block)
			return ((uintptr_t(*)(uintptr_t, uintptr_t))e->real)(
				block, size);
		return alck_on_free(block, size, 0, 0, 0, e);
	}
	alck_hot_enter(t, e, block, here);
	t->freed = 0;
	r = ((uintptr_t(*)(uintptr_t, uintptr_t))e->real)(block, size);
	alck_hot_leave(t);
	if (alck_unlikely(!t->freed) && block)
		settle(block);
	if (alck_unlikely(e->jumps))
		alck_passing_settle(e);
	return r;
}
