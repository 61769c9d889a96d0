/* SPDX-License-Identifier: MIT */
/*
 * How the hot path puts a record into the table (owner-word.h), beside those
 * who make the table larger.  What it leaves alone goes the other way.
 */
#include "preload/owner-word.h"
#include "scenarios.h"

#define WRAPPER (OWNER + 1)

static int mailbox;

static void install_hot(uintptr_t addr, uint64_t size, uint32_t context)
{
	uint64_t base = alck_word_base(alck_word_live(OWNER), context);

	explore_write(context);
	if (!alck_table_store(addr, alck_word(base, addr, size),
			      alck_table_leaf(OWNER), size))
		explore_check(!alck_table_install(addr, size, OWNER, context));
}

static void all_wide(void)
{
	nothing();
	alck_table_wide = 1u << OWNER;
	__atomic_store_n(&mailbox, 0, __ATOMIC_RELAXED);
}

static void leaf_there(void)
{
	all_wide();
	install(A + 64, 24, 9);
}

static void large_freed(void)
{
	struct alck_block b;

	all_wide();
	install(A, 400, 7);
	expect_taken(A, &b, 7);
	leave_tombstone(A, &b, 8);
}

static void first_block(void)
{
	install(A + 64, 24, 9);
}

static void hot_block(void)
{
	install_hot(A, 24, 1);
}

static void large_again(void)
{
	install_hot(A, 400, 1);
}

static void both_live(void)
{
	expect_live(A, 1);
	expect_live(A + 64, 9);
}

static void hand_over(void)
{
	hot_block();
	__atomic_store_n(&mailbox, 1, __ATOMIC_RELAXED);
}

static void hand_over_large(void)
{
	large_again();
	__atomic_store_n(&mailbox, 1, __ATOMIC_RELAXED);
}

static void receive(void)
{
	struct alck_block b;

	if (__atomic_load_n(&mailbox, __ATOMIC_RELAXED))
		expect_taken(A, &b, 1);
}

static void handed_over(void)
{
	struct alck_block b;
	enum alck_seen seen = look(A, &b);

	explore_check(seen == ALCK_LIVE || seen == ALCK_ALREADY_FREED);
}

/* The allocator's next block, in the same 32 bytes as a wrapper's: the first
 * that needs a twin here. */
static void wrapped(void)
{
	explore_write(2);
	explore_check(!alck_table_install(A, 8, WRAPPER, 2));
}

static void behind_it(void)
{
	install_hot(A + 16, 24, 1);
}

/* Where the one was stored over the other, that accuses nobody. */
static void nobody_accused(void)
{
	struct alck_block b;
	enum alck_seen seen = alck_table_lookup(A, &b);

	expect_live(A + 16, 1);
	expect_live(A + 64, 9);
	explore_check(
		seen == ALCK_UNTRACKED ||
		(seen == ALCK_LIVE && b.owner == WRAPPER && b.context == 2));
}

/* Twins come while somebody looks for what is not there. */
static void twins_come(void)
{
	install(A + 64, 24, 9);
	explore_check(!alck_table_install(A + 80, 16, WRAPPER, 8));
}

static void look_beside(void)
{
	struct alck_block b;

	explore_check(alck_table_lookup(A, &b) == ALCK_NEVER_SEEN);
}

const struct explore_scenario hot_scenarios[] = {
	{"hot: a leaf comes",
	 all_wide,
	 {first_block, hot_block},
	 both_live,
	 0,
	 0},
	{"hot: a hand-over",
	 leaf_there,
	 {hand_over, receive},
	 handed_over,
	 0,
	 0},
	{"hot: a large block handed over",
	 large_freed,
	 {hand_over_large, receive},
	 handed_over,
	 0,
	 0},
	{"hot: a large block, a small one",
	 large_freed,
	 {large_again, first_block},
	 both_live,
	 0,
	 0},
	{"hot: a wrapper's block, one behind it",
	 leaf_there,
	 {wrapped, behind_it},
	 nobody_accused,
	 0,
	 0},
	{"a look while twins come",
	 all_wide,
	 {twins_come, look_beside},
	 look_beside,
	 0,
	 0},
	{NULL, NULL, {NULL}, NULL, 0, 0},
};
