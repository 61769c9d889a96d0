/* SPDX-License-Identifier: MIT */
/*
 * With age=1: when each block was handed out, beside the ownership table, whose
 * records have no room for it.  It is a table of the same regions and granules
 * (owner-word.h): a root, a map of 256 MiB, and for each granule of 512 bytes a
 * leaf of 32 times, one for the block that begins in each 16 bytes.  So it
 * costs a quarter of the heap at most, less where blocks are longer than 512
 * bytes, and 1.6 % for the maps.
 *
 *   place:  none ---> made, by the compare-and-swap of its map or leaf
 *   time:   any  ---> the newest block's, by a store
 *
 * A time is written before the block's record is: whoever has the record has
 * the time, of this block or (of a freed one) of the next one there.
 *
 * No lock, signal-safe, good in a forked child.  Where memory is refused the
 * time is not kept, and counted as lost; nothing else changes.
 */
#ifndef ALCK_PRELOAD_AGE_TABLE_H
#define ALCK_PRELOAD_AGE_TABLE_H

#include <stdint.h>

/* Times are in units of 2^23 ns, 8.4 ms, and begin with 1: good for 416 days
 * of a process, after which no time is kept of new blocks. */
#define ALCK_AGE_SHIFT 23

/* Is alck_age_put called?  Set once, at the start. */
extern int alck_age_kept __attribute__((visibility("hidden")));

/* The block at ADDR, which nobody else knows yet, is handed out at NOW, in
 * nanoseconds since the start.  Of a second block of 8 bytes in 16 no time is
 * kept. */
void alck_age_put(uintptr_t addr, uint64_t now);

/* When the block at ADDR was handed out, rounded down, goes to *WHEN.  Returns
 * 1, or 0 where that is not kept. */
int alck_age_get(uintptr_t addr, uint64_t *when);

/* Blocks whose time was not kept, as memory was refused. */
uint64_t alck_age_lost(void);

#endif
