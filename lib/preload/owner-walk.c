/* SPDX-License-Identifier: MIT */
/* All live blocks: see owner-walk.h.  Signal-safe. */
#include "preload/owner-walk.h"
#include "preload/owner-word.h"

struct walk {
	void (*visit)(const struct alck_block *, void *);
	void *data;
};

static void look_at(const struct walk *w, uintptr_t addr)
{
	struct alck_block block;

	if (alck_table_lookup(addr, &block) == ALCK_LIVE)
		w->visit(&block, w->data);
}

/* WORD is that of AT, and says what begins in the STEP bytes from there on. */
static void look_in(const struct walk *w, uint64_t word, uintptr_t at,
		    unsigned int step)
{
	if (!word)
		return;
	for (uintptr_t end = at + step; at < end; at += 8)
		look_at(w, at);
}

static void walk_leaf(const struct walk *w, uint64_t link, uintptr_t granule)
{
	unsigned int step = 1u << (link & 7);

	for (uintptr_t at = granule; at < granule + ALCK_GRANULE; at += step)
		look_in(w,
			__atomic_load_n(alck_leaf_word(link, at),
					__ATOMIC_ACQUIRE),
			at, step);
}

static void walk_map(const struct walk *w, uintptr_t map, uintptr_t region)
{
	uintptr_t end = region + (UINT64_C(1) << ALCK_TABLE_REGION_BITS);

	for (uintptr_t at = region; at < end; at += ALCK_GRANULE) {
		uint64_t word = __atomic_load_n(alck_table_granule(map, at),
						__ATOMIC_ACQUIRE);

		if (!word)
			continue;
		if (alck_word_is_link(word))
			walk_leaf(w, word, at);
		else
			look_at(w, at + ((word >> ALCK_WORD_PLACE_SHIFT &
					  ALCK_WORD_PLACE_MASK)
					 << 4));
	}
}

void alck_table_each(void (*visit)(const struct alck_block *, void *),
		     void *data)
{
	struct walk w = {visit, data};

	for (uintptr_t i = 0; i < ALCK_TABLE_REGIONS; i++) {
		uintptr_t region = i << ALCK_TABLE_REGION_BITS;
		uintptr_t map = alck_table_map(region);

		if (map)
			walk_map(&w, map, region);
	}
}
