/* SPDX-License-Identifier: MIT */
/*
 * --help, and the sentence about an option that could not be read; both from
 * the option table.  Offline.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "tools/commands.h"
#include "tools/launch.h"

#define WIDTH  78
#define INDENT 6
#define COLUMN 26

/* TEXT, broken at spaces, each line indented. */
static void wrapped(FILE *out, const char *text)
{
	size_t column = 0;

	while (*text) {
		size_t len = strcspn(text, " ");

		if (!column)
			column = (size_t)fprintf(out, "%*s", INDENT, "");
		else if (column + 1 + len > WIDTH)
			column = (size_t)fprintf(out, "\n%*s", INDENT, "") - 1;
		else
			column += (size_t)fprintf(out, " ");
		column += (size_t)fprintf(out, "%.*s", (int)len, text);
		text += len + strspn(text + len, " ");
	}
	fputc('\n', out);
}

void alck_help_columns(FILE *out, const char *left, const char *text)
{
	size_t column = (size_t)fprintf(out, "  %s", left);
	int fresh = 1; /* nothing of TEXT stands on this line */

	if (column >= COLUMN) {
		fputc('\n', out);
		column = 0;
	}
	while (*text) {
		size_t len = strcspn(text, " ");

		if (!fresh && column + 1 + len > WIDTH) {
			fputc('\n', out);
			column = 0;
			fresh = 1;
		}
		column += (size_t)fprintf(out, "%*s%.*s",
					  fresh ? COLUMN - (int)column : 1, "",
					  (int)len, text);
		fresh = 0;
		text += len + strspn(text + len, " ");
	}
	fputc('\n', out);
}

/* NAME as it is written on the command line or in the environment. */
static const char *spelled(const char *name, size_t len, int dashes, char *buf,
			   size_t size)
{
	size_t i;

	for (i = 0; i < len && i + 1 < size; i++)
		buf[i] = dashes && name[i] == '_' ? '-' : name[i];
	buf[i] = 0;
	return buf;
}

static void print_row(FILE *out, const struct alck_option_row *row)
{
	char name[64], text[640];

	spelled(row->name, strlen(row->name), 1, name, sizeof(name));
	switch (row->kind) {
	case ALCK_OPTION_CHOICE:
		fprintf(out, "  --%s=%s\n", name, row->words);
		break;
	case ALCK_OPTION_NUMBER:
		fprintf(out, "  --%s=%d..%d\n", name, row->min, row->max);
		break;
	case ALCK_OPTION_FLAG:
		fprintf(out, "  --%s[=0|1]\n", name);
		break;
	default:
		fprintf(out, "  --%s=TEXT%s\n", name,
			strcmp(name, "log-path") ? "" : ", -o TEXT");
		break;
	}
	if (row->def[0])
		snprintf(text, sizeof(text), "%s (default: %s)", row->help,
			 row->def);
	else
		snprintf(text, sizeof(text), "%s", row->help);
	wrapped(out, text);
}

void alck_help_print(FILE *out)
{
	fputs("Usage: alloccheck [run] [OPTIONS] [--] PROGRAM [ARGS]\n"
	      "       alloccheck report [OPTIONS] REPORT...\n"
	      "       alloccheck scan [OPTIONS] PROGRAM|PID|CORE\n"
	      "\n"
	      "Runs PROGRAM and finds every block of memory that one allocator "
	      "handed out and\n"
	      "another one got back.  Says at the end, on stderr, what was "
	      "found; the reports\n"
	      "are left in the folder ./alloccheck.PID, if there is anything "
	      "to report.\n"
	      "\n"
	      "Options (each is also a NAME=VALUE of ALLOCCHECK_OPTIONS, with "
	      "'_' for '-' and\n"
	      "':' between them; the command line wins):\n",
	      out);
	for (unsigned int i = 0; i < alck_noption_rows; i++)
		if (strcmp(alck_option_rows[i].name, "help"))
			print_row(out, &alck_option_rows[i]);
	fputs("  -q\n"
	      "      the same as --summary=0\n"
	      "  -h, --help\n"
	      "      print this help; the same as: alloccheck help\n"
	      "  -V, --version\n"
	      "      print the version\n"
	      "\n"
	      "A PROGRAM that is called report is started so: alloccheck -- "
	      "report\n"
	      "\n"
	      "The exit status is PROGRAM's own, or its signal; else\n"
	      "   99  PROGRAM returned 0 and errors were found "
	      "(--error-exitcode)\n"
	      "    2  a mistake on the command line or in "
	      "ALLOCCHECK_OPTIONS\n"
	      "  125  PROGRAM cannot be observed (--unobservable), or "
	      "alloccheck itself failed\n"
	      "  126  PROGRAM is there, but cannot be run\n"
	      "  127  PROGRAM is not there\n",
	      out);
}

