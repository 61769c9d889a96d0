/* SPDX-License-Identifier: MIT */
/*
 * The judgement of a block at an entry that takes it: is it this provider's,
 * somebody else's, nobody's?  Reads the ownership table, what is known of the
 * providers, and the malloc hooks; says nothing to anybody.  Signal-safe.
 */
#ifndef ALCK_PRELOAD_JUDGE_H
#define ALCK_PRELOAD_JUDGE_H

#include <stdint.h>

#include "preload/owner-table.h"
#include "preload/providers.h"
#include "preload/thread.h"
#include "preload/unwind.h"

enum alck_outcome {
	ALCK_OURS,	   /* it was this provider's, and is out of the table */
	ALCK_THROUGH,	   /* a wrapper's call: judged at the entry under it */
	ALCK_UNSEEN,	   /* never recorded: nothing can be said */
	ALCK_IS_UNTRACKED, /* there was no memory to record it */
	ALCK_MISPLACED,	   /* another provider's; still in the table */
	ALCK_REPEATED,	   /* freed before */
	ALCK_IS_WILD,	   /* no block begins there, which is proven */
	ALCK_RESCUED, /* another provider\'s, and a malloc hook leads there */
	ALCK_HOOKED,  /* another provider\'s, and a malloc hook leads astray */
};

/* What BLOCK is to the provider of E.  A block of its own is taken out of the
 * table; *WAS is what was known of it. */
enum alck_outcome alck_judge(struct alck_thread *t, const struct alck_entry *e,
			     uintptr_t block, struct alck_block *was);

/* A wrapper came back that had been given BLOCK.  If no entry under it has
 * taken it out of the table, the wrapper did whatever it does with it
 * unseen. */
void alck_judge_settle(uintptr_t block, const struct alck_block *was);

/* A second look at a BLOCK that was freed before: is it the one that T is
 * freeing, and E called by its own allocator's library for it?  Entries of the
 * hot path do not say that they are under way (entries-last.c).  No library
 * frees twice what its free was given; libc's has more in it than an allocator.
 */
int alck_judge_is_inner(const struct alck_thread *t, const struct alck_entry *e,
			uintptr_t block, const struct alck_frame *frame);

/* A second look at a block never seen: wild where that can be proven, else it
 * is counted. */
enum alck_outcome alck_judge_unseen(struct alck_entry *e, uintptr_t block,
				    const struct alck_frame *frame);

/* Frees of blocks that were never seen, by all providers. */
uint64_t alck_unknown_frees(void);

/* Have blocks of OWNER come through P? */
static inline int alck_provider_forwards(const struct alck_provider *p,
					 uint32_t owner)
{
	return (p->forwards >> owner) & 1;
}

/* May P be given blocks of OWNER, because it hands them on? */
static inline int alck_provider_hands_on(const struct alck_provider *p,
					 uint32_t owner)
{
	return alck_provider_forwards(p, owner) ||
	       (p->family->flags & (ALCK_FORWARDER | ALCK_TOLERANT)) ||
	       ((p->family->flags & ALCK_UNPROVEN) && !p->produced);
}

/* Can a block go back to OWNER by its own free? */
int alck_provider_takes(const struct alck_provider *owner);

static inline int alck_is_wrong(enum alck_outcome outcome)
{
	return outcome == ALCK_MISPLACED || outcome == ALCK_HOOKED ||
	       outcome == ALCK_REPEATED || outcome == ALCK_IS_WILD;
}

/* The block is another provider's, and still in the table. */
static inline int alck_is_foreign(enum alck_outcome outcome)
{
	return outcome == ALCK_MISPLACED || outcome == ALCK_HOOKED;
}

#endif
