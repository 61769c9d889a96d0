/* SPDX-License-Identifier: MIT */
/* Owners of pages: by the general way, and by the hot path (page-table.h). */
#include "preload/page-table.h"
#include "scenarios.h"

#define WRAPPER (OWNER + 1)

static const uint32_t page = ALCK_PAGE_OWNER(OWNER);

static void by_pages(void)
{
	nothing();
	alck_by_page = 1;
	alck_page_keepers = 0;
}

static void page_there(void)
{
	struct alck_block b;

	by_pages();
	alck_table_install(A, 16, OWNER, 0);
	alck_table_take(A, OWNER, &b);
}

static void kept_page(void)
{
	by_pages();
	alck_page_keepers = 1u << OWNER;
}

static void one_owner(void)
{
	struct alck_block b;

	left.failed[1] = alck_table_install(A, 16, OWNER, 0);
	if (left.failed[1])
		explore_check(alck_table_lookup(A, &b) == ALCK_UNTRACKED);
	else
		explore_check(alck_table_take(A, OWNER, &b) == ALCK_REMOVED);
}

static void same_owner(void)
{
	struct alck_block b;

	explore_check(!alck_table_install(A + 32, 16, OWNER, 0));
	explore_check(alck_table_take(A + 32, OWNER, &b) == ALCK_REMOVED);
}

static void other_owner(void)
{
	struct alck_block b;

	explore_check(!alck_table_install(A + 64, 16, WRAPPER, 0));
	explore_check(alck_table_take(A + 64, WRAPPER, &b) == ALCK_REMOVED);
}

/* What the hot path does for OWNER, who goes the general way where that leaves
 * it alone. */
static void hot_pair(uintptr_t addr)
{
	struct alck_block b;

	if (!alck_page_add(addr, &page))
		explore_check(!alck_table_install(addr, 16, OWNER, 0));
	if (!alck_page_take(addr, &page))
		explore_check(alck_table_take(addr, OWNER, &b) == ALCK_REMOVED);
}

static void hot_owner(void)
{
	hot_pair(A);
}

static void same_hot(void)
{
	hot_pair(A + 32);
}

static void nobodys(void)
{
	struct alck_block b;

	explore_check(alck_table_lookup(A, &b) ==
		      (left.failed[1] ? ALCK_UNTRACKED : ALCK_NEVER_SEEN));
}

/* Blocks that stay out. */
static void hot_block(void)
{
	if (!alck_page_add(A + 32, &page))
		explore_check(!alck_table_install(A + 32, 16, OWNER, 0));
}

static void others_block(void)
{
	explore_check(!alck_table_install(A + 64, 16, WRAPPER, 0));
}

static void ambiguous(void)
{
	struct alck_block b;

	explore_check(alck_table_lookup(A, &b) == ALCK_UNTRACKED);
	explore_check(alck_table_take(A + 32, OWNER, &b) == ALCK_REMOVED);
	explore_check(alck_table_take(A + 64, WRAPPER, &b) == ALCK_REMOVED);
}

/* A keeper's stays its own; or is everybody's. */
static void kept(void)
{
	struct alck_block b;

	explore_check(alck_table_take(A, OWNER, &b) == ALCK_REMOVED);
	explore_check(alck_table_take(A, WRAPPER, &b) == ALCK_LIVE);
	explore_check(b.owner == OWNER);
}

static void nobody_but_it(void)
{
	struct alck_block b;

	if (alck_table_lookup(A, &b) == ALCK_LIVE)
		explore_check(b.owner == OWNER);
}

const struct explore_scenario page_scenarios[] = {
	{"a page of one owner",
	 by_pages,
	 {one_owner, same_owner},
	 nobodys,
	 0,
	 0},
	{"a page of two owners",
	 by_pages,
	 {one_owner, other_owner},
	 nobodys,
	 0,
	 0},
	{"a page refused", by_pages, {one_owner}, nobodys, 0, 1},
	{"a page, hot", page_there, {hot_owner, same_hot}, nobodys, 0, 0},
	{"a page, hot, its leaf comes",
	 by_pages,
	 {same_owner, hot_owner},
	 nobodys,
	 0,
	 0},
	{"a page, hot, another's block",
	 page_there,
	 {hot_owner, other_owner},
	 nobodys,
	 0,
	 0},
	{"a page, hot, two and another's block",
	 page_there,
	 {hot_owner, hot_block, others_block},
	 ambiguous,
	 0,
	 0},
	{"a page that is kept", kept_page, {hot_owner, same_hot}, kept, 0, 0},
	{"a page that is kept, another's block",
	 kept_page,
	 {hot_owner, other_owner},
	 nobody_but_it,
	 0,
	 0},
	{NULL, NULL, {NULL}, NULL, 0, 0},
};
