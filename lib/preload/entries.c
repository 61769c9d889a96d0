/* SPDX-License-Identifier: MIT */
/*
 * The handlers: see entries.h.  Signal-safe; runs in every allocation and
 * free of the program.
 *
 * A block is taken out of the ownership table before the provider's free sees
 * it, so that nobody else can be given it in between.
 */
#include "preload/capture.h"
#include "preload/entries.h"
#include "preload/finding.h"
#include "preload/hooks.h"
#include "preload/judge.h"
#include "preload/malloc-contract.h"
#include "preload/mismatch.h"
#include "preload/owner-table.h"
#include "preload/page-table.h"
#include "preload/passing.h"
#include "preload/providers.h"
#include "preload/runtime.h"
#include "preload/sys.h"
#include "preload/thread.h"

typedef uintptr_t (*function)(uintptr_t, uintptr_t, uintptr_t, uintptr_t,
			      uintptr_t);

/* Five arguments, as they came in registers; those past the entry's own are
 * whatever was in there, and are passed on unread. */
#define ARGUMENTS \
	uintptr_t a0, uintptr_t a1, uintptr_t a2, uintptr_t a3, uintptr_t a4

/* From thunks-*.S, and known to it by name. */
uintptr_t alck_on_alloc_out(ARGUMENTS, struct alck_entry *e) ALCK_HIDDEN;

static inline uintptr_t argument(int place, ARGUMENTS)
{
	return place == 0   ? a0
	       : place == 1 ? a1
	       : place == 2 ? a2
	       : place == 3 ? a3
			    : a4;
}

static inline uintptr_t call(const struct alck_entry *e, ARGUMENTS)
{
	if (alck_unlikely(e->flags & ALCK_THROWS))
		return alck_call_throwing(e->real, a0, a1, a2, a3, a4);
	return ((function)e->real)(a0, a1, a2, a3, a4);
}

/* Bytes asked for; UINT64_MAX where the entry does not say (strdup's). */
static inline uint64_t size_asked(const struct alck_entry *e, ARGUMENTS)
{
	uint64_t size, count;

	if (alck_unlikely(e->size < 0))
		return UINT64_MAX;
	size = argument(e->size, a0, a1, a2, a3, a4);
	if (e->count < 0)
		return size;
	count = argument(e->count, a0, a1, a2, a3, a4);
	return __builtin_mul_overflow(size, count, &size) ? UINT64_MAX : size;
}

/* ------------------------------------------- entering and leaving an entry */

struct saved {
	struct alck_entry *outer;
	uintptr_t frame, freeing;
	struct alck_inner inner;
	uint32_t depth;
	uint8_t freed;
};

static inline void enter(struct saved *s, struct alck_thread *t,
			 struct alck_entry *e, uintptr_t freeing,
			 uintptr_t frame)
{
	uint8_t busy = t->busy;

	/* A signal handler that finds nothing under way leaves no state of
	 * ours as it was: see entries-hot.h. */
	t->busy = busy | 1;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	/* Stale after a longjmp out of an entry: it is above us. */
	if (alck_unlikely(t->depth && frame > t->frame))
		t->depth = 0;
	s->depth = t->depth;
	s->outer = t->outer;
	s->frame = t->frame;
	s->freeing = t->freeing;
	s->freed = t->freed;
	s->inner = alck_thread_inner(t);
	if (!t->depth)
		t->frame = frame;
	t->depth = s->depth + 1;
	t->outer = e;
	t->freeing = freeing;
	t->freed = 0;
	t->produced = 0;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	t->busy = busy;
}

/* Returns whether an inner entry took the block out of the table.  What was
 * produced before this one, by an entry under the outer one, is known again:
 * this may have been a free, or a signal handler's. */
static inline int leave(const struct saved *s, struct alck_thread *t)
{
	int freed = t->freed;

	t->depth = s->depth;
	t->outer = s->outer;
	t->frame = s->frame;
	if (s->depth) /* else it is what the thread freed last */
		t->freeing = s->freeing;
	t->freed = s->freed;
	alck_thread_produced(t, s->inner.block, s->inner.producer);
	return freed;
}

