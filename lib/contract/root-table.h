/* SPDX-License-Identifier: MIT */
/*
 * The layout of the ownership table, for readers from outside.  What the words
 * mean and who changes them how is said in preload/owner-word.h and
 * owner-table.h; preload/owner-root.c checks that this says the same.
 *
 *   root -> map of a region -> leaf of a granule -> twin
 *
 * Each is a row of words.  A word is 0, a link to the next (no bit from
 * ROOT_PLACE_SHIFT on), a record, or a pair of half records.
 */
#ifndef ALCK_CONTRACT_ROOT_TABLE_H
#define ALCK_CONTRACT_ROOT_TABLE_H

#include <stdint.h>

#define ALCK_ROOT_TABLE_LAYOUT 2

#define ALCK_ROOT_ADDRESS_BITS 47
#define ALCK_ROOT_REGION_BITS  28
#define ALCK_ROOT_GRANULE_BITS 9
/* A link to a leaf: its address in multiples of this, and below it in three
 * bits the logarithm of how many bytes each of its words is for. */
#define ALCK_ROOT_LEAF_ALIGN UINT64_C(128)

/* A record. */
#define ALCK_ROOT_STATE_SHIFT	62 /* 1 live, 2 freed, 3 removed */
#define ALCK_ROOT_OWNER_SHIFT	57
#define ALCK_ROOT_OWNER_MASK	UINT64_C(31)
#define ALCK_ROOT_PLACE_SHIFT	52
#define ALCK_ROOT_PLACE_MASK	UINT64_C(31)
#define ALCK_ROOT_CONTEXT_SHIFT 28
#define ALCK_ROOT_CONTEXT_MASK	((UINT64_C(1) << 24) - 1)
#define ALCK_ROOT_SIZE_MASK	((UINT64_C(1) << 28) - 1)
#define ALCK_ROOT_LIVE		1
#define ALCK_ROOT_FREED		2

/* A pair: state 0 and this bit; the one at +8 above the one at +0. */
#define ALCK_ROOT_HALF		    (UINT64_C(1) << 61)
#define ALCK_ROOT_HALF_BITS	    30
#define ALCK_ROOT_HALF_STATE_SHIFT  28
#define ALCK_ROOT_HALF_OWNER_SHIFT  23
#define ALCK_ROOT_HALF_CONTEXT_MASK ((UINT64_C(1) << 23) - 1)

#endif
