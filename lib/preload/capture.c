/* SPDX-License-Identifier: MIT */
/* The context of an allocation or a free: see capture.h.  Signal-safe. */
#include "preload/abort.h"
#include "preload/capture.h"
#include "preload/page-table.h"
#include "preload/passing.h"
#include "preload/runtime.h"
#include "preload/stack-depot.h"
#include "preload/stack-memo.h"

/* Not inlined: its addresses would lie on the stack twice. */
static __attribute__((noinline)) uint32_t walk(const struct alck_frame *frame,
					       struct alck_trace *trace)
{
	uintptr_t pcs[ALCK_DEPOT_MAX_DEPTH];
	unsigned int max = (unsigned int)alck_runtime.options.depth, n;

	if (trace)
		n = alck_unwind_traced(pcs, max, frame, trace);
	else
		n = (unsigned int)alck_unwind(pcs, max, frame);
	return alck_depot_stack(pcs, n);
}

/* Walks, and remembers the stack among MEMOS; its memo goes to *M, or NULL. */
static uint32_t walk_and_keep(struct alck_memos *memos,
			      const struct alck_frame *frame,
			      struct alck_memo **m)
{
	struct alck_trace trace;
	uint32_t stack;

	if (!memos)
		return walk(frame, NULL);
	stack = walk(frame, &trace);
	*m = alck_memo_keep(memos, frame, &trace, stack);
	return stack;
}

/* stacks=verify: what the memo said, which comes from the unwind tables, must
 * be what a walk says, by whatever way is in force: libunwind's, too. */
static void verify(const struct alck_memo *m, const struct alck_frame *frame)
{
	if (walk(frame, NULL) == m->stack)
		return;
	alck_say("alloccheck: stacks=verify: a stack was taken for another\n");
	alck_abort();
}

/* The ID of the stack from FRAME, of a thread that is busy; IS_NEW if it is
 * known not to be remembered.  Its memo goes to *M, or NULL. */
static uint32_t find_stack(struct alck_thread *t,
			   const struct alck_frame *frame, int is_new,
			   struct alck_memo **m)
{
	int verifies = alck_runtime.options.stacks == ALCK_STACKS_VERIFY;
	struct alck_memos *memos =
		alck_unwind_is_cfi() || verifies ? alck_memos_of(t) : NULL;
	uint32_t stack;

	*m = memos && !is_new
		     ? alck_memo_look(memos, frame->pc, frame->sp, frame->fp)
		     : NULL;
	stack = *m ? (*m)->stack : walk_and_keep(memos, frame, m);
	if (verifies && *m)
		verify(*m, frame);
	return stack;
}

/* What the records of E's own blocks are made of with CONTEXT. */
static uint64_t base_of(const struct alck_entry *e, uint32_t context)
{
	return alck_word_base(alck_word_marked(e->mark), context);
}

static uint32_t make_context(struct alck_thread *t, const struct alck_entry *e,
			     uintptr_t pc, uint32_t previous)
{
	uint32_t stack = pc ? alck_depot_stack(&pc, 1) : 0;

	return alck_depot_context(stack, alck_thread_number(t), e->id,
				  previous);
}

/* Of an allocation called from PC alone; 0: from anywhere. */
static uint32_t of_site(struct alck_thread *t, const struct alck_entry *e,
			uintptr_t pc)
{
	uint32_t context;
	uint64_t base;

	if (!t->busy && alck_site_base(t, pc, e->id, &base))
		return alck_word_context(base);
	context = make_context(t, e, pc, 0);
	if (!t->busy) {
		t->busy = 1;
		alck_site_keep(t, pc, e->id, base_of(e, context));
		t->busy = 0;
	}
	return context;
}

/* The same of a free by E, or by CALLED, which has passed the call on to it. */
static uint32_t of_free_site(struct alck_thread *t, const struct alck_entry *e,
			     const struct alck_entry *called, uintptr_t pc,
			     uint32_t previous)
{
	uint32_t context;

	if (!t->busy &&
	    alck_free_site_context(t, pc, e->id, previous, &context))
		return context;
	context = make_context(t, called, pc, previous);
	if (!t->busy) {
		t->busy = 1;
		alck_free_site_keep(t, pc, e->id, previous, context);
		t->busy = 0;
	}
	return context;
}

/* The context that M was last part of, with E and PREVIOUS; or 0. */
static uint32_t used(const struct alck_memo *m, const struct alck_entry *e,
		     int frees, uint32_t previous)
{
	uint64_t use;

	if (!frees)
		return alck_memo_base(m, e->id, &use) ? alck_word_context(use)
						      : 0;
	use = m->use ^ ALCK_MEMO_USE(e->id, previous);
	return use <= ALCK_MEMO_CONTEXT ? (uint32_t)use : 0;
}

