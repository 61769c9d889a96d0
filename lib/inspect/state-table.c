/* SPDX-License-Identifier: MIT */
/* The ownership table, read from outside: see contract/root-table.h. */
#include "config.h"

#include "contract/root-table.h"
#include "inspect/state-internal.h"

static unsigned int state_of(uint64_t word)
{
	return word >> ALCK_ROOT_STATE_SHIFT;
}

static int is_link(uint64_t word)
{
	return word && !(word >> ALCK_ROOT_PLACE_SHIFT);
}

/* A pair of half records: *RECORD is that of the one at ADDR. */
static int read_half(uint64_t word, uint64_t addr,
		     struct alck_state_record *record)
{
	uint64_t half = word >> (addr & 8 ? ALCK_ROOT_HALF_BITS : 0) &
			((UINT64_C(1) << ALCK_ROOT_HALF_BITS) - 1);
	unsigned int state = half >> ALCK_ROOT_HALF_STATE_SHIFT;

	*record = (struct alck_state_record){
		.size = 8,
		.context = half & ALCK_ROOT_HALF_CONTEXT_MASK,
		.owner = half >> ALCK_ROOT_HALF_OWNER_SHIFT &
			 ALCK_ROOT_OWNER_MASK,
		.live = state == ALCK_ROOT_LIVE,
		.freed = state == ALCK_ROOT_FREED,
	};
	return state != 0;
}

static int read_record(uint64_t word, uint64_t addr,
		       struct alck_state_record *record)
{
	uint64_t size = word & ALCK_ROOT_SIZE_MASK;
	uint64_t place = word >> ALCK_ROOT_PLACE_SHIFT & ALCK_ROOT_PLACE_MASK;

	*record = (struct alck_state_record){
		.size = size - 1,
		.context = word >> ALCK_ROOT_CONTEXT_SHIFT &
			   ALCK_ROOT_CONTEXT_MASK,
		.owner = word >> ALCK_ROOT_OWNER_SHIFT & ALCK_ROOT_OWNER_MASK,
		.live = state_of(word) == ALCK_ROOT_LIVE,
		.freed = state_of(word) == ALCK_ROOT_FREED,
		.size_known = size != ALCK_ROOT_SIZE_MASK,
	};
	return state_of(word) && !(addr & 8) &&
	       place == (addr >> 4 & ALCK_ROOT_PLACE_MASK);
}

int alck_state_decode(uint64_t word, uint64_t addr,
		      struct alck_state_record *record)
{
	if (!state_of(word) && word & ALCK_ROOT_HALF)
		return read_half(word, addr, record);
	return read_record(word, addr, record);
}

/* What stands where ADDR's record would. */
static uint64_t find(struct alck_state *state, uint64_t addr)
{
	const uint64_t granules = (UINT64_C(1) << (ALCK_ROOT_REGION_BITS -
						   ALCK_ROOT_GRANULE_BITS)) -
				  1;
	const uint64_t granule = UINT64_C(1) << ALCK_ROOT_GRANULE_BITS;
	uint64_t map, word;

	map = alck_state_word(state,
			      state->root.table.root +
				      8 * (addr >> ALCK_ROOT_REGION_BITS));
	if (!map)
		return 0;
	word = alck_state_word(
		state, map + 8 * (addr >> ALCK_ROOT_GRANULE_BITS & granules));
	if (is_link(word))
		word = alck_state_word(
			state,
			(word & -ALCK_ROOT_LEAF_ALIGN) +
				8 * ((addr & (granule - 1)) >> (word & 7)));
	if (is_link(word))
		word = alck_state_word(state, word + 8 * (addr >> 4 & 1));
	return word;
}

int alck_state_lookup(struct alck_state *state, uint64_t addr,
		      struct alck_state_record *record)
{
	if (state->root.table.layout != ALCK_ROOT_TABLE_LAYOUT)
		return -1;
	if (addr >> ALCK_ROOT_ADDRESS_BITS || addr & 7)
		return 0;
	return alck_state_decode(find(state, addr), addr, record);
}
