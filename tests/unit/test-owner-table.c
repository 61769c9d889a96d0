/* SPDX-License-Identifier: MIT */
/*
 * The ownership table: each transition of a word, half records, what threads
 * do to it at the same time, and what happens when memory is refused.
 * Addresses are numbers only: no block need be there.
 */
#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "preload/arena.h"
#include "preload/owner-table.h"

#define BASE   ((uintptr_t)0x7f0000000000)
#define REGION ((uintptr_t)1 << 28)

static struct alck_block b;

static void ck_live(uintptr_t addr, uint64_t size, unsigned owner,
		    uint32_t context)
{
	struct alck_block found;

	ck_assert_int_eq(alck_table_lookup(addr, &found), ALCK_LIVE);
	ck_assert_uint_eq(found.size, size);
	ck_assert_uint_eq(found.owner, owner);
	ck_assert_uint_eq(found.context, context);
	ck_assert(found.live && !found.freed && found.size_exact);
}

START_TEST(one_life)
{
	ck_assert_int_eq(alck_table_lookup(BASE, &b), ALCK_NEVER_SEEN);
	ck_assert_int_eq(alck_table_remove(BASE, &b), ALCK_NEVER_SEEN);
	ck_assert_int_eq(alck_table_install(BASE, 100, 31, 0xffffff), 0);
	ck_live(BASE, 100, 31, 0xffffff);
	ck_assert_int_eq(alck_table_lookup(BASE + 16, &b), ALCK_NEVER_SEEN);
	ck_assert_int_eq(alck_table_lookup(BASE + 8, &b), ALCK_NEVER_SEEN);
	ck_assert_int_eq(alck_table_lookup(BASE + 1, &b), ALCK_NEVER_SEEN);

	ck_assert_int_eq(alck_table_remove(BASE, &b), ALCK_REMOVED);
	ck_assert(b.live && !b.freed && b.size_exact);
	ck_assert_uint_eq(b.size, 100);
	ck_assert_uint_eq(b.owner, 31);
	ck_assert_uint_eq(b.context, 0xffffff);

	/* Again: the tombstone names owner and allocation. */
	ck_assert_int_eq(alck_table_remove(BASE, &b), ALCK_ALREADY_FREED);
	ck_assert(!b.live && !b.freed);
	ck_assert_uint_eq(b.owner, 31);
	ck_assert_uint_eq(b.context, 0xffffff);
	ck_assert_int_eq(alck_table_lookup(BASE, &b), ALCK_ALREADY_FREED);

	/* And a new life. */
	ck_assert_int_eq(alck_table_install(BASE, 0, 0, 0), 0);
	ck_live(BASE, 0, 0, 0);
	ck_assert_int_eq(alck_table_remove(BASE, &b), ALCK_REMOVED);
	ck_assert_int_eq(alck_table_remove(BASE, &b), ALCK_ALREADY_FREED);
}
END_TEST

START_TEST(tombstone_and_restore)
{
	struct alck_block old;

	alck_table_install(BASE, 64, 3, 7);
	alck_table_remove(BASE, &old);
	alck_table_tombstone(BASE, &old, 9);
	ck_assert_int_eq(alck_table_lookup(BASE, &b), ALCK_ALREADY_FREED);
	ck_assert(b.freed);
	ck_assert_uint_eq(b.context, 9);
	ck_assert_uint_eq(b.owner, 3);
	ck_assert_uint_eq(b.size, 64);

	/* Out again before the tombstone is written: it stays as it is. */
	alck_table_install(BASE, 64, 3, 7);
	alck_table_remove(BASE, &old);
	alck_table_install(BASE, 65, 4, 8);
	alck_table_tombstone(BASE, &old, 9);
	ck_live(BASE, 65, 4, 8);
	alck_table_restore(BASE, &old);
	ck_live(BASE, 65, 4, 8);

	alck_table_remove(BASE, &old);
	alck_table_restore(BASE, &old);
	ck_live(BASE, 65, 4, 8);
	ck_assert_int_eq(alck_table_remove(BASE, &old), ALCK_REMOVED);
	ck_assert_uint_eq(old.size, 65);
}
END_TEST

