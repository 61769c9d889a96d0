/* SPDX-License-Identifier: MIT */
/*
 * Makes the manuals: copies the template ARGV[1] to stdout, with a table in
 * place of the lines "@OPTIONS@", "@REPORT_OPTIONS@", "@SCAN_OPTIONS@" and
 * "@FORMATS@".
 * Runs while alloccheck is built; is not installed.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract/options.h"
#include "report/render.h"
#include "tools/tool-options.h"

#define WIDTH 72

/* TEXT as roff takes it: a backslash as its name, each clause on a line of its
 * own, and no line longer than WIDTH. */
static void put_text(const char *text)
{
	size_t column = 0;
	int clause = 0, first = 1;

	while (*text) {
		size_t len = strcspn(text, " ");

		if (column && (clause || column + 1 + len > WIDTH)) {
			putchar('\n');
			column = 0;
		} else if (column) {
			putchar(' ');
		}
		column += len + 1;
		clause = strchr(",;:", text[len - 1]) != NULL;
		for (size_t i = 0; i < len; i++, text++) {
			if (*text == '\\')
				fputs("\\e", stdout);
			else
				putchar(first ? toupper((unsigned char)*text)
					      : *text);
			first = 0;
		}
		text += strspn(text, " ");
	}
	puts(".");
}

/* "a|b|c" as arguments of a macro. */
static void put_words(const char *words)
{
	fputs(" Ns = Ns Cm ", stdout);
	for (; *words; words++) {
		if (*words == '|')
			fputs(" | ", stdout);
		else
			putchar(*words);
	}
}

static void put_row(const struct alck_option_row *row)
{
	fputs(".It Fl -", stdout);
	for (const char *p = row->name; *p; p++)
		putchar(*p == '_' ? '-' : *p);
	switch (row->kind) {
	case ALCK_OPTION_CHOICE:
		put_words(row->words);
		break;
	case ALCK_OPTION_NUMBER:
		printf(" Ns = Ns Ar %d..%d", row->min, row->max);
		break;
	case ALCK_OPTION_FLAG:
		fputs(" Ns Op = Ns Cm 0 | 1", stdout);
		break;
	default:
		fputs(" Ns = Ns Ar text", stdout);
		if (!strcmp(row->name, "log_path"))
			fputs(" , Fl o Ar text", stdout);
		break;
	}
	putchar('\n');
	put_text(row->help);
	if (row->def[0])
		printf("The default is %s.\n", row->def);
}

static void put_options(void)
{
	for (unsigned int i = 0; i < alck_noption_rows; i++)
		if (strcmp(alck_option_rows[i].name, "help"))
			put_row(&alck_option_rows[i]);
}

static void put_tool_options(const struct alck_tool_option *row)
{
	for (; row->name; row++) {
		fputs(".It", stdout);
		if (row->letter)
			printf(" Fl %c ,", row->letter);
		printf(" Fl -%s", row->name);
		if (*row->words)
			put_words(row->words);
		else if (*row->argument)
			printf(" Ns = Ns Ar %s", row->argument);
		putchar('\n');
		put_text(row->help);
	}
}

static void put_report_options(void)
{
	put_tool_options(alck_report_options);
}

static void put_scan_options(void)
{
	put_tool_options(alck_scan_options);
}

static void put_formats(void)
{
	for (const struct alck_renderer *r = alck_renderers; r->name; r++) {
		printf(".It Cm %s\n", r->name);
		put_text(r->help);
	}
}

int main(int argc, char **argv)
{
	static const struct {
		const char *line;
		void (*put)(void);
	} places[] = {
		{"@OPTIONS@\n", put_options},
		{"@REPORT_OPTIONS@\n", put_report_options},
		{"@SCAN_OPTIONS@\n", put_scan_options},
		{"@FORMATS@\n", put_formats},
		{NULL, NULL},
	};
	FILE *in = argc == 2 ? fopen(argv[1], "r") : NULL;
	char line[1024];

	if (!in) {
		fprintf(stderr, "usage: gen-manual TEMPLATE\n");
		return 2;
	}
	while (fgets(line, sizeof(line), in)) {
		int i = 0;

		while (places[i].line && strcmp(line, places[i].line) != 0)
			i++;
		if (places[i].line)
			places[i].put();
		else
			fputs(line, stdout);
	}
	fclose(in);
	return ferror(stdout) || fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
