/* SPDX-License-Identifier: MIT */
/* The reader: what a model is made of, in whatever order the records come,
 * and what is said of a file that is not as it should be. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "contract/record.h"
#include "report/reader.h"

/* A file under construction. */
static unsigned char file[1 << 16];
static size_t used;
static struct alck_record_writer w;

static void start(void)
{
	alck_record_file_header(file);
	used = ALCK_FILE_HEADER;
}

static void begin(enum alck_record_type type)
{
	alck_record_begin(&w, file + used, sizeof(file) - used, type);
}

static void end(void)
{
	used += alck_record_end(&w);
}

static void add_process(void)
{
	begin(ALCK_RECORD_PROCESS);
	alck_record_uint(&w, ALCK_FIELD_PID, 42);
	alck_record_text(&w, ALCK_FIELD_EXE, "/usr/bin/prog");
	alck_record_text(&w, ALCK_FIELD_ARG, "prog");
	alck_record_text(&w, ALCK_FIELD_ARG, "-x");
	end();
}

static void add_module(uint64_t id, const char *path, uint64_t low,
		       uint64_t high, uint64_t time)
{
	begin(ALCK_RECORD_MODULE);
	alck_record_uint(&w, ALCK_FIELD_ID, id);
	alck_record_text(&w, ALCK_FIELD_PATH, path);
	alck_record_uint(&w, ALCK_FIELD_BIAS, low);
	alck_record_uint(&w, ALCK_FIELD_LOW, low);
	alck_record_uint(&w, ALCK_FIELD_HIGH, high);
	alck_record_uint(&w, ALCK_FIELD_TIME, time);
	end();
}

static void add_finding(uint64_t id, uint64_t time)
{
	static const uint64_t stack[] = {0x1010, 0x2020};

	begin(ALCK_RECORD_FINDING);
	alck_record_uint(&w, ALCK_FIELD_ID, id);
	alck_record_uint(&w, ALCK_FIELD_TIME, time);
	alck_record_text(&w, ALCK_FIELD_CODE, "T7");
	alck_record_text(&w, ALCK_FIELD_VERDICT, "cross-allocator");
	alck_record_uint(&w, ALCK_FIELD_POINTER, 0xabc0);
	alck_record_words(&w, ALCK_FIELD_STACK, stack, 2);
	end();
}

static void add_count(uint64_t id, uint64_t count)
{
	begin(ALCK_RECORD_COUNT);
	alck_record_uint(&w, ALCK_FIELD_ID, id);
	alck_record_uint(&w, ALCK_FIELD_COUNT, count);
	end();
}

static struct alck_report *parse(void)
{
	/* A buffer without a byte to spare, for the sanitizers. */
	unsigned char *exact = malloc(used ? used : 1);
	struct alck_report *report;

	ck_assert_ptr_nonnull(exact);
	memcpy(exact, file, used);
	report = alck_reader_parse("x.alck", exact, used);
	free(exact);
	ck_assert_ptr_nonnull(report);
	return report;
}

static void only_problem(struct alck_report *report, const char *text)
{
	ck_assert_uint_eq(report->nproblems, 1);
	ck_assert_str_eq(report->problems[0], text);
	alck_report_free(report);
}

START_TEST(whole)
{
	struct alck_report *r;

	start();
	add_process();
	add_module(3, "/lib/a.so", 0x1000, 0x2000, 0);
	add_finding(1, 10);
	add_count(1, 276);
	begin(ALCK_RECORD_END);
	alck_record_text(&w, ALCK_FIELD_ENDED, "exit");
	alck_record_uint(&w, ALCK_FIELD_STATUS, 3);
	end();
	r = parse();
	ck_assert_uint_eq(r->nproblems, 0);
	ck_assert_uint_eq(r->nrecords, 5);
	ck_assert_uint_eq(r->process.pid.value, 42);
	ck_assert(!r->process.ppid.set);
	ck_assert_str_eq(r->process.exe, "/usr/bin/prog");
	ck_assert_uint_eq(r->process.nargs, 2);
	ck_assert_str_eq(r->process.args[1], "-x");
	ck_assert_uint_eq(r->nfindings, 1);
	ck_assert_str_eq(r->findings[0].code, "T7");
	ck_assert_uint_eq(r->findings[0].count.value, 276);
	ck_assert_uint_eq(r->findings[0].stack.count, 2);
	ck_assert_uint_eq(r->findings[0].stack.value[1], 0x2020);
	ck_assert(!r->findings[0].size.set);
	ck_assert_ptr_null(r->findings[0].alloc_api);
	ck_assert_str_eq(r->end.ended, "exit");
	ck_assert_uint_eq(r->end.status.value, 3);
	alck_report_free(r);
}
END_TEST

