/* SPDX-License-Identifier: MIT */
/*
 * The stack memo: stacks that a thread has walked before, known again without
 * walking; and the call sites that it has come by.
 *
 * A walk by unwind tables is a function of where it starts (return address,
 * stack pointer, frame pointer), of the tables, and of the words that it reads
 * from the stack; where it reads next depends only on what it has read.  So a
 * walk is remembered as the list of its reads: if the start is the same, no
 * module has come or gone, and every word is still what it was, another walk
 * would give the same stack.  Nothing is guessed.
 *
 * Each thread has its own, reached from its thread-local storage and given on
 * with its number when it ends.  Signal-safe: written under the reentrancy
 * guard alone, the key last; who reads without it looks at the key twice.
 */
#ifndef ALCK_PRELOAD_STACK_MEMO_H
#define ALCK_PRELOAD_STACK_MEMO_H

#include <stdint.h>

#include "preload/modules.h"
#include "preload/one-thread.h"
#include "preload/thread.h"
#include "preload/unwind.h"

struct alck_memo {
	uintptr_t pc, sp; /* where the walk began; pc 0: nothing here */
	/* Of the words read, first and last; the first is above all others
	 * where they are not to be gone by. */
	uintptr_t low, high;
	uintptr_t fp, fp_mask; /* the mask is 0 if it did not matter */
	uint32_t generation;   /* of the modules */
	uint32_t stack;	       /* its ID in the depot */
	uint32_t entry;	       /* with which it was ... */
	uint32_t context;      /* ... part of this context */
	uint32_t previous;
	struct alck_reads reads; /* made up to whole fours */
};

/* A call site: a context with a stack of one frame. */
struct alck_site {
	uint64_t key; /* see alck_site_key; 0: nothing here */
	uint32_t previous, context;
};

#define ALCK_MEMO_BITS 7
#define ALCK_MEMO_WAYS 4 /* stacks that begin at the same place */
#define ALCK_SITE_BITS 9

struct alck_memory {
	uint32_t oldest; /* way to give up next */
	struct alck_site sites[1 << ALCK_SITE_BITS];
	struct alck_memo memos[1 << ALCK_MEMO_BITS][ALCK_MEMO_WAYS];
};

#define ALCK_MEMO_MIX UINT64_C(0x9e3779b97f4a7c15)

/* T's memory, made when it is worth it; NULL where there is none. */
struct alck_memory *alck_memory_of(struct alck_thread *t);

/* ------------------------------------------------------------------- stacks */

/* The ALCK_MEMO_WAYS places for the stacks that begin at PC, SP. */
ALCK_INLINE struct alck_memo *alck_memo_set(struct alck_memory *memory,
					    uintptr_t pc, uintptr_t sp)
{
	return memory->memos[(pc ^ sp << 7) * ALCK_MEMO_MIX >>
			     (64 - ALCK_MEMO_BITS)];
}

/* Four at a time: stacks differ near their beginning. */
ALCK_INLINE int alck_memo_same(const struct alck_reads *reads)
{
	const struct alck_read *r = reads->read, *end = r + reads->n;

	for (; r < end; r += 4)
		if ((*(const uintptr_t *)r[0].at ^ r[0].value) |
		    (*(const uintptr_t *)r[1].at ^ r[1].value) |
		    (*(const uintptr_t *)r[2].at ^ r[2].value) |
		    (*(const uintptr_t *)r[3].at ^ r[3].value))
			return 0;
	return 1;
}

/* Does M stand for the stack that begins at PC, SP, FP? */
ALCK_INLINE int alck_memo_is(const struct alck_memo *m, uintptr_t pc,
			     uintptr_t sp, uintptr_t fp)
{
	return m->pc == pc && m->sp == sp &&
	       m->generation == alck_modules_generation() &&
	       !((m->fp ^ fp) & m->fp_mask) &&
	       m->low >= alck_unwind_known.low &&
	       m->high < alck_unwind_known.high && alck_memo_same(&m->reads);
}

/* The context of the stack that begins at PC, SP, FP with the entry ENTRY, or 0
 * where T does not remember it.  Not while T is busy. */
ALCK_INLINE uint32_t alck_memo_context(const struct alck_thread *t,
				       uintptr_t pc, uintptr_t sp, uintptr_t fp,
				       uint32_t entry)
{
	const struct alck_memo *m, *end;
	uint32_t context;

	if (__builtin_expect(!t->memory, 0))
		return 0;
	m = alck_memo_set(t->memory, pc, sp);
	for (end = m + ALCK_MEMO_WAYS; !alck_memo_is(m, pc, sp, fp);)
		if (++m == end)
			return 0;
	if (__builtin_expect(m->entry != entry || m->previous, 0))
		return 0;
	context = m->context;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	return __atomic_load_n(&m->pc, __ATOMIC_RELAXED) == pc ? context : 0;
}

/* The memo for a stack that begins at FRAME; its STACK is 0 where it has to be
 * walked (into its READS, and then kept).  NULL where T has no memory for
 * memos. */
struct alck_memo *alck_memo_find(struct alck_thread *t,
				 const struct alck_frame *frame);

/* After the walk: MEMO stands for the stack ID from FRAME. */
void alck_memo_keep(struct alck_memo *memo, const struct alck_frame *frame,
		    uint32_t stack);

/* MEMO's stack with ENTRY and PREVIOUS is CONTEXT. */
void alck_memo_keep_context(struct alck_memo *memo, uint32_t entry,
			    uint32_t previous, uint32_t context);

/* -------------------------------------------------------------------- sites */

ALCK_INLINE uint64_t alck_site_key(uintptr_t pc, uint32_t entry)
{
	return pc ^ (uint64_t)entry << 48;
}

ALCK_INLINE struct alck_site *alck_site_at(struct alck_memory *memory,
					   uint64_t key, uint32_t previous)
{
	return &memory->sites[(key ^ (uint64_t)previous << 20) *
				      ALCK_MEMO_MIX >>
			      (64 - ALCK_SITE_BITS)];
}

/* The context of a call of ENTRY from PC, of a block with the context PREVIOUS;
 * or 0.  Not while T is busy. */
ALCK_INLINE uint32_t alck_site_context(const struct alck_thread *t,
				       uintptr_t pc, uint32_t entry,
				       uint32_t previous)
{
	uint64_t key = alck_site_key(pc, entry);
	const struct alck_site *site;
	uint32_t context;

	if (__builtin_expect(!t->memory, 0))
		return 0;
	site = alck_site_at(t->memory, key, previous);
	if (__builtin_expect(site->key != key, 0) ||
	    __builtin_expect(site->previous != previous, 0))
		return 0;
	context = site->context;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	return __atomic_load_n(&site->key, __ATOMIC_RELAXED) == key ? context
								    : 0;
}

void alck_site_keep(struct alck_thread *t, uintptr_t pc, uint32_t entry,
		    uint32_t previous, uint32_t context);

#endif
