/* SPDX-License-Identifier: MIT */
/*
 * level=guard: an owner for each page, and nothing of a block.
 *
 * A page's word is its owner and how many of the owner's blocks that begin in
 * it are out.  Where none is, the page is nobody's, so memory that goes from
 * one allocator to another by munmap and mmap takes its page's owner along.
 * Where blocks of two owners are out at the same time (the end of the brk heap,
 * a wrapper with a header in front) the page is ambiguous, until all of them
 * are back: a block in it is everybody's, and accuses nobody.
 *
 *   nobody's --add--> owner, n --add by another--> ambiguous, n
 *       ^                 |                            |
 *       +---- n is 0 -----+----------------------------+
 *
 * A page of an allocator that never gives an address back to the kernel
 * (ALCK_KEEPS) is kept by it from its first block on: its word has no count,
 * and nobody writes to it.  tcmalloc hands out blocks of one page, and of pages
 * whose words are neighbours, to several threads; each would take the cache
 * line from the others, twice for a malloc and its free.  Another's block makes
 * a kept page ambiguous for good.
 *
 * Every change is one compare-and-swap of the whole word or, in a process with
 * one thread, one instruction.  Relaxed: a word names nothing else, and a free
 * in one thread comes before the same page's next allocation in another by the
 * allocator's own hand-over.  A leaf of 256 MiB is made once, by
 * compare-and-swap into the root.  Four bytes for 4096.  Signal-safe, without
 * locks.
 */
#ifndef ALCK_PRELOAD_PAGE_TABLE_H
#define ALCK_PRELOAD_PAGE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "preload/arch.h"
#include "preload/one-thread.h"
#include "preload/owner-table.h"

#define ALCK_PAGE_BITS	      12
#define ALCK_PAGE_LEAF_BITS   28 /* 256 MiB */
#define ALCK_PAGE_LEAVES      (1u << (47 - ALCK_PAGE_LEAF_BITS))
#define ALCK_PAGE_WORDS	      (1u << (ALCK_PAGE_LEAF_BITS - ALCK_PAGE_BITS))
#define ALCK_PAGE_OWNER_SHIFT 24
#define ALCK_PAGE_COUNT	      ((1u << ALCK_PAGE_OWNER_SHIFT) - 1)
#define ALCK_PAGE_KEPT	      ALCK_PAGE_COUNT /* in the count's place */
#define ALCK_PAGE_OWNER(id)   ((uint32_t)(id) << ALCK_PAGE_OWNER_SHIFT)

/* Is it the pages that say whose a block is? */
extern int alck_by_page __attribute__((visibility("hidden")));

/* By owner, one bit each: it is ALCK_KEEPS. */
extern uint32_t alck_page_keepers __attribute__((visibility("hidden")));

extern uint32_t *alck_page_root[ALCK_PAGE_LEAVES]
	__attribute__((visibility("hidden")));

/* The leaf of ADDR, which is below 2^47, or NULL. */
ALCK_INLINE uint32_t *alck_page_leaf(uintptr_t addr)
{
	return __atomic_load_n(&alck_page_root[addr >> ALCK_PAGE_LEAF_BITS],
			       __ATOMIC_ACQUIRE);
}

/* The number of ADDR's page in its leaf. */
ALCK_INLINE uint16_t alck_page_number(uintptr_t addr)
{
	_Static_assert(ALCK_PAGE_WORDS == 1u << 16, "a number is of 16 bits");
	return (uint16_t)(addr >> ALCK_PAGE_BITS);
}

/* The word of ADDR's page, or NULL where there is none yet. */
ALCK_INLINE uint32_t *alck_page_find(uintptr_t addr)
{
	uint32_t *leaf;

	if (__builtin_expect(addr >> ALCK_PAGE_LEAF_BITS >= ALCK_PAGE_LEAVES,
			     0))
		return NULL;
	leaf = alck_page_leaf(addr);
	if (__builtin_expect(!leaf, 0))
		return NULL;
	return leaf + alck_page_number(addr);
}

/* Is a block of OWNER (ALCK_PAGE_OWNER) out on ADDR's page, and nobody else's?
 */
ALCK_INLINE int alck_page_is(uintptr_t addr, uint32_t owner)
{
	const uint32_t *at = alck_page_find(addr);

	return at && __atomic_load_n(at, __ATOMIC_RELAXED) - owner - 1 <
			     ALCK_PAGE_COUNT;
}

/* Adds BY to *AT, which is *OWNER and a count; or does nothing, if *OWNER keeps
 * it.  Returns 0 where it is neither, or where the count would be less than
 * none.  Threads whose allocator gives them blocks of one page change its word
 * at the same time: who was not the first tries again, since all that leave
 * this way pay ten times as much. */
ALCK_INLINE int alck_page_change(uint32_t *at, const uint32_t *owner, int by)
{
	const uint32_t least = by < 0, kept = ALCK_PAGE_KEPT - least;
	uint32_t word, count;

	if (by < 0)
		count = alck_arch_less(at, owner, 1);
	else
		count = alck_arch_less(at, owner, 0);
	if (__builtin_expect(count > kept, 0))
		return 0;
	if (count == kept)
		return 1;
	if (__builtin_expect(alck_one_thread(), 1)) {
		alck_arch_add_here(at, by);
		return 1;
	}
	word = __atomic_load_n(at, __ATOMIC_RELAXED);
	while (word - *owner - least < kept)
		if (__atomic_compare_exchange_n(at, &word, word + (uint32_t)by,
						0, __ATOMIC_RELAXED,
						__ATOMIC_RELAXED))
			return 1;
	return 0;
}

/*
 * A block of *OWNER at ADDR, of an allocator's, has come, on a page that is or
 * was its.  Returns 0 where it is not that simple, and nothing was done.
 */
ALCK_INLINE int alck_page_add(uintptr_t addr, const uint32_t *owner)
{
	uint32_t *leaf = alck_page_leaf(addr);

	if (__builtin_expect(!leaf, 0))
		return 0;
	return __builtin_expect(
		alck_page_change(&leaf[alck_page_number(addr)], owner, 1), 1);
}

/* The same where it goes; it may lie anywhere. */
ALCK_INLINE int alck_page_take(uintptr_t addr, const uint32_t *owner)
{
	uint32_t *leaf;

	if (__builtin_expect(addr >> ALCK_PAGE_LEAF_BITS >= ALCK_PAGE_LEAVES,
			     0))
		return 0;
	leaf = alck_page_leaf(addr);
	if (__builtin_expect(!leaf, 0))
		return 0;
	return __builtin_expect(
		alck_page_change(&leaf[alck_page_number(addr)], owner, -1), 1);
}

/* The same as of the ownership table, where pages say whose a block is. */
int alck_page_install(uintptr_t addr, uint32_t owner);
enum alck_seen alck_page_look(uintptr_t addr, struct alck_block *block);
enum alck_seen alck_page_remove(uintptr_t addr, int wanted,
				struct alck_block *block);

#endif