START_TEST(any_order)
{
	struct alck_report *r;

	start();
	add_count(2, 9);
	add_count(1, 5);
	add_finding(1, 20);
	add_finding(2, 10);
	add_count(1, 3);
	add_module(7, "/lib/b.so", 0x1000, 0x2000, 0);
	add_process();
	r = parse();
	ck_assert_uint_eq(r->nproblems, 0);
	ck_assert_uint_eq(r->nfindings, 2);
	/* By time, and with the largest count. */
	ck_assert_uint_eq(r->findings[0].id.value, 2);
	ck_assert_uint_eq(r->findings[0].count.value, 9);
	ck_assert_uint_eq(r->findings[1].count.value, 5);
	ck_assert_str_eq(r->process.exe, "/usr/bin/prog");
	alck_report_free(r);
}
END_TEST

START_TEST(updates)
{
	struct alck_report *r;

	start();
	add_process();
	add_process();
	add_module(7, "/lib/b.so", 0x1000, 0x2000, 4);
	begin(ALCK_RECORD_MODULE);
	alck_record_uint(&w, ALCK_FIELD_ID, 7);
	alck_record_uint(&w, ALCK_FIELD_UNLOADED, 99);
	end();
	for (uint64_t n = 3; n-- > 1;) {
		begin(ALCK_RECORD_COUNTERS);
		alck_record_uint(&w, ALCK_FIELD_UNKNOWN_FREES, n);
		end();
	}
	r = parse();
	ck_assert_uint_eq(r->process.nargs, 2);
	ck_assert_uint_eq(r->nmodules, 1);
	ck_assert_str_eq(r->modules[0].path, "/lib/b.so");
	ck_assert_uint_eq(r->modules[0].unloaded.value, 99);
	ck_assert_uint_eq(r->counters.unknown_frees.value, 2);
	ck_assert(!r->counters.untracked.set);
	alck_report_free(r);
}
END_TEST

START_TEST(lookups)
{
	struct alck_report *r;

	start();
	for (uint64_t id = 0; id < 200; id++)
		add_module(id << 32, id ? "/x.so" : "", id << 12,
			   (id + 1) << 12, 0);
	add_module(1000, "/later.so", 5 << 12, 6 << 12, 50);
	add_process();
	r = parse();
	ck_assert_uint_eq(
		alck_report_module(r, (struct alck_number){77ul << 32, 1})
			->low.value,
		77 << 12);
	ck_assert_ptr_null(alck_report_module(r, (struct alck_number){77, 1}));
	ck_assert_ptr_null(alck_report_module(r, (struct alck_number){0, 0}));
	ck_assert_str_eq(alck_report_module_path(r, &r->modules[0]),
			 "/usr/bin/prog");
	ck_assert_str_eq(alck_report_module_at(r, 5 << 12, 60)->path,
			 "/later.so");
	ck_assert_str_eq(alck_report_module_at(r, 5 << 12, 40)->path, "/x.so");
	ck_assert_ptr_null(alck_report_module_at(r, 200 << 12, 0));
	alck_report_free(r);
}
END_TEST

START_TEST(events_by_time)
{
	static const char *const kinds[] = {"c", "a1", "a2", "b"};
	static const uint64_t times[] = {3, 1, 1, 2};
	struct alck_report *r;

	start();
	for (int i = 0; i < 4; i++) {
		begin(ALCK_RECORD_EVENT);
		alck_record_uint(&w, ALCK_FIELD_TIME, times[i]);
		alck_record_text(&w, ALCK_FIELD_KIND, kinds[i]);
		end();
	}
	r = parse();
	ck_assert_uint_eq(r->nevents, 4);
	ck_assert_str_eq(r->events[0].kind, "a1");
	ck_assert_str_eq(r->events[1].kind, "a2");
	ck_assert_str_eq(r->events[2].kind, "b");
	ck_assert_str_eq(r->events[3].kind, "c");
	alck_report_free(r);
}
END_TEST

START_TEST(newest_coverage)
{
	static const char *const paths[] = {"/b", "/a", "/b"};
	static const char *const seen[] = {"none", "all", "part"};
	struct alck_report *r;

	start();
	for (int i = 0; i < 3; i++) {
		begin(ALCK_RECORD_COVERAGE);
		alck_record_text(&w, ALCK_FIELD_PATH, paths[i]);
		alck_record_text(&w, ALCK_FIELD_SEEN, seen[i]);
		end();
	}
	r = parse();
	ck_assert_uint_eq(r->ncoverage, 2);
	ck_assert_str_eq(r->coverage[0].path, "/a");
	ck_assert_str_eq(r->coverage[1].seen, "part");
	alck_report_free(r);
}
END_TEST

START_TEST(empty_file)
{
	used = 0;
	only_problem(parse(), "x.alck: empty: the process has written nothing, "
			      "or could not");
}
END_TEST

START_TEST(missing_file)
{
	struct alck_report *r = alck_reader_read("/nowhere/x.alck");

	ck_assert_ptr_nonnull(r);
	only_problem(r, "/nowhere/x.alck: No such file or directory");
	r = alck_reader_read("/dev/zero");
	ck_assert_ptr_nonnull(r);
	only_problem(r, "/dev/zero: not a regular file");
}
END_TEST

START_TEST(foreign_file)
{
	used = 5000;
	memset(file, 0xa1, used);
	only_problem(parse(), "x.alck: not an alloccheck report");
}
END_TEST

