/* SPDX-License-Identifier: MIT */
/* The context of an allocation or a free: see capture.h.  Signal-safe. */
#include "preload/abort.h"
#include "preload/capture.h"
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

/* The memo of a caller alone is told from that of the whole stack by a bit that
 * no program's address has. */
#define CALLER_ONLY (1UL << 63)

static uint32_t find_stack(const struct alck_frame *frame, int how,
			   struct alck_memo *m)
{
	if (how != ALCK_STACKS_CALLER)
		return walk(frame, m ? &m->reads : NULL);
	if (m)
		m->reads.n = m->reads.overflow = m->reads.uses_fp = 0;
	return alck_depot_stack(&frame->pc, 1);
}

static uint32_t remembered(struct alck_thread *t, const struct alck_entry *e,
			   const struct alck_frame *frame, int how,
			   uint32_t previous)
{
	struct alck_frame key = *frame;
	struct alck_memo *m = NULL;
	uint32_t stack, context;

	if (how == ALCK_STACKS_CALLER)
		key.pc |= CALLER_ONLY;
	t->busy = 1;
	if (alck_likely(alck_unwind_is_cfi()))
		m = alck_memo_find(t, &key);
	if (alck_likely(m && m->stack)) {
		if (alck_runtime.options.stacks == ALCK_STACKS_VERIFY &&
		    how != ALCK_STACKS_CALLER)
			verify(m, frame);
		if (alck_likely(m->context && m->entry == e->id &&
				m->previous == previous)) {
			t->busy = 0;
			return m->context;
		}
		stack = m->stack;
	} else {
		stack = find_stack(frame, how, m);
		if (m)
			alck_memo_keep(m, &key, stack);
	}
	context = alck_depot_context(stack, alck_thread_number(t), e->id,
				     previous);
	if (m) {
		m->entry = e->id;
		m->previous = previous;
		m->context = context;
	}
	t->busy = 0;
	return context;
}

static uint32_t capture(struct alck_thread *t, const struct alck_entry *e,
			const struct alck_frame *frame, int how,
			uint32_t previous)
{
	uint32_t stack = 0;

	if (how != ALCK_STACKS_NONE && !t->busy)
		return remembered(t, e, frame, how, previous);
	if (how != ALCK_STACKS_NONE)
		stack = alck_depot_stack(&frame->pc, 1);
	return alck_depot_context(stack, alck_thread_number(t), e->id,
				  previous);
}

uint32_t alck_capture_alloc(struct alck_thread *t, const struct alck_entry *e,
			    const struct alck_frame *frame)
{
	return capture(t, e, frame, alck_runtime.options.stacks, 0);
}

uint32_t alck_capture_caller(struct alck_thread *t, const struct alck_entry *e,
			     const struct alck_frame *frame)
{
	if (alck_runtime.options.stacks == ALCK_STACKS_NONE)
		return 0;
	return capture(t, e, frame, ALCK_STACKS_CALLER, 0);
}

void alck_capture_free(struct alck_thread *t, const struct alck_entry *e,
		       const struct alck_frame *frame, uintptr_t block,
		       const struct alck_block *was)
{
	int how = alck_runtime.options.free_stacks;

	if (how != ALCK_STACKS_NONE)
		alck_table_tombstone(block, was,
				     capture(t, e, frame, how, was->context));
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
