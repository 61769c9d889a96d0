/* SPDX-License-Identifier: MIT */
/*
 * What becomes of one word: a block that is freed twice at once, that goes out
 * again while its free lags behind, that stays when realloc was refused, that
 * is handed over; and of the two blocks of 8 bytes that share a word.
 */
#include "preload/owner-word.h"
#include "scenarios.h"

/* ------------------------------------------------- one block, freed twice */

static void one_block(void)
{
	nothing();
	install(A, 24, 1);
}

/* By remove, as what goes to another allocator is, or by take. */
static void free_it(unsigned me, int by_take, uintptr_t addr)
{
	struct alck_block *b = &left.block[me];

	left.seen[me] = by_take ? take(addr, b) : alck_table_remove(addr, b);
	explore_check(b->owner == OWNER);
	explore_read(b->context);
	if (left.seen[me] == ALCK_REMOVED) {
		explore_check(b->context == 1);
		leave_tombstone(addr, b, 10 + me);
	} else {
		explore_check(left.seen[me] == ALCK_ALREADY_FREED);
		explore_check(b->context == 1 ? !b->freed : b->freed);
	}
}

static void free_1(void)
{
	free_it(1, 0, A);
}

static void free_2(void)
{
	free_it(2, 1, A);
}

static void free_3(void)
{
	free_it(3, 0, A);
}

static void freed_once_at(uintptr_t addr)
{
	unsigned won = 0, winner = 0;

	for (unsigned i = 1; i <= EXPLORE_THREADS; i++)
		if (left.seen[i] == ALCK_REMOVED) {
			won++;
			winner = i;
		}
	explore_check(won == 1);
	expect_freed(addr, 10 + winner);
}

static void freed_once(void)
{
	freed_once_at(A);
}

/* The same in half a word, while the neighbour comes and goes. */
static void small_block(void)
{
	nothing();
	install(A + 8, 8, 1);
}

static void free_small_1(void)
{
	free_it(1, 0, A + 8);
}

static void free_small_2(void)
{
	free_it(2, 1, A + 8);
}

static void neighbour(void)
{
	struct alck_block b;

	install(A, 8, 2);
	expect_live(A, 2);
	expect_taken(A, &b, 2);
	leave_tombstone(A, &b, 3);
	expect_freed(A, 3);
}

static void freed_once_small(void)
{
	freed_once_at(A + 8);
}

static void freed_once_both(void)
{
	freed_once_at(A + 8);
	expect_freed(A, 3);
}

/* ----------------------------------- a block goes out again, its free lags */

static int free_list;

static void free_listed(void)
{
	one_block();
	__atomic_store_n(&free_list, 0, __ATOMIC_RELAXED);
}

static void free_slowly(void)
{
	struct alck_block b;

	expect_taken(A, &b, 1);
	__atomic_store_n(&free_list, 1, __ATOMIC_RELEASE);
	leave_tombstone(A, &b, 2);
}

static void allocate_again(void)
{
	struct alck_block b;

	if (!__atomic_load_n(&free_list, __ATOMIC_ACQUIRE))
		return;
	install(A, 40, 3);
	expect_live(A, 3);
	expect_taken(A, &b, 3);
	leave_tombstone(A, &b, 4);
	left.seen[2] = ALCK_REMOVED;
}

static void last_free_counts(void)
{
	expect_freed(A, left.seen[2] == ALCK_REMOVED ? 4 : 2);
}

/* In halves: the place at +0 goes out again as one of eight bytes. */
static void allocate_small_again(void)
{
	struct alck_block b;

	if (!__atomic_load_n(&free_list, __ATOMIC_ACQUIRE))
		return;
	install(A + 8, 8, 3);
	expect_live(A + 8, 3);
	install(A, 8, 4);
	expect_live(A, 4);
	expect_taken(A, &b, 4);
	left.seen[2] = ALCK_REMOVED;
}

static void both_halves_right(void)
{
	struct alck_block b;

	if (left.seen[2] != ALCK_REMOVED) {
		expect_freed(A, 2);
		return;
	}
	expect_live(A + 8, 3);
	explore_check(look(A, &b) == ALCK_ALREADY_FREED);
	explore_check(!b.freed && b.context == 4);
}

