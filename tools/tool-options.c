/* SPDX-License-Identifier: MIT */
/* The option tables of report and scan: see tool-options.h.  Offline. */
#include "tools/tool-options.h"

#include "tools/commands.h"

#define OPTION(id, name, letter, argument, words, help) \
	{name, letter, argument, words, help},
const struct alck_tool_option alck_report_options[] = {
#include "tools/report-options.def"
	{NULL, 0, NULL, NULL, NULL},
};
const struct alck_tool_option alck_scan_options[] = {
#include "tools/scan-options.def"
	{NULL, 0, NULL, NULL, NULL},
};
#undef OPTION

int alck_tool_options_long(const struct alck_tool_option *rows,
			   struct option *list)
{
	int n = 0;

	for (; rows[n].name; n++)
		list[n] = (struct option){rows[n].name,
					  *rows[n].argument ? required_argument
							    : no_argument,
					  NULL, ALCK_TOOL_OPTION + n};
	return n;
}

int alck_tool_options_row(const struct alck_tool_option *rows, int option)
{
	if (option >= ALCK_TOOL_OPTION)
		return option - ALCK_TOOL_OPTION;
	for (int n = 0; rows[n].name; n++)
		if (option && rows[n].letter == option)
			return n;
	return -1;
}

void alck_tool_option_help(FILE *out, const struct alck_tool_option *row)
{
	char left[64];

	snprintf(left, sizeof(left), "%s%c%s--%s%s%s", row->letter ? "-" : "",
		 row->letter ? row->letter : ' ', row->letter ? ", " : "   ",
		 row->name, *row->argument ? "=" : "", row->argument);
	alck_help_columns(out, left, row->help);
}
