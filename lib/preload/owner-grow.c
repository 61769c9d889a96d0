/* SPDX-License-Identifier: MIT */
/* How the ownership table becomes larger: see owner-grow.h.  Runs in the
 * checked program, everywhere; signal-safe, without locks. */
#include "preload/owner-grow.h"
#include "preload/owner-pieces.h"
#include "preload/owner-word.h"

#define PAGE	4096
#define ROW_MAX 64 /* leaves that are made ahead */

static uint64_t leaves, refused;

static void count(uint64_t *counter, unsigned n)
{
	__atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

static uintptr_t make(enum alck_piece kind)
{
	uintptr_t piece = alck_pieces_make(kind, 1);

	if (!piece)
		count(&refused, 1);
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
		alck_pieces_lose(ALCK_PIECE_MAP, map, 1);
		return alck_table_granule(none, addr);
	}
	count(&leaves, 1);
	at = alck_table_granule(map, addr);
	/* The first to come writes. */
	__atomic_fetch_or(at, 0, __ATOMIC_RELAXED);
	return at;
}

/* How many granules in a row below that of *AT have a leaf of TYPE, up to MAX
 * of them. */
static unsigned row_below(const uint64_t *at, unsigned max, uint64_t type)
{
	unsigned n;

	for (n = 0; n < max; n++) {
		uint64_t word = __atomic_load_n(--at, __ATOMIC_RELAXED);

		if (!alck_word_is_link(word) || (word & 7) != type)
			break;
	}
	return n;
}

static int on_one_page(const uint64_t *a, const uint64_t *b)
{
	return ((uintptr_t)a ^ (uintptr_t)b) < PAGE;
}

/* How many of the N granules above that of *AT have nothing, as far as can be
 * told without looking at another page: that may be fresh. */
static unsigned nothing_above(const uint64_t *at, unsigned n)
{
	unsigned i;

	for (i = 1; i <= n && on_one_page(at, at + i); i++)
		if (__atomic_load_n(at + i, __ATOMIC_RELAXED))
			return i - 1;
	return n;
}

/*
 * The granule of *AT, which is ADDR's, has got a leaf of TYPE.  Where those
 * below it have such leaves too, this is a heap of small blocks that grows: so
 * those above it get theirs now, half as many as are in a row below.  Then
 * whoever allocates meets a growth seldom, and another thread in the midst of
 * one hardly ever; and a heap of blocks of all sizes, in which such rows are
 * short, has few leaves that nobody needs.
 */
static void grow_on(uint64_t *at, uintptr_t addr, uint64_t type)
{
	enum alck_piece kind =
		type == ALCK_LEAF_WIDE ? ALCK_PIECE_WIDE : ALCK_PIECE_NARROW;
	unsigned below = addr >> ALCK_GRANULE_BITS & (ALCK_TABLE_GRANULES - 1);
	unsigned above = ALCK_TABLE_GRANULES - 1 - below, n, i;
	uint64_t none = 0;
	uintptr_t leaf;

	n = row_below(at, below < 2 * ROW_MAX ? below : 2 * ROW_MAX, type) / 2;
	n = nothing_above(at, n < above ? n : above);
	leaf = n ? alck_pieces_make(kind, n) : 0;
	if (!leaf)
		return;
	for (i = 1; i <= n; i++, leaf += alck_piece_size(kind))
		if (!__atomic_compare_exchange_n(at + i, &none, leaf | type, 0,
						 __ATOMIC_RELEASE,
						 __ATOMIC_RELAXED))
			break;
	count(&leaves, i - 1);
	if (i > n)
		return;
	if (on_one_page(at, at + i))
		alck_pieces_lose(kind, leaf, n + 1 - i);
	else
		alck_pieces_keep(kind, leaf, n + 1 - i);
}

int alck_grow_leaf(uint64_t *at, uintptr_t addr, uint64_t old, int wide)
{
	enum alck_piece kind = wide ? ALCK_PIECE_WIDE : ALCK_PIECE_NARROW;
	uintptr_t leaf = make(kind), place;
	uint64_t type = wide ? ALCK_LEAF_WIDE : ALCK_LEAF_NARROW;
	uint64_t link = leaf | type, *copy = NULL;

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
		count(&leaves, 1);
		grow_on(at, addr, type);
		return 0;
	}
	if (copy)
		__atomic_store_n(copy, 0, __ATOMIC_RELAXED);
	alck_pieces_lose(kind, leaf, 1);
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
	alck_pieces_lose(ALCK_PIECE_TWIN, (uintptr_t)twin, 1);
	return 0;
}

void alck_grow_counters(uint64_t *made, uint64_t *failed)
{
	*made = __atomic_load_n(&leaves, __ATOMIC_RELAXED);
	*failed = __atomic_load_n(&refused, __ATOMIC_RELAXED);
}
