/* SPDX-License-Identifier: MIT */
/*
 * The stack memo: stacks that a thread has walked before, known again without
 * walking; and the call sites that it has come by.
 *
 * A memo is where a walk began and its trace (trace.h): if the start is the
 * same, no module has come or gone, and every word that the walk read is still
 * what it was, another walk would give the same stack.  Nothing is guessed.
 *
 * The memos of walks that began at the same place form a tree.  A memo is the
 * child of one whose first COMMON return addresses it shares, and not the next:
 *
 *   memo  ra0 ra1 ra2 ra3 ra4
 *    |-- child, COMMON 4      ra4'
 *    '-- child, COMMON 2 ra2' ra3' ra4'
 *         '-- child, COMMON 3  ra3'' ra4''
 *
 * So each word is compared once, and on the way down: at the word that differs,
 * the only child that can be right is the one that has it in common up to
 * there.
 *
 * Each thread has its own, reached from its thread-local storage and given on
 * with its number when it ends.  Signal-safe: memos are only ever added, under
 * the reentrancy guard.  When there is no more room all are forgotten at once,
 * and others begin in the other half of the memory: so who was interrupted
 * while he read, without the guard, reads on what he began with.  A place is
 * one in both halves.
 */
#ifndef ALCK_PRELOAD_STACK_MEMO_H
#define ALCK_PRELOAD_STACK_MEMO_H

#include <stdint.h>

#include "preload/modules.h"
#include "preload/one-thread.h"
#include "preload/owner-word.h"
#include "preload/thread.h"
#include "preload/trace.h"
#include "preload/unwind.h"

/* A memo's place is counted in units; 0 is none. */
#define ALCK_MEMO_UNIT	16
#define ALCK_MEMO_UNITS 0x10000 /* of each half */
#define ALCK_MEMO_BITS	10	/* of a hash of where the walk began */
#define ALCK_SITE_BITS	11
#define ALCK_MEMO_MIX	UINT64_C(0x9e3779b97f4a7c15)

/* Of a free: ENTRY (16 bits), PREVIOUS (24) and CONTEXT (24) in one word, which
 * is read and written at once. */
#define ALCK_MEMO_USE(entry, previous) \
	((uint64_t)(entry) << 48 | (uint64_t)(previous) << 24)
#define ALCK_MEMO_CONTEXT UINT64_C(0xffffff)

struct alck_memo {
	uintptr_t pc, sp, fp; /* where the walk began */
	uintptr_t top;	      /* all that it read is below */
	const uintptr_t *pcs; /* its stack, in the depot, but for PC */
	/* What it was last part of.  An allocation: what the records of its
	 * blocks are made of (alck_word_base), with the entry's ID where the
	 * size will be.  A free: ALCK_MEMO_USE and its context. */
	uint64_t base, use;
	uint32_t stack; /* its ID in the depot */
	uint32_t next;	/* of its parent's children; of a root: with the
			 * same hash; 0: none */
	uint32_t child;
	uint8_t common;
	struct alck_trace trace; /* cut off after its last place */
};

/* A call site, whose contexts have a stack of one frame.  KEY: alck_site_key;
 * 0: nothing here. */
struct alck_site {
	uint64_t key;
	uint64_t base; /* of blocks from there: alck_word_base */
};

/* The same of frees, by what they free. */
struct alck_free_site {
	uint64_t key;
	uint32_t previous, context;
};

struct alck_memos {
	uint32_t root[1 << ALCK_MEMO_BITS];
	struct alck_site sites[1 << ALCK_SITE_BITS];
	struct alck_free_site frees[1 << ALCK_SITE_BITS];
	uint32_t generation; /* of the modules, when they began */
	uint32_t used;	     /* units, up to here; 0: not begun */
	char units[2 * ALCK_MEMO_UNITS][ALCK_MEMO_UNIT]
		__attribute__((aligned(4096)));
};

/* T's memory, made when it is worth it; NULL where there is none. */
struct alck_memos *alck_memos_of(struct alck_thread *t);

/* ------------------------------------------------------------------- stacks */

ALCK_INLINE uint32_t *alck_memo_root(struct alck_memos *memos, uintptr_t pc,
				     uintptr_t sp)
{
	return &memos->root[(pc ^ sp << 7) * ALCK_MEMO_MIX >>
			    (64 - ALCK_MEMO_BITS)];
}

ALCK_INLINE struct alck_memo *alck_memo_at(struct alck_memos *memos,
					   uint32_t place)
{
	return (struct alck_memo *)memos->units[place];
}

/* The first memo from PLACE on that begins at PC, SP, or NULL. */
ALCK_INLINE struct alck_memo *alck_memo_from(struct alck_memos *memos,
					     uint32_t place, uintptr_t pc,
					     uintptr_t sp)
{
	struct alck_memo *m;

	for (; place; place = m->next) {
		m = alck_memo_at(memos, place);
		if (__builtin_expect(m->sp == sp, 1) &&
		    __builtin_expect(m->pc == pc, 1))
			return m;
	}
	return NULL;
}

