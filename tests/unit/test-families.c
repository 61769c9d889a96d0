/* SPDX-License-Identifier: MIT */
/*
 * The family tables are sane, whoever adds rows: names, argument positions,
 * marks, canonical entries.  Runs under Check.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract/families.h"

/* All families, and the one for what has no name. */
static const struct alck_family *family(unsigned int i)
{
	return i < alck_nfamilies ? &alck_families[i] : &alck_family_other;
}

static unsigned int strings(const char *const *list)
{
	unsigned int n = 0;

	while (list && list[n])
		n++;
	return n;
}

static void check_positions(const struct alck_family *f,
			    const struct alck_row *row)
{
	int takes = row->ptr >= 0, sized = row->size >= 0;
	int counted = row->count >= 0, right = 0;

	ck_assert_int_le(row->ptr, 4);
	ck_assert_int_le(row->size, 4);
	ck_assert_int_le(row->count, 4);
	ck_assert_int_ge(row->ptr, -1);
	ck_assert_int_ge(row->size, -1);
	ck_assert_int_ge(row->count, -1);
	if (takes)
		ck_assert_msg(row->ptr != row->size && row->ptr != row->count,
			      "%s %s: two arguments at one place", f->name,
			      row->name);
	if (sized)
		ck_assert_int_ne(row->size, row->count);
	switch (row->shape) {
	case ALCK_ALLOC: /* strdup and the like are not told a size */
		right = !takes && !counted;
		break;
	case ALCK_ALLOC_ARRAY:
		right = !takes && sized && counted;
		break;
	case ALCK_ALLOC_ALIGNED:
		right = !takes && sized && !counted;
		break;
	case ALCK_ALLOC_OUT:
		right = takes && sized && !counted;
		break;
	case ALCK_REALLOC:
		right = takes && sized;
		break;
	case ALCK_FREE:
	case ALCK_QUERY:
		right = takes && !sized && !counted;
		break;
	case ALCK_FREE_SIZED:
		right = takes && sized && !counted;
		break;
	case ALCK_SATELLITE:
		right = !takes && !sized && !counted;
		break;
	}
	ck_assert_msg(right, "%s %s: arguments do not fit its shape", f->name,
		      row->name);
	ck_assert_msg(!(row->flags & ALCK_FREES_ON_FAILURE) ||
			      row->shape == ALCK_REALLOC,
		      "%s %s: only a realloc fails so", f->name, row->name);
	ck_assert_int_lt(row->api, ALCK_APIS);
	ck_assert_uint_gt(strlen(row->name), 0);
}

START_TEST(arguments_fit_their_shapes)
{
	const struct alck_family *f = family((unsigned int)_i);

	for (const struct alck_row_set *set = f->sets; set->rows; set++)
		for (const struct alck_row *r = set->rows; r->name; r++)
			check_positions(f, r);
}
END_TEST

/* A name stands for one row of a family, whatever prefix makes it. */
START_TEST(names_are_unique)
{
	const struct alck_family *f = family((unsigned int)_i);
	static char names[1024][64];
	unsigned int n = 0;

	for (const struct alck_row_set *set = f->sets; set->rows; set++) {
		ck_assert_uint_gt(strings(set->prefixes), 0);
		for (unsigned int p = 0; set->prefixes[p]; p++)
			for (const struct alck_row *r = set->rows; r->name;
			     r++) {
				ck_assert_uint_lt(n, 1024);
				ck_assert_int_lt(snprintf(names[n], 64, "%s%s",
							  set->prefixes[p],
							  r->name),
						 64);
				for (unsigned int k = 0; k < n; k++)
					ck_assert_str_ne(names[k], names[n]);
				n++;
			}
	}
	ck_assert_uint_gt(n, 0);
}
END_TEST

/* Blocks are sent home through one malloc, one free and one realloc; at most
 * one entry tells their size. */
