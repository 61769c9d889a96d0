/* SPDX-License-Identifier: MIT */
/*
 * The tiers of the ownership table: one record for a granule, leaves of both
 * widths, twins; the search for the block that an address is in; and the owner
 * of a page.  Addresses are numbers only.
 */
#include <check.h>
#include <stdlib.h>

#include "preload/owner-table.h"
#include "preload/owner-word.h"
#include "preload/page-table.h"
#include "owner-checks.h"

START_TEST(inside)
{
	uintptr_t start;

	ck_assert(!alck_table_find_inside(BASE + 5, &start, &b));
	ck_assert(!alck_table_find_inside(24692, &start, &b));
	alck_table_install(BASE, 100000, 2, 21);
	ck_assert(alck_table_find_inside(BASE, &start, &b));
	ck_assert(alck_table_find_inside(BASE + 99999, &start, &b));
	ck_assert_uint_eq(start, BASE);
	ck_assert_uint_eq(b.size, 100000);
	ck_assert(!alck_table_find_inside(BASE + 100000, &start, &b));

	/* Over the end of a leaf, past tombstones. */
	alck_table_install(BASE - 64, 32, 2, 21);
	alck_table_remove(BASE - 64, &b);
	alck_table_remove(BASE, &b);
	alck_table_install(BASE - 4096, 8192, 3, 22);
	ck_assert(alck_table_find_inside(BASE + 4095, &start, &b));
	ck_assert_uint_eq(start, BASE - 4096);
	ck_assert_uint_eq(b.owner, 3);
	ck_assert(!alck_table_find_inside(BASE + 4096, &start, &b));

	/* Halves. */
	alck_table_install(BASE + 65536, 8, 4, 1);
	alck_table_install(BASE + 65544, 8, 5, 1);
	ck_assert(alck_table_find_inside(BASE + 65551, &start, &b));
	ck_assert_uint_eq(start, BASE + 65544);
	ck_assert(alck_table_find_inside(BASE + 65543, &start, &b));
	ck_assert_uint_eq(start, BASE + 65536);
}
END_TEST

/* Large blocks need no leaf, wherever in their granules they begin. */
START_TEST(large)
{
	struct alck_block old;
	uintptr_t i;

	for (i = 0; i < 1000; i++)
		ck_assert(!alck_table_install(BASE + i * 4096 + i % 32 * 16,
					      4000, 3, 7));
	ck_assert_uint_eq(leaves(), 1); /* the map */
	for (i = 0; i < 1000; i++)
		ck_live(BASE + i * 4096 + i % 32 * 16, 4000, 3, 7);
	ck_assert_int_eq(alck_table_lookup(BASE + 16, &b), ALCK_NEVER_SEEN);

	/* A tombstone is kept until another large block needs its place. */
	ck_assert_int_eq(alck_table_take(BASE, 3, &old), ALCK_REMOVED);
	alck_table_tombstone(BASE, &old, 9);
	ck_assert_int_eq(alck_table_remove(BASE, &b), ALCK_ALREADY_FREED);
	ck_assert_uint_eq(b.context, 9);
	alck_table_install(BASE + 64, 2000, 4, 8);
	ck_live(BASE + 64, 2000, 4, 8);
	ck_assert_int_eq(alck_table_lookup(BASE, &b), ALCK_NEVER_SEEN);
	ck_assert_uint_eq(leaves(), 1);

	/* But what realloc may put back stays. */
	ck_assert_int_eq(alck_table_take(BASE + 64, 4, &old), ALCK_REMOVED);
	alck_table_install(BASE + 480, 2000, 5, 8);
	alck_table_restore(BASE + 64, &old);
	ck_live(BASE + 64, 2000, 4, 8);
	ck_live(BASE + 480, 2000, 5, 8);
	ck_assert_uint_eq(leaves(), 2);
}
END_TEST

