/* SPDX-License-Identifier: MIT */
/*
 * The stack depot: what goes in comes out, once; from many threads too, and
 * when memory is refused.
 */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "preload/arena.h"
#include "preload/one-thread.h"
#include "preload/stack-depot.h"

static uintptr_t pcs[200], back[200];

/* A stack of N addresses that depends on SEED alone. */
static void make_stack(uintptr_t *to, unsigned n, uint64_t seed)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		to[i] = 0x550000000000 + (seed >> 44);
	}
}

START_TEST(stacks)
{
	struct alck_depot_counters counters;
	uint32_t ids[201], id;
	unsigned n, i;

	make_stack(pcs, 200, 1);
	ck_assert_uint_eq(alck_depot_stack(pcs, 0), 0);
	for (n = 1; n <= ALCK_DEPOT_MAX_DEPTH; n++) {
		ids[n] = alck_depot_stack(pcs, n);
		ck_assert_uint_ne(ids[n], 0);
		ck_assert_uint_lt(ids[n], 1u << 28);
		for (i = 1; i < n; i++)
			ck_assert_uint_ne(ids[i], ids[n]);
	}
	/* Deeper ones are cut. */
	ck_assert_uint_eq(alck_depot_stack(pcs, 200),
			  ids[ALCK_DEPOT_MAX_DEPTH]);
	for (n = 1; n <= ALCK_DEPOT_MAX_DEPTH; n++) {
		ck_assert_uint_eq(alck_depot_stack(pcs, n), ids[n]);
		memset(back, 0, sizeof(back));
		ck_assert_uint_eq(alck_depot_stack_get(ids[n], back, 200), n);
		ck_assert_mem_eq(back, pcs, n * sizeof(*pcs));
	}
	back[2] = 7;
	ck_assert_uint_eq(alck_depot_stack_get(ids[9], back, 2), 2);
	ck_assert_uint_eq(back[2], 7);
	/* One address differs. */
	for (i = 0; i < 30; i++) {
		pcs[i]++;
		id = alck_depot_stack(pcs, 30);
		ck_assert_uint_ne(id, ids[30]);
		pcs[i]--;
	}
	alck_depot_counters(&counters);
	ck_assert_uint_eq(counters.stacks, ALCK_DEPOT_MAX_DEPTH + 30);
	ck_assert_uint_eq(counters.refused, 0);
}
END_TEST

START_TEST(no_such_id)
{
	struct alck_context context;
	uint32_t id;

	ck_assert_uint_eq(alck_depot_stack_get(0, back, 200), 0);
	ck_assert_uint_eq(alck_depot_stack_get(1, back, 200), 0);
	ck_assert_int_eq(alck_depot_context_get(0, &context), -1);
	make_stack(pcs, 4, 1);
	id = alck_depot_stack(pcs, 4);
	ck_assert_uint_eq(alck_depot_stack_get(id + 1000, back, 200), 0);
	ck_assert_uint_eq(alck_depot_stack_get(1u << 20, back, 200), 0);
	ck_assert_uint_eq(alck_depot_stack_get(UINT32_MAX, back, 200), 0);
	ck_assert_int_eq(alck_depot_context_get(id, &context), -1);
}
END_TEST

START_TEST(contexts)
{
	static const struct alck_context wanted[] = {
		{0, 0, 0, 0, 0},
		{1, 2, 3, 4, 0},
		{0xfffffff, 0, 0, 0, 0},
		{0, 0xfffff, 0, 0, 0},
		{0, 0, 0xfffffff, 0, 0},
		{0, 0, 0, 0xffff, 0},
		{0, 0, 0, 0, 255},
		{0xfffffff, 0xfffff, 0xfffffff, 0xffff, 255},
		{0xfffffff, 0xfffff, 0xfffffff, 0xffff, 1},
		{0x1234567, 255, 0x7654321, 0x8001, 0},
		{0x1234567, 256, 0x7654321, 0x8001, 0},
		{0x1234567, 257, 0x7654321, 0x8000, 0},
	};
	enum { N = sizeof(wanted) / sizeof(*wanted) };
	struct alck_context c;
	uint32_t ids[N];
	int round, i, k;

	for (round = 0; round < 2; round++)
		for (i = 0; i < N; i++) {
			uint32_t id;

			alck_depot_set_epoch(wanted[i].epoch);
			id = alck_depot_context(
				wanted[i].stack, wanted[i].thread,
				wanted[i].entry, wanted[i].previous);

			ck_assert_uint_ne(id, 0);
			if (round)
				ck_assert_uint_eq(id, ids[i]);
			ids[i] = id;
			for (k = 0; k < i; k++)
				ck_assert_uint_ne(ids[k], id);
		}
	for (i = 0; i < N; i++) {
		ck_assert_int_eq(alck_depot_context_get(ids[i], &c), 0);
		ck_assert_uint_eq(c.stack, wanted[i].stack);
		ck_assert_uint_eq(c.thread, wanted[i].thread);
		ck_assert_uint_eq(c.entry, wanted[i].entry);
		ck_assert_uint_eq(c.previous, wanted[i].previous);
		ck_assert_uint_eq(c.epoch, wanted[i].epoch);
	}
	alck_depot_set_epoch(0);
}
END_TEST

