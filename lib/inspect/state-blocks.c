/* SPDX-License-Identifier: MIT */
/*
 * All live blocks of somebody else's memory, by address, out of the ownership
 * table: see state.h and contract/root-table.h.  Offline.
 *
 * The table is read as it lies, from the map of each 256 MiB down, through a
 * cache of pages: of neighbouring blocks the words are neighbours.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "contract/root-table.h"
#include "inspect/state-internal.h"

#define PAGE	      4096u
#define PAGES	      256u
#define REGION	      (UINT64_C(1) << ALCK_ROOT_REGION_BITS)
#define GRANULE	      (UINT64_C(1) << ALCK_ROOT_GRANULE_BITS)
#define CHUNK_BITS    63u
#define WORDS_AT_ONCE 8192u
/* More is not a process but a damaged core, whose table leads round in circles:
 * two terabytes of heap, a thousand million blocks. */
#define MAPPED_MAX (UINT64_C(1) << 41)
#define BLOCKS_MAX (UINT64_C(1) << 30)

struct pages {
	uint64_t at; /* plus 1; 0 for none */
	size_t len;
	unsigned char bytes[PAGE];
};

struct walk {
	struct alck_state *state;
	uint64_t low, high;
	int (*visit)(const struct alck_state_live *block, void *data);
	void *data;
	uint64_t words[WORDS_AT_ONCE]; /* of a map */
	struct pages pages[PAGES];
};

/* The words at ADDR, within one page: COUNT of them to TO. */
static void read_words(struct walk *w, uint64_t addr, uint64_t *to,
		       size_t count)
{
	uint64_t page = addr & -(uint64_t)PAGE;
	struct pages *p = &w->pages[addr / PAGE % PAGES];
	size_t offset = addr & (PAGE - 1), len = count * sizeof(*to);

	memset(to, 0, len);
	if (offset + len > PAGE)
		return;
	if (p->at != page + 1) {
		p->len = alck_memory_read_some(w->state->memory, page, p->bytes,
					       PAGE);
		p->at = page + 1;
	}
	if (offset + len <= p->len)
		memcpy(to, p->bytes + offset, len);
}

static int show(struct walk *w, uint64_t word, uint64_t addr)
{
	struct alck_state_record r;
	struct alck_state_live block;

	if (addr < w->low || addr >= w->high ||
	    alck_state_decode(word, addr, &r) != 1 || !r.live)
		return 0;
	if (++w->state->blocks > BLOCKS_MAX)
		return -1;
	/* One of a pair has no more than its eight bytes. */
	block = (struct alck_state_live){
		.addr = addr,
		.size = r.size,
		.size_known = r.size_known || !(word >> ALCK_ROOT_STATE_SHIFT),
		.owner = r.owner,
		.context = r.context};
	return w->visit(&block, w->data);
}

/* WORD, no link, is for blocks that begin in the 16 bytes at ADDR, or for one
 * in the granule there. */
static int show_word(struct walk *w, uint64_t word, uint64_t addr)
{
	uint64_t place = word >> ALCK_ROOT_PLACE_SHIFT & ALCK_ROOT_PLACE_MASK;
	int status;

	if (word >> ALCK_ROOT_STATE_SHIFT)
		return show(w, word, (addr & -GRANULE) + 16 * place);
	if (!(word & ALCK_ROOT_HALF))
		return 0;
	status = show(w, word, addr);
	return status ? status : show(w, word, addr + 8);
}

static int is_link(uint64_t word)
{
	return !(word >> ALCK_ROOT_PLACE_SHIFT);
}

static int walk_twin(struct walk *w, uint64_t link, uint64_t addr)
{
	uint64_t words[2];
	int status;

	read_words(w, link, words, 2);
	if (is_link(words[0]))
		words[0] = 0;
	if (is_link(words[1]))
		words[1] = 0;
	status = show_word(w, words[0], addr);
	return status ? status : show_word(w, words[1], addr + 16);
}

