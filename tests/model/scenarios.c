/* SPDX-License-Identifier: MIT */
/* What the scenarios share: see scenarios.h. */
#include <string.h>

#include "preload/owner-word.h"
#include "preload/page-table.h"
#include "scenarios.h"

struct left left;

void nothing(void)
{
	memset(&left, 0, sizeof(left));
	alck_table_wide = 0;
	alck_by_page = 0;
}

int install(uintptr_t addr, uint64_t size, uint32_t context)
{
	explore_write(context);
	return alck_table_install(addr, size, OWNER, context);
}

enum alck_seen take(uintptr_t addr, struct alck_block *block)
{
	enum alck_seen seen = alck_table_take(addr, OWNER, block);

	if (seen == ALCK_REMOVED || seen == ALCK_ALREADY_FREED) {
		explore_check(block->owner == OWNER);
		explore_read(block->context);
	}
	return seen;
}

enum alck_seen look(uintptr_t addr, struct alck_block *block)
{
	enum alck_seen seen = alck_table_lookup(addr, block);

	if (seen == ALCK_LIVE || seen == ALCK_ALREADY_FREED) {
		explore_check(block->owner == OWNER);
		explore_read(block->context);
	}
	return seen;
}

void leave_tombstone(uintptr_t addr, const struct alck_block *was,
		     uint32_t context)
{
	explore_write(context);
	alck_table_tombstone(addr, was, context);
}

void expect_live(uintptr_t addr, uint32_t context)
{
	struct alck_block b;

	explore_check(look(addr, &b) == ALCK_LIVE);
	explore_check(b.context == context);
}

void expect_freed(uintptr_t addr, uint32_t context)
{
	struct alck_block b;

	explore_check(look(addr, &b) == ALCK_ALREADY_FREED);
	explore_check(b.freed && b.context == context);
}

void expect_taken(uintptr_t addr, struct alck_block *was, uint32_t context)
{
	explore_check(take(addr, was) == ALCK_REMOVED);
	explore_check(was->context == context);
}
