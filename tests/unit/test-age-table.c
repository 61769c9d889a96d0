/* SPDX-License-Identifier: MIT */
/*
 * The table of ages: times of neighbours, beyond what it can hold, from several
 * threads, without memory.  Addresses are numbers only.
 */
#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "preload/age-table.h"
#include "preload/arena.h"

#define BASE   ((uintptr_t)0x7f0000000000)
#define REGION ((uintptr_t)1 << 28)
#define UNIT   ((uint64_t)1 << ALCK_AGE_SHIFT)

static void ck_age(uintptr_t addr, uint64_t when)
{
	uint64_t kept;

	ck_assert(alck_age_get(addr, &kept));
	ck_assert_uint_eq(kept, when);
}

static void ck_none(uintptr_t addr)
{
	uint64_t kept;

	ck_assert(!alck_age_get(addr, &kept));
}

START_TEST(empty)
{
	ck_none(BASE);
	ck_assert_uint_eq(alck_arena_mapped(), 0);
}
END_TEST

START_TEST(neighbours)
{
	uintptr_t i;

	ck_none(BASE);
	for (i = 0; i < 4096; i++)
		alck_age_put(BASE + 16 * i, (i + 1) * UNIT);
	alck_age_put(BASE - 16, 7 * UNIT);
	alck_age_put(16, 0);
	for (i = 0; i < 4096; i++)
		ck_age(BASE + 16 * i, (i + 1) * UNIT);
	ck_age(BASE - 16, 7 * UNIT);
	ck_age(16, 0);
	ck_none(BASE + (uintptr_t)16 * 4096);
	ck_none(BASE + 9 * REGION);
	/* The next block there is younger; its time is rounded down. */
	alck_age_put(BASE + 32, 5000 * UNIT + 12345);
	ck_age(BASE + 32, 5000 * UNIT);
	ck_assert_uint_eq(alck_age_lost(), 0);
}
END_TEST

/* What has no place of its own disturbs nobody, and is no loss. */
START_TEST(no_place)
{
	alck_age_put(BASE, 3 * UNIT);
	alck_age_put(BASE + 8, 4 * UNIT);
	alck_age_put(BASE + 1, 5 * UNIT);
	alck_age_put((uintptr_t)1 << 47, 6 * UNIT);
	alck_age_put(-(uintptr_t)16, 6 * UNIT);
	ck_age(BASE, 3 * UNIT);
	ck_none(BASE + 8);
	ck_none(BASE + 1);
	ck_none((uintptr_t)1 << 47);
	ck_none(-(uintptr_t)16);
	ck_assert_uint_eq(alck_age_lost(), 0);
}
END_TEST

/* No time is better than a wrong one. */
START_TEST(a_year_and_more)
{
	alck_age_put(BASE, 1);
	alck_age_put(BASE + 16, (UINT32_MAX - UINT64_C(1)) * UNIT + 1);
	ck_age(BASE + 16, (UINT32_MAX - UINT64_C(1)) * UNIT);
	alck_age_put(BASE, UINT32_MAX * UNIT);
	ck_none(BASE);
}
END_TEST

#define THREADS 4
#define OWN	20000

/* Each has every fourth place, of regions and granules that they enter
 * together; what one puts nobody else changes. */
static void *neighbour(void *arg)
{
	uintptr_t id = (uintptr_t)arg, i, addr;
	uint64_t kept;
	long bad = 0;

	for (i = 0; i < OWN; i++) {
		addr = BASE + i % 40 * REGION + i / 40 * 64 + id * 16;
		alck_age_put(addr, (i + id) * UNIT);
		bad += !alck_age_get(addr, &kept) || kept != (i + id) * UNIT;
	}
	for (i = 0; i < OWN; i++) {
		addr = BASE + i % 40 * REGION + i / 40 * 64 + id * 16;
		bad += !alck_age_get(addr, &kept) || kept != (i + id) * UNIT;
	}
	return (void *)bad;
}

START_TEST(threads)
{
	pthread_t thread[THREADS];
	void *bad;

	for (uintptr_t i = 0; i < THREADS; i++)
		ck_assert(!pthread_create(&thread[i], NULL, neighbour,
					  (void *)i));
	for (int i = 0; i < THREADS; i++) {
		pthread_join(thread[i], &bad);
		ck_assert_ptr_null(bad);
	}
	ck_assert_uint_eq(alck_age_lost(), 0);
}
END_TEST

#ifndef UNDER_TSAN
static void limit_to(uint64_t bytes)
{
	struct rlimit limit;

	ck_assert(!getrlimit(RLIMIT_AS, &limit));
	limit.rlim_cur = bytes;
	ck_assert(!setrlimit(RLIMIT_AS, &limit));
}

/* Not even the row of maps finds room. */
START_TEST(nothing)
{
	limit_to(16u << 20);
	for (unsigned i = 0; i < 100; i++)
		alck_age_put(BASE + 16ul * i, UNIT);
	ck_none(BASE);
	ck_assert_uint_eq(alck_age_lost(), 100);
	limit_to(RLIM_INFINITY);
	for (unsigned i = 0; i < 1000; i++)
		alck_age_put(BASE, i * UNIT);
	ck_age(BASE, 999 * UNIT);
	/* It did not ask each time. */
	ck_assert_uint_ge(alck_age_lost(), 100);
	ck_assert_uint_le(alck_age_lost(), 400);
}
END_TEST

/* What finds no room is counted; what has some goes on. */
START_TEST(refused)
{
	const uint64_t limit = 256u << 20;
	unsigned kept = 0, lost = 0;
	uint64_t when;
	void *mapping;

	limit_to(limit);
	for (unsigned i = 0; i < 3000; i++) {
		alck_age_put(BASE + i * REGION / 16, i * UNIT);
		if (alck_age_get(BASE + i * REGION / 16, &when)) {
			ck_assert_uint_eq(when, i * UNIT);
			kept++;
		} else {
			lost++;
		}
	}
	ck_assert_uint_ge(kept, 16);
	ck_assert_uint_ge(lost, 1000);
	ck_assert_uint_eq(alck_age_lost(), lost);
	ck_assert_uint_le(alck_arena_mapped(), limit / 16);
	alck_age_put(BASE + 16, 5 * UNIT);
	ck_age(BASE + 16, 5 * UNIT);
	ck_age(BASE, 0);
	mapping = mmap(NULL, 128u << 20, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert(mapping != MAP_FAILED);
}
END_TEST
#endif

int main(void)
{
	Suite *s = suite_create("age-table");
	TCase *c = tcase_create("age-table");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, empty);
	tcase_add_test(c, neighbours);
	tcase_add_test(c, no_place);
	tcase_add_test(c, a_year_and_more);
	tcase_add_test(c, threads);
#ifndef UNDER_TSAN
	tcase_add_test(c, nothing);
	tcase_add_test(c, refused);
#endif
	srunner_set_tap(sr, "-");
	srunner_run_all(sr, CK_SILENT);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
