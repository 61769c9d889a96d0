/* SPDX-License-Identifier: MIT */
/*
 * How the ownership table becomes larger: leaves that are made ahead where a
 * heap of small blocks grows, what comes into one that nothing is in, and
 * threads that grow one heap.  Addresses are numbers only.
 */
#include <check.h>
#include <pthread.h>
#include <stdlib.h>

#include "preload/owner-table.h"
#include "preload/owner-word.h"
#include "owner-checks.h"

#define GRANULE(n) (BASE + (uintptr_t)(n)*ALCK_GRANULE)

static uint64_t word_of_granule(uintptr_t addr)
{
	uintptr_t map = alck_table_map(addr);

	return map ? *alck_table_granule(map, addr) : 0;
}

static unsigned type_of_leaf(uintptr_t addr)
{
	uint64_t word = word_of_granule(addr);

	return alck_word_is_link(word) ? word & 7 : 0;
}

/* Leaves of BLOCKS of 64 bytes from BASE on, and of all granules with none. */
static unsigned empty_leaves(unsigned blocks, unsigned owner)
{
	unsigned i, used = blocks / 8;

	for (i = 0; i < blocks; i++)
		ck_assert(!alck_table_install(BASE + i * 64, 64, owner, i + 1));
	for (i = 0; i < used; i++)
		ck_assert_uint_ne(type_of_leaf(GRANULE(i)), 0);
	for (i = used; type_of_leaf(GRANULE(i)); i++)
		;
	return i - used;
}

/* A heap that grows gets leaves ahead: half as many as it has, up to 64; one
 * growth for each row of them. */
START_TEST(rows)
{
	static const struct {
		unsigned used, least, most;
	} steps[] = {{1, 0, 0}, {2, 0, 0},    {3, 1, 1},     {5, 0, 2},
		     {9, 0, 4}, {100, 0, 50}, {1000, 0, 64}, {5000, 0, 64}};
	uintptr_t elsewhere = BASE + (UINT64_C(5) << ALCK_TABLE_REGION_BITS);
	unsigned i, n;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		n = empty_leaves(steps[i].used * 8, 3);
		ck_assert_uint_ge(n, steps[i].least);
		ck_assert_uint_le(n, steps[i].most);
		ck_assert_uint_eq(leaves(), 1 + steps[i].used + n);
	}
	for (i = 0; i < 5000 * 8; i++)
		ck_live(BASE + i * 64, 64, 3, i + 1);

	for (i = n = 0; i < 5000 * 8; i++) {
		uint64_t before = leaves();

		alck_table_install(elsewhere + i * 64, 64, 3, 1);
		n += leaves() > before;
	}
	ck_assert_uint_le(n, 5000 / 64 + 16);
}
END_TEST

/* Blocks of all sizes, of which two small ones are never beside each other for
 * long: no leaf that is not needed. */
START_TEST(no_rows)
{
	uintptr_t at = BASE;
	unsigned i;

	for (i = 0; i < 1000; i++, at += 8192 + 2 * 256) {
		alck_table_install(at, 64, 3, 1);
		alck_table_install(at + 256, 64, 3, 1);
		alck_table_install(at + 512, 8000, 3, 1);
	}
	ck_assert_uint_eq(leaves(), 1 + 1000);
}
END_TEST

/* Nor are there any beyond the end of a region, over what is there already, or
 * of the other kind. */
START_TEST(ends_of_rows)
{
	uintptr_t end = BASE + (UINT64_C(1) << ALCK_TABLE_REGION_BITS);
	struct alck_table_counters counters;
	uintptr_t at;
	unsigned i;

	alck_table_wide = 1u << 4;
	alck_table_install(GRANULE(110), 700, 3, 9);
	for (i = 0; i < 100 * 8; i++)
		alck_table_install(BASE + i * 64, 64, 3, 1);
	ck_live(GRANULE(110), 700, 3, 9);
	ck_assert_uint_eq(type_of_leaf(GRANULE(110)), 0);
	ck_assert_uint_eq(type_of_leaf(GRANULE(109)), ALCK_LEAF_NARROW);
	alck_table_install(GRANULE(111), 64, 4, 1);
	ck_assert_uint_eq(type_of_leaf(GRANULE(111)), ALCK_LEAF_WIDE);
	ck_assert_uint_eq(type_of_leaf(GRANULE(112)), 0);
	/* The map of what follows may lie behind this one. */
	alck_table_install(end + 100 * ALCK_GRANULE, 64, 3, 1);
	for (at = end - 100 * ALCK_GRANULE; at < end; at += 64)
		ck_assert(!alck_table_install(at, 64, 3, 1));
	ck_assert_uint_eq(type_of_leaf(end - 1), ALCK_LEAF_NARROW);
	for (i = 0; i < 64; i++)
		ck_assert_uint_eq(word_of_granule(end + i * ALCK_GRANULE), 0);
	alck_table_install(end, 64, 3, 1);
	ck_assert_uint_eq(type_of_leaf(end + ALCK_GRANULE), 0);
	alck_table_counters(&counters);
	ck_assert_uint_eq(counters.lost, 0);
}
END_TEST