/* --------------------------------------------------------------- new blocks */

static __attribute__((noinline)) void after_rare(const struct alck_entry *e,
						 uintptr_t block,
						 uint64_t alignment,
						 const struct alck_frame *frame)
{
	if (e->flags & ALCK_ALIGNS)
		alck_contract_check_alignment(e, block, alignment, frame);
	/* Where no hooks are read a fork changes nothing: T5 tells the rest. */
	else if (e->provider->hooks)
		alck_finding_satellite(e, frame);
}

uintptr_t alck_on_alloc(ARGUMENTS, struct alck_entry *e)
{
	struct alck_thread *t = &alck_thread;
	struct alck_frame frame;
	struct alck_inner inner;
	struct saved s;
	uintptr_t r;

	alck_frame_here(&frame);
	enter(&s, t, e, 0, frame.sp);
	r = call(e, a0, a1, a2, a3, a4);
	inner = alck_thread_inner(t);
	leave(&s, t);
	if (alck_likely(r != 0))
		alck_entry_note(t, e, r, size_asked(e, a0, a1, a2, a3, a4),
				inner, &frame);
	else
		alck_contract_check_refusal(
			e, size_asked(e, a0, a1, a2, a3, a4), &frame);
	if (alck_unlikely(e->flags & (ALCK_WAKES | ALCK_ALIGNS)))
		after_rare(e, r, a0, &frame);
	return r;
}

/* posix_memalign: the block comes through a pointer. */
uintptr_t alck_on_alloc_out(ARGUMENTS, struct alck_entry *e)
{
	struct alck_thread *t = &alck_thread;
	struct alck_frame frame;
	struct alck_inner inner;
	struct saved s;
	uintptr_t r;

	alck_frame_here(&frame);
	enter(&s, t, e, 0, frame.sp);
	r = call(e, a0, a1, a2, a3, a4);
	inner = alck_thread_inner(t);
	leave(&s, t);
	if (!(int)r) {
		uintptr_t *out =
			(uintptr_t *)argument(e->ptr, a0, a1, a2, a3, a4);

		if (*out)
			alck_entry_note(t, e, *out,
					size_asked(e, a0, a1, a2, a3, a4),
					inner, &frame);
		alck_contract_check_alignment(e, *out, a1, &frame);
	} else {
		alck_contract_check_number(e, (int)r, &frame);
	}
	return r;
}

/* ------------------------------------------------------------ old blocks */

/* The block is not this entry's: reports it and says what to do with it. */
static enum alck_action report(struct alck_entry *e, uintptr_t block,
			       const struct alck_block *was,
			       enum alck_outcome outcome,
			       const struct alck_frame *frame)
{
	switch (outcome) {
	case ALCK_MISPLACED:
		return alck_finding_misplaced(e, block, was, frame);
	case ALCK_HOOKED:
		return alck_finding_hooked(e, block, was, frame);
	case ALCK_REPEATED:
		return alck_finding_repeated(e, block, was, frame);
	default:
		return alck_finding_wild(e, block, frame);
	}
}

static void report_tolerated(struct alck_entry *e, uintptr_t block,
			     const struct alck_block *was,
			     const struct alck_frame *frame)
{
	if (((e->provider->family->flags & ALCK_TOLERANT) ||
	     (e->flags & ALCK_TOLERATES)) &&
	    was->live && !alck_provider_forwards(e->provider, was->owner))
		alck_finding_tolerated(e, block, was, frame);
}

static void free_through(const struct alck_entry *e, uintptr_t block)
{
	((function)e->real)(block, 0, 0, 0, 0);
}

/* BLOCK goes to its owner; where that cannot take it, it is leaked. */
static void give_back(struct alck_thread *t, uintptr_t block,
		      struct alck_block *was, const struct alck_frame *frame)
{
	struct alck_provider *owner = alck_provider(was->owner);
	struct saved s;

