/* SPDX-License-Identifier: MIT */
/* The context of an allocation or a free: see capture.h.  Signal-safe. */
#include "preload/capture.h"
#include "preload/runtime.h"
#include "preload/stack-depot.h"

static uint32_t full_stack(struct alck_thread *t,
			   const struct alck_frame *frame)
{
	uintptr_t pcs[ALCK_DEPOT_MAX_DEPTH];
	uint32_t id;
	int n;

	t->busy = 1;
	n = alck_unwind(pcs, (unsigned)alck_runtime.options.depth, frame);
	id = alck_depot_stack(pcs, (unsigned)n);
	t->busy = 0;
	return id;
}

static uint32_t stack(struct alck_thread *t, int how,
		      const struct alck_frame *frame)
{
	if (how == ALCK_STACKS_NONE)
		return 0;
	if (how == ALCK_STACKS_CALLER || t->busy)
		return alck_depot_stack(&frame->pc, 1);
	return full_stack(t, frame);
}

uint32_t alck_capture_alloc(struct alck_thread *t, const struct alck_entry *e,
			    const struct alck_frame *frame)
{
	return alck_depot_context(stack(t, alck_runtime.options.stacks, frame),
				  alck_thread_number(t), e->id, 0);
}

uint32_t alck_capture_caller(struct alck_thread *t, const struct alck_entry *e,
			     const struct alck_frame *frame)
{
	if (alck_runtime.options.stacks == ALCK_STACKS_NONE)
		return 0;
	return alck_depot_context(alck_depot_stack(&frame->pc, 1),
				  alck_thread_number(t), e->id, 0);
}

void alck_capture_free(struct alck_thread *t, const struct alck_entry *e,
		       const struct alck_frame *frame, uintptr_t block,
		       const struct alck_block *was)
{
	int how = alck_runtime.options.free_stacks;

	if (how == ALCK_STACKS_NONE)
		return;
	alck_table_tombstone(block, was,
			     alck_depot_context(stack(t, how, frame),
						alck_thread_number(t), e->id,
						was->context));
}

uint32_t alck_capture_stack(struct alck_thread *t,
			    const struct alck_frame *frame)
{
	return t->busy ? alck_depot_stack(&frame->pc, 1) : full_stack(t, frame);
}