START_TEST(canonical_entries)
{
	const struct alck_family *f = family((unsigned int)_i);
	unsigned int n[ALCK_SHAPES] = {0};

	for (const struct alck_row_set *set = f->sets; set->rows; set++)
		for (const struct alck_row *r = set->rows; r->name; r++)
			if (r->flags & ALCK_CANONICAL)
				n[r->shape]++;
	if (f->flags & ALCK_FORWARDER)
		return;
	ck_assert_uint_eq(n[ALCK_ALLOC], 1);
	ck_assert_uint_eq(n[ALCK_FREE], 1);
	ck_assert_uint_eq(n[ALCK_REALLOC], 1);
	ck_assert_uint_le(n[ALCK_QUERY], 1);
	ck_assert_uint_eq(n[ALCK_ALLOC_ARRAY] + n[ALCK_ALLOC_ALIGNED] +
				  n[ALCK_ALLOC_OUT] + n[ALCK_FREE_SIZED],
			  0);
}
END_TEST

/* Two marks prove a family, so each has two, and no two families share one. */
START_TEST(marks_tell_families_apart)
{
	const struct alck_family *f = family((unsigned int)_i);
	unsigned int n = strings(f->marks);

	ck_assert_uint_gt(strings(f->prefixes), 0);
	if (f == &alck_family_other) {
		ck_assert_uint_eq(n, 0);
		return;
	}
	ck_assert_uint_ge(n, 1);
	ck_assert_uint_ge(n + strings(f->imports), 2);
	for (unsigned int k = 0; k < n; k++) {
		for (unsigned int j = 0; j < k; j++)
			ck_assert_str_ne(f->marks[j], f->marks[k]);
		for (unsigned int i = 0; i < (unsigned int)_i; i++)
			for (const char *const *m = family(i)->marks; *m; m++)
				ck_assert_str_ne(*m, f->marks[k]);
	}
}
END_TEST

START_TEST(families_are_found_by_name)
{
	const struct alck_family *f = family((unsigned int)_i);

	ck_assert_ptr_eq(alck_family_find(f->name), f);
	ck_assert_uint_gt(strlen(f->title), 0);
	for (unsigned int i = 0; i < (unsigned int)_i; i++)
		ck_assert_str_ne(family(i)->title, f->title);
	ck_assert_int_eq(f->version_how == ALCK_VERSION_NONE,
			 f->version_what == NULL);
}
END_TEST

START_TEST(unknown_names_are_not_found)
{
	ck_assert_ptr_null(alck_family_find(""));
	ck_assert_ptr_null(alck_family_find("jemallo"));
	ck_assert_ptr_null(alck_family_find("jemalloc2"));
}
END_TEST

START_TEST(standard_classes)
{
	ck_assert(alck_entry_is_standard(ALCK_API_C));
	ck_assert(alck_entry_is_standard(ALCK_API_NEW));
	ck_assert(alck_entry_is_standard(ALCK_API_NEW_ARRAY));
	ck_assert(!alck_entry_is_standard(ALCK_API_NATIVE));
	ck_assert(!alck_entry_is_standard(ALCK_API_LIBC));
	for (const struct alck_row *r = alck_rows_c; r->name; r++)
		ck_assert_int_eq(r->api, ALCK_API_C);
	for (const struct alck_row *r = alck_rows_cxx; r->name; r++) {
		int array = r->name[3] == 'a';

		ck_assert_int_eq(r->api,
				 array ? ALCK_API_NEW_ARRAY : ALCK_API_NEW);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("families");
	TCase *tc = tcase_create("families");
	int n = (int)alck_nfamilies + 1, failed;
	SRunner *sr;

	tcase_add_loop_test(tc, arguments_fit_their_shapes, 0, n);
	tcase_add_loop_test(tc, names_are_unique, 0, n);
	tcase_add_loop_test(tc, canonical_entries, 0, n);
	tcase_add_loop_test(tc, marks_tell_families_apart, 0, n);
	tcase_add_loop_test(tc, families_are_found_by_name, 0, n);
	tcase_add_test(tc, unknown_names_are_not_found);
	tcase_add_test(tc, standard_classes);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_set_tap(sr, "-");
	srunner_run_all(sr, CK_SILENT);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
