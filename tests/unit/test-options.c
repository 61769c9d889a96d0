/* SPDX-License-Identifier: MIT */
/* The options: table, parser, formatting.  Runs under Check. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract/options.h"

static struct alck_options o;

static void defaults(void)
{
	memset(&o, 0x5a, sizeof(o));
	alck_options_default(&o);
}

static const char *shown(const char *name)
{
	static char buf[2 * ALCK_OPTION_TEXT_MAX];
	const struct alck_option_row *row =
		alck_option_find(name, strlen(name));

	ck_assert_ptr_nonnull(row);
	alck_option_format(&o, row, buf, sizeof(buf));
	return buf;
}

START_TEST(defaults_are_those_of_the_table)
{
	for (unsigned int i = 0; i < alck_noption_rows; i++)
		ck_assert_str_eq(shown(alck_option_rows[i].name),
				 alck_option_rows[i].def);
	ck_assert_int_eq(o.depth, 32);
	ck_assert_int_eq(o.on_error, ALCK_ON_ERROR_LOG);
	ck_assert_int_eq(o.error_exitcode, 99);
	ck_assert_str_eq(o.log_path, "");
}
END_TEST

START_TEST(a_list_takes_one_more_each_time)
{
	char text[ALCK_OPTION_TEXT_MAX];

	defaults();
	ck_assert_int_eq(
		alck_options_parse(
			&o, "suppressions=a\\:b:depth=3:suppressions=c", NULL),
		0);
	ck_assert_str_eq(o.suppressions, "a:b\nc");
	ck_assert_str_eq(shown("suppressions"), "a:b,c");
	/* To the last byte and no further. */
	memset(text, 'x', sizeof(text));
	ck_assert_int_eq(alck_options_set(&o, "suppressions", 12, text,
					  sizeof(text) - 6),
			 ALCK_OPTION_TOO_LONG);
	ck_assert_str_eq(o.suppressions, "a:b\nc");
	ck_assert_int_eq(alck_options_set(&o, "suppressions", 12, text,
					  sizeof(text) - 7),
			 ALCK_OPTION_OK);
	ck_assert_uint_eq(strlen(o.suppressions), sizeof(text) - 1);
}
END_TEST

/* Whatever format writes, parse reads: for every row, every word. */
START_TEST(every_row_goes_there_and_back)
{
	char text[256], word[64];

	for (unsigned int i = 0; i < alck_noption_rows; i++) {
		const struct alck_option_row *row = &alck_option_rows[i];
		const char *p = row->words;

		for (;;) {
			size_t n = strcspn(p, "|");

			if (row->kind == ALCK_OPTION_CHOICE)
				snprintf(word, sizeof(word), "%.*s", (int)n, p);
			else if (row->kind == ALCK_OPTION_TEXT ||
				 row->kind == ALCK_OPTION_LIST)
				strcpy(word, "some/text");
			else
				snprintf(word, sizeof(word), "%d", row->max);
			snprintf(text, sizeof(text), "%s=%s", row->name, word);
			alck_options_default(&o);
			ck_assert_int_eq(alck_options_parse(&o, text, NULL), 0);
			ck_assert_str_eq(shown(row->name), word);
			if (!p[n])
				break;
			p += n + 1;
		}
	}
}
END_TEST

START_TEST(later_ones_win_and_dashes_count_as_underscores)
{
	ck_assert_int_eq(
		alck_options_parse(
			&o, "on_error=abort:depth=3::on-error=log:", NULL),
		0);
	ck_assert_int_eq(o.on_error, ALCK_ON_ERROR_LOG);
	ck_assert_int_eq(o.depth, 3);
}
END_TEST

START_TEST(a_flag_alone_is_set)
{
	ck_assert_int_eq(alck_options_parse(&o, "log_empty:depth=2", NULL), 0);
	ck_assert_int_eq(o.log_empty, 1);
	ck_assert_int_eq(o.depth, 2);
}
END_TEST

START_TEST(colons_and_backslashes_are_escaped)
{
	ck_assert_int_eq(
		alck_options_parse(&o, "log_path=/a\\:b\\c\\\\:depth=7", NULL),
		0);
	ck_assert_str_eq(o.log_path, "/a:b\\c\\");
	ck_assert_int_eq(o.depth, 7);
	/* alck_options_set takes the value as it is. */
	ck_assert_int_eq(alck_options_set(&o, "log-path", 8, "x\\:y", 4),
			 ALCK_OPTION_OK);
	ck_assert_str_eq(o.log_path, "x\\:y");
	/* A backslash at the very end stands for itself. */
	ck_assert_int_eq(alck_options_parse(&o, "log_path=a\\", NULL), 0);
	ck_assert_str_eq(o.log_path, "a\\");
}
END_TEST

static void bad(const char *text, enum alck_option_status status,
		const char *name, const char *value)
{
	struct alck_option_error e = {0};
	struct alck_options before = o;

	ck_assert_int_eq(alck_options_parse(&o, text, &e), 1);
	ck_assert_int_eq(e.status, status);
	ck_assert_uint_eq(e.name_len, strlen(name));
	ck_assert(!memcmp(e.name, name, e.name_len));
	ck_assert_uint_eq(e.value_len, strlen(value));
	ck_assert(!memcmp(e.value, value, e.value_len));
	ck_assert_int_eq(e.row == NULL, status == ALCK_OPTION_UNKNOWN);
	ck_assert(!memcmp(&before, &o, sizeof(o)));
}

