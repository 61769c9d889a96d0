/* SPDX-License-Identifier: MIT */
/* The words of a finding: what the wrong allocator would have done, against
 * what this machine's glibc does; names, templates, trimming, texts of any
 * bytes. */
#define _GNU_SOURCE
#include <check.h>
#include <gnu/libc-version.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report/explain.h"
#include "report/json.h"
#include "report/utf8.h"

static struct alck_report *report;
static struct alck_report_finding finding;
static struct alck_named_stacks stacks;
static struct alck_arena arena;

static struct alck_number number(uint64_t value)
{
	return (struct alck_number){value, 1};
}

static void add_provider(uint64_t id, const char *family, const char *title,
			 const char *version, const char *path)
{
	struct alck_report_provider *p = alck_report_add_provider(report, id);

	ck_assert_ptr_nonnull(p);
	p->family = family;
	p->title = title;
	p->version = version;
	p->path = path;
	p->how = "shared";
}

static void setup(void)
{
	report = alck_report_new("x.alck");
	ck_assert_ptr_nonnull(report);
	add_provider(1, "glibc", "glibc ptmalloc", gnu_get_libc_version(),
		     "/lib/libc.so.6");
	add_provider(2, "jemalloc", "jemalloc", "5.3.0",
		     "/lib/libjemalloc.so.2");
	add_provider(3, "tcmalloc", "gperftools tcmalloc", NULL, "/lib/libtc");
	add_provider(4, "mimalloc", "mimalloc", "2.0.9", "/lib/libmi.so");
	memset(&finding, 0, sizeof(finding));
	memset(&stacks, 0, sizeof(stacks));
	finding.code = "T7";
	finding.verdict = "cross-allocator";
	finding.api = "free";
	finding.pointer = number(0x7f0000001040);
	finding.owner = number(2);
	finding.freer = number(1);
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

START_TEST(other_allocators)
{
	finding.freer = number(2);
	finding.owner = number(1);
	otherwise_has("SIGSEGV, without a word");
	finding.freer = number(4);
	otherwise_has("SIGSEGV, without a word");
	finding.freer = number(3);
	otherwise_has("\"Attempt to free invalid pointer\"");
	finding.api = "realloc";
	otherwise_has("\"Attempt to realloc invalid pointer\"");
	finding.freer = number(77);
	otherwise_has("not known");
}
END_TEST

START_TEST(unknown_word)
{
	otherwise_has("were not recorded");
}
END_TEST

START_TEST(arena_address)
{
	finding.pointer = number(0x7f0012345680);
	finding.word_before = number(0x25);
	otherwise_has("the word at 0x7f0010000000 for an arena");
}
END_TEST

START_TEST(old_glibc)
{
	add_provider(1, "glibc", "glibc ptmalloc", "2.17", "/lib/libc.so.6");
	finding.word_before = number(0x41);
	otherwise_has("double free or corruption (out)");
}
END_TEST

START_TEST(harmless_codes)
{
	finding.code = "T12";
	otherwise_has("nothing today");
	finding.code = "T14";
	otherwise_has("nothing by itself");
	finding.code = "T19";
	otherwise_has("nothing: ");
}
END_TEST

/* What glibc itself says to a block of ours behind WORD; "" when it takes it,
 * NULL when it dies of a signal. */
#ifdef __SANITIZE_ADDRESS__
#define REAL_GLIBC 0
#else
#define REAL_GLIBC 1
#endif

static const char *ask_glibc(uint64_t word, int misaligned, int is_realloc)
{
	static char said[256];
	char *heap = mmap(NULL, 1 << 21, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *block = heap + 8192 + 64 + (misaligned ? 8 : 0);
	int fd[2], status;
	ssize_t n;
	pid_t pid;

	ck_assert_ptr_ne(heap, MAP_FAILED);
	memcpy(block - 8, &word, sizeof(word));
	ck_assert_int_eq(pipe(fd), 0);
	pid = fork();
	if (!pid) {
		void *volatile hidden = block;

		dup2(fd[1], STDERR_FILENO);
		setenv("LIBC_FATAL_STDERR_", "1", 1);
		alarm(5);
		if (is_realloc)
			hidden = realloc(hidden, 100);
		else
			free(hidden);
		_exit(hidden == NULL);
	}
	close(fd[1]);
	n = read(fd[0], said, sizeof(said) - 1);
	close(fd[0]);
	waitpid(pid, &status, 0);
	munmap(heap, 1 << 21);
	said[n > 0 ? n : 0] = '\0';
	said[strcspn(said, "\n")] = '\0';
	if (WIFSIGNALED(status) && WTERMSIG(status) != SIGABRT)
		return NULL;
	return said;
}

/* None with the arena bit (4) and without the mmap bit (2): glibc would lock an
 * arena whose address is whatever lies 64 MiB below, and a lock that crosses a
 * cache line slows the whole machine.  See arena_address for those. */
static const uint64_t words[] = {
	0,     1,     8,      0x10,   0x18,
	0x20,  0x21,  0x28,   0x29,   0x31,
	0x41,  0x91,  0x42,   0x46,   0xffffffffffffff01,
	0x411, 0x421, 0x1001, 0x6261, 0x6162636465666770,
};

/* Each word free() is asked, and what it says must be in our sentence. */
START_TEST(as_glibc_does)
{
	const char *said;

	finding.word_before = number(words[_i / 2]);
	if (_i % 2)
		finding.pointer.value += 8;
	said = ask_glibc(words[_i / 2], _i % 2, 0);
	if (!said)
		otherwise_has("SIGSEGV");
	else if (*said)
		otherwise_has(said);
	else
		otherwise_has("without a sign");
}
END_TEST

START_TEST(as_glibc_reallocs)
{
	const char *said;

	finding.api = "realloc";
	finding.word_before = number(words[_i]);
	said = ask_glibc(words[_i], 0, 1);
	if (!said)
		otherwise_has("SIGSEGV");
	else if (!strcmp(said, "realloc(): invalid old size"))
		otherwise_has("invalid old size");
	else
		otherwise_has(said);
}
END_TEST

START_TEST(provider_names)
{
	char expected[128];

	snprintf(expected, sizeof(expected), "glibc %s ptmalloc (libc.so.6)",
		 gnu_get_libc_version());
	ck_assert_str_eq(
		alck_explain_provider(&arena, report, &report->providers[0]),
		expected);
	ck_assert_str_eq(
		alck_explain_provider(&arena, report, &report->providers[1]),
		"jemalloc 5.3.0 (libjemalloc.so.2)");
	ck_assert_str_eq(
		alck_explain_provider(&arena, report, &report->providers[2]),
		"gperftools tcmalloc (libtc)");
	ck_assert_str_eq(alck_explain_provider(&arena, report, NULL),
			 "an unknown allocator");
}
END_TEST

/* Every row of the table of findings, with nothing and with much to fill in:
 * no placeholder is left, and none is unknown. */
START_TEST(every_template)
{
	struct alck_explanation out;

	finding.code = alck_finding_rows[_i].code;
	alck_explain(&arena, report, &finding, &stacks, &out);
	ck_assert_ptr_nonnull(out.why);
	ck_assert_ptr_nonnull(out.advice);
	ck_assert_ptr_null(strpbrk(out.why, "{}?"));
	ck_assert_ptr_null(strpbrk(out.advice, "{}?"));
	ck_assert_str_eq(out.slug, alck_finding_rows[_i].slug);
	finding.owner.set = finding.freer.set = 0;
	alck_explain(&arena, report, &finding, &stacks, &out);
	ck_assert_ptr_null(strpbrk(out.why, "{}?"));
	ck_assert_ptr_nonnull(out.headline);
}
END_TEST

static struct alck_frames two_frames(struct alck_frame *frames)
{
	return (struct alck_frames){frames, 2};
}

START_TEST(headline_and_suppression)
{
	struct alck_report_module *m = alck_report_add_module(report, 1);
	struct alck_frame frames[2] = {{.pc = 1}, {.pc = 2}};
	struct alck_explanation out;

	ck_assert_ptr_nonnull(m);
	m->path = "/opt/plugin.so";
	m->deep_bound = number(1);
	frames[0].module = m;
	frames[0].function = "f(int, char*)";
	stacks.dealloc = two_frames(frames);
	alck_explain(&arena, report, &finding, &stacks, &out);
	ck_assert_str_eq(out.headline, "free() of a jemalloc block reached "
				       "glibc");
	ck_assert_str_eq(out.suppression, "T7 owner=jemalloc freer=glibc "
					  "free=plugin.so!f(int,?char?)");
	ck_assert_ptr_nonnull(strstr(out.freed_by, "called from plugin.so, "
						   "which was loaded with "
						   "RTLD_DEEPBIND"));
}
END_TEST

START_TEST(not_a_mix)
{
	struct alck_explanation out;

	finding.code = "T22";
	finding.verdict = "double-free";
	finding.freer = finding.owner;
	finding.freed_api = "free";
	finding.freed_thread = number(4);
	alck_explain(&arena, report, &finding, &stacks, &out);
	ck_assert_str_eq(out.headline,
			 "free() of a jemalloc block that was freed before");
	ck_assert_str_eq(out.why,
			 "the block was freed before, by free() in thread 4");
	ck_assert_ptr_nonnull(strstr(out.otherwise, "twice"));
	finding.verdict = "bad-free";
	finding.owner.set = 0;
	finding.wild = "inside";
	finding.inside = number(finding.pointer.value - 48);
	alck_explain(&arena, report, &finding, &stacks, &out);
	ck_assert_ptr_nonnull(strstr(out.why, "48 bytes inside"));
	ck_assert_str_eq(out.headline, "free() of the inside of a block");
}
END_TEST

/* strdup() stays, malloc() of the same libc goes; of an allocator all goes;
 * something always stays. */
START_TEST(trimming)
{
	struct alck_report_module *libc, *own;
	struct alck_frame frames[4] = {{.pc = 1}};
	struct alck_frames all = {frames, 4}, some;

	alck_report_add_module(report, 10);
	alck_report_add_module(report, 11);
	own = alck_report_add_module(report, 12);
	libc = &report->modules[0];
	libc->path = "/lib/libc.so.6";
	own->path = "/usr/lib/alloccheck/liballoccheck.so";
	report->providers[0].module = number(10);
	report->providers[1].module = number(11);
	frames[0].module = own;
	frames[0].function = "free";
	frames[1].module = &report->modules[1];
	frames[1].function = "anything";
	frames[2].module = libc;
	frames[2].function = "malloc";
	frames[3].module = libc;
	frames[3].function = "strdup";
	some = alck_explain_trim(report, all);
	ck_assert_uint_eq(some.count, 1);
	ck_assert_str_eq(some.frame[0].function, "strdup");
	all.count = 3;
	some = alck_explain_trim(report, all);
	ck_assert_uint_eq(some.count, 1);
	ck_assert_str_eq(some.frame[0].function, "malloc");
	all.count = 0;
	ck_assert_uint_eq(alck_explain_trim(report, all).count, 0);
}
END_TEST

START_TEST(utf8)
{
	static const struct {
		const char *text;
		size_t len;
	} rows[] = {
		{"a", 1},
		{"\xc3\xa4", 2},
		{"\xe2\x82\xac", 3},
		{"\xf0\x9f\x98\x80", 4},
		{"", 0},
		{"\x80", 0},
		{"\xc0\xaf", 0},
		{"\xe0\x80\xaf", 0},
		{"\xed\xa0\x80", 0},
		{"\xf4\x90\x80\x80", 0},
		{"\xf5", 0},
		{"\xe2\x82", 0},
		{"\xc3", 0},
		{"\xf0\x9f\x98", 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(alck_utf8_length(rows[i].text) == rows[i].len,
			      "row %zu", i);
}
END_TEST

START_TEST(json_text)
{
	struct alck_json j;
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(out);
	alck_json_init(&j, out);
	alck_json_object(&j, NULL);
	alck_json_text(&j, "a\"b", "\x01\\\xff\xc3\xa4");
	alck_json_array(&j, "n");
	alck_json_uint(&j, NULL, UINT64_MAX);
	alck_json_seconds(&j, NULL, 1000000001);
	alck_json_text(&j, NULL, NULL);
	alck_json_close(&j);
	alck_json_hex(&j, "h", 255);
	alck_json_bool(&j, "t", 1);
	alck_json_close(&j);
	ck_assert_int_eq(fclose(out), 0);
	ck_assert_str_eq(text, "{\"a\\\"b\":\"\\u0001\\\\\\ufffd\xc3\xa4\","
			       "\"n\":[18446744073709551615,1.000000001,null],"
			       "\"h\":\"0xff\",\"t\":true}\n");
	free(text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("explain");
	TCase *c = tcase_create("explain");
	SRunner *sr = srunner_create(s);
	int failed, nwords = sizeof(words) / sizeof(words[0]);

	suite_add_tcase(s, c);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, other_allocators);
	tcase_add_test(c, unknown_word);
	tcase_add_test(c, arena_address);
	tcase_add_test(c, old_glibc);
	tcase_add_test(c, harmless_codes);
	/* The messages are those of 2.26 and later; a sanitizer's free() is
	 * not glibc's. */
	if (REAL_GLIBC && strverscmp(gnu_get_libc_version(), "2.26") >= 0) {
		tcase_add_loop_test(c, as_glibc_does, 0, 2 * nwords);
		tcase_add_loop_test(c, as_glibc_reallocs, 0, nwords);
	}
	tcase_add_test(c, provider_names);
	tcase_add_loop_test(c, every_template, 0, ALCK_CODES);
	tcase_add_test(c, headline_and_suppression);
	tcase_add_test(c, not_a_mix);
	tcase_add_test(c, trimming);
	tcase_add_test(c, utf8);
	tcase_add_test(c, json_text);
	srunner_set_tap(sr, "-");
	srunner_run_all(sr, CK_SILENT);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
