/* SPDX-License-Identifier: MIT */
/*
 * Memory for what the preload library remembers: the leaves of the ownership
 * table and the records of the stack depot.
 *
 * An arena hands out zeroed pieces, cut one after the other from chunks that
 * it maps itself.  Nothing is ever moved or given back, so a piece may be
 * read without any care for its lifetime.  An arena that is all zero except
 * for its two sizes is ready.
 *
 * No lock: a chunk is mapped first and then put into the row by one
 * compare-and-swap; who loses that race unmaps his.  So a forked child finds
 * nothing held, and a signal handler may call in at any moment.  Raw system
 * calls only; errno stays.
 *
 * When memory is refused the arena backs off: the next 1, 2, 4, ... 65536
 * wishes for a new chunk are refused without asking the kernel.
 *
 * Where RLIMIT_AS or RLIMIT_DATA holds, all arenas together take at most one
 * sixteenth of it, in small chunks: the checked program's own malloc must not
 * fail because of us.
 */
#ifndef ALCK_PRELOAD_ARENA_H
#define ALCK_PRELOAD_ARENA_H

#include <stddef.h>
#include <stdint.h>

#define ALCK_ARENA_CHUNKS 256
/* An ID is the chunk's number above these bits and the piece's place in the
 * chunk, in units of 16 bytes, below: so an ID has 28 bits where chunks have
 * at most 16 MiB. */
#define ALCK_ARENA_ID_BITS 20

struct alck_arena {
	uint8_t first_bits; /* log2 of the first chunk's size */
	uint8_t last_bits;  /* and of the largest one's */
	uint8_t free_space; /* maps nothing where a limit is in force */
	uint32_t current;   /* number of the chunk that is being cut */
	uint32_t refusals;  /* in a row */
	int32_t skip;	    /* wishes to refuse before asking again */
	struct {
		uint64_t where; /* address, and log2 of the size below */
		uint64_t used;	/* bytes handed out, may run past the size */
	} chunk[ALCK_ARENA_CHUNKS];
};

/* LEN bytes, zeroed, aligned to 16 (to a page, if all pieces of this arena
 * have whole pages), or NULL when memory is refused.  If ID is not NULL the
 * piece's ID goes there; no piece has the ID 0. */
void *alck_arena_take(struct alck_arena *arena, size_t len, uint32_t *id);

/* The piece with ID, or NULL when no piece can have it. */
void *alck_arena_at(struct alck_arena *arena, uint32_t id);

/* Is an address space limit in force? */
int alck_arena_limited(void);

/* Bytes mapped by all arenas. */
uint64_t alck_arena_mapped(void);

#endif
