/* SPDX-License-Identifier: MIT */
/*
 * The hot path: what is noted of a block that has come, in a way for each of
 * what the options keep of a call.  Signal-safe.
 */
#include "preload/entries-hot.h"
#include "preload/malloc-contract.h"

__attribute__((cold)) ALCK_JUMPED uintptr_t
alck_hot_note_rare(uintptr_t block, uint64_t size, struct alck_entry *e)
{
	struct alck_frame frame = alck_hot_frame(ALCK_HERE);
	struct alck_thread *t = &alck_thread;
	struct alck_inner inner = alck_thread_inner(t);

	if (t->engaged == 1 && t->outer == e)
		alck_hot_leave(t);
	if (block)
		alck_entry_note(t, e, block, size, inner, &frame);
	else
		alck_contract_check_refusal(e, size, &frame);
	/* A compiler that knows that it is BLOCK returns that itself, and calls
	 * this function instead of jumping. */
	__asm__("" : "+r"(block));
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
	if (!e->forwards)
		alck_contract_check_block(e, block, size, &frame);
	return alck_capture_new(t, e, &frame);
}

/* BLOCK of SIZE bytes, or NULL, came from E, from where none has come before.
 */
static __attribute__((cold)) ALCK_JUMPED uintptr_t
note_new(uintptr_t block, uint64_t size, struct alck_entry *e)
{
	if (!block)
		return alck_hot_note_rare(block, size, e);
	return alck_entry_install(
		e, block, size,
		alck_hot_capture(&alck_thread, e, ALCK_HERE, block, size));
}

/* The same from where one has, with a record made of BASE. */
ALCK_INLINE uintptr_t note_known(uintptr_t block, uint64_t size,
				 struct alck_entry *e, uint64_t base)
{
	if (alck_likely(alck_hot_store(base, e->leaf, block, size)))
		return block;
	if (!block)
		return alck_hot_note_rare(block, size, e);
	return alck_entry_install(e, block, size, alck_word_context(base));
}

/* The same where the stack may differ from M, at DIFFERS. */
static ALCK_JUMPED uintptr_t note_beside(uintptr_t block, uint64_t size,
					 struct alck_entry *e,
					 struct alck_memo *m,
					 const uint16_t *differs)
{
	const struct alck_here *here = ALCK_HERE;
	uint64_t base;

	m = alck_memo_beside(alck_thread.memos, m, differs, (uintptr_t)here->sp,
			     here->fp);
	if (!m || !alck_memo_base(m, e->id, &base))
		return note_new(block, size, e);
	return note_known(block, size, e, base);
}

/* The ways to note that BLOCK of SIZE bytes came from E, by what is to be kept
 * of the call: to be jumped to. */

ALCK_INLINE uintptr_t by_stack(uintptr_t block, uint64_t size,
			       struct alck_entry *e,
			       const struct alck_here *here)
{
	struct alck_thread *t = &alck_thread;
	struct alck_memo *m = NULL;
	const uint16_t *differs;
	uint64_t base;

	if (alck_likely(t->memos != NULL))
		m = alck_memo_first(t->memos, here->pc, (uintptr_t)here->sp);
	if (alck_unlikely(!m))
		return note_new(block, size, e);
	differs = alck_memo_differs(m, (uintptr_t)here->sp);
	if (alck_unlikely(differs != NULL) || alck_unlikely(m->trace.more))
		return note_beside(block, size, e, m, differs);
	if (alck_unlikely(!alck_memo_base(m, e->id, &base)))
		return note_new(block, size, e);
	return note_known(block, size, e, base);
}

ALCK_INLINE uintptr_t by_site(uintptr_t block, uint64_t size,
			      struct alck_entry *e, uintptr_t pc)
{
	uint64_t base;

	if (alck_unlikely(!alck_site_base(&alck_thread, pc, e->id, &base)))
		return note_new(block, size, e);
	return note_known(block, size, e, base);
}

/* Of an E that is still under way: they leave it, so that its handler needs not
 * to have the thread at hand behind the call. */

/* An entry under this one has produced something: this, perhaps. */
#define IS_RARE(t) alck_unlikely((t)->produced != 0)

static ALCK_JUMPED uintptr_t note_walked(uintptr_t block, uint64_t size,
					 struct alck_entry *e)
{
	if (IS_RARE(&alck_thread))
		return alck_hot_note_rare(block, size, e);
	alck_hot_leave(&alck_thread);
	return note_new(block, size, e);
}

static ALCK_JUMPED uintptr_t note_stack(uintptr_t block, uint64_t size,
					struct alck_entry *e)
{
	if (IS_RARE(&alck_thread))
		return alck_hot_note_rare(block, size, e);
	alck_hot_leave(&alck_thread);
	return by_stack(block, size, e, ALCK_HERE);
}

static ALCK_JUMPED uintptr_t note_caller(uintptr_t block, uint64_t size,
					 struct alck_entry *e)
{
	if (IS_RARE(&alck_thread))
		return alck_hot_note_rare(block, size, e);
	alck_hot_leave(&alck_thread);
	return by_site(block, size, e, ALCK_CALLER);
}

static ALCK_JUMPED uintptr_t note_nothing(uintptr_t block, uint64_t size,
					  struct alck_entry *e)
{
	if (IS_RARE(&alck_thread))
		return alck_hot_note_rare(block, size, e);
	alck_hot_leave(&alck_thread);
	return by_site(block, size, e, 0);
}

/* Of one that never was. */

static ALCK_JUMPED uintptr_t last_stack(uintptr_t block, uint64_t size,
					struct alck_entry *e)
{
	return by_stack(block, size, e, ALCK_HERE);
}

static ALCK_JUMPED uintptr_t last_caller(uintptr_t block, uint64_t size,
					 struct alck_entry *e)
{
	return by_site(block, size, e, ALCK_CALLER);
}

static ALCK_JUMPED uintptr_t last_nothing(uintptr_t block, uint64_t size,
					  struct alck_entry *e)
{
	return by_site(block, size, e, 0);
}

uintptr_t (*alck_hot_note)(uintptr_t block, uint64_t size,
			   struct alck_entry *e) = note_walked;
uintptr_t (*alck_hot_note_last)(uintptr_t block, uint64_t size,
				struct alck_entry *e) = note_new;

void alck_hot_select(void)
{
	static const struct {
		uintptr_t (*note)(uintptr_t, uint64_t, struct alck_entry *);
		uintptr_t (*last)(uintptr_t, uint64_t, struct alck_entry *);
	} ways[] = {
		[ALCK_KEEP_NOTHING] = {note_nothing, last_nothing},
		[ALCK_KEEP_CALLER] = {note_caller, last_caller},
		[ALCK_KEEP_STACK] = {note_stack, last_stack},
		[ALCK_KEEP_WALKED] = {note_walked, note_new},
	};

	alck_hot_note = ways[alck_keeping.alloc].note;
	alck_hot_note_last = ways[alck_keeping.alloc].last;
}