/* A leaf with nothing in it is as none, whoever's block comes, of what size. */
START_TEST(empty_leaf)
{
	struct alck_block old;
	uintptr_t start, at;
	unsigned n, i;

	alck_table_wide = _i ? 1u << 3 : 0;
	n = empty_leaves(1000 * 8, 3);
	ck_assert_uint_ge(n, 8);
	for (at = GRANULE(1000); at < GRANULE(1000 + n); at += 8)
		ck_assert_int_eq(alck_table_lookup(at, &b), ALCK_NEVER_SEEN);
	ck_assert_int_eq(alck_table_take(GRANULE(1001), 3, &b),
			 ALCK_NEVER_SEEN);
	ck_assert(!alck_table_find_inside(GRANULE(1003), &start, &b));

	/* A large block, in whose inside more of them are. */
	alck_table_install(GRANULE(1000) + 16, 2000, 3, 7);
	ck_live(GRANULE(1000) + 16, 2000, 3, 7);
	ck_assert(alck_table_find_inside(GRANULE(1003), &start, &b));
	ck_assert_uint_eq(start, GRANULE(1000) + 16);
	ck_assert_int_eq(alck_table_take(GRANULE(1000) + 16, 3, &old),
			 ALCK_REMOVED);
	alck_table_tombstone(GRANULE(1000) + 16, &old, 8);
	ck_assert_int_eq(alck_table_remove(GRANULE(1000) + 16, &b),
			 ALCK_ALREADY_FREED);
	ck_assert(b.freed && b.context == 8);

	/* Of another owner, whose blocks may be anywhere: large, small, 8
	 * bytes. */
	alck_table_install(GRANULE(1001) + 48, 900, 4, 10);
	for (i = 0; i < 16; i++)
		alck_table_install(GRANULE(1003) + i * 16, 16, 4, 11 + i);
	for (i = 0; i < 16; i++)
		alck_table_install(GRANULE(1004) + i * 8, 8, 4, 31 + i);
	ck_live(GRANULE(1001) + 48, 900, 4, 10);
	for (i = 0; i < 16; i++)
		ck_live(GRANULE(1003) + i * 16, 16, 4, 11 + i);
	for (i = 0; i < 16; i++) {
		ck_assert_int_eq(alck_table_take(GRANULE(1004) + i * 8, 4, &b),
				 ALCK_REMOVED);
		ck_assert_uint_eq(b.context, 31 + i);
	}
	ck_assert(alck_table_find_inside(GRANULE(1002), &start, &b));
	ck_assert_uint_eq(start, GRANULE(1001) + 48);

	/* And a wide one's, behind a run of the other kind. */
	alck_table_wide = _i ? 0 : 1u << 5;
	alck_table_install(GRANULE(1006), 24, 5, 50);
	alck_table_install(GRANULE(1006) + 32, 24, 5, 51);
	ck_live(GRANULE(1006), 24, 5, 50);
	ck_live(GRANULE(1006) + 32, 24, 5, 51);
}
END_TEST

#define THREADS 4
#define BORDER	40000

static unsigned border;

/* Blocks of 64 bytes, the next one always whoever's comes next: all threads
 * are at the same granule, or one ahead. */
static void *on_border(void *arg)
{
	uintptr_t id = (uintptr_t)arg;
	long bad = 0;
	unsigned i;

	while ((i = __atomic_fetch_add(&border, 1, __ATOMIC_RELAXED)) < BORDER)
		bad += alck_table_install(BASE + i * 64, i % 7 ? 64 : 8,
					  (uint32_t)id, i + 1) != 0;
	return (void *)bad;
}

START_TEST(one_border)
{
	pthread_t threads[THREADS];
	uintptr_t i;
	void *bad;

	for (i = 0; i < THREADS; i++)
		ck_assert(!pthread_create(&threads[i], NULL, on_border,
					  (void *)i));
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &bad);
		ck_assert_ptr_null(bad);
	}
	for (i = 0; i < BORDER; i++) {
		ck_assert_int_eq(alck_table_lookup(BASE + i * 64, &b),
				 ALCK_LIVE);
		ck_assert_uint_eq(b.context, i + 1);
		ck_assert_int_eq(alck_table_lookup(BASE + i * 64 + 16, &b),
				 ALCK_NEVER_SEEN);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("owner-grow");
	TCase *c = tcase_create("owner-grow");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, rows);
	tcase_add_test(c, no_rows);
	tcase_add_test(c, ends_of_rows);
	tcase_add_loop_test(c, empty_leaf, 0, 2);
	tcase_add_test(c, one_border);
	srunner_set_tap(sr, "-");
	srunner_run_all(sr, CK_SILENT);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
