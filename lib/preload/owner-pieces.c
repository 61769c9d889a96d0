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
 * one piece; what finds no free place is let go for good.
 */
static uintptr_t spare[ALCK_PIECES][4];

#define SPARES (sizeof(spare[0]) / sizeof(spare[0][0]))

static uint64_t lost;

static uintptr_t take_spare(enum alck_piece kind)
{
	uintptr_t piece;
	unsigned i;

	for (i = 0; i < SPARES; i++) {
		if (!__atomic_load_n(&spare[kind][i], __ATOMIC_RELAXED))
			continue;
		piece = __atomic_exchange_n(&spare[kind][i], 0,
					    __ATOMIC_ACQUIRE);
		if (piece)
			return piece;
	}
	return 0;
}

uintptr_t alck_piece_make(enum alck_piece kind)
{
	uintptr_t piece = take_spare(kind);

	if (piece)
		return piece;
	return (uintptr_t)alck_arena_take(kinds[kind].arena, kinds[kind].size,
					  NULL);
}

void alck_piece_lose(enum alck_piece kind, uintptr_t piece)
{
	uintptr_t none;
	unsigned i;

	__atomic_fetch_add(&lost, 1, __ATOMIC_RELAXED);
	for (i = 0; i < SPARES; i++) {
		none = 0;
		if (__atomic_compare_exchange_n(&spare[kind][i], &none, piece,
						0, __ATOMIC_RELEASE,
						__ATOMIC_RELAXED))
			return;
	}
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
