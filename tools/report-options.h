/* SPDX-License-Identifier: MIT */
/* The options of `alloccheck report' as a table; the rows are in
 * report-options.def. */
#ifndef ALCK_TOOLS_REPORT_OPTIONS_H
#define ALCK_TOOLS_REPORT_OPTIONS_H

struct alck_report_option {
	const char *name;
	int letter;	      /* 0 for none */
	const char *argument; /* "" for none */
	const char *words;    /* "a|b|c"; "" for any */
	const char *help;
};

/* Ends with a row without a name. */
extern const struct alck_report_option alck_report_options[];

#endif