/* -------------------------------------------------------- refused realloc */

static void small_at_start(void)
{
	nothing();
	install(A, 8, 1);
}

static void realloc_refused(void)
{
	struct alck_block b;

	expect_taken(A, &b, 1);
	alck_table_restore(A, &b);
	expect_live(A, 1);
}

static void other_half(void)
{
	struct alck_block b;

	install(A + 8, 8, 2);
	expect_taken(A + 8, &b, 2);
	alck_table_restore(A + 8, &b);
	expect_live(A + 8, 2);
}

static void both_live(void)
{
	expect_live(A, 1);
	expect_live(A + 8, 2);
}

static void free_whole_slowly(void)
{
	struct alck_block b;

	expect_taken(A, &b, 1);
	leave_tombstone(A, &b, 3);
}

static void half_freed_half_live(void)
{
	expect_freed(A, 3);
	expect_live(A + 8, 2);
}

/* ------------------------------------------------------------ a hand-over */

static uintptr_t mailbox;

static void empty_mailbox(void)
{
	nothing();
	install(A + 64, 24, 9); /* the leaf is there, and orders nothing */
	__atomic_store_n(&mailbox, 0, __ATOMIC_RELAXED);
}

/* The mailbox orders nothing: what is known of the block comes by its word. */
static void produce(void)
{
	install(A, 24, 1);
	__atomic_store_n(&mailbox, A, __ATOMIC_RELAXED);
}

static void produce_small(void)
{
	install(A, 8, 1);
	__atomic_store_n(&mailbox, A, __ATOMIC_RELAXED);
}

static void consume(void)
{
	struct alck_block b;

	if (__atomic_load_n(&mailbox, __ATOMIC_RELAXED)) {
		left.seen[2] = alck_table_remove(A, &b);
		explore_check(left.seen[2] == ALCK_REMOVED && b.context == 1);
		explore_read(1);
	}
}

static void look_for_it(void)
{
	struct alck_block b;

	look(A, &b);
}

static void is_consumed(void)
{
	struct alck_block b;

	explore_check(look(A, &b) == (left.seen[2] == ALCK_REMOVED
					      ? ALCK_ALREADY_FREED
					      : ALCK_LIVE));
}

/* ------------------------------------------ one word for a whole granule */

static void large_block(void)
{
	nothing();
	install(A, 400, 1);
}

/* The granule gets a leaf, and the large block's record goes there. */
static void small_beside(void)
{
	install(A + 448, 24, 2);
	expect_live(A + 448, 2);
}

static void realloc_large(void)
{
	realloc_refused();
}

static void freed_and_live(void)
{
	freed_once_at(A);
	expect_live(A + 448, 2);
}

static void live_and_live(void)
{
	expect_live(A, 1);
	expect_live(A + 448, 2);
}

/* Or another large one, for which a tombstone makes room. */
static void large_beside(void)
{
	install(A + 448, 400, 2);
	expect_live(A + 448, 2);
}

static void freed_or_forgotten(void)
{
	struct alck_block b;

	expect_live(A + 448, 2);
	explore_check(look(A, &b) != ALCK_LIVE);
}

/* ------------------------------------------------ words for 32 bytes each */

#define WRAPPER (OWNER + 1)

static void wide_block(void)
{
	nothing();
	alck_table_wide = 1u << OWNER;
	install(A + 64, 24, 9);
	install(A, 24, 1);
}

/* A wrapper's block begins in the midst of the other's 32 bytes. */
static void block_within(void)
{
	struct alck_block b;

	explore_write(2);
	explore_check(!alck_table_install(A + 16, 16, WRAPPER, 2));
	explore_check(alck_table_take(A + 16, WRAPPER, &b) == ALCK_REMOVED);
	explore_check(b.context == 2);
	leave_tombstone(A + 16, &b, 3);
}

