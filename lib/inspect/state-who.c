/* SPDX-License-Identifier: MIT */
/* Whose a block is, in somebody else's memory: see state.h.  Offline. */
#include "config.h"

#include <string.h>

#include "inspect/state-internal.h"

#define BACK_LIMIT (1u << 20)
#define ID_MASK	   ((UINT64_C(1) << 28) - 1)

/* Where the depot's piece ID lies, in the arena at CHUNKS; 0 without. */
static uint64_t piece(struct alck_state *state, uint64_t chunks, uint32_t id)
{
	const struct alck_root_depot *d = &state->root.depot;
	uint32_t index = id >> d->chunk_bits;
	uint64_t offset = (uint64_t)(id & ((1u << d->chunk_bits) - 1)) << 4;
	uint64_t where;

	if (!id || index >= d->chunks)
		return 0;
	where = alck_state_word(state, chunks + 16ul * index);
	if (!where || offset >= UINT64_C(1) << (where & 63))
		return 0;
	return (where & ~UINT64_C(4095)) + offset;
}

static void read_stack(struct alck_state *state, uint32_t id,
		       struct alck_state_call *call)
{
	uint64_t at = piece(state, state->root.depot.stacks, id);
	uint32_t head[4];

	if (!at || alck_memory_read(state->memory, at, head, sizeof(head)) ||
	    head[2] > ALCK_STATE_STACK)
		return;
	if (!alck_memory_read(state->memory, at + sizeof(head), call->stack,
			      8ul * head[2]))
		call->depth = head[2];
}

uint32_t alck_state_stack(struct alck_state *state, uint32_t context)
{
	uint64_t at = piece(state, state->root.depot.contexts, context);

	return at ? alck_state_word(state, at) >> 28 & ID_MASK : 0;
}

uint32_t alck_state_context(struct alck_state *state, uint32_t id,
			    struct alck_state_call *call)
{
	const struct alck_root_entries *e = &state->root.entries;
	uint64_t at = piece(state, state->root.depot.contexts, id), word[2];
	uint32_t entry;

	memset(call, 0, sizeof(*call));
	if (!at || alck_memory_read(state->memory, at, word, sizeof(word)))
		return 0;
	entry = word[1] >> 28 & 0xffff;
	call->thread = (uint32_t)(word[0] >> 56) | (uint32_t)(word[1] >> 44)
							   << 8;
	if (entry && entry < e->count)
		alck_memory_text(
			state->memory,
			alck_state_word(state,
					e->rows + (uint64_t)entry * e->size +
						e->name),
			call->api, sizeof(call->api));
	read_stack(state, word[0] >> 28 & ID_MASK, call);
	return word[1] & ID_MASK;
}

/* The live block that ADDR is inside of. */
static int find_inside(struct alck_state *state, uint64_t addr, uint64_t *begin,
		       struct alck_state_record *record)
{
	for (uint64_t back = 8; back <= BACK_LIMIT && back <= addr; back += 8) {
		*begin = (addr & ~UINT64_C(7)) - back + 8;
		if (alck_state_lookup(state, *begin, record) != 1 ||
		    !record->live)
			continue;
		return addr - *begin < record->size || !record->size_known;
	}
	return 0;
}

int alck_state_who(struct alck_state *state, uint64_t addr,
		   struct alck_state_block *block)
{
	struct alck_state_record r = {0, 0, 0, 0, 0, 0}, inside;
	uint64_t begin = addr, start;
	int found = alck_state_lookup(state, addr, &r);
	uint32_t previous;

	if (found < 0)
		return -1;
	if ((!found || !r.live) && find_inside(state, addr, &start, &inside)) {
		r = inside;
		begin = start;
		found = 1;
	}
	if (!found)
		return 0;
	memset(block, 0, sizeof(*block));
	block->begin = begin;
	block->size = r.size;
	block->size_known = r.size_known;
	block->live = r.live;
	block->owner = r.owner;
	if (!r.freed) {
		alck_state_context(state, r.context, &block->allocated);
		return 1;
	}
	previous = alck_state_context(state, r.context, &block->freed);
	if (previous)
		alck_state_context(state, previous, &block->allocated);
	return 1;
}
