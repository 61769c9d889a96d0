/* SPDX-License-Identifier: MIT */
/* Which lock glibc would have taken, and what the machine makes of it. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "report/explain.h"
#include "report/split-lock.h"

static struct alck_report *report;
static struct alck_report_finding finding;
static struct alck_arena arena;

static struct alck_number number(uint64_t value)
{
	return (struct alck_number){value, 1};
}

static void glibc(const char *version)
{
	struct alck_report_provider *p = alck_report_add_provider(report, 1);

	ck_assert_ptr_nonnull(p);
	p->family = "glibc";
	p->version = version;
}

static void setup(void)
{
	report = alck_report_new("x.alck");
	ck_assert_ptr_nonnull(report);
	glibc("2.36");
	memset(&finding, 0, sizeof(finding));
	finding.code = "T13";
	finding.verdict = "cross-allocator";
	finding.api = "free";
	finding.pointer = number(0x7f0012345680);
	finding.freer = number(1);
	finding.word_before = number(0x4444444444444444);
	finding.arena_at = number(0x7f0010000000);
	finding.arena = number(0x7f0010000040);
	finding.arena_lock = number(7);
}

static void teardown(void)
{
	alck_arena_free(&arena);
	alck_report_free(report);
}

static void otherwise_has(const char *text)
{
	const char *words = alck_explain_otherwise(&arena, report, &finding);

	ck_assert_ptr_nonnull(words);
	ck_assert_msg(strstr(words, text), "'%s' is not in '%s'", text, words);
}

/* A lock is four bytes: 60 is the last place in a line where it fits. */
START_TEST(crossing)
{
	finding.arena = number(0x7f0010000040 + (uint64_t)_i);
	otherwise_has(_i > 60 && _i < 64 ? "which cross a cache line"
					 : "waited for its lock, 0x7 there");
}
END_TEST

START_TEST(no_address)
{
	finding.arena = number(0x800000000000);
	otherwise_has("since that is no address");
	finding.arena = number(0x7ffffffff000);
	finding.arena_lock.set = 0;
	otherwise_has("since nothing is there");
	finding.arena = number(0xffff800000000000);
	otherwise_has("since nothing is there");
	finding.arena.set = 0;
	otherwise_has("at 0x7f0010000000, where nothing is");
}
END_TEST

/* What stops free, or serves it, before the lock. */
START_TEST(before_the_lock)
{
	finding.word_before = number(0x4);
	otherwise_has("\"free(): invalid pointer\"");
	finding.word_before = number(0x14);
	otherwise_has("\"free(): invalid size\"");
	finding.word_before = number(0x45);
	otherwise_has("free list, without a sign");
	glibc("2.23");
	otherwise_has("waited for its lock");
	glibc("2.36");
	finding.api = "realloc";
	otherwise_has("waited for its lock, 0x7 there, in realloc()");
	finding.word_before = number(0x4);
	otherwise_has("\"realloc(): invalid pointer\"");
}
END_TEST

START_TEST(free_lock)
{
	finding.arena_lock = number(0);
	otherwise_has("taken its lock, 0 there");
}
END_TEST

static const struct event_case {
	const char *vendor;
	uint64_t family, model;
	const char *name, *raw;
} events[] = {
	{"AuthenticAMD", 23, 49, "ls_locks.bus_lock", "r0125"},
	{"AuthenticAMD", 25, 17, "ls_locks.bus_lock", "r0125"},
	{"AuthenticAMD", 26, 2, "ls_locks.bus_lock", "r0125"},
	{"AuthenticAMD", 21, 2, NULL, NULL},
	{"GenuineIntel", 6, 85, "sq_misc.split_lock", "r10f4"},
	{"GenuineIntel", 6, 106, "sq_misc.bus_lock", "r10f4"},
	{"GenuineIntel", 6, 143, "sq_misc.bus_lock", "r102c"},
	{"GenuineIntel", 15, 143, NULL, NULL},
	{"GenuineIntel", 6, 92, NULL, NULL},
	{"CentaurHauls", 6, 143, NULL, NULL},
};

START_TEST(event)
{
	const struct event_case *c = &events[_i];
	struct alck_report_host host = {.vendor = c->vendor};
	const struct alck_bus_lock_event *e;

	ck_assert_ptr_null(alck_bus_lock_event(&host));
	host.cpu_family = number(c->family);
	host.cpu_model = number(c->model);
	e = alck_bus_lock_event(&host);
	if (!c->name) {
		ck_assert_ptr_null(e);
		ck_assert_ptr_nonnull(
			strstr(alck_explain_split_lock(&arena, &host),
			       "is not known"));
		return;
	}
	ck_assert_ptr_nonnull(e);
	ck_assert_str_eq(e->name, c->name);
	ck_assert_str_eq(e->raw, c->raw);
}
END_TEST

static void host_has(const struct alck_report_host *host, const char *text)
{
	const char *words = alck_explain_split_lock(&arena, host);

	ck_assert_ptr_nonnull(words);
	ck_assert_msg(strstr(words, text), "'%s' is not in '%s'", text, words);
}

START_TEST(detection)
{
	struct alck_report_host host = {.set = 1};

	host_has(&host, "whether this machine notices split locks is not");
	host.split_lock_detect = number(0);
	host.bus_lock_detect = number(0);
	host_has(&host, "nothing notices a split lock");
	host.hypervisor = number(1);
	host_has(&host, "but the host may");
	host.split_lock_detect = number(1);
	host_has(&host, "by default warn");
	host.mitigate = number(1);
	host_has(&host, "made slow on purpose");
	host.split_lock_mode = "fatal";
	host_has(&host, "SIGBUS");
	host.split_lock_mode = "ratelimit:10";
	host_has(&host, "split_lock_detect=ratelimit:10");
	host.split_lock_mode = "off";
	host_has(&host, "told not to notice");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("split-lock");
	TCase *t = tcase_create("all");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, crossing, 0, 65);
	tcase_add_test(t, no_address);
	tcase_add_test(t, before_the_lock);
	tcase_add_test(t, free_lock);
	tcase_add_loop_test(t, event, 0,
			    (int)(sizeof(events) / sizeof(events[0])));
	tcase_add_test(t, detection);
	suite_add_tcase(s, t);
	srunner_set_tap(sr, "-");
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
