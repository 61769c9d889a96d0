/* SPDX-License-Identifier: MIT */
/* How the ownership table becomes larger: see owner-grow.h.  Runs in the
 * checked program, everywhere; signal-safe, without locks. */
#include "preload/owner-grow.h"
#include "preload/owner-pieces.h"
#include "preload/owner-word.h"

static uint64_t leaves, refused;

static void count(uint64_t *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

static uintptr_t make(enum alck_piece kind)
{
	uintptr_t piece = alck_piece_make(kind);

	if (!piece)
		count(&refused);
	return piece;
}

uint64_t *alck_grow_map(uintptr_t addr)
{
	uintptr_t map = alck_table_map(addr), none = 0;
	uint64_t *at;

	if (map)
		return alck_table_granule(map, addr);
	map = make(ALCK_PIECE_MAP);
	if (!map)
		return NULL;
	if (!__atomic_compare_exchange_n(
		    &alck_table_root[addr >> ALCK_TABLE_REGION_BITS], &none,
		    map, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
		alck_piece_lose(ALCK_PIECE_MAP, map);
		return alck_table_granule(none, addr);
	}
	count(&leaves);
	at = alck_table_granule(map, addr);
	/* The first to come writes. */
	__atomic_fetch_or(at, 0, __ATOMIC_RELAXED);
	return at;
}

int alck_grow_leaf(uint64_t *at, uintptr_t addr, uint64_t old, int wide)
{
	enum alck_piece kind = wide ? ALCK_PIECE_WIDE : ALCK_PIECE_NARROW;
	uintptr_t leaf = make(kind), place;
	uint64_t link = leaf | (wide ? ALCK_LEAF_WIDE : ALCK_LEAF_NARROW);
	uint64_t *copy = NULL;

	(void)addr;
	if (!leaf)
		return -1;
	if (old) {
		place = (old >> ALCK_WORD_PLACE_SHIFT & ALCK_WORD_PLACE_MASK)
			<< 4;
		copy = alck_leaf_word(link, place);
		__atomic_store_n(copy, old, __ATOMIC_RELAXED);
	}
	if (__atomic_compare_exchange_n(at, &old, link, 0, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE)) {
		count(&leaves);
		return 0;
	}
	if (copy)
		__atomic_store_n(copy, 0, __ATOMIC_RELAXED);
	alck_piece_lose(kind, leaf);
	return 0;
}

int alck_grow_twin(uint64_t *granule, uint64_t *at, uint64_t old)
{
	uint64_t *twin = (uint64_t *)make(ALCK_PIECE_TWIN);

	if (!twin)
		return -1;
	__atomic_fetch_or(granule, ALCK_LEAF_TWINS, __ATOMIC_ACQ_REL);
	if (old)
		__atomic_store_n(&twin[old >> ALCK_WORD_PLACE_SHIFT & 1], old,
				 __ATOMIC_RELAXED);
	if (__atomic_compare_exchange_n(at, &old, (uint64_t)(uintptr_t)twin, 0,
					__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return 0;
	__atomic_store_n(&twin[0], 0, __ATOMIC_RELAXED);
	__atomic_store_n(&twin[1], 0, __ATOMIC_RELAXED);
	alck_piece_lose(ALCK_PIECE_TWIN, (uintptr_t)twin);
	return 0;
}

void alck_grow_counters(uint64_t *made, uint64_t *failed)
{
	*made = __atomic_load_n(&leaves, __ATOMIC_RELAXED);
	*failed = __atomic_load_n(&refused, __ATOMIC_RELAXED);
}
