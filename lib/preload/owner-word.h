/* SPDX-License-Identifier: MIT */
/*
 * The words of the ownership table and the way to them, for the hot path: what
 * a call of malloc or free needs when nothing is out of the ordinary.  All
 * else is in owner-table.c; what the words mean and who changes them how, in
 * owner-table.h.
 *
 *   root -> map of 256 MiB: a word for each granule of 512 bytes -> leaf of
 *   that granule: a word for each 16 or 32 bytes
 *
 * A granule in which one block begins has that block's record in its own word;
 * it gets a leaf when there are more.  So large blocks cost 8 bytes for each
 * 512 of theirs, and small ones 8 for each 16, or for each 32 where no two of
 * their allocator's blocks begin closer (ptmalloc's).
 */
#ifndef ALCK_PRELOAD_OWNER_WORD_H
#define ALCK_PRELOAD_OWNER_WORD_H

#include <stddef.h>
#include <stdint.h>

#include "preload/arch.h"
#include "preload/one-thread.h"

#define ALCK_TABLE_ADDRESS_BITS 47
#define ALCK_TABLE_REGION_BITS	28 /* 256 MiB */
#define ALCK_TABLE_REGIONS \
	(1u << (ALCK_TABLE_ADDRESS_BITS - ALCK_TABLE_REGION_BITS))
#define ALCK_GRANULE_BITS   9 /* 512 bytes */
#define ALCK_GRANULE	    (1u << ALCK_GRANULE_BITS)
#define ALCK_TABLE_GRANULES (1u << (ALCK_TABLE_REGION_BITS - ALCK_GRANULE_BITS))

/*
 * A record:
 *   63-62 state   61-57 owner   56-52 place: which 16 bytes of its granule
 *   51-28 context   27-0 size + 1; all ones: more than fits
 *
 * State 0 is for what is no record: 0, a link to a leaf or a twin, or a pair of
 * half records (with ALCK_WORD_HALF).  A link is an address; a leaf lies at a
 * multiple of 128, and in the link's lowest bits is the logarithm of how many
 * bytes each of its words is for.
 */
enum alck_word_state {
	ALCK_WORD_LIVE = 1,
	ALCK_WORD_FREED,   /* CONTEXT is that of the deallocation */
	ALCK_WORD_REMOVED, /* the allocator has it; CONTEXT as before */
};

#define ALCK_WORD_STATE_SHIFT	62
#define ALCK_WORD_OWNER_SHIFT	57
#define ALCK_WORD_OWNER_MASK	UINT64_C(31)
#define ALCK_WORD_PLACE_SHIFT	52
#define ALCK_WORD_PLACE_MASK	UINT64_C(31)
#define ALCK_WORD_CONTEXT_SHIFT 28
#define ALCK_WORD_CONTEXT_MASK	((UINT64_C(1) << 24) - 1)
#define ALCK_WORD_SIZE_MASK	((UINT64_C(1) << 28) - 1)
#define ALCK_WORD_HALF		(UINT64_C(1) << 61)
#define ALCK_LEAF_NARROW	UINT64_C(4)  /* 32 words */
#define ALCK_LEAF_WIDE		UINT64_C(5)  /* 16 words */
#define ALCK_LEAF_TWINS		UINT64_C(64) /* and some of them are twins */
#define ALCK_LEAF_ALIGN		UINT64_C(128)

/* A live block of OWNER: its place, context and size are to be added. */
ALCK_INLINE uint64_t alck_word_live(uint32_t owner)
{
	return (uint64_t)ALCK_WORD_LIVE << ALCK_WORD_STATE_SHIFT |
	       (owner & ALCK_WORD_OWNER_MASK) << ALCK_WORD_OWNER_SHIFT;
}

/* LIVE, of an owner, with CONTEXT, which is the depot's, or smaller. */
ALCK_INLINE uint64_t alck_word_base(uint64_t live, uint32_t context)
{
	return live | (uint64_t)context << ALCK_WORD_CONTEXT_SHIFT;
}

