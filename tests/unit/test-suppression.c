/* SPDX-License-Identifier: MIT */
/* The language of suppressions, and whether a rule fits.  Runs under Check. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "contract/suppression.h"

static struct alck_suppression_reader reader;
static struct alck_suppression rule;

static int first(const char *text)
{
	alck_suppression_begin(&reader, text, strlen(text));
	return alck_suppression_next(&reader, &rule);
}

static int is(struct alck_slice slice, const char *text)
{
	return slice.len == strlen(text) &&
	       !memcmp(slice.text, text, slice.len);
}

static int glob(const char *pattern, const char *text)
{
	struct alck_slice slice = {pattern, strlen(pattern)};

	return alck_glob(slice, text, strlen(text));
}

START_TEST(globs)
{
	ck_assert(glob("", ""));
	ck_assert(!glob("", "a"));
	ck_assert(glob("*", ""));
	ck_assert(glob("a*c*e", "abcde"));
	ck_assert(!glob("a*c*f", "abcde"));
	ck_assert(glob("*ab", "aab"));
	ck_assert(glob("*a?c*", "xxabcabx"));
	ck_assert(!glob("?", ""));
	ck_assert(glob("operator new[](?*)", "operator new[](unsigned long)"));
	ck_assert(!glob("[ab]", "a"));
}
END_TEST

START_TEST(lines)
{
	ck_assert_int_eq(first(""), 0);
	ck_assert_int_eq(first("\n # no\n\t\n"), 0);
	ck_assert_int_eq(first("\n\n  T1b owner=je*\tfree=a!b=c  \r\nT2"), 1);
	ck_assert_uint_eq(rule.line, 3);
	ck_assert_uint_eq(rule.nitems, 3);
	ck_assert_uint_eq(rule.name.len, 0);
	ck_assert(is(rule.items[0].value, "T1b"));
	ck_assert(is(rule.items[1].value, "je*"));
	ck_assert_int_eq(rule.items[2].key, ALCK_SUPPRESS_FREE);
	ck_assert(is(rule.items[2].value, "a!b=c"));
	ck_assert_int_eq(alck_suppression_next(&reader, &rule), 1);
	ck_assert(is(rule.items[0].value, "T2"));
	ck_assert_int_eq(alck_suppression_next(&reader, &rule), 0);
	ck_assert_int_eq(first("code=T1"), 1);
	ck_assert_int_eq(first("   suppress with: T1 free=x"), 1);
	ck_assert_uint_eq(rule.nitems, 2);
}
END_TEST

START_TEST(blocks)
{
	ck_assert_int_eq(first("{ a name = of sorts\n T1\n# x\n free=a free=b\n"
			       "}\nT3"),
			 1);
	ck_assert(is(rule.name, "a name = of sorts"));
	ck_assert_uint_eq(rule.nitems, 3);
	ck_assert_int_eq(alck_suppression_next(&reader, &rule), 1);
	ck_assert_uint_eq(rule.line, 6);
	ck_assert_int_eq(first("{\nfree=a\n}"), 1);
	ck_assert_uint_eq(rule.name.len, 0);
}
END_TEST

static const struct {
	const char *text, *word, *what;
	unsigned int line;
} mistakes[] = {
	{"T1 wrong", "wrong", "neither a code", 1},
	{"T1\nT1 oner=x", "oner", "no such key", 2},
	{"T1 free[=x", "free[", "no such key", 1},
	{"T1 owner=", "owner=", "a value is missing", 1},
	{"suppress with:", "", "says nothing", 1},
	{"{ x\n}", "x", "says nothing", 2},
	{"{\nT1\n", "", "not closed", 2},
	{"{\nT1\n{\n}", "{", "before it is not closed", 3},
};

START_TEST(mistaken)
{
	int got = 1;

	alck_suppression_begin(&reader, mistakes[_i].text,
			       strlen(mistakes[_i].text));
	while (got > 0)
		got = alck_suppression_next(&reader, &rule);
	ck_assert_int_eq(got, -1);
	ck_assert_ptr_nonnull(strstr(reader.mistake, mistakes[_i].what));
	ck_assert(is(reader.mistake_word, mistakes[_i].word));
	ck_assert_uint_eq(reader.mistake_line, mistakes[_i].line);
}
END_TEST

START_TEST(after_a_mistake)
{
	ck_assert_int_eq(first("T1 x\nT2"), -1);
	ck_assert_int_eq(alck_suppression_next(&reader, &rule), 1);
	ck_assert(is(rule.items[0].value, "T2"));
	ck_assert_int_eq(alck_suppression_next(&reader, &rule), 0);
}
END_TEST

START_TEST(too_many_words)
{
	char text[10 * ALCK_SUPPRESSION_ITEMS] = "T1";

	for (int i = 1; i < ALCK_SUPPRESSION_ITEMS; i++)
		strcat(text, " free=x");
	ck_assert_int_eq(first(text), 1);
	ck_assert_uint_eq(rule.nitems, ALCK_SUPPRESSION_ITEMS);
	strcat(text, " free=x");
	ck_assert_int_eq(first(text), -1);
}
END_TEST

/* ------------------------------------------------------------------ matching
 */

/* A stack is "module!function module ..."; a function "?" is not known, and
 * then it fits by its module. */
static const char *stacks[2];
static unsigned int skipped;

static const char *frame_at(int alloc, unsigned int index, size_t *len)
{
	const char *p = stacks[alloc];

	for (;;) {
		*len = strcspn(p, " ");
		if (!*len || !index--)
			return p;
		p += *len + (p[*len] == ' ');
	}
}

