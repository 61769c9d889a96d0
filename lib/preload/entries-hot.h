/* SPDX-License-Identifier: MIT */
/*
 * What the handlers of the hot path share: entries-plain.c (an allocator's own
 * malloc, free, ...), entries-last.c (of one that calls no other),
 * entries-guard.c (the same at level=guard), entries-note.c (what is noted of a
 * block that has come) and entries-forward.c (operators that hand on).
 * They do what the handlers of entries.c do where nothing is out of the
 * ordinary, and jump to them where something is.  Signal-safe.
 *
 * A handler calls the allocator and nothing else: what is rare is jumped to, at
 * the end of a function and with what it was given, and does the rest anew. So
 * no register has to be saved for it; and who was jumped to stands in the same
 * place, and sees the program's call in the same way (ALCK_HERE).
 */
#ifndef ALCK_PRELOAD_ENTRIES_HOT_H
#define ALCK_PRELOAD_ENTRIES_HOT_H

#include <stddef.h>

#include "preload/capture.h"
#include "preload/entries.h"
#include "preload/owner-word.h"
#include "preload/providers.h"
#include "preload/runtime.h"
#include "preload/thread.h"

/* A function that is jumped to.  tests/lint/library.sh looks that none is
 * called in its place. */
#define ALCK_JUMPED __attribute__((noinline))

/* A handler's own frame: the caller's frame pointer, the return address, and
 * what lies above them.  Kept in this way until somebody asks for more. */
struct alck_here {
	uintptr_t fp, pc, sp[];
};

#define ALCK_HERE ((const struct alck_here *)__builtin_frame_address(0))

/* Its return address alone, for which it needs no frame. */
#define ALCK_CALLER ((uintptr_t)__builtin_return_address(0))

/*
 * What a handler needs of its entry, read where it is needed: so nothing has to
 * be kept while the allocator is called.  Of a thunk's entry, which it was
 * given (in a variable); or of that of the exported function of PLACE, whose
 * place is known when this is linked.
 */
struct alck_of {
	struct alck_entry *const *entry;
	void *const *real;
	const uint32_t *page;
};

#define ALCK_OF(e)                           \
	(struct alck_of)                     \
	{                                    \
		&(e), &(e)->real, &(e)->page \
	}

#define ALCK_OF_NEXT(place)                                      \
	(struct alck_of)                                         \
	{                                                        \
		&alck_next[place].entry, &alck_next[place].real, \
			&alck_next[place].page                   \
	}

ALCK_INLINE uintptr_t alck_real_1(struct alck_of of, uintptr_t a)
{
	return ((uintptr_t(*)(uintptr_t)) * of.real)(a);
}

ALCK_INLINE uintptr_t alck_real_2(struct alck_of of, uintptr_t a, uintptr_t b)
{
	return ((uintptr_t(*)(uintptr_t, uintptr_t)) * of.real)(a, b);
}

ALCK_INLINE struct alck_frame alck_hot_frame(const struct alck_here *here)
{
	return (struct alck_frame){
		.pc = here->pc, .sp = (uintptr_t)here->sp, .fp = here->fp};
}

ALCK_INLINE void alck_hot_enter(struct alck_thread *t, struct alck_entry *e,
				uintptr_t freeing, const struct alck_here *here)
{
	/* Nothing is under way, so nothing is put back by alck_hot_leave: the
	 * other handlers are busy where they could be interrupted by this.
	 * Depth and busy in one store, as they are read: a load has to wait
	 * for a narrower store before it. */
	t->engaged = 1;
	t->outer = e;
	t->frame = (uintptr_t)here->sp;
	t->freeing = freeing;
	t->produced = 0;
	/* The provider may be interrupted by a handler that allocates. */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

ALCK_INLINE void alck_hot_leave(struct alck_thread *t)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	t->engaged = 0;
}

/* Was the handler that stands HERE entered from a forwarding operator, the only
 * entry under way?  An entry above us on the stack is none: a longjmp left it.
 */
ALCK_INLINE int alck_hot_is_forwarded(const struct alck_thread *t,
				      const struct alck_here *here)
{
	return t->engaged == 1 && t->outer->forwards &&
	       (uintptr_t)here->sp < t->frame;
}

/* What the records of E's blocks are made of, but for their context. */
ALCK_INLINE uint64_t alck_hot_live(const struct alck_entry *e)
{
	return alck_word_marked(e->mark);
}

/* BLOCK of SIZE bytes, or NULL, has come from E, which is still under way:
 * notes it, and leaves E.  Returns BLOCK.  To be jumped to. */
extern uintptr_t (*alck_hot_note)(uintptr_t block, uint64_t size,
				  struct alck_entry *e) ALCK_HIDDEN;

