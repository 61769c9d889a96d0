/* SPDX-License-Identifier: MIT */
/*
 * The options of the commands that read and look (report, scan), a row each:
 * parsers, --help and completions are made of them.  The rows are in
 * COMMAND-options.def:
 *
 *   OPTION(id, "name", letter, "ARGUMENT", "a|b|c", help)
 *
 * Letter is 0 for none, ARGUMENT "" where there is none; the words are those
 * that it may be, "" for any.  An ARGUMENT that begins with FILE or DIR is one.
 * Help is one sentence without its full stop.  The launcher's own options are
 * those of contract/options.def.
 */
#ifndef ALCK_TOOLS_TOOL_OPTIONS_H
#define ALCK_TOOLS_TOOL_OPTIONS_H

#include <getopt.h>
#include <stdio.h>

struct alck_tool_option {
	const char *name;
	int letter; /* 0 for none */
	const char *argument, *words, *help;
};

/* Each ends with a row without a name. */
extern const struct alck_tool_option alck_report_options[];
extern const struct alck_tool_option alck_scan_options[];

/* What getopt_long returns for the row of this index. */
#define ALCK_TOOL_OPTION 256

/* Fills LIST for getopt_long with ROWS; returns how many there are.  What is
 * behind them is the caller's, with the row of zeros at the end. */
int alck_tool_options_long(const struct alck_tool_option *rows,
			   struct option *list);

/* The index of the row that getopt_long's OPTION, a letter or a value as
 * above, stands for; -1 for none. */
int alck_tool_options_row(const struct alck_tool_option *rows, int option);

/* The lines of ROW in --help. */
void alck_tool_option_help(FILE *out, const struct alck_tool_option *row);

#endif