static void use(struct alck_memo *m, const struct alck_entry *e, int frees,
		uint32_t previous, uint32_t context)
{
	if (frees)
		__atomic_store_n(&m->use,
				 ALCK_MEMO_USE(e->id, previous) | context,
				 __ATOMIC_RELAXED);
	else
		__atomic_store_n(&m->base, base_of(e, context) | e->id,
				 __ATOMIC_RELAXED);
}

/* Of a whole stack, of a call of E or of CALLED as above. */
static uint32_t of_stack(struct alck_thread *t, const struct alck_entry *e,
			 const struct alck_entry *called,
			 const struct alck_frame *frame, int frees,
			 uint32_t previous, int is_new)
{
	struct alck_memo *m;
	uint32_t stack, context;

	t->busy = 1;
	stack = find_stack(t, frame, is_new, &m);
	context = m ? used(m, e, frees, previous) : 0;
	if (!context) {
		context = alck_depot_context(stack, alck_thread_number(t),
					     called->id, previous);
		if (m)
			use(m, e, frees, previous, context);
	}
	t->busy = 0;
	return context;
}

/* Of an allocation, keeping what KEEP says. */
static uint32_t capture(struct alck_thread *t, const struct alck_entry *e,
			const struct alck_frame *frame, int keep)
{
	if (alck_by_page)
		return 0;
	if (keep == ALCK_KEEP_NOTHING)
		return of_site(t, e, 0);
	if (keep == ALCK_KEEP_CALLER || t->busy)
		return of_site(t, e, frame->pc);
	return of_stack(t, e, e, frame, 0, 0, 0);
}

struct alck_keeping alck_keeping;

static uint8_t keep_for(int stacks, int by_level)
{
	switch (stacks == ALCK_STACKS_LEVEL ? by_level : stacks) {
	case ALCK_STACKS_NONE:
		return ALCK_KEEP_NOTHING;
	case ALCK_STACKS_CALLER:
		return ALCK_KEEP_CALLER;
	case ALCK_STACKS_VERIFY:
		return ALCK_KEEP_WALKED;
	default:
		return alck_unwind_is_cfi() ? ALCK_KEEP_STACK
					    : ALCK_KEEP_WALKED;
	}
}

void alck_capture_select(void)
{
	const struct alck_options *o = &alck_runtime.options;

	alck_keeping.alloc = keep_for(o->stacks, o->level == ALCK_LEVEL_FULL
							 ? ALCK_STACKS_FULL
							 : ALCK_STACKS_CALLER);
	alck_keeping.free = keep_for(
		o->free_stacks, o->level == ALCK_LEVEL_FULL ? ALCK_STACKS_CALLER
							    : ALCK_STACKS_NONE);
}

uint32_t alck_capture_alloc(struct alck_thread *t, const struct alck_entry *e,
			    const struct alck_frame *frame)
{
	return capture(t, e, frame, alck_keeping.alloc);
}

uint32_t alck_capture_new(struct alck_thread *t, const struct alck_entry *e,
			  const struct alck_frame *frame)
{
	if (alck_keeping.alloc == ALCK_KEEP_STACK && !t->busy)
		return of_stack(t, e, e, frame, 0, 0, 1);
	return alck_capture_alloc(t, e, frame);
}

uint32_t alck_capture_caller(struct alck_thread *t, const struct alck_entry *e,
			     const struct alck_frame *frame)
{
	if (alck_keeping.alloc == ALCK_KEEP_NOTHING)
		return 0;
	return capture(t, e, frame, ALCK_KEEP_CALLER);
}

uint32_t alck_capture_freeing(struct alck_thread *t, const struct alck_entry *e,
			      const struct alck_frame *frame, uint32_t previous)
{
	const struct alck_entry *called;
	uint32_t context;

	if (alck_keeping.free == ALCK_KEEP_NOTHING || alck_by_page)
		return previous;
	called = alck_passing_origin(t, e, frame);
	/* A wrapper's own free was called from where the wrapper was. */
	if (alck_keeping.free == ALCK_KEEP_CALLER && t->depth)
		context = of_free_site(
			t, e, e, ((const uintptr_t *)t->frame)[-1], previous);
	else if (alck_keeping.free == ALCK_KEEP_CALLER || t->busy)
		context = of_free_site(t, e, called, frame->pc, previous);
	else
		context = of_stack(t, e, called, frame, 1, previous, 0);
	return context ? context : previous;
}

void alck_capture_free(struct alck_thread *t, const struct alck_entry *e,
		       const struct alck_frame *frame, uintptr_t block,
		       const struct alck_block *was)
{
	alck_table_tombstone(block, was,
			     alck_capture_freeing(t, e, frame, was->context));
}

uint32_t alck_capture_stack(struct alck_thread *t,
			    const struct alck_frame *frame)
{
	struct alck_memo *m;
	uint32_t stack;

	if (t->busy)
		return alck_depot_stack(&frame->pc, 1);
	t->busy = 1;
	stack = find_stack(t, frame, 0, &m);
	t->busy = 0;
	return stack;
}