static int walk_leaf(struct walk *w, uint64_t link, uint64_t addr)
{
	uint64_t words[GRANULE / 16], step = UINT64_C(1) << (link & 7);
	int status = 0;

	if (step != 16 && step != 32)
		return 0;
	read_words(w, link & -ALCK_ROOT_LEAF_ALIGN, words, GRANULE / step);
	for (uint64_t i = 0; i < GRANULE / step && !status; i++) {
		if (!words[i])
			continue;
		if (is_link(words[i]))
			status = walk_twin(w, words[i], addr + i * step);
		else
			status = show_word(w, words[i], addr + i * step);
	}
	return status;
}

/* The granules from LOW to HIGH of one region, whose words are at AT. */
static int walk_map(struct walk *w, uint64_t at, uint64_t low, uint64_t high)
{
	int status = 0;

	for (; low < high && !status;
	     at += sizeof(w->words), low += GRANULE * WORDS_AT_ONCE) {
		uint64_t left = (high - low + GRANULE - 1) / GRANULE;
		size_t n = left < WORDS_AT_ONCE ? left : WORDS_AT_ONCE;
		size_t got = alck_memory_read_touched(w->state->memory, at,
						      w->words, 8 * n);

		for (size_t i = 0; i < got / 8 && !status; i++) {
			uint64_t word = w->words[i];

			if (!word)
				continue;
			if (is_link(word))
				status = walk_leaf(w, word, low + GRANULE * i);
			else
				status = show_word(w, word, low + GRANULE * i);
		}
	}
	return status;
}

int alck_state_each_block(struct alck_state *state, uint64_t low, uint64_t high,
			  int (*visit)(const struct alck_state_live *block,
				       void *data),
			  void *data)
{
	const struct alck_root_table *t = &state->root.table;
	struct walk *w;
	int status = 0;

	if (t->layout != ALCK_ROOT_TABLE_LAYOUT || t->by_page)
		return -1;
	w = calloc(1, sizeof(*w));
	if (!w)
		return -1;
	w->state = state;
	w->low = low;
	w->high = high;
	w->visit = visit;
	w->data = data;
	if (high > UINT64_C(1) << ALCK_ROOT_ADDRESS_BITS)
		high = UINT64_C(1) << ALCK_ROOT_ADDRESS_BITS;
	for (low &= -GRANULE; low < high && !status;) {
		uint64_t region = low & -REGION, map;
		uint64_t end = region + REGION < high ? region + REGION : high;

		map = alck_state_word(
			state, t->root + 8 * (low >> ALCK_ROOT_REGION_BITS));
		state->mapped += map ? end - low : 0;
		if (state->mapped > MAPPED_MAX)
			status = -1;
		else if (map)
			status = walk_map(w,
					  map + 8 * ((low - region) / GRANULE),
					  low, end);
		low = end;
	}
	free(w);
	return status;
}

uint64_t alck_state_owner(struct alck_state *state, uint32_t owner)
{
	const struct alck_root_providers *p = &state->root.providers;
	uint64_t module;

	if (!owner || owner >= p->count)
		return 0;
	module = alck_state_word(state, p->rows + (uint64_t)owner * p->size +
						p->module);
	return module ? alck_state_word(state, module + state->root.modules.low)
		      : 0;
}

static void each_chunk(struct alck_state *state, uint64_t arena,
		       void (*visit)(uint64_t low, uint64_t high, void *data),
		       void *data)
{
	for (uint32_t k = 0; arena && k < state->root.depot.chunks && k < 4096;
	     k++) {
		uint64_t where = alck_state_word(state, arena + 16ul * k);
		uint64_t at = where & -(uint64_t)PAGE;

		if (!where)
			break;
		visit(at, at + (UINT64_C(1) << (where & CHUNK_BITS)), data);
	}
}

void alck_state_each_own(struct alck_state *state,
			 void (*visit)(uint64_t low, uint64_t high, void *data),
			 void *data)
{
	const struct alck_root *r = &state->root;

	for (int i = 0; i < ALCK_ROOT_ARENAS; i++)
		each_chunk(state, r->own.arenas[i], visit, data);
	for (int i = 0; i < 2; i++)
		each_chunk(state, r->age.arenas[i], visit, data);
}
