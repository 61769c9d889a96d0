/* SPDX-License-Identifier: MIT */
/* What the ownership table is made of: see owner-pieces.h.  Signal-safe. */
#include <stddef.h>

#include "preload/arena.h"
#include "preload/owner-pieces.h"
#include "preload/owner-word.h"
#include "preload/root.h"

/* To map a chunk takes longer than all else in a growth: a chunk holds many. */
static struct alck_arena maps = {.first_bits = 25, .last_bits = 27};
static struct alck_arena leaves = {.first_bits = 20, .last_bits = 28};
static struct alck_arena twins = {.first_bits = 16, .last_bits = 20};
static struct alck_arena time_maps = {.first_bits = 25, .last_bits = 27};
static struct alck_arena times = {.first_bits = 20, .last_bits = 28};

static const struct {
	struct alck_arena *arena;
	size_t size;
} kinds[ALCK_PIECES] = {
	[ALCK_PIECE_MAP] = {&maps, ALCK_TABLE_GRANULES * sizeof(uint64_t)},
	[ALCK_PIECE_NARROW] = {&leaves, ALCK_GRANULE / 16 * sizeof(uint64_t)},
	[ALCK_PIECE_WIDE] = {&leaves, ALCK_GRANULE / 32 * sizeof(uint64_t)},
	[ALCK_PIECE_TWIN] = {&twins, 2 * sizeof(uint64_t)},
	[ALCK_PIECE_TIME_MAP] = {&time_maps,
				 ALCK_TABLE_GRANULES * sizeof(uint64_t)},
	[ALCK_PIECE_TIMES] = {&times, ALCK_GRANULE / 16 * sizeof(uint32_t)},
};

/*
 * Under a storm of threads that enter a new region together each makes a map,
 * and four megabytes of address space are not to be thrown away.  A place holds
 * some pieces in a row, and how many of them less one in its upper bits; what
 * finds no free place is let go for good.
 */
static uintptr_t spare[ALCK_PIECES][4];

#define SPARES	    (sizeof(spare[0]) / sizeof(spare[0][0]))
#define COUNT_SHIFT 48

static uint64_t lost;

static unsigned count_of(uintptr_t pieces)
{
	return (unsigned)(pieces >> COUNT_SHIFT) + 1;
}

void alck_pieces_keep(enum alck_piece kind, uintptr_t pieces, unsigned n)
{
	uintptr_t none;
	unsigned i;

	pieces |= (uintptr_t)(n - 1) << COUNT_SHIFT;
	for (i = 0; i < SPARES; i++) {
		none = 0;
		if (__atomic_compare_exchange_n(&spare[kind][i], &none, pieces,
						0, __ATOMIC_RELEASE,
						__ATOMIC_RELAXED))
			return;
	}
}

static uintptr_t take_spare(enum alck_piece kind, unsigned n)
{
	uintptr_t pieces;
	unsigned i, have;

	for (i = 0; i < SPARES; i++) {
		pieces = __atomic_load_n(&spare[kind][i], __ATOMIC_RELAXED);
		if (!pieces || count_of(pieces) < n)
			continue;
		pieces = __atomic_exchange_n(&spare[kind][i], 0,
					     __ATOMIC_ACQUIRE);
		if (!pieces)
			continue;
		have = count_of(pieces);
		pieces &= ((uintptr_t)1 << COUNT_SHIFT) - 1;
		/* Others may be there by now, and fewer. */
		if (have >= n) {
			if (have > n)
				alck_pieces_keep(kind,
						 pieces + n * kinds[kind].size,
						 have - n);
			return pieces;
		}
		alck_pieces_keep(kind, pieces, have);
	}
	return 0;
}

uintptr_t alck_pieces_make(enum alck_piece kind, unsigned n)
{
	uintptr_t pieces = take_spare(kind, n);

	if (pieces)
		return pieces;
	return (uintptr_t)alck_arena_take(kinds[kind].arena,
					  n * kinds[kind].size, NULL);
}

void alck_pieces_lose(enum alck_piece kind, uintptr_t pieces, unsigned n)
{
	__atomic_fetch_add(&lost, 1, __ATOMIC_RELAXED);
	alck_pieces_keep(kind, pieces, n);
}

size_t alck_piece_size(enum alck_piece kind)
{
	return kinds[kind].size;
}

uint64_t alck_pieces_lost(void)
{
	return __atomic_load_n(&lost, __ATOMIC_RELAXED);
}

void alck_pieces_describe(uint64_t arenas[3])
{
	arenas[0] = (uintptr_t)maps.chunk;
	arenas[1] = (uintptr_t)leaves.chunk;
	arenas[2] = (uintptr_t)twins.chunk;
}

void alck_pieces_describe_times(uint64_t arenas[2])
{
	arenas[0] = (uintptr_t)time_maps.chunk;
	arenas[1] = (uintptr_t)times.chunk;
}
