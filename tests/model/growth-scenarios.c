/* SPDX-License-Identifier: MIT */
/*
 * How the table grows: regions that are entered by two at once, leaves that
 * are left over, memory that is refused, and a fork in the midst of it.
 */
#include "preload/arena.h"
#include "preload/owner-word.h"
#include "scenarios.h"

#define LIMITED ((uint64_t)1 << 30)

/* ----------------------------------------------------------------- growth */

/* A block in a region that nobody knows yet.  Where it cannot be noted, a look
 * never says that no block begins there. */
static void enter(unsigned me, uintptr_t addr)
{
	struct alck_block b;

	left.addr[me] = addr;
	left.failed[me] = install(addr, 32, me);
	if (left.failed[me])
		explore_check(look(addr, &b) == ALCK_UNTRACKED);
}

static void enter_1(void)
{
	enter(1, A);
}

static void enter_2(void)
{
	enter(2, A + 64);
}

static void enter_next(void)
{
	enter(3, A + REGION);
}

static void enter_part(void)
{
	enter(2, A + PART);
}

/* There is a row, and a chunk with leaves. */
static void some_elsewhere(void)
{
	nothing();
	install(A + 9 * REGION, 32, 9);
}

static void entered_elsewhere(void)
{
	nothing();
	enter(3, A + 9 * REGION);
}

/* The chunk has no room for another part, but for the row of a region. */
static void little_left(void)
{
	nothing();
	for (unsigned i = 0; i < 3; i++)
		install(A + 9 * REGION + i * PART, 32, 9);
}

static void enter_known(void)
{
	enter(2, A + 9 * REGION + 3 * PART);
}

/* Whatever it sees, it is never a block that was not there. */
static void look_around(void)
{
	struct alck_block b;

	if (look(A, &b) == ALCK_LIVE)
		explore_check(b.context == 1);
	explore_check(look(A + 4096, &b) != ALCK_LIVE);
}

/* Two that meet in a region go on to others, with the leaf of who lost. */
static void enter_and_go_on(void)
{
	enter(1, A);
	install(A + REGION, 32, 3);
}

static void enter_and_part(void)
{
	enter(2, A + 64);
	install(A + 2 * REGION + 128, 32, 4);
}

/* In the chunk; the next one will be somebody's, who may lose his leaf. */
static void one_leaf_left(void)
{
	nothing();
	for (unsigned i = 0; i < 127; i++)
		install(A + (9 + i) * REGION, 32, 9);
}

static void no_leaf_twice(void)
{
	struct alck_block b;

	expect_live(A, 1);
	expect_live(A + 64, 2);
	expect_live(A + REGION, 3);
	expect_live(A + 2 * REGION + 128, 4);
	explore_check(look(A + REGION + 128, &b) == ALCK_NEVER_SEEN);
	explore_check(look(A + 2 * REGION, &b) == ALCK_NEVER_SEEN);
}

/* What was made twice is used for the next region: nothing is lost. */
static void all_entered(void)
{
	struct alck_table_counters c;
	struct alck_block b;

	expect_live(A, 1);
	expect_live(A + 64, 2);
	expect_live(A + REGION, 3);
	explore_check(look(A + 16, &b) == ALCK_NEVER_SEEN);
	explore_check(look(A + REGION + 64, &b) == ALCK_NEVER_SEEN);
	install(A + 2 * REGION, 32, 4);
	expect_live(A + 2 * REGION, 4);
	explore_check(look(A + 2 * REGION + 64, &b) == ALCK_NEVER_SEEN);
	alck_table_counters(&c);
	explore_check(c.leaves == 8 && !c.untracked && !c.refused);
}

/* Each block is there or was counted as lost. */
static void all_counted(void)
{
	struct alck_table_counters c;
	struct alck_block b;
	unsigned lost = 0;

	alck_table_counters(&c);
	for (unsigned i = 1; i <= EXPLORE_THREADS; i++) {
		if (!left.addr[i])
			continue;
		lost += left.failed[i] != 0;
		explore_check(look(left.addr[i], &b) ==
			      (left.failed[i] ? ALCK_UNTRACKED : ALCK_LIVE));
	}
	explore_check(c.untracked == lost && c.refused == lost);
	explore_check(alck_arena_mapped() == explore_mapped());
}

#define INSIDE (A + 4096)

/* From the inside of the block, which comes meanwhile; below it is another. */
static void block_below(void)
{
	nothing();
	install(INSIDE - 32, 16, 2);
}

static void enter_inside(void)
{
	install(INSIDE, 32, 1);
}

static void look_inside(void)
{
	struct alck_block b;
	uintptr_t start;

	if (alck_table_find_inside(INSIDE + 20, &start, &b)) {
		explore_check(start == INSIDE && b.context == 1);
		explore_read(1);
	}
}

static void is_inside(void)
{
	struct alck_block b;
	uintptr_t start;

	explore_check(alck_table_find_inside(INSIDE + 20, &start, &b));
	explore_check(start == INSIDE);
}

/* ------------------------------------------------------------------- rows */

#define GRANULE(n) (A + (n)*512)

/* Four leaves in a row: with the next one there will be two more. */
static void row_of_four(void)
{
	nothing();
	for (unsigned i = 0; i < 4; i++)
		install(GRANULE(i), 32, 20 + i);
}

/* Two leaves in a row, and in the third one's growth another. */
static void begin_row(void)
{
	for (unsigned i = 0; i < 3; i++)
		install(GRANULE(i), 32, 1);
}

static void look_ahead(void)
{
	struct alck_block b;

	explore_check(look(GRANULE(3), &b) == ALCK_NEVER_SEEN);
}