START_TEST(sizes)
{
	uint64_t most = (1u << 28) - 3;

	alck_table_install(BASE, most, 1, 1);
	ck_live(BASE, most, 1, 1);
	alck_table_install(BASE, most + 1, 1, 1);
	ck_assert_int_eq(alck_table_lookup(BASE, &b), ALCK_LIVE);
	ck_assert(!b.size_exact);
	ck_assert_uint_eq(b.size, most + 1);
	alck_table_install(BASE, UINT64_MAX, 1, 1);
	ck_assert_int_eq(alck_table_lookup(BASE, &b), ALCK_LIVE);
	ck_assert(!b.size_exact);
	ck_assert_uint_eq(b.size, most + 1);
}
END_TEST

static void ck_half(uintptr_t addr, enum alck_seen seen, unsigned owner,
		    uint32_t context, int freed)
{
	ck_assert_int_eq(alck_table_lookup(addr, &b), seen);
	if (seen == ALCK_NEVER_SEEN)
		return;
	ck_assert_uint_eq(b.owner, owner);
	ck_assert_uint_eq(b.context, context);
	ck_assert_int_eq(b.freed, freed);
}

/* Two blocks in one granule, in either order, each with its own life. */
START_TEST(halves)
{
	struct alck_block low, high;
	uintptr_t first = BASE + (_i ? 8 : 0), second = BASE + (_i ? 0 : 8);

	alck_table_install(first, 5, 2, 21);
	ck_half(second, ALCK_NEVER_SEEN, 0, 0, 0);
	alck_table_install(second, 8, 3, 22);
	ck_half(first, ALCK_LIVE, 2, 21, 0);
	ck_half(second, ALCK_LIVE, 3, 22, 0);

	ck_assert_int_eq(alck_table_remove(first, &low), ALCK_REMOVED);
	ck_assert(low.half && low.live && !low.size_exact);
	ck_assert_uint_eq(low.size, 8);
	ck_assert_uint_eq(low.owner, 2);
	ck_half(second, ALCK_LIVE, 3, 22, 0);
	ck_assert_int_eq(alck_table_remove(first, &b), ALCK_ALREADY_FREED);
	alck_table_tombstone(first, &low, 23);
	ck_half(first, ALCK_ALREADY_FREED, 2, 23, 1);

	ck_assert_int_eq(alck_table_remove(second, &high), ALCK_REMOVED);
	alck_table_restore(second, &high);
	ck_half(second, ALCK_LIVE, 3, 22, 0);
	ck_half(first, ALCK_ALREADY_FREED, 2, 23, 1);

	/* A late tombstone leaves a new block alone. */
	ck_assert_int_eq(alck_table_remove(second, &high), ALCK_REMOVED);
	alck_table_install(second, 8, 4, 24);
	alck_table_tombstone(second, &high, 25);
	ck_half(second, ALCK_LIVE, 4, 24, 0);

	/* A context that is too large for half a word is not known. */
	alck_table_install(first, 8, 5, 0x800000);
	ck_half(first, ALCK_LIVE, 5, 0, 0);
	alck_table_install(first, 8, 5, 0x7fffff);
	ck_half(first, ALCK_LIVE, 5, 0x7fffff, 0);

	/* The page goes to another size class. */
	alck_table_remove(first, &b);
	alck_table_remove(second, &b);
	alck_table_install(BASE, 16, 6, 26);
	ck_live(BASE, 16, 6, 26);
	ck_half(BASE + 8, ALCK_NEVER_SEEN, 0, 0, 0);
}
END_TEST

/* The one at +0 is whole at first; the other comes at each moment. */
START_TEST(halves_meet_whole)
{
	struct alck_block old;

	alck_table_install(BASE, 8, 2, 21);
	alck_table_remove(BASE, &old);
	alck_table_install(BASE + 8, 8, 3, 22);
	ck_half(BASE, ALCK_ALREADY_FREED, 2, 21, 0);
	alck_table_tombstone(BASE, &old, 23);
	ck_half(BASE, ALCK_ALREADY_FREED, 2, 23, 1);
	ck_half(BASE + 8, ALCK_LIVE, 3, 22, 0);

	alck_table_install(BASE + 16, 8, 2, 21);
	alck_table_remove(BASE + 16, &old);
	alck_table_install(BASE + 24, 8, 3, 22);
	alck_table_restore(BASE + 16, &old);
	ck_half(BASE + 16, ALCK_LIVE, 2, 21, 0);
	ck_half(BASE + 24, ALCK_LIVE, 3, 22, 0);

	/* Its end was not seen: it cannot be live any more. */
	alck_table_install(BASE + 32, 100, 2, 21);
	alck_table_install(BASE + 40, 8, 3, 22);
	ck_half(BASE + 32, ALCK_ALREADY_FREED, 2, 21, 0);
	ck_half(BASE + 40, ALCK_LIVE, 3, 22, 0);
}
END_TEST

