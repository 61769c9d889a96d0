/* SPDX-License-Identifier: MIT */
/* The context of an allocation or a free: see capture.h.  Signal-safe. */
#include "preload/abort.h"
#include "preload/capture.h"
#include "preload/page-table.h"
#include "preload/runtime.h"
#include "preload/stack-depot.h"
#include "preload/stack-memo.h"

/* Not inlined: its addresses would lie on the stack twice. */
static __attribute__((noinline)) uint32_t walk(const struct alck_frame *frame,
					       struct alck_reads *reads)
{
	uintptr_t pcs[ALCK_DEPOT_MAX_DEPTH];
	unsigned int max = (unsigned int)alck_runtime.options.depth, n;

	if (reads)
		n = alck_unwind_noting(pcs, max, frame, reads);
	else
		n = (unsigned int)alck_unwind(pcs, max, frame);
	return alck_depot_stack(pcs, n);
}

/* stacks=verify: what the memo said must be what a walk says. */
static void verify(const struct alck_memo *m, const struct alck_frame *frame)
{
	if (walk(frame, NULL) == m->stack)
		return;
	alck_say("alloccheck: stacks=verify: a stack was taken for another\n");
	alck_abort();
}

/* Of a call from PC alone; 0: from anywhere. */
static uint32_t of_site(struct alck_thread *t, const struct alck_entry *e,
			uintptr_t pc, uint32_t previous)
{
	uint32_t context = 0, stack;

	if (!t->busy)
		context = alck_site_context(t, pc, e->id, previous);
	if (context)
		return context;
	stack = pc ? alck_depot_stack(&pc, 1) : 0;
	context = alck_depot_context(stack, alck_thread_number(t), e->id,
				     previous);
	if (!t->busy) {
		t->busy = 1;
		alck_site_keep(t, pc, e->id, previous, context);
		t->busy = 0;
	}
	return context;
}

/* Of a whole stack. */
static uint32_t of_stack(struct alck_thread *t, const struct alck_entry *e,
			 const struct alck_frame *frame, uint32_t previous)
{
	struct alck_memo *m = NULL;
	uint32_t stack, context = 0;

	t->busy = 1;
	if (alck_unwind_is_cfi())
		m = alck_memo_find(t, frame);
	stack = m ? m->stack : 0;
	if (!stack) {
		stack = walk(frame, m ? &m->reads : NULL);
		if (m)
			alck_memo_keep(m, frame, stack);
	} else {
		if (alck_runtime.options.stacks == ALCK_STACKS_VERIFY)
			verify(m, frame);
		if (m->entry == e->id && m->previous == previous)
			context = m->context;
	}
	if (!context) {
		context = alck_depot_context(stack, alck_thread_number(t),
					     e->id, previous);
		if (m)
			alck_memo_keep_context(m, e->id, previous, context);
	}
	t->busy = 0;
	return context;
}

static uint32_t capture(struct alck_thread *t, const struct alck_entry *e,
			const struct alck_frame *frame, int keep,
			uint32_t previous)
{
	if (alck_by_page)
		return 0;
	if (keep == ALCK_KEEP_NOTHING)
		return of_site(t, e, 0, previous);
	if (keep == ALCK_KEEP_CALLER || t->busy)
		return of_site(t, e, frame->pc, previous);
	return of_stack(t, e, frame, previous);
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
	return capture(t, e, frame, alck_keeping.alloc, 0);
}

uint32_t alck_capture_caller(struct alck_thread *t, const struct alck_entry *e,
			     const struct alck_frame *frame)
{
	if (alck_keeping.alloc == ALCK_KEEP_NOTHING)
		return 0;
	return capture(t, e, frame, ALCK_KEEP_CALLER, 0);
}

uint32_t alck_capture_freeing(struct alck_thread *t, const struct alck_entry *e,
			      const struct alck_frame *frame, uint32_t previous)
{
	uint32_t context;

	if (alck_keeping.free == ALCK_KEEP_NOTHING)
		return previous;
	/* A wrapper's own free was called from where the wrapper was. */
	if (alck_keeping.free == ALCK_KEEP_CALLER && t->depth)
		context = of_site(t, e, ((const uintptr_t *)t->frame)[-1],
				  previous);
	else
		context = capture(t, e, frame, alck_keeping.free, previous);
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
	m = alck_unwind_is_cfi() ? alck_memo_find(t, frame) : NULL;
	stack = m ? m->stack : 0;
	if (!stack) {
		stack = walk(frame, m ? &m->reads : NULL);
		if (m)
			alck_memo_keep(m, frame, stack);
	}
	t->busy = 0;
	return stack;
}