/* Which 16 bytes of its granule ADDR is in.  Of the 32-bit part: then it is
 * masked by an instruction, and not by a 64-bit constant. */
ALCK_INLINE uint32_t alck_word_place(uintptr_t addr)
{
	return (uint32_t)addr >> 4 & (uint32_t)ALCK_WORD_PLACE_MASK;
}

/* BASE with the rest, of a block of SIZE bytes at ADDR; SIZE is below the mask.
 */
ALCK_INLINE uint64_t alck_word(uint64_t base, uintptr_t addr, uint64_t size)
{
	return base + size + 1 +
	       ((uint64_t)alck_word_place(addr) << ALCK_WORD_PLACE_SHIFT);
}

ALCK_INLINE uint32_t alck_word_context(uint64_t word)
{
	return word >> ALCK_WORD_CONTEXT_SHIFT & ALCK_WORD_CONTEXT_MASK;
}

/* WORD, a record of a live block, when that is freed; with its context. */
ALCK_INLINE uint64_t alck_word_freed_as(uint64_t word)
{
	return word ^ (uint64_t)(ALCK_WORD_LIVE ^ ALCK_WORD_FREED)
			      << ALCK_WORD_STATE_SHIFT;
}

/* The same with CONTEXT. */
ALCK_INLINE uint64_t alck_word_freed(uint64_t word, uint32_t context)
{
	word = alck_word_freed_as(word);
	word &= ~(ALCK_WORD_CONTEXT_MASK << ALCK_WORD_CONTEXT_SHIFT);
	return word | (uint64_t)context << ALCK_WORD_CONTEXT_SHIFT;
}

/* WORD, a record of a live block, while its allocator has it. */
ALCK_INLINE uint64_t alck_word_removed(uint64_t word)
{
	return word ^ (uint64_t)(ALCK_WORD_LIVE ^ ALCK_WORD_REMOVED)
			      << ALCK_WORD_STATE_SHIFT;
}

/* Is it the address of a leaf or a twin, if it is not 0? */
ALCK_INLINE int alck_word_is_link(uint64_t word)
{
	return !(word >> ALCK_WORD_PLACE_SHIFT);
}

/* The word for ADDR in the leaf that LINK leads to. */
ALCK_INLINE uint64_t *alck_leaf_word(uint64_t link, uintptr_t addr)
{
	return (uint64_t *)(uintptr_t)(link & -ALCK_LEAF_ALIGN) +
	       ((addr & (ALCK_GRANULE - 1)) >> (link & 7));
}

extern uintptr_t alck_table_root[ALCK_TABLE_REGIONS]
	__attribute__((visibility("hidden")));

/* Owners, as bits, no two of whose blocks begin within 32 bytes. */
extern uint32_t alck_table_wide __attribute__((visibility("hidden")));

/* What the leaves of OWNER's blocks are, where they are its alone. */
ALCK_INLINE uint32_t alck_table_leaf(uint32_t owner)
{
	return alck_table_wide >> owner & 1 ? ALCK_LEAF_WIDE : ALCK_LEAF_NARROW;
}

/* The map of ADDR's region, or 0.  ADDR is below 2^47. */
ALCK_INLINE uintptr_t alck_table_map(uintptr_t addr)
{
	return __atomic_load_n(&alck_table_root[addr >> ALCK_TABLE_REGION_BITS],
			       __ATOMIC_ACQUIRE);
}

/* The word of ADDR's granule in MAP. */
ALCK_INLINE uint64_t *alck_table_granule(uintptr_t map, uintptr_t addr)
{
	/* Not 8 times the number: that is two shifts. */
	return (uint64_t *)(map + (addr >> (ALCK_GRANULE_BITS - 3) &
				   (ALCK_TABLE_GRANULES - 1) * 8));
}

/* From OLD to NEW if it still is OLD; acquire and release.  Returns whether it
 * was. */
ALCK_INLINE int alck_word_change_shared(uint64_t *at, uint64_t old,
					uint64_t new)
{
	return __atomic_compare_exchange_n(at, &old, new, 0, __ATOMIC_ACQ_REL,
					   __ATOMIC_ACQUIRE);
}

