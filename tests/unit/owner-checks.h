/* SPDX-License-Identifier: MIT */
/* What the tests of the ownership table look at.  Addresses are numbers only.
 */
#ifndef ALCK_UNIT_OWNER_CHECKS_H
#define ALCK_UNIT_OWNER_CHECKS_H

#include <check.h>
#include <stdint.h>

#include "preload/owner-table.h"

#define BASE ((uintptr_t)0x7f0000000000)

static struct alck_block b;

static uint64_t leaves(void)
{
	struct alck_table_counters counters;

	alck_table_counters(&counters);
	return counters.leaves;
}

static void ck_live(uintptr_t addr, uint64_t size, unsigned owner,
		    uint32_t context)
{
	ck_assert_int_eq(alck_table_lookup(addr, &b), ALCK_LIVE);
	ck_assert_uint_eq(b.size, size);
	ck_assert_uint_eq(b.owner, owner);
	ck_assert_uint_eq(b.context, context);
}

#endif