/* The same of an E that never was under way. */
extern uintptr_t (*alck_hot_note_last)(uintptr_t block, uint64_t size,
				       struct alck_entry *e) ALCK_HIDDEN;

/* Makes those keep what alck_keeping says. */
void alck_hot_select(void);

/* The same where something is out of the ordinary; of an E under a forwarding
 * operator, too, which is not under way itself. */
ALCK_JUMPED uintptr_t alck_hot_note_rare(uintptr_t block, uint64_t size,
					 struct alck_entry *e) ALCK_HIDDEN;

/* The context of a call that comes by HERE for the first time. */
uint32_t alck_hot_capture(struct alck_thread *t, const struct alck_entry *e,
			  const struct alck_here *here, uintptr_t block,
			  uint64_t size) ALCK_HIDDEN;

/* Puts BLOCK with a record made of BASE into the table's LEAF.  Returns 0 where
 * alck_entry_install has to do it. */
ALCK_INLINE int alck_hot_store(uint64_t base, uint32_t leaf, uintptr_t block,
			       uint64_t size)
{
	return alck_likely(size < ALCK_WORD_SIZE_MASK) &&
	       alck_likely(alck_table_store(block, alck_word(base, block, size),
					    leaf, size));
}

/* What the records of E's blocks from HERE are made of, in *BASE; or returns 0
 * if the call comes by for the first time. */
ALCK_INLINE int alck_hot_base(const struct alck_thread *t,
			      const struct alck_entry *e,
			      const struct alck_here *here, uint64_t *base)
{
	const struct alck_memo *m;

	switch (alck_keeping.alloc) {
	case ALCK_KEEP_STACK:
		if (alck_unlikely(!t->memos))
			return 0;
		m = alck_memo_look(t->memos, here->pc, (uintptr_t)here->sp,
				   here->fp);
		return m && alck_memo_base(m, e->id, base);
	case ALCK_KEEP_CALLER:
		return alck_site_base(t, here->pc, e->id, base);
	case ALCK_KEEP_NOTHING:
		return alck_site_base(t, 0, e->id, base);
	default:
		return 0;
	}
}

/* -------------------------------------------------------------- for frees */

/* WORD, the record of a block of E's that a call from PC frees, for its
 * tombstone, in *FREED; KEEP as alck_keeping.free is.  Returns 0 if the call
 * comes by for the first time. */
ALCK_INLINE int alck_hot_bury(const struct alck_thread *t,
			      const struct alck_entry *e, uint64_t word,
			      uintptr_t pc, int keep, uint64_t *freed)
{
	uint32_t context;

	*freed = alck_word_freed_as(word);
	if (keep == ALCK_KEEP_NOTHING)
		return 1;
	if (keep != ALCK_KEEP_CALLER)
		return 0;
	if (alck_unlikely(!alck_free_site_context(
		    t, pc, e->id, alck_word_context(word), &context)))
		return 0;
	*freed = alck_word_freed(word, context);
	return 1;
}

/* The same from HERE, for the first time or not. */
uint64_t alck_hot_bury_new(struct alck_thread *t, const struct alck_entry *e,
			   uint64_t word, uintptr_t pc,
			   const struct alck_here *here) ALCK_HIDDEN;

/* E's own live BLOCK, freed by a call from PC, out of the table before the
 * allocator sees it.  Returns 0 where it is not that simple, and nothing was
 * done; as where HERE is NULL and the call comes by for the first time. */
ALCK_INLINE int alck_hot_take(struct alck_thread *t, const struct alck_entry *e,
			      uintptr_t block, uintptr_t pc, int keep,
			      const struct alck_here *here)
{
	uint64_t *at, word, freed;
	int alone;

	if (alck_unlikely(
		    !alck_table_find_live(block, e->mark, &at, &word, &alone)))
		return 0; /* NULL is never there */
	if (here)
		freed = alck_hot_bury_new(t, e, word, pc, here);
	else if (alck_unlikely(!alck_hot_bury(t, e, word, pc, keep, &freed)))
		return 0;
	if (alck_unlikely(!alck_one_thread()))
		return alck_word_change_shared(at, word, freed);
	if (!alone)
		return alck_arch_change_here(at, word, freed);
	__atomic_store_n(at, freed, __ATOMIC_RELAXED);
	return 1;
}

/* Calls under another entry: of a forwarding operator, or anybody's. */
ALCK_JUMPED uintptr_t alck_hot_malloc_under(uintptr_t size,
					    struct alck_entry *e) ALCK_HIDDEN;
ALCK_JUMPED uintptr_t alck_hot_free_under(uintptr_t block,
					  struct alck_entry *e) ALCK_HIDDEN;

#endif