#define MANY 300000

/* More than the tables have chains, over many chunks. */
/* Of a process with threads (0), with one (1), and with one for a while (2). */
START_TEST(many)
{
	static const char one = 1, none;
	struct alck_depot_counters counters;
	uint32_t *ids = calloc(MANY, sizeof(*ids)), i;
	struct alck_context c;

	ck_assert_ptr_nonnull(ids);
	alck_one_thread_by(_i ? &one : &none);
	for (i = 0; i < MANY; i++) {
		if (_i == 2 && i == MANY / 7)
			alck_one_thread_by(&none);
		make_stack(pcs, 12, i);
		ids[i] = alck_depot_stack(pcs, 12);
		ck_assert_uint_eq(
			alck_depot_context(ids[i], i, (uint16_t)i, 0) != 0, 1);
	}
	for (i = 0; i < MANY; i++) {
		make_stack(pcs, 12, i);
		if (alck_depot_stack_get(ids[i], back, 200) != 12 ||
		    memcmp(pcs, back, 12 * sizeof(*pcs)) ||
		    alck_depot_stack(pcs, 12) != ids[i] ||
		    alck_depot_context_get(
			    alck_depot_context(ids[i], i, (uint16_t)i, 0),
			    &c) ||
		    c.stack != ids[i] || c.thread != i)
			break;
	}
	ck_assert_uint_eq(i, MANY);
	alck_depot_counters(&counters);
	ck_assert_uint_eq(counters.stacks, MANY);
	ck_assert_uint_eq(counters.contexts, MANY);
	free(ids);
}
END_TEST

#define THREADS 4
#define SHARED	5000

static uint32_t found[THREADS][SHARED];

/* All threads keep the same stacks, each beginning elsewhere. */
static void *keeper(void *arg)
{
	unsigned id = (unsigned)(uintptr_t)arg, i, k;
	uintptr_t own[40], read[40];
	uint32_t context;
	long bad = 0;

	for (i = 0; i < SHARED; i++) {
		k = (i + id * 7) % SHARED;
		make_stack(own, 1 + k % 40, k);
		found[id][k] = alck_depot_stack(own, 1 + k % 40);
		context = alck_depot_context(found[id][k], 1, 2, 3);
		if (!context ||
		    alck_depot_stack_get(found[id][k], read, 40) !=
			    1 + k % 40 ||
		    memcmp(own, read, (1 + k % 40) * sizeof(*own)))
			bad++;
	}
	return (void *)bad;
}

START_TEST(threads)
{
	struct alck_depot_counters counters;
	pthread_t t[THREADS];
	uintptr_t i;
	void *bad;

	for (i = 0; i < THREADS; i++)
		ck_assert(!pthread_create(&t[i], NULL, keeper, (void *)i));
	for (i = 0; i < THREADS; i++) {
		pthread_join(t[i], &bad);
		ck_assert_ptr_null(bad);
	}
	for (i = 1; i < THREADS; i++)
		ck_assert_mem_eq(found[0], found[i], sizeof(found[0]));
	alck_depot_counters(&counters);
	ck_assert_uint_eq(counters.stacks, SHARED);
	ck_assert_uint_eq(counters.contexts, SHARED);
}
END_TEST

#ifndef UNDER_TSAN
/* Its shadow takes terabytes of address space: no limit can be set. */
START_TEST(refused)
{
	struct rlimit limit = {64u << 20, RLIM_INFINITY};
	struct alck_depot_counters counters;
	uint32_t i, ids[4096], kept = 0;
	void *mapping;

	ck_assert(!getrlimit(RLIMIT_AS, &limit));
	limit.rlim_cur = 64u << 20;
	ck_assert(!setrlimit(RLIMIT_AS, &limit));
	for (i = 0; i < 10000; i++) {
		uint32_t id;

		make_stack(pcs, 128, i);
		id = alck_depot_stack(pcs, 128);
		if (id && kept < 4096)
			ids[kept++] = id;
	}
	alck_depot_counters(&counters);
	ck_assert_uint_eq(counters.stacks + counters.refused, 10000);
	ck_assert_uint_ge(counters.stacks, 3000);
	ck_assert_uint_ge(counters.refused, 3000);
	ck_assert_uint_le(alck_arena_mapped(), 4u << 20);
	/* What was kept is there. */
	make_stack(pcs, 128, 0);
	ck_assert_uint_eq(alck_depot_stack(pcs, 128), ids[0]);
	ck_assert_uint_eq(alck_depot_stack_get(ids[0], back, 200), 128);
	ck_assert_mem_eq(pcs, back, 128 * sizeof(*pcs));
	/* And the program gets what is its own. */
	mapping = mmap(NULL, 20u << 20, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert(mapping != MAP_FAILED);
}
END_TEST
#endif

int main(void)
{
	Suite *s = suite_create("stack-depot");
	TCase *c = tcase_create("stack-depot");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, stacks);
	tcase_add_test(c, no_such_id);
	tcase_add_test(c, contexts);
	tcase_add_loop_test(c, many, 0, 3);
	tcase_add_test(c, threads);
#ifndef UNDER_TSAN
	tcase_add_test(c, refused);
#endif
	srunner_set_tap(sr, "-");
	srunner_run_all(sr, CK_SILENT);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
