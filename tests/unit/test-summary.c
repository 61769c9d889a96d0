/* SPDX-License-Identifier: MIT */
/* The reports of one run taken together: what is the same finding, what is
 * counted, what the last line says. */
#define _GNU_SOURCE
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "contract/record.h"
#include "report/summary.h"

static char folder[64];
static char *said;
static size_t said_len;
static struct alck_merge_totals sum;

static void setup(void)
{
	snprintf(folder, sizeof(folder), "summary.%ld", (long)getpid());
	ck_assert_int_eq(mkdir(folder, 0700), 0);
}

static void teardown(void)
{
	char *command;

	ck_assert_int_gt(asprintf(&command, "rm -rf '%s'", folder), 0);
	ck_assert_int_eq(system(command), 0);
	free(command);
	free(said);
}

static void summarize(int max)
{
	FILE *out = open_memstream(&said, &said_len);

	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(
		alck_report_summary(folder, NULL, NULL, NULL, out, max, &sum),
		0);
	ck_assert_int_eq(fclose(out), 0);
}

static void last_line_is(const char *line)
{
	char *expected;

	ck_assert_int_gt(
		asprintf(&expected, "%s; reports in %s\n", line, folder), 0);
	ck_assert_msg(
		said_len >= strlen(expected) &&
			!strcmp(said + said_len - strlen(expected), expected),
		"'%s' does not end in '%s'", said, expected);
	free(expected);
}

static FILE *start(unsigned int pid, uint64_t base)
{
	unsigned char buf[256];
	struct alck_record_writer w;
	char *name;
	FILE *f;

	ck_assert_int_gt(asprintf(&name, "%s/%u.alck", folder, pid), 0);
	f = fopen(name, "w");
	ck_assert_ptr_nonnull(f);
	free(name);
	alck_record_file_header(buf);
	fwrite(buf, 1, ALCK_FILE_HEADER, f);
	alck_record_begin(&w, buf, sizeof(buf), ALCK_RECORD_PROCESS);
	alck_record_uint(&w, ALCK_FIELD_PID, pid);
	fwrite(buf, 1, alck_record_end(&w), f);
	alck_record_begin(&w, buf, sizeof(buf), ALCK_RECORD_MODULE);
	alck_record_uint(&w, ALCK_FIELD_ID, 1);
	alck_record_text(&w, ALCK_FIELD_PATH, "/nowhere/plugin.so");
	alck_record_uint(&w, ALCK_FIELD_BIAS, base);
	alck_record_uint(&w, ALCK_FIELD_LOW, base);
	alck_record_uint(&w, ALCK_FIELD_HIGH, base + 0x10000);
	fwrite(buf, 1, alck_record_end(&w), f);
	return f;
}

static void add(FILE *f, uint64_t id, const char *code, const char *severity,
		uint64_t pc, uint64_t count)
{
	unsigned char buf[256];
	struct alck_record_writer w;

	alck_record_begin(&w, buf, sizeof(buf), ALCK_RECORD_FINDING);
	alck_record_uint(&w, ALCK_FIELD_ID, id);
	alck_record_text(&w, ALCK_FIELD_CODE, code);
	alck_record_text(&w, ALCK_FIELD_SEVERITY, severity);
	alck_record_text(&w, ALCK_FIELD_VERDICT, "cross-allocator");
	alck_record_text(&w, ALCK_FIELD_API, "free");
	alck_record_words(&w, ALCK_FIELD_STACK, &pc, 1);
	fwrite(buf, 1, alck_record_end(&w), f);
	alck_record_begin(&w, buf, sizeof(buf), ALCK_RECORD_COUNT);
	alck_record_uint(&w, ALCK_FIELD_ID, id);
	alck_record_uint(&w, ALCK_FIELD_COUNT, count);
	fwrite(buf, 1, alck_record_end(&w), f);
}

static unsigned int headlines(void)
{
	unsigned int n = 0;

	for (const char *p = said; (p = strstr(p, "reached")); p++)
		n++;
	return n;
}

START_TEST(two_processes)
{
	FILE *f = start(100, 0x10000);

	add(f, 1, "T7", "error", 0x10100, 5);
	add(f, 2, "T12", "latent", 0x10200, 1);
	fclose(f);
	/* The same place at another address, and another place. */
	f = start(200, 0x7f0000000000);
	add(f, 9, "T7", "error", 0x7f0000000100, 2);
	add(f, 8, "T7", "error", 0x7f0000000300, 1);
	fclose(f);
	fclose(start(300, 0));
	summarize(-1);
	ck_assert_uint_eq(sum.times[0], 8);
	ck_assert_uint_eq(sum.distinct[0], 2);
	ck_assert_uint_eq(sum.times[1], 1);
	ck_assert_uint_eq(sum.times[2], 0);
	ck_assert_uint_eq(sum.processes, 3);
	ck_assert_uint_eq(sum.affected, 2);
	ck_assert_uint_eq(sum.problems, 0);
	ck_assert_uint_eq(headlines(), 3);
	ck_assert_ptr_nonnull(strstr(said, "in process 100, 200, 7 times"));
	last_line_is("alloccheck: 8 errors (2 distinct), 1 latent in 2 of 3 "
		     "processes");
}
END_TEST

START_TEST(at_most)
{
	FILE *f = start(1, 0x10000);

	add(f, 1, "T19", "info", 0x10100, 1);
	add(f, 2, "T7", "error", 0x10200, 1);
	add(f, 3, "T7", "error", 0x10300, 1);
	fclose(f);
	summarize(1);
	ck_assert_uint_eq(headlines(), 1);
	ck_assert_ptr_nonnull(strstr(said, "error T7"));
	ck_assert_ptr_nonnull(strstr(said, "and 2 more"));
	ck_assert_uint_eq(sum.distinct[0], 2);
	last_line_is("alloccheck: 2 errors, 1 note in 1 of 1 process");
}
END_TEST

START_TEST(damaged)
{
	FILE *f = start(1, 0x10000);

	add(f, 1, "T7", "error", 0x10100, 1);
	fputs("garbage", f);
	fclose(f);
	summarize(-1);
	ck_assert_uint_eq(sum.problems, 1);
	ck_assert_uint_eq(sum.times[0], 1);
	ck_assert_ptr_nonnull(strstr(said, "1.alck: damaged in 1 place"));
	last_line_is("alloccheck: 1 error in 1 of 1 process");
}
END_TEST

START_TEST(nothing)
{
	summarize(-1);
	ck_assert_str_eq(said, "alloccheck: nothing found\n");
	ck_assert_uint_eq(sum.processes, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("summary");
	TCase *c = tcase_create("summary");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, two_processes);
	tcase_add_test(c, at_most);
	tcase_add_test(c, damaged);
	tcase_add_test(c, nothing);
	srunner_set_tap(sr, "-");
	srunner_run_all(sr, CK_SILENT);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