START_TEST(beyond)
{
	ck_assert_int_eq(alck_table_install((uintptr_t)1 << 47, 16, 1, 1), -1);
	ck_assert_int_eq(alck_table_lookup(UINTPTR_MAX, &b), ALCK_UNTRACKED);
	ck_assert_int_eq(alck_table_remove((uintptr_t)1 << 63, &b),
			 ALCK_UNTRACKED);
	ck_assert_int_eq(
		alck_table_install(((uintptr_t)1 << 47) - 16, 16, 1, 1), 0);
	ck_assert_int_eq(alck_table_install(0, 16, 1, 1), 0);
	ck_assert_int_eq(alck_table_remove(0, &b), ALCK_REMOVED);
}
END_TEST

#define ROUNDS	300000
#define SECONDS 15 /* is enough on a machine that is busy */

/* Waits until *VALUE is at least LEAST; gives way, lest it takes for ever on
 * one processor. */
static void wait_for(const int *value, int least)
{
	int i;

	for (i = 0; __atomic_load_n(value, __ATOMIC_ACQUIRE) < least; i++)
		if (i % 1000 == 999)
			sched_yield();
}

static struct {
	uintptr_t addr;
	int go, done, over, won, bad;
} race;

static void race_once(void)
{
	struct alck_block block;
	enum alck_seen seen = alck_table_remove(race.addr, &block);

	if (seen == ALCK_REMOVED)
		__atomic_fetch_add(&race.won, 1, __ATOMIC_RELAXED);
	if ((seen != ALCK_REMOVED && seen != ALCK_ALREADY_FREED) ||
	    block.owner != 5 || block.context != 77)
		__atomic_fetch_add(&race.bad, 1, __ATOMIC_RELAXED);
}

static void *racer(void *unused)
{
	int i;

	for (i = 1;; i++) {
		wait_for(&race.go, i);
		if (race.over)
			return unused;
		race_once();
		__atomic_store_n(&race.done, i, __ATOMIC_RELEASE);
	}
}

/* Two threads free the same block at the same time: one of them may. */
START_TEST(racing_double_free)
{
	time_t end = time(NULL) + SECONDS;
	pthread_t thread;
	int i, total = 0;

	race.addr = BASE + (_i == 2 ? 8 : 0);
	ck_assert(!pthread_create(&thread, NULL, racer, NULL));
	for (i = 1; i <= ROUNDS && (i % 1000 || time(NULL) < end); i++) {
		alck_table_install(race.addr, _i ? 8 : 24, 5, 77);
		__atomic_store_n(&race.won, 0, __ATOMIC_RELAXED);
		__atomic_store_n(&race.go, i, __ATOMIC_RELEASE);
		race_once();
		wait_for(&race.done, i);
		total += race.won != 1;
	}
	race.over = 1;
	__atomic_store_n(&race.go, i, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	ck_assert_int_gt(i, 1000);
	ck_assert_int_eq(total, 0);
	ck_assert_int_eq(race.bad, 0);
}
END_TEST

#define THREADS 4
#define OWN	2000

/* Each thread has blocks of its own in regions they share, eight bytes apart:
 * what one does may not change what another sees. */
static void *neighbour(void *arg)
{
	uintptr_t id = (uintptr_t)arg, addr;
	struct alck_block block, old;
	long bad = 0;
	int round, i;

	for (round = 0; round < 10; round++) {
		for (i = 0; i < OWN; i++) {
			addr = BASE + (uintptr_t)(i % 50) * REGION +
			       (uintptr_t)(i / 50) * 8 * THREADS + id * 8;
			if (alck_table_install(addr, 8, (uint32_t)id,
					       (uint32_t)i + 1))
				bad++;
		}
		for (i = 0; i < OWN; i++) {
			addr = BASE + (uintptr_t)(i % 50) * REGION +
			       (uintptr_t)(i / 50) * 8 * THREADS + id * 8;
			if (alck_table_lookup(addr, &block) != ALCK_LIVE ||
			    block.owner != id ||
			    block.context != (uint32_t)i + 1)
				bad++;
			if (alck_table_remove(addr, &old) != ALCK_REMOVED ||
			    old.owner != id || old.context != (uint32_t)i + 1)
				bad++;
			if (i % 3 == 0)
				alck_table_tombstone(addr, &old, 5000);
			if (i % 3 == 1) {
				alck_table_restore(addr, &old);
				if (alck_table_remove(addr, &old) !=
				    ALCK_REMOVED)
					bad++;
			}
			if (alck_table_remove(addr, &block) !=
				    ALCK_ALREADY_FREED ||
			    block.owner != id ||
			    block.context != (i % 3 ? (uint32_t)i + 1 : 5000u))
				bad++;
		}
	}
	return (void *)bad;
}

START_TEST(neighbours)
{
	struct alck_table_counters counters;
	pthread_t threads[THREADS];
	uintptr_t i;
	void *bad;

	for (i = 0; i < THREADS; i++)
		ck_assert(!pthread_create(&threads[i], NULL, neighbour,
					  (void *)i));
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &bad);
		ck_assert_ptr_null(bad);
	}
	alck_table_counters(&counters);
	/* A map of each region, and leaves of three granules and of the next
	 * one, since they are in a row. */
	ck_assert_uint_eq(counters.leaves, 50 * (1 + 4));
	ck_assert_uint_eq(counters.untracked, 0);
}
END_TEST