	if (alck_table_remove(block, was) != ALCK_REMOVED ||
	    !alck_provider_takes(owner) || !owner->free)
		return;
	enter(&s, t, owner->free, block, frame->sp);
	free_through(owner->free, block);
	leave(&s, t);
}

/* A malloc hook would hand BLOCK to its owner.  We do it in its stead: a fork
 * could change the hook before libc reads it. */
static int rescue(struct alck_thread *t, struct alck_entry *e, uintptr_t block,
		  struct alck_block *was, const struct alck_frame *frame)
{
	alck_finding_rescued(e, block, was, frame);
	if (alck_runtime.options.dispatch == ALCK_DISPATCH_CALLER)
		return 0;
	give_back(t, block, was, frame);
	return 1;
}

/* BLOCK is not this entry's to free. */
static uintptr_t free_wrong(struct alck_thread *t, struct alck_entry *e,
			    uintptr_t block, struct alck_block *was,
			    enum alck_outcome outcome,
			    const struct alck_frame *frame, ARGUMENTS)
{
	struct saved s;
	uintptr_t r = 0;

	if (t->freeing == block)
		t->freed = 1; /* it is dealt with */
	switch (report(alck_passing_origin(t, e, frame), block, was, outcome,
		       frame)) {
	case ALCK_ACTION_OWNER:
		if (alck_is_foreign(outcome))
			give_back(t, block, was, frame);
		break;
	case ALCK_ACTION_CALLER:
		if (alck_is_foreign(outcome))
			alck_table_remove(block, was);
		enter(&s, t, e, block, frame->sp);
		r = call(e, a0, a1, a2, a3, a4);
		leave(&s, t);
		break;
	default:
		break;
	}
	return r;
}

uintptr_t alck_on_free(ARGUMENTS, struct alck_entry *e)
{
	uintptr_t block = argument(e->ptr, a0, a1, a2, a3, a4);
	struct alck_thread *t = &alck_thread;
	struct alck_frame frame;
	struct alck_block was = {.live = 0};
	enum alck_outcome outcome;
	struct saved s;
	uintptr_t r;
	int freed;

	if (!block)
		return call(e, a0, a1, a2, a3, a4);
	alck_frame_here(&frame);
	if (alck_unlikely(t->depth && frame.sp > t->frame))
		t->depth = 0;
	outcome = alck_judge(t, e, block, &was);
	if (alck_likely(outcome == ALCK_OURS)) {
		/* An inner entry's frees are an allocator's own business, but
		 * for the block that a wrapper was given to free. */
		if (!t->depth || t->freeing == block)
			alck_capture_free(t, e, &frame, block, &was);
	} else {
		if (outcome == ALCK_UNSEEN)
			outcome = alck_judge_unseen(e, block, &frame);
		if (outcome == ALCK_REPEATED &&
		    alck_judge_is_inner(t, e, block, &frame))
			outcome = ALCK_THROUGH;
		if (alck_is_wrong(outcome))
			return free_wrong(t, e, block, &was, outcome, &frame,
					  a0, a1, a2, a3, a4);
		if (outcome == ALCK_THROUGH)
			report_tolerated(e, block, &was, &frame);
		else if (outcome == ALCK_RESCUED &&
			 rescue(t, e, block, &was, &frame))
			return 0;
	}
	if (alck_unlikely(alck_mismatch_wanted(t)))
		alck_mismatch_check(
			e, block, &was,
			e->size < 0 ? 0 : argument(e->size, a0, a1, a2, a3, a4),
			&frame);
	enter(&s, t, e, block, frame.sp);
	r = call(e, a0, a1, a2, a3, a4);
	freed = leave(&s, t);
	if (alck_unlikely(e->jumps))
		alck_passing_settle(e);
	if ((outcome == ALCK_THROUGH || outcome == ALCK_RESCUED) && was.live &&
	    !freed)
		alck_judge_settle(block, &was);
	return r;
}