static void row_is_there(void)
{
	struct alck_table_counters c;

	alck_table_counters(&c);
	explore_check(c.leaves == 5);
	expect_live(GRANULE(2), 1);
	look_ahead();
}

static void next_of_row(void)
{
	install(GRANULE(4), 32, 1);
}

static void next_but_one(void)
{
	install(GRANULE(5), 32, 2);
}

/* Each granule has a leaf of its own, whoever made it. */
static void no_leaf_shared(void)
{
	struct alck_block b;

	expect_live(GRANULE(4), 1);
	expect_live(GRANULE(5), 2);
	for (unsigned i = 6; i < 9; i++) {
		explore_check(look(GRANULE(i), &b) == ALCK_NEVER_SEEN);
		install(GRANULE(i) + 64, 32, 30 + i);
	}
	for (unsigned i = 0; i < 9; i++) {
		explore_check(look(GRANULE(i), &b) ==
			      (i < 6 ? ALCK_LIVE : ALCK_NEVER_SEEN));
		explore_check(look(GRANULE(i) + 64, &b) ==
			      (i < 6 ? ALCK_NEVER_SEEN : ALCK_LIVE));
	}
}

/* A large block needs no leaf, and may find one. */
static void large_ahead(void)
{
	struct alck_block b;

	install(GRANULE(6) + 32, 2000, 2);
	expect_taken(GRANULE(6) + 32, &b, 2);
	leave_tombstone(GRANULE(6) + 32, &b, 3);
}

static void freed_ahead(void)
{
	expect_live(GRANULE(4), 1);
	expect_freed(GRANULE(6) + 32, 3);
	install(GRANULE(6) + 64, 32, 4);
	expect_live(GRANULE(6) + 64, 4);
	expect_freed(GRANULE(6) + 32, 3);
}

/* ------------------------------------------------------------------ twins */

#define WRAPPER (OWNER + 1)

/* A leaf for words of 32 bytes, with a twin in it: all of it is told apart. */
static void twin_beside(void)
{
	nothing();
	alck_table_wide = 1u << OWNER;
	install(A + 64, 24, 9);
	explore_check(!alck_table_install(A + 80, 16, WRAPPER, 8));
}

static void wrapped(void)
{
	explore_write(2);
	explore_check(!alck_table_install(A, 16, WRAPPER, 2));
}

static void behind_it(void)
{
	install(A + 16, 24, 1);
}

static void both_there(void)
{
	struct alck_block b;

	expect_live(A + 16, 1);
	expect_live(A + 64, 9);
	explore_check(alck_table_lookup(A, &b) == ALCK_LIVE &&
		      b.owner == WRAPPER && b.context == 2);
}

/* ------------------------------------------------------------------- fork */

static void fork_now(void)
{
	struct alck_block b;

	left.in_child = explore_fork();
	enter(2, A + 64);
	expect_taken(A + REGION, &b, 1);
	leave_tombstone(A + REGION, &b, 2);
}

static void before_fork(void)
{
	nothing();
	install(A + REGION, 32, 1);
}

static void enter_and_free(void)
{
	struct alck_block b;

	install(A, 32, 3);
	expect_taken(A, &b, 3);
	leave_tombstone(A, &b, 4);
}

static void after_fork(void)
{
	expect_live(A + 64, 2);
	expect_freed(A + REGION, 2);
	if (!left.in_child)
		expect_freed(A, 4);
}

const struct explore_scenario growth_scenarios[] = {
	{"a look inside",
	 block_below,
	 {enter_inside, look_inside},
	 is_inside,
	 0,
	 0},
	{"a region entered by two",
	 nothing,
	 {enter_1, enter_2},
	 all_counted,
	 0,
	 0},
	{"two regions entered by three",
	 some_elsewhere,
	 {enter_1, enter_2, enter_next},
	 all_entered,
	 0,
	 0},
	{"what is left over is used",
	 one_leaf_left,
	 {enter_and_go_on, enter_and_part},
	 no_leaf_twice,
	 0,
	 0},
	{"no room in two regions",
	 nothing,
	 {enter_1, enter_next},
	 all_counted,
	 LIMITED,
	 3},
	{"memory refused", nothing, {enter_1, look_around}, all_counted, 0, 1},
	{"memory not opened",
	 nothing,
	 {enter_1, look_around},
	 all_counted,
	 0,
	 2},
	{"an address space limit",
	 entered_elsewhere,
	 {enter_1, enter_2},
	 all_counted,
	 LIMITED,
	 0},
	{"a limit, two parts",
	 entered_elsewhere,
	 {enter_1, enter_part},
	 all_counted,
	 LIMITED,
	 0},
	{"a limit, a new chunk",
	 little_left,
	 {enter_1, enter_known},
	 all_counted,
	 LIMITED,
	 0},
	{"a limit, and memory refused",
	 nothing,
	 {enter_1, look_around},
	 all_counted,
	 LIMITED,
	 1},
	{"a look ahead in a row",
	 nothing,
	 {begin_row, look_ahead},
	 row_is_there,
	 0,
	 0},
	{"two that make a row longer",
	 row_of_four,
	 {next_of_row, next_but_one},
	 no_leaf_shared,
	 0,
	 0},
	{"a row and a large block",
	 row_of_four,
	 {next_of_row, large_ahead},
	 freed_ahead,
	 0,
	 0},
	{"a wrapper's block, one behind it",
	 twin_beside,
	 {wrapped, behind_it},
	 both_there,
	 0,
	 0},
	{"fork", before_fork, {enter_and_free, fork_now}, after_fork, 0, 0},
	{NULL, NULL, {NULL}, NULL, 0, 0},
};