static unsigned int frames(void *data, int alloc, unsigned int *skip)
{
	unsigned int n = 0;
	size_t len;

	(void)data;
	while (frame_at(alloc, n, &len), len)
		n++;
	*skip = skipped;
	return n;
}

static enum alck_fit frame(void *data, int alloc, unsigned int index,
			   struct alck_slice module, struct alck_slice function)
{
	size_t len;
	const char *p = frame_at(alloc, index, &len);
	size_t n = strcspn(p, "! ");

	(void)data;
	if (!alck_glob(module, p, n))
		return ALCK_FIT_NO;
	if (!function.len)
		return ALCK_FIT_YES;
	if (p[n] != '!')
		return ALCK_FIT_NO;
	if (p[n + 1] == '?')
		return ALCK_FIT_MODULE;
	return alck_glob(function, p + n + 1, len - n - 1) ? ALCK_FIT_YES
							   : ALCK_FIT_NO;
}

static const struct {
	const char *rule, *free, *alloc;
	enum alck_fit fit;
	unsigned int skip;
} matches[] = {
	{"T1b", "", "", ALCK_FIT_YES, 0},
	{"T1*", "", "", ALCK_FIT_YES, 0},
	{"T1", "", "", ALCK_FIT_NO, 0},
	{"deep-*", "", "", ALCK_FIT_YES, 0},
	{"code=T1b code=T?b", "", "", ALCK_FIT_YES, 0},
	{"owner=jemalloc", "", "", ALCK_FIT_YES, 0},
	{"owner=libje*", "", "", ALCK_FIT_YES, 0},
	{"owner=glibc", "", "", ALCK_FIT_NO, 0},
	{"freer=unknown", "", "", ALCK_FIT_YES, 0},
	{"owner=unknown", "", "", ALCK_FIT_NO, 0},
	{"api=fr?e", "", "", ALCK_FIT_YES, 0},
	{"api=realloc", "", "", ALCK_FIT_NO, 0},
	{"free=a", "a!f b!g", "", ALCK_FIT_YES, 0},
	{"free=b", "a!f b!g", "", ALCK_FIT_NO, 0},
	{"free=a!f free=b!g", "a!f b!g c", "", ALCK_FIT_YES, 0},
	{"free=a free=b free=c", "a b", "", ALCK_FIT_NO, 0},
	{"free=...", "", "", ALCK_FIT_YES, 0},
	{"free=*", "", "", ALCK_FIT_NO, 0},
	{"free=... free=c", "a b c", "", ALCK_FIT_YES, 0},
	{"free=... free=a", "a b c", "", ALCK_FIT_YES, 0},
	{"free=a free=... free=c free=d", "a c b c d", "", ALCK_FIT_YES, 0},
	{"free=a free=... free=... free=b free=...", "a b", "", ALCK_FIT_YES,
	 0},
	{"free=a free=... free=d", "a b c", "", ALCK_FIT_NO, 0},
	{"free=a alloc=x", "a", "x", ALCK_FIT_YES, 0},
	{"free=a alloc=x", "a", "y", ALCK_FIT_NO, 0},
	{"alloc=x free=a alloc=y", "a", "x y", ALCK_FIT_YES, 0},
	/* What is not known fits by its module, and only there. */
	{"free=a!f", "a!?", "", ALCK_FIT_MODULE, 0},
	{"free=b!f", "a!?", "", ALCK_FIT_NO, 0},
	{"free=a!**", "a!?", "", ALCK_FIT_YES, 0},
	{"free=a!*", "a", "", ALCK_FIT_YES, 0},
	{"free=a!f alloc=x!g", "a!f", "x!?", ALCK_FIT_MODULE, 0},
	/* One frame for several functions, which may be inlined. */
	{"free=a!f free=a!g free=b!h", "a!? b!h", "", ALCK_FIT_MODULE, 0},
	{"free=a!f free=b!g free=b!h", "a!? b!h", "", ALCK_FIT_NO, 0},
	/* The allocators' own frames may be there or not. */
	{"free=a", "libc!free a!f", "", ALCK_FIT_YES, 1},
	{"free=libc free=a", "libc!free a!f", "", ALCK_FIT_YES, 1},
	{"free=b", "libc!free a!f b", "", ALCK_FIT_NO, 1},
};

START_TEST(fitting)
{
	struct alck_suppressible finding = {
		.code = "T1b",
		.slug = "deep-bind-libc-memory",
		.api = "free",
		.owner = {"jemalloc", "libjemalloc.so.2"},
		.frames = frames,
		.frame = frame,
	};

	stacks[0] = matches[_i].free;
	stacks[1] = matches[_i].alloc;
	skipped = matches[_i].skip;
	ck_assert_int_eq(first(matches[_i].rule), 1);
	ck_assert_msg(alck_suppression_fits(&rule, &finding) == matches[_i].fit,
		      "%s", matches[_i].rule);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("suppression");
	TCase *c = tcase_create("suppression");
	SRunner *r;
	int failed;

	tcase_add_test(c, globs);
	tcase_add_test(c, lines);
	tcase_add_test(c, blocks);
	tcase_add_loop_test(c, mistaken, 0,
			    sizeof(mistakes) / sizeof(mistakes[0]));
	tcase_add_test(c, after_a_mistake);
	tcase_add_test(c, too_many_words);
	tcase_add_loop_test(c, fitting, 0,
			    sizeof(matches) / sizeof(matches[0]));
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_set_tap(r, "-");
	srunner_run_all(r, CK_SILENT);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
