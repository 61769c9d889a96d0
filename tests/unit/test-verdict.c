/* SPDX-License-Identifier: MIT */
/* The verdict: from what is proven to the code. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "contract/verdict.h"

/* jemalloc in force (provider 1), glibc behind it (2). */
static struct alck_facts plain(void)
{
	struct alck_facts f = {0};

	f.alloc.family = alck_family_find("jemalloc");
	f.alloc.provider = 1;
	f.alloc.standard = 1;
	f.alloc.global = 1;
	f.free.family = alck_family_find("glibc");
	f.free.provider = 2;
	f.free.standard = 1;
	f.free.global = 1;
	f.global_malloc = f.global_free = 1;
	return f;
}

static void expect(const struct alck_facts *f, const char *code)
{
	ck_assert_str_eq(alck_finding_rows[alck_verdict(f)].code, code);
}

START_TEST(nothing_special_is_two_providers)
{
	struct alck_facts f = plain();

	expect(&f, "T7");
}
END_TEST

START_TEST(deep_free)
{
	struct alck_facts f = plain();

	f.free.deep = 1;
	expect(&f, "T1");
	f.alloc.caller_is_libc = 1;
	expect(&f, "T1b");
}
END_TEST

START_TEST(deep_alloc_is_not_libc_memory)
{
	struct alck_facts f = plain();

	f.alloc.deep = 1;
	f.alloc.caller_is_libc = 1;
	expect(&f, "T1");
}
END_TEST

START_TEST(linked_into_an_object)
{
	struct alck_facts f = plain();

	/* Not exported: nobody else can have meant it. */
	f.alloc.is_private = 1;
	expect(&f, "T3");
	f.free.deep = 1;
	expect(&f, "T3");
	f.alloc.api = ALCK_API_NATIVE;
	expect(&f, "T4");
	f = plain();
	f.free.is_private = 1;
	expect(&f, "T3");
	/* Exported, and bound when it was linked, but not in force. */
	f = plain();
	f.free.is_linked = 1;
	expect(&f, "T2");
	f.free.deep = 1;
	expect(&f, "T1");
	/* In force: everybody uses it. */
	f = plain();
	f.alloc.is_linked = 1;
	expect(&f, "T7");
}
END_TEST

START_TEST(names_of_their_own)
{
	struct alck_facts f = plain();

	f.free.deep = 1;
	f.alloc.api = ALCK_API_NATIVE;
	expect(&f, "T4");
	f.alloc.api = ALCK_API_C;
	f.free.api = ALCK_API_LIBC;
	expect(&f, "T15");
}
END_TEST

START_TEST(missing_alloc_entry)
{
	struct alck_facts f = plain();

	/* pvalloc: jemalloc has none, so glibc's was called. */
	f.alloc.family = alck_family_find("glibc");
	f.alloc.provider = f.alloc.global = 2;
	f.free.family = alck_family_find("jemalloc");
	f.free.provider = f.free.global = 1;
	expect(&f, "T5");
}
END_TEST

START_TEST(missing_free_entry)
{
	struct alck_facts f = plain();

	f.free.global = 2;
	expect(&f, "T6");
	f.free_is_query = 1;
	expect(&f, "T5");
}
END_TEST

START_TEST(two_copies)
{
	struct alck_facts f = plain();

	f.free.family = f.alloc.family;
	expect(&f, "T8");
	/* By names of its own too; but deep binding is the mechanism. */
	f.free.api = ALCK_API_NATIVE;
	expect(&f, "T8");
	f.free.api = ALCK_API_C;
	f.free.deep = 1;
	expect(&f, "T1");
	/* What is not known by name may be anything. */
	f = plain();
	f.alloc.family = f.free.family = &alck_family_other;
	expect(&f, "T7");
	f.same_name = 1;
	expect(&f, "T8");
}
END_TEST

START_TEST(came_late)
{
	struct alck_facts f = plain();

	f.free.late = 1;
	expect(&f, "T9");
}
END_TEST

START_TEST(other_namespace)
{
	struct alck_facts f = plain();

	f.free.name_space = 1;
	f.free.late = 1;
	expect(&f, "T11");
}
END_TEST

START_TEST(owner_is_gone)
{
	struct alck_facts f = plain();

	f.alloc.unloaded = 1;
	f.alloc.late = f.free.deep = 1;
	expect(&f, "T17");
	f.alloc.name_space = 1;
	expect(&f, "T17");
}
END_TEST

START_TEST(never_an_error)
{
	struct alck_facts f = plain();

	f.alloc.family = alck_family_find("ld.so");
	expect(&f, "T10");
	ck_assert_int_eq(alck_finding_rows[ALCK_T10].severity,
			 ALCK_SEVERITY_INFO);
	f = plain();
	f.free.family = alck_family_find("tbbmalloc-proxy");
	expect(&f, "T19");
	ck_assert_int_eq(alck_finding_rows[ALCK_T19].severity,
			 ALCK_SEVERITY_INFO);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("verdict");
	TCase *t = tcase_create("codes");
	SRunner *r;
	int failed;

	tcase_add_test(t, nothing_special_is_two_providers);
	tcase_add_test(t, deep_free);
	tcase_add_test(t, deep_alloc_is_not_libc_memory);
	tcase_add_test(t, linked_into_an_object);
	tcase_add_test(t, names_of_their_own);
	tcase_add_test(t, missing_alloc_entry);
	tcase_add_test(t, missing_free_entry);
	tcase_add_test(t, two_copies);
	tcase_add_test(t, came_late);
	tcase_add_test(t, other_namespace);
	tcase_add_test(t, owner_is_gone);
	tcase_add_test(t, never_an_error);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_set_tap(r, "-");
	srunner_run_all(r, CK_SILENT);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
