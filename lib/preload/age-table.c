/* SPDX-License-Identifier: MIT */
/* When each block was handed out: see age-table.h.  Signal-safe. */
#include <stddef.h>

#include "preload/age-table.h"
#include "preload/owner-pieces.h"
#include "preload/owner-word.h"
#include "preload/root.h"

#define STEP_BITS 4 /* a time for each 16 bytes */

int alck_age_kept;

/* Leads to the row of maps, which are as many as a map has leaves. */
static uint64_t root;
_Static_assert(ALCK_TABLE_REGIONS == ALCK_TABLE_GRANULES,
	       "the root is a piece of the same size as a map");

static uint64_t lost;
/* The last time that was put, for readers of a core: a store for each unit of
 * time and not for each block. */
static uint32_t newest;

static uint64_t *word_of_region(uint64_t row, uintptr_t addr)
{
	return (uint64_t *)(uintptr_t)row + (addr >> ALCK_TABLE_REGION_BITS);
}

static uint64_t *word_of_granule(uint64_t map, uintptr_t addr)
{
	return (uint64_t *)(uintptr_t)map +
	       (addr >> ALCK_GRANULE_BITS & (ALCK_TABLE_GRANULES - 1));
}

static uint32_t *time_in(uint64_t leaf, uintptr_t addr)
{
	return (uint32_t *)(uintptr_t)leaf +
	       ((addr & (ALCK_GRANULE - 1)) >> STEP_BITS);
}

/* Has ADDR a place of its own? */
static int has_place(uintptr_t addr)
{
	return !(addr >> ALCK_TABLE_ADDRESS_BITS) &&
	       !(addr & ((1u << STEP_BITS) - 1));
}

/* What AT leads to; a piece of KIND is made where there is none.  0 when
 * memory is refused. */
static uint64_t make(uint64_t *at, enum alck_piece kind)
{
	uint64_t piece = __atomic_load_n(at, __ATOMIC_ACQUIRE), none = 0;

	if (piece)
		return piece;
	piece = alck_pieces_make(kind, 1);
	if (!piece ||
	    __atomic_compare_exchange_n(at, &none, piece, 0, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE))
		return piece;
	alck_pieces_lose(kind, piece, 1);
	return none;
}

/* NOW in units; 0 where there are none so large. */
static uint32_t units(uint64_t now)
{
	now = (now >> ALCK_AGE_SHIFT) + 1;
	return now <= UINT32_MAX ? (uint32_t)now : 0;
}

void alck_age_put(uintptr_t addr, uint64_t now)
{
	uint32_t time = units(now);
	uint64_t row, map, leaf;

	if (!has_place(addr))
		return;
	row = make(&root, ALCK_PIECE_TIME_MAP);
	map = row ? make(word_of_region(row, addr), ALCK_PIECE_TIME_MAP) : 0;
	leaf = map ? make(word_of_granule(map, addr), ALCK_PIECE_TIMES) : 0;
	if (!leaf) {
		__atomic_fetch_add(&lost, 1, __ATOMIC_RELAXED);
		return;
	}
	__atomic_store_n(time_in(leaf, addr), time, __ATOMIC_RELAXED);
	if (__atomic_load_n(&newest, __ATOMIC_RELAXED) != time)
		__atomic_store_n(&newest, time, __ATOMIC_RELAXED);
}

int alck_age_get(uintptr_t addr, uint64_t *when)
{
	uint64_t row = 0, map = 0, leaf = 0;
	uint32_t time = 0;

	if (has_place(addr))
		row = __atomic_load_n(&root, __ATOMIC_ACQUIRE);
	if (row)
		map = __atomic_load_n(word_of_region(row, addr),
				      __ATOMIC_ACQUIRE);
	if (map)
		leaf = __atomic_load_n(word_of_granule(map, addr),
				       __ATOMIC_ACQUIRE);
	if (leaf)
		time = __atomic_load_n(time_in(leaf, addr), __ATOMIC_RELAXED);
	if (!time)
		return 0;
	*when = (uint64_t)(time - 1) << ALCK_AGE_SHIFT;
	return 1;
}

uint64_t alck_age_lost(void)
{
	return __atomic_load_n(&lost, __ATOMIC_RELAXED);
}

void alck_age_describe(struct alck_root_age *a)
{
	*a = (struct alck_root_age){
		.root = alck_age_kept ? (uintptr_t)&root : 0,
		.newest = (uintptr_t)&newest,
		.shift = ALCK_AGE_SHIFT,
		.step_bits = STEP_BITS,
	};
	alck_pieces_describe_times(a->arenas);
}