/* ------------------------------------------------------------------ realloc */

static void copy(uintptr_t to, uintptr_t from, uint64_t n)
{
	unsigned char *d = (unsigned char *)to;
	const unsigned char *s = (const unsigned char *)from;

	while (n--)
		*d++ = *s++;
}

/* Bytes of BLOCK that can be copied: those asked for or, where the table does
 * not have them (strdup's, hundreds of megabytes), what its owner says. */
static uint64_t size_of(uintptr_t block, const struct alck_block *was)
{
	const struct alck_provider *owner = alck_provider(was->owner);

	if (was->size_exact || was->half || !owner || owner->retired ||
	    !owner->query)
		return was->size;
	return ((function)owner->query->real)(block, 0, 0, 0, 0);
}

/* A new block of SIZE from P with the content of the old one. */
static uintptr_t copy_to(const struct alck_provider *p, uintptr_t block,
			 const struct alck_block *was, uint64_t size)
{
	uint64_t old = size_of(block, was);
	uintptr_t r;

	/* Of pages no size is known: rather refuse than lose the content. */
	if (!p || p->retired || !p->alloc || (alck_by_page && !old))
		return 0;
	r = ((function)p->alloc->real)(size, 0, 0, 0, 0);
	old = old < size ? old : size;
	/* An allocator that is unloaded may have unmapped its memory. */
	if (r && alck_provider(was->owner)->retired && old >= 8)
		alck_sys_peek((void *)r, (const void *)block, old);
	else if (r)
		copy(r, block, old);
	return r;
}

/* The reallocation that the block's owner would have done. */
static uintptr_t realloc_at_owner(uintptr_t block, struct alck_block *was,
				  uint64_t size)
{
	struct alck_provider *owner = alck_provider(was->owner);
	uintptr_t r = 0;

	if (!owner || owner->retired)
		return 0;
	if (owner->realloc)
		return ((function)owner->realloc->real)(block, size, 0, 0, 0);
	r = copy_to(owner, block, was, size);
	if (r && owner->free)
		free_through(owner->free, block);
	return r;
}

static uintptr_t realloc_wrong(struct alck_thread *t, struct alck_entry *e,
			       uintptr_t block, struct alck_block *was,
			       enum alck_outcome outcome, uint64_t size,
			       const struct alck_frame *frame, ARGUMENTS)
{
	enum alck_action action = report(e, block, was, outcome, frame);
	uint32_t owner = was->owner;
	uintptr_t r = 0;
	struct saved s;

	if (alck_is_foreign(outcome)) {
		if (alck_table_remove(block, was) != ALCK_REMOVED)
			return 0;
		if (action == ALCK_ACTION_OWNER &&
		    !alck_provider_takes(alck_provider(owner)))
			action = ALCK_ACTION_LEAK;
	}
	enter(&s, t, e, block, frame->sp);
	if (action == ALCK_ACTION_CALLER) {
		r = call(e, a0, a1, a2, a3, a4);
		owner = e->provider->id;
	} else if (!alck_is_foreign(outcome)) {
		r = 0; /* freed or wild: there is nothing to copy from */
	} else if (action == ALCK_ACTION_OWNER) {
		r = realloc_at_owner(block, was, size);
	} else if (action == ALCK_ACTION_LEAK) {
		r = copy_to(e->provider, block, was, size);
		owner = e->provider->id;
	}
	leave(&s, t);
	if (r)
		alck_entry_put(r, size, owner, alck_capture_alloc(t, e, frame));
	else if (alck_is_foreign(outcome) && size &&
		 action != ALCK_ACTION_CALLER)
		alck_table_restore(block, was);
	return r;
}

/* As rescue, of a block that is to change its size: its successor goes to *R.
 * Returns 0 where the hook is to do it. */