/* A granule's record goes into its leaf. */
START_TEST(leaf)
{
	struct alck_block old;

	alck_table_install(BASE + 32, 400, 3, 7);
	ck_assert_int_eq(alck_table_remove(BASE + 32, &old), ALCK_REMOVED);
	alck_table_install(BASE + 448, 16, 4, 8);
	ck_assert_uint_eq(leaves(), 2);
	alck_table_tombstone(BASE + 32, &old, 9);
	ck_assert_int_eq(alck_table_remove(BASE + 32, &b), ALCK_ALREADY_FREED);
	ck_assert(b.freed && b.context == 9 && b.owner == 3);
	ck_live(BASE + 448, 16, 4, 8);
	alck_table_install(BASE + 16, 8, 5, 1);
	alck_table_install(BASE + 24, 8, 6, 1);
	ck_live(BASE + 16, 8, 5, 1);
	ck_live(BASE + 24, 8, 6, 1);
	ck_assert_int_eq(alck_table_remove(BASE + 32, &b), ALCK_ALREADY_FREED);
}
END_TEST

/* Owner 3's blocks are 32 bytes apart; others may begin within them. */
START_TEST(twins)
{
	struct alck_block old;
	unsigned i;

	alck_table_wide = 1u << 3;
	for (i = 0; i < 16; i++)
		alck_table_install(BASE + i * 32, 24, 3, i + 1);
	alck_table_install(BASE + 16, 5, 4, 100);
	alck_table_install(BASE + 24, 5, 4, 101);
	alck_table_install(BASE + 80, 16, 4, 102);
	ck_assert_uint_eq(leaves(), 2);
	for (i = 0; i < 16; i++)
		ck_live(BASE + i * 32, 24, 3, i + 1);
	ck_assert_int_eq(alck_table_lookup(BASE + 24, &b), ALCK_LIVE);
	ck_assert_uint_eq(b.context, 101);
	ck_live(BASE + 80, 16, 4, 102);
	/* Beside a record there may have been a twin: see overwritten. */
	ck_assert_int_eq(alck_table_lookup(BASE + 48, &b), ALCK_UNTRACKED);
	ck_assert_int_eq(alck_table_take(BASE, 3, &old), ALCK_REMOVED);
	alck_table_tombstone(BASE, &old, 103);
	ck_assert_int_eq(alck_table_remove(BASE, &b), ALCK_ALREADY_FREED);
	ck_assert_uint_eq(b.context, 103);
	alck_table_install(BASE, 8, 3, 104);
	ck_live(BASE, 8, 3, 104);
	/* In another place of its 32 bytes the next block of owner 3. */
	alck_table_remove(BASE + 128, &b);
	alck_table_install(BASE + 144, 24, 3, 105);
	ck_live(BASE + 144, 24, 3, 105);
	ck_assert_int_eq(alck_table_lookup(BASE + 128, &b), ALCK_UNTRACKED);
}
END_TEST

/* A wrapper's block is the first that needs a twin, while the allocator hands
 * out the next one: that is stored over it, and the first accuses nobody,
 * though it lies in a live block. */
START_TEST(overwritten)
{
	uint64_t base = alck_word_base(alck_word_live(3), 9), *at;

	alck_table_wide = 1u << 3;
	alck_table_install(BASE + 16, 24, 3, 7);
	at = alck_table_granule(alck_table_map(BASE), BASE);
	at = alck_leaf_word(*at, BASE + 48);
	ck_assert_int_eq(alck_table_lookup(BASE + 32, &b), ALCK_NEVER_SEEN);
	ck_assert_int_eq(alck_table_lookup(BASE, &b), ALCK_NEVER_SEEN);
	alck_table_install(BASE + 32, 8, 4, 8);
	*at = alck_word(base, BASE + 48, 24);
	ck_live(BASE + 48, 24, 3, 9);
	ck_assert_int_eq(alck_table_lookup(BASE + 32, &b), ALCK_UNTRACKED);
	ck_assert_int_eq(alck_table_take(BASE + 32, 4, &b), ALCK_UNTRACKED);
	ck_assert_int_eq(alck_table_lookup(BASE + 64, &b), ALCK_NEVER_SEEN);
}
END_TEST