START_TEST(what_cannot_be_read_is_named_and_changes_nothing)
{
	bad("colour=red", ALCK_OPTION_UNKNOWN, "colour", "red");
	bad("on_erro=log", ALCK_OPTION_UNKNOWN, "on_erro", "log");
	bad("on_errors=log", ALCK_OPTION_UNKNOWN, "on_errors", "log");
	bad("=log", ALCK_OPTION_UNKNOWN, "", "log");
	bad("on_error=lo", ALCK_OPTION_BAD_VALUE, "on_error", "lo");
	bad("on_error=logs", ALCK_OPTION_BAD_VALUE, "on_error", "logs");
	bad("on_error=log|abort", ALCK_OPTION_BAD_VALUE, "on_error",
	    "log|abort");
	bad("on_error=", ALCK_OPTION_BAD_VALUE, "on_error", "");
	bad("depth", ALCK_OPTION_NO_VALUE, "depth", "");
	bad("depth=", ALCK_OPTION_BAD_VALUE, "depth", "");
	bad("depth=0", ALCK_OPTION_BAD_VALUE, "depth", "0");
	bad("depth=129", ALCK_OPTION_BAD_VALUE, "depth", "129");
	bad("depth=-1", ALCK_OPTION_BAD_VALUE, "depth", "-1");
	bad("depth=3x", ALCK_OPTION_BAD_VALUE, "depth", "3x");
	bad("depth=99999999999999999999999999", ALCK_OPTION_BAD_VALUE, "depth",
	    "99999999999999999999999999");
	bad("log_empty=2", ALCK_OPTION_BAD_VALUE, "log_empty", "2");
}
END_TEST

START_TEST(the_first_mistake_is_kept_and_the_rest_still_read)
{
	struct alck_option_error e;

	ck_assert_int_eq(
		alck_options_parse(&o, "depth=5:a=1:b=2:dispatch=leak", &e), 2);
	ck_assert_int_eq(e.name[0], 'a');
	ck_assert_int_eq(o.depth, 5);
	ck_assert_int_eq(o.dispatch, ALCK_DISPATCH_LEAK);
}
END_TEST

START_TEST(texts_end_at_the_limit)
{
	char text[ALCK_OPTION_TEXT_MAX + 32] = "log_path=";
	size_t n = strlen(text);

	memset(text + n, 'x', ALCK_OPTION_TEXT_MAX - 1);
	ck_assert_int_eq(alck_options_parse(&o, text, NULL), 0);
	ck_assert_uint_eq(strlen(o.log_path), ALCK_OPTION_TEXT_MAX - 1);
	text[n + ALCK_OPTION_TEXT_MAX - 1] = 'x';
	ck_assert_int_eq(alck_options_parse(&o, text, NULL), 1);
	ck_assert_uint_eq(strlen(o.log_path), ALCK_OPTION_TEXT_MAX - 1);
}
END_TEST

START_TEST(format_cuts_as_snprintf_does)
{
	const struct alck_option_row *row = alck_option_find("dispatch", 8);
	char buf[4] = "zzz";

	ck_assert_uint_eq(alck_option_format(&o, row, buf, 0), 5);
	ck_assert_str_eq(buf, "zzz");
	ck_assert_uint_eq(alck_option_format(&o, row, buf, sizeof(buf)), 5);
	ck_assert_str_eq(buf, "own");
}
END_TEST

/* Names, defaults and ranges fit together, whatever rows are added. */
START_TEST(the_table_is_sane)
{
	for (unsigned int i = 0; i < alck_noption_rows; i++) {
		const struct alck_option_row *row = &alck_option_rows[i];

		ck_assert_ptr_eq(alck_option_find(row->name, strlen(row->name)),
				 row);
		ck_assert_uint_eq(
			strspn(row->name, "abcdefghijklmnopqrstuvwxyz_"),
			strlen(row->name));
		ck_assert_uint_gt(strlen(row->help), 10);
		ck_assert_int_ne(row->help[strlen(row->help) - 1], '.');
		ck_assert_int_eq(alck_options_set(&o, row->name,
						  strlen(row->name), row->def,
						  strlen(row->def)),
				 ALCK_OPTION_OK);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("options");
	TCase *tc = tcase_create("options");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, defaults, NULL);
	tcase_add_test(tc, a_list_takes_one_more_each_time);
	tcase_add_test(tc, defaults_are_those_of_the_table);
	tcase_add_test(tc, every_row_goes_there_and_back);
	tcase_add_test(tc, later_ones_win_and_dashes_count_as_underscores);
	tcase_add_test(tc, a_flag_alone_is_set);
	tcase_add_test(tc, colons_and_backslashes_are_escaped);
	tcase_add_test(tc, what_cannot_be_read_is_named_and_changes_nothing);
	tcase_add_test(tc, the_first_mistake_is_kept_and_the_rest_still_read);
	tcase_add_test(tc, texts_end_at_the_limit);
	tcase_add_test(tc, format_cuts_as_snprintf_does);
	tcase_add_test(tc, the_table_is_sane);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_set_tap(sr, "-");
	srunner_run_all(sr, CK_SILENT);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
