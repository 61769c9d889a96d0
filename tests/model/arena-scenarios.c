/* SPDX-License-Identifier: MIT */
/* The arenas alone: pieces that are taken at the same time. */
#include "preload/arena.h"
#include "scenarios.h"

static struct alck_arena arena;

#define PIECE 6000 /* one to a chunk */
#define SMALL 1000

static void fresh_arena(void)
{
	nothing();
	__atomic_store_n((uint16_t *)&arena.first_bits, 13 | 13 << 8,
			 __ATOMIC_RELAXED);
}

static void take_pieces(unsigned me, unsigned n, size_t size)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		void *p = alck_arena_take(&arena, size, &left.id[me][i]);

		left.piece[me][i] = p;
		if (!p)
			continue;
		__atomic_store_n((uint64_t *)p, me, __ATOMIC_RELAXED);
		explore_check(alck_arena_at(&arena, left.id[me][i]) == p);
	}
}

static void take_2(void)
{
	take_pieces(2, 1, PIECE);
}

static void take_one(void)
{
	take_pieces(1, 1, PIECE);
}

/* It makes do with less than a chunk where the kernel refuses one. */
static void take_small(void)
{
	take_pieces(2, 1, SMALL);
}

/* Reads a piece that another thread took, by its ID. */
static void look_up_piece(void)
{
	uint32_t first = PIECE / 16;
	uint64_t *p = alck_arena_at(&arena, first);

	if (p)
		explore_check(__atomic_load_n(p, __ATOMIC_RELAXED) <= 2);
}

static void no_overlap_of(size_t second)
{
	size_t size[4] = {PIECE, PIECE, second, second};
	char *piece[4] = {left.piece[1][0], left.piece[1][1], left.piece[2][0],
			  left.piece[2][1]};

	for (unsigned i = 0; i < 4; i++)
		for (unsigned k = 0; k < i; k++)
			explore_check(!piece[i] || !piece[k] ||
				      piece[i] >= piece[k] + size[k] ||
				      piece[k] >= piece[i] + size[i]);
}

static void no_overlap(void)
{
	no_overlap_of(PIECE);
	explore_check(alck_arena_mapped() == explore_mapped());
}

/* Nobody uses up the chunk that is too small for him. */
static void two_sizes(void)
{
	no_overlap_of(SMALL);
	for (uint32_t i = 3; i < ALCK_ARENA_CHUNKS; i++)
		explore_check(
			!alck_arena_at(&arena, (i << ALCK_ARENA_ID_BITS) + 1));
}

const struct explore_scenario arena_scenarios[] = {
	{"pieces of an arena",
	 fresh_arena,
	 {take_one, take_2},
	 no_overlap,
	 0,
	 0},
	{"a piece by its ID",
	 fresh_arena,
	 {take_one, look_up_piece},
	 no_overlap,
	 0,
	 0},
	{"pieces of two sizes, memory refused",
	 fresh_arena,
	 {take_one, take_small},
	 two_sizes,
	 0,
	 1},
	{NULL, NULL, {NULL}, NULL, 0, 0},
};
