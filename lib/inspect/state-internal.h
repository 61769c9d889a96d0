/* SPDX-License-Identifier: MIT */
/* What the readers of the library's state share: see state.h.  Offline. */
#ifndef ALCK_INSPECT_STATE_INTERNAL_H
#define ALCK_INSPECT_STATE_INTERNAL_H

#include "contract/root.h"
#include "inspect/state.h"

struct alck_state {
	struct alck_memory *memory;
	struct alck_root root;
	/* Pages that were read last: a search asks for neighbours. */
	struct {
		uint64_t at; /* plus 1; 0 for none */
		unsigned char bytes[4096];
	} pages[64];
	uint64_t mapped, blocks; /* gone through so far: see state-blocks.c */
};

/* Numbers at ADDR; 0 where they cannot be read. */
uint64_t alck_state_word(struct alck_state *state, uint64_t addr);
uint32_t alck_state_half(struct alck_state *state, uint64_t addr);

/* What the table says of a block. */
struct alck_state_record {
	uint64_t size;
	uint32_t context, owner;
	int live, freed, size_known;
};

/* The record of the block that begins at ADDR.  Returns 1, 0 if there is none,
 * -1 where the table has a layout that is not known here. */
int alck_state_lookup(struct alck_state *state, uint64_t addr,
		      struct alck_state_record *record);

/* The record in WORD, which is no link, of the block at ADDR.  Returns 1, 0 if
 * it is none of that block's. */
int alck_state_decode(uint64_t word, uint64_t addr,
		      struct alck_state_record *record);

#endif