/* The hot path's own halves do what the others do, or leave it to them. */
START_TEST(hot)
{
	uint16_t mark = alck_word_mark(3);
	uint64_t record =
		alck_word(alck_word_base(alck_word_live(3), 7), BASE, 100);
	uint64_t *at, word;
	int alone;

	ck_assert(!alck_table_store(BASE, record, ALCK_LEAF_NARROW, 100));
	ck_assert(!alck_table_find_live(BASE, mark, &at, &word, &alone));
	alck_table_install(BASE, 300, 3, 7);
	ck_assert(alck_table_find_live(BASE, mark, &at, &word, &alone));
	ck_assert(!alone);
	ck_assert(!alck_table_find_live(BASE + 1, mark, &at, &word, &alone));
	ck_assert(!alck_table_find_live(BASE + 16, mark, &at, &word, &alone));
	ck_assert(!alck_table_find_live(BASE, alck_word_mark(4), &at, &word,
					&alone));
	ck_assert(alck_word_change(at, word, alck_word_freed(word, 9)));
	ck_assert_int_eq(alck_table_lookup(BASE, &b), ALCK_ALREADY_FREED);
	ck_assert(b.freed && b.context == 9 && b.size == 300);
	ck_assert(alck_table_store(BASE, record, ALCK_LEAF_NARROW, 100));
	ck_live(BASE, 100, 3, 7);
	alck_table_install(BASE + 64, 16, 3, 8);
	ck_assert(alck_table_store(BASE, record, ALCK_LEAF_NARROW, 100));
	ck_assert(!alck_table_store(BASE, record, ALCK_LEAF_WIDE, 100));
	ck_assert(!alck_table_store(BASE, record, ALCK_LEAF_NARROW, 8));
	ck_assert(alck_table_find_live(BASE, mark, &at, &word, &alone));
	ck_assert(alone);
	ck_live(BASE + 64, 16, 3, 8);
}
END_TEST

static int page_add(uintptr_t addr, uint32_t owner)
{
	uint32_t page = ALCK_PAGE_OWNER(owner);

	return alck_page_add(addr, &page);
}

static int page_take(uintptr_t addr, uint32_t owner)
{
	uint32_t page = ALCK_PAGE_OWNER(owner);

	return alck_page_take(addr, &page);
}

START_TEST(pages)
{
	alck_by_page = 1;
	ck_assert_int_eq(alck_table_lookup(BASE, &b), ALCK_NEVER_SEEN);
	ck_assert(!page_add(BASE, 3));
	alck_table_install(BASE, 16, 3, 7);
	ck_assert(page_add(BASE + 4095, 3));
	ck_assert(!page_add(BASE, 4));
	ck_assert(!page_take(BASE, 4));
	ck_assert_int_eq(alck_table_take(BASE + 16, 4, &b), ALCK_LIVE);
	ck_assert(b.owner == 3 && b.live && !b.size_exact && !b.context);
	ck_assert_int_eq(alck_table_take(BASE + 16, 3, &b), ALCK_REMOVED);
	alck_table_restore(BASE + 16, &b);
	ck_assert(page_take(BASE, 3));
	ck_assert(page_take(BASE, 3));
	/* None is out: nobody's, and the next one's. */
	ck_assert(!page_take(BASE, 3));
	ck_assert_int_eq(alck_table_take(BASE, 4, &b), ALCK_NEVER_SEEN);
	alck_table_install(BASE, 16, 4, 7);
	ck_assert_int_eq(alck_table_take(BASE, 3, &b), ALCK_LIVE);
	ck_assert_uint_eq(b.owner, 4);
	/* Two owners at a time: accuses nobody, until all are back. */
	alck_table_install(BASE + 64, 16, 3, 7);
	ck_assert_int_eq(alck_table_lookup(BASE, &b), ALCK_UNTRACKED);
	ck_assert(!page_add(BASE, 4));
	ck_assert_int_eq(alck_table_take(BASE + 64, 4, &b), ALCK_REMOVED);
	ck_assert_int_eq(alck_table_take(BASE, 3, &b), ALCK_REMOVED);
	ck_assert_int_eq(alck_table_take(BASE, 3, &b), ALCK_NEVER_SEEN);
	alck_table_install(BASE + 4096, 16, 3, 7);
	ck_assert_int_eq(alck_table_lookup(BASE, &b), ALCK_NEVER_SEEN);
	ck_assert_int_eq(alck_table_remove((uintptr_t)1 << 47, &b),
			 ALCK_NEVER_SEEN);
}
END_TEST

