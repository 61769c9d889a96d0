/* SPDX-License-Identifier: MIT */
/*
 * The table of ages: places that two make at once, memory that is refused, a
 * block whose record another thread has, a fork in the midst of it.
 */
#include "preload/age-table.h"
#include "scenarios.h"

#define UNIT ((uint64_t)1 << ALCK_AGE_SHIFT)

static void expect_age(uintptr_t addr, uint64_t when)
{
	uint64_t kept = 0;

	explore_check(alck_age_get(addr, &kept));
	explore_check(kept == when);
}

/* Whatever it sees is what somebody has put. */
static int is_kept(uintptr_t addr, uint64_t when)
{
	uint64_t kept;

	if (!alck_age_get(addr, &kept))
		return 0;
	explore_check(kept == when);
	return 1;
}

static void put_1(void)
{
	alck_age_put(A, 1 * UNIT);
}

static void put_2(void)
{
	alck_age_put(A + 16, 2 * UNIT);
}

/* What was left over is used, and holds no time yet. */
static void both(void)
{
	expect_age(A, 1 * UNIT);
	expect_age(A + 16, 2 * UNIT);
	for (unsigned i = 1; i < 4; i++) {
		alck_age_put(A + i * REGION, 3 * UNIT);
		expect_age(A + i * REGION, 3 * UNIT);
		explore_check(!is_kept(A + i * REGION + 16, 0));
	}
	explore_check(!alck_age_lost());
}

/* But nothing of this region. */
static void has_row(void)
{
	nothing();
	alck_age_put(A + 9 * REGION, 3 * UNIT);
}

/* The chunk is full: the next map begins another one. */
static void no_map_left(void)
{
	nothing();
	for (unsigned i = 1; i < 8; i++) /* and the row */
		alck_age_put(A + i * REGION, 3 * UNIT);
}

static void look_early(void)
{
	is_kept(A, 1 * UNIT);
}

static void has_age(void)
{
	expect_age(A, 1 * UNIT);
}

/* As in an allocation: the time, then the record. */
static void allocate(void)
{
	alck_age_put(A, 1 * UNIT);
	install(A, 32, 1);
}

static void look_at_it(void)
{
	struct alck_block b;

	is_kept(A, 1 * UNIT);
	if (look(A, &b) == ALCK_LIVE)
		expect_age(A, 1 * UNIT);
}

static void is_there(void)
{
	expect_live(A, 1);
	expect_age(A, 1 * UNIT);
}

/* The next block at the address: its time stands before its record does. */
static void had_one(void)
{
	struct alck_block b;

	nothing();
	allocate();
	expect_taken(A, &b, 1);
	leave_tombstone(A, &b, 2);
}

static void allocate_again(void)
{
	alck_age_put(A, 5 * UNIT);
	install(A, 32, 3);
}

static void look_at_either(void)
{
	struct alck_block b;

	explore_check(look(A, &b) == ALCK_ALREADY_FREED || b.context == 3);
	if (b.context == 3)
		expect_age(A, 5 * UNIT);
}

static void is_the_second(void)
{
	expect_live(A, 3);
	expect_age(A, 5 * UNIT);
}

/* Each time is there, or counted as lost. */
static void all_counted(void)
{
	unsigned kept = 0;

	kept += is_kept(A, 1 * UNIT) != 0;
	kept += is_kept(A + 16, 2 * UNIT) != 0;
	explore_check(kept + alck_age_lost() == 2);
}

static void fork_now(void)
{
	left.in_child = explore_fork();
	put_2();
}

static void after_fork(void)
{
	expect_age(A + 16, 2 * UNIT);
	if (!left.in_child)
		expect_age(A, 1 * UNIT);
	put_1();
	both();
}

const struct explore_scenario age_scenarios[] = {
	{"the first time", nothing, {put_1, look_early}, has_age, 0, 0},
	{"two times in one granule", has_row, {put_1, put_2}, both, 0, 0},
	{"a time in a new chunk",
	 no_map_left,
	 {put_1, look_early},
	 has_age,
	 0,
	 0},
	{"a record has its time",
	 has_row,
	 {allocate, look_at_it},
	 is_there,
	 0,
	 0},
	{"the next record has its own",
	 had_one,
	 {allocate_again, look_at_either},
	 is_the_second,
	 0,
	 0},
	{"times refused", nothing, {put_1, put_2}, all_counted, 0, 3},
	{"times refused, or not",
	 no_map_left,
	 {put_1, put_2},
	 all_counted,
	 0,
	 1},
	{"times and a fork", has_row, {put_1, fork_now}, after_fork, 0, 0},
	{NULL, NULL, {NULL}, NULL, 0, 0},
};
