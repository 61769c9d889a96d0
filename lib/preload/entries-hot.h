/* SPDX-License-Identifier: MIT */
/*
 * What the handlers of the hot path share: entries-plain.c (an allocator's own
 * malloc, free, ...), entries-note.c (what is noted of a block that has come)
 * and entries-forward.c (operators that hand on to those).
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

/* The records of E's blocks begin with this. */
ALCK_INLINE uint64_t alck_hot_live(const struct alck_entry *e)
{
	return (uint64_t)e->mark << ALCK_MARK_SHIFT;
}

/* BLOCK of SIZE bytes, or NULL, has come from E, which is still under way:
 * notes it, and leaves E.  Returns BLOCK.  To be jumped to. */
extern uintptr_t (*alck_hot_note)(uintptr_t block, uint64_t size,
				  struct alck_entry *e) ALCK_HIDDEN;

/* Makes that keep what alck_keeping says. */
void alck_hot_select(void);

/* The same where something is out of the ordinary; of an E under a forwarding
 * operator, too, which is not under way itself. */
ALCK_JUMPED uintptr_t alck_hot_note_rare(uintptr_t block, uint64_t size,
					 struct alck_entry *e) ALCK_HIDDEN;

/* The context of a call that comes by HERE for the first time. */
uint32_t alck_hot_capture(struct alck_thread *t, const struct alck_entry *e,
			  const struct alck_here *here, uintptr_t block,
			  uint64_t size) ALCK_HIDDEN;

/* Puts BLOCK with the record that begins with LIVE into the table's LEAF.
 * Returns 0 where alck_entry_install has to do it. */
ALCK_INLINE int alck_hot_store(uint64_t live, uint32_t leaf, uintptr_t block,
			       uint64_t size, uint32_t context)
{
	return alck_likely(size < ALCK_WORD_SIZE_MASK) &&
	       alck_likely(alck_table_store(
		       block, alck_word(live, block, context, size), leaf,
		       size));
}

#endif