/* A page of an allocator that gives no address back. */
START_TEST(kept_page)
{
	uint32_t *word;

	alck_by_page = 1;
	alck_page_keepers = 1u << 3;
	alck_table_install(BASE, 16, 3, 7);
	word = alck_page_find(BASE);
	ck_assert(word && *word == (ALCK_PAGE_OWNER(3) | ALCK_PAGE_KEPT));
	ck_assert(page_add(BASE + 16, 3));
	ck_assert(page_take(BASE + 16, 3));
	ck_assert(!page_add(BASE + 16, 4));
	ck_assert(!page_take(BASE + 16, 4));
	alck_table_install(BASE + 32, 16, 3, 7);
	ck_assert_int_eq(alck_table_take(BASE + 32, 3, &b), ALCK_REMOVED);
	ck_assert_int_eq(alck_table_take(BASE, 3, &b), ALCK_REMOVED);
	ck_assert_uint_eq(*word, ALCK_PAGE_OWNER(3) | ALCK_PAGE_KEPT);
	ck_assert_int_eq(alck_table_lookup(BASE, &b), ALCK_LIVE);
	ck_assert_uint_eq(b.owner, 3);
	ck_assert_int_eq(alck_table_take(BASE, 4, &b), ALCK_LIVE);
	ck_assert_uint_eq(b.owner, 3);
	alck_table_restore(BASE, &b);
	ck_assert_uint_eq(*word, ALCK_PAGE_OWNER(3) | ALCK_PAGE_KEPT);
	/* Somebody else's block: everybody's, for good. */
	alck_table_install(BASE + 64, 16, 4, 7);
	ck_assert(!page_add(BASE, 3) && !page_add(BASE, 4));
	ck_assert_int_eq(alck_table_take(BASE + 64, 4, &b), ALCK_REMOVED);
	ck_assert_int_eq(alck_table_take(BASE, 3, &b), ALCK_REMOVED);
	ck_assert_int_eq(alck_table_take(BASE, 5, &b), ALCK_REMOVED);
	ck_assert_int_eq(alck_table_lookup(BASE, &b), ALCK_UNTRACKED);
	/* What was somebody else's, and is nobody's now. */
	alck_table_install(BASE + 4096, 16, 4, 7);
	ck_assert_int_eq(alck_table_take(BASE + 4096, 4, &b), ALCK_REMOVED);
	alck_table_install(BASE + 4096, 16, 3, 7);
	ck_assert_uint_eq(word[1], ALCK_PAGE_OWNER(3) | ALCK_PAGE_KEPT);
	alck_page_keepers = 0;
	alck_by_page = 0;
}
END_TEST

int main(void)
{
	Suite *s = suite_create("owner-tiers");
	TCase *c = tcase_create("owner-tiers");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_add_test(c, inside);
	tcase_add_test(c, large);
	tcase_add_test(c, leaf);
	tcase_add_test(c, twins);
	tcase_add_test(c, overwritten);
	tcase_add_test(c, hot);
	tcase_add_test(c, pages);
	tcase_add_test(c, kept_page);
	srunner_set_tap(sr, "-");
	srunner_run_all(sr, CK_SILENT);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
