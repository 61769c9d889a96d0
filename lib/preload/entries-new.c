/* SPDX-License-Identifier: MIT */
/*
 * Whose is a new block?  The innermost provider's that returned it: when a
 * wrapper returns the very pointer that an entry under it returned, that inner
 * provider owns the block and the wrapper is known to forward to it; when it
 * returns another one (a header in front, a slab of its own), the wrapper
 * owns it.  Signal-safe.
 */
#include "preload/age-table.h"
#include "preload/capture.h"
#include "preload/clock.h"
#include "preload/entries.h"
#include "preload/hooks.h"
#include "preload/judge.h"
#include "preload/malloc-contract.h"
#include "preload/owner-table.h"
#include "preload/page-table.h"
#include "preload/providers.h"
#include "preload/runtime.h"
#include "preload/thread.h"

static void learn_forwarding(struct alck_provider *p, uint32_t owner)
{
	__atomic_fetch_or(&p->forwards, 1u << owner, __ATOMIC_RELAXED);
}

/* mi_malloc_aligned_at can be asked for a block that begins anywhere; the table
 * has a place for every eight bytes. */
void alck_entry_put(uintptr_t block, uint64_t size, uint32_t owner,
		    uint32_t context)
{
	if (alck_unlikely(alck_age_kept))
		alck_age_put(block, alck_clock_coarse());
	if (alck_unlikely(block % 8))
		alck_provider(owner)->odd = 1;
	else
		alck_table_install(block, size, owner, context);
}

uintptr_t alck_entry_install(const struct alck_entry *e, uintptr_t block,
			     uint64_t size, uint32_t context)
{
	e->provider->produced = 1;
	alck_entry_put(block, size, e->provider->id, context);
	return block;
}

/* Has an entry under one of P's produced BLOCK, of *OWNER then?  Perhaps not as
 * the last one: a wrapper may allocate more than it returns, and a signal
 * handler may have come. */
static int comes_from_inside(const struct alck_provider *p, uintptr_t block,
			     struct alck_inner inner, uint32_t *owner)
{
	struct alck_block is = {.owner = inner.producer};

	if (!inner.block ||
	    (inner.block != block &&
	     (alck_by_page || alck_table_lookup(block, &is) != ALCK_LIVE)) ||
	    is.owner == p->id)
		return 0;
	*owner = is.owner;
	return 1;
}

/* Called with the thread's state as it was before E was entered. */
void alck_entry_note(struct alck_thread *t, struct alck_entry *e,
		     uintptr_t block, uint64_t size, struct alck_inner inner,
		     const struct alck_frame *frame)
{
	struct alck_provider *p = e->provider;
	uint32_t owner = p->id, context = 0;
	struct alck_block is;

	if (comes_from_inside(p, block, inner, &owner)) {
		/* What a hook forwards, it forwards as long as it is set;
		 * libc_malloc_debug forwards to libc without one. */
		if (alck_unlikely(!alck_provider_forwards(p, owner)) &&
		    (!p->hooks || alck_provider(owner)->module->is_libc))
			learn_forwarding(p, owner);
	} else if (p->family->flags & ALCK_FORWARDER) {
		/* It owns nothing; what it handed on was noted before a signal
		 * handler allocated. */
		if (alck_table_lookup(block, &is) != ALCK_LIVE)
			return;
		owner = is.owner;
	} else if (alck_unlikely(p->hooks && inner.block != block &&
				 !alck_hook_owner(p, e->shape, &owner))) {
		return; /* somebody's hook made it, of whatever */
	} else if (alck_unlikely(!p->produced)) {
		p->produced = 1;
	}
	/* While a fork has changed them, nobody may free. */
	if (alck_unlikely(p->hooks != NULL))
		alck_hooks_sample(p);
	/* An inner entry leaves the stack to the outermost one, which has the
	 * caller that the user knows; but a wrapper may return a block of its
	 * own, and then the inner one's caller is all there is. */
	if (!t->depth)
		context = alck_capture_alloc(t, e, frame);
	else if (!(t->outer && t->outer->provider &&
		   (t->outer->provider->family->flags & ALCK_FORWARDER)))
		context = alck_capture_caller(t, e, frame);
	if (alck_unlikely(block % 16 || e->shape == ALCK_ALLOC_ARRAY) &&
	    owner == p->id)
		alck_contract_check_block(e, block, size, frame);
	/* A page counts its blocks: the inner entry has put this one there. */
	if (!alck_by_page || inner.block != block || inner.producer != owner)
		alck_entry_put(block, size, owner, context);
	alck_thread_produced(t, block, (uint8_t)owner);
}