static int stop;

/* Hands blocks over as programs do, over atomic mailboxes: several, or on a
 * busy machine each block would wait until its thread has a turn. */
#define MAILBOXES 64

static void *consumer(void *arg)
{
	uintptr_t *mailboxes = arg, addr;
	struct alck_block block;
	long bad = 0;
	int i = 0;

	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		addr = __atomic_exchange_n(&mailboxes[i % MAILBOXES], 0,
					   __ATOMIC_ACQUIRE);
		i += addr != 0;
		if (addr && (alck_table_remove(addr, &block) != ALCK_REMOVED ||
			     block.size != addr % 1000000 + 9))
			bad++;
		if (!addr) /* the other one may want this processor */
			sched_yield();
	}
	return (void *)bad;
}

START_TEST(hand_over)
{
	uintptr_t mailboxes[MAILBOXES] = {0}, *mailbox, addr;
	pthread_t thread;
	void *bad;
	int i;

	ck_assert(!pthread_create(&thread, NULL, consumer, mailboxes));
	for (i = 0; i < 100000; i++) {
		mailbox = &mailboxes[i % MAILBOXES];
		addr = BASE + (uintptr_t)(i % 7) * REGION +
		       (uintptr_t)(i % 1000) * 16;
		while (__atomic_load_n(mailbox, __ATOMIC_ACQUIRE))
			sched_yield();
		if (alck_table_install(addr, addr % 1000000 + 9, 1, 1))
			break;
		__atomic_store_n(mailbox, addr, __ATOMIC_RELEASE);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
	pthread_join(thread, &bad);
	ck_assert_int_eq(i, 100000);
	ck_assert_ptr_null(bad);
}
END_TEST

#ifndef UNDER_TSAN
/* Its shadow takes terabytes of address space: no limit can be set. */
static uint64_t address_space(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%lu", &pages), 1);
	fclose(f);
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void limit_to(uint64_t bytes)
{
	struct rlimit limit;

	ck_assert(!getrlimit(RLIMIT_AS, &limit));
	limit.rlim_cur = bytes;
	ck_assert(!setrlimit(RLIMIT_AS, &limit));
}

/* `ulimit -v`: a sixteenth is ours, then regions are lossy. */
START_TEST(small_budget)
{
	struct alck_table_counters counters;
	uint64_t limit = 256u << 20;
	unsigned i, tracked = 0, lost = 0;
	void *mapping;

	limit_to(limit);
	for (i = 0; i < 3000; i++) {
		uintptr_t addr = BASE + (uintptr_t)i * (4u << 20);
		int r = alck_table_install(addr, 100, 1, i);
		enum alck_seen seen = alck_table_lookup(addr, &b);

		if (!r) {
			ck_assert_int_eq(seen, ALCK_LIVE);
			ck_assert_uint_eq(b.context, i);
			tracked++;
		} else {
			ck_assert_int_eq(seen, ALCK_UNTRACKED);
			ck_assert_int_eq(alck_table_remove(addr, &b),
					 ALCK_UNTRACKED);
			lost++;
		}
	}
	ck_assert_uint_ge(tracked, 150);
	ck_assert_uint_ge(lost, 1000);
	ck_assert_uint_le(alck_arena_mapped(), limit / 16);
	alck_table_counters(&counters);
	ck_assert_uint_eq(counters.untracked, lost);
	ck_assert_uint_eq(counters.refused, lost);
	/* Dense blocks cost nothing more once there is a leaf. */
	for (i = 0; i < 32; i++)
		ck_assert(!alck_table_install(BASE + i * 16u, 16, 2, i));
	/* Elsewhere nothing was lost. */
	ck_assert_int_eq(alck_table_lookup(0x10000, &b), ALCK_NEVER_SEEN);
	/* And the program still gets what is its own. */
	mapping = mmap(NULL, 128u << 20, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert(mapping != MAP_FAILED);
}
END_TEST

/* The kernel says no: back-off, lossy for good, and it works again later. */
START_TEST(refused)
{
	struct alck_table_counters counters;
	void *filler = mmap(NULL, (size_t)64 << 30, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uintptr_t next = BASE;
	unsigned i, waited = 0;

	ck_assert(filler != MAP_FAILED);
	alck_table_install(BASE, 16, 1, 1);
	limit_to(address_space());
	while (!alck_table_install(next += REGION, 16, 1, 1))
		; /* what is mapped is still to be had */
	for (i = 1; i < 100; i++)
		ck_assert(alck_table_install(next + i * REGION, 16, 1, 1));
	alck_table_counters(&counters);
	ck_assert_uint_eq(counters.refused, 100);
	ck_assert_uint_eq(counters.untracked, 100);
	ck_assert_int_eq(alck_table_lookup(next + 5 * REGION, &b),
			 ALCK_UNTRACKED);
	ck_assert_int_eq(alck_table_lookup(next + 100 * REGION, &b),
			 ALCK_NEVER_SEEN);
	ck_assert_int_eq(alck_table_remove(BASE, &b), ALCK_REMOVED);

	limit_to(address_space() + (1u << 30));
	while (alck_table_install(next + 5 * REGION, 16, 1, 1))
		ck_assert_uint_lt(++waited, 1000);
	/* It did not ask each time. */
	ck_assert_uint_ge(waited, 20);
	ck_assert_int_eq(alck_table_lookup(next + 5 * REGION, &b), ALCK_LIVE);
	ck_assert_int_eq(alck_table_lookup(next + 5 * REGION + 16, &b),
			 ALCK_UNTRACKED);
}
END_TEST
#endif

static void *churn(void *unused)
{
	struct alck_block block;
	uintptr_t addr;
	unsigned i;

	for (i = 0; !__atomic_load_n(&stop, __ATOMIC_RELAXED); i++) {
		addr = BASE + (uintptr_t)(i % 500) * REGION + i % 4096 * 16;
		alck_table_install(addr, 32, 1, 1);
		alck_table_remove(addr, &block);
	}
	return unused;
}

/* A child of a process whose threads are in the midst of it all. */
START_TEST(fork_from_threads)
{
	struct alck_block block;
	pthread_t thread;
	int i, k, status;

	alck_table_install(BASE + 8 * 4096 * 16, 48, 9, 99);
	ck_assert(!pthread_create(&thread, NULL, churn, NULL));
	for (i = 0; i < 100; i++) {
		pid_t pid = fork();

		ck_assert_int_ge(pid, 0);
		if (!pid) {
			/* The parent's block, and regions not seen yet. */
			if (alck_table_remove(BASE + 8 * 4096 * 16, &block) !=
				    ALCK_REMOVED ||
			    block.owner != 9)
				_exit(1);
			for (k = 0; k < 20; k++)
				if (alck_table_install((uintptr_t)(k + 1) *
							       REGION,
						       16, 1, 1))
					_exit(2);
			_exit(0);
		}
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_int_eq(status, 0);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("owner-table");
	TCase *c = tcase_create("owner-table");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, one_life);
	tcase_add_test(c, tombstone_and_restore);
	tcase_add_test(c, sizes);
	tcase_add_loop_test(c, halves, 0, 2);
	tcase_add_test(c, halves_meet_whole);
	tcase_add_test(c, beyond);
	tcase_add_loop_test(c, racing_double_free, 0, 3);
	tcase_add_test(c, neighbours);
	tcase_add_test(c, hand_over);
#ifndef UNDER_TSAN
	tcase_add_test(c, small_budget);
	tcase_add_test(c, refused);
#endif
	tcase_add_test(c, fork_from_threads);
	srunner_set_tap(sr, "-");
	srunner_run_all(sr, CK_SILENT);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