ALCK_INLINE int alck_word_change(uint64_t *at, uint64_t old, uint64_t new)
{
	if (alck_one_thread())
		return alck_arch_change_here(at, old, new);
	return alck_word_change_shared(at, old, new);
}

/* Is ADDR one that words are found for without further thought? */
ALCK_INLINE int alck_table_is_plain(uintptr_t addr)
{
	/* Its lowest four bits and its highest 17. */
	return !((addr >> 4 | addr << 60) >> (ALCK_TABLE_ADDRESS_BITS - 4));
}

/* What is before the place in the records of live blocks of OWNER. */
ALCK_INLINE uint16_t alck_word_mark(uint32_t owner)
{
	return (uint16_t)(alck_word_live(owner) >> ALCK_WORD_PLACE_SHIFT);
}

/* alck_word_live of the owner with MARK. */
ALCK_INLINE uint64_t alck_word_marked(uint16_t mark)
{
	return (uint64_t)mark << ALCK_WORD_PLACE_SHIFT;
}

/* Does WORD say that a live block with MARK is at ADDR? */
ALCK_INLINE int alck_word_is(uint64_t word, uint16_t mark, uintptr_t addr)
{
	return ((uint32_t)(word >> ALCK_WORD_PLACE_SHIFT) ^
		alck_word_place(addr)) == mark;
}

/*
 * Looks for ADDR's record, that of a live block with MARK: *AT is where it is,
 * *WORD what is there, and *ALONE is set if no other block can be there.
 * Returns 0 where it is not that: look again by alck_table_take.
 */
ALCK_INLINE int alck_table_find_live(uintptr_t addr, uint16_t mark,
				     uint64_t **at, uint64_t *word, int *alone)
{
	uintptr_t map;

	if (__builtin_expect(!alck_table_is_plain(addr), 0))
		return 0;
	map = alck_table_map(addr);
	if (__builtin_expect(!map, 0))
		return 0;
	*at = alck_table_granule(map, addr);
	*word = __atomic_load_n(*at, __ATOMIC_ACQUIRE);
	*alone = alck_word_is_link(*word);
	if (*alone) {
		if (__builtin_expect(!*word, 0))
			return 0;
		*at = alck_leaf_word(*word, addr);
		*word = __atomic_load_n(*at, __ATOMIC_ACQUIRE);
	}
	return __builtin_expect(alck_word_is(*word, mark, addr), 1);
}

/*
 * Puts RECORD, of a block at ADDR, where nothing else can be: into a leaf's
 * word that no other block can have, by a plain store; or in place of the
 * record that the granule has of the same address.  LEAF: what its owner's
 * leaves are. Returns 0 where alck_table_install has to do it.
 */
ALCK_INLINE int alck_table_store(uintptr_t addr, uint64_t record, uint32_t leaf,
				 uint64_t size)
{
	uint64_t *at, word;
	uintptr_t map;

	if (__builtin_expect(!alck_table_is_plain(addr), 0))
		return 0;
	map = alck_table_map(addr);
	if (__builtin_expect(!map, 0))
		return 0;
	at = alck_table_granule(map, addr);
	word = __atomic_load_n(at, __ATOMIC_ACQUIRE);
	if (!alck_word_is_link(word)) {
		/* No granule has a pair. */
		if ((word ^ record) >> ALCK_WORD_PLACE_SHIFT &
		    ALCK_WORD_PLACE_MASK)
			return 0;
		return size > 8 && alck_word_change(at, word, record);
	}
	if (__builtin_expect((word & (ALCK_LEAF_ALIGN - 1)) != leaf, 0) ||
	    __builtin_expect(leaf == ALCK_LEAF_NARROW && size <= 8, 0))
		return 0;
	/* alck_leaf_word, of what is known. */
	at = (uint64_t *)(uintptr_t)(word ^ leaf) +
	     ((addr & (ALCK_GRANULE - 1)) >> leaf);
	__atomic_store_n(at, record, __ATOMIC_RELEASE);
	return 1;
}

#endif