static void both_freed(void)
{
	struct alck_block b;

	freed_once_at(A);
	explore_check(alck_table_lookup(A + 16, &b) == ALCK_ALREADY_FREED);
	explore_check(b.owner == WRAPPER && b.context == 3);
	expect_live(A + 64, 9);
}

static void look_within(void)
{
	struct alck_block b;

	alck_table_lookup(A + 16, &b);
}

static void within_wide(void)
{
	nothing();
	alck_table_wide = 1u << OWNER;
	install(A + 64, 24, 9);
}

static void block_at_16(void)
{
	explore_check(!alck_table_install(A + 16, 16, WRAPPER, 2));
}

static void twin_there(void)
{
	within_wide();
	explore_check(!alck_table_install(A + 16, 16, WRAPPER, 7));
}

static void block_again(void)
{
	explore_write(2);
	block_at_16();
}

static void read_within(void)
{
	struct alck_block b;

	explore_check(alck_table_lookup(A + 16, &b) == ALCK_LIVE);
	if (b.context == 2)
		explore_read(2);
}

static void block_at_0(void)
{
	explore_check(!alck_table_install(A, 16, WRAPPER, 3));
}

static void both_within(void)
{
	struct alck_block b;

	explore_check(alck_table_lookup(A, &b) == ALCK_LIVE && b.context == 3);
	explore_check(alck_table_lookup(A + 16, &b) == ALCK_LIVE &&
		      b.context == 2);
	expect_live(A + 64, 9);
}

static void empty_mailbox_wide(void)
{
	within_wide();
	__atomic_store_n(&mailbox, 0, __ATOMIC_RELAXED);
}

const struct explore_scenario word_scenarios[] = {
	{"a hand-over, wide",
	 empty_mailbox_wide,
	 {produce, consume},
	 is_consumed,
	 0,
	 0},
	{"a look at a block within",
	 wide_block,
	 {block_within, look_within},
	 look_within,
	 0,
	 0},
	{"a hand-over within",
	 twin_there,
	 {block_again, read_within},
	 read_within,
	 0,
	 0},
	{"two blocks within 32 bytes",
	 within_wide,
	 {block_at_16, block_at_0},
	 both_within,
	 0,
	 0},
	{"a large block, a small one",
	 large_block,
	 {free_1, small_beside},
	 freed_and_live,
	 0,
	 0},
	{"a large block stays, a small one",
	 large_block,
	 {realloc_large, small_beside},
	 live_and_live,
	 0,
	 0},
	{"two large blocks",
	 large_block,
	 {free_1, large_beside},
	 freed_or_forgotten,
	 0,
	 0},
	{"a block within a block",
	 wide_block,
	 {free_1, block_within},
	 both_freed,
	 0,
	 0},
	{"two free one block", one_block, {free_1, free_2}, freed_once, 0, 0},
	{"three free one block",
	 one_block,
	 {free_1, free_2, free_3},
	 freed_once,
	 0,
	 0},
	{"two free one of 8 bytes",
	 small_block,
	 {free_small_1, free_small_2},
	 freed_once_small,
	 0,
	 0},
	{"a neighbour meanwhile",
	 small_block,
	 {free_small_1, neighbour},
	 freed_once_both,
	 0,
	 0},
	{"a late tombstone",
	 free_listed,
	 {free_slowly, allocate_again},
	 last_free_counts,
	 0,
	 0},
	{"a late tombstone, halves",
	 free_listed,
	 {free_slowly, allocate_small_again},
	 both_halves_right,
	 0,
	 0},
	{"a refused realloc, halves",
	 small_at_start,
	 {realloc_refused, other_half},
	 both_live,
	 0,
	 0},
	{"a tombstone, halves",
	 small_at_start,
	 {free_whole_slowly, other_half},
	 half_freed_half_live,
	 0,
	 0},
	{"a hand-over",
	 empty_mailbox,
	 {produce, consume, look_for_it},
	 is_consumed,
	 0,
	 0},
	{"a hand-over of 8 bytes",
	 empty_mailbox,
	 {produce_small, consume, look_for_it},
	 is_consumed,
	 0,
	 0},
	{NULL, NULL, {NULL}, NULL, 0, 0},
};
