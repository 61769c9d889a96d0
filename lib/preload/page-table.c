/* SPDX-License-Identifier: MIT */
/* An owner for each page: see page-table.h.  Signal-safe, without locks. */
#include <stddef.h>

#include "preload/arena.h"
#include "preload/page-table.h"
#include "preload/root.h"

#define AMBIGUOUS 0xffu

int alck_by_page;
uint32_t alck_page_keepers;
uint32_t *alck_page_root[ALCK_PAGE_LEAVES];

static struct alck_arena leaves = {.first_bits = 21, .last_bits = 24};

/* Some block was not noted: what is not known says nothing then. */
static int lossy;

static uint32_t word_of(uint32_t owner, uint32_t count)
{
	/* Where none is out the owner is only who was it last. */
	if (owner == AMBIGUOUS && !count)
		return 0;
	return owner << ALCK_PAGE_OWNER_SHIFT | count;
}

/* WORD with one more block, of OWNER. */
static uint32_t with(uint32_t word, uint32_t owner)
{
	uint32_t is = word >> ALCK_PAGE_OWNER_SHIFT;
	uint32_t count = word & ALCK_PAGE_COUNT;

	if (!count)
		return word_of(owner, alck_page_keepers >> owner & 1
					      ? ALCK_PAGE_KEPT
					      : 1);
	if (count != ALCK_PAGE_KEPT)
		count++;
	return word_of(is == owner ? owner : AMBIGUOUS, count);
}

/* WORD, which has blocks, with one less. */
static uint32_t without(uint32_t word)
{
	uint32_t count = word & ALCK_PAGE_COUNT;

	if (count != ALCK_PAGE_KEPT)
		count--;
	return word_of(word >> ALCK_PAGE_OWNER_SHIFT, count);
}

static uint32_t *find(uintptr_t addr, int create)
{
	uint32_t **slot, *leaf, *none = NULL;

	if (addr >> 47)
		return NULL;
	slot = &alck_page_root[addr >> ALCK_PAGE_LEAF_BITS];
	leaf = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
	if (!leaf && create) {
		leaf = alck_arena_take(&leaves, ALCK_PAGE_WORDS * sizeof(*leaf),
				       NULL);
		/* One that is made twice is let go: 256 KiB never touched. */
		if (leaf && !__atomic_compare_exchange_n(slot, &none, leaf, 0,
							 __ATOMIC_ACQ_REL,
							 __ATOMIC_ACQUIRE))
			leaf = none;
	}
	return leaf ? leaf + alck_page_number(addr) : NULL;
}

/* Changes *AT from *WORD to TO, or sets *WORD to what it is instead. */
static int change(uint32_t *at, uint32_t *word, uint32_t to)
{
	return *word == to ||
	       __atomic_compare_exchange_n(at, word, to, 0, __ATOMIC_RELAXED,
					   __ATOMIC_RELAXED);
}

int alck_page_install(uintptr_t addr, uint32_t owner)
{
	uint32_t *at = find(addr, 1), word;

	if (!at) {
		__atomic_store_n(&lossy, 1, __ATOMIC_RELAXED);
		return -1;
	}
	word = __atomic_load_n(at, __ATOMIC_RELAXED);
	while (!change(at, &word, with(word, owner)))
		;
	return 0;
}

/* What WORD says of a block in its page. */
static enum alck_seen decode(uint32_t word, int wanted,
			     struct alck_block *block)
{
	uint32_t owner = word >> ALCK_PAGE_OWNER_SHIFT;

	*block = (struct alck_block){.word = word};
	if (!(word & ALCK_PAGE_COUNT))
		return __atomic_load_n(&lossy, __ATOMIC_RELAXED)
			       ? ALCK_UNTRACKED
			       : ALCK_NEVER_SEEN;
	if (owner == AMBIGUOUS && wanted < 0)
		return ALCK_UNTRACKED;
	block->owner = (uint8_t)(owner == AMBIGUOUS ? (uint32_t)wanted : owner);
	block->live = 1;
	return ALCK_LIVE;
}

enum alck_seen alck_page_look(uintptr_t addr, struct alck_block *block)
{
	const uint32_t *at = find(addr, 0);

	return decode(at ? __atomic_load_n(at, __ATOMIC_RELAXED) : 0, -1,
		      block);
}

enum alck_seen alck_page_remove(uintptr_t addr, int wanted,
				struct alck_block *block)
{
	uint32_t *at = find(addr, 0), word = 0;
	enum alck_seen seen;

	if (at)
		word = __atomic_load_n(at, __ATOMIC_RELAXED);
	do {
		seen = decode(word, wanted, block);
		if (seen != ALCK_LIVE ||
		    (wanted >= 0 && block->owner != wanted))
			return seen;
	} while (!change(at, &word, without(word)));
	return ALCK_REMOVED;
}

uint64_t alck_page_describe(void)
{
	return (uintptr_t)leaves.chunk;
}