static int rescue_realloc(struct alck_thread *t, struct alck_entry *e,
			  uintptr_t block, struct alck_block *was,
			  uint64_t size, const struct alck_frame *frame,
			  uintptr_t *r)
{
	struct saved s;

	alck_finding_rescued(e, block, was, frame);
	if (alck_runtime.options.dispatch == ALCK_DISPATCH_CALLER ||
	    !alck_provider_takes(alck_provider(was->owner)) ||
	    alck_table_remove(block, was) != ALCK_REMOVED)
		return 0;
	enter(&s, t, e, block, frame->sp);
	*r = realloc_at_owner(block, was, size);
	leave(&s, t);
	if (*r)
		alck_entry_put(*r, size, was->owner,
			       alck_capture_alloc(t, e, frame));
	else if (size)
		alck_table_restore(block, was);
	return 1;
}

uintptr_t alck_on_realloc(ARGUMENTS, struct alck_entry *e)
{
	uintptr_t block = argument(e->ptr, a0, a1, a2, a3, a4);
	uint64_t size = size_asked(e, a0, a1, a2, a3, a4);
	struct alck_thread *t = &alck_thread;
	enum alck_outcome outcome = ALCK_UNSEEN;
	struct alck_frame frame;
	struct alck_block was = {.live = 0};
	struct alck_inner inner;
	struct saved s;
	uintptr_t r;
	int freed;

	alck_frame_here(&frame);
	if (alck_unlikely(t->depth && frame.sp > t->frame))
		t->depth = 0;
	if (block) {
		outcome = alck_judge(t, e, block, &was);
		if (outcome == ALCK_UNSEEN)
			outcome = alck_judge_unseen(e, block, &frame);
		if (alck_is_wrong(outcome))
			return realloc_wrong(t, e, block, &was, outcome, size,
					     &frame, a0, a1, a2, a3, a4);
		if (outcome == ALCK_THROUGH)
			report_tolerated(e, block, &was, &frame);
		else if (outcome == ALCK_RESCUED &&
			 rescue_realloc(t, e, block, &was, size, &frame, &r))
			return r;
	}
	if (alck_unlikely(alck_mismatch_wanted(t)))
		alck_mismatch_check(e, block, &was, 0, &frame);
	enter(&s, t, e, block, frame.sp);
	r = call(e, a0, a1, a2, a3, a4);
	inner = alck_thread_inner(t);
	freed = leave(&s, t);
	if (outcome == ALCK_THROUGH && !freed && was.live && (r || !size))
		alck_judge_settle(block, &was);
	if (alck_likely(r != 0)) {
		if (outcome == ALCK_OURS && r != block && !t->depth)
			alck_capture_free(t, e, &frame, block, &was);
		alck_entry_note(t, e, r, size, inner, &frame);
	} else if (outcome == ALCK_OURS && size &&
		   !(e->flags & ALCK_FREES_ON_FAILURE)) {
		alck_table_restore(block, &was);
	}
	return r;
}

/* -------------------------------------------------------------------- query */

uintptr_t alck_on_query(ARGUMENTS, struct alck_entry *e)
{
	uintptr_t block = argument(e->ptr, a0, a1, a2, a3, a4);
	const struct alck_provider *owner;
	struct alck_frame frame;
	struct alck_block is;
	uintptr_t r;

	alck_frame_here(&frame);
	if (!block || alck_thread.depth ||
	    alck_table_lookup(block, &is) != ALCK_LIVE ||
	    is.owner == e->provider->id ||
	    alck_provider_hands_on(e->provider, is.owner)) {
		r = call(e, a0, a1, a2, a3, a4);
		if (block && !alck_thread.depth)
			alck_contract_check_usable(e, block, r, &frame);
		return r;
	}
	if (alck_finding_misplaced(e, block, &is, &frame) == ALCK_ACTION_CALLER)
		return call(e, a0, a1, a2, a3, a4);
	owner = alck_provider(is.owner);
	if (owner && !owner->retired && owner->query)
		return ((function)owner->query->real)(block, 0, 0, 0, 0);
	return is.size;
}