/* How many letters must be put in, taken out or changed to make B of A (of LEN
 * bytes); '-' counts as '_'. */
static unsigned int distance(const char *a, size_t len, const char *b,
			     size_t b_len)
{
	unsigned int row[64], left, above, cost;

	if (len > 60 || b_len > 60)
		return 60;
	for (unsigned int j = 0; j <= b_len; j++)
		row[j] = j;
	for (unsigned int i = 1; i <= len; i++) {
		char c = a[i - 1] == '-' ? '_' : a[i - 1];

		left = row[0];
		row[0] = i;
		for (unsigned int j = 1; j <= b_len; j++) {
			above = row[j];
			cost = left + (c != b[j - 1]);
			if (above + 1 < cost)
				cost = above + 1;
			if (row[j - 1] + 1 < cost)
				cost = row[j - 1] + 1;
			left = above;
			row[j] = cost;
		}
	}
	return row[b_len];
}

/* The closest of all names to what was written, if it is close at all. */
static const struct alck_option_row *nearest_row(const char *name, size_t len)
{
	const struct alck_option_row *best = NULL;
	unsigned int least = 60;

	for (unsigned int i = 0; i < alck_noption_rows; i++) {
		const struct alck_option_row *row = &alck_option_rows[i];
		size_t full = strlen(row->name);
		unsigned int d = distance(name, len, row->name, full);

		/* A beginning that fits counts as near. */
		if (len >= 3 && len < full &&
		    !distance(name, len, row->name, len))
			d = 1;
		if (d < least) {
			least = d;
			best = row;
		}
	}
	return least <= 2 || least <= len / 2 ? best : NULL;
}

/* "log or abort", and the word that VALUE comes closest to. */
static void print_words(FILE *out, const char *words, const char *value,
			size_t value_len)
{
	const char *nearest = NULL;
	size_t nearest_len = 0;
	unsigned int least = 3;

	for (const char *p = words; *p;) {
		size_t len = strcspn(p, "|");
		unsigned int d = distance(value, value_len, p, len);

		fprintf(out, "%.*s%s", (int)len, p,
			!p[len]			   ? ""
			: strchr(p + len + 1, '|') ? ", "
						   : " or ");
		if (d < least && d < len) {
			least = d;
			nearest = p;
			nearest_len = len;
		}
		p += len + (p[len] != 0);
	}
	if (nearest)
		fprintf(out, "; did you mean %.*s?", (int)nearest_len, nearest);
}

static void print_what_is_valid(FILE *out, const struct alck_option_error *e)
{
	switch (e->row->kind) {
	case ALCK_OPTION_CHOICE:
		print_words(out, e->row->words, e->value, e->value_len);
		break;
	case ALCK_OPTION_TEXT:
	case ALCK_OPTION_LIST:
		fprintf(out, "a text of at most %d bytes",
			ALCK_OPTION_TEXT_MAX - 1);
		break;
	case ALCK_OPTION_FLAG:
		fputs("0 or 1", out);
		break;
	default:
		fprintf(out, "a number from %d to %d", e->row->min,
			e->row->max);
		break;
	}
}

void alck_help_option_error(FILE *out, const char *where,
			    const struct alck_option_error *e)
{
	int dashes = !strcmp(where, "--");
	const struct alck_option_row *near;
	char name[64];

	fprintf(out, "alloccheck: %s%s%.*s", where, dashes ? "" : ": ",
		(int)e->name_len, e->name);
	switch (e->status) {
	case ALCK_OPTION_UNKNOWN:
		fputs(": no such option", out);
		near = nearest_row(e->name, e->name_len);
		if (near)
			fprintf(out, "; did you mean %s%s?", dashes ? "--" : "",
				spelled(near->name, strlen(near->name), dashes,
					name, sizeof(name)));
		else
			fputs("; alloccheck --help lists them", out);
		break;
	case ALCK_OPTION_NO_VALUE:
		fputs(" needs a value: ", out);
		print_what_is_valid(out, e);
		break;
	default:
		if (e->value_len < 64)
			fprintf(out, "=%.*s", (int)e->value_len, e->value);
		fputs(": it must be ", out);
		print_what_is_valid(out, e);
		break;
	}
	fputc('\n', out);
}
