/* SPDX-License-Identifier: MIT */
/*
 * How the ownership table becomes larger: maps, leaves and twins (owner-word.h)
 * are made here, and put in place by a compare-and-swap.  doc/TABLE has each
 * change with its order and reason.  Signal-safe, without locks.
 *
 * The first that comes to a fresh page writes to it.  To read it first would
 * cost two faults: the kernel shows a page of zeros that all share, and has to
 * take it back from all processors that the process runs on.
 */
#ifndef ALCK_PRELOAD_OWNER_GROW_H
#define ALCK_PRELOAD_OWNER_GROW_H

#include <stdint.h>

/* The word of ADDR's granule; its map is made where it is missing.  NULL when
 * memory is refused. */
uint64_t *alck_grow_map(uintptr_t addr);

/* A leaf, WIDE or not, in place of OLD, which was in ADDR's granule's word *AT:
 * nothing, or a record that goes into the leaf.  Returns 0, also where somebody
 * else was faster, or -1 when memory is refused. */
int alck_grow_leaf(uint64_t *at, uintptr_t addr, uint64_t old, int wide);

/* A twin in place of the record (or 0) OLD in *AT, a word of the wide leaf that
 * *GRANULE links to, which has to say so first.  Returns as alck_grow_leaf. */
int alck_grow_twin(uint64_t *granule, uint64_t *at, uint64_t old);

/* Maps and leaves made so far, and pieces that were refused. */
void alck_grow_counters(uint64_t *leaves, uint64_t *refused);

#endif