START_TEST(header_cut)
{
	start();
	used = 9;
	only_problem(parse(), "x.alck: cut off inside its header: nothing to "
			      "show");
}
END_TEST

START_TEST(last_record_cut)
{
	struct alck_report *r;

	start();
	add_process();
	add_module(1, "/a", 0, 1, 0);
	used -= 3;
	r = parse();
	ck_assert_uint_eq(r->process.pid.value, 42);
	only_problem(r, "x.alck: cut off after 1 record: the last one is "
			"incomplete");
}
END_TEST

START_TEST(garbage_between)
{
	struct alck_report *r;

	start();
	add_process();
	memset(file + used, 0xa1, 100);
	used += 100;
	add_module(1, "/a", 0, 1, 0);
	r = parse();
	ck_assert_uint_eq(r->nmodules, 1);
	only_problem(r, "x.alck: damaged in 1 place, first at byte 75: 100 "
			"bytes skipped, 2 records whole");
}
END_TEST

/* A length that reaches past the end hides nothing behind it. */
START_TEST(length_too_long)
{
	struct alck_report *r;
	size_t first;

	start();
	first = used;
	add_process();
	add_module(1, "/a", 0, 1, 0);
	file[first + 5] ^= 0x10;
	r = parse();
	ck_assert_uint_eq(r->nmodules, 1);
	ck_assert_uint_eq(r->nproblems, 1);
	alck_report_free(r);
}
END_TEST

START_TEST(header_damaged)
{
	struct alck_report *r;

	start();
	add_process();
	file[0] = 'B';
	r = parse();
	ck_assert_uint_eq(r->process.pid.value, 42);
	only_problem(r, "x.alck: damaged in 1 place, first at byte 0: 16 bytes "
			"skipped, 1 record whole");
}
END_TEST

START_TEST(newer_file)
{
	struct alck_report *r;

	start();
	add_process();
	file[8] = 2;
	r = parse();
	ck_assert_uint_eq(r->process.pid.value, 42);
	only_problem(r, "x.alck: written in report format 2.0, this program "
			"reads format 1: what it knows is shown");
	/* A newer minor version only adds. */
	file[8] = 1;
	file[10] = 9;
	r = parse();
	ck_assert_uint_eq(r->nproblems, 0);
	alck_report_free(r);
}
END_TEST

START_TEST(unknown_rows)
{
	struct alck_report *r;

	start();
	begin((enum alck_record_type)999);
	alck_record_uint(&w, ALCK_FIELD_PID, 1);
	end();
	begin(ALCK_RECORD_PROCESS);
	alck_record_text(&w, (enum alck_field)250, "later");
	alck_record_uint(&w, ALCK_FIELD_PID, 5);
	end();
	r = parse();
	ck_assert_uint_eq(r->nproblems, 0);
	ck_assert_uint_eq(r->nrecords, 2);
	ck_assert_uint_eq(r->process.pid.value, 5);
	alck_report_free(r);
}
END_TEST

START_TEST(malformed_fields)
{
	struct alck_report *r;

	start();
	begin(ALCK_RECORD_PROCESS);
	alck_record_text(&w, ALCK_FIELD_PID, "not a number");
	alck_record_uint(&w, ALCK_FIELD_PPID, 6);
	end();
	begin(ALCK_RECORD_FINDING); /* without an ID */
	alck_record_text(&w, ALCK_FIELD_CODE, "T1");
	end();
	begin(ALCK_RECORD_EVENT);
	alck_record_bytes(&w, ALCK_FIELD_KIND, "ab", 2);
	end();
	r = parse();
	ck_assert(!r->process.pid.set);
	ck_assert_uint_eq(r->process.ppid.value, 6);
	ck_assert_uint_eq(r->nfindings, 0);
	only_problem(r, "x.alck: 3 records with fields that make no sense, "
			"which are left out");
}
END_TEST

START_TEST(count_alone)
{
	struct alck_report *r;

	start();
	add_count(8, 3);
	add_finding(1, 1);
	r = parse();
	ck_assert_uint_eq(r->nfindings, 1);
	ck_assert_uint_eq(r->findings[0].count.value, 1);
	ck_assert_uint_eq(r->nproblems, 1);
	alck_report_free(r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("reader");
	TCase *c = tcase_create("reader");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_add_test(c, whole);
	tcase_add_test(c, any_order);
	tcase_add_test(c, updates);
	tcase_add_test(c, lookups);
	tcase_add_test(c, events_by_time);
	tcase_add_test(c, newest_coverage);
	tcase_add_test(c, empty_file);
	tcase_add_test(c, missing_file);
	tcase_add_test(c, foreign_file);
	tcase_add_test(c, header_cut);
	tcase_add_test(c, last_record_cut);
	tcase_add_test(c, garbage_between);
	tcase_add_test(c, length_too_long);
	tcase_add_test(c, header_damaged);
	tcase_add_test(c, newer_file);
	tcase_add_test(c, unknown_rows);
	tcase_add_test(c, malformed_fields);
	tcase_add_test(c, count_alone);
	srunner_set_tap(sr, "-");
	srunner_run_all(sr, CK_SILENT);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
