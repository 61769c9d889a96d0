/* SPDX-License-Identifier: MIT */
/* The ownership table as readers from outside know it: see
 * contract/root-table.h. */
#include "contract/root-table.h"
#include "preload/owner-word.h"
#include "preload/page-table.h"
#include "preload/root.h"

#define SAME(theirs, ours) \
	_Static_assert((theirs) == (ours), "contract/root-table.h says so")

SAME(ALCK_ROOT_ADDRESS_BITS, ALCK_TABLE_ADDRESS_BITS);
SAME(ALCK_ROOT_REGION_BITS, ALCK_TABLE_REGION_BITS);
SAME(ALCK_ROOT_GRANULE_BITS, ALCK_GRANULE_BITS);
SAME(ALCK_ROOT_LEAF_ALIGN, ALCK_LEAF_ALIGN);
SAME(ALCK_ROOT_STATE_SHIFT, ALCK_WORD_STATE_SHIFT);
SAME(ALCK_ROOT_OWNER_SHIFT, ALCK_WORD_OWNER_SHIFT);
SAME(ALCK_ROOT_OWNER_MASK, ALCK_WORD_OWNER_MASK);
SAME(ALCK_ROOT_PLACE_SHIFT, ALCK_WORD_PLACE_SHIFT);
SAME(ALCK_ROOT_PLACE_MASK, ALCK_WORD_PLACE_MASK);
SAME(ALCK_ROOT_CONTEXT_SHIFT, ALCK_WORD_CONTEXT_SHIFT);
SAME(ALCK_ROOT_CONTEXT_MASK, ALCK_WORD_CONTEXT_MASK);
SAME(ALCK_ROOT_SIZE_MASK, ALCK_WORD_SIZE_MASK);
SAME(ALCK_ROOT_HALF, ALCK_WORD_HALF);
SAME(ALCK_ROOT_LIVE, (int)ALCK_WORD_LIVE);
SAME(ALCK_ROOT_FREED, (int)ALCK_WORD_FREED);

void alck_table_describe(struct alck_root_table *t)
{
	t->root = (uintptr_t)alck_table_root;
	t->layout = ALCK_ROOT_TABLE_LAYOUT;
	t->by_page = alck_by_page != 0;
}
