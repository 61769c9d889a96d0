/* SPDX-License-Identifier: MIT */
/*
 * The ownership table: for every block that is out, and for every one that
 * was freed and not handed out again, which provider it came from, of what
 * size, and the context of its allocation (or of its deallocation).
 *
 * Sharded by address, in tiers (owner-word.h): a root of 256 MiB regions, a map
 * for each region with blocks in it, a word there for each granule of 512
 * bytes, and a leaf of words for each granule in which several blocks begin. No
 * hashing, no lock, no system call but for more memory.  Everything here may be
 * called anywhere, also in a signal handler, in a forked child of a process
 * with threads, and before libc is relocated.
 *
 *   never seen --install--> live --remove--> removed --tombstone--> freed
 *                            ^ |                |                     ^ |
 *                            | +---- free (both at once) -------------+ |
 *                            +-----restore------+                       |
 *                            +----install-------+-----------------------+
 *
 * doc/ARCHITECTURE has each change with its memory order and reason.
 */
#ifndef ALCK_PRELOAD_OWNER_TABLE_H
#define ALCK_PRELOAD_OWNER_TABLE_H

#include <stdint.h>

#define ALCK_TABLE_OWNERS 32 /* owners are 0 to 31 */

struct alck_block {
	uint64_t size;	    /* asked for; see size_exact */
	uint32_t context;   /* depot, 0 for unknown */
	uint8_t owner;	    /* provider ID */
	uint8_t live;	    /* it is out */
	uint8_t freed;	    /* CONTEXT is that of its deallocation */
	uint8_t size_exact; /* else SIZE is what it has at least, or for
			     * a half record at most */
	uint8_t half;	    /* from a half record: SIZE is 8 at most */
	uint64_t word;	    /* for tombstone and restore alone */
};

enum alck_seen {
	ALCK_LIVE,	    /* lookup: the block is out */
	ALCK_REMOVED,	    /* remove: it was, and the caller may free it */
	ALCK_ALREADY_FREED, /* it was out once and is not now */
	ALCK_NEVER_SEEN,    /* no block began there as long as we watched */
	ALCK_UNTRACKED,	    /* cannot be told: memory for the table was refused
			     * or the address is beyond it.  Accuse nobody. */
};

/* Notes the block of SIZE bytes at ADDR, which the allocator has just
 * returned.  Returns 0, or -1 when it stays untracked (counted). */
int alck_table_install(uintptr_t addr, uint64_t size, uint32_t owner,
		       uint32_t context);

/* Takes the block at ADDR off the table, before the allocator sees it.  For
 * ALCK_REMOVED and ALCK_ALREADY_FREED what was known goes to *BLOCK. */
enum alck_seen alck_table_remove(uintptr_t addr, struct alck_block *block);

/* Both at once, for the hot path: a look-up and, where the block is out and
 * OWNER's, a remove.  Returns what remove does in that case (ALCK_REMOVED, or
 * ALCK_ALREADY_FREED when another thread was faster), else what lookup does. */
enum alck_seen alck_table_take(uintptr_t addr, uint32_t owner,
			       struct alck_block *block);

/* What is known of the block at ADDR; changes nothing.  *BLOCK is set for
 * ALCK_LIVE and ALCK_ALREADY_FREED. */
enum alck_seen alck_table_lookup(uintptr_t addr, struct alck_block *block);

/* After a remove that filled *REMOVED: keeps CONTEXT, that of the
 * deallocation, for whoever frees the block again.  Does nothing when the
 * block is out again. */
void alck_table_tombstone(uintptr_t addr, const struct alck_block *removed,
			  uint32_t context);

/* After a remove that filled *REMOVED: the allocator did not take the block,
 * it is out as before. */
void alck_table_restore(uintptr_t addr, const struct alck_block *removed);

/* What WORD, which stands where ADDR's record does, says of the block there. */
enum alck_seen alck_table_decode(uint64_t word, uintptr_t addr,
				 struct alck_block *block);

/* Looks for the live block that ADDR lies in, up to 1 MiB back.  Returns 1
 * with its start in *START and the rest in *BLOCK, or 0.  Takes up to 50 us:
 * for findings alone. */
int alck_table_find_inside(uintptr_t addr, uintptr_t *start,
			   struct alck_block *block);

struct alck_table_counters {
	uint64_t untracked; /* blocks that were not noted */
	uint64_t leaves;    /* made so far */
	uint64_t refused;   /* leaves that could not be made */
	uint64_t lost;	    /* made by two at once, and one too many */
};

void alck_table_counters(struct alck_table_counters *counters);

#endif