/* Is the stack there on which M's walk, from SP, has been? */
ALCK_INLINE int alck_memo_is_readable(const struct alck_memo *m, uintptr_t sp)
{
	return sp >= alck_unwind_known.low && m->top <= alck_unwind_known.high;
}

/* The first memo to look at for the stack that begins at PC, SP, or NULL. */
ALCK_INLINE struct alck_memo *alck_memo_first(struct alck_memos *memos,
					      uintptr_t pc, uintptr_t sp)
{
	struct alck_memo *m;

	if (__builtin_expect(memos->generation != alck_modules_generation(), 0))
		return NULL;
	/* Read once: a signal handler may forget all. */
	m = alck_memo_from(memos,
			   *(volatile uint32_t *)alck_memo_root(memos, pc, sp),
			   pc, sp);
	return m && __builtin_expect(alck_memo_is_readable(m, sp), 1) ? m
								      : NULL;
}

/* The place of M's return address that the stack at SP does not have in common
 * with it, or NULL. */
ALCK_INLINE const uint16_t *alck_memo_differs(const struct alck_memo *m,
					      uintptr_t sp)
{
	return alck_trace_differs(&m->trace, 0, sp, m->pcs);
}

/* The memo for the stack at SP, FP, which differs from M, the first one, at the
 * place DIFFERS (NULL: at none that is a return address's); or NULL. */
struct alck_memo *alck_memo_beside(struct alck_memos *memos,
				   struct alck_memo *m, const uint16_t *differs,
				   uintptr_t sp, uintptr_t fp);

/* The memo for the stack that begins at PC, SP, FP, or NULL. */
struct alck_memo *alck_memo_look(struct alck_memos *memos, uintptr_t pc,
				 uintptr_t sp, uintptr_t fp);

/* What the records of ENTRY's blocks are made of where their stack is M, in
 * *BASE, if M was last part of an allocation by it; else returns 0. */
ALCK_INLINE int alck_memo_base(const struct alck_memo *m, uint32_t entry,
			       uint64_t *base)
{
	*base = __atomic_load_n(&m->base, __ATOMIC_RELAXED) ^ entry;
	return __builtin_expect(!(*base & ALCK_WORD_SIZE_MASK), 1);
}

/* After a walk from FRAME, with TRACE, that found the stack ID; under T's
 * guard.  Returns its memo; NULL where it cannot be remembered. */
struct alck_memo *alck_memo_keep(struct alck_memos *memos,
				 const struct alck_frame *frame,
				 const struct alck_trace *trace,
				 uint32_t stack);

/* -------------------------------------------------------------------- sites */

ALCK_INLINE uint64_t alck_site_key(uintptr_t pc, uint32_t entry)
{
	return pc ^ (uint64_t)entry << 48;
}

ALCK_INLINE uint64_t alck_site_hash(uint64_t key)
{
	return key * ALCK_MEMO_MIX >> (64 - ALCK_SITE_BITS);
}

/* What the records of blocks are made of that ENTRY returns to PC, in *BASE; or
 * returns 0.  Not while T is busy. */
ALCK_INLINE int alck_site_base(const struct alck_thread *t, uintptr_t pc,
			       uint32_t entry, uint64_t *base)
{
	uint64_t key = alck_site_key(pc, entry);
	/* Read in this order: a signal handler may keep another in between. */
	const volatile struct alck_site *site;

	if (__builtin_expect(!t->memos, 0))
		return 0;
	site = &t->memos->sites[alck_site_hash(key)];
	if (__builtin_expect(site->key != key, 0))
		return 0;
	*base = site->base;
	return __builtin_expect(site->key == key, 1);
}

ALCK_INLINE struct alck_free_site *
alck_free_site_at(struct alck_memos *memos, uint64_t key, uint32_t previous)
{
	return &memos->frees[alck_site_hash(key ^ (uint64_t)previous << 20)];
}

/* The context of a free by ENTRY, called from PC, of a block with the context
 * PREVIOUS, in *CONTEXT; or returns 0.  Not while T is busy. */
ALCK_INLINE int alck_free_site_context(const struct alck_thread *t,
				       uintptr_t pc, uint32_t entry,
				       uint32_t previous, uint32_t *context)
{
	uint64_t key = alck_site_key(pc, entry);
	const volatile struct alck_free_site *site;

	if (__builtin_expect(!t->memos, 0))
		return 0;
	site = alck_free_site_at(t->memos, key, previous);
	if (__builtin_expect(site->key != key, 0) ||
	    __builtin_expect(site->previous != previous, 0))
		return 0;
	*context = site->context;
	return __builtin_expect(site->key == key, 1);
}

void alck_site_keep(struct alck_thread *t, uintptr_t pc, uint32_t entry,
		    uint64_t base);
void alck_free_site_keep(struct alck_thread *t, uintptr_t pc, uint32_t entry,
			 uint32_t previous, uint32_t context);

#endif
